// SPDX-License-Identifier: BSD-2-Clause
/*
 * json_conversations - the longest table by far. Most of a row repeats what others have: the same
 * ends, the same service judged the same way. Such pieces are written once and copied from then on;
 * a place for each hash, and what meets in one costs its text anew.
 */
#include <stdlib.h>

#include "base/dec.h"
#include "recognise/recognise.h"
#include "report/json_members.h"
#include "report/json_sections.h"

enum { END_BITS = 8, HOW_BITS = 8 };

struct kept_end {
	struct endpoint e;
	struct out text; /* empty: nothing is kept here */
};

struct how { /* everything between the ends and the figures */
	const struct rule *rule;
	uint32_t tunnel_id;
	uint16_t port, app, vlan;
	uint8_t proto, verdict, state, reason, tunnel;
};

struct kept_how {
	struct how h;
	struct out text;
};

struct pieces {
	struct kept_end client[1 << END_BITS], server[1 << END_BITS];
	struct kept_how how[1 << HOW_BITS];
};

static struct pieces *pieces_free(struct pieces *p)
{
	for (size_t i = 0; p && i < 1 << END_BITS; i++) {
		out_done(&p->client[i].text);
		out_done(&p->server[i].text);
	}
	for (size_t i = 0; p && i < 1 << HOW_BITS; i++)
		out_done(&p->how[i].text);
	free(p);
	return NULL;
}

/* A writer of members that go into a row. */
static struct jsonw members_of(struct out *o)
{
	out_reset(o);
	return (struct jsonw){.o = o, .depth = 1, .flat = 1};
}

static size_t place(uint64_t x, unsigned bits)
{
	return (size_t)(x * UINT64_C(0x9e3779b97f4a7c15) >> (64 - bits));
}

/* ------------------------------------------------------------------ ends */

static bool same_end(const struct endpoint *a, const struct endpoint *b)
{
	return a->has_address == b->has_address &&
	       (!a->has_address || addr_equal(&a->address, &b->address)) &&
	       a->network == b->network && a->host == b->host && a->name == b->name &&
	       a->name_source == b->name_source && a->roles == b->roles &&
	       a->known_by == b->known_by;
}

static const struct out *end_text(struct kept_end *kept, const char *name, const struct endpoint *e)
{
	uint64_t half[2];
	struct kept_end *k;
	struct jsonw w;

	memcpy(half, e->address.b, sizeof half);
	k = &kept[place(half[0] * 31 + half[1], END_BITS)];
	if (k->text.n && same_end(&k->e, e))
		return &k->text;
	k->e = *e;
	w = members_of(&k->text);
	endpoint(&w, name, e);
	return &k->text;
}

/* ------------------------------------------------------------------ how it was judged */

static struct how how_of(const struct judged *j)
{
	const struct conv *c = j->conv;

	return (struct how){
		.rule = j->rule,
		.tunnel_id = c->tunnel_id,
		.port = c->port,
		.app = j->app,
		.vlan = c->vlan,
		.proto = c->proto,
		.verdict = (uint8_t)j->verdict,
		.state = (uint8_t)c->state,
		.reason = (uint8_t)c->reason,
		.tunnel = c->tunnel,
	};
}

static bool same_how(const struct how *a, const struct how *b)
{
	return a->rule == b->rule && a->tunnel_id == b->tunnel_id && a->port == b->port &&
	       a->app == b->app && a->vlan == b->vlan && a->proto == b->proto &&
	       a->verdict == b->verdict && a->state == b->state && a->reason == b->reason &&
	       a->tunnel == b->tunnel;
}

/* What its packets came in: attributes, no part of what a conversation is. */
static void way_members(struct jsonw *w, const struct conv *c)
{
	jsonw_name(w, "vlan");
	if (c->vlan)
		jsonw_uint(w, c->vlan);
	else
		jsonw_null(w);
	text_member(w, "tunnel", some(tunnel_name((enum tunnel)c->tunnel)));
	jsonw_name(w, "tunnel_id");
	if (c->tunnel_id)
		jsonw_uint(w, c->tunnel_id);
	else
		jsonw_null(w);
}

/* Of conversations that opened any, and no others. */
static void pipes(struct jsonw *w, const struct conv *c)
{
	const struct conv_more *m = conv_more(c);

	if (!m->n_pipe)
		return;
	jsonw_name(w, "pipes");
	jsonw_array_flat(w);
	for (unsigned i = 0; i < m->n_pipe; i++)
		jsonw_text(w, m->pipe[i]);
	jsonw_array_end(w);
}

static void how_members(struct jsonw *w, const struct judged *j)
{
	const struct conv *c = j->conv;

	service(w, c->proto, "server_port", c->port);
	text_member(w, "verdict", kind_name(j->verdict));
	text_member(w, "state", flow_state_name(c->state));
	text_member(w, "rule", j->rule ? j->rule->id : NULL);
	text_member(w, "rule_pack", j->rule ? j->rule->pack : NULL);
	text_member(w, "protocol", some(app_name(j->app)));
	json_interfaces(w, conv_more(c)->iface, conv_more(c)->n_iface);
	pipes(w, c);
	direction_member(w, true, dir_confidence(c->reason), c->reason);
	way_members(w, c);
}

static const struct out *how_text(struct pieces *p, const struct judged *j)
{
	const struct how h = how_of(j);
	struct kept_how *k = &p->how[place(
		(uint64_t)h.port << 48 ^ (uint64_t)h.app << 32 ^ (uint64_t)h.verdict << 16 ^
			(uint64_t)h.state << 8 ^ (uint64_t)h.reason << 4 ^ h.proto,
		HOW_BITS)];
	struct jsonw w;

	if (k->text.n && same_how(&k->h, &h))
		return &k->text;
	k->h = h;
	w = members_of(&k->text);
	how_members(&w, j);
	return &k->text;
}

/* ------------------------------------------------------------------ rows */

static char *put_time(char *p, int64_t ns)
{
	char text[TIME_TEXT];

	if (ns == TIME_NONE)
		return stpcpy(p, "null");
	*p++ = '"';
	p = stpcpy(p, time_rfc3339(ns, text));
	*p++ = '"';
	return p;
}

/* `each` way, in brackets. */
static char *put_both(char *p, const uint64_t each[2])
{
	*p++ = '[';
	p = dec_put(p, each[0]);
	p = stpcpy(p, ", ");
	p = dec_put(p, each[1]);
	*p++ = ']';
	return p;
}

static void figures(struct out *o, const struct judged *j)
{
	const struct conv *c = j->conv;
	char text[512] = {0}; /* 110 of names, seven numbers, two times */
	char *p = text;

	p = dec_put(stpcpy(p, ", \"flows\": "), c->flows);
	p = dec_put(stpcpy(p, ", \"failed_flows\": "), conv_fail(c)->n);
	p = put_both(stpcpy(p, ", \"packets\": "), c->packets);
	p = put_both(stpcpy(p, ", \"bytes\": "), c->bytes);
	p = put_time(stpcpy(p, ", \"first\": "), c->first_ns);
	p = put_time(stpcpy(p, ", \"last\": "), c->last_ns);
	p = dec_put(stpcpy(p, ", \"folded\": "), j->folded);
	out_bytes(o, text, (size_t)(p - text));
}

static void row(struct jsonw *w, struct pieces *p, const struct judged *j)
{
	const struct conv_more *m = conv_more(j->conv);
	const struct out *client = end_text(p->client, "client", &j->client);
	const struct out *server = end_text(p->server, "server", &j->server);

	if (out_failed(client) || out_failed(server)) {
		w->o->failed = true;
		return;
	}
	jsonw_object_flat(w);
	out_bytes(w->o, client->p, client->n);
	out_puts(w->o, ", ");
	out_bytes(w->o, server->p, server->n);
	w->more = true;
	if (m->n_iface || m->n_pipe) {
		how_members(w, j);
	} else {
		const struct out *how = how_text(p, j);

		w->o->failed |= out_failed(how);
		out_puts(w->o, ", ");
		out_bytes(w->o, how->p, how->n);
	}
	figures(w->o, j);
	jsonw_object_end(w);
}

void json_conversations(struct jsonw *w, const struct result *r)
{
	struct pieces *p = calloc(1, sizeof *p);

	jsonw_name(w, "conversations");
	jsonw_array(w);
	for (size_t i = 0; p && i < r->n_convs; i++) {
		row(w, p, &r->convs[i]);
		out_take(w->o);
	}
	jsonw_array_end(w);
	w->o->failed |= !p;
	pieces_free(p);
}
