// SPDX-License-Identifier: BSD-2-Clause
/* Gives the hints that the families have (hint_work.h): with findings, and on their own. */
#include "findings/hints.h"

#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "findings/hint_work.h"
#include "recognise/rpc_iface.h"

enum { ALONE_MAX = 16 };              /* findings of one hint that stand alone */
#define LOOKS_MAX (UINT64_C(1) << 31) /* conversations looked at for pairs */

/* In the order in which people read them. */
static const struct hint_family *const families[] = {
	&hint_family_rpc, &hint_family_names, &hint_family_sql, &hint_family_crm, &hint_family_host,
};

/* ------------------------------------------------------------------ what a finding is about */

bool hint_failed(const struct finding *f)
{
	return (f->kind == KIND_MISSING || f->kind == KIND_BLOCKED ||
		f->kind == KIND_RPC_BLOCKED) &&
	       f->behind;
}

const char *hint_failed_to(struct work *w, const struct finding *f)
{
	return arena_printf(w->a, "%s to %s on %u/%s failed", text_endpoint(w, &f->client),
			    text_endpoint(w, &f->server), f->port, proto_text(f->proto));
}

bool hint_at_port(const struct finding *f, uint8_t proto, uint16_t port)
{
	return f->proto == proto && f->port == port;
}

bool hint_of_key(const struct finding *f, enum port_key key)
{
	return f->rule && f->rule->moves_with == key;
}

bool hint_same_end(const struct work *w, uint32_t party, const struct addr *a)
{
	const struct party *p = &w->party[party];
	const struct party *q;

	if (addr_equal(&p->addr, a))
		return true;
	q = p->host && !p->host->is_network ? party_of(w, a) : NULL;
	return q && q->host == p->host;
}

bool hint_look(struct work *w, uint64_t n)
{
	/* A capture made to have thousands of such findings gets fewer hints, not a long run. */
	if (n > LOOKS_MAX - w->hint_looks)
		return false;
	w->hint_looks += n;
	return true;
}

static int mate_order(const void *a, const void *b)
{
	const struct hint_mate *x = a, *y = b;

	if (x->host != y->host)
		return x->host < y->host ? -1 : 1;
	return (x->party > y->party) - (x->party < y->party);
}

/* The parties that are addresses of one declared host, host by host. */
static bool mates_make(struct work *w)
{
	if (w->mates_made)
		return true;
	for (uint32_t i = 0; i < w->n_party; i++) {
		const struct host *h = w->party[i].host;

		if (h && !h->is_network && !vec_push(&w->mates, ((struct hint_mate){h->index, i})))
			return false;
	}
	if (w->mates.n)
		qsort(w->mates.v, w->mates.n, sizeof *w->mates.v, mate_order);
	w->mates_made = true;
	return true;
}

/* The first item from `at` on that this party is the client of; w->n: none. */
static size_t item_of_client(const struct work *w, uint32_t party, size_t at)
{
	size_t lo = at, hi = w->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (addr_compare(&w->party[w->item[mid].client].addr, &w->party[party].addr) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < w->n && w->item[lo].client == party ? lo : w->n;
}

/* The same of all addresses of its host. */
static size_t item_of_host(const struct work *w, uint32_t party, size_t at)
{
	const struct host *h = w->party[party].host;
	size_t first = item_of_client(w, party, at), lo = 0, hi = w->mates.n;

	if (!h || h->is_network)
		return first;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (w->mates.v[mid].host < h->index)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < w->mates.n && w->mates.v[lo].host == h->index; lo++) {
		size_t of_mate = item_of_client(w, w->mates.v[lo].party, at);

		if (of_mate < first)
			first = of_mate;
	}
	return first;
}

const struct item *hint_pair_next(struct work *w, const struct behind *b, bool reversed, size_t *at)
{
	const struct behind_ends e = behind_ends(&w->in->ends, b);
	uint32_t from = reversed ? e.server_no : e.client_no;
	const struct addr *to = reversed ? e.client : e.server;

	if (!mates_make(w)) {
		w->failed = true;
		return NULL;
	}
	for (*at = item_of_host(w, from, *at); *at < w->n; *at = item_of_host(w, from, *at)) {
		uint32_t client = w->item[*at].client;

		for (; *at < w->n && w->item[*at].client == client; ++*at) {
			if (!hint_look(w, 1))
				return NULL;
			if (!item_is(w, &w->item[*at], b) &&
			    hint_same_end(w, w->item[*at].server, to))
				return &w->item[(*at)++];
		}
	}
	return NULL;
}

const struct sighting *hint_of_client(struct work *w, const struct finding *f,
				      bool (*is)(struct work *w, const struct sighting *s))
{
	for (size_t i = 0; f->behind && i < w->in->n_sightings; i++) {
		const struct sighting *s = &w->in->sightings[i];

		if (!is(w, s))
			continue;
		for (const struct behind *b = f->behind; b; b = b->next)
			if (addr_equal(behind_ends(&w->in->ends, b).client, &s->about))
				return s;
	}
	return NULL;
}

/* ------------------------------------------------------------------ findings of their own */

static void hint_put(struct work *w, struct finding *f, const struct hint_row *row,
		     const char *because)
{
	struct hint *h;

	for (const struct hint *o = f->hints; o; o = o->next)
		if (o->row == row)
			return;
	h = arena_alloc(w->a, sizeof *h);
	if (!h) {
		w->failed = true;
		return;
	}
	*h = (struct hint){.row = row, .because = because, .next = f->hints};
	f->hints = h;
}

static bool given(const struct work *w, const struct hint_row *row)
{
	for (size_t i = 0; i < w->findings.n; i++)
		for (const struct hint *h = w->findings.v[i].hints; h; h = h->next)
			if (h->row == row)
				return true;
	return false;
}

struct finding *hint_alone(struct work *w, const struct hint_row *row, const char *server,
			   const char *service, const char *why)
{
	struct fact fact = {
		.kind = KIND_ADVICE,
		.rule = row->code,
		.client = "*",
		.server = server,
		.service = service,
	};
	struct finding *f = finding_add(w, &fact, SEV_INFO);

	if (!f)
		return NULL;
	f->why = why;
	f->advice = row->says;
	hint_put(w, f, row, NULL);
	return f;
}

/* The sentence with what stands for each @, in order. */
static const char *filled(struct work *w, const char *sentence, const char *const *z, size_t n)
{
	struct out o = {0};
	const char *ret;

	for (size_t at = 0; *sentence; sentence++)
		if (*sentence == '@' && at < n)
			out_puts(&o, z[at++]);
		else
			out_char(&o, *sentence);
	ret = arena_strdup(w->a, out_str(&o));
	out_done(&o);
	return ret;
}

typedef VEC(const struct sighting *) sighting_list;

static bool same_fact(const struct hint_rule *r, const struct sighting *x, const struct sighting *y)
{
	return strcmp(x->text, y->text) == 0 && (!r->each_server || addr_equal(&x->by, &y->by));
}

/* MS-RPCE 2.2.1.1.8 */
static const char *level_text(struct arena *a, uint16_t level)
{
	static const char *const name[] = {[2] = "connect", [3] = "call", [4] = "packet"};

	if (level < 2)
		return "no authentication";
	return arena_printf(a, "level %u (%s)", level,
			    level < N_ELEMENTS(name) ? name[level] : "integrity or more");
}

/* What was asked for: an interface by its name, where it has one. */
static const char *asked_for(struct work *w, const struct sighting *s)
{
	const struct rpc_iface_row *row;
	uint8_t uuid[16];

	if (s->kind == SIGHT_RPC_UNREGISTERED && rpc_uuid_parse(s->text, uuid)) {
		row = rpc_iface_find(uuid);
		return row ? arena_printf(w->a, "%s (%s)", row->name, row->title) : s->text;
	}
	if (s->kind == SIGHT_DCOM_DENIED)
		return level_text(w->a, s->port);
	return *s->text ? s->text : "a service";
}

/* One finding of all in the list that is the same fact as its i-th. */
static bool of_fact(struct work *w, const struct hint_rule *r, const sighting_list *v, size_t i)
{
	const struct sighting *s = v->v[i];
	const struct party *by = party_of(w, &s->by), *about = party_of(w, &s->about);
	struct evidence ev = s->first;
	const struct addr *last = NULL;
	uint64_t times = 0, clients = 0;
	int64_t last_ns = s->last_ns;
	struct finding *f;

	for (size_t k = i; k < v->n; k++) {
		const struct sighting *o = v->v[k];

		if (!same_fact(r, s, o))
			continue;
		times += o->n;
		clients += !last || !addr_equal(last, &o->about); /* sorted by it */
		last = &o->about;
		ev = evidence_before(&o->first, &ev) ? o->first : ev;
		last_ns = o->last_ns > last_ns ? o->last_ns : last_ns;
	}

	const char *const told[] = {
		asked_for(w, s),
		text_counted(w->a, times, "time", "times"),
		text_counted(w->a, clients, "host", "hosts"),
		by ? party_text(w, by) : "its server",
	};

	f = hint_alone(w, &r->row, r->each_server && by ? party_token(w, by) : "*", s->text,
		       filled(w, r->what, told, N_ELEMENTS(told)));
	if (!f)
		return false;
	if (about && clients == 1)
		f->client = party_end(about);
	if (by)
		f->server = party_end(by);
	f->first_ns = ev.ts_ns;
	f->last_ns = last_ns;
	finding_evidence(f, &ev, 1);
	return true;
}

static bool first_of_fact(const struct hint_rule *r, const sighting_list *v, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (same_fact(r, v->v[k], v->v[i]))
			return false;
	return true;
}

/* Refusals that are one fact are one finding, with who was refused. */
static bool from_sightings(struct work *w, const struct hint_rule *r)
{
	sighting_list v = {0};
	size_t made = 0;
	bool ok = true;

	if (given(w, &r->row)) /* a finding has it */
		return true;
	for (size_t i = 0; ok && i < w->in->n_sightings; i++) {
		const struct sighting *s = &w->in->sightings[i];

		ok = !r->refusal(w, s) || vec_push(&v, s);
	}
	for (size_t i = 0; ok && i < v.n && made < ALONE_MAX; i++) {
		if (!first_of_fact(r, &v, i))
			continue;
		made++;
		ok = of_fact(w, r, &v, i);
	}
	vec_done(&v);
	return ok && !w->failed;
}

static int by_server(const void *a, const void *b)
{
	const struct item *x = *(const struct item *const *)a, *y = *(const struct item *const *)b;

	if (x->server != y->server)
		return x->server < y->server ? -1 : 1;
	return x < y ? -1 : x > y;
}

static bool of_server(struct work *w, const struct hint_rule *r, const struct item *const *v,
		      size_t n)
{
	const struct party *sv = &w->party[v[0]->server];
	struct finding *f = hint_alone(w, &r->row, party_token(w, sv), NULL, NULL);
	roleset roles = 0;
	uint64_t flows = 0;

	if (!f)
		return false;
	for (size_t i = 0; i < n; i++) {
		flows += item_shown(w, v[i])->flows;
		roles |= w->party[v[i]->client].roles;
		finding_of(w, f, v[i]);
		finding_item(w, f, v[i], !item_shown(w, v[i])->n_ok_ev);
	}
	f->client = n == 1 ? party_end(&w->party[v[0]->client]) : endpoint_roles(roles);
	f->server = party_end(sv);
	f->proto = v[0]->proto;
	f->port = v[0]->port;
	for (size_t i = 1; i < n; i++)
		f->port = v[i]->port == f->port ? f->port : 0;
	f->has_state = f->has_direction = false;
	f->folded = n > 1 ? n : 0;

	const char *const told[] = {text_endpoint(w, &f->server),
				    text_counted(w->a, flows, "flow", "flows")};

	f->why = filled(w, r->what, told, N_ELEMENTS(told));
	f->tshark = text_filter(w, f);
	return true;
}

/* Conversations of one server are one finding. */
static bool from_items(struct work *w, const struct hint_rule *r)
{
	VEC(const struct item *) v = {0};
	bool ok = true;

	for (size_t i = 0; ok && i < w->n; i++)
		ok = !r->item(w, &w->item[i]) || vec_push(&v, &w->item[i]);
	if (v.n)
		qsort(v.v, v.n, sizeof *v.v, by_server);
	for (size_t i = 0, k; ok && i < v.n; i = k) {
		for (k = i + 1; k < v.n && v.v[k]->server == v.v[i]->server; k++)
			;
		ok = of_server(w, r, &v.v[i], k - i);
	}
	vec_done(&v);
	return ok && !w->failed;
}

/* ------------------------------------------------------------------ all of them */

const struct hint_row *hint_at(size_t i)
{
	for (size_t k = 0; k < N_ELEMENTS(families); k++) {
		if (i < families[k]->n)
			return &families[k]->rules[i].row;
		i -= families[k]->n;
	}
	return NULL;
}

static bool stands_alone(struct work *w, const struct hint_rule *r)
{
	if (r->refusal && !from_sightings(w, r))
		return false;
	if (r->item && !from_items(w, r))
		return false;
	return !r->alone || r->alone(w, &r->row);
}

static void explain(struct work *w, struct finding *f, const struct hint_rule *r)
{
	const char *because = r->explains ? r->explains(w, f) : NULL;

	if (because)
		hint_put(w, f, &r->row, because);
}

bool hints_make(struct work *w)
{
	size_t n = w->findings.n;

	for (size_t i = 0; i < n; i++) /* backwards: the list grows at its head */
		for (size_t k = N_ELEMENTS(families); k-- > 0;)
			for (size_t j = families[k]->n; j-- > 0;)
				explain(w, &w->findings.v[i], &families[k]->rules[j]);
	for (size_t k = 0; k < N_ELEMENTS(families); k++)
		for (size_t j = 0; j < families[k]->n; j++)
			if (!stands_alone(w, &families[k]->rules[j]))
				return false;
	return !w->failed;
}
