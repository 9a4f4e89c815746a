// SPDX-License-Identifier: BSD-2-Clause
/*
 * attempts - SYNs that nothing followed. They are put down as they come, and looked at when all is
 * known: most are the only one to their service, so that no table needs to be asked for it.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/huge.h"
#include "base/proto.h"
#include "base/radix.h"
#include "flow/conv_table.h"

static_assert(sizeof(struct attempt) == 40, "millions of them");

static struct flow_done flow_of(const struct attempt *a)
{
	return (struct flow_done){
		.port = {a->client_port, a->port},
		.proto = IPPROTO_NR_TCP,
		.directed = true,
		.reason = DIR_SYN,
		.state = STATE_NO_ANSWER,
		.packets = {1},
		.bytes = {a->bytes},
		.first_ns = a->ns,
		.last_ns = a->ns,
		.ev = {{a->ns, a->input, a->number}},
		.n_ev = 1,
		.vlan = a->vlan,
		.tunnel = (uint8_t)a->tunnel,
		.tunnel_id = a->tunnel_id,
		.tries = !a->unproven,
		.started = true,
		.refusal_ns = TIME_NONE,
	};
}

int attempt_into(struct conv_rows *rows, struct conv *c, const struct attempt *a)
{
	const struct flow_done d = flow_of(a);

	return conv_flow(rows, c, &d, &(struct conv_facts){0});
}

static void made_rows(struct attempt_conv *r, const struct attempt *t)
{
	const struct evidence ev = {t->ns, t->input, t->number};

	r->conv.ok_ev[0] = ev;
	r->conv.sole.n_ev = 1;
	r->conv.alone = true;
	r->conv.n_app = 1;
	if (t->unproven)
		return;
	r->fail.n = r->fail.tries = 1;
	r->fail.first_ns = r->fail.last_ns = r->fail.newest_ns[0] = t->ns;
	r->fail.ev[0] = ev;
	r->fail.n_ev = 1;
	r->minute.minute = conv_minute_of(t->ns);
	r->minute.first_ns = r->minute.last_ns = t->ns;
	r->minute.n = 1;
	r->fail.minutes = &r->minute;
	r->fail.n_minutes = 1;
	r->conv.fail = &r->fail;
}

/* What attempt_into() would make of a new conversation, by the hundred thousand: in one piece. */
static const struct conv *conv_made(const struct addr *client, const struct addr *server,
				    const struct attempt *t, struct attempt_conv *ret)
{
	struct conv *c = &ret->conv;

	conv_init(c, client, server, t->port, IPPROTO_NR_TCP);
	c->client_no = t->client_no;
	c->server_no = t->server_no;
	c->reason = DIR_SYN;
	c->state = STATE_NO_ANSWER;
	c->flows = c->by_state[STATE_NO_ANSWER] = 1;
	c->packets[0] = 1;
	c->bytes[0] = t->bytes;
	c->first_ns = c->last_ns = t->ns;
	busy_add(&c->busy, t->ns);
	c->vlan = t->vlan;
	c->tunnel = (uint8_t)t->tunnel;
	c->tunnel_id = t->tunnel_id;
	c->client_port_min = c->client_port_max = t->client_port;
	c->started = true;
	made_rows(ret, t);
	return c;
}

const struct conv *conv_of_attempt(const struct ends *ends, const struct attempt *t,
				   struct attempt_conv *ret)
{
	return conv_made(&ends->addr[t->client_no], &ends->addr[t->server_no], t, ret);
}

int attempts_each(const struct conv_table *t,
		  int (*fn)(void *user, const struct conv *c, bool waiting), void *user)
{
	struct attempt_conv made = {0};
	int r = 0;

	for (size_t i = 0; r == 0 && i < t->attempts.n; i++) {
		const struct attempt *a = &t->attempts.v[i];

		r = fn(user,
		       conv_made(&t->addrs.v[a->client_no].addr, &t->addrs.v[a->server_no].addr, a,
				 &made),
		       false);
	}
	return r;
}

void attempts_replace(struct conv_table *t, struct bulk *bulk, size_t n)
{
	bulk_done(&t->attempts.bulk, t->o.bank);
	t->attempts.bulk = *bulk;
	t->attempts.v = bulk->v;
	t->attempts.n = n;
}

static int told_twice(struct conv_table *t, const struct radix_key *key, size_t n)
{
	const struct attempt *first = &t->attempts.v[key[0].number];
	struct conv_key k = {first->client_no, first->server_no, first->port, IPPROTO_NR_TCP, -1};
	int err;
	struct conv *c = conv_set_get(t, &t->convs, &k, true, &err);

	for (size_t i = 0; c && i < n && err == 0; i++)
		err = attempt_into(&t->rows, c, &t->attempts.v[key[i].number]);
	return err;
}

/* Those to the same service become conversations; the others stay what they are. */
static int attempts_fold(struct conv_table *t)
{
	size_t n = t->attempts.n, left = 0;
	struct radix_key *key = malloc((2 * n + 1) * sizeof *key), *sorted;
	struct bulk bulk = {0};
	bool ok = bulk_room(&bulk, t->o.bank, (n + 1) * sizeof(struct attempt));
	struct attempt *once = bulk.v;
	int err = key && ok ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < n; i++) {
		const struct attempt *a = &t->attempts.v[i];

		key[i] = (struct radix_key){.hi = (uint64_t)a->client_no << 32 | a->server_no,
					    .lo = a->port,
					    .number = (uint32_t)i};
	}
	sorted = err ? NULL : radix_sort(key, key + n, n);
	for (size_t i = 0, k; !err && i < n; i = k) {
		for (k = i + 1;
		     k < n && sorted[k].hi == sorted[i].hi && sorted[k].lo == sorted[i].lo; k++)
			;
		if (k == i + 1)
			once[left++] = t->attempts.v[sorted[i].number];
		else
			err = told_twice(t, &sorted[i], k - i);
	}
	free(key);
	if (err) {
		bulk_done(&bulk, t->o.bank);
		return err;
	}
	attempts_replace(t, &bulk, left);
	t->attempts_left = left;
	return 0;
}

/* So many that it pays to look for those that belong together: each look costs a sort, and is worth
 * it when there are twice as many as the last one left, or some more and no room. */
static bool crowded(const struct conv_table *t)
{
	size_t many = t->o.max_conversations / 8 * 7, left = t->attempts_left;

	if (t->o.max_memory && t->o.max_memory / 8 * 7 / ATTEMPT_CHARGE < many)
		many = t->o.max_memory / 8 * 7 / ATTEMPT_CHARGE;
	if (t->attempts.n > many && t->attempts.n > 2 * left)
		return true;
	return t->attempts.n > left + left / 8 && !conv_table_has_room(t);
}

int attempts_make_room(struct conv_table *t)
{
	return crowded(t) ? attempts_fold(t) : 0;
}

static int to_flow(struct conv_table *t, const struct flow_attempt *a)
{
	const struct attempt small = {
		.ns = a->ns,
		.number = a->ev.number,
		.input = a->ev.input & 0xffffff,
		.tunnel = a->tunnel & 0x7f,
		.unproven = a->unproven,
		.tunnel_id = a->tunnel_id,
		.client_port = a->port[0],
		.port = a->port[1],
		.vlan = a->vlan,
	};
	struct flow_done d = flow_of(&small);

	for (unsigned i = 0; i < 2; i++)
		d.addr[i] = a->addr[i];
	d.bytes[0] = a->bytes;
	d.mac_vlan[0] = a->mac_vlan;
	memcpy(d.mac[0], a->mac, sizeof d.mac[0]);
	d.client_ttl = a->ttl;
	return conv_table_add(t, &d, &(struct conv_facts){0});
}

static bool of_group(const struct flow_attempt *a)
{
	for (unsigned i = 0; i < 2; i++)
		if (addr_is_multicast(&a->addr[i]) || addr_is_broadcast(&a->addr[i]))
			return true;
	return false;
}

static bool more(struct conv_table *t)
{
	struct attempts *a = &t->attempts;

	if (!bulk_room(&a->bulk, t->o.bank, (a->n + 1) * sizeof *a->v))
		return false;
	a->v = a->bulk.v;
	return true;
}

static int put(struct conv_table *t, const struct waiting_attempt *w)
{
	const struct flow_attempt *a = &w->a;
	uint16_t vlan = t->o.vlan_key ? a->vlan : 0;
	uint32_t no[2];
	int err = attempts_make_room(t);

	if (err)
		return err;
	/* Without room it may still be one more of a conversation that there is. */
	if (!conv_table_has_room(t))
		return to_flow(t, a);
	for (unsigned i = 0; i < 2; i++)
		no[i] = end_number_tagged(&t->addrs, &a->addr[i], vlan, w->tag[i], true);
	if (no[0] == END_NONE || no[1] == END_NONE || !more(t))
		return -ENOMEM;
	t->attempts.v[t->attempts.n++] = (struct attempt){
		.client_no = no[0],
		.server_no = no[1],
		.ns = a->ns,
		.number = a->ev.number,
		.input = a->ev.input & 0xffffff,
		.tunnel = a->tunnel & 0x7f,
		.unproven = a->unproven,
		.tunnel_id = a->tunnel_id,
		.bytes = (uint16_t)a->bytes,
		.client_port = a->port[0],
		.port = a->port[1],
		.vlan = a->vlan,
	};
	t->addrs.v[no[0]].used = t->addrs.v[no[1]].used = true;
	end_look(&t->addrs.v[no[0]], a->ttl, a->ttl, a->mac);
	return 0;
}

int attempts_flush(struct conv_table *t)
{
	int err = 0;

	for (unsigned i = 0; i < t->n_line; i++)
		for (unsigned k = 0; k < 2; k++)
			end_fetch(&t->addrs, t->line[i].tag[k]);
	for (unsigned i = 0; i < t->n_line && err == 0; i++)
		err = put(t, &t->line[i]);
	t->n_line = 0;
	return err;
}

/* A scanner's attempts come one behind the other. */
static uint32_t tag_again(const struct conv_table *t, const struct waiting_attempt *w, unsigned k,
			  uint16_t vlan)
{
	const struct waiting_attempt *before = t->n_line ? w - 1 : NULL;

	if (before && addr_equal(&before->a.addr[k], &w->a.addr[k]) && before->a.vlan == w->a.vlan)
		return before->tag[k];
	return end_tag(&t->addrs, &w->a.addr[k], vlan);
}

int conv_table_attempt(struct conv_table *t, const struct flow_attempt *a)
{
	uint16_t vlan = t->o.vlan_key ? a->vlan : 0;
	struct waiting_attempt *w = &t->line[t->n_line];

	if (a->bytes > UINT16_MAX || of_group(a))
		return to_flow(t, a);
	w->a = *a;
	for (unsigned k = 0; k < 2; k++) {
		w->tag[k] = tag_again(t, w, k, vlan);
		end_fetch_slot(&t->addrs, w->tag[k]);
	}
	return ++t->n_line < ATTEMPTS_LINE ? 0 : attempts_flush(t);
}
