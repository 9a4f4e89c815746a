// SPDX-License-Identifier: BSD-2-Clause
/* Several threads come to what one comes to: whatever the packets and their times, and whatever it
 * takes; and say so when limits of memory would show how many there are. Of packets that come once
 * they go on then, within these limits. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "base/proto.h"
#include "base/time.h"
#include "build.h"
#include "engine/engine.h"
#include "engine/keep_hours.h"
#include "engine/shard_room.h"
#include "flow/flow.h"
#include "learn/grants.h"
#include "rng.h"
#include "same_conv.h"

enum { PACKETS = 30000, FRAME = 512, ETHERNET = 1, INPUTS = 3 };

struct sent {
	uint8_t frame[FRAME];
	size_t n;
	int64_t ts_ns;
};

static const char *const hosts[] = {"10.1.0.1",  "10.1.0.2",  "10.1.0.3", "10.1.0.4",
				    "10.1.0.5",  "10.2.0.1",  "10.2.0.2", "fd00::1",
				    "224.0.0.5", "10.2.0.77", "fd00::2",  "10.1.0.255"};
static const uint16_t ports[] = {53, 135, 443, 445, 1433, 50001, 50002, 50003, 50004};

static const char *host(uint64_t *r, bool v6)
{
	const char *h;

	do
		h = hosts[rng(r) % N_ELEMENTS(hosts)];
	while ((strchr(h, ':') != NULL) != v6);
	return h;
}

/* Somebody on the way says that the packet in `quoted` came to nothing (RFC 792). */
static size_t icmp_error(const uint8_t *quoted, uint8_t *buf)
{
	static const uint8_t type[8] = {3, 13};
	enum { ETH = 14, IP = 20, PART = 28 };

	memcpy(buf, quoted, ETH + IP);
	memcpy(buf + ETH + 12, quoted + ETH + 16, 4); /* from whom it was sent to */
	memcpy(buf + ETH + 16, quoted + ETH + 12, 4);
	buf[ETH + 2] = 0;
	buf[ETH + 3] = IP + sizeof type + PART;
	buf[ETH + 9] = IPPROTO_NR_ICMP;
	memcpy(buf + ETH + IP, type, sizeof type);
	memcpy(buf + ETH + IP + sizeof type, quoted + ETH, PART);
	return ETH + IP + sizeof type + PART;
}

/* Talk without sense, so that every odd way is taken; times that jump, also back. */
static struct sent *talk(uint64_t seed)
{
	static const uint8_t flags[] = {TCP_SYN,           TCP_SYN,           TCP_SYN | TCP_ACK,
					TCP_ACK,           TCP_ACK,           TCP_ACK | TCP_PSH,
					TCP_ACK | TCP_FIN, TCP_RST | TCP_ACK, TCP_RST};
	static const char http[] = "GET / HTTP/1.1\r\nHost: crm.corp.example\r\n\r\n";
	struct sent *v = calloc(PACKETS, sizeof *v);
	int64_t now_ns = 1700000000 * NS_PER_S;
	uint64_t r = seed;

	assert_non_null(v);
	for (size_t i = 0; i < PACKETS; i++) {
		bool v6 = rng(&r) % 8 == 0;
		bool udp = rng(&r) % 4 == 0;
		struct build b = {
			.src = host(&r, v6),
			.dst = host(&r, v6),
			.sport = ports[rng(&r) % N_ELEMENTS(ports)],
			.dport = ports[rng(&r) % N_ELEMENTS(ports)],
			.proto = udp ? IPPROTO_NR_UDP : IPPROTO_NR_TCP,
			.flags = udp ? 0 : flags[rng(&r) % N_ELEMENTS(flags)],
			.seq = (uint32_t)(rng(&r) % 4 * 100),
			.ack = (uint32_t)(rng(&r) % 4 * 100),
			.vlan = rng(&r) % 8 == 0 ? 7 : 0,
			.payload = http,
			.n = rng(&r) % 2 ? rng(&r) % sizeof http : 0,
		};

		now_ns += (int64_t)(rng(&r) % (50 * NS_PER_S / 1000));
		if (rng(&r) % 500 == 0)
			now_ns += (int64_t)(rng(&r) % 200) * NS_PER_S - 90 * NS_PER_S;
		if (rng(&r) % 5000 == 0)
			now_ns += 4000 * NS_PER_S;
		v[i].ts_ns = now_ns;
		v[i].n = build_frame(&b, v[i].frame, FRAME);
		if (i && rng(&r) % 16 == 0 && v[i - 1].frame[12] == 8 && v[i - 1].frame[23] != 1)
			v[i].n = icmp_error(v[i - 1].frame, v[i].frame);
	}
	return v;
}

struct outcome {
	struct span_audit *a;
	int r;
};

static int feed_some(struct hot *h, struct span_audit *a, const struct sent *v, size_t from,
		     size_t to)
{
	struct batch b = {.n = 0};
	int r = 0;

	for (size_t i = from; i < to && r == 0; i++) {
		b.f[b.n++] = (struct frame){.ts_ns = v[i].ts_ns,
					    .p = v[i].frame,
					    .len = (uint32_t)v[i].n,
					    .wire_len = (uint32_t)v[i].n,
					    .number = (uint32_t)i + 1,
					    .input = (uint32_t)(i * INPUTS / PACKETS),
					    .linktype = ETHERNET};
		if (b.n < BATCH_FRAMES && i + 1 < to)
			continue;
		r = hot_batch(h, a, &b);
		b.n = 0;
	}
	return r;
}

static int feed(struct hot *h, struct span_audit *a, const struct sent *v)
{
	int r = feed_some(h, a, v, 0, PACKETS);

	return r ? r : hot_gather(h);
}

static struct span_audit *audit_new(uint64_t memory, bool vlan_key, bool apart)
{
	struct span_audit *a = span_audit_new();

	assert_non_null(a);
	assert_int_equal(engine_prepare(a), 0);
	a->inputs = calloc(INPUTS, sizeof *a->inputs);
	a->n_inputs = INPUTS;
	a->max_memory = memory;
	a->vlan_key = vlan_key;
	a->apart = apart;
	return a;
}

static int finish(struct span_audit *a)
{
	return hot_finish(a->hot, a, &a->coverage, &a->n_evicted);
}

static struct outcome run(const struct sent *v, unsigned threads, uint64_t memory, bool vlan_key,
			  bool apart)
{
	struct outcome o = {.a = audit_new(memory, vlan_key, apart)};

	o.a->hot = hot_new_threads(o.a, threads);
	assert_non_null(o.a->hot);
	o.r = feed(o.a->hot, o.a, v);
	if (o.r == 0)
		o.r = finish(o.a);
	return o;
}

static void done(struct outcome *o)
{
	o->a->hot = hot_free(o->a->hot);
	free(o->a->inputs);
	o->a->inputs = NULL;
	o->a->n_inputs = 0;
	span_audit_free(o->a);
}

static void assert_same(const struct span_audit *x, const struct span_audit *y)
{
	assert_int_equal(x->n_convs, y->n_convs);
	for (size_t i = 0; i < x->n_convs; i++)
		assert_true(same_conv(&x->convs[i], &y->convs[i]));
	assert_int_equal(x->n_attempts, y->n_attempts);
	for (size_t i = 0; i < x->n_attempts; i++)
		assert_memory_equal(&x->attempts[i], &y->attempts[i], sizeof *x->attempts);
	assert_int_equal(x->n_cards, y->n_cards);
	for (size_t i = 0; i < x->n_cards; i++) {
		assert_int_equal(x->cards[i].n, y->cards[i].n);
		assert_int_equal(x->cards[i].first_ns, y->cards[i].first_ns);
	}
	assert_int_equal(x->n_grants, y->n_grants);
	assert_int_equal(x->n_sightings, y->n_sightings);
	assert_memory_equal(&x->coverage, &y->coverage, coverage_counters() * sizeof(uint64_t));
	assert_memory_equal(x->inputs, y->inputs, INPUTS * sizeof *x->inputs);
	assert_memory_equal(hot_timeline(x->hot), hot_timeline(y->hot), sizeof(struct timeline));

	const struct gaps *g = hot_gaps(x->hot), *h = hot_gaps(y->hot);

	assert_int_equal(g->minutes.n, h->minutes.n);
	if (g->minutes.n)
		assert_int_equal(g->seconds, h->seconds);
	for (size_t i = 0; i < g->minutes.n; i++) {
		assert_int_equal(g->minutes.v[i].at, h->minutes.v[i].at);
		assert_int_equal(g->minutes.v[i].bytes, h->minutes.v[i].bytes);
	}
}

static void test_same(void **state)
{
	static const unsigned threads[] = {2, 3, 8, SPAN_THREADS_MAX};

	(void)state;
	for (uint64_t seed = 1; seed <= 4; seed++) {
		struct sent *v = talk(seed);
		struct outcome one = run(v, 1, 0, seed & 1, seed & 2);

		assert_int_equal(one.r, 0);
		assert_true(one.a->n_convs > 100);
		for (size_t i = 0; i < N_ELEMENTS(threads); i++) {
			struct outcome o = run(v, threads[i], 0, seed & 1, seed & 2);

			assert_int_equal(o.r, 0);
			assert_same(one.a, o.a);
			done(&o);
		}
		done(&one);
		free(v);
	}
}

/* What the run has come to, as a child sees it that is made now. */
static void assert_child_same(struct span_audit *a, const struct span_audit *one)
{
	int status;
	pid_t pid;

	hot_hold(a->hot);
	pid = fork();
	if (pid == 0) {
		hot_forked(a->hot);
		assert_int_equal(finish(a), 0);
		assert_same(one, a);
		_exit(0);
	}
	hot_go_on(a->hot);
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* Packets that come once: the same, also in the middle, of which a child is asked. */
static void test_live(void **state)
{
	static const unsigned threads[] = {1, 2, 5, SPAN_THREADS_MAX};
	enum { FIRST = 9 * BATCH_FRAMES, THEN = 100 * BATCH_FRAMES };
	struct sent *v = talk(11);
	struct span_audit *part[2] = {audit_new(0, false, false), audit_new(0, false, false)};
	struct outcome one = run(v, 1, 0, false, false);

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(part); i++) {
		part[i]->hot = hot_new(part[i]);
		assert_int_equal(feed_some(part[i]->hot, part[i], v, 0, i ? THEN : FIRST), 0);
		assert_int_equal(finish(part[i]), 0);
	}
	for (size_t i = 0; i < N_ELEMENTS(threads); i++) {
		struct outcome o = {.a = audit_new(0, false, false)};
		struct hot *h = o.a->hot = hot_new_live(o.a, threads[i]);

		assert_int_equal(feed_some(h, o.a, v, 0, FIRST), 0);
		assert_child_same(o.a, part[0]); /* before there are threads */
		assert_int_equal(hot_start(h), threads[i]);
		assert_int_equal(feed_some(h, o.a, v, FIRST, THEN), 0);
		assert_child_same(o.a, part[1]);
		hot_hand_over(h);
		assert_int_equal(feed_some(h, o.a, v, THEN, PACKETS), 0);
		assert_int_equal(hot_gather(h), 0);
		assert_int_equal(finish(o.a), 0);
		assert_same(one.a, o.a);
		done(&o);
	}
	for (size_t i = 0; i < N_ELEMENTS(part); i++)
		done(&(struct outcome){.a = part[i]});
	done(&one);
	free(v);
}

/* Those share what one would have: what finds no room is counted, and all goes on. */
static void test_live_little_memory(void **state)
{
	struct sent *v = talk(7);

	(void)state;
	for (unsigned threads = 1; threads <= 4; threads++) {
		struct outcome o = {.a = audit_new(1 << 20, false, false)};
		const struct coverage *c = &o.a->coverage;
		uint64_t flows = 0;

		o.a->hot = hot_new_live(o.a, threads);
		hot_start(o.a->hot);
		assert_int_equal(feed(o.a->hot, o.a, v), 0);
		assert_int_equal(finish(o.a), 0);
		assert_int_equal(c->packets, PACKETS);
		assert_int_equal(c->decoded, c->flow_packets + c->duplicates + c->other_proto);
		assert_true(o.a->n_evicted > 0);
		for (size_t i = 0; i < o.a->n_convs; i++)
			flows += o.a->convs[i].flows;
		assert_true(flows > 0 && o.a->n_convs <= (1 << 20) / sizeof *o.a->convs);
		done(&o);
	}
	free(v);
}

/* Whoever is at work at once, together they are given no more than there is, and nobody less than
 * what it has. */
static void test_share(void **state)
{
	enum { MOST = 1000, AT_ONCE = 3 };
	const struct shard_room most = {{[ROOM_FLOWS] = MOST, [ROOM_CARDS] = 10}};
	struct shard_room room[4] = {{{[ROOM_FLOWS] = 400}},
				     {{[ROOM_FLOWS] = 0}},
				     {{[ROOM_FLOWS] = 100, [ROOM_CARDS] = 12}},
				     {{[ROOM_FLOWS] = 80}}};
	size_t sum = 0;

	(void)state;
	for (unsigned i = 0; i < AT_ONCE; i++) {
		struct shard_room others = {0};
		size_t had = room[i].v[ROOM_FLOWS], cards = room[i].v[ROOM_CARDS];

		for (unsigned k = 0; k < N_ELEMENTS(room); k++)
			if (k != i)
				shard_room_add(&others, &room[k]);
		room[i] = shard_room_share(&most, &others, &room[i], AT_ONCE - i);
		assert_int_equal(room[i].v[ROOM_FLOWS], had + (MOST - 580) / AT_ONCE);
		assert_int_equal(room[i].v[ROOM_CARDS], cards); /* too many already */
	}
	for (unsigned k = 0; k < N_ELEMENTS(room); k++)
		sum += room[k].v[ROOM_FLOWS];
	assert_int_equal(sum, MOST);
}

/* As a run does that stores what it takes: packets of one hour at a time. */
static void feed_hours(struct hot *h, struct span_audit *a, struct hours *hours,
		       const struct sent *v)
{
	for (size_t from = 0, to; from < PACKETS; from = to) {
		struct coverage before, now;
		struct batch none = {.n = 1, .f[0].ts_ns = v[from].ts_ns};
		int64_t hour = store_hour(v[from].ts_ns);

		for (to = from + 1; to < PACKETS && store_hour(v[to].ts_ns) == hour; to++)
			;
		hot_rest(h);
		hot_coverage(h, &before);
		assert_int_equal(hours_seen(hours, hour, &none), 0);
		assert_int_equal(feed_some(h, a, v, from, to), 0);
		hot_rest(h);
		hot_coverage(h, &now);
		assert_int_equal(hours_count(hours, hour, &before, &now), 0);
	}
}

static void write_store(const char *path, struct hours *hours, struct hot *h)
{
	static const char *const none[] = {NULL};
	struct errors errs = {0};
	struct store *s;

	assert_int_equal(store_open(path, STORE_MAKE, &errs, &s), 0);
	assert_int_equal(
		store_run_begin(s, &(struct store_told){.files = none, .piped = true}, "x", 1), 0);
	assert_int_equal(store_segment_begin(s), 0);
	assert_int_equal(hours_write(hours, s, h), 0);
	for (uint32_t i = 0; i < INPUTS; i++)
		assert_int_equal(store_put_input(s, i, &(struct store_input){.in.path = "x"}), 0);
	assert_int_equal(store_segment_end(s, 2), 0);
	assert_int_equal(store_run_end(s, NULL, 3), 0);
	store_close(s);
	errors_done(&errs);
}

/* What is in the store, as a run of several threads that begins with it has it. */
static struct span_audit *read_store(const char *path, unsigned threads)
{
	const struct store_span all = {STORE_ALL_FROM, STORE_ALL_TO};
	struct span_audit *a = audit_new(0, false, false);
	struct store_picture picture = {0};
	struct coverage figures;
	struct store_sink sink;
	struct errors errs = {0};
	struct store *s;

	a->hot = hot_new_live(a, threads);
	assert_int_equal(store_open(path, STORE_READ, &errs, &s), 0);
	assert_int_equal(store_look(s, all, &picture, &figures), 0);
	hot_sink(a->hot, &sink);
	assert_int_equal(store_each(s, all, &picture, &sink), 0);
	store_close(s);
	store_picture_done(&picture);
	hot_start(a->hot);
	assert_int_equal(hot_gather(a->hot), 0);
	assert_int_equal(finish(a), 0);
	coverage_add(&a->coverage, &figures);
	errors_done(&errs);
	return a;
}

/* What several threads tell a store is what one does, over hours that come and go. */
static void test_store(void **state)
{
	static const unsigned threads[] = {1, 3};
	char folder[] = "/tmp/spanaudit-crew-XXXXXX", path[N_ELEMENTS(threads)][64];
	struct span_audit *kept[N_ELEMENTS(threads)];
	struct sent *v = talk(5);

	(void)state;
	/* Slowly, so that hours end in the middle of connections. */
	for (size_t i = 1; i < PACKETS; i++)
		v[i].ts_ns = v[0].ts_ns + 8 * (v[i].ts_ns - v[0].ts_ns);
	assert_non_null(mkdtemp(folder));
	for (size_t i = 0; i < N_ELEMENTS(threads); i++) {
		struct outcome o = {.a = audit_new(0, false, false)};
		struct hours *hours = hours_new(o.a, 2);

		snprintf(path[i], sizeof path[i], "%s/%zu", folder, i);
		o.a->tap = hours_tap(hours);
		o.a->hot = hot_new_live(o.a, threads[i]);
		hot_start(o.a->hot);
		feed_hours(o.a->hot, o.a, hours, v);
		assert_int_equal(hot_gather(o.a->hot), 0);
		assert_int_equal(hot_end_flows(o.a->hot), 0);
		write_store(path[i], hours, o.a->hot);
		done(&o);
		hours_free(hours);
		kept[i] = read_store(path[i], threads[i]);
	}
	assert_true(kept[0]->n_convs > 100);
	assert_same(kept[0], kept[1]);
	for (size_t i = 0; i < N_ELEMENTS(threads); i++) {
		done(&(struct outcome){.a = kept[i]});
		assert_int_equal(unlink(path[i]), 0);
	}
	rmdir(folder);
	free(v);
}

static void hear_nothing(void *user, const struct flow_done *d, const struct conv_facts *f)
{
	(void)user;
	(void)d;
	(void)f;
}

static void hear_no_hour(void *user, const struct flow_done *d, const struct conv_facts *f,
			 const struct evidence *next)
{
	(void)next;
	hear_nothing(user, d, f);
}

/* Conversations of before a time are let go of, whichever shard has them. */
static void test_forget(void **state)
{
	struct sent *v = talk(6);
	const struct hot_tap tap = {.flow = hear_nothing, .crossed = hear_no_hour};
	const int64_t cut_ns = v[PACKETS / 2].ts_ns;
	struct span_audit *kept[2];
	size_t gone[2];

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(kept); i++) {
		struct span_audit *a = kept[i] = audit_new(0, false, false);

		a->tap = &tap;
		a->hot = hot_new_live(a, i ? 3 : 1);
		hot_start(a->hot);
		assert_int_equal(feed_some(a->hot, a, v, 0, PACKETS), 0);
		assert_int_equal(hot_forget(a->hot, cut_ns, &gone[i]), 0);
		assert_int_equal(hot_gather(a->hot), 0);
		assert_int_equal(finish(a), 0);
	}
	assert_true(gone[0] > 0);
	assert_int_equal(gone[0], gone[1]);
	assert_same(kept[0], kept[1]);
	for (size_t i = 0; i < N_ELEMENTS(kept); i++)
		done(&(struct outcome){.a = kept[i]});
	free(v);
}

/* Nobody can tell then, so nobody does. */
static void test_little_memory(void **state)
{
	struct sent *v = talk(7);
	struct outcome o = run(v, 4, 1 << 20, false, false);

	(void)state;
	assert_int_equal(o.r, -EAGAIN);
	done(&o);
	o = run(v, 1, 1 << 20, false, false);
	assert_int_equal(o.r, 0);
	done(&o);
	free(v);
}

/* More network cards than a table knows: that is told at once. */
static void test_many_cards(void **state)
{
	enum { FEW = 114000, MANY = 300000 };
	struct sent *v = talk(3);
	struct span_audit *a = span_audit_new();
	struct result_input in = {.path = "-"};
	struct batch b = {.n = 1};
	uint32_t i = 0;
	int r = 0;

	(void)state;
	assert_int_equal(engine_prepare(a), 0);
	a->inputs = &in;
	a->n_inputs = 1;
	a->has_key = true; /* which cards count as one depends on it */
	a->key = (struct hash_key){1, 2};
	a->hot = hot_new_threads(a, 2);
	for (; i < MANY && r == 0; i++) {
		memcpy(v[0].frame + 8, &i, sizeof i); /* the end of its source's MAC address */
		v[0].frame[6] = 2;
		v[0].frame[18] = (uint8_t)(i >> 8); /* IPv4 identification: no copies */
		v[0].frame[19] = (uint8_t)i;
		b.f[0] = (struct frame){.ts_ns = v[0].ts_ns + i * NS_PER_S / 1000,
					.p = v[0].frame,
					.len = (uint32_t)v[0].n,
					.wire_len = (uint32_t)v[0].n,
					.number = i + 1,
					.linktype = ETHERNET};
		r = hot_batch(a->hot, a, &b);
	}
	assert_int_equal(r, -EAGAIN);
	assert_in_range(i, FEW, MANY / 2);
	a->hot = hot_free(a->hot);
	a->inputs = NULL;
	a->n_inputs = 0;
	span_audit_free(a);
	free(v);
}

/* Threads end with what they belong to, also in the middle of it. */
static void test_given_up(void **state)
{
	struct sent *v = talk(9);

	(void)state;
	for (size_t n = 0; n < 3; n++) {
		struct span_audit *a = span_audit_new();
		struct result_input in = {.path = "-"};
		struct batch b = {.n = 0};

		assert_int_equal(engine_prepare(a), 0);
		a->inputs = &in;
		a->n_inputs = 1;
		a->hot = hot_new_threads(a, 3);
		for (size_t i = 0; i < n * 700; i++) {
			b.f[b.n++] = (struct frame){.ts_ns = v[i].ts_ns,
						    .p = v[i].frame,
						    .len = (uint32_t)v[i].n,
						    .wire_len = (uint32_t)v[i].n,
						    .linktype = ETHERNET};
			if (b.n == BATCH_FRAMES) {
				assert_int_equal(hot_batch(a->hot, a, &b), 0);
				b.n = 0;
			}
		}
		a->hot = hot_free(a->hot);
		a->inputs = NULL;
		a->n_inputs = 0;
		span_audit_free(a);
	}
	free(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),          cmocka_unit_test(test_share),
		cmocka_unit_test(test_store),         cmocka_unit_test(test_forget),
		cmocka_unit_test(test_live),          cmocka_unit_test(test_live_little_memory),
		cmocka_unit_test(test_little_memory), cmocka_unit_test(test_many_cards),
		cmocka_unit_test(test_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
