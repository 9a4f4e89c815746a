// SPDX-License-Identifier: BSD-2-Clause
/* Which hints there are, and when they are given. */
#include "findings/hints.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cpu.h"
#include "base/proto.h"
#include "findings/work.h"
#include "recognise/rpc_iface.h"

enum {
	ALONE_MAX = 16,      /* findings of one hint that stand alone */
	FLOOD_SHARE = 10,    /* one in so many packets is a copy */
	PRELOGIN_MOST = 512, /* bytes of a server that answered PRELOGIN and no more */
	DNS_SRV = 33,        /* RFC 2782 */
};
#define LOOKS_MAX (UINT64_C(1) << 31) /* conversations looked at for pairs */

/* RFC 4120 7.5.9 */
enum { KDC_NO_ETYPE = 14, KRB_SKEWED = 37, KRB_MODIFIED = 41, KRB_TOO_BIG = 52, KDC_NO_SPN = 7 };

struct hint_rule {
	struct hint_row row;
	/* Why it explains this finding; NULL: it does not. */
	const char *(*explains)(struct work *w, const struct finding *f);
	/* Findings of its own, for what no finding shows. */
	bool (*alone)(struct work *w, const struct hint_row *row);
};

/* ------------------------------------------------------------------ what a finding is about */

/* Something was tried and failed. */
static bool failed(const struct finding *f)
{
	return (f->kind == KIND_MISSING || f->kind == KIND_BLOCKED ||
		f->kind == KIND_RPC_BLOCKED) &&
	       f->behind;
}

static bool at_port(const struct finding *f, uint8_t proto, uint16_t port)
{
	return f->proto == proto && f->port == port;
}

static bool of_key(const struct finding *f, enum port_key key)
{
	return f->rule && f->rule->moves_with == key;
}

static bool one_of(roleset have, roleset want)
{
	return have & want;
}

static const char *failed_to(struct work *w, const struct finding *f)
{
	return arena_printf(w->a, "%s to %s on %u/%s failed", text_endpoint(w, &f->client),
			    text_endpoint(w, &f->server), f->port, proto_text(f->proto));
}

static bool same_end(const struct work *w, uint32_t party, const struct addr *a)
{
	const struct party *p = &w->party[party];
	const struct party *q;

	if (addr_equal(&p->addr, a))
		return true;
	q = p->host && !p->host->is_network ? party_of(w, a) : NULL;
	return q && q->host == p->host;
}

/* Another conversation of the pair that the finding is about, either way. */
static const struct item *pair_next(struct work *w, const struct conv *c, bool reversed, size_t *at)
{
	const struct addr *from = reversed ? &c->server : &c->client;
	const struct addr *to = reversed ? &c->client : &c->server;

	/* A capture made to have thousands of such findings gets fewer hints, not a long run. */
	if (!*at && w->n > LOOKS_MAX - w->hint_looks)
		return NULL;
	if (!*at)
		w->hint_looks += w->n;
	for (; *at < w->n; ++*at) {
		const struct item *it = &w->item[*at];

		if (it->c != c && same_end(w, it->client, from) && same_end(w, it->server, to))
			return &w->item[(*at)++];
	}
	return NULL;
}

static bool in_data(const struct item *it)
{
	return it->outcome == OUTCOME_GOOD;
}

/* ------------------------------------------------------------------ RPC */

static const char *epm_blocked(struct work *w, const struct finding *f)
{
	const struct item *it;
	size_t at = 0;

	if (!failed(f) || !at_port(f, IPPROTO_NR_TCP, 135))
		return NULL;
	while ((it = pair_next(w, f->behind->conv, false, &at)))
		if (it->dynamic && in_data(it))
			return NULL;
	return failed_to(w, f);
}

static const char *range_old(struct work *w, const struct finding *f)
{
	if (f->kind != KIND_RPC_BLOCKED)
		return NULL;
	for (const struct behind *b = f->behind; b; b = b->next)
		if (b->conv->port < 49152 || b->conv->by_state[STATE_REFUSED])
			return NULL;
	return "ports from 49152 on were handed out and nothing answered on them";
}

static const char *dtc_one_way(struct work *w, const struct finding *f)
{
	const struct rpc_iface_row *dtc = rpc_iface_by_name("IXnRemote");
	const struct item *it;
	size_t at = 0;

	if (!failed(f) || f->proto != IPPROTO_NR_TCP || !dtc ||
	    (f->port != 135 && f->kind != KIND_RPC_BLOCKED))
		return NULL;
	while ((it = pair_next(w, f->behind->conv, true, &at)))
		for (unsigned i = 0; i < it->c->n_iface; i++)
			if (!memcmp(it->c->iface[i].uuid, dtc->uuid, sizeof dtc->uuid))
				return arena_printf(
					w->a,
					"%s speaks MSDTC (IXnRemote) to %s, and the way "
					"back, %s to %s, is the one that failed",
					text_endpoint(w, &f->server), text_endpoint(w, &f->client),
					text_endpoint(w, &f->client), text_endpoint(w, &f->server));
	return NULL;
}

/* ------------------------------------------------------------------ SQL Server, reports */

static const char *sql_named(struct work *w, const struct finding *f)
{
	const struct item *it;
	size_t at = 0;

	if (at_port(f, IPPROTO_NR_UDP, 1434) && f->has_state && f->state == STATE_NO_ANSWER)
		return arena_printf(w->a, "SQL Browser of %s did not answer %s",
				    text_endpoint(w, &f->server), text_endpoint(w, &f->client));
	if (!failed(f) || !of_key(f, PORT_SQL) || f->proto != IPPROTO_NR_TCP)
		return NULL;
	while ((it = pair_next(w, f->behind->conv, false, &at)))
		if (it->c->proto == IPPROTO_NR_UDP && it->c->port == 1434 &&
		    it->outcome == OUTCOME_FAILED)
			return "the server was tried on its port, and SQL Browser (1434/udp) did "
			       "not "
			       "answer either";
	return NULL;
}

/* PRELOGIN was answered, and then somebody hung up: on a conversation's every flow. */
static bool hung_up(const struct item *it)
{
	const struct conv *c = it->c;

	return it->scope && !it->probe && it->r.rule && it->r.rule->moves_with == PORT_SQL &&
	       it->r.app == app_by_name("tds") && c->flows > 1 &&
	       c->rst_after_accept + c->rst_after_data == c->flows && c->payload[1] &&
	       c->payload[1] < PRELOGIN_MOST * c->flows;
}

static const char *ssrs_http(struct work *w, const struct finding *f)
{
	return failed(f) && (of_key(f, PORT_SSRS_HTTP) || of_key(f, PORT_SSRS_HTTPS))
		       ? failed_to(w, f)
		       : NULL;
}

static const char *ssrs_fetch(struct work *w, const struct finding *f)
{
	return failed(f) && of_key(f, PORT_SANDBOX) && roles_has(f->client.roles, ROLE_SSRS)
		       ? failed_to(w, f)
		       : NULL;
}

static const char *org_create(struct work *w, const struct finding *f)
{
	const struct item *it;
	size_t at = 0;

	if (!failed(f) || f->proto != IPPROTO_NR_TCP || !roles_has(f->server.roles, ROLE_SQL) ||
	    (f->port != 445 && f->port != 139 && f->port != 135) ||
	    !one_of(f->client.roles, role_end_set("crm-any")))
		return NULL;
	while ((it = pair_next(w, f->behind->conv, false, &at)))
		if (in_data(it) && it->r.rule && it->r.rule->moves_with == PORT_SQL)
			return arena_printf(w->a, "%s, and SQL Server itself was reached",
					    failed_to(w, f));
	return NULL;
}

/* ------------------------------------------------------------------ sandbox, mail, claims */

static const char *sandbox_blocked(struct work *w, const struct finding *f)
{
	return failed(f) && of_key(f, PORT_SANDBOX) && !roles_has(f->client.roles, ROLE_SSRS)
		       ? failed_to(w, f)
		       : NULL;
}

static const char *sandbox_moved(struct work *w, const struct finding *f)
{
	return f->kind == KIND_MOVED_SERVICE && of_key(f, PORT_SANDBOX)
		       ? arena_printf(w->a, "%s answers as the sandbox service does on %u/tcp",
				      text_endpoint(w, &f->server), f->port)
		       : NULL;
}

static bool refused_framing(const struct item *it)
{
	uint16_t nmf = app_by_name("mc-nmf");

	for (unsigned i = 0; i < it->c->n_app; i++)
		if (it->c->app[i].app == nmf && it->c->app[i].notes & APP_NOTE_ERROR)
			return it->scope && it->r.rule && it->r.rule->moves_with == PORT_SANDBOX;
	return false;
}

static const char *router_mail(struct work *w, const struct finding *f)
{
	if (!failed(f) || !roles_has(f->client.roles, ROLE_CRM_ROUTER))
		return NULL;
	if (one_of(f->server.roles, ROLE_BIT(ROLE_MAIL) | ROLE_BIT(ROLE_EXCHANGE)))
		return arena_printf(w->a, "the mail side: %s", failed_to(w, f));
	if (one_of(f->server.roles, ROLE_BIT(ROLE_CRM_WEB) | ROLE_BIT(ROLE_NLB)))
		return arena_printf(w->a, "the CRM side: %s", failed_to(w, f));
	return NULL;
}

static const char *sync_exchange(struct work *w, const struct finding *f)
{
	return failed(f) && at_port(f, IPPROTO_NR_TCP, 443) &&
			       one_of(f->client.roles,
				      ROLE_BIT(ROLE_CRM_EMAIL) | ROLE_BIT(ROLE_CRM_ASYNC)) &&
			       roles_has(f->server.roles, ROLE_EXCHANGE)
		       ? failed_to(w, f)
		       : NULL;
}

static const char *adfs_metadata(struct work *w, const struct finding *f)
{
	roleset a = f->client.roles, b = f->server.roles;

	return failed(f) && f->proto == IPPROTO_NR_TCP &&
			       (of_key(f, PORT_ADFS_HTTPS) || of_key(f, PORT_CRM_HTTPS)) &&
			       ((roles_has(a, ROLE_CRM_WEB) && roles_has(b, ROLE_ADFS)) ||
				(roles_has(a, ROLE_ADFS) && roles_has(b, ROLE_CRM_WEB)))
		       ? failed_to(w, f)
		       : NULL;
}

static const char *adfs_444(struct work *w, const struct finding *f)
{
	return at_port(f, IPPROTO_NR_TCP, 444) && roles_has(f->server.roles, ROLE_ADFS) &&
			       roles_has(f->server.roles, ROLE_CRM_WEB)
		       ? arena_printf(w->a,
				      "%s is AD FS and CRM web server in one, and is used on "
				      "444/tcp",
				      text_endpoint(w, &f->server))
		       : NULL;
}

/* ------------------------------------------------------------------ names, time, tickets */

static bool has_prefix(const char *z, const char *prefix)
{
	return strncasecmp(z, prefix, strlen(prefix)) == 0;
}

/* A name server gave this address to the name; rows are sorted by kind, address and name. */
static bool named(const struct work *w, const struct addr *a, const char *name)
{
	size_t lo = 0, hi = w->in->n_sightings;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct sighting *s = &w->in->sightings[mid];
		int d = (int)s->kind - (int)SIGHT_DNS_ADDRESS;

		d = d ? d : addr_compare(&s->about, a);
		d = d ? d : strcmp(s->name, name);
		if (!d)
			return true;
		if (d < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

static bool name_of_nlb(const struct work *w, const char *name)
{
	for (size_t i = 0; *name && i < inventory_count(w->site->inventory); i++) {
		const struct host *h = inventory_at(w->site->inventory, i);

		if (!roles_has(h->roles, ROLE_NLB))
			continue;
		for (size_t k = 0; k < h->n_addr; k++)
			if (named(w, &h->addr[k], name))
				return true;
	}
	return false;
}

static bool refusal_is(const struct sighting *s, uint16_t code)
{
	return s->kind == SIGHT_KRB_ERROR && s->code == code;
}

static bool no_spn(const struct work *w, const struct sighting *s)
{
	return refusal_is(s, KDC_NO_SPN) &&
	       (has_prefix(s->text, "http/") || has_prefix(s->text, "mssqlsvc/")) &&
	       !name_of_nlb(w, s->name);
}

static bool no_spn_nlb(const struct work *w, const struct sighting *s)
{
	return (refusal_is(s, KDC_NO_SPN) || refusal_is(s, KRB_MODIFIED)) &&
	       has_prefix(s->text, "http/") && name_of_nlb(w, s->name);
}

static bool modified(const struct work *w, const struct sighting *s)
{
	return refusal_is(s, KRB_MODIFIED) && !no_spn_nlb(w, s);
}

static bool no_etype(const struct work *w, const struct sighting *s)
{
	(void)w;
	return refusal_is(s, KDC_NO_ETYPE);
}

static bool skewed(const struct work *w, const struct sighting *s)
{
	(void)w;
	return refusal_is(s, KRB_SKEWED);
}

static bool no_locator(const struct work *w, const struct sighting *s)
{
	(void)w;
	return s->kind == SIGHT_DNS_ERROR && s->port == DNS_SRV && strstr(s->text, "_msdcs.");
}

/* Nobody followed over TCP, neither in vain. */
static bool too_big(const struct work *w, const struct sighting *s)
{
	if (!refusal_is(s, KRB_TOO_BIG))
		return false;
	return !item_find(w, &s->about, &s->by, IPPROTO_NR_TCP, 88);
}

/* A sighting about the client of the finding. */
static const struct sighting *of_client(struct work *w, const struct finding *f,
					bool (*is)(const struct work *w, const struct sighting *s))
{
	for (size_t i = 0; f->behind && i < w->in->n_sightings; i++) {
		const struct sighting *s = &w->in->sightings[i];

		if (!is(w, s))
			continue;
		for (const struct behind *b = f->behind; b; b = b->next)
			if (addr_equal(&b->conv->client, &s->about))
				return s;
	}
	return NULL;
}

static bool refused_size(const struct work *w, const struct sighting *s)
{
	(void)w;
	return refusal_is(s, KRB_TOO_BIG);
}

static const char *udp_too_big(struct work *w, const struct finding *f)
{
	uint64_t fails = 0, tries = 0;

	if (!failed(f) || f->port != 88)
		return NULL;
	if (f->proto == IPPROTO_NR_TCP)
		return of_client(w, f, refused_size)
			       ? "Kerberos over UDP was refused as too big (error 52), and the way "
				 "over TCP failed"
			       : NULL;
	for (const struct behind *b = f->behind; b; b = b->next) {
		fails += b->conv->fails;
		tries += b->conv->tries;
	}
	return tries > fails ? "Kerberos requests over UDP were repeated and never answered" : NULL;
}

static const char *time_symmetric(struct work *w, const struct finding *f)
{
	(void)w;
	if (!failed(f) || !at_port(f, IPPROTO_NR_UDP, 123))
		return NULL;
	for (const struct behind *b = f->behind; b; b = b->next)
		for (unsigned i = 0; i < b->conv->n_app; i++)
			if (b->conv->app[i].notes & APP_NOTE_NTP_SYMMETRIC)
				return "the requests are symmetric (NTP mode 1), and nothing "
				       "answered them";
	return NULL;
}

static const char *clock_and_tickets(struct work *w, const struct finding *f)
{
	return failed(f) && at_port(f, IPPROTO_NR_UDP, 123) && of_client(w, f, skewed)
		       ? "the same host was refused a ticket because its clock is wrong (error 37)"
		       : NULL;
}

static const char *locator_and_dc(struct work *w, const struct finding *f)
{
	const struct sighting *s;

	if (!failed(f) || (f->port != 88 && f->port != 389 && f->port != 3268))
		return NULL;
	s = of_client(w, f, no_locator);
	return s ? arena_printf(w->a, "the same host asked DNS for %s in vain", s->text) : NULL;
}

/* ------------------------------------------------------------------ hosts */

static const char *stealth(struct work *w, const struct finding *f)
{
	const struct party *sv;

	if (f->kind != KIND_MISSING || !failed(f) || !f->has_state || f->state != STATE_NO_ANSWER)
		return NULL;
	sv = party_of(w, &f->behind->conv->server);
	return sv && sv->answered
		       ? arena_printf(w->a, "%s answers others, and nothing came back here",
				      text_endpoint(w, &f->server))
		       : NULL;
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

static struct finding *stand_alone(struct work *w, const struct hint_row *row, const char *server,
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
static const char *filled(struct work *w, const char *sentence, const char *const *z)
{
	struct out o = {0};
	const char *ret;

	for (; *sentence; sentence++)
		if (*sentence == '@')
			out_puts(&o, *z++);
		else
			out_char(&o, *sentence);
	ret = arena_strdup(w->a, out_str(&o));
	out_done(&o);
	return ret;
}

/* Refusals with one text are one finding, with who was refused. */
static bool from_sightings(struct work *w, const struct hint_row *row,
			   bool (*is)(const struct work *w, const struct sighting *s),
			   const char *what)
{
	VEC(const struct sighting *) v = {0};
	size_t made = 0;
	bool ok = true;

	if (given(w, row)) /* a finding has it */
		return true;
	for (size_t i = 0; ok && i < w->in->n_sightings; i++) {
		const struct sighting *s = &w->in->sightings[i];
		bool known = false;

		if (!is(w, s))
			continue;
		for (size_t k = 0; k < v.n && !known; k++)
			known = strcmp(v.v[k]->text, s->text) == 0;
		ok = known || v.n == ALONE_MAX || vec_push(&v, s);
	}
	for (; ok && made < v.n; made++) {
		const struct sighting *first = v.v[made];
		uint64_t times = 0, clients = 0;
		const struct addr *last = NULL;
		struct finding *f;
		const struct party *by, *about;

		for (size_t i = 0; i < w->in->n_sightings; i++) {
			const struct sighting *s = &w->in->sightings[i];

			if (!is(w, s) || strcmp(s->text, first->text) != 0)
				continue;
			times += s->n;
			clients += !last || !addr_equal(last, &s->about);
			last = &s->about;
		}
		by = party_of(w, &first->by);
		about = party_of(w, &first->about);
		f = stand_alone(w, row, "*", first->text,
				filled(w, what,
				       (const char *const[]){
					       *first->text ? first->text : "a service",
					       text_counted(w->a, times, "time", "times"),
					       text_counted(w->a, clients, "host", "hosts")}));
		ok = f != NULL;
		if (!f)
			break;
		if (about && clients == 1)
			f->client = about->ep;
		if (by)
			f->server = by->ep;
		f->first_ns = first->first.ts_ns;
		f->last_ns = first->last_ns;
		finding_evidence(f, &first->first, 1);
	}
	vec_done(&v);
	return ok && !w->failed;
}

static bool alone_no_spn(struct work *w, const struct hint_row *row)
{
	return from_sightings(w, row, no_spn,
			      "The domain controller knows no service @ (Kerberos error 7), @, "
			      "asked by @. Ports are right; who may not use a ticket falls back to "
			      "NTLM.");
}

static bool alone_modified(struct work *w, const struct hint_row *row)
{
	return from_sightings(w, row, modified,
			      "@ could not read its ticket (Kerberos error 41, modified), @, from "
			      "@.");
}

static bool alone_nlb(struct work *w, const struct hint_row *row)
{
	return from_sightings(w, row, no_spn_nlb,
			      "Tickets for @, a name of the load balancer, were refused @, to @.");
}

static bool alone_etype(struct work *w, const struct hint_row *row)
{
	return from_sightings(w, row, no_etype,
			      "For @ no common encryption type was found (Kerberos error 14), @, "
			      "for @.");
}

static bool alone_skew(struct work *w, const struct hint_row *row)
{
	return from_sightings(w, row, skewed,
			      "Tickets for @ were refused because clocks differ (Kerberos error "
			      "37), @, to @.");
}

static bool alone_locator(struct work *w, const struct hint_row *row)
{
	return from_sightings(w, row, no_locator,
			      "DNS knows no @, by which domain controllers are found: @, asked by "
			      "@.");
}

static bool alone_too_big(struct work *w, const struct hint_row *row)
{
	return from_sightings(w, row, too_big,
			      "Kerberos over UDP for @ was refused as too big (error 52) @, to @, "
			      "and nobody came back over TCP.");
}

static int by_server(const void *a, const void *b)
{
	const struct item *x = *(const struct item *const *)a, *y = *(const struct item *const *)b;

	if (x->server != y->server)
		return x->server < y->server ? -1 : 1;
	return x < y ? -1 : x > y;
}

static bool of_server(struct work *w, const struct hint_row *row, const struct item *const *v,
		      size_t n, const char *what)
{
	const struct party *sv = &w->party[v[0]->server];
	struct finding *f = stand_alone(w, row, sv->token, NULL, NULL);
	roleset roles = 0;
	uint64_t flows = 0;

	if (!f)
		return false;
	for (size_t i = 0; i < n; i++) {
		flows += v[i]->c->flows;
		roles |= w->party[v[i]->client].roles;
		finding_conv(w, f, v[i]->c);
		finding_evidence(f, v[i]->c->ok_ev, v[i]->c->n_ok_ev);
	}
	f->client = n == 1 ? w->party[v[0]->client].ep : endpoint_roles(roles);
	f->server = sv->ep;
	f->proto = v[0]->c->proto;
	f->port = v[0]->c->port;
	for (size_t i = 1; i < n; i++)
		f->port = v[i]->c->port == f->port ? f->port : 0;
	f->has_state = f->has_direction = false;
	f->folded = n > 1 ? n : 0;
	f->why = filled(w, what,
			(const char *const[]){text_endpoint(w, &f->server),
					      text_counted(w->a, flows, "flow", "flows")});
	f->tshark = text_filter(w, f);
	return true;
}

/* Conversations of one server are one finding. */
static bool from_items(struct work *w, const struct hint_row *row,
		       bool (*is)(const struct item *it), const char *what)
{
	VEC(const struct item *) v = {0};
	bool ok = true;

	for (size_t i = 0; ok && i < w->n; i++)
		ok = !is(&w->item[i]) || vec_push(&v, &w->item[i]);
	if (v.n)
		qsort(v.v, v.n, sizeof *v.v, by_server);
	for (size_t i = 0, k; ok && i < v.n; i = k) {
		for (k = i + 1; k < v.n && v.v[k]->server == v.v[i]->server; k++)
			;
		ok = of_server(w, row, &v.v[i], k - i, what);
	}
	vec_done(&v);
	return ok && !w->failed;
}

static bool alone_hung_up(struct work *w, const struct hint_row *row)
{
	return from_items(
		w, row, hung_up,
		"SQL Server on @ answered the first message of every connection (PRELOGIN, "
		"which agrees on encryption), and then it was reset: @.");
}

static bool alone_framing(struct work *w, const struct hint_row *row)
{
	return from_items(
		w, row, refused_framing,
		"@ took the connection on the sandbox port and answered it with a fault of "
		".NET message framing: @.");
}

/* Accepted, and shut at once by the server's end, every time. */
static bool shut_at_once(const struct item *it)
{
	return it->scope && !it->probe && !it->scan && it->r.verdict == KIND_DOCUMENTED &&
	       it->c->flows > 1 && it->c->rst_after_accept == it->c->flows && !hung_up(it);
}

static bool alone_shut(struct work *w, const struct hint_row *row)
{
	return from_items(
		w, row, shut_at_once,
		"@ accepted every connection and reset it at once, before it sent a byte: "
		"@.");
}

static bool ntlm_refused(const struct item *it)
{
	if (!it->scope || !it->r.rule)
		return false;
	for (unsigned i = 0; i < it->c->n_app; i++) {
		uint32_t s = it->c->app[i].signs;

		if (s & SIGN_NTLM && s & SIGN_LOGIN_REFUSED && !(s & SIGN_KERBEROS))
			return true;
	}
	return false;
}

static bool alone_ntlm(struct work *w, const struct hint_row *row)
{
	return from_items(
		w, row, ntlm_refused,
		"Clients of @ offered NTLM and never Kerberos, and were refused (401): @.");
}

static bool alone_flood(struct work *w, const struct hint_row *row)
{
	const struct coverage *c = &w->r->coverage;
	struct finding *f;

	if (!w->in->n_clusters || !c->packets || c->duplicates < c->packets / FLOOD_SHARE)
		return true;
	f = stand_alone(
		w, row, "*", NULL,
		arena_printf(w->a,
			     "Heartbeats of Windows NLB were seen, and %llu of %llu packets "
			     "are copies of others.",
			     (unsigned long long)c->duplicates, (unsigned long long)c->packets));
	return f != NULL;
}

/* ------------------------------------------------------------------ the table */

static const struct hint_rule rules[] = {
	{{"RPC-EPM-BLOCKED",
	  "TCP 135 was tried and failed, and no dynamic port of that server was used",
	  "Clients ask on TCP 135 for the port of every RPC service, also where the service has a "
	  "fixed port: opening that port alone is not enough. Let 135 through."},
	 epm_blocked,
	 NULL},
	{{"RPC-RANGE-OLD",
	  "ports from 49152 on were handed out, and all of them were met with silence",
	  "Often a firewall still has the range of Windows 2003, 1025-5000. Since Windows 2008 "
	  "dynamic ports are 49152-65535 (KB929851): open that range, or restrict RPC on the "
	  "server "
	  "(KB154596)."},
	 range_old,
	 NULL},
	{{"MSDTC", "MSDTC (IXnRemote) is spoken one way, and RPC the other way round failed",
	  "Distributed transactions need TCP 135 and the dynamic ports in both directions, and "
	  "each "
	  "side must resolve the other's name. Open the missing direction; it matters only where "
	  "code of the deployment uses MSDTC."},
	 dtc_one_way,
	 NULL},
	{{"KRB-UDP-FRAG",
	  "Kerberos over UDP is repeated without answer or refused as too big (52), and TCP does "
	  "not come through",
	  "Large tickets do not fit into a datagram, and fragments get lost on the way. Let TCP 88 "
	  "through, or make clients use TCP only (MaxPacketSize 1, KB244474)."},
	 udp_too_big,
	 alone_too_big},
	{{"KRB-SPN-MISSING", "Kerberos error 7 for an HTTP or MSSQLSvc service",
	  "Often a service principal name is missing, or stands twice: look for the name as it is "
	  "shown here, with and without port (setspn -Q), on the account that the service runs "
	  "under. It is no matter of ports."},
	 NULL,
	 alone_no_spn},
	{{"KRB-SPN-WRONG", "Kerberos error 41 (modified)",
	  "Often the service principal name stands on another account than the one that the "
	  "service "
	  "runs under, or on two of them (setspn -X)."},
	 NULL,
	 alone_modified},
	{{"KRB-NTLM", "clients offer NTLM only, and are refused with 401",
	  "Often Kerberos was not possible, because the service principal name of the site is "
	  "missing or the name is not in the intranet zone, and NTLM is not allowed or fails by "
	  "its "
	  "loop-back check. It is no matter of ports."},
	 NULL,
	 alone_ntlm},
	{{"NLB-KERBEROS", "Kerberos errors 7 or 41 for HTTP at a name of the load balancer",
	  "Behind a load balancer all servers must run the site under one domain account, which "
	  "has "
	  "the service principal name of the shared name (in IIS: useAppPoolCredentials)."},
	 NULL,
	 alone_nlb},
	{{"KRB-SKEW", "Kerberos error 37",
	  "Clocks differ by more than five minutes; often after a virtual machine was restored, or "
	  "where NTP does not come through. See what the rules of NTP say of this host."},
	 clock_and_tickets,
	 alone_skew},
	{{"KRB-ETYPE", "Kerberos error 14",
	  "Often encryption types were hardened on one side only: compare "
	  "msDS-SupportedEncryptionTypes of the account with what the client and the domain "
	  "controllers allow."},
	 NULL,
	 alone_etype},
	{{"DNS-DC-LOCATOR", "DNS refuses an SRV name below _msdcs",
	  "Often the host asks a name server that does not know the domain, or the domain "
	  "controllers "
	  "have not registered their names: they cannot be found, whatever is open."},
	 locator_and_dc,
	 alone_locator},
	{{"TIME-SYM", "NTP requests of mode 1 without answer",
	  "The time service asks as a peer, which many servers ignore: give manual peers the "
	  "client "
	  "flag (w32tm /config /manualpeerlist:\"server,0x8\")."},
	 time_symmetric,
	 NULL},
	{{"SBX-808-BLOCKED", "the sandbox port was tried and failed",
	  "Plug-ins in isolation need this port from the web and asynchronous servers to the "
	  "sandbox "
	  "host, and from the sandbox host to the web server: open both directions."},
	 sandbox_blocked,
	 NULL},
	{{"SBX-808-PORTSHARE", "the sandbox port answers with a fault of .NET message framing",
	  "The port is open, but no endpoint is registered for the name, or another program (AD FS "
	  "among them) has the port: look at Net.Tcp Port Sharing and the accounts that may use "
	  "it."},
	 NULL,
	 alone_framing},
	{{"SBX-CUSTOM", "the sandbox service answers on another port",
	  "The port was probably changed on purpose (TcpPort in the registry): say so in the site "
	  "file, key sandbox under ports."},
	 sandbox_moved,
	 NULL},
	{{"SQL-NAMED", "SQL Browser (UDP 1434) does not answer",
	  "A named instance is found by SQL Browser. Name the server as server\\instance with UDP "
	  "1434 open, at least for Setup, or as server,port."},
	 sql_named,
	 NULL},
	{{"SQL-TLS", "SQL Server answers PRELOGIN, and every connection is then reset",
	  "Often the driver cannot speak the TLS version that is left on the server (or the other "
	  "way round), for instance after TLS 1.0 was switched off. It is no matter of ports."},
	 NULL,
	 alone_hung_up},
	{{"SSRS-HTTP", "the report server was tried on HTTP or HTTPS and failed",
	  "The papers' tables omit this port, so firewalls made from them do not have it: CRM web "
	  "servers call the report server by HTTP or HTTPS."},
	 ssrs_http,
	 NULL},
	{{"SSRS-FETCH", "the report server was refused the sandbox port of the web server",
	  "Reports based on FetchXML need this way from the report server to the front end; those "
	  "on "
	  "SQL work without."},
	 ssrs_fetch,
	 NULL},
	{{"ORG-CREATE-445", "SMB or RPC to the SQL host failed, while SQL Server was reached",
	  "Creating or importing an organisation copies the template database by SMB and reads the "
	  "registry of the SQL host: open TCP 445 and 135 for it."},
	 org_create,
	 NULL},
	{{"ROUTER-MAIL", "the e-mail router failed towards mail or towards CRM",
	  "Mails stay pending when either side fails; this is the side. Check the protocol that is "
	  "set up in the router against what is open."},
	 router_mail,
	 NULL},
	{{"SSS-EXCH", "server-side synchronisation to Exchange failed",
	  "Mailboxes are synchronised by HTTPS (EWS) from the CRM servers, which stands in no "
	  "table "
	  "of the papers; without it they are disabled."},
	 sync_exchange,
	 NULL},
	{{"ADFS-META", "CRM web server and AD FS do not reach one another by HTTPS",
	  "Both fetch the other's federation metadata, again after a certificate was changed; "
	  "sign-in "
	  "breaks when they cannot."},
	 adfs_metadata,
	 NULL},
	{{"ADFS-444", "AD FS on a CRM web server, on TCP 444",
	  "Both want 443, and 444 is the usual way out: say so in the site file, key adfs-https "
	  "under "
	  "ports of that host."},
	 adfs_444,
	 NULL},
	{{"RST-ACCEPT", "a server resets every connection as soon as it is accepted",
	  "Often an inspecting firewall or a load balancer takes the connection in the server's "
	  "name "
	  "and finds nobody behind it, or the service closes because of TLS settings or a limit."},
	 NULL,
	 alone_shut},
	{{"STEALTH", "a required service gives no answer, on a host that answers others",
	  "Windows drops silently what no rule lets in, also when nothing listens: a firewall on "
	  "the "
	  "path, one on the host, and a stopped service look alike. On the server, "
	  "Get-NetTCPConnection and its firewall log tell them apart."},
	 stealth,
	 NULL},
	{{"NLB-FLOOD", "Windows NLB heartbeats, and many copies of packets",
	  "In unicast mode NLB makes switches flood its traffic to every port, also the sensor's; "
	  "use "
	  "multicast with IGMP, or a VLAN of its own, where the sensor is overloaded."},
	 NULL,
	 alone_flood},
};

const struct hint_row *hint_at(size_t i)
{
	return i < N_ELEMENTS(rules) ? &rules[i].row : NULL;
}

bool hints_make(struct work *w)
{
	size_t n = w->findings.n;

	for (size_t i = 0; i < n; i++)
		for (size_t k = N_ELEMENTS(rules); k-- > 0;) { /* the list grows at its head */
			struct finding *f = &w->findings.v[i];
			const char *because = rules[k].explains ? rules[k].explains(w, f) : NULL;

			if (because)
				hint_put(w, f, &rules[k].row, because);
		}
	for (size_t k = 0; k < N_ELEMENTS(rules); k++)
		if (rules[k].alone && !rules[k].alone(w, &rules[k].row))
			return false;
	return !w->failed;
}
