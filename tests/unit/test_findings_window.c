// SPDX-License-Identifier: BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "findings/window.h"

enum { MINUTE = 60 };

static void pauses_are_cut_out(void **state)
{
	static const struct {
		int64_t minute[8]; /* of packets, -1 ends */
		size_t spans;
		int64_t observed; /* minutes */
	} rows[] = {
		{{-1}, 0, 0},
		{{5, -1}, 1, 0},
		{{0, 60, 120, -1}, 1, 120}, /* an hour exactly is no pause */
		{{0, 61, -1}, 2, 0},
		{{0, 30, 300, 330, -1}, 2, 60},
		{{300, 330, 0, 30, -1}, 2, 60}, /* in whatever order */
		{{0, 100, 50, -1}, 1, 100},     /* a late packet joins what a pause had parted */
		{{0, 200, 100, 50, 150, -1}, 1, 200},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct window w = {0};

		for (size_t k = 0; k < 8 && rows[i].minute[k] >= 0; k++)
			assert_int_equal(window_add(&w, rows[i].minute[k] * MINUTE * NS_PER_S), 0);
		assert_int_equal(w.spans.n, rows[i].spans);
		assert_true(window_observed(&w) == rows[i].observed * MINUTE * NS_PER_S);
		window_done(&w);
	}
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Any order gives the spans that the sorted times give. */
static void order_does_not_show(void **state)
{
	enum { N = 200 };
	int64_t ts[N];

	srand(7);
	for (int turn = 0; turn < 200; turn++) {
		struct window w = {0};
		size_t n = 0;

		for (int i = 0; i < N; i++) {
			ts[i] = (int64_t)(rand() % 2000000) * NS_PER_S / 3;
			assert_int_equal(window_add(&w, ts[i]), 0);
		}
		qsort(ts, N, sizeof ts[0], by_value);
		for (int i = 0; i < N; i++) {
			if (i == 0 || ts[i] - ts[i - 1] > WINDOW_PAUSE)
				assert_true(w.spans.v[n++].from_ns == ts[i]);
			if (i == N - 1 || ts[i + 1] - ts[i] > WINDOW_PAUSE)
				assert_true(w.spans.v[n - 1].to_ns == ts[i]);
		}
		assert_int_equal(n, w.spans.n);
		window_done(&w);
	}
}

static void absurd_times_are_bounded(void **state)
{
	struct window w = {0};

	assert_int_equal(window_add(&w, INT64_MIN + 1), 0);
	assert_int_equal(window_add(&w, INT64_MAX), 0);
	assert_int_equal(w.spans.n, 2);
	for (int64_t i = 0; i < 3 * WINDOW_SPANS; i++)
		assert_int_equal(window_add(&w, i * 2 * WINDOW_PAUSE), 0);
	assert_int_equal(w.spans.n, WINDOW_SPANS);
	assert_true(window_observed(&w) == 0);
	window_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pauses_are_cut_out),
		cmocka_unit_test(order_does_not_show),
		cmocka_unit_test(absurd_times_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
