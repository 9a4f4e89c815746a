/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ndr - reads the stub of a call: NDR (C706 14) and NDR64 (MS-RPCE 2.2.5), either byte order.
 *
 * What is read is aligned to its own size from the start of the stub (C706 14.2.2), wherever that
 * lies in memory. Like the reader beneath it, this yields 0 past the end: ask once, with
 * ndr_short().
 */
#ifndef SPAN_LEARN_NDR_H
#define SPAN_LEARN_NDR_H

#include "base/rd.h"
#include "learn/stub.h"

struct ndr {
	struct rd rd;
	const uint8_t *base;
	bool little;
	bool wide; /* NDR64: counts and pointers are 8 bytes */
};

static inline struct ndr ndr_over(const struct stub *s)
{
	return (struct ndr){
		.rd = rd_over(s->p, s->n),
		.base = s->p,
		.little = s->little,
		.wide = s->syntax == RPC_NDR64,
	};
}

static inline bool ndr_short(const struct ndr *n)
{
	return rd_short(&n->rd);
}

static inline size_t ndr_at(const struct ndr *n)
{
	return (size_t)(n->rd.p - n->base);
}

static inline size_t ndr_left(const struct ndr *n)
{
	return rd_left(&n->rd);
}

/* `to` is a power of two. */
static inline void ndr_align(struct ndr *n, size_t to)
{
	rd_skip(&n->rd, (to - (ndr_at(n) & (to - 1))) & (to - 1));
}

static inline uint8_t ndr_u8(struct ndr *n)
{
	return rd_u8(&n->rd);
}

static inline uint16_t ndr_u16(struct ndr *n)
{
	ndr_align(n, 2);
	return rd_u16(&n->rd, n->little);
}

static inline uint32_t ndr_u32(struct ndr *n)
{
	ndr_align(n, 4);
	return rd_u32(&n->rd, n->little);
}

static inline uint64_t ndr_u64(struct ndr *n)
{
	ndr_align(n, 8);
	return n->little ? rd_le64(&n->rd) : rd_be64(&n->rd);
}

/* A maximum count, an offset, an actual count: C706 14.3.3, MS-RPCE 2.2.5.3. */
static inline uint64_t ndr_count(struct ndr *n)
{
	return n->wide ? ndr_u64(n) : ndr_u32(n);
}

/* A full or unique pointer: its referent identifier, 0 null. C706 14.3.10, MS-RPCE
 * 2.2.5.3. */
static inline uint64_t ndr_ref(struct ndr *n)
{
	return ndr_count(n);
}

/* Octets without alignment; NULL when there are fewer. */
static inline const uint8_t *ndr_take(struct ndr *n, uint64_t k)
{
	return rd_take(&n->rd, k > SIZE_MAX ? SIZE_MAX : (size_t)k);
}

/* A UUID in the stub follows the byte order of its integers (C706 A): ret is as printed. */
static inline void ndr_uuid(struct ndr *n, uint8_t ret[16])
{
	const uint32_t a = ndr_u32(n);
	const uint16_t b = ndr_u16(n), c = ndr_u16(n);
	const uint8_t head[8] = {(uint8_t)(a >> 24), (uint8_t)(a >> 16), (uint8_t)(a >> 8),
				 (uint8_t)a,         (uint8_t)(b >> 8),  (uint8_t)b,
				 (uint8_t)(c >> 8),  (uint8_t)c};

	for (int i = 0; i < 16; i++)
		ret[i] = i < 8 ? head[i] : ndr_u8(n);
}

#endif
