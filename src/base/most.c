// SPDX-License-Identifier: BSD-2-Clause
#include "base/most.h"

#include <stdlib.h>
#include <string.h>

void most_begin(struct most *m, const struct hash_key *key)
{
	m->key = *key;
	m->level = 0;
	m->n = 0;
	memset(m->slot, 0, sizeof m->slot);
}

/* Where it is, or would be. */
static uint16_t *slot_of(struct most *m, const struct addr *who)
{
	uint64_t w[2];
	unsigned __int128 x;

	memcpy(w, who->b, sizeof w);
	/* Of secrets; its place is all that depends on it. */
	x = (unsigned __int128)(w[0] + m->key.k0) * (w[1] + m->key.k1);
	for (uint64_t i = (uint64_t)x ^ (uint64_t)(x >> 64);; i++) {
		uint16_t *s = &m->slot[i % MOST_SLOTS];

		if (!*s || addr_equal(&m->row[*s - 1].who, who))
			return s;
	}
}

/* Everybody has n less, and who has nothing is gone. */
static void less_for_all(struct most *m, uint64_t n)
{
	unsigned left = 0;

	memset(m->slot, 0, sizeof m->slot);
	for (unsigned i = 0; i < m->n; i++) {
		if (m->row[i].n <= n)
			continue;
		m->row[left] = m->row[i];
		m->row[left].n -= n;
		*slot_of(m, &m->row[left].who) = (uint16_t)(left + 1);
		left++;
	}
	m->n = left;
}

static uint64_t least(const struct most *m)
{
	uint64_t n = UINT64_MAX;

	for (unsigned i = 0; i < m->n; i++)
		if (m->row[i].n < n)
			n = m->row[i].n;
	return n;
}

void most_see(struct most *m, const struct addr *who, uint32_t n)
{
	uint16_t *s = slot_of(m, who);
	uint64_t left = n;

	if (*s) {
		m->row[*s - 1].n += n;
		return;
	}
	if (m->n == MOST_WHO) {
		uint64_t less = least(m);

		/* As if one after the other came: each takes one from everybody. */
		less = less < left ? less : left;
		less_for_all(m, less);
		left -= less;
		s = slot_of(m, who);
	}
	if (!left || m->n == MOST_WHO)
		return;
	m->row[m->n] = (struct most_row){*who, left};
	*s = (uint16_t)++m->n;
}

static int falling(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x < y) - (x > y);
}

bool most_share(struct most *m, uint64_t want, uint64_t few)
{
	uint64_t has[MOST_WHO] = {0}, sum = 0;

	for (unsigned i = 0; i < m->n; i++)
		has[i] = m->row[i].n;
	if (m->n)
		qsort(has, m->n, sizeof *has, falling);
	m->level = few;
	/* The first i of them, cut down to what the next one has, are enough. */
	for (unsigned i = 1; i <= m->n && has[i - 1] > few; i++) {
		uint64_t next = i < m->n && has[i] > few ? has[i] : few;

		sum += has[i - 1];
		if (sum - i * next < want)
			continue;
		m->level = (sum - want) / i;
		break;
	}
	return m->n && has[0] > few;
}

bool most_pays(struct most *m, const struct addr *who, uint32_t n)
{
	uint16_t s = *slot_of(m, who);

	if (!s || m->row[s - 1].n <= m->level)
		return false;
	m->row[s - 1].n -= n < m->row[s - 1].n ? n : m->row[s - 1].n;
	return true;
}
