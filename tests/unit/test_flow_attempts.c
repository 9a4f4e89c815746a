// SPDX-License-Identifier: BSD-2-Clause
/* SYNs that nothing followed: as records of their own they come to what they come to as flows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants the four above. */
#include <cmocka.h>

#include "base/cpu.h"
#include "base/time.h"
#include "build.h"
#include "flow/conv.h"
#include "rng.h"
#include "same_conv.h"

enum { FLOWS = 3000 };

/* How a table is told, and asked. */
struct way {
	const char *name;
	bool attempts, vlan_key, apart, moved;
	size_t max; /* conversations */
};

static struct conv_table *table(const struct way *way, uint64_t secret)
{
	struct hash_key key = {secret, ~secret};
	struct conv_table *t = conv_table_new(&(struct conv_options){
		.key = &key, .vlan_key = way->vlan_key, .max_conversations = way->max});

	assert_non_null(t);
	return t;
}

static struct addr address(uint64_t q, unsigned n)
{
	struct addr a = q & 128 ? A("2001:db8::1") : A("10.0.0.0");

	if (q % 61 == 0) /* a group: nobody would answer from it */
		return q & 128 ? A("ff02::1") : A("239.1.1.1");
	a.b[15] = (uint8_t)(q % n);
	return a;
}

/* Few ends, so that most services are met again and some once. */
static struct flow_attempt random_attempt(uint64_t q, uint64_t r)
{
	int64_t ns = (int64_t)(r % 400) * NS_PER_S;

	return (struct flow_attempt){
		.addr = {address(q, 9), address((q & 128) | (q >> 8 & 127), 9)},
		.port = {(uint16_t)(1024 + (r >> 9 & 3)), (uint16_t)(80 + (q >> 16 & 7))},
		.ns = ns,
		.ev = {ns, (uint32_t)(r >> 12 & 1), (uint32_t)(r >> 13 & 1023) + 1},
		.bytes = r % 97 ? 60 + (r >> 23 & 7) : 70000,
		.vlan = (uint16_t)(q >> 19 & 1),
		.mac_vlan = (uint16_t)(q >> 19 & 1),
		.tunnel = (uint8_t)(q >> 20 & 1),
		.tunnel_id = (uint32_t)(q >> 21 & 3) * (uint32_t)(q >> 20 & 1),
		.mac = {2, 0, 0, 0, 0, (uint8_t)(q >> 23 & 3)},
		.ttl = (uint8_t)(60 + (r >> 26 & 3)),
		.unproven = r >> 28 & 1,
	};
}

static struct flow_done flow_of(const struct flow_attempt *a)
{
	struct flow_done d = {
		.addr = {a->addr[0], a->addr[1]},
		.port = {a->port[0], a->port[1]},
		.proto = IPPROTO_NR_TCP,
		.directed = true,
		.reason = DIR_SYN,
		.state = STATE_NO_ANSWER,
		.packets = {1, 0},
		.bytes = {a->bytes, 0},
		.first_ns = a->ns,
		.last_ns = a->ns,
		.ev = {a->ev},
		.n_ev = 1,
		.vlan = a->vlan,
		.tunnel = a->tunnel,
		.tunnel_id = a->tunnel_id,
		.mac_vlan = {a->mac_vlan, 0},
		.tries = !a->unproven,
		.started = true,
		.refusal_ns = TIME_NONE,
		.client_ttl = a->ttl,
	};

	memcpy(d.mac[0], a->mac, sizeof d.mac[0]);
	return d;
}

/* Flows of other kinds to the same services: answered, refused, and some whose direction is open
 * until all others are known. */
static struct flow_done other_flow(const struct flow_attempt *a, uint64_t q)
{
	struct flow_done d = flow_of(a);

	d.state = q % 3 == 0 ? STATE_ESTABLISHED : q % 3 == 1 ? STATE_REFUSED : STATE_MID_STREAM;
	d.packets[1] = 1;
	if (d.state == STATE_REFUSED) {
		d.refuser = REFUSER_SERVER;
		d.refused_by = d.addr[1];
		d.refusal_ns = d.first_ns + 1;
		d.refusal_ttl = (uint8_t)(60 + (q >> 8 & 3));
		memcpy(d.refusal_mac, a->mac, sizeof d.refusal_mac);
	}
	if (d.state == STATE_MID_STREAM) {
		d.directed = d.started = false;
		d.reason = DIR_FIRST;
	}
	return d;
}

static int put_row(void *user, const struct conv *c, bool waiting)
{
	return conv_table_put(user, c, waiting);
}

static int put_host(void *user, const struct conv_host *h)
{
	return conv_table_put_host(user, h);
}

static struct conv_table *filled(const struct way *way, uint64_t seed)
{
	static const struct conv_facts none;
	struct conv_table *t = table(way, seed ^ way->max), *to = t;

	for (int i = 0; i < FLOWS; i++) {
		uint64_t q = rng(&seed), r = rng(&seed);
		struct flow_attempt a = random_attempt(q, r);
		struct flow_done d = r >> 30 & 7 ? flow_of(&a) : other_flow(&a, q);

		assert_int_equal(way->attempts && r >> 30 & 7 ? conv_table_attempt(t, &a)
							      : conv_table_add(t, &d, &none),
				 0);
	}
	if (way->moved) {
		to = table(way, seed);
		assert_int_equal(conv_table_each(t, put_row, to), 0);
		assert_int_equal(conv_table_each_host(t, put_host, to), 0);
		conv_table_free(t);
	}
	return to;
}

static void assert_apart(struct conv_table *t, const struct conv *want, size_t n)
{
	struct conv_list l;
	struct attempt_conv made = {0};
	size_t i = 0, k = 0;

	assert_int_equal(conv_table_finish_apart(t, &l), 0);
	assert_int_equal(l.n + l.n_attempt, n);
	assert_true(l.n_attempt > 20 && l.n > 20); /* both kinds are put to the test */
	for (size_t at = 0; at < n; at++) {
		const struct conv *c;

		if (k < l.n_attempt && l.attempt[k].before <= i)
			c = conv_of_attempt(&l.ends, &l.attempt[k++], &made);
		else
			c = &l.v[i++];
		assert_true(same_conv(c, &want[at]));
	}
}

static void test_same_as_flows(void **state)
{
	static const struct way ways[] = {
		{.name = "as attempts", .attempts = true},
		{.name = "apart", .attempts = true, .apart = true},
		{.name = "rows of a table", .attempts = true, .moved = true},
		/* More attempts than there is room for, of services that there is room for. */
		{.name = "folded on the way", .attempts = true, .max = 2700},
		{.name = "folded, apart", .attempts = true, .apart = true, .max = 2700},
	};

	(void)state;
	for (unsigned vlan = 0; vlan < 2; vlan++)
		for (uint64_t seed = 1; seed < 12; seed++) {
			struct way plain = {.vlan_key = vlan};
			struct conv_table *t = filled(&plain, seed);
			const struct conv *want, *c;
			size_t n_want, n;

			assert_int_equal(conv_table_finish(t, &want, &n_want, NULL), 0);
			assert_true(n_want < 2400);
			for (size_t i = 0; i < N_ELEMENTS(ways); i++) {
				struct way way = ways[i];
				struct conv_table *u;

				way.vlan_key = vlan;
				u = filled(&way, seed);
				assert_int_equal(conv_table_evicted(u), 0);
				if (way.apart) {
					assert_apart(u, want, n_want);
				} else {
					assert_int_equal(conv_table_finish(u, &c, &n, NULL), 0);
					assert_int_equal(n, n_want);
					for (size_t k = 0; k < n; k++)
						assert_true(same_conv(&c[k], &want[k]));
				}
				conv_table_free(u);
			}
			conv_table_free(t);
		}
}

/* What finds no room is counted, and what there is stays. */
static void test_no_room(void **state)
{
	const struct way way = {.attempts = true, .max = 100};
	struct conv_table *t = table(&way, 7);
	const struct conv *c;
	uint64_t seed = 3, flows = 0;
	size_t n;

	(void)state;
	for (int i = 0; i < FLOWS; i++) {
		struct flow_attempt a = random_attempt(rng(&seed), rng(&seed));

		assert_int_equal(conv_table_attempt(t, &a), 0);
	}
	assert_int_equal(conv_table_finish(t, &c, &n, NULL), 0);
	assert_true(n <= 100);
	for (size_t i = 0; i < n; i++)
		flows += c[i].flows;
	assert_int_equal(flows + conv_table_evicted(t), FLOWS);
	conv_table_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_as_flows),
		cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
