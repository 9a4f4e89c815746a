// SPDX-License-Identifier: BSD-2-Clause
/* The table of sightings: what is one fact, what a repetition adds, that no order shows, and that
 * nobody can crowd out others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "build.h"
#include "learn/sightings.h"

struct told {
	enum sighting_kind kind;
	const char *about, *by, *name, *text;
	uint16_t port, code;
};

static struct sighting sighting_of(const struct told *x)
{
	struct sighting s = {.kind = x->kind, .port = x->port, .code = x->code};

	if (x->about)
		s.about = A(x->about);
	if (x->by)
		s.by = A(x->by);
	if (x->name)
		snprintf(s.name, sizeof s.name, "%s", x->name);
	if (x->text)
		snprintf(s.text, sizeof s.text, "%s", x->text);
	return s;
}

static bool add(struct sightings *t, const struct told *x, struct evidence at)
{
	struct sighting s = sighting_of(x);

	return sightings_add(t, &s, &at);
}

static struct sightings *fresh(uint64_t secret, size_t max)
{
	const struct hash_key key = {secret, ~secret};
	struct sightings *t = sightings_new(&key, max);

	assert_non_null(t);
	return t;
}

static size_t rows_of(struct sightings *t, const struct sighting **ret)
{
	size_t n;

	assert_int_equal(sightings_sorted(t, ret, &n), 0);
	return n;
}

/* Rows that differ in one thing each from their neighbour, in the order of the table. */
static const struct told facts[] = {
	{SIGHT_DNS_ADDRESS, "10.0.0.5", "10.0.0.2", "crm01.corp.example"},
	{SIGHT_DNS_ADDRESS, "10.0.0.5", "10.0.0.3", "crm01.corp.example"},
	{SIGHT_DNS_ADDRESS, "10.0.0.5", "10.0.0.2", "crm02.corp.example"},
	{SIGHT_DNS_ADDRESS, "10.0.0.6", "10.0.0.2", "crm01.corp.example"},
	{SIGHT_DNS_ADDRESS, "fd00::6", "10.0.0.2", "crm01.corp.example"},
	{SIGHT_DNS_POINTER, "10.0.0.5", "10.0.0.2", "crm01.corp.example"},
	{SIGHT_NBNS_NAME, "10.0.0.5", NULL, "crm01", NULL, 0, 0x00},
	{SIGHT_NBNS_NAME, "10.0.0.5", NULL, "crm01", NULL, 0, 0x20},
	{SIGHT_NBNS_NAME, "10.0.0.5", NULL, "crm01", "group", 0, 0x00},
	{SIGHT_DNS_ALIAS, NULL, "10.0.0.2", "a", "bc"},
	{SIGHT_DNS_ALIAS, NULL, "10.0.0.2", "ab", "c"},
	{SIGHT_DNS_SERVICE, NULL, "10.0.0.2", "dc01", "_ldap._tcp", 389},
	{SIGHT_DNS_SERVICE, NULL, "10.0.0.2", "dc01", "_ldap._tcp", 636},
};

static void same(const struct sighting *x, const struct sighting *y)
{
	assert_memory_equal(&x->about, &y->about, sizeof x->about);
	assert_memory_equal(&x->by, &y->by, sizeof x->by);
	assert_string_equal(x->name, y->name);
	assert_string_equal(x->text, y->text);
	assert_int_equal(x->kind, y->kind);
	assert_int_equal(x->port, y->port);
	assert_int_equal(x->code, y->code);
}

static void orders(void **state)
{
	const size_t n = N_ELEMENTS(facts);

	for (size_t turn = 0; turn < n; turn++) {
		struct sightings *t = fresh(turn, SIZE_MAX);
		const struct sighting *rows;

		for (size_t i = 0; i < n; i++) {
			size_t k = turn & 1 ? n - 1 - i : (i + turn) % n;

			assert_true(add(t, &facts[k], (struct evidence){(int64_t)k, 0, 1}));
		}
		assert_int_equal(rows_of(t, &rows), n);
		for (size_t i = 0; i < n; i++) {
			struct sighting want = sighting_of(&facts[i]);

			same(&rows[i], &want);
			assert_int_equal(rows[i].first.ts_ns, i);
			assert_int_equal(rows[i].n, 1);
		}
		t = sightings_free(t);
	}
}

static void repeated(void **state)
{
	static const struct evidence at[] = {{30, 0, 3}, {10, 1, 1}, {10, 0, 9}, {50, 0, 4}};
	size_t order[] = {0, 1, 2, 3};

	for (size_t turn = 0; turn < 24; turn++) {
		struct sightings *t = fresh(turn, SIZE_MAX);
		const struct sighting *rows;

		for (size_t i = 0; i < N_ELEMENTS(at); i++)
			assert_true(add(t, &facts[0], at[order[i]]));
		assert_int_equal(rows_of(t, &rows), 1);
		assert_int_equal(rows[0].n, 4);
		assert_int_equal(rows[0].first.ts_ns, 10);
		assert_int_equal(rows[0].first.input, 0);
		assert_int_equal(rows[0].first.number, 9);
		assert_int_equal(rows[0].last_ns, 50);
		/* Sorted again when more comes. */
		assert_true(add(t, &facts[0], (struct evidence){60, 0, 1}));
		assert_int_equal(rows_of(t, &rows), 1);
		assert_int_equal(rows[0].last_ns, 60);
		t = sightings_free(t);

		size_t swap = turn % 3, x = order[swap];

		order[swap] = order[swap + 1];
		order[swap + 1] = x;
	}
}

/* Bytes behind the end of a text are nobody's. */
static void texts(void **state)
{
	struct sightings *t = fresh(1, SIZE_MAX);
	const struct sighting *rows;
	struct sighting s = {.kind = SIGHT_DNS_ALIAS, .name = "a", .text = "b"};
	const struct evidence at = {1, 0, 1};

	assert_true(sightings_add(t, &s, &at));
	memset(s.name + 2, 'x', sizeof s.name - 2);
	memset(s.text + 2, 'y', sizeof s.text - 2);
	assert_true(sightings_add(t, &s, &at));
	assert_int_equal(rows_of(t, &rows), 1);
	assert_int_equal(rows[0].n, 2);
	/* The longest, and one that its maker forgot to end. */
	memset(s.name, 'x', sizeof s.name);
	memset(s.text, 'y', sizeof s.text);
	assert_true(sightings_add(t, &s, &at));
	assert_int_equal(rows_of(t, &rows), 2);
	assert_int_equal(strlen(rows[1].name), SIGHTING_NAME - 1);
	assert_int_equal(strlen(rows[1].text), SIGHTING_NAME - 1);
	sightings_free(t);

	char name[SIGHTING_NAME];
	size_t n = sighting_text(name, 0, rd_over((const uint8_t *)"DC 01\x80.Corp.", 12));

	assert_int_equal(n, 12);
	assert_string_equal(name, "DC?01?.Corp.");
	sighting_lower(name);
	assert_string_equal(name, "dc?01?.corp");
	for (n = 0; n < SIGHTING_NAME - 1;)
		n = sighting_text(name, n, rd_over((const uint8_t *)"ABCDEFG", 7));
	assert_int_equal(n, SIGHTING_NAME - 1);
	assert_int_equal(strlen(name), SIGHTING_NAME - 1);
	sighting_lower(name);
	assert_int_equal(strlen(name), SIGHTING_NAME - 1);
}

static bool add_numbered(struct sightings *t, enum sighting_kind kind, const char *about,
			 const char *by, unsigned i)
{
	char name[16];

	snprintf(name, sizeof name, "h%u", i);
	return add(t, &(struct told){kind, about, by, name}, (struct evidence){i, 0, 1});
}

static void caps(void **state)
{
	struct sightings *t = fresh(1, SIZE_MAX);
	const unsigned many = SIGHTINGS_OF_HOST_MAX;
	const struct sighting *rows;

	for (unsigned i = 0; i < many + 2; i++)
		assert_int_equal(add_numbered(t, SIGHT_DNS_ADDRESS, "10.0.0.5", "10.0.0.2", i),
				 i < many);
	/* What is known is still counted; other kinds and other hosts have room of their own. */
	assert_true(add_numbered(t, SIGHT_DNS_ADDRESS, "10.0.0.5", "10.0.0.2", 0));
	assert_true(add_numbered(t, SIGHT_DNS_POINTER, "10.0.0.5", "10.0.0.2", 0));
	assert_true(add_numbered(t, SIGHT_DNS_ADDRESS, "10.0.0.5", "10.0.0.3", 0));
	assert_int_equal(rows_of(t, &rows), many + 2);

	/* A refusal is caused by who asks, a name without a teller by whom it is about. */
	for (unsigned i = 0; i < many + 2; i++)
		assert_int_equal(add_numbered(t, SIGHT_DNS_ERROR, "10.0.0.5", "10.0.0.2", i),
				 i < many);
	assert_true(add_numbered(t, SIGHT_DNS_ERROR, "10.0.0.6", "10.0.0.2", 0));
	for (unsigned i = 0; i < many + 2; i++)
		assert_int_equal(add_numbered(t, SIGHT_NBNS_NAME, "10.0.0.5", NULL, i), i < many);
	assert_true(add_numbered(t, SIGHT_NBNS_NAME, "10.0.0.6", NULL, 0));
	sightings_free(t);
}

static void memory(void **state)
{
	const size_t max = 64 << 10;
	struct sightings *t = fresh(1, max);
	const struct sighting *rows;
	size_t empty = sightings_memory(t), taken = 0;

	for (unsigned i = 0; i < 4096; i++) {
		char by[32];

		snprintf(by, sizeof by, "10.1.%u.%u", i >> 8, i & 255);
		taken += add_numbered(t, SIGHT_DNS_ADDRESS, "10.0.0.5", by, i);
		assert_in_range(sightings_memory(t), empty, empty + max);
	}
	assert_in_range(taken, 50, 4095);
	assert_int_equal(rows_of(t, &rows), taken);
	sightings_free(t);
}

static void whole_table(void **state)
{
	struct sightings *t = fresh(1, SIZE_MAX);
	const struct sighting *rows;
	size_t taken = 0;

	for (unsigned i = 0; i < SIGHTINGS_MAX + 2; i++) {
		char by[32];

		snprintf(by, sizeof by, "10.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
		taken += add_numbered(t, SIGHT_DNS_ADDRESS, "10.0.0.5", by, i);
	}
	assert_int_equal(taken, SIGHTINGS_MAX);
	assert_int_equal(rows_of(t, &rows), SIGHTINGS_MAX);
	sightings_free(t);
}

static void words(void **state)
{
	for (enum sighting_kind k = 0; k < SIGHT_KIND_N; k++)
		assert_true(strlen(sighting_kind_name(k)) > 3);
	assert_string_equal(sighting_kind_name(SIGHT_KIND_N), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders), cmocka_unit_test(repeated), cmocka_unit_test(texts),
		cmocka_unit_test(caps),   cmocka_unit_test(memory),   cmocka_unit_test(whole_table),
		cmocka_unit_test(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
