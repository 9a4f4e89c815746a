// SPDX-License-Identifier: BSD-2-Clause
/*
 * A connection of DCE/RPC, as a stream. The first byte is how: 1 without its start, 2 port 593,
 * 4 a port of its own. Then pieces, each in a packet of its own:
 *
 *   what(1): 1 the server's, 2 bytes are missing; the rest is the high part of   len(1)   bytes
 *
 * Twice, the second time byte by byte: nothing may differ.
 */
#include <stdlib.h>
#include <string.h>

#include "base/rd.h"
#include "learn/learn.h"
#include "recognise/recognise.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#define CHECK(x)                 \
	do {                     \
		if (!(x))        \
			abort(); \
	} while (0)

enum { MID = 1, PROXY = 2, ELSEWHERE = 4, SERVER = 1, MISSING = 2, ROOM = 1 << 20 };

static void piece(struct learn_flow *f, unsigned side, struct rd r, bool start, size_t size,
		  const struct evidence *at)
{
	while (rd_left(&r)) {
		size_t k = rd_left(&r) < size ? rd_left(&r) : size;
		uint8_t *exact = malloc(k); /* its end is the end */

		CHECK(exact);
		memcpy(exact, rd_take(&r, k), k);
		learn_bytes(f, side, exact, k, start, at);
		start = false;
		free(exact);
	}
}

static struct learn *run(const uint8_t *p, size_t n, size_t size, struct learn_facts *ret)
{
	static const struct hash_key key = {1, 2};
	struct learn *l = learn_new(&(struct learn_options){.key = &key, .max_memory = ROOM});
	struct rd r = rd_over(p, n);
	const uint8_t how = rd_u8(&r);
	struct learn_ask q = {
		.proto = PROTO_TCP,
		.addr = {addr_v4(0x0a000009), addr_v4(0x0a000005)},
		.port = {49152, how & PROXY       ? 593
				: how & ELSEWHERE ? 49664
						  : 135},
		.app = app_by_name("dcerpc"),
	};
	bool begun[2] = {how & MID, how & MID};
	struct learn_flow *f;
	uint32_t number = 0;

	CHECK(l);
	f = learn_open(l, &q);
	CHECK(f);
	while (rd_left(&r) >= 2) {
		const uint8_t what = rd_u8(&r);
		size_t k = (size_t)(what >> 2) << 8 | rd_u8(&r);
		const unsigned side = what & SERVER;
		const struct evidence at = {.ts_ns = number, .number = number + 1};

		number++;
		if (what & MISSING) {
			learn_gap(f, side, k);
			begun[side] = true;
			continue;
		}
		if (k > rd_left(&r))
			k = rd_left(&r);
		piece(f, side, rd_sub(&r, k), !begun[side], size, &at);
		begun[side] |= k > 0;
		CHECK(learn_stats(l)->memory <= ROOM);
	}
	learn_close(f, ret);
	CHECK(learn_stats(l)->memory == 0);
	return l;
}

static void same(const struct learn_facts *x, const struct learn_facts *y)
{
	CHECK(x->n_iface == y->n_iface && x->n_iface <= LEARN_IFACES);
	for (unsigned i = 0; i < x->n_iface; i++) {
		CHECK(!memcmp(x->iface[i].uuid, y->iface[i].uuid, 16));
		CHECK(x->iface[i].major == y->iface[i].major &&
		      x->iface[i].minor == y->iface[i].minor &&
		      x->iface[i].refused == y->iface[i].refused);
	}
	CHECK(x->has_bind == y->has_bind && x->bind.number == y->bind.number);
	CHECK(x->client_side == y->client_side && x->client_side >= -1 && x->client_side <= 1);
	CHECK(x->nak == y->nak && x->sealed == y->sealed && x->lost == y->lost);
	CHECK(x->faults == y->faults && x->replicates == y->replicates);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct learn_facts x, y;
	struct learn *a = run(p, n, SIZE_MAX, &x), *b = run(p, n, 1, &y);
	const struct learn_stats *sa = learn_stats(a), *sb = learn_stats(b);
	const struct grant *ga, *gb;
	size_t na, nb;

	same(&x, &y);
	CHECK(learn_grants(a, &ga, &na) == 0 && learn_grants(b, &gb, &nb) == 0);
	CHECK(na == nb && na <= n);
	for (size_t i = 0; i < na; i++) {
		CHECK(ga[i].g.proto == gb[i].g.proto && ga[i].g.port == gb[i].g.port);
		CHECK(ga[i].first.number == gb[i].first.number && ga[i].n == gb[i].n);
		CHECK(!memcmp(ga[i].g.uuid, gb[i].g.uuid, 16) && ga[i].assumed == gb[i].assumed);
		CHECK(memchr(ga[i].g.name, 0, sizeof ga[i].g.name));
	}
	CHECK(sa->answers == sb->answers && sa->sealed == sb->sealed && sa->bad == sb->bad);
	learn_free(a);
	learn_free(b);
	return 0;
}
