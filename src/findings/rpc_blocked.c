// SPDX-License-Identifier: BSD-2-Clause
/*
 * Ports that a server handed out to a client, and that the client then could not reach: the mapper
 * is open on the path, and what it points to is not.
 *
 * The fact is the interface that this client cannot reach at this server. Where the client reached
 * the same interface on another port of that server, or at another server of the role that a rule
 * gives it (one DC of three), it has what it needs: the failure is `blocked` then, and not this.
 * What loss, a one-way mirror or IPsec may have hidden is no finding at all.
 */
#include <stdlib.h>
#include <string.h>

#include "base/proto.h"
#include "findings/cand.h"
#include "findings/demand.h"
#include "findings/view.h"
#include "recognise/rpc_iface.h"

/* An interface that a client reached: at a server, and for a rule. */
struct reached {
	uint64_t client, where;
	uint8_t uuid[16];
	uint16_t port; /* of an object, which is at its port alone; else 0 */
};

struct rpc_blocks {
	VEC(struct reached) reached;
	VEC(uint32_t) failed;
	struct cands cands; /* iface: in the interfaces of its grant; -1 an object, or a list */
};

/* ------------------------------------------------------------------ who reached what */

static uint64_t end_of_party(const struct work *w, uint32_t party)
{
	const struct host *h = w->party[party].host;

	return h && !h->is_network ? h->index : UINT64_C(1) << 40 | party;
}

static uint64_t rule_number(const struct rule *r)
{
	return UINT64_C(1) << 41 | r->index;
}

static int reached_order(const void *a, const void *b)
{
	const struct reached *x = a, *y = b;
	int d;

	if (x->client != y->client)
		return x->client < y->client ? -1 : 1;
	if (x->where != y->where)
		return x->where < y->where ? -1 : 1;
	d = memcmp(x->uuid, y->uuid, sizeof x->uuid);
	return d ? d : (int)x->port - (int)y->port;
}

static bool dynamic_verdict(const struct item *it)
{
	return it->r.verdict == KIND_DOCUMENTED_DYNAMIC || it->r.verdict == KIND_RPC_OUT_OF_RANGE ||
	       it->r.why == CASE_REPLICATES;
}

static struct reached key_of(const struct work *w, const struct item *it, const struct rpc_iface *f,
			     bool by_rule)
{
	struct reached k = {
		.client = end_of_party(w, it->client),
		.where = by_rule ? rule_number(it->r.rule) : end_of_party(w, it->server),
		.port = f ? 0 : it->port,
	};

	if (f)
		memcpy(k.uuid, f->uuid, sizeof k.uuid);
	return k;
}

static bool by_rule(const struct item *it)
{
	return it->r.rule && it->r.rule->rpc;
}

static bool reached_add(struct work *w, struct rpc_blocks *b, const struct item *it)
{
	struct grant_hit hit;
	size_t n;
	const struct rpc_iface *f = rpc_ifaces(w, item_shown(w, it), &hit, &n);

	/* An object is reached whatever its interface. */
	if (hit.g && rpc_is_dcom(hit.g) && !vec_push(&b->reached, key_of(w, it, NULL, false)))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!vec_push(&b->reached, key_of(w, it, &f[i], false)))
			return false;
		if (by_rule(it) && !vec_push(&b->reached, key_of(w, it, &f[i], true)))
			return false;
	}
	return true;
}

static bool is_reached(const struct work *w, const struct rpc_blocks *b, const struct item *it,
		       const struct rpc_iface *f)
{
	struct reached k = key_of(w, it, f, false);

	if (!b->reached.n)
		return false;
	if (bsearch(&k, b->reached.v, b->reached.n, sizeof k, reached_order))
		return true;
	if (!f || !by_rule(it))
		return false;
	k = key_of(w, it, f, true);
	return bsearch(&k, b->reached.v, b->reached.n, sizeof k, reached_order);
}

/* ------------------------------------------------------------------ what failed */

/* Told to this client, and tried in vain after that. */
static bool in_vain(const struct work *w, const struct item *it, struct grant_hit *ret_hit)
{
	const struct conv *c;

	if (!it->scope || it->scan || it->group || it->probe || !dynamic_verdict(it))
		return false;
	if (it->outcome != OUTCOME_FAILED && it->outcome != OUTCOME_BROKEN)
		return false;
	c = item_shown(w, it);
	if (!grant_find(w->grants, c, ret_hit) || !ret_hit->own)
		return false;
	/* The mapper still hands out what has stopped working. */
	if (it->outcome == OUTCOME_BROKEN)
		return ret_hit->own->last_ns >= it->since_ns;
	return conv_fail(c)->last_ns == TIME_NONE ||
	       ret_hit->own->first.ts_ns <= conv_fail(c)->last_ns;
}

static struct fact fact_of(struct work *w, const struct item *it, const struct rpc_iface *f)
{
	return (struct fact){
		.kind = KIND_RPC_BLOCKED,
		.client = party_token(w, &w->party[it->client]),
		.server = party_token(w, &w->party[it->server]),
		.proto = it->proto,
		.service = f ? rpc_iface_label(w->a, f) : "dynamic",
	};
}

static bool cand_add(struct work *w, struct rpc_blocks *b, uint32_t item, const struct rpc_iface *f,
		     int8_t at)
{
	struct fact fact = fact_of(w, &w->item[item], f);

	return cands_add(&b->cands, &fact, (struct cand){.item = item, .iface = at});
}

/* A list of all that a server has says nothing of what the client came for. */
static bool cands_of(struct work *w, struct rpc_blocks *b, uint32_t item, bool *ret_any)
{
	struct grant_hit hit;
	const struct item *it = &w->item[item];

	*ret_any = false;
	grant_find(w->grants, item_shown(w, it), &hit);
	for (unsigned i = 0; i < hit.n_iface && !hit.listed; i++) {
		if (is_reached(w, b, it, &hit.iface[i]))
			continue;
		*ret_any = true;
		if (!cand_add(w, b, item, &hit.iface[i], (int8_t)i))
			return false;
	}
	if ((!hit.n_iface || hit.listed) && !is_reached(w, b, it, NULL)) {
		*ret_any = true;
		return cand_add(w, b, item, NULL, -1);
	}
	return true;
}

/* ------------------------------------------------------------------ rules */

/* Rows of one group, also of two packs, are one demand. */
static bool same_need(const struct rule *a, const struct rule *b)
{
	return a == b || (a->rpc && b->rpc && a->group && *a->group && b->group &&
			  !strcmp(a->group, b->group));
}

static void tell_rules(struct work *w, const struct item *it, const char *unproved)
{
	const struct party *cl = &w->party[it->client], *sv = &w->party[it->server];

	for (size_t i = 0; it->r.rule && i < matrix_n_rules(w->m); i++) {
		const struct rule *r = matrix_rule(w->m, i);
		struct rule_count *n = &w->demands->count[i];

		if (r->when_missing != MISSING_REPORT_IF_MAPPED || !same_need(r, it->r.rule) ||
		    !(cl->roles & rule_demanded_of(w->m, r)) || !(sv->roles & r->to))
			continue;
		if (unproved) {
			n->unproved++;
			n->unproved_why = n->unproved_why ? n->unproved_why : unproved;
		} else {
			/* One client of several findings is one. */
			n->blocked +=
				!n->blocked_who || strcmp(n->blocked_who, party_token(w, cl)) != 0;
			n->blocked_who = n->blocked_who ? n->blocked_who : party_token(w, cl);
		}
	}
}

/* ------------------------------------------------------------------ marking */

static bool collect(struct work *w, struct rpc_blocks *b)
{
	struct grant_hit hit;

	for (size_t i = 0; i < w->n; i++)
		if (in_vain(w, &w->item[i], &hit) && !vec_push(&b->failed, (uint32_t)i))
			return false;
	for (size_t i = 0; b->failed.n && i < w->n; i++)
		if (w->item[i].scope && w->item[i].outcome == OUTCOME_GOOD &&
		    dynamic_verdict(&w->item[i]) && !reached_add(w, b, &w->item[i]))
			return false;
	if (b->reached.n)
		qsort(b->reached.v, b->reached.n, sizeof *b->reached.v, reached_order);
	return true;
}

bool rpc_blocked_mark(struct work *w)
{
	struct rpc_blocks *b = calloc(1, sizeof *b);
	const char **why = NULL;
	bool ok;

	w->blocks = b;
	ok = b && collect(w, b);
	if (!ok || !b->failed.n)
		return ok;
	why = calloc(b->failed.n, sizeof *why);
	ok = why && failures_judge(w, b->failed.v, b->failed.n, why);
	for (size_t i = 0; ok && i < b->failed.n; i++) {
		struct item *it = &w->item[b->failed.v[i]];
		size_t n = b->cands.n;
		bool any;

		ok = cands_of(w, b, b->failed.v[i], &any);
		if (!any)
			continue;
		if (why[i])
			b->cands.n = n;
		tell_rules(w, it, why[i]);
		it->covered = true;
	}
	free(why);
	return ok && cands_sort(&b->cands) && !w->failed;
}

void rpc_blocked_done(struct work *w)
{
	if (!w->blocks)
		return;
	vec_done(&w->blocks->reached);
	vec_done(&w->blocks->failed);
	cands_done(&w->blocks->cands);
	free(w->blocks);
	w->blocks = NULL;
}

/* ------------------------------------------------------------------ findings */

static const char *failed_advice(struct work *w, const struct item *it, const struct finding *f,
				 const char *service)
{
	const struct conv *c = item_conv(w, it);
	const char *client = text_endpoint(w, &f->client), *server = text_endpoint(w, &f->server);

	if (w->site->rpc_restricted && !port_list_has(&w->site->rpc, c->port))
		return arena_printf(w->a,
				    "%s is to keep RPC within the range of the site file (rpc) and "
				    "handed out %u: set the range on the server and restart it, or "
				    "correct the site file and open what it really uses.",
				    server, c->port);
	if (c->by_state[STATE_REFUSED] && conv_refusal(c)->who == REFUSER_SERVER)
		return arena_printf(w->a,
				    "The server itself refused, so the way is open: the service "
				    "behind %s has ended since it registered. Restart that service "
				    "on %s, and see that no host firewall there resets.",
				    service, server);
	return arena_printf(
		w->a,
		"Let %s reach the whole range of ports that %s hands out (%s by default): the "
		"number changes with the server's restart. Or pin it on the server "
		"(HKLM\\SOFTWARE\\Microsoft\\Rpc\\Internet, or the service's own fixed port) "
		"and let that through.",
		client, server, c->port < 5001 ? "1025-5000 on such an old server" : "49152-65535");
}

static const char *both_filter(struct work *w, const struct finding *f)
{
	struct finding pair = *f;
	const char *ends;

	pair.port = 0;
	ends = text_filter(w, &pair);
	if (!f->port)
		return ends;
	return arena_printf(w->a,
			    ends ? "%s && (tcp.port==135 || %s.port==%u)"
				 : "%stcp.port==135 || %s.port==%u",
			    ends ? ends : "", proto_text(f->proto), f->port);
}

static void ends_of(struct work *w, struct finding *f, const struct cand *v, size_t n)
{
	const struct item *first = &w->item[v[0].item];
	bool one[2] = {true, true};

	for (size_t i = 0; i < n; i++) {
		const struct item *it = &w->item[v[i].item];

		one[0] &= it->client == first->client;
		one[1] &= it->server == first->server;
		f->port = it->port == first->port ? f->port : 0;
		finding_of(w, f, it);
	}
	f->client = party_end(&w->party[first->client]);
	f->server = party_end(&w->party[first->server]);
	/* Several addresses of one host, or clients of one network: that is their name. */
	if (!one[0]) {
		const struct host *h = w->party[first->client].host;

		f->client.has_address = false;
		f->client.name = NULL;
		f->client.network =
			h && h->is_network ? party_token(w, &w->party[first->client]) : NULL;
	}
	if (!one[1]) {
		f->server.has_address = false;
		f->server.name = NULL;
	}
	if (f->folded == 1)
		f->folded = 0;
}

/* The first conversation of the finding that failed in another way than `it`; NULL: all alike. */
static const struct item *failed_otherwise(const struct work *w, const struct item *it,
					   const struct cand *v, size_t n)
{
	const struct item *first = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct item *other = &w->item[v[i].item];

		if (other->state == it->state &&
		    conv_refusal(item_conv(w, other))->who == conv_refusal(item_conv(w, it))->who)
			continue;
		if (!first || item_conv(w, other)->first_ns < item_conv(w, first)->first_ns)
			first = other;
	}
	return first;
}

/* Who speaks with whom in `other`, "sql02 and dc01"; by address where names would say the same as
 * of `it`. */
static const char *pair_text(struct work *w, const struct item *it, const struct item *other)
{
	const struct party *cl = &w->party[other->client], *sv = &w->party[other->server];
	const char *client = party_token(w, cl), *server = party_token(w, sv);
	char buf[ADDR_TEXT];

	if (!strcmp(client, party_token(w, &w->party[it->client])) &&
	    !strcmp(server, party_token(w, &w->party[it->server]))) {
		client = arena_strdup(w->a, addr_format(&cl->addr, buf));
		server = arena_strdup(w->a, addr_format(&sv->addr, buf));
	}
	return arena_printf(w->a, "%s and %s", client ? client : "", server ? server : "");
}

/* What became of the conversations beside `it`. */
static const char *others_text(struct work *w, const struct item *it, const struct item *otherwise,
			       size_t n)
{
	const struct conv *c;

	if (n < 2)
		return "";
	if (!otherwise)
		return arena_printf(
			w->a, " The same failed in %s.",
			text_counted(w->a, n - 1, "more conversation", "more conversations"));
	c = item_conv(w, otherwise);
	return arena_printf(w->a, " %s failed as well, not all alike; between %s, %u/%s: %s",
			    text_counted(w->a, n - 1, "more conversation", "more conversations"),
			    pair_text(w, it, otherwise), c->port, proto_text(c->proto),
			    text_failure(w, c));
}

static bool blocked_finding(struct work *w, const struct cand *v, size_t n)
{
	const struct item *it = &w->item[v[0].item];
	struct grant_hit hit;
	const struct rpc_iface *iface;
	const struct item *otherwise;
	const char *label, *since = "";
	char text[TIME_TEXT];
	struct finding *f;
	struct fact fact;

	/* Who was told first tells it. */
	for (size_t i = 1; i < n; i++)
		if (item_conv(w, &w->item[v[i].item])->first_ns < item_conv(w, it)->first_ns)
			it = &w->item[v[i].item];
	grant_find(w->grants, item_conv(w, it), &hit);
	iface = v[0].iface >= 0 ? &hit.iface[v[0].iface] : NULL;
	for (size_t i = 0; i < n && iface; i++)
		if (&w->item[v[i].item] == it)
			iface = &hit.iface[v[i].iface];
	fact = fact_of(w, it, iface);
	f = finding_add(w, &fact, severity_guess(w, it, kind_row(KIND_RPC_BLOCKED)->severity));
	if (!f)
		return false;
	finding_rule_severity(f, it->r.rule);
	f->port = w->item[v[0].item].port;
	f->rule = it->r.rule;
	f->group = f->rule && f->rule->group && *f->rule->group ? f->rule->group : NULL;
	ends_of(w, f, v, n);
	label = iface ? rpc_iface_label(w->a, iface) : NULL;
	f->interface = label;
	f->state = it->state;
	finding_evidence(f, &hit.own->first, 1);
	finding_evidence(f, conv_fail(item_conv(w, it))->ev, conv_fail(item_conv(w, it))->n_ev);
	attempts_of(f, item_conv(w, it));
	if (it->outcome == OUTCOME_BROKEN) {
		since = arena_printf(w->a, " It worked before, and has failed since %s.",
				     time_human_tz(it->since_ns, site_tz(w->site), text));
		f->has_state = false;
	}
	otherwise = failed_otherwise(w, it, v, n);
	since = arena_printf(w->a, "%s%s", since, others_text(w, it, otherwise, n));
	label = label ? label : rpc_is_dcom(hit.own) ? "an object (DCOM)" : "its services";
	f->why =
		arena_printf(w->a, "%s was told where %s of %s is, and could not reach it. %s %s%s",
			     text_endpoint(w, &f->client), label, text_endpoint(w, &f->server),
			     text_grant(w, hit.own), text_failure(w, item_conv(w, it)), since);
	f->advice = failed_advice(w, it, f, label);
	if (otherwise) {
		const char *also = failed_advice(w, otherwise, f, label);

		if (strcmp(also, f->advice) != 0)
			f->advice = arena_printf(w->a,
						 "%s Between %s it failed in another way, which "
						 "needs another step: %s",
						 f->advice, pair_text(w, it, otherwise), also);
	}
	f->tshark = both_filter(w, f);
	return true;
}

bool rpc_blocked_make(struct work *w)
{
	struct rpc_blocks *b = w->blocks;

	for (size_t i = 0, k; i < b->cands.n; i += k) {
		k = cands_same(&b->cands.v[i], b->cands.n - i);
		if (!blocked_finding(w, &b->cands.v[i], k))
			return false;
	}
	return !w->failed;
}
