/* SPDX-License-Identifier: BSD-2-Clause */
/* same_recognition - asking about a flow as it grows gives what asking once about all of it does.
 */
#ifndef TESTS_LIB_SAME_RECOGNITION_H
#define TESTS_LIB_SAME_RECOGNITION_H

#include <string.h>

#include "recognise/recognise.h"

static inline bool same_recognition(const struct recognition *a, const struct recognition *b)
{
	return a->app == b->app && a->conf == b->conf && a->client_side == b->client_side &&
	       a->more == b->more && a->notes == b->notes && a->signs == b->signs &&
	       a->asked == b->asked && a->n_iface == b->n_iface &&
	       memcmp(a->name, b->name, sizeof a->name) == 0 &&
	       memcmp(a->iface, b->iface, a->n_iface * sizeof a->iface[0]) == 0;
}

/* One question about the first n[] bytes of both sides, asked twice: by who has a memory and by who
 * has none. */
static inline bool same_answer(const struct recognise_table *t, struct recognise_memo *memo,
			       const struct payload side[2], const size_t n[2], bool final)
{
	static struct recognise_cache cache; /* of memos that come and go at the same place */
	struct payload in[2] = {side[0], side[1]}, shown[2];
	struct recognition now, fresh;

	for (int i = 0; i < 2; i++) {
		in[i].n = n[i];
		in[i].same = true;
		in[i].cut = side[i].cut && n[i] == side[i].n;
	}

	/* What nobody has anything to say to need not be shown again. */
	for (int i = 0; i < 2; i++) {
		shown[i] = in[i];
		if (side[0].proto == PROTO_UDP && recognise_over(memo, i) && memo->n[i] == n[i]) {
			shown[i].p = NULL;
			shown[i].n = 0;
		}
	}

	bool enough = recognise_again(t, &cache, memo, shown, side[0].proto, final, &now);

	return enough == recognise(in, side[0].proto, final, &fresh) &&
	       same_recognition(&now, &fresh);
}

/* The sides grow by `step` bytes in turn, then nothing changes but that it is the end. */
static inline bool grows_same(const struct recognise_table *t, const struct payload side[2],
			      size_t step)
{
	struct recognise_memo memo = {0};
	size_t n[2] = {0};

	for (unsigned turn = 0; n[0] < side[0].n || n[1] < side[1].n; turn++) {
		size_t *grown = &n[turn & 1], all = side[turn & 1].n;

		*grown = all - *grown < step ? all : *grown + step;
		if (!same_answer(t, &memo, side, n, false))
			return false;
	}
	return same_answer(t, &memo, side, n, true);
}

#endif
