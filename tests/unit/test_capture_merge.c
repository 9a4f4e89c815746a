// SPDX-License-Identifier: BSD-2-Clause
/* Captures taken apart in every way come together as they were. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "base/time.h"
#include "capture/merge.h"
#include "fake_source.h"

struct part {
	int64_t *ts;
	uint32_t *whole; /* which frame of the whole capture */
	size_t n, got;
	unsigned opened, ended, closed;
	bool missing; /* cannot be opened */
	size_t fail_at;
};

struct parts {
	struct part *p;
	size_t n;
	unsigned batch;
	unsigned open_now, most_open;
	uint32_t opened_last;
	bool in_turn; /* they were opened in ascending order */
};

static struct parts parts_new(size_t n, size_t frames, unsigned batch)
{
	struct parts s = {.p = calloc(n + 1, sizeof *s.p), .n = n, .batch = batch, .in_turn = true};

	assert_non_null(s.p);
	for (size_t i = 0; i < n; i++) {
		s.p[i].ts = calloc(frames + 1, sizeof(int64_t));
		s.p[i].whole = calloc(frames + 1, sizeof(uint32_t));
		assert_non_null(s.p[i].ts);
		assert_non_null(s.p[i].whole);
	}
	return s;
}

static void parts_done(struct parts *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->p[i].ts);
		free(s->p[i].whole);
	}
	free(s->p);
}

static void deal(struct parts *s, size_t to, int64_t ts, uint32_t whole)
{
	struct part *p = &s->p[to];

	p->ts[p->n] = ts + 1; /* 0 would be no time */
	p->whole[p->n++] = whole;
}

/* The time of the first frame that leaves the window. */
static int64_t first_of(const struct part *p)
{
	int64_t least = p->n ? p->ts[0] : TIME_NONE;

	for (size_t i = 1; i < p->n && i <= ORDER_WINDOW; i++)
		if (p->ts[i] < least)
			least = p->ts[i];
	return least;
}

static int by_first(const void *x, const void *y)
{
	const struct part *a = x, *b = y;
	int64_t ta = first_of(a), tb = first_of(b);

	if (ta != tb)
		return ta < tb ? -1 : 1;
	return a->n && b->n && a->whole[0] != b->whole[0] ? (a->whole[0] < b->whole[0] ? -1 : 1)
							  : 0;
}

static struct order *open_part(void *user, uint32_t i)
{
	struct parts *s = user;
	struct part *p = &s->p[i];
	struct fake *f;

	assert_true(i < s->n);
	p->opened++;
	s->in_turn &= i >= s->opened_last;
	s->opened_last = i;
	if (p->missing)
		return NULL;
	if (++s->open_now > s->most_open)
		s->most_open = s->open_now;
	f = fake_new(p->ts, p->n, i, s->batch);
	f->closed = &p->closed;
	f->fail_at = p->fail_at;
	f->error = -EIO;
	return order_new(&f->s);
}

static void part_ended(void *user, uint32_t i, const struct order *o)
{
	struct parts *s = user;

	assert_int_equal(s->p[i].closed, 0);
	assert_int_equal(order_source(o)->end, SOURCE_WHOLE);
	s->p[i].ended++;
	s->open_now--;
}

static const struct merge_ops part_ops = {.open = open_part, .ended = part_ended};

static struct merge *merge_of(struct parts *s, bool pipes)
{
	int64_t *first = calloc(s->n + 1, sizeof *first);
	struct merge *m;

	assert_non_null(first);
	for (size_t i = 0; i < s->n; i++)
		first[i] = pipes ? TIME_NONE : first_of(&s->p[i]);
	m = merge_new(first, s->n, &part_ops, s);
	free(first); /* it was copied */
	assert_non_null(m);
	return m;
}

/* All frames in the order in which they come: (source, number, frame of the whole). */
static size_t drain(struct parts *s, bool pipes, uint32_t *ret_whole)
{
	struct merge *m = merge_of(s, pipes);
	struct batch b;
	size_t n = 0;

	for (;;) {
		assert_int_equal(merge_next(m, &b), 0);
		if (!b.n)
			break;
		for (size_t i = 0; i < b.n; i++) {
			struct part *p = &s->p[b.f[i].input];

			assert_true(fake_intact(&b.f[i], b.f[i].input));
			assert_true(p->ts[b.f[i].number - 1] == b.f[i].ts_ns);
			ret_whole[n++] = p->whole[b.f[i].number - 1];
			p->got++;
		}
	}
	assert_int_equal(merge_next(m, &b), 0);
	assert_int_equal(b.n, 0);
	for (size_t i = 0; i < s->n; i++) {
		assert_int_equal(s->p[i].opened, 1);
		assert_int_equal(s->p[i].ended, s->p[i].missing ? 0 : 1);
		assert_int_equal(s->p[i].closed, s->p[i].missing ? 0 : 1);
		assert_int_equal(s->p[i].got, s->p[i].missing ? 0 : s->p[i].n);
	}
	assert_int_equal(s->open_now, 0);
	assert_true(s->in_turn);
	assert_null(merge_free(m));
	return n;
}

enum { WHOLE = 4000 };
static const unsigned batches[] = {1, 5, 64, 0};

/* Cut or dealt, read as files or as pipes: the whole again. */
static void parts_are_the_whole(void **state)
{
	uint64_t seed = 9;

	for (int turn = 0; turn < 80; turn++) {
		bool cut = turn % 2, pipes = turn % 3 == 0;
		size_t k = 1 + fake_random(&seed) % 9;
		struct parts s = parts_new(k, WHOLE, batches[turn / 2 % N_ELEMENTS(batches)]);
		uint32_t got[WHOLE];
		int64_t ts = 1000;

		for (uint32_t i = 0; i < WHOLE; i++) {
			ts += 1 + fake_random(&seed) % 50;
			deal(&s, cut ? i * k / WHOLE : fake_random(&seed) % k, ts, i);
		}
		qsort(s.p, s.n, sizeof *s.p, by_first);
		assert_int_equal(drain(&s, pipes, got), WHOLE);
		for (uint32_t i = 0; i < WHOLE; i++)
			assert_int_equal(got[i], i);
		if (cut && !pipes)
			assert_int_equal(s.most_open, 1);
		parts_done(&s);
	}
}

/* Equal times come source by source, and in a source as they stood. */
static void ties(void **state)
{
	uint64_t seed = 21;

	for (int turn = 0; turn < 40; turn++) {
		size_t k = 2 + fake_random(&seed) % 5;
		struct parts s = parts_new(k, WHOLE, batches[turn % N_ELEMENTS(batches)]);
		uint32_t got[WHOLE], want = 0;
		int64_t ts[WHOLE];

		/* The whole is numbered as it should come: by time, source, place. */
		for (uint32_t i = 0; i < WHOLE; i++)
			ts[i] = i / (1 + (uint32_t)turn * 10);
		for (uint32_t i = 0; i < WHOLE;) {
			uint32_t same = 0;

			while (i + same < WHOLE && ts[i + same] == ts[i])
				same++;
			for (uint32_t j = 0; j < same; j++)
				deal(&s, (size_t)j * k / same, ts[i], want++);
			i += same;
		}
		qsort(s.p, s.n, sizeof *s.p, by_first);
		assert_int_equal(drain(&s, false, got), WHOLE);
		for (uint32_t i = 0; i < WHOLE; i++)
			assert_int_equal(got[i], i);
		parts_done(&s);
	}
}

/* Frames later than the window allows come out as soon as they can, and nothing is lost. */
static void disorder(void **state)
{
	uint64_t seed = 33;

	for (int turn = 0; turn < 20; turn++) {
		uint32_t *got[N_ELEMENTS(batches)];

		for (size_t b = 0; b < N_ELEMENTS(batches); b++) {
			uint64_t same = seed;
			struct parts s = parts_new(3, WHOLE, batches[b]);

			got[b] = calloc(WHOLE, sizeof(uint32_t));
			assert_non_null(got[b]);
			for (uint32_t i = 0; i < WHOLE; i++) {
				uint32_t chance = fake_random(&same);
				int64_t ts = (int64_t)i * 10 + 20000;

				if (chance % 50 == 0)
					ts -= fake_random(&same) % 15000;
				deal(&s, turn % 2 ? i * 3 / WHOLE : chance / 64 % 3, ts, i);
			}
			qsort(s.p, s.n, sizeof *s.p, by_first);
			assert_int_equal(drain(&s, false, got[b]), WHOLE);
			parts_done(&s);
			assert_memory_equal(got[b], got[0], WHOLE * sizeof *got[b]);
		}
		for (size_t b = 0; b < N_ELEMENTS(batches); b++)
			free(got[b]);
		fake_random(&seed);
	}
}

/* Only what overlaps is open at once. */
static void a_rotated_set_is_one_file_at_a_time(void **state)
{
	enum { FILES = 500, EACH = BATCH_FRAMES + 1 };
	struct parts s = parts_new(FILES, EACH, 0);
	uint32_t *got = calloc((size_t)FILES * EACH, sizeof *got);

	assert_non_null(got);
	for (uint32_t i = 0; i < FILES * EACH; i++)
		/* Each begins at the time of the last frame of the one before. */
		deal(&s, i / EACH, i - i / EACH, i);
	assert_int_equal(drain(&s, false, got), FILES * EACH);
	assert_int_equal(s.most_open, 1);
	for (uint32_t i = 0; i < FILES * EACH; i++)
		assert_int_equal(got[i], i);
	parts_done(&s);

	/* Each begins before the one before it has ended. */
	s = parts_new(FILES, 2 * EACH, 64);
	for (uint32_t i = 0; i < FILES; i++)
		for (uint32_t k = 0; k < EACH; k++)
			deal(&s, i, i * 10 * EACH + k * 12, 0);
	assert_int_equal(drain(&s, false, got), FILES * EACH);
	assert_int_equal(s.most_open, 2);
	parts_done(&s);
	free(got);
}

/* The work for a frame grows with the logarithm of the sources. */
static void a_thousand_at_once(void **state)
{
	enum { FILES = 1000, EACH = 50 };
	struct parts s = parts_new(FILES, EACH, 64);
	uint32_t *got = calloc((size_t)FILES * EACH, sizeof *got);

	assert_non_null(got);
	for (uint32_t i = 0; i < FILES * EACH; i++)
		deal(&s, i < FILES ? i : i * UINT32_C(7919) % FILES, i, i);
	assert_int_equal(drain(&s, false, got), FILES * EACH);
	assert_int_equal(s.most_open, FILES);
	for (uint32_t i = 0; i < FILES * EACH; i++)
		assert_int_equal(got[i], i);
	parts_done(&s);
	free(got);
}

static void some_are_not_there(void **state)
{
	for (unsigned mask = 0; mask < 64; mask++) {
		struct parts s = parts_new(6, 200, 0);
		uint32_t got[600], last = 0;
		size_t want = 0, n;

		for (uint32_t i = 0; i < 600; i++)
			deal(&s, i % 6 == 5 ? 4 : i % 6, (int64_t)i, i); /* the last one is empty */
		qsort(s.p, s.n, sizeof *s.p, by_first);
		for (unsigned k = 0; k < 6; k++) {
			s.p[k].missing = mask >> k & 1;
			want += s.p[k].missing ? 0 : s.p[k].n;
		}
		n = drain(&s, false, got);
		assert_int_equal(n, want);
		for (size_t i = 0; i < n; i++) {
			assert_true(i == 0 || got[i] > last);
			last = got[i];
		}
		parts_done(&s);
	}

	struct merge *m = merge_new(NULL, 0, &part_ops, NULL);
	struct batch b;

	assert_non_null(m);
	assert_int_equal(merge_next(m, &b), 0);
	assert_int_equal(b.n, 0);
	assert_null(merge_free(m));
	assert_null(merge_free(NULL));
}

static void errors_go_up(void **state)
{
	static const size_t at[] = {1, 100, 900};

	for (size_t k = 0; k < N_ELEMENTS(at); k++) {
		struct parts s = parts_new(3, 1000, 8);
		struct merge *m;
		struct batch b;
		int r;

		for (uint32_t i = 0; i < 3000; i++)
			deal(&s, i % 3, (int64_t)i, i);
		s.p[1].fail_at = at[k];
		m = merge_of(&s, false);
		do
			r = merge_next(m, &b);
		while (r == 0 && b.n);
		assert_int_equal(r, -EIO);
		assert_int_equal(b.n, 0);
		merge_free(m);
		for (size_t i = 0; i < 3; i++) {
			assert_int_equal(s.p[i].closed, s.p[i].opened);
			assert_int_equal(s.p[i].ended, 0);
		}
		parts_done(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_are_the_whole),
		cmocka_unit_test(ties),
		cmocka_unit_test(disorder),
		cmocka_unit_test(a_rotated_set_is_one_file_at_a_time),
		cmocka_unit_test(a_thousand_at_once),
		cmocka_unit_test(some_are_not_there),
		cmocka_unit_test(errors_go_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
