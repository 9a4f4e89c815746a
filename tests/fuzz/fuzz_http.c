// SPDX-License-Identifier: BSD-2-Clause
/*
 * The learner of HTTP. The input is bytes of two sides, each piece after three of its own:
 *
 *   flags(1): 1 side, 2 a gap, 4 not the start   length(2)
 *
 * What is found must not depend on the pieces that a side's bytes come in.
 */
#include <stdlib.h>
#include <string.h>

#include "base/rd.h"
#include "learn/learn.h"
#include "recognise/recognise.h"

enum { PIECES = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void check(bool good)
{
	if (!good)
		abort();
}

struct heard {
	struct learn *l;
	struct learn_flow *f;
	bool told[2], more;
	uint32_t number;
};

static void say(struct heard *h, unsigned side, const uint8_t *p, size_t n, bool start, size_t step)
{
	for (size_t at = 0, k; at < n && h->more; at += k) {
		struct evidence e = {.number = ++h->number};

		k = n - at < step ? n - at : step;

		uint8_t *exact = malloc(k); /* its end is the end */

		check(exact != NULL);
		memcpy(exact, p + at, k);
		h->more = learn_bytes(h->f, side, exact, k, start && !at, &e);
		free(exact);
	}
}

/* The signs that were found, and whether it waits for more. */
static uint64_t read_in_pieces(struct rd r, size_t step)
{
	static const struct hash_key key = {0};
	const struct learn_ask q = {.proto = PROTO_TCP,
				    .port = {50000, 80},
				    .app = app_by_name("http"),
				    .asked = SIGN_CRM_PAGE};
	struct heard h = {.l = learn_new(&(struct learn_options){.key = &key}), .more = true};
	struct learn_facts facts;

	h.f = h.l ? learn_open(h.l, &q) : NULL;
	check(h.f != NULL);
	for (unsigned i = 0; h.more && rd_left(&r) && i < PIECES; i++) {
		uint8_t flags = rd_u8(&r);
		size_t len = rd_be16(&r);
		unsigned side = flags & 1;

		if (flags & 2) {
			h.more = learn_gap(h.f, side, len);
		} else {
			len = len < rd_left(&r) ? len : rd_left(&r);
			say(&h, side, r.p, len, !h.told[side] && !(flags & 4), step);
			rd_skip(&r, len);
		}
		h.told[side] = true;
	}
	learn_close(h.f, &facts);
	check(learn_stats(h.l)->memory == 0);
	check(facts.signs < UINT32_C(1) << SIGN_N);
	check(!facts.n_iface && !facts.n_pipe && facts.client_side == -1);
	learn_free(h.l);
	return (uint64_t)facts.signs << 1 | h.more;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct rd r = rd_over(p, n);
	uint64_t found = read_in_pieces(r, SIZE_MAX);

	check(read_in_pieces(r, 1) == found);
	check(read_in_pieces(r, 7) == found);
	return 0;
}
