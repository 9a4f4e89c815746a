// SPDX-License-Identifier: BSD-2-Clause
/*
 * bench_learn - what a connection of DCE/RPC costs its reader.
 *
 *   bench_learn [MEGABYTES]
 *
 *   idle     opened, bound and answered: nothing is under way
 *   binds    binds of as many contexts as there can be, never answered
 *   calls    calls that nobody answers, answers that nobody asked for
 *   search   a header that is never confirmed, behind a gap
 *   bulk     calls of an interface that hands out no ports: passed over
 *
 * Bytes are those charged for one connection; times are processor times.
 */
#include <inttypes.h>
#include <stdio.h>

#include "../unit/rpc_lab.h"
#include "learn/learn.h"

#include "clock.h"

enum { FLOWS = 1000 };

static const struct evidence at = {.ts_ns = 1, .number = 1};
static struct talk t;

static struct learn_flow *flow(struct learn *l)
{
	return learn_open(l, &(struct learn_ask){.proto = PROTO_TCP,
						 .addr = {addr_v4(0x0a000009), addr_v4(0x0a000005)},
						 .port = {49152, 135}});
}

/* Gives what was said, each PDU whole, and forgets it. */
static void hear(struct learn_flow *f, bool start)
{
	for (size_t i = 0; i < t.n_step; i++)
		learn_bytes(f, t.step[i].side, t.p + t.step[i].from, t.step[i].n, start, &at);
	t.n = t.n_step = 0;
}

static void opened(struct learn_flow *f)
{
	(void)f;
}

static void idle(struct learn_flow *f)
{
	bind_one(&t, 1, EPM, 3, NDR);
	ack(&t, 1, NDR);
	hear(f, true);
}

static void idle_windows(struct learn_flow *f)
{
	static const struct offered o[] = {
		{0, LSARPC, 0, 0, NDR}, {1, LSARPC, 0, 0, NDR64}, {2, LSARPC, 0, 0, FEATURES}};
	static const struct answered r[] = {{PDU_PROVIDER_REJECTION, PDU_NO_TRANSFER, NULL},
					    {PDU_ACCEPTED, 0, NDR64},
					    {PDU_NEGOTIATE_ACK, 3, NULL}};

	bind_n(&t, 1, o, 3);
	ack_n(&t, PDU_BIND_ACK, 1, r, 3);
	hear(f, true);
}

static void binds(struct learn_flow *f)
{
	struct offered o[PDU_CONTEXTS_MAX];

	for (uint32_t i = 0; i < 20; i++) {
		for (unsigned k = 0; k < PDU_CONTEXTS_MAX; k++)
			o[k] = (struct offered){.id = (uint16_t)(i * 64 + k),
						.uuid = k % 3 ? EPM : OXID,
						.major = (uint16_t)(i + k),
						.syntax = NDR};
		bind_n(&t, i, o, PDU_CONTEXTS_MAX);
		hear(f, i == 0);
	}
}

static void calls(struct learn_flow *f)
{
	idle(f);
	for (uint32_t i = 0; i < 100; i++) {
		request(&t, i, 0, 3, 132);
		respond(&t, PDU_FIRST_FRAG, i + 1000, 0);
		for (unsigned k = 0; k < 16000; k++)
			put(&t, k, 4);
		end(&t, 1);
		hear(f, false);
	}
}

static void search(struct learn_flow *f)
{
	for (unsigned side = 0; side < 2; side++) {
		learn_gap(f, side, 0);
		for (uint32_t i = 0; i < 40; i++) {
			begin(&t, PDU_RESPONSE, 3, i);
			t.p[8] = (uint8_t)i;
			t.p[9] = 0x3f;
			while (t.n < 400)
				say(&t, "\x05", 1);
			step(&t, side, 0);
			hear(f, false);
		}
	}
}

static int bytes_of(const char *name, void (*make)(struct learn_flow *f))
{
	static const struct hash_key key = {1, 2};
	static struct learn_flow *f[FLOWS];
	struct learn *l =
		learn_new(&(struct learn_options){.key = &key, .max_memory = (size_t)1 << 30});
	struct learn_facts facts;
	size_t own;
	double from;

	if (!l)
		return 1;
	for (unsigned i = 0; i < FLOWS; i++) {
		f[i] = flow(l);
		if (!f[i])
			return 1;
	}
	own = learn_stats(l)->memory;
	from = bench_cpu_s();
	for (unsigned i = 0; i < FLOWS; i++)
		make(f[i]);
	printf("%-8s %7zu bytes per flow now, of which %zu since it was opened; %.0f ns per flow\n",
	       name, learn_stats(l)->memory / FLOWS, (learn_stats(l)->memory - own) / FLOWS,
	       (bench_cpu_s() - from) * 1e9 / FLOWS);
	for (unsigned i = 0; i < FLOWS; i++)
		learn_close(f[i], &facts);
	if (learn_stats(l)->memory) {
		fprintf(stderr, "bench_learn: %zu bytes are left\n", learn_stats(l)->memory);
		return 1;
	}
	learn_free(l);
	return 0;
}

static int bulk(const char *name, const char *uuid, size_t segment, uint64_t bytes)
{
	static const struct hash_key key = {1, 2};
	struct learn *l = learn_new(&(struct learn_options){.key = &key});
	struct learn_flow *f = l ? flow(l) : NULL;
	struct learn_facts facts;
	uint64_t given = 0;
	double spent;

	if (!f)
		return 1;
	bind_one(&t, 1, uuid, 3, NDR);
	ack(&t, 1, NDR);
	hear(f, true);
	for (uint32_t i = 0; i < 40; i++) {
		respond(&t, (uint8_t)(i ? i == 39 ? 2 : 0 : 1), 2, 0);
		while (t.n - t.pdu < 5840)
			put(&t, 5, 4);
		end(&t, 1);
	}
	spent = bench_cpu_s();
	while (given < bytes)
		for (size_t i = 0; i < t.n; i += segment, given += segment)
			learn_bytes(f, 1, t.p + i, t.n - i < segment ? t.n - i : segment, false,
				    &at);
	spent = bench_cpu_s() - spent;
	printf("%-8s %7zu bytes a piece: %.4f ns per byte, %.1f ns per piece\n", name, segment,
	       spent * 1e9 / (double)given, spent * 1e9 / (double)given * (double)segment);
	t.n = t.n_step = 0;
	learn_close(f, &facts);
	learn_free(l);
	return 0;
}

int main(int argc, char **argv)
{
	const uint64_t bytes = (argc > 1 ? strtoull(argv[1], NULL, 10) : 1000) << 20;

	return bytes_of("opened", opened) || bytes_of("idle", idle) ||
	       bytes_of("windows", idle_windows) || bytes_of("binds", binds) ||
	       bytes_of("calls", calls) || bytes_of("search", search) ||
	       bulk("bulk", LSARPC, 1460, bytes) || bulk("bulk", LSARPC, 100, bytes / 10) ||
	       bulk("bulk", LSARPC, 1, bytes / 100);
}
