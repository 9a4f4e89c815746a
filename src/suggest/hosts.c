// SPDX-License-Identifier: BSD-2-Clause
/* Hosts: roles as a person would write them, names, and services on other ports than documented. */
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/proto.h"
#include "recognise/recognise.h"
#include "suggest/draft.h"

#define BIT(r)    ROLE_BIT(ROLE_##r)
#define CRM_BACK  (BIT(CRM_ASYNC) | BIT(CRM_EMAIL) | BIT(CRM_SANDBOX) | BIT(CRM_DEPLOY))
#define FRONT_END (BIT(CRM_WEB) | BIT(CRM_FULL) | BIT(NLB))
#define CRM_ANY   (BIT(CRM_FULL) | BIT(CRM_WEB) | BIT(CRM_ORGWS) | CRM_BACK)

/* --- names -------------------------------------------------------------------------------------
 */

enum { NAME_MAX_TEXT = 63 };

const char *draft_name(struct draft *d, const char *z)
{
	char name[NAME_MAX_TEXT + 1];
	size_t n = 0;

	for (; *z && *z != '.' && n < NAME_MAX_TEXT; z++) {
		bool plain = (*z >= 'a' && *z <= 'z') || (*z >= 'A' && *z <= 'Z') ||
			     (*z >= '0' && *z <= '9') || *z == '-' || *z == '_';

		name[n++] = plain ? *z : '_';
	}
	name[n] = '\0';
	return n ? arena_strdup(&d->a, name) : NULL;
}

static bool taken(const struct draft *d, const char *name)
{
	for (size_t i = 0; i < d->n_host; i++)
		if (d->host[i].name && strcmp(d->host[i].name, name) == 0)
			return true;
	return d->in->site->inventory && inventory_named(d->in->site->inventory, name);
}

static bool name_host(struct draft *d, struct draft_host *dh)
{
	char buf[ADDR_TEXT];
	const char *first = dh->h->name ? draft_name(d, dh->h->name) : NULL, *name;

	if (!first) {
		addr_format(&dh->h->addr[0].addr, buf);
		for (char *z = buf; *z; z++)
			if (*z == '.' || *z == ':' || *z == '%')
				*z = '-';
		first = arena_printf(&d->a, "host-%s", buf);
	}
	name = first;
	for (unsigned i = 2; name && taken(d, name); i++)
		name = arena_printf(&d->a, "%s-%u", first, i);
	dh->name = name;
	return name;
}

/* --- roles -------------------------------------------------------------------------------------
 */

static roleset guesses(const struct infer_host *h)
{
	roleset set = 0;

	for (size_t i = 0; i < h->n_role; i++)
		set |= ROLE_BIT(h->role[i].role);
	return set & ~h->roles;
}

static void find_apart(struct draft *d)
{
	for (size_t i = 0; i < d->n_host; i++) {
		roleset r = d->host[i].h->roles;

		d->orgws_apart |=
			roles_has(r, ROLE_CRM_ORGWS) && !(r & (BIT(CRM_WEB) | BIT(CRM_FULL)));
		d->has_front |= (r | guesses(d->host[i].h)) & (BIT(CRM_WEB) | BIT(CRM_FULL));
		d->dns_apart |= roles_has(r, ROLE_DNS) && !(r & (BIT(DC) | BIT(GC)));
	}
}

static roleset implied(const struct draft *d, roleset set)
{
	return roles_implied(set, d->orgws_apart, d->dns_apart);
}

/* `gc` says dc, dns and ntp, too: what follows from the rest need not be written. */
roleset draft_shortest(const struct draft *d, roleset set)
{
	for (int r = 0; r < ROLE_N; r++) {
		roleset rest = set & ~ROLE_BIT(r);

		if (roles_has(set, (enum role)r) && roles_has(implied(d, rest), (enum role)r))
			set = rest;
	}
	return set;
}

static bool speaks(const struct conv *c, const char *app)
{
	for (unsigned i = 0; i < c->n_app; i++)
		if (conv_app_at(c, i) && !strcmp(app_name(conv_app_at(c, i)), app))
			return true;
	return false;
}

static bool is_mail(const struct conv *c)
{
	struct conv_app room;

	for (unsigned i = 0; i < c->n_app; i++) {
		const struct conv_app *a = conv_app(c, i, &room);

		if (!strcmp(app_name(a->app), "pop3") || !strcmp(app_name(a->app), "smtp") ||
		    a->signs & SIGN_EXCHANGE)
			return true;
	}
	return false;
}

static bool earlier(const struct evidence *a, const struct evidence *b)
{
	if (a->ts_ns != b->ts_ns)
		return a->ts_ns < b->ts_ns;
	return a->input != b->input ? a->input < b->input : a->number < b->number;
}

static void note_mail(struct draft *d)
{
	for (size_t i = 0; i < d->in->n_convs; i++) {
		const struct conv *c = &d->in->convs[i];
		struct draft_host *h = draft_find(d, &c->client);

		if (!h || !draft_spoken(c) || !is_mail(c) || !c->n_ok_ev)
			continue;
		if (!h->dials_mail || earlier(&c->ok_ev[0], &h->mail_at))
			h->mail_at = c->ok_ev[0];
		h->dials_mail = true;
	}
}

/* Where no host is known for the front end, a web server on the site's ports that keeps its data in
 * SQL Server is likely one: with few clients in the capture, or TLS around all it serves, nothing
 * tells more. */
static void note_front_ends(struct draft *d)
{
	static const uint16_t site_ports[] = {80, 443, 5555};

	for (size_t i = 0; i < d->in->n_convs; i++) {
		const struct conv *c = &d->in->convs[i];
		struct draft_host *client = draft_spoken(c) ? draft_find(d, &c->client) : NULL;
		struct draft_host *server = draft_spoken(c) ? draft_find(d, &c->server) : NULL;

		if (client && (speaks(c, "tds") || speaks(c, "tls-tds8")))
			client->dials_sql = true;
		if (!server || !c->n_ok_ev || (!speaks(c, "http") && !speaks(c, "tls")))
			continue;
		for (size_t k = 0; k < N_ELEMENTS(site_ports); k++) {
			if (c->port != site_ports[k])
				continue;
			if (!server->serves_web || earlier(&c->ok_ev[0], &server->web_at))
				server->web_at = c->ok_ev[0];
			server->serves_web = true;
		}
	}
}

static void guess_front_end(struct draft *d, struct draft_host *h)
{
	const roleset other = BIT(CRM_WEB) | BIT(CRM_FULL) | BIT(CRM_ORGWS) | BIT(CRM_ASYNC) |
			      BIT(CRM_DEPLOY) | BIT(CRM_SANDBOX) | BIT(SSRS) | BIT(ADFS) |
			      BIT(ADFS_PROXY) | BIT(EXCHANGE) | BIT(NLB);

	if (d->has_front || !h->serves_web || !h->dials_sql || (h->sure | h->guess) & other)
		return;
	h->guess |= BIT(CRM_WEB);
	h->web_guess = true;
}

static void note_front_use(struct draft *d)
{
	for (size_t i = 0; i < d->in->n_convs; i++) {
		const struct conv *c = &d->in->convs[i];
		struct draft_host *client, *server;

		if (!draft_spoken(c) || (!speaks(c, "http") && !speaks(c, "tls")))
			continue;
		client = draft_find(d, &c->client);
		server = draft_find(d, &c->server);
		if (client && server && (server->sure | server->guess) & FRONT_END)
			client->uses_front = true;
	}
}

/* It stands among CRM's servers, and not among people's machines. */
static bool near_crm(const struct draft *d, const struct draft_host *h)
{
	struct prefix p = prefix_of(&h->h->addr[0].addr, DRAFT_V4_NET, DRAFT_V6_NET);

	for (size_t i = 0; i < d->n_host; i++)
		for (size_t k = 0; k < d->host[i].h->n_addr; k++)
			if (d->host[i].sure & CRM_ANY &&
			    prefix_has(&p, &d->host[i].h->addr[k].addr))
				return true;
	return false;
}

/* Which of the two ways of mail it is, traffic does not tell. */
static void guess_router(struct draft *d, struct draft_host *h)
{
	roleset all = h->sure | h->guess;
	bool alone = !(all & CRM_ANY);

	if (!h->dials_mail || all & (BIT(CRM_ROUTER) | BIT(EXCHANGE) | BIT(MAIL)) ||
	    (alone && (all || !h->uses_front || !near_crm(d, h))))
		return;
	h->alone = alone;
	h->guess |= BIT(CRM_ROUTER);
	h->mail_guess = true;
}

/* --- ports -------------------------------------------------------------------------------------
 */

/* A service that can move, and what shows it. A port alone shows nothing. */
static const struct mover {
	enum port_key key;
	roleset server;
	const char *app[2];
	uint32_t signs; /* one of them; 0: the protocol is proof */
	uint16_t documented[2];
} movers[] = {
	{PORT_SQL, BIT(SQL), {"tds", "tls-tds8"}, 0, {1433}},
	{PORT_CRM_HTTP,
	 BIT(CRM_WEB) | BIT(CRM_FULL) | BIT(CRM_ORGWS),
	 {"http"},
	 SIGN_CRM_PAGE | SIGN_CRM_SERVICE | SIGN_CRM_DISCOVERY | SIGN_CRM_DEPLOYMENT,
	 {80, 5555}},
	{PORT_SSRS_HTTP, BIT(SSRS), {"http"}, SIGN_REPORTS, {80}},
	{PORT_SANDBOX,
	 BIT(CRM_SANDBOX) | BIT(CRM_WEB) | BIT(CRM_FULL) | BIT(CRM_ORGWS),
	 {"mc-nmf"},
	 SIGN_SANDBOX | SIGN_SANDBOX_CALLS,
	 {808}},
	{PORT_RDP, ~(roleset)0, {"rdp"}, 0, {3389}},
};

static bool documented(const struct mover *m, uint16_t port)
{
	return port == m->documented[0] || port == m->documented[1];
}

static bool shows(const struct mover *m, const struct conv *c)
{
	struct conv_app room;

	for (unsigned i = 0; i < c->n_app; i++) {
		const struct conv_app *a = conv_app(c, i, &room);
		bool app = false;

		for (size_t k = 0; k < N_ELEMENTS(m->app) && m->app[k]; k++)
			app |= a->app && !strcmp(app_name(a->app), m->app[k]);
		if (app && a->conf == APP_SURE && (!m->signs || a->signs & m->signs))
			return true;
	}
	return false;
}

static void add_port(struct seen_ports *s, uint16_t port)
{
	size_t i = 0;

	while (i < s->n && s->port[i] < port)
		i++;
	if (i < s->n && s->port[i] == port)
		return;
	if (s->n == DRAFT_PORTS) {
		s->more = true;
		return;
	}
	memmove(&s->port[i + 1], &s->port[i], (s->n - i) * sizeof s->port[0]);
	s->port[i] = port;
	s->n++;
}

static void find_ports(struct draft *d)
{
	for (size_t i = 0; i < d->in->n_convs; i++) {
		const struct conv *c = &d->in->convs[i];
		struct draft_host *h = draft_find(d, &c->server);

		for (size_t k = 0; h && draft_spoken(c) && k < N_ELEMENTS(movers); k++) {
			const struct mover *m = &movers[k];
			struct seen_ports *s = &h->ports[m->key];

			if (c->proto != IPPROTO_NR_TCP || !(h->all & m->server) || !shows(m, c))
				continue;
			add_port(s, c->port);
			s->beside |= documented(m, c->port);
			if (documented(m, c->port) || !c->n_ok_ev ||
			    (s->has_at && !earlier(&c->ok_ev[0], &s->at)))
				continue;
			s->has_at = true;
			s->at = c->ok_ev[0];
		}
	}
	/* Where the papers' ports are all that was seen there is nothing to say. */
	for (size_t i = 0; i < d->n_host; i++)
		for (unsigned k = 0; k < PORT_KEY_N; k++)
			if (!d->host[i].ports[k].has_at)
				d->host[i].ports[k].n = 0;
}

/* --- all of them -------------------------------------------------------------------------------
 */

/* What has no role yet is among them while roles are sought. */
static struct draft_host *any(const struct draft *d, const struct infer_host *h)
{
	size_t lo = 0, hi = d->n_host;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (d->host[mid].h < h)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < d->n_host && d->host[lo].h == h ? &d->host[lo] : NULL;
}

struct draft_host *draft_find(const struct draft *d, const struct addr *a)
{
	const struct infer_host *h = infer_find(d->in->infer, a);

	return h ? any(d, h) : NULL;
}

static void find_roles(struct draft *d, struct draft_host *h)
{
	h->sure = draft_shortest(d, h->h->roles & ~BIT(CRM_CLIENT));
	h->guess = guesses(h->h) & ~BIT(CRM_CLIENT) & ~implied(d, h->sure);
	guess_front_end(d, h);
	h->guess = draft_shortest(d, h->sure | h->guess) & ~h->sure;
}

static void settle_roles(struct draft *d, struct draft_host *h)
{
	guess_router(d, h);
	h->all = implied(d, h->sure | h->guess);
	d->sandbox_apart |= h->sure & CRM_BACK && !(h->all & (BIT(CRM_WEB) | BIT(CRM_FULL)));
}

/* Clients are networks, and need no entry each. */
static void drop_clients(struct draft *d)
{
	size_t n = 0;

	for (size_t i = 0; i < d->n_host; i++)
		if (d->host[i].sure | d->host[i].guess)
			d->host[n++] = d->host[i];
	d->n_host = n;
}

bool draft_hosts(struct draft *d)
{
	const struct infer *f = d->in->infer;

	d->host = arena_alloc(&d->a, (f->n + 1) * sizeof *d->host);
	if (!d->host)
		return false;
	for (size_t i = 0; i < f->n; i++)
		if (!f->host[i].declared)
			d->host[d->n_host++].h = &f->host[i];
	find_apart(d);
	note_mail(d);
	note_front_ends(d);
	for (size_t i = 0; i < d->n_host; i++)
		find_roles(d, &d->host[i]);
	note_front_use(d);
	for (size_t i = 0; i < d->n_host; i++)
		settle_roles(d, &d->host[i]);
	drop_clients(d);
	for (size_t i = 0; i < d->n_host; i++)
		if (!name_host(d, &d->host[i]))
			return false;
	find_ports(d);
	return true;
}
