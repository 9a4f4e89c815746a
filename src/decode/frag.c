// SPDX-License-Identifier: BSD-2-Clause
/*
 * The ports of IP fragments (RFC 791 2.3, RFC 8200 4.5): only the first has a transport header, so
 * what it said is kept for the others.
 *
 * The table is a ring: a new datagram takes the place of the oldest one. Which entry goes depends
 * on the order of packets alone and never on the hash, whose key is secret and differs by run; the
 * same capture gives the same counts.
 */
#include <string.h>

#include "base/cpu.h"
#include "base/time.h"
#include "decode/layer.h"

/* RFC 8200 4.5 gives IPv6 60 s from the first fragment to arrive; for IPv4, RFC 791 3.2 proposes 15
 * s and what hosts use is 30 s. */
#define FRAG_V4_NS (30 * NS_PER_S)
#define FRAG_V6_NS (60 * NS_PER_S)

static uint32_t bucket_of(const struct frag_table *t, const struct frag_key *k)
{
	uint64_t w[5];

	_Static_assert(sizeof *k == sizeof w, "no padding in the key");
	memcpy(w, k, sizeof w);
	return (uint32_t)(siphash13_words(w, N_ELEMENTS(w), &t->secret) % FRAG_MAX);
}

/* Index + 1 into the ring; 0: not there. */
static uint32_t lookup(const struct frag_table *t, const struct frag_key *k)
{
	for (uint32_t i = t->bucket[bucket_of(t, k)]; i; i = t->ring[i - 1].next)
		if (memcmp(&t->ring[i - 1].key, k, sizeof *k) == 0)
			return i;
	return 0;
}

static void unlink_entry(struct frag_table *t, const struct frag_entry *e)
{
	uint32_t *at = &t->bucket[bucket_of(t, &e->key)];
	uint32_t self = (uint32_t)(e - t->ring) + 1;

	while (*at && *at != self)
		at = &t->ring[*at - 1].next;
	if (*at)
		*at = e->next;
}

void frag_learn(struct frag_table *t, const struct frag_key *k, int64_t ts_ns, uint8_t proto,
		uint16_t sport, uint16_t dport)
{
	uint32_t at = lookup(t, k);
	struct frag_entry *e = &t->ring[at ? at - 1 : t->oldest];

	if (!at) {
		uint32_t slot = t->oldest;
		uint32_t *head = &t->bucket[bucket_of(t, k)];

		if (e->used)
			unlink_entry(t, e);
		t->oldest = (slot + 1) % FRAG_MAX;
		*e = (struct frag_entry){.key = *k, .next = *head, .used = true};
		*head = slot + 1;
	}
	e->ts_ns = ts_ns;
	e->proto = proto;
	e->sport = sport;
	e->dport = dport;
}

const struct frag_entry *frag_find(const struct frag_table *t, const struct frag_key *k,
				   int64_t ts_ns)
{
	uint32_t at = lookup(t, k);

	if (!at)
		return NULL;

	const struct frag_entry *e = &t->ring[at - 1];
	int64_t age, limit = k->proto == FRAG_KEY_V6 ? FRAG_V6_NS : FRAG_V4_NS;

	/* Captures merged from several queues are not quite in order: age counts both ways. */
	if (__builtin_sub_overflow(ts_ns, e->ts_ns, &age) || age > limit || age < -limit)
		return NULL;
	return e;
}
