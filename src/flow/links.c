// SPDX-License-Identifier: BSD-2-Clause
#include "flow/links.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"

enum { LINKS_MAX = 0xffff, FIRST_SLOTS = 64 };

void links_done(struct links *l)
{
	free(l->pair);
	free(l->slot);
	*l = (struct links){0};
}

static uint16_t *find(const struct links *l, uint64_t pair)
{
	for (uint32_t i = (uint32_t)siphash13_words(&pair, 1, &l->key);; i++) {
		uint16_t *s = &l->slot[i & (l->slots - 1)];

		if (!*s || l->pair[*s] == pair)
			return s;
	}
}

static COLD bool grow(struct links *l)
{
	uint32_t slots = l->slots ? l->slots * 2 : FIRST_SLOTS;
	uint64_t *pair = realloc(l->pair, slots / 2 * sizeof *pair);

	if (!pair)
		return false;
	l->pair = pair;

	uint16_t *slot = calloc(slots, sizeof *slot);

	if (!slot)
		return false;
	free(l->slot);
	l->slot = slot;
	l->slots = slots;
	for (uint32_t i = 1; i <= l->n; i++)
		*find(l, l->pair[i]) = (uint16_t)i;
	return true;
}

uint16_t links_number(struct links *l, const uint8_t mac[6], uint16_t vlan)
{
	uint64_t pair = vlan;

	for (int i = 0; i < 6; i++)
		pair |= (uint64_t)mac[i] << (56 - 8 * i);
	if (pair == 0 || pair == l->last_pair)
		return pair ? l->last : 0;

	/* Numbers below half of the slots: number 0 is unused, so pair[] has room for them all. */
	if (l->n + 1 >= l->slots / 2 && l->n < LINKS_MAX && !grow(l))
		return 0;

	uint16_t *s = find(l, pair);

	if (!*s) {
		if (l->n == LINKS_MAX)
			return 0;
		*s = (uint16_t)++l->n;
		l->pair[l->n] = pair;
	}
	l->last_pair = pair;
	l->last = *s;
	return *s;
}

void links_get(const struct links *l, uint16_t number, uint8_t ret_mac[6], uint16_t *ret_vlan)
{
	uint64_t pair = number ? l->pair[number] : 0;

	for (int i = 0; i < 6; i++)
		ret_mac[i] = (uint8_t)(pair >> (56 - 8 * i));
	*ret_vlan = (uint16_t)pair;
}
