/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * codec - compressed files, told by their first bytes and unpacked as they are read.
 *
 * Each kind has a file of its own, codec_<name>.c. One that is left out of a build is
 * codec_<name>_fallback.c, which still knows its name: nobody else asks what was built.
 *
 * Memory is bounded: CODEC_BUFFER, and what the format needs to look back, CODEC_WINDOW_MAX at
 * most.
 */
#ifndef SPAN_CAPTURE_CODEC_H
#define SPAN_CAPTURE_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	CODEC_BUFFER = 1 << 17,     /* of the compressed file */
	CODEC_WINDOW_MAX = 1 << 27, /* more than zstd's or xz's highest level takes unasked */
	CODEC_WHY = 160,
};

/* What step() advances over, and what it says of a failure. */
struct codec_io {
	const uint8_t *in;
	size_t n_in;
	uint8_t *out;
	size_t n_out;
	bool beyond;       /* with -EBADMSG: in order, but too large a window */
	const char *wrong; /* with -EBADMSG: the library's word for it, or NULL; borrowed */
};

enum { CODEC_MORE, CODEC_END };

struct codec_ops {
	const char *name;
	const char *magic;
	size_t n_magic;
	const char *unpack;  /* the command that does the same */
	const char *package; /* Debian's, for one that was left out */

	/* NULL in all three: not built in. */
	void *(*open)(void); /* NULL: no memory */
	/* Advances in and out. CODEC_MORE: it wants bytes or room. CODEC_END: a member, frame or
	 * stream is whole, and the next step begins another one. Negative errno: the end. */
	int (*step)(void *state, struct codec_io *io);
	void (*close)(void *state);
};

/* All of them: 0, 1, ... until the name is NULL. */
const char *codec_name(size_t i);
bool codec_built_in(size_t i);

/* The one that these first bytes of a file are compressed with; NULL: none. 6 are enough. */
const struct codec_ops *codec_of(const uint8_t *p, size_t n);
/* A frame of user data, which zstd and lz4 files may begin with and which says nothing of either
 * (RFC 8878 3.1.2): its size with its header of 8 bytes; 0: it is none, or n is less than 8. */
uint64_t codec_skippable(const uint8_t *p, size_t n);
/* Whether it may be one: for n from 4. */
bool codec_may_skip(const uint8_t *p, size_t n);

/* Reads up to n bytes of the compressed file: their number, 0 at the end, or negative errno. */
typedef ssize_t (*codec_read_fn)(void *user, void *p, size_t n);

struct codec;
/* Unpacks what begins with the n bytes of p, at most CODEC_BUFFER, and goes on with read(). NULL:
 * no memory. ops must be built in. */
struct codec *codec_new(const struct codec_ops *ops, const uint8_t *p, size_t n);
/* As input_read(). why has CODEC_WHY bytes. */
ssize_t codec_read(struct codec *c, codec_read_fn read, void *user, void *p, size_t n, char *why);
const struct codec_ops *codec_kind(const struct codec *c);
/* Whether what it failed at is a window beyond CODEC_WINDOW_MAX, not damage. */
bool codec_beyond(const struct codec *c);
/* NULL is fine; returns NULL. */
struct codec *codec_free(struct codec *c);

extern const struct codec_ops codec_gzip, codec_zstd, codec_lz4, codec_xz;

#endif
