// SPDX-License-Identifier: BSD-2-Clause
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
#include "rng.h"
#include "roles/inventory.h"
#include "roles/walk.h"

static struct host *put(struct inventory *v, const char *name, roleset declared, const char *a1,
			const char *a2)
{
	struct addr *addr = arena_alloc(inventory_arena(v), 2 * sizeof *addr);
	struct host h = {.name = name, .declared = declared, .addr = addr};
	const struct host *other;

	assert_non_null(addr);
	if (a1)
		addr[h.n_addr++] = A(a1);
	if (a2)
		addr[h.n_addr++] = A(a2);
	return inventory_add(v, &h, &other);
}

static struct host *put_net(struct inventory *v, const char *name, roleset declared,
			    const char *cidr, const struct host **ret_other)
{
	struct prefix *p = arena_alloc(inventory_arena(v), sizeof *p);
	struct host h = {.name = name, .declared = declared, .is_network = true, .net = p};

	assert_non_null(p);
	assert_true(prefix_parse(cidr, p));
	return inventory_add(v, &h, ret_other);
}

static const char *whose(const struct inventory *v, const char *addr)
{
	struct addr a = A(addr);
	const struct host *h = inventory_find(v, &a);

	return h ? h->name : "nobody";
}

static void longest_prefix(void **state)
{
	static const struct {
		const char *name, *cidr;
	} nets[] = {
		{"ten", "10.0.0.0/8"},      {"users", "10.30.0.0/16"},   {"lab", "10.30.7.0/24"},
		{"one", "10.30.7.9/32"},    {"half", "10.30.7.128/25"},  {"doc", "2001:db8::/32"},
		{"six", "2001:db8:1::/48"}, {"other", "192.168.0.0/16"}, {"all6", "::/0"},
		{"beside", "10.31.0.0/16"},
	};
	static const struct {
		const char *addr, *name;
	} rows[] = {
		{"10.1.2.3", "ten"},       {"10.30.1.1", "users"},      {"10.30.7.1", "lab"},
		{"10.30.7.9", "one"},      {"10.30.7.200", "half"},     {"10.31.7.9", "beside"},
		{"10.255.255.255", "ten"}, {"9.255.255.255", "nobody"}, {"11.0.0.0", "nobody"},
		{"192.168.4.5", "other"},  {"2001:db8:2::1", "doc"},    {"2001:db8:1::1", "six"},
		{"2001:db9::1", "all6"},   {"10.30.7.10", "host"},      {"2001:db8:1::5", "host"},
	};
	struct inventory *v = inventory_new();
	const struct host *other;

	assert_non_null(v);
	for (size_t i = 0; i < N_ELEMENTS(nets); i++)
		assert_non_null(put_net(v, nets[i].name, 0, nets[i].cidr, &other));
	assert_non_null(put(v, "host", 0, "10.30.7.10", "2001:db8:1::5"));
	inventory_close(v);
	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		assert_string_equal(whose(v, rows[i].addr), rows[i].name);

	struct addr a = A("10.30.7.10");

	assert_string_equal(inventory_network_of(v, &a)->name, "lab");
	assert_null(put_net(v, "again", 0, "10.30.0.0/16", &other));
	assert_string_equal(other->name, "users");

	/* One more, and closed again. */
	assert_non_null(put_net(v, "late", 0, "10.30.8.0/24", &other));
	inventory_close(v);
	assert_string_equal(whose(v, "10.30.8.1"), "late");
	assert_string_equal(whose(v, "10.30.9.1"), "users");
	inventory_free(v);
}

/* Every length, against a look-up that walks. */
static void against_walking(void **state)
{
	struct inventory *v = inventory_new();
	const struct host *other;
	uint32_t seed = 12345;
	char cidr[32];

	for (unsigned i = 0; i < 300; i++) {
		uint32_t bits = 1 + (seed >> 9) % 32, net;

		seed = seed * 1664525 + 1013904223;
		net = (seed & 0x0fff00ff) & (0xffffffffU << (32 - bits));
		snprintf(cidr, sizeof cidr, "%u.%u.%u.%u/%u", net >> 24, net >> 16 & 255,
			 net >> 8 & 255, net & 255, bits);
		put_net(v, "n", 0, cidr, &other);
	}
	inventory_close(v);
	assert_true(inventory_count(v) > 200);
	for (unsigned i = 0; i < 5000; i++) {
		const struct host *best = NULL;
		struct addr a;

		seed = seed * 1664525 + 1013904223;
		a = addr_v4(seed & 0x0fff00ff);
		for (size_t k = 0; k < inventory_count(v); k++) {
			const struct host *h = inventory_at(v, k);

			if (prefix_has(h->net, &a) && (!best || h->net->bits > best->net->bits))
				best = h;
		}
		assert_ptr_equal(inventory_find(v, &a), best);
	}
	inventory_free(v);
}

static int addr_sort(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct addr));
}

/* The address with `by` added to its bytes as one number. */
static struct addr stepped(struct addr a, int by)
{
	for (size_t i = sizeof a.b; by && i-- > 0;) {
		int sum = a.b[i] + by;

		a.b[i] = (uint8_t)sum;
		by = sum < 0 ? -1 : sum >> 8;
	}
	return a;
}

/* A walk over addresses finds what a search for each does: at the ends of every network, one
 * before and one behind, and anywhere. */
static void walking(void **state)
{
	static const char *const cidrs[] = {
		"::/0",           "0.0.0.0/0",        "::/64",
		"::ffc0:0:0/90",  "10.0.0.0/8",       "10.1.0.0/16",
		"10.1.0.0/24",    "10.1.0.7/32",      "10.1.255.0/24",
		"10.255.0.0/16",  "255.255.255.0/24", "2001:db8::/32",
		"2001:db8::/48",  "fe80::/10",        "ff00::/8",
		"192.168.0.0/17",
	};
	struct addr v[4096];
	const struct host *other;

	for (unsigned without = 0; without <= N_ELEMENTS(cidrs); without++) {
		struct inventory *inv = inventory_new();
		uint64_t r = without;
		struct walk w;
		size_t n = 0;

		for (size_t i = 0; i < N_ELEMENTS(cidrs); i++) {
			struct prefix p;
			struct addr last;

			assert_true(prefix_parse(cidrs[i], &p));
			last = p.addr;
			for (unsigned b = p.bits; b < 128; b++)
				last.b[b / 8] |= (uint8_t)(0x80U >> b % 8);
			for (int by = -1; by <= 1; by++) {
				v[n++] = stepped(p.addr, by);
				v[n++] = stepped(last, by);
			}
			for (unsigned k = 0; k < 40; k++)
				v[n++] = stepped(p.addr, (int)(rng(&r) % 100000));
			if (i != without)
				assert_non_null(put_net(inv, cidrs[i], 0, cidrs[i], &other));
		}
		put(inv, "at the edge", 0, "10.1.0.255", "255.255.255.255");
		put(inv, "both", 0, "10.1.0.7", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
		inventory_close(inv);
		for (unsigned k = 0; k < 40; k++)
			for (size_t b = 0; b < sizeof v->b; b++)
				v[n + k].b[b] = (uint8_t)rng(&r);
		n += 40;
		qsort(v, n, sizeof *v, addr_sort);
		assert_true(walk_make(&w, inv));
		for (size_t i = 0; i < n; i++)
			assert_ptr_equal(walk_find(&w, &v[i]), inventory_find(inv, &v[i]));
		walk_done(&w);
		inventory_free(inv);
	}
}

static void addresses(void **state)
{
	struct inventory *v = inventory_new();
	struct host *web = put(v, "web", ROLE_BIT(ROLE_CRM_WEB), "10.0.0.1", "2001:db8::1");
	struct host *sql = put(v, "sql", ROLE_BIT(ROLE_SQL), "10.0.0.2", NULL);
	struct addr a = A("10.0.0.9"), taken = A("10.0.0.1");
	const struct host *other;

	/* IPv4 and IPv6 are one host. */
	inventory_close(v);
	assert_string_equal(whose(v, "10.0.0.1"), "web");
	assert_string_equal(whose(v, "2001:db8::1"), "web");
	assert_string_equal(whose(v, "10.0.0.3"), "nobody");
	assert_int_equal(inventory_count(v), 2);
	assert_ptr_equal(inventory_at(v, 1), sql);
	assert_int_equal(sql->index, 1);
	assert_null(inventory_at(v, 2));

	struct host copy = *web;

	copy.name = "copy";
	assert_null(inventory_add(v, &copy, &other));
	assert_ptr_equal(other, web);
	assert_int_equal(inventory_count(v), 2);
	assert_null(inventory_named(v, "copy"));

	assert_int_equal(inventory_add_addr(v, sql, &a, &other), 0);
	assert_int_equal(sql->n_addr, 2);
	assert_string_equal(whose(v, "10.0.0.9"), "sql");
	assert_string_equal(whose(v, "10.0.0.2"), "sql");
	assert_int_equal(inventory_add_addr(v, sql, &taken, &other), 1);
	assert_ptr_equal(other, web);
	assert_int_equal(sql->n_addr, 2);

	assert_ptr_equal(inventory_named(v, "sql"), sql);
	assert_null(inventory_named(v, "SQL"));
	assert_ptr_equal(inventory_host(v, &a), sql);
	inventory_free(v);
	inventory_free(NULL);
}

static void closing(void **state)
{
	struct inventory *v = inventory_new();
	struct host *web = put(v, "web", ROLE_BIT(ROLE_CRM_WEB), "10.0.0.1", NULL);
	struct host *dc = put(v, "dc", ROLE_BIT(ROLE_DC), "10.0.0.2", NULL);

	inventory_close(v);
	assert_int_equal(web->roles, ROLE_BIT(ROLE_CRM_WEB) | ROLE_BIT(ROLE_CRM_ORGWS));
	assert_int_equal(dc->roles, ROLE_BIT(ROLE_DC) | ROLE_BIT(ROLE_NTP) | ROLE_BIT(ROLE_DNS));
	assert_int_equal(inventory_roles(v), web->roles | dc->roles);

	/* Another host lists them: they are no longer implied. */
	put(v, "org", ROLE_BIT(ROLE_CRM_ORGWS), "10.0.0.3", NULL);
	put(v, "dns", ROLE_BIT(ROLE_DNS), "10.0.0.4", NULL);
	inventory_close(v);
	assert_int_equal(web->roles, ROLE_BIT(ROLE_CRM_WEB));
	assert_int_equal(dc->roles, ROLE_BIT(ROLE_DC) | ROLE_BIT(ROLE_NTP));
	assert_int_equal(dc->declared, ROLE_BIT(ROLE_DC));
	inventory_free(v);
}

static void port_keys(void **state)
{
	struct port_list l = {.r = {{80, 80}, {5000, 5010}}, .n = 2};

	for (unsigned k = 0; k < PORT_KEY_N; k++)
		assert_int_equal(port_key_by_name(port_key_name((enum port_key)k)), k);
	assert_int_equal(port_key_by_name("http"), PORT_KEY_N);
	assert_true(port_list_has(&l, 80) && port_list_has(&l, 5000) && port_list_has(&l, 5010));
	assert_false(port_list_has(&l, 81) || port_list_has(&l, 4999) || port_list_has(&l, 5011));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(longest_prefix), cmocka_unit_test(against_walking),
		cmocka_unit_test(walking),        cmocka_unit_test(addresses),
		cmocka_unit_test(closing),        cmocka_unit_test(port_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
