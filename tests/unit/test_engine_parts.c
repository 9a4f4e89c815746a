// SPDX-License-Identifier: BSD-2-Clause
/* Flows that go on: what their parts have is what was sent in each hour, and any hours count each
 * flow once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants the four above. */
#include <cmocka.h>

#include <stdlib.h>

#include "base/cpu.h"
#include "base/time.h"
#include "build.h"
#include "engine/keep_parts.h"
#include "rng.h"
#include "store/store.h"

#define HOUR_NS (STORE_HOUR * NS_PER_S)

enum { FLOWS = 24, HOURS = 40 };

/* What was sent by one flow in one hour, counted beside. */
struct sent {
	uint64_t packets, bytes, payload;
	int64_t first_ns, last_ns;
	uint32_t number;
	bool told;
};

struct lab {
	struct flow_table *t;
	struct parts *parts;
	struct sent sent[FLOWS][HOURS];
	int64_t before[FLOWS][HOURS]; /* of its part, as told; INT64_MAX none */
	size_t n_told, n_settled;
	bool ending;
};

static size_t flow_no(const struct flow_done *d)
{
	uint16_t port = d->port[0] > d->port[1] ? d->port[0] : d->port[1];

	return port - 40000U;
}

static void on_part(void *user, int64_t began, int64_t before, const struct flow_done *d)
{
	struct lab *lab = user;
	int64_t hour = store_hour(d->first_ns) / STORE_HOUR;
	struct sent *s = &lab->sent[flow_no(d)][hour];

	assert_false(s->told);
	s->told = true;
	assert_int_equal(d->packets[0] + d->packets[1], s->packets);
	assert_int_equal(d->bytes[0] + d->bytes[1], s->bytes);
	assert_int_equal(d->payload[0] + d->payload[1], s->payload);
	assert_int_equal(d->first_ns, s->first_ns);
	assert_int_equal(d->last_ns, s->last_ns);
	assert_int_equal(d->ev[0].number, s->number);
	assert_int_equal(d->ev[0].ts_ns, s->first_ns);
	if (before == TIME_NONE) {
		assert_true(d->started);
	} else {
		assert_false(d->started);
		assert_int_equal(d->n_ev, 1);
		assert_true(began <= before);
	}
	lab->before[flow_no(d)][hour] = before == TIME_NONE ? before : before / STORE_HOUR;
	lab->n_told++;
	lab->n_settled += !lab->ending;
}

static void on_done(void *user, const struct flow_done *d)
{
	struct lab *lab = user;

	if (!parts_end(lab->parts, d, on_part, lab))
		on_part(lab, TIME_NONE, TIME_NONE, d);
}

static void on_crossed(void *user, const struct flow_done *d, const struct packet *next)
{
	struct lab *lab = user;
	const struct evidence ev = {next->ts_ns, next->input, next->number};

	assert_true(parts_cross(lab->parts, d, &ev, on_part, lab));
}

static void give(struct lab *lab, struct packet *p, size_t i)
{
	int64_t hour = store_hour(p->ts_ns) / STORE_HOUR;
	struct sent *s = &lab->sent[i][hour];

	flow_table_mark(lab->t, hour * HOUR_NS);
	if (!s->packets) {
		s->first_ns = p->ts_ns;
		s->number = p->number;
	}
	s->packets++;
	s->bytes += p->wire_len;
	s->payload += p->payload_wire;
	s->last_ns = p->ts_ns;
	assert_int_equal(flow_table_packet(lab->t, p), 0);
}

/* Several packets of flows that speak more than once an hour, of both transports and families. */
static void talk(struct lab *lab)
{
	static const uint8_t data[64] = {0};
	uint64_t r = 7;
	uint32_t number = 0, seq[FLOWS][2] = {0};

	for (int64_t ns = 60 * NS_PER_S; ns < HOURS * HOUR_NS; ns += HOUR_NS / 160) {
		size_t i = (size_t)(rng(&r) % FLOWS);
		unsigned from = (unsigned)(rng(&r) & 1), n = (unsigned)(rng(&r) % 64);
		bool udp = i % 3 == 0, first = !seq[i][0];
		struct packet p = {0};

		from = first ? 0 : from;
		p.ts_ns = ns;
		p.number = ++number;
		p.src = from ? A(i % 2 ? "2001:db8::2" : "10.0.0.2")
			     : A(i % 2 ? "2001:db8::1" : "10.0.0.1");
		p.dst = from ? A(i % 2 ? "2001:db8::1" : "10.0.0.1")
			     : A(i % 2 ? "2001:db8::2" : "10.0.0.2");
		p.sport = from ? 80 : (uint16_t)(40000 + i);
		p.dport = from ? (uint16_t)(40000 + i) : 80;
		p.proto = udp ? IPPROTO_NR_UDP : IPPROTO_NR_TCP;
		p.tcp_flags = udp ? 0 : first ? TCP_SYN : TCP_ACK;
		n = first && !udp ? 0 : n;
		p.payload = data;
		p.payload_len = p.payload_wire = n;
		p.wire_len = 60 + n;
		p.seq = 1000 + seq[i][from];
		p.ack = 1000 + seq[i][!from];
		p.ttl = 64;
		seq[i][from] += n + first;
		give(lab, &p, i);
	}
	lab->ending = true;
	flow_table_end(lab->t, HOURS * HOUR_NS);
}

/* As who reads a window does: the flow counts where the part before is outside. */
static void check_windows(const struct lab *lab)
{
	for (size_t i = 0; i < FLOWS; i++)
		for (int64_t from = 0; from < HOURS; from++)
			for (int64_t to = from + 1; to <= HOURS; to++) {
				unsigned parts = 0, counted = 0;

				for (int64_t h = from; h < to; h++) {
					int64_t before = lab->before[i][h];

					if (before == INT64_MAX)
						continue;
					parts++;
					counted += before == TIME_NONE || before < from;
				}
				assert_int_equal(counted, parts > 0);
			}
}

static void test_any_window(void **state)
{
	static const unsigned keep[] = {0, 1, 3, 168};
	static const struct flow_ops ops = {.done = on_done, .crossed = on_crossed};

	(void)state;
	for (size_t k = 0; k < N_ELEMENTS(keep); k++) {
		struct lab *lab = calloc(1, sizeof *lab);

		assert_non_null(lab);
		for (size_t i = 0; i < FLOWS; i++)
			for (size_t h = 0; h < HOURS; h++)
				lab->before[i][h] = INT64_MAX;
		lab->parts = parts_new(keep[k], 0);
		lab->t = flow_table_new(&(struct flow_options){.tcp_idle_ns = INT64_MAX,
							       .tcp_embryonic_ns = INT64_MAX,
							       .udp_idle_ns = INT64_MAX},
					&ops, lab);
		assert_true(lab->parts && lab->t);
		talk(lab);
		for (size_t i = 0; i < FLOWS; i++)
			for (size_t h = 0; h < HOURS; h++)
				assert_int_equal(lab->sent[i][h].told, lab->sent[i][h].packets > 0);
		/* All but the newest of those that go on are told while they do. */
		assert_int_equal(lab->n_settled > 0, keep[k] < HOURS);
		check_windows(lab);
		assert_int_equal(parts_shed(lab->parts), 0);
		flow_table_free(lab->t);
		parts_free(lab->parts);
		free(lab);
	}
}

/* One flow of two or three hours, told by hand. */
struct told {
	struct flow_done d[4];
	size_t n;
};

static void note(void *user, int64_t began, int64_t before, const struct flow_done *d)
{
	struct told *t = user;

	(void)began;
	(void)before;
	assert_true(t->n < N_ELEMENTS(t->d));
	t->d[t->n++] = *d;
}

static const struct row {
	const char *name;
	uint8_t proto;
	enum flow_state state;
	uint16_t tries[2];
	uint64_t packets[2][2]; /* of client and server: in all, by the end of the first hour and
				   the second */
	enum flow_state first, second;
	uint16_t second_tries;
} rows[] = {
	{"both sides are heard",
	 IPPROTO_NR_TCP,
	 STATE_ESTABLISHED,
	 {1, 1},
	 {{5, 4}, {9, 7}},
	 STATE_ESTABLISHED,
	 STATE_ESTABLISHED,
	 0},
	{"one side is heard",
	 IPPROTO_NR_TCP,
	 STATE_ESTABLISHED,
	 {1, 1},
	 {{5, 4}, {9, 4}},
	 STATE_ESTABLISHED,
	 STATE_ONE_WAY,
	 0},
	{"attempts go on",
	 IPPROTO_NR_TCP,
	 STATE_NO_ANSWER,
	 {1, 3},
	 {{1, 0}, {3, 0}},
	 STATE_NO_ANSWER,
	 STATE_NO_ANSWER,
	 2},
	{"so near to the end that they prove nothing",
	 IPPROTO_NR_TCP,
	 STATE_NO_ANSWER,
	 {1, 0},
	 {{1, 0}, {2, 0}},
	 STATE_NO_ANSWER,
	 STATE_NO_ANSWER,
	 0},
	{"refused again",
	 IPPROTO_NR_TCP,
	 STATE_REFUSED,
	 {1, 2},
	 {{1, 1}, {2, 2}},
	 STATE_REFUSED,
	 STATE_REFUSED,
	 1},
	{"a late answer alone",
	 IPPROTO_NR_TCP,
	 STATE_REFUSED,
	 {1, 1},
	 {{1, 0}, {1, 1}},
	 STATE_REFUSED,
	 STATE_ONE_WAY,
	 0},
	{"questions without answers, after some with",
	 IPPROTO_NR_UDP,
	 STATE_ESTABLISHED,
	 {3, 8},
	 {{3, 3}, {8, 3}},
	 STATE_ESTABLISHED,
	 STATE_NO_ANSWER,
	 5},
	{"one question, which proves nothing",
	 IPPROTO_NR_UDP,
	 STATE_ESTABLISHED,
	 {3, 4},
	 {{3, 3}, {4, 3}},
	 STATE_ESTABLISHED,
	 STATE_ONE_WAY,
	 1},
	{"nobody answers syslog",
	 IPPROTO_NR_UDP,
	 STATE_ONE_WAY,
	 {3, 9},
	 {{3, 0}, {9, 0}},
	 STATE_ONE_WAY,
	 STATE_ONE_WAY,
	 6},
};

static struct flow_done done_of(const struct row *r, unsigned at)
{
	return (struct flow_done){.proto = r->proto,
				  .state = r->state,
				  .tries = r->tries[at],
				  .packets = {r->packets[at][0], r->packets[at][1]},
				  .first_ns = HOUR_NS - NS_PER_S,
				  .last_ns = at ? HOUR_NS + NS_PER_S : HOUR_NS - 1,
				  .started = true,
				  .n_ev = 1,
				  .ev = {{HOUR_NS - NS_PER_S, 0, 1}},
				  .rst_after_data = at == 1,
				  .number = 9};
}

static void test_states(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		const struct row *r = &rows[i];
		struct flow_done first = done_of(r, 0), last = done_of(r, 1);
		struct parts *p = parts_new(3, 0);
		struct told t = {.n = 0};

		print_message("%s\n", r->name);
		assert_non_null(p);
		assert_false(parts_end(p, &last, note, &t));
		assert_true(parts_cross(p, &first, &(struct evidence){HOUR_NS, 0, 5}, note, &t));
		assert_int_equal(t.n, 0);
		assert_true(parts_end(p, &last, note, &t));
		assert_int_equal(t.n, 2);
		assert_int_equal(t.d[0].state, r->first);
		assert_int_equal(t.d[1].state, r->second);
		if (r->second == STATE_NO_ANSWER || r->second == STATE_REFUSED)
			assert_int_equal(t.d[1].tries, r->second_tries);
		/* How it ended is of its last hour. */
		assert_false(t.d[0].rst_after_data);
		assert_true(t.d[1].rst_after_data);
		assert_int_equal(t.d[0].last_ns, HOUR_NS - 1);
		assert_int_equal(t.d[1].first_ns, HOUR_NS);
		assert_false(parts_end(p, &last, note, &t));
		parts_free(p);
	}
}

/* Which end is the client shows late, and what was missing comes after all. */
static void test_later_facts(void **state)
{
	struct flow_done a = {.proto = IPPROTO_NR_TCP,
			      .packets = {3, 2},
			      .payload = {30, 20},
			      .unseen = {100, 7},
			      .first_ns = 0,
			      .last_ns = 5,
			      .number = 1};
	struct flow_done b = {.proto = IPPROTO_NR_TCP,
			      .state = STATE_ESTABLISHED,
			      .client_side = 1, /* a had the other one */
			      .packets = {4, 9},
			      .payload = {50, 70},
			      .unseen = {7, 40},
			      .first_ns = 0,
			      .last_ns = HOUR_NS + 5,
			      .number = 1};
	struct parts *p = parts_new(3, 0);
	struct told t = {.n = 0};

	(void)state;
	assert_true(parts_cross(p, &a, &(struct evidence){HOUR_NS, 0, 5}, note, &t));
	assert_true(parts_end(p, &b, note, &t));
	assert_int_equal(t.n, 2);
	assert_int_equal(t.d[0].packets[0], 2);
	assert_int_equal(t.d[0].packets[1], 3);
	assert_int_equal(t.d[1].packets[0], 2);
	assert_int_equal(t.d[1].packets[1], 6);
	assert_int_equal(t.d[1].payload[0], 30);
	assert_int_equal(t.d[1].payload[1], 40);
	assert_int_equal(t.d[0].unseen[1] + t.d[1].unseen[1], 40);
	assert_int_equal(t.d[0].unseen[0] + t.d[1].unseen[0], 7);
	parts_free(p);
}

/* Half full, flows keep one part; full, no new one is told apart, and that is counted. */
static void test_memory(void **state)
{
	enum { MAX = 64 << 10 };
	struct parts *p = parts_new(9, MAX);
	struct told t = {.n = 0};
	struct flow_done d = {.proto = IPPROTO_NR_TCP, .state = STATE_ESTABLISHED};
	uint32_t n = 0;

	(void)state;
	for (int64_t hour = 1; hour < 4; hour++)
		assert_true(parts_cross(p, &d, &(struct evidence){hour * HOUR_NS, 0, 5}, note, &t));
	assert_int_equal(t.n, 0);
	for (d.number = 1; parts_cross(p, &d, &(struct evidence){HOUR_NS, 0, 5}, note, &t); n++)
		d.number++;
	assert_in_range(n, 50, 1000);
	assert_int_equal(parts_shed(p), 1);
	assert_int_equal(t.n, 0);
	d.number = 0;
	d.packets[0] = 7;
	assert_true(parts_cross(p, &d, &(struct evidence){4 * HOUR_NS, 0, 5}, note, &t));
	assert_int_equal(t.n, 3);
	assert_true(parts_end(p, &d, note, &(struct told){.n = 0}));
	parts_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_window),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_later_facts),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
