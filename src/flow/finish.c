// SPDX-License-Identifier: BSD-2-Clause
/*
 * finish - from the facts of a flow to what is said of it: who was the client, what came of it, and
 * which packets show it.
 */
#include "flow/record.h"
#include "flow/stream.h"

/* A single try this close to the end of the input may still have been answered. */
#define UNPROVEN_NS (3 * NS_PER_S)

struct verdict {
	enum flow_state state;
	unsigned client;
};

void rec_addr(const struct flow_table *t, const struct rec *r, struct addr ret_addr[2])
{
	if (r->flags & F_V6) {
		memcpy(ret_addr, line_at(t, r->v6), 2 * sizeof *ret_addr);
		return;
	}
	ret_addr[0] = addr_v4(r->a[0]);
	ret_addr[1] = addr_v4(r->a[1]);
}

/* A RST carries the server's address in any case. What it was sent from shows in the hop limit and
 * the MAC address, if other packets of the server were seen. Its IPv4 identification shows nothing:
 * any value is allowed in a datagram that is not fragmented (RFC 6864 4.1). */
static unsigned signs_of(const struct flow_table *t, const struct rest *e, const struct refusal *f,
			 unsigned server)
{
	unsigned signs = f->odd ? REFUSAL_SEQUENCE : 0;
	uint8_t mac[2][6];

	if (!e->ttl[server])
		return signs;
	links_mac(&t->links, f->link, mac[0]);
	links_mac(&t->links, rest_link(e, server), mac[1]);
	if (f->ttl != e->ttl[server])
		signs |= REFUSAL_TTL;
	if (memcmp(mac[0], mac[1], 6) != 0)
		signs |= REFUSAL_MAC;
	return signs;
}

static enum refuser refuser_of(const struct refusal *f, unsigned signs, const struct addr *addr)
{
	if (!addr_equal(&f->by, addr))
		return REFUSER_OTHER;
	return f->rst && signs & (REFUSAL_TTL | REFUSAL_MAC) ? REFUSER_OTHER : REFUSER_SERVER;
}

/* The state that a RST or ICMP error to the client's packets makes; STATE_N: none does. */
static enum flow_state refused_state(const struct flow_table *t, const struct rec *r,
				     const struct cold *c, unsigned client,
				     const struct addr *server)
{
	const struct refusal *f = c ? refusal_at(t, c) : NULL;

	/* An error about the server's packets: the client closed early. */
	if (!f || f->quoted != client)
		return STATE_N;
	if (f->rst)
		return STATE_REFUSED;
	if (r->flags & F_UDP && f->icmp_class == ICMP_PORT && addr_equal(&f->by, server))
		return STATE_REFUSED;
	return STATE_REJECTED;
}

static enum flow_state tcp_state(const struct rec *r, unsigned client, enum flow_state refused)
{
	uint32_t flags = r->flags;
	unsigned server = !client;
	bool both = (flags & BOTH(F_SEEN)) == BOTH(F_SEEN);

	if (!(flags & (BOTH(F_SYN) | BOTH(F_SYNACK))))
		return both ? STATE_MID_STREAM : STATE_ONE_WAY;
	if (flags & F_OPEN || (flags & BOTH(F_DATA)) == BOTH(F_DATA))
		return STATE_ESTABLISHED;
	/* Only the server's side, or the client going on as if it had been answered. */
	if (!(flags & BIT(F_SEEN, client)) ||
	    (!(flags & BIT(F_SEEN, server)) && flags & BIT(F_ACKED, client)))
		return STATE_ONE_WAY;
	if (flags & (BIT(F_SYNACK, server) | BIT(F_ACKED, server)))
		return STATE_HALF_OPEN;
	return refused != STATE_N ? refused : STATE_NO_ANSWER;
}

static enum flow_state udp_state(const struct rec *r, unsigned client, enum flow_state refused,
				 const struct addr addr[2])
{
	if ((r->flags & BOTH(F_SEEN)) == BOTH(F_SEEN))
		return STATE_ESTABLISHED;
	/* Nobody answers from a group address. */
	for (unsigned i = 0; i < 2; i++)
		if (addr_is_multicast(&addr[i]) || addr_is_broadcast(&addr[i]))
			return STATE_ONE_WAY;
	if (!(r->flags & BIT(F_SEEN, client)))
		return STATE_ONE_WAY;
	return refused != STATE_N ? refused : STATE_NO_ANSWER;
}

static void put_evidence(struct flow_done *d, struct evidence e)
{
	unsigned i = d->n_ev++;

	for (; i > 0 && (d->ev[i - 1].ts_ns > e.ts_ns ||
			 (d->ev[i - 1].ts_ns == e.ts_ns && d->ev[i - 1].number > e.number));
	     i--)
		d->ev[i] = d->ev[i - 1];
	d->ev[i] = e;
}

static void put_seen(struct flow_done *d, const struct seen *s)
{
	if (s->rank)
		put_evidence(d, (struct evidence){s->ts_ns, s->input, s->number});
}

/* Turns side-indexed figures into client and server. */
static void put_sides(const struct flow_table *t, const struct rec *r, const struct cold *c,
		      struct flow_done *d, unsigned client, const struct addr addr[2])
{
	for (unsigned i = 0; i < 2; i++) {
		unsigned side = i ^ client;

		d->addr[i] = addr[side];
		d->port[i] = r->port[side];
		if (!c) {
			bool sender = side == first_side(r);

			d->packets[i] = sender;
			d->bytes[i] = sender ? r->bytes : 0;
			if (sender) {
				links_mac(&t->links, r->link, d->mac[i]);
				d->mac_vlan[i] = links_vlan(&t->links, r->link);
			}
			continue;
		}

		const struct loss *l = loss_at(t, c);
		const struct rest *e = rest_at(t, c);

		d->packets[i] = c->packets[side];
		d->bytes[i] = c->bytes[side];
		d->payload[i] = c->payload[side];
		if (l) {
			d->packets[i] += (uint64_t)l->packets_hi[side] << 32;
			d->unseen[i] = l->unseen[side];
		}
		links_mac(&t->links, rest_link(e, side), d->mac[i]);
		d->mac_vlan[i] = links_vlan(&t->links, rest_link(e, side));
	}
}

static void put_refusal(const struct flow_table *t, const struct cold *c, struct flow_done *d,
			unsigned client)
{
	const struct refusal *f = refusal_at(t, c);

	if (f && (d->state == STATE_REFUSED || d->state == STATE_REJECTED)) {
		if (f->rst) {
			d->refusal_signs = (uint8_t)signs_of(t, rest_at(t, c), f, !client);
			links_mac(&t->links, f->link, d->refusal_mac);
		}
		d->refuser = refuser_of(f, d->refusal_signs, &d->addr[1]);
		d->refused_by = f->by;
		d->refusal_ns = f->ts_ns;
		d->refusal_ttl = f->ttl;
		if (!f->rst) {
			d->icmp_type = f->icmp_type;
			d->icmp_code = f->icmp_code;
			d->icmp_class = f->icmp_class;
		}
	}
}

static bool unproven(const struct flow_table *t, int64_t ns)
{
	return t->end_ns != TIME_NONE && ns > t->end_ns - UNPROVEN_NS;
}

/* All that is known of a flow. */
static struct flow_done describe(struct flow_table *t, uint32_t i)
{
	struct rec *r = rec_at(t, i);
	struct cold *c = cold_at(t, r);
	struct flow_done d = {
		.proto = IPPROTO_NR_TCP, .reason = DIR_FIRST, .refusal_ns = TIME_NONE, .number = i};
	struct rest *e = c ? rest_at(t, c) : NULL;
	const struct loss *l = c ? loss_at(t, c) : NULL;
	const struct stream *st = c ? stream_at(t, r, c) : NULL;
	struct addr addr[2];
	unsigned client = first_side(r);
	int by = r->flags & F_UDP ? -1 : tcp_client(r->flags);

	d.app = c ? *app_at(t, r, c) : NULL;
	d.reader = st ? st->reader : NULL;
	if (by >= 0) {
		d.directed = true;
		d.reason = DIR_SYN;
	} else if ((d.app || d.reader) && t->ops.client_side) {
		by = t->ops.client_side(t->user, d.app, d.reader);
		if (by >= 0) {
			d.directed = true;
			d.reason = DIR_MESSAGE;
		}
	}
	if (by >= 0)
		client = by != 0;
	d.client_side = client;
	rec_addr(t, r, addr);

	enum flow_state refused = refused_state(t, r, c, client, &addr[!client]);

	if (r->flags & F_UDP) {
		d.proto = IPPROTO_NR_UDP;
		d.state = udp_state(r, client, refused, addr);
	} else {
		d.state = tcp_state(r, client, refused);
	}
	put_sides(t, r, c, &d, client, addr);
	if (d.proto == IPPROTO_NR_UDP) {
		uint64_t asked = d.packets[0] - (c ? c->next[client] : 0);

		d.started = first_side(r) == client;
		d.tries = asked < UINT16_MAX ? (uint16_t)asked : UINT16_MAX;
	} else {
		d.started = r->flags & BIT(F_SYN, client);
		d.tries = c ? c->tries : (r->flags & BOTH(F_SYN)) != 0;
		d.rst_after_accept = r->flags & F_RST_ACCEPT;
		d.rst_after_data = r->flags & F_RST_END && !d.rst_after_accept &&
				   d.payload[0] + d.payload[1] > 0;
	}
	d.first_ns = l && l->has_early ? l->early_ns : r->first_ns;
	d.last_ns = r->last_ns;
	if (d.state == STATE_NO_ANSWER && d.tries <= 1 && unproven(t, d.last_ns))
		d.tries = 0;
	d.vlan = links_vlan(&t->links, r->link);
	d.tunnel = links_tunnel(&t->links, r->link, &d.tunnel_id);
	put_evidence(&d, (struct evidence){r->first_ns, r->input, r->number});
	if (e) {
		put_seen(&d, &e->answer);
		put_seen(&d, &e->extra);
		d.client_ttl = e->ttl[client];
		d.server_ttl = e->ttl[!client];
		put_refusal(t, c, &d, client);
	} else if (!(r->flags & BOTH(F_RST))) {
		*(first_side(r) == client ? &d.client_ttl : &d.server_ttl) = r->ttl;
	}
	return d;
}

void flow_cross(struct flow_table *t, uint32_t i, const struct packet *p)
{
	struct flow_done d = describe(t, i);

	t->ops.crossed(t->user, &d, p);
}

static void tell(struct flow_table *t, uint32_t i)
{
	struct flow_done d = describe(t, i);

	if (t->ops.done)
		t->ops.done(t->user, &d);
}

/* One SYN, and nothing else. */
static bool is_attempt(const struct rec *r)
{
	const uint32_t other = F_UDP | BOTH(F_SYNACK) | BOTH(F_FIN) | BOTH(F_RST) | BOTH(F_DATA) |
			       BOTH(F_ACKED) | BOTH(F_BEYOND) | F_OPEN | F_RST_ACCEPT | F_RST_END;

	return r->flags & BOTH(F_SYN) && !(r->flags & other);
}

static void tell_attempt(struct flow_table *t, const struct rec *r)
{
	unsigned client = first_side(r);
	struct addr addr[2];
	struct flow_attempt a = {
		.port = {r->port[client], r->port[!client]},
		.ns = r->first_ns,
		.ev = {r->first_ns, r->input, r->number},
		.bytes = r->bytes,
		.ttl = (uint8_t)r->ttl,
		.unproven = unproven(t, r->first_ns),
	};

	rec_addr(t, r, addr);
	a.addr[0] = addr[client];
	a.addr[1] = addr[!client];
	a.vlan = a.mac_vlan = links_vlan(&t->links, r->link);
	a.tunnel = links_tunnel(&t->links, r->link, &a.tunnel_id);
	links_mac(&t->links, r->link, a.mac);
	t->ops.attempt(t->user, &a);
}

static uint64_t hash_of(const struct flow_table *t, const struct rec *r)
{
	uint16_t vlan = t->vlan_key ? links_vlan(&t->links, r->link) : 0;
	struct addr addr[2];
	struct key k;

	rec_addr(t, r, addr);
	key_make(&k, &addr[0], r->port[0], &addr[1], r->port[1], r->flags & F_UDP, vlan, &t->key);
	return k.hash;
}

void flow_fetch_end(struct flow_table *t, uint32_t i)
{
	index_prefetch(&t->index, hash_of(t, rec_at(t, i)));
}

void flow_finish(struct flow_table *t, uint32_t i)
{
	struct rec *r = rec_at(t, i);
	struct cold *c = cold_at(t, r);

	if (c) {
		head_final(t, r, c);
		stream_end(t, r, c);
	}
	if (!c && t->ops.attempt && is_attempt(r))
		tell_attempt(t, r);
	else
		tell(t, i);
	wheel_remove(t, i);
	if (t->end_ns == TIME_NONE)
		index_remove(&t->index, hash_of(t, r), i);
	if (c) {
		if (c->loss)
			pool_put(&t->lines, loss_at(t, c)->holes);
		if (r->flags & F_STREAM)
			pool_put(&t->lines, rest_at(t, c)->stream);
		pool_put(&t->lines, c->loss);
		pool_put(&t->lines, c->refusal);
		pool_put(&t->lines, c->rest);
		pool_put(&t->lines, r->cold);
	}
	if (r->flags & F_V6)
		pool_put(&t->lines, r->v6);
	pool_put(&t->lines, i);
	t->stats.live--;
	t->stats.done++;
}
