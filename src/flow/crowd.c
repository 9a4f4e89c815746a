// SPDX-License-Identifier: BSD-2-Clause
/*
 * crowd - who pays when there is no room for another flow.
 *
 * Flows that were never answered are what a scan or a flood makes, and one sender, or one target of
 * many forged senders, could take the room of everybody else's. So whoever has most of them pays
 * first: its next to expire are ended, down to what the next one has. Only where nobody has much
 * more than others it is the flow next to expire, whosever it is (wheel.c).
 *
 * Nothing is counted before there is no room. A look passes over all flows, and frees an eighth of
 * them or is not repeated before half of them were ended otherwise: so each that is ended costs a
 * few looks at others, whatever an attacker sends.
 */
#include "flow/record.h"

enum {
	PAID = 4,   /* this part of all flows is ended before that is asked again */
	SHARE = 32, /* nobody pays who has no more than this part of those without answer ... */
	FEW = 64,   /* ... or no more than so many */
};

/* Nobody answered, or the handshake was not completed. */
static bool waits(const struct rec *r)
{
	uint32_t flags = r->flags;

	if (flags & F_UDP)
		return (flags & BOTH(F_SEEN)) != BOTH(F_SEEN);
	if (flags & (F_OPEN | BOTH(F_DATA)))
		return false;
	return flags & (BOTH(F_SYN) | BOTH(F_SYNACK)) || !r->cold;
}

/* Who asks, or (`target`) who is asked. */
static struct addr whose(const struct flow_table *t, const struct rec *r, bool target)
{
	int client = r->flags & F_UDP ? -1 : tcp_client(r->flags);
	unsigned side = client < 0 ? first_side(r) : (unsigned)client;
	struct addr addr[2];

	rec_addr(t, r, addr);
	return addr[target ? !side : side];
}

/* False when nobody has many more than others. */
static bool find(struct flow_table *t, bool target)
{
	const struct hash_key key = {t->key.word[0], t->key.word[1]};
	struct wheel_at at = {.tick = t->wheel.tick};
	struct crowd *c = &t->crowd;
	uint64_t waiting = 0;
	uint32_t i;

	c->target = target;
	c->due = t->stats.live / PAID + 1;
	c->at = at;
	most_begin(&c->most, &key);
	while ((i = wheel_next(t, &at))) {
		const struct rec *r = rec_at(t, i);
		struct addr a;

		if (!waits(r))
			continue;
		a = whose(t, r, target);
		most_see(&c->most, &a, 1);
		waiting++;
	}
	return most_share(&c->most, c->due, waiting / SHARE > FEW ? waiting / SHARE : FEW);
}

/* The next one that pays; 0 when there is none. */
static uint32_t payer(struct flow_table *t)
{
	struct crowd *c = &t->crowd;
	uint32_t i;

	while ((i = wheel_next(t, &c->at))) {
		const struct rec *r = rec_at(t, i);
		struct addr a;

		if (i == t->pinned || !waits(r))
			continue;
		a = whose(t, r, c->target);
		if (most_pays(&c->most, &a, 1))
			return i;
	}
	return 0;
}

bool crowd_evict(struct flow_table *t)
{
	struct crowd *c = &t->crowd;
	uint32_t i = 0;

	if (c->calm) {
		c->calm--;
		return false;
	}
	/* What paid last is asked first. */
	if (c->due || find(t, c->target) || find(t, !c->target))
		i = payer(t);
	if (!i) {
		c->due = 0;
		c->calm = t->stats.live / 2;
		return false;
	}
	c->due--;
	t->stats.evicted++;
	t->stats.crowded++;
	flow_finish(t, i);
	return true;
}
