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
		uint8_t want[FACT_DIGEST];
		size_t facts = v->facts.n;
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
		assert_true(cands_add(v, &f, (struct cand){.item = i}));
		again += v->facts.n == facts;
		assert_memory_equal(v->facts.v[v->v[i].fact].digest, want, sizeof want);
	}
	/* Some were there already. */
	assert_true(again > 20);
	cands_done(v);
	free(v);
}

struct shown { /* what a candidate is of */
	uint8_t digest[FACT_DIGEST];
	uint32_t item;
};

static int shown_order(const void *a, const void *b)
{
	const struct shown *x = a, *y = b;
	int d = memcmp(x->digest, y->digest, sizeof x->digest);

	return d ? d : (x->item > y->item) - (x->item < y->item);
}

/* Candidates as cands_add() leaves them, of facts whose digests are made up; many facts have
 * several numbers. */
static void made_up(struct cands *v, struct shown *want, size_t n, bool far, uint64_t *seed)
{
	for (size_t i = 0; i < n; i++) {
		struct cand_fact f = {.number = (uint32_t)v->facts.n};

		if (!v->facts.n || rng(seed) % 4) {
			f.digest[rng(seed) % 16] = (uint8_t)(rng(seed) % 5);
			f.digest[31] = far ? (uint8_t)(rng(seed) % 3) : 0;
			assert_true(vec_push(&v->facts, f));
		}
		f = v->facts.v[rng(seed) % v->facts.n];
		assert_true(vec_push(v, ((struct cand){.fact = f.number, .item = (uint32_t)i})));
		memcpy(want[i].digest, f.digest, sizeof f.digest);
		want[i].item = (uint32_t)i;
	}
}

/* In order by all of the digest, then as they came; few and many, also where half of a digest does
 * not tell them apart. And as many have the same fact as have the same digest. */
static void order(void **state)
{
	static const size_t many[] = {0, 1, 2, 900, 20000};
	uint64_t seed = 5;

	for (size_t r = 0; r < 2 * N_ELEMENTS(many); r++) {
		size_t n = many[r / 2];
		struct cands *v = calloc(1, sizeof *v);
		struct shown *want = calloc(n + 1, sizeof *want);

		assert_true(v && want);
		made_up(v, want, n, r % 2, &seed);
		qsort(want, n, sizeof *want, shown_order);
		assert_true(cands_sort(v));
		assert_int_equal(v->n, n);
		for (size_t i = 0, k; i < n; i += k) {
			k = cands_same(&v->v[i], n - i);
			for (size_t j = i; j < i + k; j++) {
				assert_int_equal(v->v[j].item, want[j].item);
				assert_memory_equal(want[j].digest, want[i].digest, FACT_DIGEST);
			}
			assert_true(i + k == n ||
				    memcmp(want[i].digest, want[i + k].digest, FACT_DIGEST) != 0);
		}
		cands_done(v);
		free(v);
		free(want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digests),
		cmocka_unit_test(order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
