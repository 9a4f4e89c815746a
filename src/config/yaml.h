/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * yaml - strict YAML: the small part of YAML that cannot surprise, with the place of everything.
 *
 * One document; no anchors, aliases, merge keys, tags, directives or complex keys; duplicate keys
 * are errors; every scalar is text, typed by whoever asks for it (so `no` is the word "no").
 * Limits: 1 MiB, depth 16, 200,000 nodes. JSON is read by the same code.
 */
#ifndef SPAN_CONFIG_YAML_H
#define SPAN_CONFIG_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

enum { YAML_BYTES = 1 << 20, YAML_DEPTH = 16, YAML_NODES = 200000 };
enum ynode_kind { Y_SCALAR, Y_LIST, Y_MAP };

struct ynode {
	enum ynode_kind kind;
	const char *text;    /* Y_SCALAR: NUL-terminated UTF-8 without control characters but \n */
	size_t n;            /* bytes of text, or children */
	struct ynode *first; /* Y_LIST, Y_MAP: children */
	struct ynode *next;
	const char *key;                           /* in a map */
	unsigned line, column, length;             /* of the value */
	unsigned key_line, key_column, key_length; /* of the key */
	bool quoted; /* Y_SCALAR: written in quotes or as a block, so "" is meant */
	bool used;   /* set by ymap_get(); ymap_unused() complains about the rest */
};

struct yfile {
	const char *name; /* as the user named it */
	struct ynode *root;
	const char *src; /* the text, for excerpts */
	size_t src_n;
	struct arena *arena;
};

/* Reads a file into nodes that live in *a. NULL when there was any error (all in *errs). */
struct yfile *yfile_load(const char *path, struct arena *a, struct errors *errs);
struct yfile *yfile_parse(const char *name, const char *src, size_t n, struct arena *a,
			  struct errors *errs);

/* An error or warning at a node (its value, or its key with _key), with excerpt and caret. Returns
 * it so that a hint can be added. */
struct error *yerror(const struct yfile *f, const struct ynode *at, struct errors *errs,
		     const char *fmt, ...) PRINTF(4, 5);
struct error *yerror_key(const struct yfile *f, const struct ynode *at, struct errors *errs,
			 const char *fmt, ...) PRINTF(4, 5);
struct error *ywarn(const struct yfile *f, const struct ynode *at, struct errors *errs,
		    const char *fmt, ...) PRINTF(4, 5);

/* Looks a key up and marks it used; NULL when absent (or m is no map). */
struct ynode *ymap_get(struct ynode *m, const char *key);
/* As ymap_get, and an error when absent. */
struct ynode *ymap_need(const struct yfile *f, struct ynode *m, const char *key,
			struct errors *errs);
/* Errors for every key not asked for, with "did you mean" among `known` (NULL-terminated). */
void ymap_unused(const struct yfile *f, struct ynode *m, const char *const *known,
		 struct errors *errs);
/* Typed access; on a wrong type an error is added and false returned. */
bool y_text(const struct yfile *f, const struct ynode *n, struct errors *errs, const char **ret_);
bool y_uint(const struct yfile *f, const struct ynode *n, uint64_t max, struct errors *errs,
	    uint64_t *ret_);
bool y_bool(const struct yfile *f, const struct ynode *n, struct errors *errs, bool *ret_);
/* Port and transport, "443/tcp"; `example`, of its kind, for the error. */
bool y_service(const struct yfile *f, const struct ynode *n, const char *example,
	       struct errors *errs, uint8_t *ret_proto, uint16_t *ret_port);
/* One of `words` (NULL-terminated); its index. "did you mean" in the error. */
bool y_word(const struct yfile *f, const struct ynode *n, const char *const *words,
	    struct errors *errs, int *ret_);
/* A list or a map; a scalar that has the form `word:rest` gets the hint of the missing space. */
bool y_list(const struct yfile *f, const struct ynode *n, struct errors *errs);
bool y_map(const struct yfile *f, const struct ynode *n, struct errors *errs);
/* For "one or a list of them": the first node to look at, followed by its `next`. A scalar is its
 * own list of one (take one step only: ask n->kind); NULL for an empty list, and for a map after
 * an error. */
const struct ynode *y_one_or_list(const struct yfile *f, const struct ynode *n,
				  struct errors *errs);
/* The node after `at` in what y_one_or_list(n) began; NULL at the end. */
const struct ynode *y_one_or_list_next(const struct ynode *n, const struct ynode *at);
/* The nearest of `words` by edit distance, or NULL when none is near. */
const char *did_you_mean(const char *text, const char *const *words);

#endif
