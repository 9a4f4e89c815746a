// SPDX-License-Identifier: BSD-2-Clause
/* Pieces of memory by number, and the index of records. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/huge.h"
#include "flow/index.h"
#include "flow/pool.h"

/* xorshift: the same numbers in every run */
static uint64_t next(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

static uint32_t get(struct pool *p)
{
	if (!pool_ready(p))
		assert_true(pool_grow(p));
	return pool_get(p);
}

/* Nobody has what another one has, what comes is zero as far as it should be, and what went back is
 * used again before anything new is. */
static void pieces(size_t size, size_t clear, unsigned shift, size_t most)
{
	struct pool p;
	uint32_t *have = calloc(most, sizeof *have);
	uint64_t x = 0x9e3779b97f4a7c15u;
	size_t n = 0, peak = 0;

	assert_non_null(have);
	pool_init(&p, size, clear, shift);
	for (size_t turn = 0; turn < 8 * most; turn++) {
		bool grows = turn / most % 2 == 0;

		if (n == 0 || (n < most && next(&x) % 4 < (grows ? 3 : 1))) {
			uint32_t i = get(&p);
			uint8_t *at = pool_at(&p, i);

			assert_int_not_equal(i, 0);
			for (size_t k = 0; k < clear; k++)
				assert_int_equal(at[k], 0);
			memset(at, 0xff, size);
			memcpy(at + size - sizeof i, &i, sizeof i);
			have[n++] = i;
		} else {
			size_t k = next(&x) % n;
			uint32_t i;

			memcpy(&i, (uint8_t *)pool_at(&p, have[k]) + size - sizeof i, sizeof i);
			assert_int_equal(i, have[k]);
			pool_put(&p, have[k]);
			have[k] = have[--n];
		}
		peak = n > peak ? n : peak;
		assert_int_equal(p.used, n);
		assert_int_equal(pool_left(&p), (p.n_slab << shift) - 1 - n);
	}
	assert_true(p.fresh <= peak + 1);
	pool_done(&p);
	free(have);
}

static void test_pieces(void **state)
{
	pieces(64, 64, 12, 100);
	pieces(64, 64, 4, 40000); /* beyond what has slabs of its own */
	pieces(1216, 32, 4, 5000);
}

/* While it winds up: what is left stays what it was, pieces can still be had, and the memory of
 * those that went back is no longer there. */
static void test_wind_up(void **state)
{
	enum { MOST = 200000 };
	struct pool p;
	uint32_t *have = calloc(MOST, sizeof *have);
	size_t left = 0;

	assert_non_null(have);
	pool_init(&p, 64, 64, 12);
	for (uint32_t i = 0; i < MOST; i++) {
		have[i] = get(&p);
		memcpy(pool_at(&p, have[i]), &i, sizeof i);
	}
	for (uint32_t i = 0; i < MOST; i += 7) {
		pool_put(&p, have[i]);
		have[i] = 0;
	}
	assert_true(p.n_chunk > 4);
	pool_wind_up(&p);
	for (uint32_t i = 0; i < MOST; i++) {
		uint32_t was, more;

		if (!have[i])
			continue;
		memcpy(&was, pool_at(&p, have[i]), sizeof was);
		assert_int_equal(was, i);
		pool_put(&p, have[i]);
		if (i % 4096)
			continue;
		more = get(&p);
		memcpy(&was, pool_at(&p, more), sizeof was);
		assert_int_equal(was, 0);
		pool_put(&p, more);
	}
	assert_int_equal(p.used, p.gone);
	for (size_t i = 0; i < p.n_chunk; i++)
		left += p.chunk[i] != NULL;
	assert_true(left <= 2); /* the last one, which is not full, and what came behind it */
	pool_drop(&p);
	assert_int_equal(p.n_slab, 0);
	assert_int_equal(get(&p), 1);
	pool_done(&p);
	free(have);
}

struct ref {
	uint64_t hash;
	uint32_t rec;
};

static uint32_t look_up(struct index *x, const struct ref *r)
{
	uint32_t at = 0, i;

	while ((i = index_next(x, r->hash, &at)) && i != r->rec)
		;
	return i;
}

static void test_index(void **state)
{
	enum { MOST = 700000 }; /* blocks of huge pages among them */
	struct index *x = calloc(1, sizeof *x);
	struct ref *r = calloc(MOST, sizeof *r);
	uint64_t rnd = 0x9e3779b97f4a7c15u;

	assert_true(x && r);
	index_init(x);
	for (uint32_t i = 0; i < MOST; i++) {
		/* Some have a tag that another one has, too. */
		r[i] = (struct ref){next(&rnd) & (i % 64 ? UINT64_MAX : ~(UINT64_C(0xffff) << 24)),
				    i + 1};
		assert_true(index_put(x, r[i].hash, r[i].rec));
		if (i % 3 == 0) {
			index_remove(x, r[i / 2].hash, r[i / 2].rec);
			assert_int_equal(look_up(x, &r[i / 2]), 0);
			assert_true(index_put(x, r[i / 2].hash, r[i / 2].rec));
		}
	}
	for (uint32_t i = 0; i < MOST; i += 2)
		index_remove(x, r[i].hash, r[i].rec);
	for (uint32_t i = 0; i < MOST; i++)
		assert_int_equal(look_up(x, &r[i]), i % 2 ? r[i].rec : 0);
	index_done(x, NULL);
	free(r);
	free(x);
}

static void test_huge(void **state)
{
	uint8_t *p = huge_get(3 * HUGE_PAGE);

	assert_non_null(p);
	assert_int_equal((uintptr_t)p % HUGE_PAGE, 0);
	assert_int_equal(p[0] | p[3 * HUGE_PAGE - 1], 0);
	p[3 * HUGE_PAGE - 1] = 1;
	huge_put(p, 3 * HUGE_PAGE);
	huge_put(NULL, HUGE_PAGE);
}

/* Of a segment, the k-th of hashes that lie evenly in it. */
static uint64_t even(uint64_t segment, uint64_t k)
{
	return segment << 56 | k * 0x9e3779b97f4a7c15u >> 8;
}

/* An index of which some segments have grown further leaves its memory all the same. */
static void test_index_left(void **state)
{
	enum { SLOTS = 2048 }; /* of 256 segments in two huge pages, more than half full */
	struct index x = {0};
	struct bank bank = {0};
	void *block[2];

	(void)state;
	index_init(&x);
	for (uint32_t i = 0; i < INDEX_SEGMENTS * (SLOTS / 2 + SLOTS / 4); i++)
		assert_true(index_put(&x, even(i % INDEX_SEGMENTS, i / INDEX_SEGMENTS), i + 1));
	assert_int_equal(1 << x.shift[7], SLOTS);
	assert_true(index_put(&x, even(7, SLOTS), 1));
	assert_true(1 << x.shift[7] > SLOTS);
	index_done(&x, &bank);
	for (unsigned i = 0; i < 2; i++) {
		assert_non_null(bank.first);
		block[i] = bank_get(&bank);
	}
	assert_null(bank.first);
	for (unsigned i = 0; i < 2; i++)
		bank_put(NULL, block[i]);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces), cmocka_unit_test(test_wind_up),
		cmocka_unit_test(test_index),  cmocka_unit_test(test_index_left),
		cmocka_unit_test(test_huge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
