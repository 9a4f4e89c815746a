// SPDX-License-Identifier: BSD-2-Clause
/*
 * SMB streams. The input is a row of pieces:
 *
 *   flags(1): 1 side, 2 a hole, 4 in the middle of the stream   n(2)   n bytes, but for a hole
 *
 * It is read as it stands, and once more byte by byte: what is found must be the same, and all
 * memory be given back.
 */
#include <stdlib.h>
#include <string.h>

#include "base/rd.h"
#include "learn/learn.h"
#include "recognise/recognise.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

enum { MOST = 1 << 20 }; /* bytes of one stream's state */

struct found {
	struct learn_facts facts;
	struct grant grant[32];
	size_t n_grant;
};

static void check(const struct learn_facts *k)
{
	if (k->n_pipe > LEARN_PIPES || k->n_iface > LEARN_IFACES || k->client_side < -1 ||
	    k->client_side > 1)
		abort();
	for (unsigned i = 0; i < k->n_pipe; i++) {
		if (!k->pipe[i][0] || !memchr(k->pipe[i], 0, sizeof k->pipe[i]))
			abort();
		for (const char *c = k->pipe[i]; *c; c++)
			if (*c < ' ' || *c > '~' || (*c >= 'A' && *c <= 'Z'))
				abort();
	}
}

static void give(struct learn_flow *f, unsigned side, struct rd r, size_t most, bool start,
		 const struct evidence *at)
{
	while (rd_left(&r)) {
		size_t k = rd_left(&r) < most ? rd_left(&r) : most;
		uint8_t *exact = malloc(k); /* its end is the end */

		if (!exact)
			abort();
		memcpy(exact, rd_take(&r, k), k);
		learn_bytes(f, side, exact, k, start, at);
		free(exact);
		start = false;
	}
}

static void once(struct rd r, size_t most, struct found *ret)
{
	static const struct hash_key key = {1, 2};
	struct learn *l = learn_new(&(struct learn_options){.key = &key});
	struct learn_ask q = {.proto = PROTO_TCP,
			      .addr = {addr_v4(0x0a000009), addr_v4(0x0a000005)},
			      .port = {50000, 445}};
	struct learn_flow *f = l ? learn_open(l, &q) : NULL;
	struct evidence at = {.ts_ns = 1};
	bool begun[2] = {false, false};
	const struct grant *g;

	if (!f)
		abort();
	memset(ret, 0, sizeof *ret);
	while (rd_left(&r)) {
		uint8_t flags = rd_u8(&r);
		uint16_t n = rd_be16(&r);
		unsigned side = flags & 1;

		at.number++;
		if (rd_short(&r))
			break;
		if (flags & 2) {
			learn_gap(f, side, n);
		} else {
			struct rd piece = rd_sub(&r, n < rd_left(&r) ? n : rd_left(&r));

			give(f, side, piece, most, !begun[side] && !(flags & 4), &at);
		}
		begun[side] = true;
	}
	if (learn_stats(l)->memory_max > MOST)
		abort();
	learn_close(f, &ret->facts);
	check(&ret->facts);
	if (learn_grants(l, &g, &ret->n_grant) < 0)
		abort();
	if (ret->n_grant > 32)
		ret->n_grant = 32;
	if (ret->n_grant)
		memcpy(ret->grant, g, ret->n_grant * sizeof *g);
	if (learn_stats(l)->memory)
		abort();
	learn_free(l);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct found whole, bytes;

	once(rd_over(p, n), SIZE_MAX, &whole);
	once(rd_over(p, n), 1, &bytes);
	if (memcmp(&whole.facts, &bytes.facts, sizeof whole.facts) ||
	    whole.n_grant != bytes.n_grant)
		abort();
	for (size_t i = 0; i < whole.n_grant; i++)
		if (whole.grant[i].g.port != bytes.grant[i].g.port)
			abort();
	return 0;
}
