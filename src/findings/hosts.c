// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the traffic says of hosts rather than of conversations: facts for the table of roles, hosts
 * whose traffic contradicts the site file, clients that nobody declared, hosts that nobody saw.
 */
#include "findings/hosts.h"
#include "base/proto.h"
#include "findings/demand.h"
#include "recognise/rpc_iface.h"

#include <stdlib.h>
#include <string.h>

enum { ROW_FACTS = 3, NAMED_HOSTS = 8 };

/* ------------------------------------------------------------------ what a host serves */

static int served_order(const void *a, const void *b)
{
	const struct served *x = a, *y = b;

	if (x->party != y->party)
		return x->party < y->party ? -1 : 1;
	if (x->proto != y->proto)
		return x->proto - y->proto;
	if (x->port != y->port)
		return x->port - y->port;
	if (x->app != y->app)
		return x->app < y->app ? -1 : 1;
	return x->item < y->item ? -1 : x->item > y->item;
}

bool served_make(struct work *w, struct served_list *l)
{
	for (size_t i = 0; i < w->n; i++) {
		const struct item *it = &w->item[i];
		const struct conv *c = it->conv;

		if (!it->known || it->scan || it->group || it->state > STATE_MID_STREAM ||
		    !w->party[it->server].roles)
			continue;
		for (unsigned k = 0; k < c->n_app; k++) {
			struct conv_app room;
			const struct conv_app *a = conv_app(c, k, &room);

			if (a->app == APP_NONE || a->conf != APP_SURE ||
			    (!a->by_state[STATE_ESTABLISHED] && !a->by_state[STATE_MID_STREAM]))
				continue;
			if (!vec_push(&l->v, ((struct served){.party = it->server,
							      .item = (uint32_t)i,
							      .app = a->app,
							      .port = c->port,
							      .proto = c->proto})))
				return false;
		}
	}
	if (l->v.n)
		qsort(l->v.v, l->v.n, sizeof *l->v.v, served_order);
	return true;
}

static bool same_service(const struct served *a, const struct served *b)
{
	return a->party == b->party && a->app == b->app && a->port == b->port &&
	       a->proto == b->proto;
}

static size_t service_end(const struct served_list *l, size_t i)
{
	size_t k = i + 1;

	while (k < l->v.n && same_service(&l->v.v[i], &l->v.v[k]))
		k++;
	return k;
}

/* ------------------------------------------------------------------ roles table */

/* A site with a load balancer means its users to go through it; what goes past is documented, and
 * worth a line at the server that was dialled. */
static void past_vip_count(struct work *w)
{
	bool balanced = false;

	for (size_t i = 0; i < inventory_count(w->site->inventory); i++)
		balanced =
			balanced || roles_has(inventory_at(w->site->inventory, i)->roles, ROLE_NLB);
	for (size_t i = 0; balanced && i < w->n; i++) {
		const struct item *it = &w->item[i];
		const struct party *client = &w->party[it->client];
		struct party *server = &w->party[it->server];

		if (it->scope && !it->probe && it->outcome == OUTCOME_GOOD &&
		    it->r.verdict == KIND_DOCUMENTED && roles_has(client->roles, ROLE_CRM_CLIENT) &&
		    roles_has(server->roles, ROLE_CRM_WEB) && !roles_has(server->roles, ROLE_NLB))
			server->past_vip++;
	}
}

static bool row_facts(struct work *w, const struct served_list *l, size_t from, size_t to,
		      uint32_t past_vip, struct role_row *row)
{
	const char **facts = arena_alloc(w->a, (ROW_FACTS + 1) * sizeof *facts);
	size_t n = 0;

	if (!facts)
		return false;
	for (size_t i = from, k; i < to && n < ROW_FACTS; i = k) {
		const struct served *s = &l->v.v[i];

		k = service_end(l, i);
		facts[n++] = arena_printf(w->a, "answers %s on %u/%s to %s", app_name(s->app),
					  s->port, proto_text(s->proto),
					  text_counted(w->a, k - i, "address", "addresses"));
	}
	if (past_vip)
		facts[n++] =
			arena_printf(w->a, "dialled past the load balancer in %s",
				     text_counted(w->a, past_vip, "conversation", "conversations"));
	row->facts = facts;
	row->n_facts = n;
	return true;
}

/* The best of each role first, then what room is left for. */
static bool guess_facts(struct work *w, struct role_row *row)
{
	const char **facts = arena_alloc(w->a, ROW_FACTS * sizeof *facts);
	size_t n = 0;

	if (!facts)
		return false;
	for (unsigned depth = 0; depth < ROW_FACTS; depth++)
		for (size_t i = 0; i < row->n_known && n < ROW_FACTS; i++) {
			const struct role_known *k = &row->known[i];
			bool known = !roles_has(row->roles, k->role) || depth >= k->n_fact;

			for (size_t j = 0; j < n && !known; j++)
				known = !strcmp(facts[j], k->fact[depth]);
			if (!known)
				facts[n++] = k->fact[depth];
		}
	row->facts = facts;
	row->n_facts = n;
	return true;
}

static bool row_known(struct work *w, const struct party *p, struct role_row *row)
{
	const struct infer_host *h = p->inferred;
	const struct infer_addr *tie = h ? infer_tie(h, &p->addr) : NULL;
	struct role_known *v;

	if (tie) {
		row->is_tied = true;
		row->tied_to = h->addr[0].addr;
		row->tied_why = tie->why;
	}
	if (!h || !h->n_role)
		return true;
	v = arena_alloc(w->a, h->n_role * sizeof *v);
	if (!v)
		return false;
	for (size_t i = 0; i < h->n_role; i++) {
		const struct infer_role *r = &h->role[i];

		v[i] = (struct role_known){.role = r->role, .grade = r->grade, .n_fact = r->n_fact};
		for (unsigned k = 0; k < r->n_fact; k++) {
			v[i].fact[k] = r->fact[k].text;
			if (r->fact[k].has_at)
				v[i].at[k] = r->fact[k].at;
		}
	}
	row->known = v;
	row->n_known = h->n_role;
	return true;
}

static int row_order(const void *a, const void *b)
{
	const struct role_row *x = a, *y = b;

	return addr_compare(&x->address, &y->address);
}

typedef VEC(struct role_row) row_list;

static bool seen_rows(struct work *w, const struct served_list *l, row_list *rows, size_t *per_net)
{
	size_t at = 0;

	for (uint32_t i = 0; i < w->n_party; i++) {
		const struct party *p = &w->party[i];
		size_t from = at;
		struct role_row row;

		while (from < l->v.n && l->v.v[from].party < i)
			from++;
		at = from;
		while (at < l->v.n && l->v.v[at].party == i)
			at++;
		if ((!p->roles && !(p->inferred && p->inferred->n_role)) ||
		    (p->host && p->host->is_network && per_net[p->host->index]++ >= FOLD_CLIENTS))
			continue;
		row = (struct role_row){.address = p->addr,
					.name = p->told->host ? p->told->host : p->told->name,
					.name_source = p->told->host ? NULL : p->told->name_source,
					.roles = p->roles,
					.known_by = p->told->known_by,
					.grade = p->guess ? p->grade : 0,
					.said = p->host ? p->host->said : 0};
		if (!row_known(w, p, &row))
			return false;
		if (p->guess && p->grade != 'C') {
			if (!row.name && p->inferred->name)
				row.name = p->inferred->name;
			if (!guess_facts(w, &row))
				return false;
		} else if (p->guess) {
			const char **fact = arena_alloc(w->a, sizeof *fact);

			if (!fact)
				return false;
			fact[0] = "of the deployment's hosts it only uses crm-web's documented web "
				  "ports";
			row.facts = fact;
			row.n_facts = 1;
		} else if (!row_facts(w, l, from, at, p->past_vip, &row)) {
			return false;
		}
		if (!vec_push(rows, row))
			return false;
	}
	return true;
}

static bool unseen_rows(struct work *w, row_list *rows)
{
	for (size_t i = 0; i < inventory_count(w->site->inventory); i++) {
		const struct host *h = inventory_at(w->site->inventory, i);
		const char *slash = h->file ? strrchr(h->file, '/') : NULL;

		for (size_t k = 0; k < h->n_addr; k++) {
			struct role_row row = {
				.address = h->addr[k],
				.name = h->known_by == KNOWN_SITE ? h->name : NULL,
				.roles = h->roles,
				.known_by = h->known_by == KNOWN_OPTION || !h->file
						    ? "--role"
						    : arena_printf(w->a, "%s:%u",
								   slash ? slash + 1 : h->file,
								   h->line),
			};

			if (!party_of(w, &h->addr[k]) && !vec_push(rows, row))
				return false;
		}
	}
	return true;
}

bool role_rows_make(struct work *w, const struct served_list *l)
{
	size_t *per_net = calloc(inventory_count(w->site->inventory) + 1, sizeof *per_net);
	row_list rows = {0};
	bool ok;

	past_vip_count(w);
	ok = per_net && seen_rows(w, l, &rows, per_net) && unseen_rows(w, &rows);

	if (rows.n)
		qsort(rows.v, rows.n, sizeof *rows.v, row_order);
	w->r->roles = rows.n ? arena_alloc(w->a, rows.n * sizeof *rows.v) : NULL;
	ok = ok && (!rows.n || w->r->roles);
	if (ok && rows.n)
		memcpy(w->r->roles, rows.v, rows.n * sizeof *rows.v);
	w->r->n_roles = ok ? rows.n : 0;
	vec_done(&rows);
	free(per_net);
	return ok;
}

/* ------------------------------------------------------------------ contradictions */

/* Roles that make a host what it is. Names, time and mail are served by many a host besides, and a
 * global catalogue is a matter of a domain controller's settings. */
static bool identifies(enum role r)
{
	const roleset s = ROLE_BIT(ROLE_CRM_WEB) | ROLE_BIT(ROLE_CRM_ORGWS) |
			  ROLE_BIT(ROLE_CRM_SANDBOX) | ROLE_BIT(ROLE_CRM_DEPLOY) |
			  ROLE_BIT(ROLE_SQL) | ROLE_BIT(ROLE_SSRS) | ROLE_BIT(ROLE_DC) |
			  ROLE_BIT(ROLE_EXCHANGE) | ROLE_BIT(ROLE_ADFS);

	return roles_has(s, r);
}

/* The front ends' roles go together, and a load balancer answers for what is behind it. */
static roleset covered(roleset declared)
{
	const roleset front = ROLE_BIT(ROLE_CRM_WEB) | ROLE_BIT(ROLE_CRM_ORGWS);

	if (declared & front)
		declared |= front;
	if (roles_has(declared, ROLE_NLB))
		declared |= front | ROLE_BIT(ROLE_ADFS) | ROLE_BIT(ROLE_SSRS);
	if (roles_has(declared, ROLE_ADFS_PROXY))
		declared |= front | ROLE_BIT(ROLE_ADFS);
	return declared;
}

/* The answered conversation that proves a role which the host does not have. A database of its own
 * makes no server a part of the deployment: it must have answered one. */
static const struct conv *proof_of(const struct host *h, const struct infer_role *r)
{
	if (r->grade != 'A' || !identifies(r->role) || roles_has(covered(h->roles), r->role))
		return NULL;
	return r->role == ROLE_SQL ? r->proof_core : r->proof;
}

static bool contradiction(struct work *w, const struct infer_role *r, const struct conv *c)
{
	const struct party *sv = party_of(w, &c->server), *cl = party_of(w, &c->client);
	const struct rpc_iface_row *iface = rpc_iface_by_name(r->proof_what);
	struct fact fact = {.kind = KIND_CONTRADICTION,
			    .rule = role_name(r->role),
			    .server = party_token(w, sv)};
	struct finding *f = finding_add(w, &fact, SEV_HIGH);
	uint16_t app = app_by_name(r->proof_what);

	if (!f)
		return false;
	f->client = party_end(cl);
	f->server = party_end(sv);
	f->proto = c->proto;
	f->port = c->port;
	f->protocol = app != APP_NONE ? app_name(app) : "dcerpc";
	finding_conv(w, f, c);
	f->folded = 0;
	finding_evidence(f, c->ok_ev, c->n_ok_ev);
	f->why = arena_printf(
		w->a,
		"The site file says that %s is %s, but it answered %s on %u/%s to %s, "
		"which only a host with the role %s does.",
		party_text(w, sv), text_roles(w, sv->roles),
		iface             ? iface->name
		: app != APP_NONE ? app_title(app)
				  : r->proof_what,
		c->port, proto_text(c->proto), text_endpoint(w, &f->client), role_name(r->role));
	f->advice = arena_printf(
		w->a,
		"Add %s to the roles of %s, or correct its address (%s); two hosts may "
		"have been swapped.",
		role_name(r->role), party_token(w, sv),
		sv->told->known_by ? sv->told->known_by : "site file");
	f->tshark = text_filter(w, f);
	return true;
}

static bool contradictions(struct work *w)
{
	const struct infer *in = w->in->infer;

	for (size_t i = 0; in && i < in->n; i++) {
		const struct infer_host *h = &in->host[i];

		if (!h->declared || !h->declared->roles)
			continue;
		for (size_t k = 0; k < h->n_role; k++) {
			const struct conv *c = proof_of(h->declared, &h->role[k]);

			if (c && !contradiction(w, &h->role[k], c))
				return false;
		}
	}
	return true;
}

/* ------------------------------------------------------------------ undeclared hosts */

struct meeting { /* a declared core host and one that only traffic knows */
	const struct infer_host *host;
	uint32_t party, item;
};

static int meeting_order(const void *a, const void *b)
{
	const struct meeting *x = a, *y = b;

	if (x->host != y->host)
		return x->host < y->host ? -1 : 1;
	return x->item < y->item ? -1 : x->item > y->item;
}

static bool gone_by(const struct party *p)
{
	return p->guess && p->inferred && p->inferred->roles && !p->host;
}

static uint32_t neighbour(const struct work *w, const struct meeting *v)
{
	const struct item *it = &w->item[v->item];

	return it->client == v->party ? it->server : it->client;
}

static bool one_neighbour(const struct work *w, const struct meeting *v, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (neighbour(w, &v[i]) != neighbour(w, &v[0]))
			return false;
	return true;
}

/* As YAML takes it without quotes; what is captured is foreign text. */
static const char *plain_name(const struct infer_host *h)
{
	const char *z = h->name ? h->name : "";

	for (const char *c = z; *c; c++)
		if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
		      (*c >= '0' && *c <= '9' && c > z) || ((*c == '-' || *c == '.') && c > z)))
			return "NAME";
	return *z ? z : "NAME";
}

static bool undeclared_host(struct work *w, const struct meeting *v, size_t n)
{
	const struct party *p = &w->party[v[0].party];
	const struct infer_host *h = v[0].host;
	const struct infer_role *best = &h->role[0];
	char text[ADDR_TEXT];
	struct fact fact = {.kind = KIND_UNEXPECTED_ENDPOINT, .rule = "undeclared"};
	struct finding *f;

	for (size_t i = 0; i < h->n_role; i++)
		best = h->role[i].grade < best->grade ? &h->role[i] : best;
	fact.client = "deployment";
	fact.server = addr_format(&h->addr[0].addr, text);
	f = finding_add(w, &fact, SEV_LOW);
	if (!f)
		return false;
	f->client = endpoint_roles(0);
	f->server = party_end(p);
	if (one_neighbour(w, v, n))
		f->client = party_end(&w->party[neighbour(w, &v[0])]);
	for (size_t i = 0; i < n; i++) {
		const struct item *it = &w->item[v[i].item];

		f->client.roles |= w->party[neighbour(w, &v[i])].roles;
		finding_of(w, f, it);
		finding_item(w, f, it, false);
	}
	if (f->folded == 1)
		f->folded = 0;
	f->why = arena_printf(w->a,
			      "%s is not declared. By its traffic it is %s, and is judged as that: "
			      "%s %s.",
			      party_text(w, p), text_roles(w, p->roles), h->name ? h->name : text,
			      best->n_fact ? best->fact[0].text : "");
	f->suggest_in = "site";
	f->suggest_under = "hosts";
	f->suggest = arena_printf(w->a, "- {name: %s, role: [%s], addr: \"%s\"}", plain_name(h),
				  text_roles(w, h->roles), text);
	f->advice =
		arena_printf(w->a, "If it belongs there, add it to the site file, under hosts:\n%s",
			     f->suggest ? f->suggest : "");
	f->tshark = text_filter(w, f);
	return true;
}

/* Where hosts are declared, one that is not and takes part all the same is worth a line, though
 * what it does is documented. */
static bool undeclared_hosts(struct work *w)
{
	VEC(struct meeting) v = {0};
	bool ok = true, declared = w->in->infer && hosts_declared(w);

	for (size_t i = 0; ok && declared && i < w->n; i++) {
		const struct item *it = &w->item[i];
		const uint32_t end[2] = {it->client, it->server};

		if (!it->scope || it->scan || it->group || it->r.verdict > KIND_SETUP_ONLY ||
		    it->state > STATE_MID_STREAM)
			continue;
		for (int k = 0; ok && k < 2; k++) {
			const struct party *p = &w->party[end[k]], *o = &w->party[end[!k]];

			if (gone_by(p) && o->host && scope_core(o->host->roles))
				ok = vec_push(&v,
					      ((struct meeting){p->inferred, end[k], (uint32_t)i}));
		}
	}
	if (v.n)
		qsort(v.v, v.n, sizeof *v.v, meeting_order);
	for (size_t i = 0, k; ok && i < v.n; i = k) {
		for (k = i + 1; k < v.n && v.v[k].host == v.v[i].host; k++)
			;
		ok = undeclared_host(w, &v.v[i], k - i);
	}
	vec_done(&v);
	return ok;
}

/* ------------------------------------------------------------------ undeclared clients */

static bool is_client_guess(const struct party *p)
{
	return p->guess && p->grade == 'C';
}

static struct prefix guess_net(const struct party *p)
{
	return prefix_of(&p->addr, 24, 64);
}

static bool undeclared_net(struct work *w, size_t from, size_t to)
{
	struct prefix net = guess_net(&w->party[from]);
	char cidr[ADDR_TEXT];
	struct fact fact = {.kind = KIND_ADVICE, .rule = "undeclared-clients"};
	struct finding *f;
	size_t n = 0;

	for (size_t i = from; i < to; i++)
		n += is_client_guess(&w->party[i]);
	fact.client = prefix_format(&net, cidr);
	f = finding_add(w, &fact, SEV_INFO);
	if (!f)
		return false;
	f->client = (struct endpoint){.network = arena_strdup(w->a, cidr),
				      .roles = ROLE_BIT(ROLE_CRM_CLIENT),
				      .known_by = w->party[from].told->known_by};
	f->server = endpoint_roles(ROLE_BIT(ROLE_CRM_WEB));
	f->folded = n;
	f->why = arena_printf(
		w->a,
		"%s of %s nobody declared, but of the deployment's hosts they only use "
		"the web application, so they are taken for crm-client.",
		text_counted(w->a, n, "address", "addresses"), cidr);
	/* Each line has a name of its own: a site has several such networks, and one called users.
	 */
	f->suggest_in = "site";
	f->suggest_under = "networks";
	f->suggest = arena_printf(w->a, "- {name: \"users-%.*s\", role: crm-client, cidr: \"%s\"}",
				  (int)strcspn(cidr, "/"), cidr, cidr);
	f->advice = arena_printf(w->a, "Declare the network in the site file, under networks:\n%s",
				 f->suggest);
	return true;
}

/* Parties are sorted by address, so the members of a prefix stand together. */
static bool undeclared(struct work *w)
{
	for (size_t i = 0, k; i < w->n_party; i = k) {
		struct prefix net;

		k = i + 1;
		if (!is_client_guess(&w->party[i]))
			continue;
		net = guess_net(&w->party[i]);
		while (k < w->n_party && prefix_has(&net, &w->party[k].addr))
			k++;
		if (!undeclared_net(w, i, k))
			return false;
	}
	return true;
}

/* ------------------------------------------------------------------ visibility */

static struct finding *visible(struct work *w, const char *what, const char *why,
			       const char *advice)
{
	struct fact fact = {.kind = KIND_VISIBILITY, .rule = what};
	struct finding *f = finding_add(w, &fact, SEV_INFO);

	if (!f)
		return NULL;
	f->why = why;
	f->advice = advice;
	return f;
}

static bool host_seen(const struct work *w, const struct host *h)
{
	for (size_t i = 0; i < h->n_addr; i++)
		if (party_of(w, &h->addr[i]))
			return true;
	return w->demands->host_blind[h->index];
}

static bool unseen_hosts(struct work *w)
{
	struct out names = {0};
	struct finding *f;
	size_t n = 0;

	for (size_t i = 0; i < inventory_count(w->site->inventory); i++) {
		const struct host *h = inventory_at(w->site->inventory, i);

		if (h->is_network || roles_has(h->roles, ROLE_IGNORE) || host_seen(w, h))
			continue;
		if (n < NAMED_HOSTS)
			out_printf(&names, "%s%s", n ? ", " : "", h->name);
		n++;
	}
	if (!n)
		return true;
	if (n > NAMED_HOSTS)
		out_printf(&names, " and %zu more", n - NAMED_HOSTS);
	f = visible(w, "hosts-not-seen",
		    arena_printf(w->a, "No packet of %s: %s. Nothing that needs them was judged.",
				 text_counted(w->a, n, "declared host", "declared hosts"),
				 out_str(&names)),
		    "Mirror their ports too, check their addresses in the site file, or take them "
		    "out of it.");
	out_done(&names);
	return f;
}

static bool one_way(struct work *w)
{
	size_t n = 0, tcp = 0;
	struct finding *f = NULL;
	const struct item *first = NULL;

	for (size_t i = 0; i < w->n; i++) {
		const struct item *it = &w->item[i];

		if (!it->scope || it->proto != IPPROTO_NR_TCP)
			continue;
		tcp++;
		if (it->state != STATE_ONE_WAY)
			continue;
		n++;
		first = first ? first : it;
	}
	if (!n)
		return true;
	f = visible(
		w, "one-way",
		arena_printf(w->a,
			     "Of %zu of %s only one direction was visible. They exist, but "
			     "whether they worked is unknown, and what rests on them was not "
			     "judged.",
			     n,
			     text_counted(w->a, tcp, "TCP conversation of the deployment",
					  "TCP conversations of the deployment")),
		"Mirror both directions (rx and tx) of the ports, or both paths where routing is "
		"asymmetric. Direct server return behind a load balancer looks like this too.");
	if (!f)
		return false;
	for (size_t i = 0; i < w->n; i++) {
		const struct item *it = &w->item[i];

		if (it->scope && it->proto == IPPROTO_NR_TCP && it->state == STATE_ONE_WAY)
			finding_behind(w, f, it);
	}
	finding_evidence(f, first->conv->ok_ev, first->conv->n_ok_ev);
	return true;
}

bool standing_make(struct work *w, const struct served_list *l)
{
	(void)l;
	return contradictions(w) && undeclared_hosts(w) && undeclared(w) && unseen_hosts(w) &&
	       one_way(w) && !w->failed;
}
