// SPDX-License-Identifier: BSD-2-Clause
/*
 * wheel - idle expiry by packet time without looking at every flow.
 *
 * A flow sits in the bucket of the second in which it would be idle for too long. A packet does not
 * move it: when its bucket comes up, a flow that was heard of since is put where it belongs now. So
 * a packet costs nothing here, and a flow is touched once an idle time. Only a flow whose class
 * changes (opened, closed) moves at once. Deadlines beyond the wheel's reach wait in its last
 * bucket and are looked at again.
 */
#include "flow/record.h"

static int64_t add_ns(int64_t a, int64_t b)
{
	int64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

static int64_t idle_ns(const struct flow_table *t, const struct rec *r)
{
	if (r->flags & F_UDP)
		return t->udp_idle_ns;
	if (tcp_closed(r->flags))
		return t->tcp_embryonic_ns;
	/* A lone segment of an older connection promises no more than a lone SYN. */
	if (r->flags & F_OPEN || (r->cold && !(r->flags & (BOTH(F_SYN) | BOTH(F_SYNACK)))))
		return t->tcp_idle_ns;
	return t->tcp_embryonic_ns;
}

int64_t rec_deadline(const struct flow_table *t, const struct rec *r)
{
	return add_ns(r->last_ns, idle_ns(t, r));
}

int64_t wheel_tick(int64_t ts_ns)
{
	int64_t q = ts_ns / NS_PER_S;

	return q - (ts_ns % NS_PER_S < 0);
}

/* The tick at which the flow is due: the first that begins after its deadline. */
static int64_t due(const struct flow_table *t, const struct rec *r)
{
	int64_t tick = wheel_tick(rec_deadline(t, r)) + 1;
	int64_t last = t->wheel.tick + WHEEL_BUCKETS - 1;

	if (tick <= t->wheel.tick)
		return t->wheel.tick + 1;
	return tick < last ? tick : last;
}

static void put_at(struct flow_table *t, uint32_t i, int64_t tick)
{
	struct wheel *w = &t->wheel;
	struct rec *r = rec_at(t, i);
	uint16_t b = (uint16_t)((uint64_t)tick % WHEEL_BUCKETS);

	r->bucket = b & (WHEEL_BUCKETS - 1);
	r->next = 0;
	r->prev = w->tail[b];
	if (r->prev)
		rec_at(t, r->prev)->next = i;
	else
		w->head[b] = i;
	w->tail[b] = i;
	w->map[b / 64] |= UINT64_C(1) << b % 64;
}

void wheel_put(struct flow_table *t, uint32_t i)
{
	put_at(t, i, due(t, rec_at(t, i)));
}

void wheel_remove(struct flow_table *t, uint32_t i)
{
	struct wheel *w = &t->wheel;
	struct rec *r = rec_at(t, i);
	uint16_t b = r->bucket;

	if (unlikely(t->crowd.at.rec == i))
		t->crowd.at.rec = r->next;
	if (r->prev)
		rec_at(t, r->prev)->next = r->next;
	else
		w->head[b] = r->next;
	if (r->next)
		rec_at(t, r->next)->prev = r->prev;
	else
		w->tail[b] = r->prev;
	if (!w->head[b])
		w->map[b / 64] &= ~(UINT64_C(1) << b % 64);
	r->prev = r->next = 0;
}

/* The first tick in [from, to] whose bucket has flows; to + 1 when there is none. */
static int64_t next_filled(const struct wheel *w, int64_t from, int64_t to)
{
	for (int64_t tick = from; tick <= to;) {
		unsigned b = (unsigned)((uint64_t)tick % WHEEL_BUCKETS);
		uint64_t left = w->map[b / 64] >> b % 64;

		if (left) {
			tick += __builtin_ctzll(left);
			return tick <= to ? tick : to + 1;
		}
		tick += 64 - b % 64;
	}
	return to + 1;
}

/* What ends of flows touch, from record i of a bucket on, for FLOW_BATCH of them: fetched at once,
 * where one after the other would wait for each. */
static void fetch_due(struct flow_table *t, uint32_t i)
{
	uint32_t rec[FLOW_BATCH] = {0};
	size_t n = 0;

	for (; i && n < FLOW_BATCH; i = rec_at(t, i)->next)
		rec[n++] = i;
	flow_fetch(t, rec, n);
	for (size_t k = 0; t->end_ns == TIME_NONE && k < n; k++)
		flow_fetch_end(t, rec[k]);
}

/* Bucket b has come up. */
static void due_now(struct flow_table *t, unsigned b, int64_t ts_ns)
{
	uint32_t last = t->wheel.tail[b];
	unsigned n = 0;

	/* Up to `last`: those put back into this bucket, a round later, stand behind it. */
	for (uint32_t i = t->wheel.head[b], next; i; i = next) {
		struct rec *r = rec_at(t, i);

		if (n++ % FLOW_BATCH == 0)
			fetch_due(t, i);
		next = i == last ? 0 : r->next;
		if (rec_deadline(t, r) < ts_ns) {
			t->stats.expired++;
			flow_finish(t, i);
		} else {
			wheel_remove(t, i);
			wheel_put(t, i);
		}
	}
}

void wheel_turn(struct flow_table *t, int64_t ts_ns)
{
	struct wheel *w = &t->wheel;
	int64_t now = wheel_tick(ts_ns);

	/* Backwards (another file, packets out of order): nothing is due, and what was put for a
	 * later time is met again when that time comes. Forwards: one round meets every bucket. */
	int64_t from = w->tick + 1;

	w->tick = now;
	w->tick_ns = now * NS_PER_S;
	if (now - from >= WHEEL_BUCKETS)
		from = now - WHEEL_BUCKETS + 1;
	for (int64_t tick = from; (tick = next_filled(w, tick, now)) <= now; tick++)
		due_now(t, (unsigned)((uint64_t)tick % WHEEL_BUCKETS), ts_ns);
}

bool wheel_evict(struct flow_table *t)
{
	struct wheel *w = &t->wheel;
	int64_t to = w->tick + WHEEL_BUCKETS;

	for (int64_t tick = w->tick + 1; (tick = next_filled(w, tick, to)) <= to; tick++) {
		unsigned b = (unsigned)((uint64_t)tick % WHEEL_BUCKETS);
		uint32_t last = w->tail[b];

		for (uint32_t i = w->head[b], next; i; i = next) {
			struct rec *r = rec_at(t, i);

			next = i == last ? 0 : r->next;
			if (i == t->pinned)
				continue;
			if (due(t, r) <= tick) {
				t->stats.evicted++;
				flow_finish(t, i);
				return true;
			}
			wheel_remove(t, i);
			wheel_put(t, i);
		}
	}
	return false;
}

uint32_t wheel_next(const struct flow_table *t, struct wheel_at *at)
{
	const struct wheel *w = &t->wheel;
	int64_t last = w->tick + WHEEL_BUCKETS - 1;
	uint32_t i;

	while (!at->rec) {
		int64_t from = at->tick < w->tick ? w->tick : at->tick;
		int64_t tick = next_filled(w, from, last);

		if (tick > last)
			return 0;
		at->rec = w->head[(uint64_t)tick % WHEEL_BUCKETS];
		at->tick = tick + 1;
	}
	i = at->rec;
	at->rec = rec_at(t, i)->next;
	return i;
}

void wheel_drain(struct flow_table *t)
{
	struct wheel *w = &t->wheel;

	unsigned n = 0;

	for (int64_t tick = w->tick; t->stats.live; n++) {
		tick = next_filled(w, tick, tick + WHEEL_BUCKETS - 1);

		uint32_t i = w->head[(uint64_t)tick % WHEEL_BUCKETS];

		if (n % FLOW_BATCH == 0)
			fetch_due(t, i);
		flow_finish(t, i);
	}
}
