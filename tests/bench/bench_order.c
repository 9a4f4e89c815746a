// SPDX-License-Identifier: BSD-2-Clause
/*
 * bench_order - what it costs to put frames in order: ns per frame.
 *
 *   bench_order [FRAMES]
 *
 *   source       the source alone, whose share the other figures contain
 *   sorted       in order already, as nearly all captures
 *   slightly     one frame in twenty is up to thirty places late, as from several queues
 *   stepped      the clock went back: 256 frames stay in the window to the end
 *   one file     sorted, through merge
 *   two files    interleaved frame by frame, through merge
 *   many files   a hundred that overlap all the time
 *
 * Processor time, so that a busy machine shows less.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cpu.h"
#include "capture/merge.h"

#include "clock.h"

enum { MANY = 100 };

struct made {
	struct source s;
	uint32_t at, n, first, each; /* frame i has the place first + i * each in the whole */
	enum { SORTED, SLIGHTLY, STEPPED } kind;
	uint8_t bytes[64];
};

static int64_t when(const struct made *m, uint32_t i)
{
	int64_t ts = 1000 * (int64_t)(m->first + i * m->each);

	if (m->kind == SLIGHTLY && i % 20 == 0)
		ts -= 1000 * (int64_t)(i * UINT32_C(2654435761) >> 16) % 30000;
	if (m->kind == STEPPED && i < m->n / 10)
		ts += INT64_C(3600000000000);
	return ts;
}

static int made_next(struct source *s, struct batch *b)
{
	struct made *m = (struct made *)s;

	for (b->n = 0; b->n < BATCH_FRAMES && m->at < m->n; m->at++)
		b->f[b->n++] = (struct frame){
			.ts_ns = when(m, m->at),
			.p = m->bytes,
			.len = sizeof m->bytes,
			.wire_len = sizeof m->bytes,
			.number = m->at + 1,
			.linktype = 1,
		};
	return 0;
}

static void made_close(struct source *s)
{
	free(s);
}

static const struct source_ops made_ops = {.name = "made", .next = made_next, .close = made_close};

static struct source *made_new(uint32_t n, uint32_t first, uint32_t each, int kind)
{
	struct made *m = calloc(1, sizeof *m);

	if (!m)
		exit(1);
	m->s.ops = &made_ops;
	m->n = n;
	m->first = first;
	m->each = each;
	m->kind = kind;
	return &m->s;
}

static void say(const char *name, double spent, uint64_t frames)
{
	printf("%-10s %9" PRIu64 " frames  %5.1f ns per frame\n", name, frames,
	       spent * 1e9 / (double)frames);
}

static int alone(uint32_t n)
{
	struct source *s = made_new(n, 0, 1, SORTED);
	struct batch b;
	uint64_t frames = 0, sum = 0;
	double from = bench_cpu_s();

	while (source_next(s, &b) == 0 && b.n) {
		for (size_t i = 0; i < b.n; i++)
			sum += (uint64_t)b.f[i].ts_ns;
		frames += b.n;
	}
	say("source", bench_cpu_s() - from, frames);
	source_close(s);
	return frames != n || sum == 1;
}

static int ordered(const char *name, uint32_t n, int kind)
{
	struct order *o = order_new(made_new(n, 0, 1, kind));
	struct batch b;
	uint64_t frames = 0, sum = 0;
	double from = bench_cpu_s();

	if (!o)
		return 1;
	while (order_next(o, &b) == 0 && b.n) {
		for (size_t i = 0; i < b.n; i++)
			sum += (uint64_t)b.f[i].ts_ns;
		frames += b.n;
	}
	say(name, bench_cpu_s() - from, frames);
	order_close(o);
	return frames != n || sum == 1;
}

struct files {
	uint32_t n, each;
};

static struct order *open_file(void *user, uint32_t i)
{
	const struct files *f = user;

	return order_new(made_new(f->each, i, f->n, SORTED));
}

static void file_ended(void *user, uint32_t i, const struct order *o)
{
	(void)user, (void)i, (void)o;
}

static int merged(const char *name, uint32_t n, uint32_t n_files)
{
	static const struct merge_ops ops = {.open = open_file, .ended = file_ended};
	struct files f = {.n = n_files, .each = n / n_files};
	int64_t first[MANY];
	struct merge *m;
	struct batch b;
	uint64_t frames = 0, sum = 0;
	double from;

	for (uint32_t i = 0; i < n_files; i++)
		first[i] = 1000 * (int64_t)i;
	m = merge_new(first, n_files, &ops, &f);
	if (!m)
		return 1;
	from = bench_cpu_s();
	while (merge_next(m, &b) == 0 && b.n) {
		for (size_t i = 0; i < b.n; i++)
			sum += (uint64_t)b.f[i].ts_ns;
		frames += b.n;
	}
	say(name, bench_cpu_s() - from, frames);
	merge_free(m);
	return frames != (uint64_t)f.each * n_files || sum == 1;
}

int main(int argc, char **argv)
{
	uint32_t n = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 20000000;

	return alone(n) || ordered("sorted", n, SORTED) || ordered("slightly", n, SLIGHTLY) ||
	       ordered("stepped", n, STEPPED) || merged("one file", n, 1) ||
	       merged("two files", n, 2) || merged("many files", n, MANY);
}
