// SPDX-License-Identifier: BSD-2-Clause
/*
 * From conversations to rulings: asks the question of each protocol that a conversation carried,
 * keeps the worst answer, and adds what only the neighbours of a conversation tell (answers to
 * broadcasts, the mapper's port, call-backs, peers of many hosts).
 */
#include <stdlib.h>
#include <string.h>

#include "base/proto.h"
#include "findings/work.h"

enum {
	EPM_PORT = 135,
	HTTP_EPM_PORT = 593,
	GROUP_PORTS = 64, /* ports that one client is taken to call groups on; more are a flood */
};

/* ------------------------------------------------------------------ what attempts came to */

bool conv_speaks_alone(const struct conv *c)
{
	static const uint16_t ports[] = {138, 162, 514};

	if (c->proto != IPPROTO_NR_UDP)
		return false;
	for (size_t i = 0; i < N_ELEMENTS(ports); i++)
		if (c->port == ports[i])
			return true;
	return c->notes & APP_NOTE_UNANSWERED_KIND;
}

/* A question for a NetBIOS name is mostly for one that nobody has. */
static bool unanswered_by_nature(const struct conv *c)
{
	return conv_speaks_alone(c) || (c->proto == IPPROTO_NR_UDP && c->port == 137);
}

/* The failures after the newest success. Minutes are kept for the newest failures only, so the
 * count is a lower bound; three of them over a minute are enough. */
static bool failing_since(const struct conv *c, int64_t *ret_since_ns)
{
	const struct conv_fail *f = conv_fail(c);
	uint64_t n = 0;
	int64_t since = TIME_NONE;

	if (!f->n || c->ok_last_ns == TIME_NONE)
		return false;
	for (unsigned i = 0; i < f->n_minutes; i++) {
		const struct conv_minute *m = &f->minutes[i];

		if (m->last_ns <= c->ok_last_ns)
			break;
		if (m->first_ns > c->ok_last_ns) {
			n += m->n;
			since = m->first_ns;
		} else {
			n++;
			if (since == TIME_NONE)
				since = m->last_ns;
		}
	}
	if (n < TRAILING_FAILS || f->last_ns - since < TRAILING_NS)
		return false;
	*ret_since_ns = since;
	return true;
}

enum outcome conv_outcome(const struct conv *c, int64_t to_ns, int64_t *ret_since_ns)
{
	*ret_since_ns = TIME_NONE;
	switch (c->state) {
	case STATE_ESTABLISHED:
		return failing_since(c, ret_since_ns) ? OUTCOME_BROKEN : OUTCOME_GOOD;
	case STATE_MID_STREAM:
		if (failing_since(c, ret_since_ns))
			return OUTCOME_BROKEN;
		return c->payload[0] && c->payload[1] ? OUTCOME_GOOD : OUTCOME_UNKNOWN;
	case STATE_ONE_WAY:
		return unanswered_by_nature(c) ? OUTCOME_NONE : OUTCOME_UNKNOWN;
	case STATE_HALF_OPEN:
	case STATE_REJECTED:
	case STATE_REFUSED:
		return OUTCOME_FAILED;
	case STATE_NO_ANSWER:
		if (unanswered_by_nature(c))
			return OUTCOME_NONE;
		/* A lone attempt proves something only when an answer had the time to come. */
		if (!conv_fail(c)->tries || (conv_fail(c)->tries == 1 && to_ns != TIME_NONE &&
					     to_ns - c->last_ns < LONE_TRY_NS))
			return OUTCOME_UNKNOWN;
		return OUTCOME_FAILED;
	case STATE_N:
		break;
	}
	return OUTCOME_UNKNOWN;
}

/* ------------------------------------------------------------------ neighbours */

struct group_call { /* a client's request to a group */
	uint32_t client;
	uint16_t port, cport_lo, cport_hi;
	int64_t first_ns, last_ns;
	uint32_t item;
};

struct dcom_pair { /* who spoke DCOM activation, OXID or MSDTC with whom */
	uint32_t client, server;
	int64_t first_ns, last_ns;
};

struct around {
	VEC(struct group_call) groups;
	VEC(struct dcom_pair) dcom;
};

static int group_order(const void *a, const void *b)
{
	const struct group_call *x = a, *y = b;

	if (x->client != y->client)
		return x->client < y->client ? -1 : 1;
	if (x->port != y->port)
		return x->port - y->port;
	return x->item < y->item ? -1 : x->item > y->item;
}

static int pair_order(const void *a, const void *b)
{
	const struct dcom_pair *x = a, *y = b;

	if (x->client != y->client)
		return x->client < y->client ? -1 : 1;
	return x->server < y->server ? -1 : x->server > y->server;
}

/* Protocols of object activation and of the resolver of objects. */
struct dcom_apps {
	uint16_t oxid, activation;
};

static bool speaks_dcom(const struct conv *c, const struct dcom_apps *dcom)
{
	/* 906b0ce0-c70b-1067-b317-00dd010662da, IXnRemote (MS-CMPO 1.9) */
	static const uint8_t ixn[16] = {0x90, 0x6b, 0x0c, 0xe0, 0xc7, 0x0b, 0x10, 0x67,
					0xb3, 0x17, 0x00, 0xdd, 0x01, 0x06, 0x62, 0xda};

	if (c->proto != IPPROTO_NR_TCP)
		return false;
	for (unsigned i = 0; i < conv_more(c)->n_iface; i++)
		if (!memcmp(conv_more(c)->iface[i].uuid, ixn, sizeof ixn))
			return true;
	for (unsigned i = 0; i < c->n_app; i++)
		if (conv_app_at(c, i) == dcom->oxid || conv_app_at(c, i) == dcom->activation)
			return true;
	return false;
}

/* One entry for each pair, so that a pair with many ports costs no more than one with few. */
static void dcom_merge(struct around *ar)
{
	size_t k = 0;

	if (!ar->dcom.n)
		return;
	qsort(ar->dcom.v, ar->dcom.n, sizeof *ar->dcom.v, pair_order);
	for (size_t i = 1; i < ar->dcom.n; i++) {
		struct dcom_pair *last = &ar->dcom.v[k], *p = &ar->dcom.v[i];

		if (pair_order(last, p)) {
			ar->dcom.v[++k] = *p;
			continue;
		}
		if (p->first_ns < last->first_ns)
			last->first_ns = p->first_ns;
		if (p->last_ns > last->last_ns)
			last->last_ns = p->last_ns;
	}
	ar->dcom.n = k + 1;
}

/* The same for calls of one client to one port of any group. */
static void groups_merge(struct around *ar)
{
	size_t k = 0;

	if (!ar->groups.n)
		return;
	qsort(ar->groups.v, ar->groups.n, sizeof *ar->groups.v, group_order);
	for (size_t i = 1; i < ar->groups.n; i++) {
		struct group_call *last = &ar->groups.v[k], *g = &ar->groups.v[i];

		if (last->client != g->client || last->port != g->port) {
			ar->groups.v[++k] = *g;
			continue;
		}
		if (g->first_ns < last->first_ns)
			last->first_ns = g->first_ns;
		if (g->last_ns > last->last_ns)
			last->last_ns = g->last_ns;
		if (g->cport_lo < last->cport_lo)
			last->cport_lo = g->cport_lo;
		if (g->cport_hi > last->cport_hi)
			last->cport_hi = g->cport_hi;
	}
	ar->groups.n = k + 1;
}

/* Answers of the resolver and of activation tell more than the first bytes of a conversation: a
 * connection may begin with the mapper and go on with them. */
static bool around_granted(const struct work *w, struct around *ar)
{
	for (size_t i = 0; i < w->in->n_grants; i++) {
		const struct grant *g = &w->in->grants[i];
		const struct party *cl, *sv;

		if (!rpc_is_dcom(g))
			continue;
		cl = party_of(w, &g->client);
		sv = party_of(w, &g->server);
		if (cl && sv &&
		    !vec_push(&ar->dcom, ((struct dcom_pair){(uint32_t)(cl - w->party),
							     (uint32_t)(sv - w->party),
							     g->first.ts_ns, g->last_ns})))
			return false;
	}
	return true;
}

static bool around_make(struct work *w, struct around *ar)
{
	const struct dcom_apps dcom = {app_by_name("dcerpc-oxid"),
				       app_by_name("dcerpc-activation")};

	if (!around_granted(w, ar))
		return false;
	for (size_t i = 0; i < w->n; i++) {
		const struct item *it = &w->item[i];
		const struct conv *c = it->conv;

		/* Most are no call to a group, and say nothing that is known. */
		if (it->apart || !(it->group || it->known || it->more))
			continue;
		/* Packets in the name of a group are no call to it (RFC 1122 3.2.1.3). */
		if (it->group && c->proto == IPPROTO_NR_UDP && c->packets[0] &&
		    !vec_push(&ar->groups, ((struct group_call){
						   .client = it->client,
						   .port = c->port,
						   .cport_lo = c->client_port_min,
						   .cport_hi = c->client_port_max,
						   .first_ns = c->first_ns,
						   .last_ns = c->last_ns,
						   .item = (uint32_t)i,
					   })))
			return false;
		if (!it->scan && speaks_dcom(c, &dcom) &&
		    !vec_push(&ar->dcom, ((struct dcom_pair){it->client, it->server, c->first_ns,
							     c->last_ns})))
			return false;
	}
	dcom_merge(ar);
	groups_merge(ar);
	return true;
}

static void around_done(struct around *ar)
{
	vec_done(&ar->groups);
	vec_done(&ar->dcom);
}

static bool answers_call(const struct group_call *g, const struct conv *c, uint16_t asker_lo,
			 uint16_t asker_hi, uint16_t answer_port)
{
	if (c->first_ns < g->first_ns || c->first_ns > g->last_ns + ANSWER_NS)
		return false;
	if (asker_lo < g->cport_lo || asker_hi > g->cport_hi)
		return false;
	return answer_port == g->port || (asker_lo == asker_hi && g->cport_lo == g->cport_hi);
}

static size_t first_group(const struct around *ar, uint32_t client)
{
	size_t lo = 0, hi = ar->groups.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (ar->groups.v[mid].client < client)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static const struct group_call *call_of(const struct around *ar, uint32_t caller,
					const struct conv *c, uint16_t asker_lo, uint16_t asker_hi,
					uint16_t answer_port)
{
	size_t from = first_group(ar, caller);

	for (size_t i = from; i < ar->groups.n && i < from + GROUP_PORTS; i++) {
		const struct group_call *g = &ar->groups.v[i];

		if (g->client != caller)
			break;
		if (answers_call(g, c, asker_lo, asker_hi, answer_port))
			return g;
	}
	return NULL;
}

/* The call that this conversation answers, in either of the two directions that an answer alone
 * may have been given. */
static const struct group_call *answered_call(const struct around *ar, const struct item *it)
{
	const struct conv *c = it->conv;

	if (it->proto != IPPROTO_NR_UDP || it->group || !ar->groups.n)
		return NULL;
	if (!c->packets[0] && c->packets[1])
		return call_of(ar, it->client, c, c->client_port_min, c->client_port_max, c->port);
	if (c->packets[0] && !c->packets[1] && c->client_port_min == c->client_port_max)
		return call_of(ar, it->server, c, c->port, c->port, c->client_port_min);
	return NULL;
}

static bool called_back(const struct work *w, const struct around *ar, const struct item *it)
{
	const struct conv *c = item_shown(w, it);
	struct dcom_pair key = {it->server, it->client, 0, 0};
	size_t lo = 0, hi = ar->dcom.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (pair_order(&ar->dcom.v[mid], &key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < ar->dcom.n && !pair_order(&ar->dcom.v[lo], &key); lo++)
		if (c->first_ns <= ar->dcom.v[lo].last_ns + CALLBACK_NS &&
		    c->last_ns >= ar->dcom.v[lo].first_ns - CALLBACK_NS)
			return true;
	return false;
}

/* ------------------------------------------------------------------ questions */

struct pair_facts {                /* of one (client, server) */
	const struct conv *mapper; /* the client on this server's 135 */
	bool called_back;
};

static bool speaks_rpc(const struct conv *c)
{
	for (unsigned i = 0; i < c->n_app; i++)
		if (!strncmp(app_name(conv_app_at(c, i)), "dcerpc", 6))
			return true;
	return false;
}

/* Every answer of the mapper could be read: only then is it known what it did not say. */
static bool mapper_read(const struct work *w, const struct conv *m)
{
	const struct coverage *cov = &w->r->coverage;

	return speaks_rpc(m) && m->state == STATE_ESTABLISHED && m->payload[1] &&
	       !conv_more(m)->unseen[0] && !conv_more(m)->unseen[1] &&
	       !(m->notes & APP_NOTE_RPC_LOST) && !cov->learn_refused && !cov->grants_shed &&
	       !cov->streams_cut && !cov->answers_bad;
}

static struct ask ask_of(const struct work *w, const struct item *it, const struct pair_facts *pf,
			 const struct grant_hit *hit, const char *names[CONV_NAMES])
{
	const struct conv *c = item_shown(w, it);
	const struct party *cl = &w->party[it->client], *sv = &w->party[it->server];
	const struct conv *m = pf->mapper;
	struct ask q = {
		.client = {.roles = cl->roles, .host = cl->host},
		.server = {.roles = sv->roles, .host = sv->host},
		.client_public = !cl->host && !cl->guess && addr_is_public(&cl->addr),
		.server_public = !sv->host && !sv->guess && addr_is_public(&sv->addr),
		.same_host = (cl->host && cl->host == sv->host && !cl->host->is_network) ||
			     (cl->guess && cl->inferred && cl->inferred == sv->inferred),
		.client_linked = cl->linked && !cl->guess,
		.server_linked = sv->linked && !sv->guess,
		.group = it->group,
		.group_sends = c->group && !c->packets[0],
		.proto = c->proto,
		.client_port = c->client_port_min == c->client_port_max ? c->client_port_min : 0,
		.port = c->port,
		.sql_port = sql_port_for(w->sql_ports, c, sv->host),
		.established = c->state <= STATE_MID_STREAM,
		.payload = c->payload[0] || c->payload[1],
		.snapped = w->r->coverage.notes[NOTE_SNAPPED] > 0,
		.in_setup =
			site_in_setup(w->site, c->first_ns) && site_in_setup(w->site, c->last_ns),
		.confidence = dir_confidence(c->reason),
		.iface = conv_more(c)->iface,
		.n_iface = conv_more(c)->n_iface,
		.mid_stream = c->state == STATE_MID_STREAM ||
			      (c->state == STATE_ESTABLISHED && !c->started),
		.early = c->state <= STATE_MID_STREAM && w->r->from_ns != TIME_NONE &&
			 c->first_ns - w->r->from_ns < PREDATE_NS,
		.dialled_mapper = m && m->state <= STATE_MID_STREAM,
		.hit = hit->g ? hit : NULL,
		.called_back = pf->called_back,
		.names = names,
		.n_names = conv_more(c)->n_name,
	};

	q.mapper_just_before = q.dialled_mapper && m->first_ns <= c->first_ns &&
			       c->first_ns - m->last_ns <= MAPPER_NS;
	q.mapper_sealed = m && m->notes & APP_NOTE_RPC_SEALED;
	q.mapper_unread = m && !mapper_read(w, m);
	for (unsigned i = 0; i < conv_more(c)->n_name; i++)
		names[i] = conv_more(c)->name[i];
	return q;
}

/* Bytes prove a protocol against a rule only where the conversation's begin was seen: in the
 * middle of a stream anything can look like anything. A datagram stands for itself. */
static bool may_accuse(const struct conv *c, const struct conv_app *a)
{
	if (a->conf != APP_SURE)
		return false;
	return c->proto == IPPROTO_NR_UDP || a->by_state[STATE_ESTABLISHED] > 0;
}

/* By a rule of dynamic RPC, or by one for the mapper that gave the port out; not a fixed port. */
static bool tolerated_dynamic(const struct work *w, const struct item *it, const struct ask *q)
{
	struct port_list l;

	if (!it->r.rule || it->r.reversed)
		return false;
	l = rule_ports(w->m, it->r.rule, q->server.host);
	return it->r.rule->rpc || !port_list_has(&l, q->port);
}

/* Named by its own bind, wherever it is. Port 593 is the mapper's too (MS-RPCE 2.1.1.8). */
static bool is_bound(const struct conv *c)
{
	return c->proto == IPPROTO_NR_TCP && conv_more(c)->n_iface && c->port != HTTP_EPM_PORT &&
	       speaks_rpc(c);
}

static bool is_candidate(const struct work *w, const struct ask *q, struct answer *a)
{
	if (!a->candidate)
		a->candidate = rpc_candidate(w->m, q) ? CANDIDATE_YES : CANDIDATE_NO;
	return a->candidate == CANDIDATE_YES;
}

/* A row of the table of dynamic RPC. `a` is of the question. */
static bool is_dynamic(const struct work *w, const struct item *it, const struct ask *q,
		       struct answer *a)
{
	if (it->group || it->sql_port || (it->proto == IPPROTO_NR_TCP && it->port == EPM_PORT))
		return false;
	switch (it->r.verdict) {
	case KIND_DOCUMENTED:
		return false;
	case KIND_TOLERATED:
		return tolerated_dynamic(w, it, q);
	case KIND_ADVICE:
		return it->r.why == CASE_REPLICATES;
	case KIND_DOCUMENTED_DYNAMIC:
	case KIND_RPC_UNEXPLAINED:
	case KIND_RPC_OUT_OF_RANGE:
		return true;
	default:
		return it->r.why == CASE_INTERFACE || is_candidate(w, q, a) ||
		       is_bound(item_shown(w, it));
	}
}

static void rule_item(struct work *w, struct item *it, const struct pair_facts *pf)
{
	const struct conv *c = item_shown(w, it);
	const char *names[CONV_NAMES];
	struct grant_hit hit;
	bool granted = w->in->n_grants && !it->group && grant_find(w->grants, c, &hit);
	const struct grant_hit none = {.g = NULL};
	struct ask q = ask_of(w, it, pf, granted ? &hit : &none, names);
	struct answer *answer = NULL;

	it->sql_port = q.sql_port;

	for (unsigned i = 0; i < c->n_app; i++) {
		struct conv_app room;
		const struct conv_app *a = conv_app(c, i, &room);
		bool first = !answer;

		it->signs |= a->signs || a->notes & APP_NOTE_ERROR;
		/* Flows without bytes say nothing beside flows with bytes. */
		if (a->app == APP_NONE && c->recognised)
			continue;
		q.app = a->app;
		q.sure = may_accuse(c, a);
		q.notes = a->notes;
		answer = answers_decide(w->answers, w->site, w->m, &q);
		if (!first && answer->r.verdict <= it->r.verdict)
			continue;
		it->r = answer->r;
		it->r.app_index = (int8_t)i;
	}
	if (!answer) {
		answer = answers_decide(w->answers, w->site, w->m, &q);
		it->r = answer->r;
	}
	it->dynamic = is_dynamic(w, it, &q, answer);
}

/* A probe from the Internet that came to nothing. */
bool public_probe(const struct work *w, const struct item *it)
{
	const struct party *p = &w->party[it->client];

	return !p->host && !p->guess && !p->linked && addr_is_public(&p->addr) &&
	       it->state >= STATE_HALF_OPEN &&
	       w->party[it->server].roles & (roles_core() | ROLE_BIT(ROLE_NLB));
}

static void settle(struct work *w, struct item *it)
{
	const roleset probing = ROLE_BIT(ROLE_NLB) | ROLE_BIT(ROLE_MONITOR);
	const struct conv *c = item_shown(w, it);

	it->scope = it->r.verdict != KIND_OUT_OF_SCOPE;
	it->probe = it->r.why == CASE_PROBE ||
		    (w->party[it->client].roles & probing && c->state == STATE_ESTABLISHED &&
		     !c->payload[0] && !c->payload[1]);
	if (it->group || it->probe)
		it->outcome = OUTCOME_NONE;
	else
		it->outcome = (uint8_t)conv_outcome(c, w->r->to_ns, &it->since_ns);
	it->scan = it->scope && (it->scan || (public_probe(w, it) && !it->group));
}

static void rule_pair(struct work *w, const struct around *ar, size_t from, size_t to)
{
	struct pair_facts pf = {0};

	for (size_t i = from; i < to; i++)
		if (w->item[i].proto == IPPROTO_NR_TCP && w->item[i].port == EPM_PORT)
			pf.mapper = item_conv(w, &w->item[i]);
	for (size_t i = from; i < to; i++) {
		struct item *it = &w->item[i];
		const struct group_call *g = answered_call(ar, it);

		pf.called_back = ar->dcom.n && called_back(w, ar, it);
		rule_item(w, it, &pf);
		if (g && it->r.verdict > KIND_TOLERATED) {
			struct item call = w->item[g->item];
			const struct pair_facts none = {0};

			/* The answer is judged as the call, whoever called. */
			rule_item(w, &call, &none);
			if (call.r.verdict == KIND_OUT_OF_SCOPE) {
				const struct grant_hit nobody = {.g = NULL};
				const char *names[CONV_NAMES];
				struct ask q = ask_of(w, &call, &none, &nobody, names);

				q.client.roles = ROLE_BIT(ROLE_CRM_WEB);
				q.client.host = NULL;
				ask_decide(w->site, w->m, &q, &call.r);
			}
			if (call.r.verdict <= it->r.verdict) {
				it->r = call.r;
				it->r.app_index = -1;
				it->group = true;
			}
		}
		settle(w, it);
	}
}

/* ------------------------------------------------------------------ second thoughts */

/* An undeclared peer and a core host on one port. Sorted by `peer`, then counted by `core`; for the
 * question how many peers one host has, the two change places. */
struct peer_use {
	uint32_t peer, core, item;
	uint16_t port;
	uint8_t proto;
	bool dials; /* the peer is the client */
};

static int peer_order(const void *a, const void *b)
{
	const struct peer_use *x = a, *y = b;

	if (x->peer != y->peer)
		return x->peer < y->peer ? -1 : 1;
	if (x->dials != y->dials)
		return x->dials ? -1 : 1;
	if (x->proto != y->proto)
		return x->proto - y->proto;
	if (x->port != y->port)
		return x->port - y->port;
	if (x->core != y->core)
		return x->core < y->core ? -1 : 1;
	return x->item < y->item ? -1 : x->item > y->item;
}

static bool same_use(const struct peer_use *x, const struct peer_use *y)
{
	return x->peer == y->peer && x->dials == y->dials && x->proto == y->proto &&
	       x->port == y->port;
}

static uint32_t host_number(const struct work *w, uint32_t party)
{
	const struct host *h = w->party[party].host;

	return h ? (uint32_t)h->index : UINT32_MAX - party;
}

static bool mark_peers(struct work *w)
{
	VEC(struct peer_use) v = {0};
	bool ok = true;

	for (size_t i = 0; i < w->n && ok; i++) {
		const struct item *it = &w->item[i];
		bool dials;

		if (it->r.verdict != KIND_UNEXPECTED_ENDPOINT || it->r.why != CASE_PLAIN ||
		    it->scan)
			continue;
		dials = !w->party[it->client].roles;
		ok = vec_push(&v, ((struct peer_use){
					  .peer = dials ? it->client : it->server,
					  .core = host_number(w, dials ? it->server : it->client),
					  .item = (uint32_t)i,
					  .port = it->port,
					  .proto = it->proto,
					  .dials = dials,
				  }));
	}
	if (v.n)
		qsort(v.v, v.n, sizeof *v.v, peer_order);
	for (size_t i = 0, k; i < v.n; i = k) {
		size_t hosts = 1;

		for (k = i + 1; k < v.n && same_use(&v.v[i], &v.v[k]); k++)
			hosts += v.v[k].core != v.v[k - 1].core;
		for (size_t j = i; j < k && hosts >= PEER_HOSTS; j++)
			w->item[v.v[j].item].r.why = CASE_PEER;
	}
	vec_done(&v);
	return ok;
}

/* Hundreds of strangers on one port of one host are one finding, as clients of one network are. */
static bool mark_crowds(struct work *w)
{
	VEC(struct peer_use) v = {0};
	bool ok = true;

	for (size_t i = 0; i < w->n && ok; i++) {
		const struct item *it = &w->item[i];
		bool dials = !w->party[it->client].roles;

		if (it->r.verdict != KIND_UNEXPECTED_ENDPOINT || it->scan ||
		    (it->r.why != CASE_PLAIN && it->r.why != CASE_EGRESS &&
		     it->r.why != CASE_PUBLIC))
			continue;
		ok = vec_push(&v, ((struct peer_use){
					  .peer = host_number(w, dials ? it->server : it->client),
					  .core = dials ? it->client : it->server,
					  .item = (uint32_t)i,
					  .port = it->port,
					  .proto = it->proto,
					  .dials = dials,
				  }));
	}
	if (v.n)
		qsort(v.v, v.n, sizeof *v.v, peer_order);
	for (size_t i = 0, k; i < v.n; i = k) {
		size_t strangers = 1;

		for (k = i + 1; k < v.n && same_use(&v.v[i], &v.v[k]); k++)
			strangers += v.v[k].core != v.v[k - 1].core;
		for (size_t j = i; j < k && strangers > FOLD_CLIENTS; j++)
			w->item[v.v[j].item].crowd = true;
	}
	vec_done(&v);
	return ok;
}

/* Without a list of hosts, who is a stranger is no question of each port: one for each host. */
static void mark_guesses(struct work *w)
{
	for (size_t i = 0; i < w->n; i++) {
		struct item *it = &w->item[i];
		const struct party *cl = &w->party[it->client], *sv = &w->party[it->server];

		if (it->r.verdict == KIND_UNEXPECTED_ENDPOINT && it->r.why == CASE_PLAIN &&
		    !it->scan && (cl->guess || sv->guess))
			it->r.why = CASE_GUESS;
	}
}

static bool clear_web(const struct work *w, const struct item *it)
{
	const struct rule *r = it->r.rule;

	/* Behind a balancer that ends TLS, the inner leg is clear by design. */
	if (roles_has(w->party[it->client].roles, ROLE_NLB))
		return false;
	return it->r.verdict == KIND_DOCUMENTED && r && it->proto == IPPROTO_NR_TCP &&
	       !strcmp(app_name(it->r.app), "http") && roles_has(r->to, ROLE_CRM_WEB) &&
	       roles_has(r->from, ROLE_CRM_CLIENT) &&
	       w->party[it->server].roles & (roles_core() | ROLE_BIT(ROLE_NLB)) &&
	       it->outcome <= OUTCOME_BROKEN;
}

/* HTTP is discouraged where a web server was never seen to speak TLS to anybody. The figure is of
 * hosts: two addresses of one are one. */
static bool mark_clear_web(struct work *w)
{
	size_t n_hosts = inventory_count(w->site->inventory);
	bool *tls_host = calloc(n_hosts + 1, sizeof *tls_host);

	if (!tls_host)
		return false;
	for (size_t i = 0; i < w->n; i++) {
		const struct item *it = &w->item[i];
		const struct host *h = w->party[it->server].host;

		if (h && it->r.rule && it->r.verdict == KIND_DOCUMENTED &&
		    it->state <= STATE_MID_STREAM && roles_has(it->r.rule->to, ROLE_CRM_WEB) &&
		    !strcmp(app_name(it->r.app), "tls"))
			tls_host[h->index] = true;
	}
	for (size_t i = 0; i < w->n; i++) {
		struct item *it = &w->item[i];
		const struct host *h = w->party[it->server].host;

		if (!h || tls_host[h->index] || !clear_web(w, it))
			continue;
		it->r.verdict = KIND_ADVICE;
		it->r.why = CASE_CLEAR_HTTP;
	}
	free(tls_host);
	return true;
}

bool rulings_make(struct work *w)
{
	struct around ar = {0};
	bool ok = around_make(w, &ar);

	w->answers = answers_new(w->site, w->m);
	ok = ok && w->answers;
	for (size_t i = 0, k; ok && i < w->n; i = k) {
		for (k = i + 1; k < w->n && w->item[k].client == w->item[i].client &&
				w->item[k].server == w->item[i].server;
		     k++)
			;
		rule_pair(w, &ar, i, k);
	}
	if (ok)
		mark_guesses(w);
	ok = ok && mark_peers(w) && mark_crowds(w) && mark_clear_web(w);
	around_done(&ar);
	w->answers = answers_free(w->answers);
	return ok;
}
