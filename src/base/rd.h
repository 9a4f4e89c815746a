/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rd - the one way to touch captured bytes: a bounded reader.
 *
 * A short read yields 0 and marks the reader, and every later read of it yields 0 too: read a
 * header straight through and ask once, with rd_short(). Nothing here looks past `end`, nothing
 * needs alignment, byte order is in the name.
 */
#ifndef SPAN_BASE_RD_H
#define SPAN_BASE_RD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct rd {
	const uint8_t *p;   /* next byte */
	const uint8_t *end; /* one past the last */
	bool short_;        /* a read went past the end */
};

static inline struct rd rd_over(const uint8_t *p, size_t n)
{
	return (struct rd){.p = p, .end = p ? p + n : p};
}

static inline bool rd_short(const struct rd *r)
{
	return r->short_;
}

static inline size_t rd_left(const struct rd *r)
{
	return (size_t)(r->end - r->p);
}

/* Moves past n bytes and returns where they begin; NULL (and the mark) when there are fewer. */
static inline const uint8_t *rd_take(struct rd *r, size_t n)
{
	const uint8_t *p = r->p;

	if (rd_left(r) < n || r->short_) {
		r->short_ = true;
		r->p = r->end;
		return NULL;
	}
	r->p += n;
	return p;
}

static inline void rd_skip(struct rd *r, size_t n)
{
	(void)rd_take(r, n);
}

/* To the next byte of that value, from the one in hand on; false, and at the end, without one. */
static inline bool rd_seek(struct rd *r, uint8_t value)
{
	const uint8_t *at = rd_left(r) ? memchr(r->p, value, rd_left(r)) : NULL;

	rd_skip(r, at ? (size_t)(at - r->p) : rd_left(r));
	return at != NULL;
}

/* A reader over the next n bytes, which are taken from r. Marked short when there are fewer. */
static inline struct rd rd_sub(struct rd *r, size_t n)
{
	const uint8_t *p = rd_take(r, n);
	struct rd s = rd_over(p, p ? n : 0);

	s.short_ = p == NULL;
	return s;
}

static inline uint8_t rd_u8(struct rd *r)
{
	const uint8_t *p = rd_take(r, 1);

	return p ? p[0] : 0;
}

static inline uint16_t rd_be16(struct rd *r)
{
	const uint8_t *p = rd_take(r, 2);

	return p ? (uint16_t)(p[0] << 8 | p[1]) : 0;
}

static inline uint16_t rd_le16(struct rd *r)
{
	const uint8_t *p = rd_take(r, 2);

	return p ? (uint16_t)(p[1] << 8 | p[0]) : 0;
}

static inline uint32_t rd_be24(struct rd *r)
{
	const uint8_t *p = rd_take(r, 3);

	return p ? (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2] : 0;
}

static inline uint32_t rd_be32(struct rd *r)
{
	const uint8_t *p = rd_take(r, 4);

	return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : 0;
}

static inline uint32_t rd_le32(struct rd *r)
{
	const uint8_t *p = rd_take(r, 4);

	return p ? (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0] : 0;
}

static inline uint64_t rd_be64(struct rd *r)
{
	uint64_t hi = rd_be32(r);

	return hi << 32 | rd_be32(r);
}

static inline uint64_t rd_le64(struct rd *r)
{
	uint64_t lo = rd_le32(r);

	return (uint64_t)rd_le32(r) << 32 | lo;
}

/* 16 or 32 bits in the order that a header announced (DCE/RPC drep, pcap magic). */
static inline uint16_t rd_u16(struct rd *r, bool little)
{
	return little ? rd_le16(r) : rd_be16(r);
}

static inline uint32_t rd_u32(struct rd *r, bool little)
{
	return little ? rd_le32(r) : rd_be32(r);
}

/* True when the next bytes are the n bytes of text; they are then taken. */
static inline bool rd_is(struct rd *r, const char *text, size_t n)
{
	if (r->short_ || rd_left(r) < n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (r->p[i] != (uint8_t)text[i])
			return false;
	r->p += n;
	return true;
}

#endif
