// SPDX-License-Identifier: BSD-2-Clause
/* The window against a plain model of it, whatever the batches, with bytes that go away in time. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "base/time.h"
#include "capture/order.h"
#include "fake_source.h"

/* 0: sizes by chance */
static const unsigned batches[] = {1, 2, 7, 33, 63, 64, 0};

/* What comes out of a window of ORDER_WINDOW: the numbers of the frames. */
static void model(const int64_t *ts, size_t n, uint32_t *ret_number)
{
	uint32_t held[ORDER_WINDOW + 1];
	size_t n_held = 0, n_out = 0;

	for (size_t i = 0; i < n || n_held; i++) {
		size_t best = 0;

		if (i < n) {
			held[n_held++] = (uint32_t)i;
			if (n_held <= ORDER_WINDOW)
				continue;
		}
		for (size_t k = 1; k < n_held; k++)
			if (ts[held[k]] < ts[held[best]])
				best = k;
		ret_number[n_out++] = held[best] + 1;
		memmove(held + best, held + best + 1, (--n_held - best) * sizeof held[0]);
	}
	assert_int_equal(n_out, n);
}

/* Reads to the end with these batches; the frames' bytes must be there. */
static struct order_stats drain(const int64_t *ts, size_t n, unsigned batch, uint32_t *ret_number)
{
	unsigned closed = 0;
	struct fake *f = fake_new(ts, n, 5, batch);
	struct order *o;
	struct order_stats st;
	struct batch b;
	size_t at = 0;

	f->closed = &closed;
	o = order_new(&f->s);
	assert_non_null(o);
	assert_ptr_equal(order_source(o), &f->s);
	for (;;) {
		assert_int_equal(order_next(o, &b), 0);
		if (!b.n)
			break;
		for (size_t i = 0; i < b.n; i++, at++) {
			assert_true(at < n);
			assert_true(fake_intact(&b.f[i], 5));
			assert_true(b.f[i].ts_ns == ts[b.f[i].number - 1]);
			ret_number[at] = b.f[i].number;
		}
	}
	assert_int_equal(at, n);
	assert_int_equal(order_source(o)->end, SOURCE_WHOLE);
	assert_int_equal(order_next(o, &b), 0); /* the end stays the end */
	assert_int_equal(b.n, 0);
	st = *order_stats(o);
	assert_null(order_close(o));
	assert_int_equal(closed, 1);
	return st;
}

static void check_stats(const struct order_stats *st, const int64_t *ts, size_t n,
			const uint32_t *number)
{
	struct order_stats want = {.first_ns = TIME_NONE, .last_ns = TIME_NONE};
	int64_t greatest = 0;

	for (size_t i = 0; i < n; i++) {
		if (i == 0 || ts[i] < want.first_ns)
			want.first_ns = ts[i];
		if (i && ts[i] < want.last_ns)
			want.late++;
		if (i == 0 || ts[i] > want.last_ns)
			want.last_ns = ts[i];
		if (i && ts[i - 1] - ts[i] > want.step_ns) {
			want.step_ns = ts[i - 1] - ts[i];
			want.step_at = (uint32_t)i + 1;
		}
		if (i && ts[number[i] - 1] < greatest)
			want.beyond++;
		if (i == 0 || ts[number[i] - 1] > greatest)
			greatest = ts[number[i] - 1];
		want.before_1970 += ts[i] < 0;
		want.far_future += ts[i] >= INT64_C(4102444800) * NS_PER_S;
	}
	assert_int_equal(st->late, want.late);
	assert_int_equal(st->beyond, want.beyond);
	assert_true(st->step_ns == want.step_ns);
	assert_int_equal(st->step_at, want.step_at);
	assert_int_equal(st->before_1970, want.before_1970);
	assert_int_equal(st->far_future, want.far_future);
	assert_true(st->first_ns == want.first_ns);
	assert_true(st->last_ns == want.last_ns);
}

/* As the model has it, for every way of handing the frames over. The model knows no frames without
 * a time, so 0 becomes 1 here. */
static struct order_stats check(const int64_t *given, size_t n)
{
	int64_t *ts = calloc(n + 1, sizeof *ts);
	uint32_t *want = calloc(n + 1, sizeof *want), *got = calloc(n + 1, sizeof *got);
	struct order_stats st = {0};

	assert_non_null(want);
	assert_non_null(got);
	assert_non_null(ts);
	for (size_t i = 0; i < n; i++)
		ts[i] = given[i] ? given[i] : 1;
	model(ts, n, want);
	for (size_t i = 0; i < N_ELEMENTS(batches); i++) {
		st = drain(ts, n, batches[i], got);
		assert_memory_equal(got, want, n * sizeof *want);
		check_stats(&st, ts, n, want);
	}
	free(want);
	free(got);
	free(ts);
	return st;
}

static void any_number_of_frames(void **state)
{
	static const size_t counts[] = {0,   1,   2,   63,  64,  65,  255,
					256, 257, 319, 320, 321, 384, 1000};
	int64_t ts[1000];

	for (size_t k = 0; k < N_ELEMENTS(counts); k++) {
		struct order_stats st;

		for (size_t i = 0; i < counts[k]; i++)
			ts[i] = (int64_t)i * 10;
		st = check(ts, counts[k]);
		assert_int_equal(st.late, 0);
		for (size_t i = 0; i < counts[k]; i++)
			ts[i] = -(int64_t)i;
		st = check(ts, counts[k]);
		assert_int_equal(st.late, counts[k] ? counts[k] - 1 : 0);
		/* Backwards: all but the first ORDER_WINDOW leave at once, in wrong order. */
		assert_int_equal(st.beyond,
				 counts[k] > ORDER_WINDOW + 1 ? counts[k] - ORDER_WINDOW - 1 : 0);
		for (size_t i = 0; i < counts[k]; i++)
			ts[i] = 7;
		st = check(ts, counts[k]);
		assert_int_equal(st.late, 0);
	}
}

static void put_in_order_within_the_window(void **state)
{
	enum { N = 3000, BLOCK = ORDER_WINDOW };
	int64_t ts[N];
	uint64_t seed = 11;

	for (int turn = 0; turn < 60; turn++) {
		uint32_t number[N];
		/* No frame is more than `reach` places from where its time belongs. */
		uint32_t reach = turn < 10 ? 2 + (uint32_t)turn : 1 + fake_random(&seed) % BLOCK;
		struct order_stats st;

		for (size_t i = 0; i < N; i++)
			ts[i] = 1000 + (int64_t)i / (turn % 3 ? 1 : 5);
		for (size_t from = 0; from < N; from += reach + 1) {
			size_t n = N - from < reach + 1 ? N - from : reach + 1;

			for (size_t i = n; i > 1; i--) {
				size_t k = fake_random(&seed) % i;
				int64_t t = ts[from + i - 1];

				ts[from + i - 1] = ts[from + k];
				ts[from + k] = t;
			}
		}
		st = check(ts, N);
		assert_int_equal(st.beyond, 0);
		drain(ts, N, 0, number);
		for (size_t i = 1; i < N; i++) {
			int64_t a = ts[number[i - 1] - 1], b = ts[number[i] - 1];

			assert_true(a < b || (a == b && number[i - 1] < number[i]));
		}
	}
}

static void the_window_ends_where_it_says(void **state)
{
	enum { N = 600 };
	int64_t ts[N];
	struct order_stats st;

	for (size_t i = 0; i < N; i++)
		ts[i] = (int64_t)i * 10 + 100;
	/* Behind 256 that are later: still in order. Behind 257: one is out already. */
	ts[300] = ts[300 - ORDER_WINDOW] - 5;
	st = check(ts, N);
	assert_int_equal(st.late, 1);
	assert_int_equal(st.beyond, 0);
	ts[300] = ts[300 - ORDER_WINDOW - 1] - 5;
	st = check(ts, N);
	assert_int_equal(st.late, 1);
	assert_int_equal(st.beyond, 1);
	assert_int_equal(st.step_at, 301);
}

static void random_times(void **state)
{
	enum { N = 2500 };
	int64_t ts[N];
	uint64_t seed = 3;

	for (int turn = 0; turn < 40; turn++) {
		uint32_t spread = 1u << (turn % 20);

		for (size_t i = 0; i < N; i++)
			ts[i] = (int64_t)i * (turn % 4) + fake_random(&seed) % spread;
		check(ts, N);
	}
}

/* Frames that were stamped before a clock went back wait for long: their bytes are copied. */
static void clock_steps(void **state)
{
	enum { N = 5000 };
	static const struct {
		size_t from, to; /* these frames */
		int64_t add_s;
	} rows[] = {
		{1000, N, -3600}, {1000, N, 3600}, {1000, 1001, 86400}, {0, 1, 86400},
		{0, 200, 3000},   {10, 2500, 50},  {4999, N, -50},
	};

	for (size_t r = 0; r < N_ELEMENTS(rows); r++) {
		int64_t ts[N];

		for (size_t i = 0; i < N; i++) {
			bool in = i >= rows[r].from && i < rows[r].to;

			ts[i] = (int64_t)i * NS_PER_S + (in ? rows[r].add_s * NS_PER_S : 0);
		}
		check(ts, N);
	}
}

static void ends_of_time(void **state)
{
	int64_t ts[400] = {0};
	uint32_t number[400];
	struct order_stats st;

	for (size_t i = 0; i < 400; i++)
		ts[i] = i % 2 ? INT64_MAX : INT64_MIN + 1;
	st = drain(ts, 400, 64, number);
	assert_true(st.step_ns == INT64_MAX);
	assert_int_equal(st.step_at, 3);
	assert_int_equal(st.before_1970, 200);
	assert_int_equal(st.far_future, 200);

	static const int64_t edges[] = {-1, 0, INT64_C(4102444799999999999),
					INT64_C(4102444800000000000)};

	st = check(edges, N_ELEMENTS(edges));
	assert_int_equal(st.before_1970, 1);
	assert_int_equal(st.far_future, 1);
}

/* Frames without a time have that of the one before, the first ones that of the first with one. */
static void without_a_time(void **state)
{
	static const struct {
		int64_t ts[6], want[6];
		uint64_t untimed;
	} rows[] = {
		{{10, 0, 20, 0, 0, 30}, {10, 10, 20, 20, 20, 30}, 3},
		{{0, 0, 20, 0, 25, 30}, {20, 20, 20, 20, 25, 30}, 3},
		{{0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0}, 6},
		{{10, 20, 30, 40, 50, 0}, {10, 20, 30, 40, 50, 50}, 1},
		{{10, 9, 0, 20, 15, 0}, {9, 9, 10, 15, 15, 20}, 2}, /* late ones, and theirs */
	};

	for (size_t r = 0; r < N_ELEMENTS(rows); r++)
		for (size_t k = 0; k < N_ELEMENTS(batches); k++) {
			struct fake *f = fake_new(rows[r].ts, 6, 0, batches[k]);
			struct order *o = order_new(&f->s);
			struct batch b;
			size_t at = 0;

			assert_non_null(o);
			while (order_next(o, &b) == 0 && b.n)
				for (size_t i = 0; i < b.n; i++)
					assert_int_equal(b.f[i].ts_ns, rows[r].want[at++]);
			assert_int_equal(at, 6);
			assert_int_equal(order_stats(o)->untimed, rows[r].untimed);
			assert_int_equal(order_stats(o)->first_ns, rows[r].want[0]);
			assert_int_equal(order_stats(o)->last_ns, rows[r].want[5]);
			order_close(o);
		}
}

/* More frames without a time than the window holds have left when the first one with a time, before
 * 1970, says how early those are that it does hold: behind what left, all the same. */
static void dated_before_what_has_left(void **state)
{
	enum { UNDATED = ORDER_WINDOW + 44, DATED = 299, N = UNDATED + 1 + DATED };
	int64_t ts[N] = {0};

	ts[UNDATED] = -5;
	for (size_t i = UNDATED + 1; i < N; i++)
		ts[i] = (int64_t)i;
	for (size_t k = 0; k < N_ELEMENTS(batches); k++) {
		struct fake *f = fake_new(ts, N, 0, batches[k]);
		struct order *o = order_new(&f->s);
		struct batch b;

		assert_non_null(o);
		do
			assert_int_equal(order_next(o, &b), 0);
		while (b.n);
		assert_int_equal(order_stats(o)->beyond, ORDER_WINDOW + 1);
		order_close(o);
	}
}

static void errors_go_up(void **state)
{
	static const size_t at[] = {1, 64, 256, 400};
	int64_t ts[500];

	for (size_t i = 0; i < 500; i++)
		ts[i] = (int64_t)i;
	for (size_t k = 0; k < N_ELEMENTS(at); k++) {
		unsigned closed = 0;
		struct fake *f = fake_new(ts, 500, 0, 8);
		struct order *o;
		struct batch b;
		int r;

		f->closed = &closed;
		f->fail_at = at[k];
		f->error = -EIO;
		o = order_new(&f->s);
		assert_non_null(o);
		do
			r = order_next(o, &b);
		while (r == 0 && b.n);
		assert_int_equal(r, -EIO);
		order_close(o);
		assert_int_equal(closed, 1);
	}
	assert_null(order_close(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_number_of_frames),
		cmocka_unit_test(put_in_order_within_the_window),
		cmocka_unit_test(the_window_ends_where_it_says),
		cmocka_unit_test(random_times),
		cmocka_unit_test(clock_steps),
		cmocka_unit_test(ends_of_time),
		cmocka_unit_test(without_a_time),
		cmocka_unit_test(dated_before_what_has_left),
		cmocka_unit_test(errors_go_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
