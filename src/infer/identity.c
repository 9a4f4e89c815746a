// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which addresses are one host. Ties are looked for in this order, and one that contradicts those
 * before it is dropped: the site file, a network card, a name that the host gives itself, a name
 * that DNS has for an IPv4 and an IPv6 address.
 *
 * A tie must not join what only looks like one: the card of a router carries everybody's packets,
 * a name with several addresses is a service, and a host that calls itself by two names is two.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "infer/parts.h"

enum {
	CARD_V6 = 8,       /* a host has temporary addresses, but not any number */
	CARD_PREFIXES = 2, /* a global and a unique local one */
	NAME_V6 = 8,
	NAME_V4 = 4, /* of one self-given name: cards, or a cluster's addresses */
};

/* ------------------------------------------------------------------ groups */

static uint32_t root_of(const struct parts *p, uint32_t n)
{
	while (p->node[n].group != n)
		n = p->node[n].group;
	return n;
}

static size_t first_label(const char *z)
{
	return strcspn(z, ".");
}

/* "sql01" may be "sql01.corp.example". */
static bool same_name(const char *a, const char *b)
{
	size_t n = first_label(a);

	if (!strcasecmp(a, b))
		return true;
	return n == first_label(b) && (!a[n] || !b[n]) && !strncasecmp(a, b, n);
}

struct tie {
	uint32_t a, b; /* b is tied to a */
	const char *why;
	const struct evidence *at; /* NULL */
};

/* Members of both groups together: at most one declared host, one self-given name. */
static bool agree(const struct node *a, const struct node *b)
{
	if (a->several || b->several || a->members + b->members > INFER_TIES)
		return false;
	if (a->host && b->host && a->host != b->host)
		return false;

	const char *x = node_calls(a), *y = node_calls(b);

	return !x || !y || same_name(x, y);
}

/* The smaller number becomes the root, so that the result does not depend on who came first. */
static void merge(struct parts *p, uint32_t ra, uint32_t rb)
{
	struct node *to = &p->node[ra < rb ? ra : rb], *from = &p->node[ra < rb ? rb : ra];
	const char *mine = node_calls(to), *others = node_calls(from);

	p->ties = true;
	from->group = to->group;
	to->members = (to->members + from->members) & 0xffffff;
	to->host = to->host ? to->host : from->host;
	to->several |= from->several;
	to->some_eligible |= from->some_eligible;
	/* The longer of two names for one host says more. */
	if (others && (!mine || strlen(others) > strlen(mine)) && node_words(p, to))
		to->words->calls = others;
}

/* A global IPv6 address is a deployment's when it is one of a host's; a public IPv4 address of the
 * same name may as well be a device that translates. */
static bool may_join(const struct node *a, const struct node *b)
{
	bool mine = a->eligible || b->eligible;

	return mine && a->unicast && b->unicast && (a->eligible || !addr_is_v4(&a->addr)) &&
	       (b->eligible || !addr_is_v4(&b->addr));
}

static bool has_tie(const struct node *n)
{
	return n->words && n->words->tie;
}

static void join(struct parts *p, const struct tie *t)
{
	uint32_t ra = root_of(p, t->a), rb = root_of(p, t->b);

	if (ra == rb || !may_join(&p->node[t->a], &p->node[t->b]) ||
	    !agree(&p->node[ra], &p->node[rb]))
		return;

	/* Each node but one of a group tells why it is in it. */
	struct node *b = &p->node[t->b], *a = &p->node[t->a];
	struct node *told = !has_tie(b) && !b->declared ? b : !has_tie(a) && !a->declared ? a : b;

	if (!has_tie(told) && node_words(p, told)) {
		told->words->tie = t->why;
		told->words->has_tie_at = t->at != NULL;
		if (t->at)
			told->words->tie_at = *t->at;
	}
	merge(p, ra, rb);
}

static void declared_join(struct parts *p)
{
	for (size_t i = 0; i < inventory_count(p->in->inventory); i++) {
		const struct host *h = inventory_at(p->in->inventory, i);
		uint32_t first = NOBODY;

		for (size_t k = 0; k < h->n_addr; k++) {
			uint32_t n = node_of(p, &h->addr[k]);

			if (first != NOBODY && n != NOBODY) {
				uint32_t a = root_of(p, first), b = root_of(p, n);

				if (a != b)
					merge(p, a, b);
			}
			first = first == NOBODY ? n : first;
		}
	}
}

/* ------------------------------------------------------------------ cards */

/* VRRP (RFC 9568 7.3), HSRP (RFC 2281 5.4), clusters of load balancers, groups: several hosts. */
static bool shared_card(const uint8_t mac[6])
{
	static const uint8_t zero[6], vrrp[4] = {0x00, 0x00, 0x5e, 0x00},
				      hsrp[5] = {0x00, 0x00, 0x0c, 0x07, 0xac};

	return mac[0] & 1 || !memcmp(mac, zero, sizeof zero) || !memcmp(mac, vrrp, sizeof vrrp) ||
	       !memcmp(mac, hsrp, sizeof hsrp) ||
	       ((mac[0] == 0x02 || mac[0] == 0x03) && mac[1] == 0xbf);
}

static const struct host *host_of_card(const struct inventory *v, const uint8_t mac[6])
{
	for (size_t i = 0; i < inventory_count(v); i++) {
		const struct host *h = inventory_at(v, i);

		for (size_t k = 0; k < h->n_mac; k++)
			if (!memcmp(h->mac[k], mac, 6))
				return h;
	}
	return NULL;
}

struct sender { /* what one card sends from */
	const struct addr *v4, *any;
	size_t n_v4, n_v6, n_local, n_prefix;
	struct prefix prefix[CARD_PREFIXES + 1];
};

static void sender_add(struct sender *k, const struct addr *a)
{
	k->any = k->any ? k->any : a;
	if (addr_is_v4(a)) {
		k->v4 = k->v4 ? k->v4 : a;
		k->n_v4 += !k->n_v4 || !addr_equal(k->v4, a);
	} else if (addr_is_link_local(a)) {
		k->n_local++;
	} else {
		struct prefix net = prefix_of(a, 24, 64);
		bool known = false;

		for (size_t i = 0; i < k->n_prefix; i++)
			known |= !memcmp(&k->prefix[i], &net, sizeof net);
		if (!known && k->n_prefix <= CARD_PREFIXES)
			k->prefix[k->n_prefix++] = net;
		k->n_v6++;
	}
}

/* Link-local addresses of IPv4 (RFC 3927) come and go, and are no host's for long. */
static bool passes(const struct addr *a)
{
	return addr_is_unspecified(a) || (addr_is_v4(a) && addr_is_link_local(a));
}

static bool is_cluster(const struct infer_input *in, const struct addr *a)
{
	for (size_t i = 0; i < in->n_clusters; i++)
		if (addr_equal(&in->clusters[i].cluster, a))
			return true;
	return false;
}

typedef VEC(struct tie) tie_list;

/* A router sends what others sent. A card with one IPv4 address and few IPv6 ones is a host's; a
 * row for each VLAN that a mirror showed it in. */
static bool is_hosts(const struct infer_input *in, const struct card *c, size_t n,
		     struct sender *ret)
{
	for (size_t i = 0; i < n; i++) {
		if (c[i].many)
			return false;
		for (unsigned k = 0; k < c[i].n; k++) {
			if (passes(&c[i].addr[k]))
				continue;
			if (is_cluster(in, &c[i].addr[k]))
				return false;
			sender_add(ret, &c[i].addr[k]);
		}
	}
	return ret->any && ret->n_v4 <= 1 && ret->n_v6 <= CARD_V6 * n && ret->n_local <= n &&
	       ret->n_prefix <= CARD_PREFIXES;
}

static bool card_ties(struct parts *p, const struct card *c, size_t n, tie_list *ret)
{
	const struct host *h = host_of_card(p->in->inventory, c->mac);
	struct sender k = {0};
	uint32_t to = NOBODY;
	const char *why = NULL, *mac;

	if (!is_hosts(p->in, c, n, &k))
		return true;
	if (h && h->n_addr)
		to = node_of(p, &h->addr[0]);
	if (to == NOBODY)
		to = node_of(p, k.v4 ? k.v4 : k.any);
	for (size_t i = 0; i < n && to != NOBODY; i++)
		for (unsigned j = 0; j < c[i].n; j++) {
			uint32_t node = passes(&c[i].addr[j]) ? NOBODY : node_of(p, &c[i].addr[j]);

			if (node == NOBODY || node == to)
				continue;
			if (!why) {
				mac = fact_mac(p->a, c->mac);
				why = mac ? arena_printf(p->a, "one network card (%s)", mac) : NULL;
			}

			struct tie t = {to, node, why, NULL};

			if (!why || !vec_push(ret, t))
				return false;
		}
	return true;
}

static bool cards_make(struct parts *p, tie_list *ret)
{
	const struct card *c = p->in->cards;

	for (size_t i = 0, k; i < p->in->n_cards; i = k) {
		for (k = i + 1; k < p->in->n_cards && !memcmp(c[k].mac, c[i].mac, sizeof c[i].mac);
		     k++)
			;
		if (!shared_card(c[i].mac) && !card_ties(p, &c[i], k - i, ret))
			return false;
	}
	return true;
}

/* ------------------------------------------------------------------ names */

static int named_order(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	int d = strcasecmp(x->name, y->name);

	if (d)
		return d;
	return x->node < y->node ? -1 : x->node > y->node;
}

static void calls_itself(struct parts *p, struct node *n, const char *name)
{
	struct node_words *w = name[0] ? node_words(p, n) : NULL;

	if (!w)
		return;
	p->selves = true;
	if (w->self && !same_name(w->self, name))
		n->torn = n->several = true;
	if (!w->self || strlen(name) > strlen(w->self) ||
	    (strlen(name) == strlen(w->self) && strcmp(name, w->self) < 0))
		w->self = w->calls = name;
}

static bool names_make(struct parts *p)
{
	enum { FILE_SERVER = 0x20 };

	for (size_t i = 0; i < p->in->n_sightings; i++) {
		const struct sighting *s = &p->in->sightings[i];
		uint32_t node = node_of(p, &s->about);

		if (node == NOBODY)
			continue;
		switch (s->kind) {
		case SIGHT_NTLM_NAME:
		case SIGHT_NETLOGON:
			calls_itself(p, &p->node[node], s->name);
			break;
		case SIGHT_NBNS_NAME:
			if (s->code == FILE_SERVER)
				calls_itself(p, &p->node[node], s->name);
			break;
		case SIGHT_DNS_ADDRESS:
			if (s->name[0] && s->name[0] != '_' &&
			    !vec_push(&p->names, ((struct named){s->name, node, s})))
				return false;
			break;
		default:
			break;
		}
	}
	if (p->names.n)
		qsort(p->names.v, p->names.n, sizeof *p->names.v, named_order);
	return true;
}

static int text_order(const void *a, const void *b)
{
	return strcasecmp(*(const char *const *)a, *(const char *const *)b);
}

static bool domains_make(struct parts *p)
{
	static const char msdcs[] = "._msdcs.";

	for (size_t i = 0; i < p->in->n_sightings; i++) {
		const struct sighting *s = &p->in->sightings[i];
		const char *domain = NULL;

		if (s->kind == SIGHT_NTLM_NAME || s->kind == SIGHT_NETLOGON)
			domain = s->text;
		else if (s->kind == SIGHT_DNS_SERVICE && strstr(s->text, msdcs))
			domain = strstr(s->text, msdcs) + sizeof msdcs - 1;
		if (domain && *domain && !vec_push(&p->domains, domain))
			return false;
	}
	if (p->domains.n)
		qsort(p->domains.v, p->domains.n, sizeof *p->domains.v, text_order);
	return true;
}

/* A name of a domain stands for all of its domain controllers. */
static bool name_of_domain(const struct parts *p, const char *name)
{
	return strstr(name, "._msdcs.") || strstr(name, "._sites.") ||
	       (p->domains.n &&
		bsearch(&name, p->domains.v, p->domains.n, sizeof *p->domains.v, text_order));
}

struct family {
	uint32_t v4, any;
	size_t n_v4, n_v6;
};

static void family_add(const struct parts *p, struct family *f, uint32_t node)
{
	bool v4 = addr_is_v4(&p->node[node].addr);

	f->v4 = v4 && !f->n_v4 ? node : f->v4;
	f->any = f->n_v4 + f->n_v6 ? f->any : node;
	f->n_v4 += v4;
	f->n_v6 += !v4;
}

/* Names by DNS: one IPv4 address and some IPv6 ones. */
static bool dns_ties(struct parts *p, tie_list *ret)
{
	for (size_t i = 0, k; i < p->names.n; i = k) {
		struct family f = {.v4 = NOBODY};
		const char *why;

		for (k = i; k < p->names.n && !strcasecmp(p->names.v[k].name, p->names.v[i].name);
		     k++)
			if (k == i || p->names.v[k].node != p->names.v[k - 1].node)
				family_add(p, &f, p->names.v[k].node);
		if (f.n_v4 != 1 || !f.n_v6 || f.n_v6 > NAME_V6 ||
		    name_of_domain(p, p->names.v[i].name))
			continue;
		why = arena_printf(p->a, "one name in DNS (%s)", p->names.v[i].name);
		if (!why)
			return false;
		for (size_t j = i; j < k; j++) {
			struct tie t = {f.v4, p->names.v[j].node, why, &p->names.v[j].said->first};

			if (t.b != f.v4 && !vec_push(ret, t))
				return false;
		}
	}
	return true;
}

struct self {
	const char *name;
	uint32_t node;
};

static int self_order(const void *a, const void *b)
{
	const struct self *x = a, *y = b;
	int d = strcasecmp(x->name, y->name);

	if (d)
		return d;
	return x->node < y->node ? -1 : x->node > y->node;
}

static bool self_ties(struct parts *p, tie_list *ret)
{
	struct self *v = malloc((p->n_node + 1) * sizeof *v);
	bool ok = v;
	size_t n = 0;

	for (uint32_t i = 0; ok && p->selves && i < p->n_node; i++)
		if (node_self(&p->node[i]) && !p->node[i].torn && p->node[i].unicast)
			v[n++] = (struct self){node_self(&p->node[i]), i};
	if (ok && n)
		qsort(v, n, sizeof *v, self_order);
	for (size_t i = 0, k; ok && i < n; i = k) {
		struct family f = {.v4 = NOBODY};
		const char *why;
		uint32_t to;

		for (k = i; k < n && !strcasecmp(v[k].name, v[i].name); k++)
			family_add(p, &f, v[k].node);
		if (k - i < 2 || f.n_v4 > NAME_V4 || f.n_v6 > NAME_V6)
			continue;
		to = f.n_v4 ? f.v4 : f.any;
		why = arena_printf(p->a, "both call themselves %s", v[i].name);
		ok = why;
		for (size_t j = i; ok && j < k; j++)
			ok = v[j].node == to ||
			     vec_push(ret, ((struct tie){to, v[j].node, why, NULL}));
	}
	free(v);
	return ok;
}

/* ------------------------------------------------------------------ all of it */

static int tie_order(const void *a, const void *b)
{
	const struct tie *x = a, *y = b;

	if (x->b != y->b)
		return x->b < y->b ? -1 : 1;
	if (x->a != y->a)
		return x->a < y->a ? -1 : 1;
	return strcmp(x->why, y->why);
}

/* Two ties of one kind that claim an address for two hosts are none. */
static void ties_join(struct parts *p, tie_list *l)
{
	if (l->n)
		qsort(l->v, l->n, sizeof *l->v, tie_order);
	for (size_t i = 0, k; i < l->n; i = k) {
		bool clear = true;

		for (k = i + 1; k < l->n && l->v[k].b == l->v[i].b; k++)
			clear &= l->v[k].a == l->v[i].a;
		if (clear)
			join(p, &l->v[i]);
	}
	l->n = 0;
}

static void flatten(struct parts *p)
{
	/* A root has the smallest number of its group: what a node points to is flat before it. */
	for (uint32_t i = 0; p->ties && i < p->n_node; i++) {
		struct node *n = &p->node[i];

		n->group = p->node[n->group].group;
		n->eligible |= n->unicast && p->node[n->group].some_eligible;
	}
}

static void name_give(struct parts *p, struct node *n, const char *name, const char *from)
{
	struct node_words *w = node_words(p, n);

	if (w) {
		w->name = name;
		w->name_from = from;
	}
}

/* What to call an address that does not say so itself: its only name in DNS, the first in order of
 * several, else what the capture file has. */
static void names_give(struct parts *p)
{
	for (size_t i = p->names.n; i-- > 0;) {
		struct named *n = &p->names.v[i];
		bool shared = (i && !strcasecmp(p->names.v[i - 1].name, n->name) &&
			       p->node[p->names.v[i - 1].node].group != p->node[n->node].group) ||
			      (i + 1 < p->names.n && !strcasecmp(p->names.v[i + 1].name, n->name) &&
			       p->node[p->names.v[i + 1].node].group != p->node[n->node].group);

		if (shared)
			continue;
		name_give(p, &p->node[n->node], n->name, "DNS");
	}
	for (uint32_t i = 0; p->selves && i < p->n_node; i++)
		if (node_self(&p->node[i]) && !p->node[i].torn)
			name_give(p, &p->node[i], node_self(&p->node[i]), "itself");
	for (size_t i = 0; i < p->in->n_names; i++) {
		uint32_t node = node_of(p, &p->in->names[i].addr);

		if (node != NOBODY && !(p->node[node].words && p->node[node].words->name))
			name_give(p, &p->node[node], p->in->names[i].name, "the capture file");
	}
}

bool identity_make(struct parts *p)
{
	tie_list l = {0};
	bool ok;

	ok = names_make(p) && domains_make(p);
	declared_join(p);
	ok = ok && cards_make(p, &l);
	if (ok)
		ties_join(p, &l);
	ok = ok && self_ties(p, &l);
	if (ok)
		ties_join(p, &l);
	ok = ok && dns_ties(p, &l);
	if (ok)
		ties_join(p, &l);
	vec_done(&l);
	flatten(p);
	names_give(p);
	return ok;
}

void nodes_named(const struct parts *p, const char *name, void (*fn)(void *user, uint32_t node),
		 void *user)
{
	size_t lo = 0, hi = p->names.n;
	uint32_t last = NOBODY;

	if (!name[0])
		return;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (strcasecmp(p->names.v[mid].name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < p->names.n && !strcasecmp(p->names.v[lo].name, name); lo++) {
		if (p->names.v[lo].node != last)
			fn(user, p->names.v[lo].node);
		last = p->names.v[lo].node;
	}
}
