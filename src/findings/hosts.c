// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the traffic says of hosts rather than of conversations: facts for the table of roles, hosts
 * whose traffic contradicts the site file, clients that nobody declared, hosts that nobody saw.
 */
#include "findings/hosts.h"
#include "base/proto.h"
#include "findings/demand.h"

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
		const struct conv *c = it->c;

		if (it->scan || it->group || c->state > STATE_MID_STREAM ||
		    !w->party[it->server].roles)
			continue;
		for (unsigned k = 0; k < c->n_app; k++) {
			const struct conv_app *a = &c->app[k];

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
		if (!p->roles ||
		    (p->host && p->host->is_network && per_net[p->host->index]++ >= FOLD_CLIENTS))
			continue;
		row = (struct role_row){.address = p->addr,
					.name = p->ep.host,
					.roles = p->roles,
					.known_by = p->ep.known_by,
					.grade = p->guess ? 'C' : 0};
		if (p->guess) {
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

struct proof { /* an answer in this protocol proves the role */
	const char *app;
	enum role role;
	bool to_core; /* counts only when a host of the deployment is answered */
};

static const struct proof proofs[] = {
	{"tds", ROLE_SQL, true},
	{"kerberos", ROLE_DC, false},
	{"cldap", ROLE_DC, false},
	{"mc-nmf", ROLE_N, false}, /* proves nothing: AD FS and any IIS host speak it too */
};

static const struct proof *proof_of(const struct work *w, const struct served *s)
{
	const struct host *h = w->party[s->party].host;

	if (!h || h->is_network)
		return NULL;
	for (size_t i = 0; i < N_ELEMENTS(proofs); i++) {
		const struct proof *p = &proofs[i];

		if (strcmp(app_name(s->app), p->app) != 0 || p->role == ROLE_N ||
		    roles_has(h->roles, p->role))
			continue;
		if (p->to_core && !scope_core(w->party[w->item[s->item].client].roles))
			continue;
		return p;
	}
	return NULL;
}

static bool contradiction(struct work *w, const struct served *s, const struct proof *p)
{
	const struct party *sv = &w->party[s->party];
	const struct item *it = &w->item[s->item];
	struct fact fact = {
		.kind = KIND_CONTRADICTION, .rule = role_name(p->role), .server = sv->token};
	struct finding *f = finding_add(w, &fact, SEV_HIGH);

	if (!f)
		return false;
	f->client = w->party[it->client].ep;
	f->server = sv->ep;
	f->proto = s->proto;
	f->port = s->port;
	f->protocol = app_name(s->app);
	finding_conv(w, f, it->c);
	f->folded = 0;
	finding_evidence(f, it->c->ok_ev, it->c->n_ok_ev);
	f->why = arena_printf(
		w->a,
		"The site file says that %s is %s, but it answered %s on %u/%s to %s, "
		"which only a host with the role %s does.",
		text_endpoint(w, &sv->ep), text_roles(w, sv->roles), app_title(s->app), s->port,
		proto_text(s->proto), text_endpoint(w, &f->client), role_name(p->role));
	f->advice = arena_printf(
		w->a,
		"Add %s to the roles of %s, or correct its address (%s); two hosts may "
		"have been swapped.",
		role_name(p->role), sv->token, sv->ep.known_by ? sv->ep.known_by : "site file");
	f->tshark = text_filter(w, f);
	return true;
}

static bool contradictions(struct work *w, const struct served_list *l)
{
	const struct host *done = NULL;
	const struct proof *done_for = NULL;

	for (size_t i = 0; i < l->v.n; i++) {
		const struct proof *p = proof_of(w, &l->v.v[i]);

		if (!p)
			continue;
		/* One for a host and role: its services stand together. */
		if (w->party[l->v.v[i].party].host == done && done_for && done_for->role == p->role)
			continue;
		done = w->party[l->v.v[i].party].host;
		done_for = p;
		if (!contradiction(w, &l->v.v[i], p))
			return false;
	}
	return true;
}

/* ------------------------------------------------------------------ undeclared clients */

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
		n += w->party[i].guess;
	fact.client = prefix_format(&net, cidr);
	f = finding_add(w, &fact, SEV_INFO);
	if (!f)
		return false;
	f->client = (struct endpoint){.network = arena_strdup(w->a, cidr),
				      .roles = ROLE_BIT(ROLE_CRM_CLIENT),
				      .known_by = w->party[from].ep.known_by};
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
		if (!w->party[i].guess)
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

		if (!it->scope || it->c->proto != IPPROTO_NR_TCP)
			continue;
		tcp++;
		if (it->c->state != STATE_ONE_WAY)
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

		if (it->scope && it->c->proto == IPPROTO_NR_TCP && it->c->state == STATE_ONE_WAY)
			finding_behind(w, f, it->c);
	}
	finding_evidence(f, first->c->ok_ev, first->c->n_ok_ev);
	return true;
}

bool standing_make(struct work *w, const struct served_list *l)
{
	return contradictions(w, l) && undeclared(w) && unseen_hosts(w) && one_way(w) && !w->failed;
}
