// SPDX-License-Identifier: BSD-2-Clause
/* Which addresses share a network card, and heartbeats of clusters: in any order the same rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "build.h"
#include "decode/decode.h"
#include "flow/cards.h"

enum { ETHERNET = 1, ROOM = 1 << 20 };

struct sent {
	uint8_t mac;
	uint16_t vlan;
	const char *addr;
	int64_t ts_ns;
};

static void add(struct cards *t, const struct sent *s)
{
	uint8_t mac[6] = {0x00, 0x15, 0x5d, 0, 0, s->mac};
	struct addr a = A(s->addr);

	cards_add(t, mac, s->vlan, &a, s->ts_ns);
}

static void hosts_and_routers(void **state)
{
	static const struct sent rows[] = {
		{1, 0, "10.0.0.5", 50}, {1, 0, "fe80::5", 40},        {1, 0, "10.0.0.5", 10},
		{2, 0, "10.0.0.6", 60}, {2, 7, "10.0.0.6", 70},       {1, 0, "2001:db8::5", 45},
		{3, 0, "0.0.0.0", 5},   {3, 0, "255.255.255.255", 5}, {3, 0, "224.0.0.1", 5},
		{3, 0, "127.0.0.1", 5}, {3, 0, "ff02::1", 5},         {3, 0, "::", 5},
	};

	for (size_t turn = 0; turn < N_ELEMENTS(rows); turn++) {
		struct cards *t = cards_new(NULL, ROOM);
		const struct card *c;
		size_t n;

		for (size_t i = 0; i < N_ELEMENTS(rows); i++)
			add(t, &rows[(i * 5 + turn) % N_ELEMENTS(rows)]);
		c = cards_sorted(t, &n);
		assert_int_equal(n, 3);
		assert_int_equal(c[0].mac[5], 1);
		assert_int_equal(c[0].n, 3);
		assert_false(c[0].many);
		assert_int_equal(c[0].first_ns, 10);
		assert_true(addr_is_v4(&c[0].addr[0]) && !addr_is_v4(&c[0].addr[1]));
		assert_true(addr_compare(&c[0].addr[1], &c[0].addr[2]) < 0);
		assert_true(c[1].mac[5] == 2 && c[1].vlan == 0 && c[1].n == 1);
		assert_true(c[2].mac[5] == 2 && c[2].vlan == 7 && c[2].first_ns == 70);
		assert_int_equal(cards_shed(t), 0);
		/* What was sorted still takes more. */
		add(t, &(struct sent){1, 0, "10.0.0.5", 4});
		add(t, &(struct sent){0, 0, "10.0.0.9", 4});
		c = cards_sorted(t, &n);
		assert_int_equal(n, 4);
		assert_true(c[1].mac[5] == 1 && c[1].n == 3 && c[1].first_ns == 4);
		cards_free(t);
	}
}

static void senders_that_are_none(void **state)
{
	static const uint8_t none[6], group[6] = {0x01, 0, 0x5e, 0, 0, 1};
	struct cards *t = cards_new(NULL, ROOM);
	struct addr a = A("10.0.0.5");
	size_t n;

	cards_add(t, none, 0, &a, 1);
	cards_add(t, group, 0, &a, 1);
	cards_sorted(t, &n);
	assert_int_equal(n, 0);
	assert_int_equal(cards_shed(t), 0);
	cards_free(t);
}

/* The smallest sixteen, in whichever order they come, and that there were more. */
static void many(void **state)
{
	for (unsigned sent = CARD_ADDRS - 1; sent <= CARD_ADDRS + 20; sent++)
		for (unsigned step = 1; step <= 7; step += 2) {
			struct cards *t = cards_new(NULL, ROOM);
			uint8_t mac[6] = {2, 2, 2, 2, 2, 2};
			const struct card *c;
			size_t n;

			for (unsigned i = 0; i < 2 * sent; i++) {
				unsigned k = i * step % sent;
				struct addr a =
					addr_v4(0x0a000000 + (step % 4 == 1 ? sent - k : k));

				cards_add(t, mac, 0, &a, i);
				a = addr_v4(0x0a000000 + i % sent + (step % 4 == 1));
				cards_add(t, mac, 0, &a, i);
			}
			c = cards_sorted(t, &n);
			assert_int_equal(n, 1);
			assert_int_equal(c->n, sent < CARD_ADDRS ? sent : CARD_ADDRS);
			assert_int_equal(c->many, sent > CARD_ADDRS);
			for (unsigned i = 0; i < c->n; i++)
				assert_int_equal(addr_to_v4(&c->addr[i]),
						 0x0a000000 + i + (step % 4 == 1));
			cards_free(t);
		}
}

static void no_room(void **state)
{
	struct cards *t = cards_new(NULL, 10 * CARD_CHARGE);
	const struct card *c;
	size_t n;

	for (unsigned k = 0; k < 2; k++)
		for (unsigned i = 0; i < 200; i++)
			add(t, &(struct sent){(uint8_t)i, 0, k ? "10.0.0.7" : "10.0.0.5", 1});
	c = cards_sorted(t, &n);
	assert_int_equal(n, 10);
	assert_int_equal(cards_shed(t), 2 * 190);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(c[i].n, 2);
	cards_free(t);
	t = cards_new(NULL, 0);
	add(t, &(struct sent){1, 0, "10.0.0.5", 1});
	assert_int_equal(cards_shed(t), 1);
	cards_free(t);
}

static void more_than_a_page(void **state)
{
	struct cards *t = cards_new(NULL, (size_t)64 << 20);
	const struct card *c;
	size_t n;

	for (uint32_t i = 0; i < 5000; i++) {
		uint8_t mac[6] = {
			0,         1, (uint8_t)(i * 7 >> 8), (uint8_t)(i * 7), (uint8_t)(i >> 8),
			(uint8_t)i};
		struct addr a = addr_v4(0x0a000000 + i);

		cards_add(t, mac, (uint16_t)(i & 3), &a, i);
	}
	c = cards_sorted(t, &n);
	assert_int_equal(n, 5000);
	for (size_t i = 1; i < n; i++)
		assert_true(memcmp(c[i - 1].mac, c[i].mac, 6) < 0);
	cards_free(t);
}

/* Ethernet, type 886f: host 2 of the cluster 10.0.0.80, itself 10.0.0.82 */
#define BEAT_HEAD      \
	"ffffffffffff" \
	"02020a000050" \
	"886f"
#define BEAT       \
	"bf01dec0" \
	"01020000" \
	"02000000" \
	"0a000050" \
	"0a000052"
#define VLAN_7 "81000007"

static enum decode_skip decode(struct decoder *d, const char *hex, size_t cut)
{
	uint8_t buf[256], *exact;
	size_t n = unhex(hex, buf, sizeof buf);
	enum decode_skip skip;
	struct packet p;

	if (cut < n)
		n = cut;
	exact = malloc(n ? n : 1);
	assert_non_null(exact);
	memcpy(exact, buf, n);
	skip = decode_frame(d, ETHERNET, exact, (uint32_t)n, (uint32_t)n, 1, 1, &p);
	free(exact);
	return skip;
}

static void heartbeats(void **state)
{
	static const char *const no[] = {
		BEAT_HEAD "bf01dec1"
			  "01020000"
			  "02000000"
			  "0a000050"
			  "0a000052", /* signature */
		BEAT_HEAD "bf01dec0"
			  "01020000"
			  "00000000"
			  "0a000050"
			  "0a000052", /* id 0 */
		BEAT_HEAD "bf01dec0"
			  "01020000"
			  "21000000"
			  "0a000050"
			  "0a000052", /* id 33 */
		BEAT_HEAD "bf01dec0"
			  "01020000"
			  "02000000"
			  "00000000"
			  "0a000052", /* no cluster */
		BEAT_HEAD "bf01dec0"
			  "01020000"
			  "02000000"
			  "e0000001"
			  "0a000052", /* a group */
		"ffffffffffff"
		"02020a000050"
		"8870" BEAT,
	};
	struct decoder *d = decoder_new();
	const struct heartbeat *h;

	assert_null(decoder_heartbeat(d));
	assert_int_equal(decode(d, BEAT_HEAD BEAT, SIZE_MAX), SKIP_NOT_IP);
	h = decoder_heartbeat(d);
	assert_non_null(h);
	assert_int_equal(addr_to_v4(&h->cluster), 0x0a000050);
	assert_int_equal(addr_to_v4(&h->host), 0x0a000052);
	assert_int_equal(h->id, 2);
	assert_int_equal(h->mac[1], 2);
	assert_int_equal(h->vlan, 0);
	assert_int_equal(decode(d,
				"ffffffffffff"
				"02020a000050" VLAN_7 "886f" BEAT,
				SIZE_MAX),
			 SKIP_NOT_IP);
	assert_int_equal(decoder_heartbeat(d)->vlan, 7);
	for (size_t i = 0; i < N_ELEMENTS(no); i++) {
		decode(d, no[i], SIZE_MAX);
		assert_null(decoder_heartbeat(d));
	}
	for (size_t k = 0; k < 14 + 20; k++) {
		decode(d, BEAT_HEAD BEAT, k);
		assert_null(decoder_heartbeat(d));
	}
	assert_int_equal(decode(d, BEAT_HEAD BEAT "00", SIZE_MAX), SKIP_NOT_IP);
	assert_non_null(decoder_heartbeat(d));
	decoder_free(d);
}

static void clusters(void **state)
{
	static const struct {
		uint32_t host, id, mac;
		uint16_t vlan;
		int64_t ts;
	} rows[] = {{0x0a000052, 2, 9, 7, 5},
		    {0x0a000051, 1, 4, 0, 6},
		    {0x0a000052, 2, 8, 0, 9},
		    {0x0a000052, 2, 9, 7, 3},
		    {0, 3, 1, 0, 4}};

	for (size_t turn = 0; turn < N_ELEMENTS(rows); turn++) {
		struct cards *t = cards_new(NULL, ROOM);
		const struct cluster_host *c;
		size_t n;

		for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
			size_t k = (i * 2 + turn) % N_ELEMENTS(rows);
			struct heartbeat h = {.cluster = addr_v4(0x0a000050),
					      .host = addr_v4(rows[k].host),
					      .id = rows[k].id,
					      .mac = {2, 2, 0, 0, 0, (uint8_t)rows[k].mac},
					      .vlan = rows[k].vlan};

			cards_heartbeat(t, &h, rows[k].ts);
		}
		c = cards_clusters(t, &n);
		assert_int_equal(n, 3);
		assert_true(c[0].id == 3 && c[1].id == 1);
		assert_true(c[2].id == 2 && c[2].heartbeats == 3 && c[2].vlan == 0);
		assert_true(c[2].mac[5] == 8 && c[2].first_ns == 3 && c[2].last_ns == 9);
		cards_free(t);
	}

	struct cards *t = cards_new(NULL, ROOM);
	size_t n;

	for (uint32_t i = 0; i < 2 * CLUSTERS_MAX; i++) {
		struct heartbeat h = {.cluster = addr_v4(0x0a000001 + i), .id = 1};

		cards_heartbeat(t, &h, 1);
	}
	cards_clusters(t, &n);
	assert_int_equal(n, CLUSTERS_MAX);
	assert_int_equal(cards_shed(t), CLUSTERS_MAX);
	cards_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts_and_routers),
		cmocka_unit_test(senders_that_are_none),
		cmocka_unit_test(many),
		cmocka_unit_test(no_room),
		cmocka_unit_test(more_than_a_page),
		cmocka_unit_test(heartbeats),
		cmocka_unit_test(clusters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
