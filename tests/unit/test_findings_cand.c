// SPDX-License-Identifier: BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "findings/cand.h"
#include "rng.h"

/* A digest that is remembered is that of the fact: whatever of it differs from one before, and
 * whether its words are the same or only read so. */
static void digests(void **state)
{
	static const char *const words[] = {NULL, "", "sql01", "dc01", "10.30.0.0/16", "dynamic"};
	static char copies[N_ELEMENTS(words)][16];
	struct cands *v = calloc(1, sizeof *v);
	uint64_t seed = 11;
	unsigned again = 0;

	assert_non_null(v);
	for (size_t i = 1; i < N_ELEMENTS(words); i++)
		strcpy(copies[i], words[i]);
	for (unsigned i = 0; i < 50000; i++) {
		const char *word[4];
		uint8_t want[FACT_DIGEST], have[FACT_DIGEST];
		struct fact f;

		for (size_t k = 0; k < 4; k++) {
			size_t at = rng(&seed) % N_ELEMENTS(words);

			word[k] = words[at] && rng(&seed) % 4 == 0 ? copies[at] : words[at];
		}
		f = (struct fact){
			.kind = rng(&seed) % 2 ? KIND_BLOCKED : KIND_UNEXPECTED_PORT,
			.rule = word[0],
			.client = word[1],
			.server = word[2],
			.service = rng(&seed) % 2 ? word[3] : NULL,
			.proto = rng(&seed) % 2 ? IPPROTO_NR_TCP : IPPROTO_NR_UDP,
			.port = (uint16_t)(440 + rng(&seed) % 4),
		};
		fact_digest(&f, want);
		for (size_t k = 0; k < N_ELEMENTS(v->recent); k++)
			again += v->recent[k].used &&
				 !memcmp(v->recent[k].digest, want, sizeof want);
		cand_digest(v, &f, have);
		assert_memory_equal(have, want, sizeof want);
	}
	/* Some were there already. */
	assert_true(again > 1000);
	free(v);
}

static void runs(void **state)
{
	struct cand v[] = {
		{{1}, 3, 0, 0},    {{1}, 1, 0, 0},
		{{0, 9}, 7, 0, 0}, {{1, [FACT_DIGEST - 1] = 1}, 0, 0, 0},
		{{1}, 2, 0, 0},
	};
	static const uint32_t order[] = {7, 1, 2, 3, 0};

	qsort(v, N_ELEMENTS(v), sizeof *v, cand_order);
	for (size_t i = 0; i < N_ELEMENTS(v); i++)
		assert_int_equal(v[i].item, order[i]);
	assert_int_equal(cands_same(v, 5), 1);
	assert_int_equal(cands_same(v + 1, 4), 3);
	assert_int_equal(cands_same(v + 1, 2), 2);
	/* The last byte tells two facts apart, too. */
	assert_int_equal(cands_same(v + 3, 2), 1);
}

/* In order by all of the digest, then as they came; few and many, also where half of a digest does
 * not tell them apart. */
static void order(void **state)
{
	static const size_t many[] = {0, 1, 2, 900, 20000};
	uint64_t seed = 5;

	for (size_t r = 0; r < 2 * N_ELEMENTS(many); r++) {
		size_t n = many[r / 2];
		struct cands *v = calloc(1, sizeof *v);

		assert_non_null(v);
		for (size_t i = 0; i < n; i++) {
			struct cand c = {.item = (uint32_t)i};

			c.digest[rng(&seed) % 16] = (uint8_t)(rng(&seed) % 5);
			c.digest[31] = r % 2 ? (uint8_t)(rng(&seed) % 3) : 0;
			assert_true(vec_push(v, c));
		}
		cands_sort(v);
		assert_int_equal(v->n, n);
		for (size_t i = 1; i < n; i++)
			assert_true(cand_order(&v->v[i - 1], &v->v[i]) < 0);
		vec_done(v);
		free(v);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digests),
		cmocka_unit_test(runs),
		cmocka_unit_test(order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
