/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files that read a pack share. */
#ifndef SPAN_MATRIX_PACK_INTERNAL_H
#define SPAN_MATRIX_PACK_INTERNAL_H

#include "base/vec.h"
#include "config/yaml.h"
#include "matrix/pack.h"

struct pack_source { /* a paper of the header's `sources:` */
	const char *key, *title;
};

typedef VEC(struct rule) rule_vec;
typedef VEC(struct rule_example) example_vec;
typedef VEC(size_t) index_vec;

/* State of one reading. */
struct pack_reader {
	const struct yfile *f;
	struct errors *errs;
	struct pack *pack;
	const char *product;
	const struct pack_source *sources;
	const char *const *source_keys; /* NULL-terminated, for "did you mean" */
	size_t n_sources;
	rule_vec rules;
	example_vec examples;
	index_vec example_rule;
	bool no_memory;
};

/* Reads one record of `rules:`. Errors are added; the rule is appended when there was none. */
void pack_read_rule(struct pack_reader *p, struct ynode *n);
/* Reads one record of a rule's `tests:`. */
void pack_read_example(struct pack_reader *p, const struct rule *r, struct ynode *n);
/* An application's name to its number or one of the special tokens; false after an error. */
bool pack_app(struct pack_reader *p, const struct ynode *n, const char *name, uint16_t *ret_app);
/* 1..65535 from text of n bytes without sign or leading zero. */
bool port_parse(const char *text, size_t n, uint16_t *ret_port);

#endif
