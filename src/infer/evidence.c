// SPDX-License-Identifier: BSD-2-Clause
/*
 * What is seen of each host, clue by clue. Conversations, grants and sightings are dealt out to
 * hosts once, by counting; a host's are then looked at together. A clue is looked up by the number
 * of its protocol, so the length of the table of signs costs nothing.
 */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cpu.h"
#include "base/proto.h"
#include "infer/parts.h"
#include "recognise/recognise.h"
#include "recognise/rpc_iface.h"

enum { APPS = 1024 }; /* numbers of protocols; more are not looked up */

struct slot { /* a clue of a sign */
	uint32_t sign;
	uint8_t i;
	bool counter;
	struct clue_at at;
	uint32_t next; /* of the same protocol, or of none */
};

struct peer_conv { /* of the group in hand */
	uint32_t peer, conv;
};

struct share {        /* conversations dealt out to groups */
	size_t *from; /* by group, n_node + 1 */
	struct peer_conv *v;
};

struct told { /* a sighting about a host */
	uint32_t group, sighting;
};

struct evidence_set {
	struct parts *p;
	const struct sign **sign;
	size_t n_sign;
	struct slot *slot;
	size_t n_slot;
	uint32_t *first_slot;  /* by sign */
	uint32_t by_app[APPS]; /* slots of a clue of one protocol, */
	uint32_t some_app;     /* of one of several, */
	uint32_t no_app;       /* of whichever protocol, */
	uint32_t others;       /* of none at all */
	struct tally *tally;   /* by slot, of the group in hand */
	bool any;              /* one of them is not empty */
	struct share served, called;
	VEC(struct told) told; /* by group, then sighting */
	size_t told_at;
	uint32_t *grant_from;   /* by node: its first grant; NOBODY */
	uint32_t *card_from;    /* by node: a virtual card of it; NOBODY */
	uint32_t *cluster_from; /* by node: a host of the cluster that it is; NOBODY */
	uint32_t *next_node;    /* of the same group; NOBODY */
};

/* ------------------------------------------------------------------ the table */

static const struct sign_family *const families[] = {
#define X(word) &signs_##word,
	SIGN_FAMILIES(X)
#undef X
};

static void slot_make(struct evidence_set *e, size_t sign, const struct clue *c, unsigned i,
		      bool counter)
{
	struct slot *s = &e->slot[e->n_slot];
	const struct rpc_iface_row *row;

	*s = (struct slot){.sign = (uint32_t)sign, .i = (uint8_t)i, .counter = counter};
	s->at.c = c;
	for (unsigned k = 0; k < N_ELEMENTS(c->app) && c->app[k]; k++)
		s->at.app[s->at.n_app++] = app_by_name(c->app[k]);
	while (s->at.n_port < N_ELEMENTS(c->port) && c->port[s->at.n_port])
		s->at.n_port++;
	row = c->of == CLUE_BOUND || c->of == CLUE_GRANTS ? rpc_iface_by_name(c->text) : NULL;
	if (row)
		memcpy(s->at.uuid, row->uuid, sizeof s->at.uuid);
	e->n_slot++;
}

static void slot_link(struct evidence_set *e, uint32_t number)
{
	struct slot *s = &e->slot[number];
	uint32_t *head = &e->others;

	/* One list a slot. */
	if (s->at.c->of == CLUE_ANSWERS || s->at.c->of == CLUE_CALLS)
		head = !s->at.n_app                              ? &e->no_app
		       : s->at.n_app == 1 && s->at.app[0] < APPS ? &e->by_app[s->at.app[0]]
								 : &e->some_app;
	s->next = *head;
	*head = number;
}

static bool table_make(struct evidence_set *e)
{
	size_t n = 0, clues = 0;

	for (size_t f = 0; f < N_ELEMENTS(families); f++)
		n += families[f]->n;
	e->sign = calloc(n + 1, sizeof *e->sign);
	e->first_slot = calloc(n + 1, sizeof *e->first_slot);
	e->slot = calloc(n * (SIGN_CLUES + SIGN_NOT) + 1, sizeof *e->slot);
	if (!e->sign || !e->first_slot || !e->slot)
		return false;
	for (size_t f = 0; f < N_ELEMENTS(families); f++)
		for (size_t i = 0; i < families[f]->n; i++)
			e->sign[e->n_sign++] = &families[f]->sign[i];
	for (size_t i = 0; i < e->n_sign; i++) {
		const struct sign *s = e->sign[i];

		e->first_slot[i] = (uint32_t)e->n_slot;
		for (unsigned k = 0; k < SIGN_CLUES && s->all[k].of; k++)
			slot_make(e, i, &s->all[k], k, false);
		for (unsigned k = 0; k < SIGN_NOT && s->none[k].of; k++)
			slot_make(e, i, &s->none[k], k, true);
	}
	clues = e->n_slot;
	for (size_t i = 0; i < APPS; i++)
		e->by_app[i] = NOBODY;
	e->some_app = e->no_app = e->others = NOBODY;
	for (size_t i = clues; i-- > 0;)
		slot_link(e, (uint32_t)i);
	e->tally = calloc(clues + 1, sizeof *e->tally);
	return e->tally;
}

size_t evidence_signs(const struct evidence_set *e)
{
	return e->n_sign;
}

const struct sign *evidence_sign(const struct evidence_set *e, size_t i)
{
	return e->sign[i];
}

size_t evidence_clue(const struct evidence_set *e, size_t sign, unsigned i, bool counter)
{
	size_t at = e->first_slot[sign];

	while (e->slot[at].i != i || e->slot[at].counter != counter)
		at++;
	return at;
}

bool clue_holds(const struct clue *c, const struct tally *t)
{
	unsigned peers = c->peers ? c->peers : 1;

	return c->of == CLUE_ANSWERS || c->of == CLUE_CALLS ? t->peers >= peers : t->n > 0;
}

/* ------------------------------------------------------------------ dealing out */

/* Something came back that a payload proves, and it is known who answered. */
static bool exchanged(const struct conv *c)
{
	return c->state <= STATE_MID_STREAM && c->payload[1] && !c->group && c->reason <= DIR_PORT;
}

struct exchange {
	uint32_t conv, group[2]; /* the client's, the server's */
};
typedef VEC(struct exchange) exchange_list;

static bool port_fits(const struct clue_at *k, uint16_t port)
{
	for (unsigned i = 0; i < k->n_port; i++)
		if (k->c->port[i] == port)
			return true;
	return !k->n_port;
}

static bool app_fits(const struct clue_at *k, const struct conv_app *a)
{
	bool named = !k->n_app;

	for (unsigned i = 0; i < k->n_app; i++)
		named |= a->app == k->app[i];
	return named && (!k->n_app || a->conf == APP_SURE) && a->payload[1] &&
	       (a->by_state[STATE_ESTABLISHED] || a->by_state[STATE_MID_STREAM]) &&
	       !(a->notes & k->c->never) && (!k->c->signs || a->signs & k->c->signs);
}

/* Pipes of SMB carry interfaces that every member has. */
static bool bound_over_tcp(const struct conv *c)
{
	return conv_more(c)->n_iface && c->proto == IPPROTO_NR_TCP && c->port != 445 &&
	       c->port != 139;
}

static bool list_fits(const struct evidence_set *e, uint32_t list, enum clue_of of,
		      const struct conv *c, const struct conv_app *a)
{
	for (uint32_t i = list; i != NOBODY; i = e->slot[i].next) {
		const struct clue_at *k = &e->slot[i].at;

		if (k->c->of == of && port_fits(k, c->port) && app_fits(k, a))
			return true;
	}
	return false;
}

static bool app_tells(const struct evidence_set *e, enum clue_of of, const struct conv *c,
		      const struct conv_app *a)
{
	if (list_fits(e, e->no_app, of, c, a))
		return true;
	if (a->app == APP_NONE)
		return false;
	return (a->app < APPS && list_fits(e, e->by_app[a->app], of, c, a)) ||
	       list_fits(e, e->some_app, of, c, a);
}

/* Of conversations without a known protocol the port alone may tell something. */
static bool may_tell(const struct evidence_set *e, const struct conv *c)
{
	bool some = c->recognised || c->more;

	for (uint32_t i = e->no_app; i != NOBODY && !some; i = e->slot[i].next)
		some = port_fits(&e->slot[i].at, c->port);
	return some;
}

/* Some clue is in the conversation: most have none, and need not be looked at with their host's. */
static bool tells(const struct evidence_set *e, const struct conv *c, enum clue_of of)
{
	struct conv_app room;

	if (of == CLUE_ANSWERS && c->more && (bound_over_tcp(c) || c->more->n_name))
		return true;
	for (unsigned k = 0; k < c->n_app; k++)
		if (app_tells(e, of, c, conv_app(c, k, &room)))
			return true;
	return false;
}

/* Rows of protocols lie anywhere: they are asked for before they are needed. */
static void exchange_ahead(const struct evidence_set *e, size_t i)
{
	enum { AHEAD = 12 };
	const struct infer_input *in = e->p->in;

	if (i + AHEAD < in->n_convs && !in->convs[i + AHEAD].alone &&
	    may_tell(e, &in->convs[i + AHEAD]))
		prefetch(in->convs[i + AHEAD].app);
}

/* Exchanges that tell something of the client, of the server. The ends are looked up once, while
 * the conversation is at hand. */
static bool exchanges(const struct evidence_set *e, exchange_list *called, exchange_list *served)
{
	const struct parts *p = e->p;

	for (size_t i = 0; i < p->in->n_convs; i++) {
		const struct conv *c = &p->in->convs[i];
		struct exchange x = {.conv = (uint32_t)i};

		exchange_ahead(e, i);
		if (!exchanged(c) || p->scanner[i] || !may_tell(e, c))
			continue;
		x.group[0] = p->node[client_node(p, c)].group;
		x.group[1] = p->node[server_node(p, c)].group;
		if (x.group[0] == x.group[1]) /* with itself */
			continue;
		if ((tells(e, c, CLUE_ANSWERS) && !vec_push(served, x)) ||
		    (tells(e, c, CLUE_CALLS) && !vec_push(called, x)))
			return false;
	}
	return true;
}

static bool share_make(const struct parts *p, struct share *s, const exchange_list *l, bool server)
{
	s->from = calloc(p->n_node + 2, sizeof *s->from);
	s->v = malloc((l->n + 1) * sizeof *s->v);
	if (!s->from || !s->v)
		return false;
	for (size_t i = 0; i < l->n; i++)
		s->from[l->v[i].group[server] + 1]++;
	for (size_t g = 0; g < p->n_node; g++)
		s->from[g + 1] += s->from[g];
	for (size_t i = 0; i < l->n; i++)
		s->v[s->from[l->v[i].group[server]]++] =
			(struct peer_conv){l->v[i].group[!server], l->v[i].conv};
	for (size_t g = p->n_node; g > 0; g--)
		s->from[g] = s->from[g - 1];
	s->from[0] = 0;
	return true;
}

static bool shares_make(struct evidence_set *e)
{
	exchange_list called = {0}, served = {0};
	bool ok = exchanges(e, &called, &served) && share_make(e->p, &e->served, &served, true) &&
		  share_make(e->p, &e->called, &called, false);

	vec_done(&called);
	vec_done(&served);
	return ok;
}

struct telling {
	struct evidence_set *e;
	uint32_t sighting;
};

static void tell(void *user, uint32_t node)
{
	struct telling *t = user;
	struct told one = {t->e->p->node[node].group, t->sighting};

	if (!vec_push(&t->e->told, one))
		t->e->p->failed = true;
}

static int told_order(const void *a, const void *b)
{
	const struct told *x = a, *y = b;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	return x->sighting < y->sighting ? -1 : x->sighting > y->sighting;
}

static bool told_make(struct evidence_set *e)
{
	const struct parts *p = e->p;

	for (size_t i = 0; i < p->in->n_sightings; i++) {
		const struct sighting *s = &p->in->sightings[i];
		struct telling t = {e, (uint32_t)i};
		uint32_t node;

		switch (s->kind) {
		case SIGHT_NETLOGON:
		case SIGHT_NBNS_NAME:
			node = node_of(p, &s->about);
			if (node != NOBODY)
				tell(&t, node);
			break;
		case SIGHT_DNS_SERVICE:
		case SIGHT_KRB_TICKET:
			nodes_named(p, s->name, tell, &t);
			break;
		default:
			break;
		}
	}
	if (e->told.n)
		qsort(e->told.v, e->told.n, sizeof *e->told.v, told_order);
	return !p->failed;
}

/* Network Load Balancing: 02-BF and the cluster's address (unicast), 03-BF (multicast), 01-00-5E-7F
 * (IGMP). */
static bool virtual_card(const uint8_t mac[6], const char *kind)
{
	static const uint8_t igmp[4] = {0x01, 0x00, 0x5e, 0x7f};

	if (strcmp(kind, "nlb") != 0)
		return false;
	return ((mac[0] == 0x02 || mac[0] == 0x03) && mac[1] == 0xbf) ||
	       !memcmp(mac, igmp, sizeof igmp);
}

static bool firsts_make(struct evidence_set *e)
{
	const struct parts *p = e->p;

	e->grant_from = malloc((p->n_node + 1) * sizeof *e->grant_from);
	e->card_from = malloc((p->n_node + 1) * sizeof *e->card_from);
	e->cluster_from = malloc((p->n_node + 1) * sizeof *e->cluster_from);
	e->next_node = malloc((p->n_node + 1) * sizeof *e->next_node);
	if (!e->grant_from || !e->card_from || !e->cluster_from || !e->next_node)
		return false;
	for (size_t i = 0; i < p->n_node; i++)
		e->grant_from[i] = e->card_from[i] = e->cluster_from[i] = e->next_node[i] = NOBODY;
	for (size_t i = 0; i < p->in->n_grants; i++) {
		uint32_t node =
			i && addr_equal(&p->in->grants[i].server, &p->in->grants[i - 1].server)
				? NOBODY
				: node_of(p, &p->in->grants[i].server);

		if (node != NOBODY)
			e->grant_from[node] = (uint32_t)i;
	}
	for (size_t i = 0; i < p->in->n_cards; i++) {
		const struct card *c = &p->in->cards[i];

		for (unsigned k = 0; virtual_card(c->mac, "nlb") && k < c->n; k++) {
			uint32_t node = node_of(p, &c->addr[k]);

			if (node != NOBODY && e->card_from[node] == NOBODY)
				e->card_from[node] = (uint32_t)i;
		}
	}
	for (size_t i = 0; i < p->in->n_clusters; i++) {
		uint32_t node = node_of(p, &p->in->clusters[i].cluster);

		if (node != NOBODY && e->cluster_from[node] == NOBODY)
			e->cluster_from[node] = (uint32_t)i;
	}
	/* A group is a list of nodes from its first one on. */
	for (size_t i = p->n_node; i-- > 0;) {
		uint32_t g = p->node[i].group;

		if (g == i)
			continue;
		e->next_node[i] = e->next_node[g];
		e->next_node[g] = (uint32_t)i;
	}
	return true;
}

struct evidence_set *evidence_new(struct parts *p)
{
	struct evidence_set *e = calloc(1, sizeof *e);

	if (!e)
		return NULL;
	e->p = p;
	if (table_make(e) && shares_make(e) && told_make(e) && firsts_make(e))
		return e;
	return evidence_free(e);
}

struct evidence_set *evidence_free(struct evidence_set *e)
{
	if (!e)
		return NULL;
	free(e->sign);
	free(e->slot);
	free(e->first_slot);
	free(e->tally);
	free(e->served.from);
	free(e->served.v);
	free(e->called.from);
	free(e->called.v);
	free(e->grant_from);
	free(e->card_from);
	free(e->cluster_from);
	free(e->next_node);
	vec_done(&e->told);
	free(e);
	return NULL;
}

/* ------------------------------------------------------------------ counting */

static void tally_at(struct tally *t, const struct evidence *at)
{
	if (!t->has_at || evidence_before(at, &t->at))
		t->at = *at;
	t->has_at = true;
}

static void tally_port(struct tally *t, const struct conv *c)
{
	uint32_t port = (uint32_t)c->port << 8 | c->proto;
	unsigned at = 0;

	while (at < t->n_port && t->port[at] < port)
		at++;
	if (at < t->n_port && t->port[at] == port)
		return;
	if (t->n_port == TALLY_PORTS) {
		t->more_ports = true;
		return;
	}
	for (unsigned k = t->n_port; k > at; k--)
		t->port[k] = t->port[k - 1];
	t->port[at] = port;
	t->n_port++;
}

static void tally_conv(struct evidence_set *e, struct tally *t, uint32_t number, uint32_t peer,
		       uint64_t n, const struct evidence *ev, unsigned n_ev)
{
	const struct parts *p = e->p;
	const struct conv *c = &p->in->convs[number];

	/* A host's conversations come sorted by peer. */
	if (!t->peers || t->last_peer != peer)
		t->peers++;
	t->last_peer = peer;
	t->n += n;
	e->any = true;
	tally_port(t, c);
	for (unsigned i = 0; i < n_ev; i++)
		tally_at(t, &ev[i]);
	if (!t->conv || c < t->conv)
		t->conv = c;
	if (p->node[client_node(p, c)].core && (!t->conv_core || c < t->conv_core))
		t->conv_core = c;
}

static void look_at_apps(struct evidence_set *e, uint32_t list, enum clue_of of, uint32_t number,
			 uint32_t peer, const struct conv_app *a)
{
	const struct conv *c = &e->p->in->convs[number];

	for (uint32_t i = list; i != NOBODY; i = e->slot[i].next) {
		const struct clue_at *k = &e->slot[i].at;

		if (k->c->of == of && port_fits(k, c->port) && app_fits(k, a))
			tally_conv(e, &e->tally[i], number, peer, a->flows, a->ev, a->n_ev);
	}
}

static void look_at_rest(struct evidence_set *e, uint32_t number, uint32_t peer)
{
	const struct conv *c = &e->p->in->convs[number];

	if (!bound_over_tcp(c) && !conv_more(c)->n_name)
		return;
	for (uint32_t i = e->others; i != NOBODY; i = e->slot[i].next) {
		const struct clue_at *k = &e->slot[i].at;

		for (unsigned j = 0;
		     k->c->of == CLUE_BOUND && bound_over_tcp(c) && j < conv_more(c)->n_iface; j++)
			if (!memcmp(conv_more(c)->iface[j].uuid, k->uuid, sizeof k->uuid))
				tally_conv(e, &e->tally[i], number, peer, c->flows,
					   conv_more(c)->has_bind ? &conv_more(c)->bind_ev
								  : c->ok_ev,
					   conv_more(c)->has_bind ? 1 : c->n_ok_ev);
		for (unsigned j = 0; k->c->of == CLUE_NAMED && j < conv_more(c)->n_name; j++) {
			struct tally *t = &e->tally[i];

			if (fnmatch(k->c->text, conv_more(c)->name[j], FNM_CASEFOLD) != 0)
				continue;
			tally_conv(e, t, number, peer, c->flows, c->ok_ev, c->n_ok_ev);
			if (!t->name || strcmp(conv_more(c)->name[j], t->name) < 0)
				t->name = conv_more(c)->name[j];
		}
	}
}

static int peer_order(const void *a, const void *b)
{
	const struct peer_conv *x = a, *y = b;

	if (x->peer != y->peer)
		return x->peer < y->peer ? -1 : 1;
	return x->conv < y->conv ? -1 : x->conv > y->conv;
}

/* Conversations of a server lie anywhere: their lines of memory are asked for before they are
 * needed, and then those of their protocols. */
static void look_ahead(const struct evidence_set *e, const struct peer_conv *v, size_t i, size_t n)
{
	enum { FAR = 16, NEAR = 8 };

	if (i + FAR < n) {
		const struct conv *c = &e->p->in->convs[v[i + FAR].conv];

		prefetch(&c->port);
		prefetch(&c->app);
		prefetch(&c->n_app);
	}
	if (i + NEAR < n && !e->p->in->convs[v[i + NEAR].conv].alone)
		prefetch(e->p->in->convs[v[i + NEAR].conv].app);
}

static void look_at_share(struct evidence_set *e, const struct share *s, uint32_t group,
			  enum clue_of of)
{
	size_t from = s->from[group], n = s->from[group + 1] - from;
	struct peer_conv *v = s->v + from;
	bool unsorted = false;

	for (size_t i = 1; i < n; i++)
		unsorted |= peer_order(&v[i - 1], &v[i]) > 0;
	if (unsorted)
		qsort(v, n, sizeof *v, peer_order);
	for (size_t i = 0; i < n; i++) {
		const struct conv *c = &e->p->in->convs[v[i].conv];

		look_ahead(e, v, i, n);
		for (unsigned k = 0; k < c->n_app; k++) {
			struct conv_app room;
			const struct conv_app *a = conv_app(c, k, &room);

			if (a->app != APP_NONE && a->app < APPS)
				look_at_apps(e, e->by_app[a->app], of, v[i].conv, v[i].peer, a);
			if (a->app != APP_NONE)
				look_at_apps(e, e->some_app, of, v[i].conv, v[i].peer, a);
			look_at_apps(e, e->no_app, of, v[i].conv, v[i].peer, a);
		}
		if (of == CLUE_ANSWERS)
			look_at_rest(e, v[i].conv, v[i].peer);
	}
}

static void look_at_grants(struct evidence_set *e, uint32_t node)
{
	const struct infer_input *in = e->p->in;

	for (size_t g = e->grant_from[node];
	     g < in->n_grants && addr_equal(&in->grants[g].server, &e->p->node[node].addr); g++) {
		const struct grant *one = &in->grants[g];
		bool browser = one->g.how == GRANT_SQL_BROWSER;

		if (one->assumed)
			continue;
		for (uint32_t i = e->others; i != NOBODY; i = e->slot[i].next) {
			const struct clue_at *k = &e->slot[i].at;
			struct tally *t = &e->tally[i];

			if (!(k->c->of == CLUE_BROWSER && browser) &&
			    !(k->c->of == CLUE_GRANTS && one->g.how <= GRANT_EPM_LOOKUP &&
			      one->g.proto == GRANTED_TCP && one->g.has_iface &&
			      !memcmp(one->g.uuid, k->uuid, sizeof k->uuid)))
				continue;
			if (!t->grant || evidence_before(&one->first, &t->grant->first))
				t->grant = one;
			t->n += one->n;
			e->any = true;
			tally_at(t, &one->first);
		}
	}
}

/* "MSSQLSvc/sql01.corp.example:1433" is of the class MSSQLSvc. */
static bool service_class(const char *spn, const char *word)
{
	size_t n = strlen(word);

	return !strncasecmp(spn, word, n) && spn[n] == '/';
}

static bool sighting_fits(const struct clue *c, const struct sighting *s)
{
	switch (c->of) {
	case CLUE_PING:
		return s->kind == SIGHT_NETLOGON && (c->signs == UINT16_MAX || s->code & c->signs);
	case CLUE_SRV:
		return s->kind == SIGHT_DNS_SERVICE && !fnmatch(c->text, s->text, FNM_CASEFOLD);
	case CLUE_TICKET:
		return s->kind == SIGHT_KRB_TICKET && service_class(s->text, c->text);
	case CLUE_NETBIOS:
		return s->kind == SIGHT_NBNS_NAME && s->code == c->port[0];
	default:
		return false;
	}
}

static void look_at_told(struct evidence_set *e, uint32_t group)
{
	/* Groups are asked for in rising order. */
	if (e->told_at && (e->told_at > e->told.n || e->told.v[e->told_at - 1].group >= group))
		e->told_at = 0;
	while (e->told_at < e->told.n && e->told.v[e->told_at].group < group)
		e->told_at++;
	for (; e->told_at < e->told.n && e->told.v[e->told_at].group == group; e->told_at++) {
		const struct sighting *s = &e->p->in->sightings[e->told.v[e->told_at].sighting];

		for (uint32_t i = e->others; i != NOBODY; i = e->slot[i].next) {
			struct tally *t = &e->tally[i];

			if (!sighting_fits(e->slot[i].at.c, s))
				continue;
			if (!t->sighting || evidence_before(&s->first, &t->sighting->first))
				t->sighting = s;
			t->n += s->n;
			e->any = true;
			tally_at(t, &s->first);
		}
	}
}

static void look_at_card(struct evidence_set *e, uint32_t node)
{
	uint32_t card = e->card_from[node], cluster = e->cluster_from[node];

	if (card == NOBODY && cluster == NOBODY)
		return;
	e->any = true;
	for (uint32_t i = e->others; i != NOBODY; i = e->slot[i].next) {
		struct tally *t = &e->tally[i];
		enum clue_of of = e->slot[i].at.c->of;

		if (of == CLUE_CARD && card != NOBODY) {
			t->mac = e->p->in->cards[card].mac;
			t->n++;
		} else if (of == CLUE_CLUSTER && cluster != NOBODY) {
			t->n += e->p->in->clusters[cluster].heartbeats;
		}
	}
}

const struct tally *evidence_of(struct evidence_set *e, uint32_t group)
{
	if (e->any)
		memset(e->tally, 0, e->n_slot * sizeof *e->tally);
	e->any = false;
	look_at_share(e, &e->served, group, CLUE_ANSWERS);
	look_at_share(e, &e->called, group, CLUE_CALLS);
	for (uint32_t n = group; n != NOBODY; n = e->next_node[n]) {
		look_at_grants(e, n);
		look_at_card(e, n);
	}
	look_at_told(e, group);
	return e->any ? e->tally : NULL;
}
