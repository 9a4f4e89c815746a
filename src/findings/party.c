// SPDX-License-Identifier: BSD-2-Clause
/*
 * The ends of conversations: whose address it is, which roles, and how that is known. Parties stand
 * in the order of struct ends, by the bytes of their addresses: looking one up depends on nothing
 * that an attacker could choose.
 */
#include <stdlib.h>
#include <string.h>

#include "base/huge.h"
#include "base/proto.h"
#include "findings/work.h"
#include "roles/walk.h"

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct addr));
}

static int party_vs(const void *a, const void *b)
{
	const struct party *p = b;

	return memcmp(a, &p->addr, sizeof p->addr);
}

const struct party *party_of(const struct work *w, const struct addr *a)
{
	return bsearch(a, w->party, w->n_party, sizeof *w->party, party_vs);
}

/* The last address of a declared IPv4 network (RFC 919 7). */
static bool directed_broadcast(const struct host *h, const struct addr *a)
{
	unsigned free_bits;
	uint32_t mask;

	if (!h || !h->is_network || !h->net || !addr_is_v4(a) || h->net->bits < 96 ||
	    h->net->bits > 126)
		return false;
	free_bits = 128U - h->net->bits;
	mask = free_bits >= 32 ? UINT32_MAX : (UINT32_C(1) << free_bits) - 1;
	return (addr_to_v4(a) & mask) == mask;
}

static const char *known_text(struct work *w, const struct host *h)
{
	const char *slash;

	if (h->known_by == KNOWN_OPTION)
		return "--role";
	if (h->known_by == KNOWN_TRAFFIC || !h->file)
		return "traffic";
	slash = strrchr(h->file, '/');
	return arena_printf(w->a, "%s:%u", slash ? slash + 1 : h->file, h->line);
}

struct links {
	VEC(struct addr) v; /* the first 64 bits of declared core hosts' IPv6 addresses */
};

static struct addr upper_half(const struct addr *a)
{
	struct addr r = *a;

	memset(r.b + 8, 0, 8);
	return r;
}

static bool links_make(const struct site *s, struct links *l)
{
	for (size_t i = 0; i < inventory_count(s->inventory); i++) {
		const struct host *h = inventory_at(s->inventory, i);

		if (h->is_network || !scope_core(h->roles))
			continue;
		for (size_t k = 0; k < h->n_addr; k++)
			if (!addr_is_v4(&h->addr[k]) && !vec_push(&l->v, upper_half(&h->addr[k])))
				return false;
	}
	if (l->v.n)
		qsort(l->v.v, l->v.n, sizeof *l->v.v, by_bytes);
	return true;
}

static bool linked(const struct links *l, const struct addr *a)
{
	struct addr u = upper_half(a);

	if (addr_is_v4(a))
		return false;
	if (addr_is_link_local(a))
		return true;
	return l->v.n && bsearch(&u, l->v.v, l->v.n, sizeof u, by_bytes);
}

const char *party_token(struct work *w, const struct party *p)
{
	const struct host *h = p->host;
	char text[ADDR_TEXT];
	const char **token = &w->party[p - w->party].token;

	if (h && !h->is_network)
		return h->name;
	if (!*token)
		*token = arena_strdup(w->a, h && h->net ? prefix_format(h->net, text)
							: addr_format(&p->addr, text));
	if (!*token)
		w->failed = true;
	return *token ? *token : "";
}

static const struct party_told nothing_told;

const char *party_text(struct work *w, const struct party *p)
{
	const struct endpoint e = party_end(p);

	return text_endpoint(w, &e);
}

/* What goes along with the parties, which ascend. */
struct beside {
	struct links links;
	struct walk hosts;
	struct infer_walk inferred;
	size_t name;
	const struct party_told **told; /* by host, what all of its addresses share */
};

static struct party_told *told_new(struct work *w, const struct party_told *like)
{
	struct party_told *t = arena_alloc(w->a, sizeof *t);

	if (!t) {
		w->failed = true;
		return NULL;
	}
	*t = *like;
	return t;
}

static const struct party_told *told_of_host(struct work *w, const struct host *h,
					     const struct party_told **told)
{
	if (!told[h->index])
		told[h->index] = told_new(
			w, &(struct party_told){
				   .known_by = known_text(w, h),
				   .host = !h->is_network && h->known_by == KNOWN_SITE ? h->name
										       : NULL,
			   });
	return told[h->index] ? told[h->index] : &nothing_told;
}

/* Puts something else in the place of what says how it is known. */
static void known_as(struct work *w, struct party *p, const char *known_by)
{
	struct party_told *t = told_new(w, p->told);

	if (!t)
		return;
	t->known_by = known_by;
	p->told = t;
	if (!known_by)
		w->failed = true;
}

/* The same for many that have nothing else said of them. */
static void guessed_as(struct work *w, struct party *p, const struct party_told *guess)
{
	if (p->told == &nothing_told)
		p->told = guess;
	else
		known_as(w, p, guess->known_by);
}

static void name_fill(struct work *w, struct party *p, size_t *at)
{
	const struct passive_name *v = w->in->names;
	struct party_told *t;

	while (*at < w->in->n_names && by_bytes(&v[*at].addr, &p->addr) < 0)
		(*at)++;
	if (*at == w->in->n_names || !addr_equal(&v[*at].addr, &p->addr))
		return;
	t = told_new(w, p->told);
	if (!t)
		return;
	t->name = arena_strdup(w->a, v[*at].name);
	t->name_source = v[*at].source;
	p->told = t;
	if (!t->name)
		w->failed = true;
}

static void party_fill(struct work *w, struct party *p, struct beside *b)
{
	const struct host *h = walk_find(&b->hosts, &p->addr);
	const struct infer_host *ih = infer_walk(w->in->infer, &b->inferred, &p->addr);
	const struct infer_addr *tie = ih && ih->declared ? infer_tie(ih, &p->addr) : NULL;
	char text[ADDR_TEXT];

	p->inferred = ih;
	p->group = addr_is_multicast(&p->addr) || addr_is_broadcast(&p->addr) ||
		   directed_broadcast(h, &p->addr);
	if (p->group)
		h = NULL;
	p->tied = tie && ih->declared->roles && (!h || h->is_network);
	if (p->tied)
		h = ih->declared;
	p->host = h;
	p->roles = h ? h->roles : 0;
	p->linked = !h && !p->group && linked(&b->links, &p->addr);
	p->told = h ? told_of_host(w, h, b->told) : &nothing_told;
	if (p->tied)
		known_as(w, p,
			 arena_printf(w->a, "same host as %s: %s",
				      addr_format(&ih->addr[0].addr, text), tie->why));
	name_fill(w, p, &b->name);
}

/* RFC 1001 15.1.7 names broadcast areas; a NetBIOS datagram to an unanswering x.x.x.255 that nobody
 * declared is one, whatever the mask of the network is. So is the request of the SQL Server Browser
 * that is made for broadcasts (MC-SQLR 2.2.1). */
static bool broadcast_call(const struct conv *c, const struct party *server)
{
	bool calls = c->port == 137 || c->port == 138 || c->notes & APP_NOTE_SSRP_BROADCAST;

	return calls && c->proto == IPPROTO_NR_UDP && !server->host && addr_is_v4(&c->server) &&
	       c->server.b[15] == 255 && !c->packets[1];
}

bool conv_group(const struct work *w, const struct conv *c)
{
	const struct party *server = &w->party[c->server_no];

	return c->group || server->group || broadcast_call(c, server);
}

static void parties_met(struct work *w)
{
	for (size_t i = 0; i < w->in->n_convs; i++) {
		const struct conv *c = &w->in->convs[i];

		w->party[c->client_no].client = true;
		w->party[c->server_no].server = true;
		if (c->state <= STATE_MID_STREAM)
			w->party[c->server_no].answered = true;
	}
	for (size_t i = 0; i < w->in->n_attempts; i++) {
		w->party[w->in->attempts[i].client_no].client = true;
		w->party[w->in->attempts[i].server_no].server = true;
	}
}

bool parties_make(struct work *w)
{
	const struct ends *ends = &w->in->ends;
	struct beside b = {.told = calloc(inventory_count(w->site->inventory) + 1, sizeof *b.told)};
	bool ok =
		b.told && links_make(w->site, &b.links) && walk_make(&b.hosts, w->site->inventory);

	w->n_party = ends->n;
	w->party = calloc(ends->n ? ends->n : 1, sizeof *w->party);
	huge_hint(w->party, ends->n * sizeof *w->party);
	ok = ok && w->party;
	for (size_t i = 0; ok && i < ends->n; i++) {
		w->party[i].addr = ends->addr[i];
		party_fill(w, &w->party[i], &b);
	}
	if (ok)
		parties_met(w);
	vec_done(&b.links.v);
	walk_done(&b.hosts);
	free(b.told);
	return ok && !w->failed;
}

void parties_done(struct work *w)
{
	free(w->party);
	w->party = NULL;
}

/* A rule of the web application for its users. */
static bool rule_is_web(const struct rule *r)
{
	return r->from == ROLE_BIT(ROLE_CRM_CLIENT) && roles_has(r->to, ROLE_CRM_WEB) &&
	       r->proto == IPPROTO_NR_TCP && !r->rpc && !r->informational;
}

static bool documented_web(struct work *w, const struct party *server, uint8_t proto, uint16_t port)
{
	const struct end client = {.roles = ROLE_BIT(ROLE_CRM_CLIENT)};
	struct end end = {.roles = server->roles, .host = server->host};
	const struct rule *const *rules;
	size_t n;

	if (roles_has(end.roles, ROLE_NLB))
		end.roles |= ROLE_BIT(ROLE_CRM_WEB);
	n = matrix_allowing(w->m, &client, &end, proto, port, &rules);
	for (size_t i = 0; i < n; i++)
		if (rule_is_web(rules[i]))
			return true;
	return false;
}

static bool undeclared(const struct party *p)
{
	return !p->roles && !p->group && !p->scanner;
}

static bool may_be_guessed(const struct party *p)
{
	return undeclared(p) && !p->linked && addr_is_private(&p->addr) &&
	       !addr_is_loopback(&p->addr);
}

bool hosts_declared(const struct work *w)
{
	for (size_t i = 0; i < inventory_count(w->site->inventory); i++)
		if (scope_core(inventory_at(w->site->inventory, i)->roles))
			return true;
	return false;
}

/* The weakest of what is gone by. */
static char grade_of(const struct infer_host *h, roleset taken)
{
	char grade = 'A';

	for (size_t i = 0; i < h->n_role; i++)
		if (roles_has(taken, h->role[i].role) && h->role[i].grade > grade)
			grade = h->role[i].grade;
	return grade;
}

/* Roles that are gone by have no other grades. */
static const struct party_told by_grade[] = {{.known_by = "traffic: grade A"},
					     {.known_by = "traffic: grade B"}};
static const struct party_told only_web = {.known_by = "guess: only uses crm-web"};

/* Where hosts are declared, a name or time server without that role stays one: the demand is met,
 * and a finding names it (CASE_NAME_SERVICE). A domain controller is named by its own. */
static void hosts_infer(struct work *w)
{
	roleset listed = inventory_roles(w->site->inventory);
	roleset not = hosts_declared(w) ? ROLE_BIT(ROLE_DNS) | ROLE_BIT(ROLE_NTP) : 0;

	for (size_t i = 0; i < w->n_party; i++)
		if (w->party[i].inferred && undeclared(&w->party[i]))
			listed |= w->party[i].inferred->roles;
	for (size_t i = 0; i < w->n_party; i++) {
		struct party *p = &w->party[i];
		roleset taken = p->inferred ? p->inferred->roles : 0;

		if (!roles_has(taken, ROLE_DC))
			taken &= ~not ;
		if (!taken || !undeclared(p))
			continue;
		p->roles = roles_implied(taken, roles_has(listed, ROLE_CRM_ORGWS), true);
		p->guess = true;
		p->grade = grade_of(p->inferred, taken);
		guessed_as(w, p, &by_grade[p->grade > 'A']);
	}
}

enum { SEEN_WEB = 1, SEEN_OTHER = 2 };

/* One conversation, for what its ends may be: `used`, the web application answered. */
static void look_at_client(struct work *w, const struct pair *p, bool used, uint8_t *seen)
{
	const roleset deployment = roles_core() | ROLE_BIT(ROLE_NLB);
	const struct party *cl = &w->party[p->client_no], *sv = &w->party[p->server_no];

	if (may_be_guessed(sv) && cl->roles & deployment)
		seen[p->server_no] |= SEEN_OTHER;
	if (!may_be_guessed(cl) || !(sv->roles & deployment))
		return;
	if (!documented_web(w, sv, p->proto, p->port))
		seen[p->client_no] |= SEEN_OTHER;
	else if (used)
		seen[p->client_no] |= SEEN_WEB;
}

static bool of_deployment(const struct work *w, uint32_t client_no, uint32_t server_no)
{
	return (w->party[client_no].roles | w->party[server_no].roles) &
	       (roles_core() | ROLE_BIT(ROLE_NLB));
}

static void clients_infer(struct work *w)
{
	uint8_t *seen = calloc(w->n_party ? w->n_party : 1, 1);

	if (!seen) {
		w->failed = true;
		return;
	}
	for (size_t i = 0; i < w->in->n_convs; i++) {
		const struct conv *c = &w->in->convs[i];
		const struct pair p = pair_of(c);

		if (of_deployment(w, c->client_no, c->server_no) && !w->scan[i] &&
		    !conv_group(w, c))
			look_at_client(w, &p, c->state <= STATE_MID_STREAM && c->payload[0], seen);
	}
	for (size_t i = 0; i < w->in->n_attempts; i++) {
		const struct attempt *a = &w->in->attempts[i];
		const struct pair p = pair_of_attempt(a);

		if (of_deployment(w, a->client_no, a->server_no) && !w->scan_attempt[i] &&
		    !w->party[a->server_no].group)
			look_at_client(w, &p, false, seen);
	}
	for (size_t i = 0; i < w->n_party; i++) {
		struct party *p = &w->party[i];

		if (seen[i] != SEEN_WEB)
			continue;
		p->roles = ROLE_BIT(ROLE_CRM_CLIENT);
		p->guess = true;
		p->grade = 'C';
		guessed_as(w, p, &only_web);
	}
	free(seen);
}

void parties_infer(struct work *w)
{
	if (w->in->infer)
		hosts_infer(w);
	clients_infer(w);
}
