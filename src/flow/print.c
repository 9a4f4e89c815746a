// SPDX-License-Identifier: BSD-2-Clause
/*
 * print - fingerprints, by products and by carry-less products.
 *
 * Both are sums of products of pairs of words, each with a secret of its own: NH (Black et al.,
 * UMAC, CRYPTO 1999; RFC 4418 5.2) with words of 64 bits, and CLNH (Lemire and Kaser, "Faster
 * 64-bit universal hashing using carry-less multiplications", 2016, section 3), for which x86 has
 * one instruction a pair. The 128 bits of the first are folded to 64 by a multilinear hash (the
 * same, "Strongly universal string hashing is fast", 2014, section 2), those of the second by the
 * field that they are products in.
 *
 * Of bytes fewer than PRINT_BYTES the last words are those that end with them, whatever they have
 * in common with the first: as many bytes are the same when both are, and how many there are is
 * among the words.
 */
#include "flow/print.h"

#include <endian.h>
#include <string.h>

enum { SECRETS = PRINT_WORDS + 4, PROTO_SCTP = 132 };

/* Secrets of what. */
enum { AT_ADDRESSES = 0, AT_FIELDS = 4, AT_BYTES = 6 };

static const uint8_t all[PRINT_BYTES] = {[0 ... PRINT_BYTES - 1] = 0xff};
/* Transport headers without their checksums. */
static const uint8_t but_tcp[PRINT_BYTES] = {/* RFC 9293 3.1 */
					     [0 ... 15] = 0xff,
					     [18 ... PRINT_BYTES - 1] = 0xff};
static const uint8_t but_syn[PRINT_BYTES] = {[0 ... 15] = 0xff, [18 ... 19] = 0xff};
static const uint8_t but_udp[PRINT_BYTES] = {/* RFC 768 */
					     [0 ... 5] = 0xff,
					     [8 ... PRINT_BYTES - 1] = 0xff};
static const uint8_t but_icmp[PRINT_BYTES] = {/* RFC 792, RFC 4443 2.1 */
					      [0 ... 1] = 0xff,
					      [4 ... PRINT_BYTES - 1] = 0xff};
static const uint8_t but_sctp[PRINT_BYTES] = {/* RFC 9260 3.1 */
					      [0 ... 7] = 0xff,
					      [12 ... PRINT_BYTES - 1] = 0xff};

enum { FIELDS_N = 48 }; /* the bit of that word where how many bytes are looked at stands */

/* Of those eight, protocol, identification and fragments; the outermost VLAN where it is part of
 * what a packet is. */
void print_key_vlan(struct print_key *k, bool on)
{
	const uint8_t fields[8] = {[0 ... FIELDS_N / 8 - 1] = 0xff};

	memcpy(&k->fields, fields, sizeof k->fields);
	k->fields = le64toh(k->fields);
	k->vlan = on;
}

void print_key_init(struct print_key *k, const struct hash_key *secret)
{
	uint64_t s[SECRETS];

	for (uint64_t i = 0; i < SECRETS; i++)
		s[i] = siphash13_words(&i, 1, secret);
	memcpy(k->words, s, sizeof k->words);
	for (unsigned i = 0; i < 2; i++)
		k->fold[i] = (unsigned __int128)s[PRINT_WORDS + 2 * i] << 64 |
			     s[PRINT_WORDS + 2 * i + 1];
	print_key_vlan(k, false);
}

static inline uint64_t word(const void *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof w);
	return w;
}

static inline unsigned __int128 product(uint64_t a, uint64_t b, const uint64_t *secret)
{
	return (unsigned __int128)(a + secret[0]) * (b + secret[1]);
}

static inline const uint8_t *mask_of(const struct packet *p)
{
	if (unlikely(p->later_fragment))
		return all;
	if (likely(p->proto == IPPROTO_NR_TCP))
		return unlikely(p->tcp_flags & TCP_SYN) ? but_syn : but_tcp;
	if (likely(p->proto == IPPROTO_NR_UDP))
		return but_udp;
	if (p->proto == IPPROTO_NR_ICMP || p->proto == IPPROTO_NR_ICMP6)
		return but_icmp;
	return p->proto == PROTO_SCTP ? but_sctp : all;
}

/* 16 bytes of the header or behind it, at two places. */
static inline unsigned __int128 piece(const uint8_t *p, const uint8_t *mask, size_t a, size_t b,
				      const uint64_t *secret)
{
	return product(word(p + a) & word(mask + a), word(p + b) & word(mask + b), secret);
}

/* Fewer bytes than a transport header has. */
static COLD uint64_t scraps(const uint8_t *p, const uint8_t *mask, size_t n)
{
	uint64_t w = 0;

	for (size_t i = 0; i < n; i++)
		w = w << 8 | (p[i] & mask[i]);
	return w;
}

/* n bytes, PRINT_BYTES at most. The last words are those that end with them, whatever they have in
 * common with the first: as many bytes are the same when both are. */
static inline unsigned __int128 bytes_of(const uint8_t *p, size_t n, const uint8_t *mask,
					 const uint64_t *secret)
{
	unsigned __int128 sum;

	if (likely(n >= 32)) {
		size_t end = n - 32;

		sum = piece(p, mask, 0, 8, secret);
		sum += piece(p, mask, 16, 24, secret + 2);
		sum += piece(p, mask, end, end + 8, secret + 4);
		return sum + piece(p, mask, end + 16, end + 24, secret + 6);
	}
	if (likely(n >= 16)) {
		sum = piece(p, mask, 0, 8, secret);
		return sum + piece(p, mask, n - 16, n - 8, secret + 2);
	}
	if (n >= 8)
		return piece(p, mask, 0, n - 8, secret);
	return product(scraps(p, mask, n), 0, secret);
}

/* A VLAN takes three places that a bool leaves: of its 16 bits seven, seven and two. */
static COLD uint64_t vlan_of(const struct packet *p)
{
	uint64_t v = p->vlan;

	return (v & 0x7f) << 9 | (v >> 7 & 0x7f) << 17 | v >> 14 << 25;
}

static inline uint64_t fields_of(const struct print_key *k, const struct packet *p, size_t n)
{
	uint64_t w = le64toh(word((const uint8_t *)p + PACKET_FIELDS)) & k->fields;

	if (unlikely(k->vlan))
		w |= vlan_of(p);
	return w | (uint64_t)n << FIELDS_N;
}

static inline uint64_t fold(const struct print_key *k, uint64_t low, uint64_t high)
{
	return (uint64_t)((k->fold[0] * low + k->fold[1] * high) >> 64);
}

static inline size_t looked_at(const struct packet *p)
{
	return p->transport_len < PRINT_BYTES ? p->transport_len : PRINT_BYTES;
}

static inline uint64_t lengths(const struct packet *p)
{
	return word((const uint8_t *)p + PACKET_LENGTHS);
}

static inline uint64_t print(const struct print_key *k, const struct packet *p)
{
	size_t n = looked_at(p);
	unsigned __int128 sum = bytes_of(p->transport, n, mask_of(p), k->words + AT_BYTES);

	sum += product(word(p->src.b), word(p->src.b + 8), k->words + AT_ADDRESSES);
	sum += product(word(p->dst.b), word(p->dst.b + 8), k->words + AT_ADDRESSES + 2);
	sum += product(fields_of(k, p, n), lengths(p), k->words + AT_FIELDS);
	return fold(k, (uint64_t)sum, (uint64_t)(sum >> 64));
}

void prints_by_products(const struct print_key *k, const struct packet *p, size_t n,
			uint64_t *ret_print)
{
	for (size_t i = 0; i < n; i++)
		ret_print[i] = print(k, &p[i]);
}

#ifdef __x86_64__

#include <emmintrin.h>
#include <wmmintrin.h>

/* AVX for its instructions of three operands. */
#define CARRY_LESS __attribute__((target("pclmul,avx")))

static inline __m128i two(const void *p)
{
	return _mm_loadu_si128((const __m128i *)p);
}

CARRY_LESS static inline __m128i cl_product(__m128i pair, const uint64_t *secret)
{
	pair = _mm_xor_si128(pair, two(secret));
	return _mm_clmulepi64_si128(pair, pair, 0x10);
}

CARRY_LESS static inline __m128i cl_piece(const uint8_t *p, const uint8_t *mask, size_t at,
					  const uint64_t *secret)
{
	return cl_product(_mm_and_si128(two(p + at), two(mask + at)), secret);
}

CARRY_LESS static inline __m128i cl_bytes(const uint8_t *p, size_t n, const uint8_t *mask,
					  const uint64_t *secret)
{
	__m128i sum;
	uint64_t w[2];

	if (likely(n >= 32)) {
		sum = cl_piece(p, mask, 0, secret);
		sum = _mm_xor_si128(sum, cl_piece(p, mask, 16, secret + 2));
		sum = _mm_xor_si128(sum, cl_piece(p, mask, n - 32, secret + 4));
		return _mm_xor_si128(sum, cl_piece(p, mask, n - 16, secret + 6));
	}
	if (likely(n >= 16)) {
		sum = cl_piece(p, mask, 0, secret);
		return _mm_xor_si128(sum, cl_piece(p, mask, n - 16, secret + 2));
	}
	w[0] = n >= 8 ? word(p) & word(mask) : scraps(p, mask, n);
	w[1] = n >= 8 ? word(p + n - 8) & word(mask + n - 8) : 0;
	return cl_product(two(w), secret);
}

/* The remainder by x^64 + x^4 + x^3 + x + 1, so that products are those of a field: the sum is
 * universal in 64 bits (the same, section 3). What the first product has above 64 bits, four at
 * most, the second one brings below. */
CARRY_LESS static inline uint64_t cl_fold(__m128i sum)
{
	const __m128i rest = _mm_set_epi64x(0, 0x1b);
	__m128i once = _mm_clmulepi64_si128(sum, rest, 0x01);
	__m128i twice = _mm_clmulepi64_si128(once, rest, 0x01);

	return (uint64_t)_mm_cvtsi128_si64(_mm_xor_si128(_mm_xor_si128(sum, once), twice));
}

CARRY_LESS static inline uint64_t cl_print(const struct print_key *k, const struct packet *p)
{
	size_t n = looked_at(p);
	__m128i sum = cl_bytes(p->transport, n, mask_of(p), k->words + AT_BYTES);
	__m128i rest = _mm_set_epi64x((int64_t)lengths(p), (int64_t)fields_of(k, p, n));

	sum = _mm_xor_si128(sum, cl_product(two(p->src.b), k->words + AT_ADDRESSES));
	sum = _mm_xor_si128(sum, cl_product(two(p->dst.b), k->words + AT_ADDRESSES + 2));
	return cl_fold(_mm_xor_si128(sum, cl_product(rest, k->words + AT_FIELDS)));
}

CARRY_LESS static void prints_carry_less(const struct print_key *k, const struct packet *p,
					 size_t n, uint64_t *ret_print)
{
	for (size_t i = 0; i < n; i++)
		ret_print[i] = cl_print(k, &p[i]);
}

prints_fn *prints_best(void)
{
	return __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("avx")
		       ? prints_carry_less
		       : prints_by_products;
}

#else

prints_fn *prints_best(void)
{
	return prints_by_products;
}

#endif
