// SPDX-License-Identifier: BSD-2-Clause
/* Findings in plain words, with figures: what was seen, why it is a finding, what to do. */
#include <inttypes.h>
#include <string.h>

#include "base/proto.h"
#include "findings/work.h"

const char *proto_text(uint8_t proto)
{
	return proto == IPPROTO_NR_TCP ? "tcp" : proto == IPPROTO_NR_UDP ? "udp" : "ip";
}

const char *text_counted(struct arena *a, uint64_t n, const char *one, const char *many)
{
	return arena_printf(a, "%llu %s", (unsigned long long)n, n == 1 ? one : many);
}

const char *text_roles(struct work *w, roleset s)
{
	struct out o = {0};
	const char *z;

	roles_print(s, &o);
	z = arena_strdup(w->a, out_str(&o));
	out_done(&o);
	return z;
}

const char *text_endpoint(struct work *w, const struct endpoint *e)
{
	char text[ADDR_TEXT];

	if (e->host)
		return e->host;
	if (e->network)
		return e->network;
	if (e->has_address)
		return arena_strdup(w->a, addr_format(&e->address, text));
	return e->roles ? text_roles(w, e->roles) : "many addresses";
}

const char *percent_text(struct arena *a, double ratio)
{
	return arena_printf(a, ratio < 0.001 ? "%.3f %%" : "%.2f %%", ratio * 100);
}

/* ------------------------------------------------------------------ failures */

struct icmp_word {
	bool v6;
	uint8_t type, code;
	const char *text;
};

/* RFC 792, RFC 1122 3.2.2.1, RFC 1812 5.2.7.1; RFC 4443 3.1 and 3.3. */
static const struct icmp_word icmp_words[] = {
	{false, 3, 0, "network unreachable"},
	{false, 3, 1, "host unreachable"},
	{false, 3, 2, "protocol unreachable"},
	{false, 3, 3, "port unreachable"},
	{false, 3, 5, "source route failed"},
	{false, 3, 6, "destination network unknown"},
	{false, 3, 7, "destination host unknown"},
	{false, 3, 9, "network administratively prohibited"},
	{false, 3, 10, "host administratively prohibited"},
	{false, 3, 11, "network unreachable for this type of service"},
	{false, 3, 12, "host unreachable for this type of service"},
	{false, 3, 13, "communication administratively prohibited"},
	{false, 11, 0, "time to live exceeded (a routing loop)"},
	{true, 1, 0, "no route to destination"},
	{true, 1, 1, "communication administratively prohibited"},
	{true, 1, 3, "address unreachable"},
	{true, 1, 4, "port unreachable"},
	{true, 1, 5, "source address failed the filter's policy"},
	{true, 1, 6, "reject route to destination"},
	{true, 3, 0, "hop limit exceeded (a routing loop)"},
};

static const char *icmp_text(struct work *w, const struct conv *c)
{
	const struct conv_refusal *r = conv_refusal(c);
	bool v6 = !addr_is_v4(&r->by);

	for (size_t i = 0; i < N_ELEMENTS(icmp_words); i++)
		if (icmp_words[i].v6 == v6 && icmp_words[i].type == r->icmp_type &&
		    icmp_words[i].code == r->icmp_code)
			return icmp_words[i].text;
	return arena_printf(w->a, "ICMP type %u code %u", r->icmp_type, r->icmp_code);
}

static const char *rejected_text(struct work *w, const struct conv *c)
{
	const struct conv_refusal *r = conv_refusal(c);
	char by[ADDR_TEXT];
	const char *who = addr_equal(&r->by, &c->server)
				  ? "the server itself"
				  : arena_strdup(w->a, addr_format(&r->by, by));
	const char *more = r->icmp_class == ICMP_PROHIBITED ? " A filter said no."
			   : r->icmp_class == ICMP_ROUTING  ? " That is routing, not a filter."
							    : "";

	return arena_printf(w->a, "rejected by %s: %s (ICMP%s type %u code %u).%s", who,
			    icmp_text(w, c), addr_is_v4(&r->by) ? "" : "v6", r->icmp_type,
			    r->icmp_code, more);
}

static const char *mac_text(struct work *w, const uint8_t m[6])
{
	return arena_printf(w->a, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4],
			    m[5]);
}

/* What tells the RST from the server's own packets: ": TTL 63, where ..."; "" nothing. */
static const char *signs_text(struct work *w, const struct conv *c)
{
	const struct conv_refusal *r = conv_refusal(c);
	static const uint8_t unknown[6];
	struct out o = {0};
	const char *z;

	if (r->signs & REFUSAL_TTL && r->ttl && c->server_ttl)
		out_printf(&o, ": TTL %u, where the server's own packets have %u", r->ttl,
			   c->server_ttl);
	if (r->signs & REFUSAL_MAC && memcmp(r->server_mac, unknown, 6) != 0)
		out_printf(&o,
			   "%s sent from the network card %s, where the server's own come from "
			   "%s",
			   o.n ? ";" : ":", mac_text(w, r->mac), mac_text(w, r->server_mac));
	else if (r->signs & REFUSAL_MAC)
		out_printf(&o, "%s sent from another network card than the server's own",
			   o.n ? ";" : ":");
	if (o.n && r->signs & REFUSAL_SEQUENCE)
		out_puts(&o, "; its sequence number is not 0, as an answer to a SYN has it");
	z = o.n ? arena_strdup(w->a, out_str(&o)) : "";
	out_done(&o);
	return z;
}

static const char *refused_text(struct work *w, const struct conv *c)
{
	const struct conv_refusal *r = conv_refusal(c);
	const char *signs;

	if (c->proto == IPPROTO_NR_UDP)
		return rejected_text(w, c);
	signs = signs_text(w, c);
	if (r->who == REFUSER_OTHER && *signs)
		return arena_printf(w->a, "refused (RST) by a device on the path%s.", signs);
	if (r->who == REFUSER_OTHER && r->ttl && c->server_ttl && r->ttl != c->server_ttl)
		return arena_printf(w->a,
				    "refused (RST) by a device on the path: TTL %u, where the "
				    "server's own packets have %u.",
				    r->ttl, c->server_ttl);
	if (r->who == REFUSER_OTHER)
		return "refused (RST) by a device on the path, not by the server.";
	if (!c->server_ttl)
		return "refused (RST) by the server itself or by a device on the path in its name: "
		       "no "
		       "other packet of the server was seen to compare with.";
	if (r->signs & REFUSAL_SEQUENCE)
		return "refused (RST) by the server itself, as it seems: it was reached, and "
		       "nothing listens there. The sequence number of the RST is not 0, as an "
		       "answer to a SYN has it, so a device may have sent it in the server's name.";
	return "refused (RST) by the server itself: it was reached, and nothing listens there.";
}

static enum flow_state worst_known(const struct conv *c)
{
	static const enum flow_state order[] = {STATE_REJECTED, STATE_REFUSED, STATE_NO_ANSWER,
						STATE_HALF_OPEN};

	if (c->state >= STATE_HALF_OPEN)
		return c->state;
	for (size_t i = 0; i < N_ELEMENTS(order); i++)
		if (c->by_state[order[i]])
			return order[i];
	return STATE_NO_ANSWER;
}

/* Accepted and shut at once: what the client had said by then. */
static const char *reset_text(struct work *w, const struct conv *c)
{
	const struct conv_more *m = conv_more(c);
	const char *sent = "before a byte was sent";

	if (!m->rst_after_accept)
		return "";
	if (c->payload[0])
		sent = arena_printf(w->a, "after the client's first bytes (%s)",
				    c->n_app && conv_app_at(c, 0) != APP_NONE
					    ? app_title(conv_app_at(c, 0))
					    : "not recognised");
	return arena_printf(w->a, " %s accepted and reset at once by the server's end, %s.",
			    m->rst_after_accept == 1
				    ? "1 connection was"
				    : arena_printf(w->a, "%llu connections were",
						   (unsigned long long)m->rst_after_accept),
			    sent);
}

const char *text_failure(struct work *w, const struct conv *c)
{
	const struct conv_fail *f = conv_fail(c);
	const struct tz *tz = site_tz(w->site);
	char text[TIME_SPAN_TEXT];
	uint64_t n = f->n ? f->n : c->flows; /* repeats of one SYN are one attempt */
	int64_t from = f->first_ns != TIME_NONE && f->n ? f->first_ns : c->first_ns;
	int64_t to = f->last_ns != TIME_NONE && f->n ? f->last_ns : c->last_ns;
	const char *what, *when;

	switch (worst_known(c)) {
	case STATE_REJECTED:
		what = rejected_text(w, c);
		break;
	case STATE_REFUSED:
		what = refused_text(w, c);
		break;
	case STATE_HALF_OPEN:
		what = "the server answered, but the handshake was never completed: its answer is "
		       "lost behind the sensor, or a filter drops the client's last packet.";
		break;
	default:
		what = "no answer: a filter on the path or on the server drops it silently, or "
		       "nothing listens there. The two look alike.";
		break;
	}
	when = n == 1 || from == to
		       ? arena_printf(w->a, "at %s", time_human_tz(from, tz, text))
		       : arena_printf(w->a, "from %s", time_span_human(from, to, tz, text));
	return arena_printf(w->a, "%s %s: %s%s", text_counted(w->a, n, "attempt", "attempts"), when,
			    what, reset_text(w, c));
}

/* ------------------------------------------------------------------ attempts */

static const char *outcome_word(enum flow_state s)
{
	switch (s) {
	case STATE_REJECTED:
		return "rejected";
	case STATE_REFUSED:
		return "refused";
	case STATE_HALF_OPEN:
		return "half-open";
	case STATE_NO_ANSWER:
		return "no-answer";
	default:
		return "other-protocol";
	}
}

/* Of an attempt alone in *once. */
static const struct conv_fail *fail_of(const struct behind *b, struct conv_fail *once)
{
	if (b->conv)
		return conv_fail(b->conv);
	*once = (struct conv_fail){
		.n = !b->attempt->unproven,
		.tries = !b->attempt->unproven,
		.first_ns = b->attempt->ns,
		.last_ns = b->attempt->ns,
	};
	return once;
}

void attempts_of(struct finding *f, const struct conv *tell)
{
	struct conv_fail once;
	struct attempts *a = &f->attempts;
	enum flow_state s = tell ? worst_known(tell) : STATE_N;

	*a = (struct attempts){
		.outcome = "never-tried", .first_ns = TIME_NONE, .last_ns = TIME_NONE};
	if (!tell)
		return;
	for (const struct behind *b = f->behind; b; b = b->next) {
		const struct conv_fail *c = fail_of(b, &once);

		if (b->conv)
			a->reset_at_once += conv_more(b->conv)->rst_after_accept;
		if (!c->n)
			continue;
		a->attempts += c->n;
		a->retries += c->tries > c->n ? c->tries - c->n : 0;
		if (a->first_ns == TIME_NONE || c->first_ns < a->first_ns)
			a->first_ns = c->first_ns;
		if (a->last_ns == TIME_NONE || c->last_ns > a->last_ns)
			a->last_ns = c->last_ns;
	}
	a->outcome = a->attempts ? outcome_word(s) : "other-protocol";
	if (!a->attempts || (s != STATE_REFUSED && s != STATE_REJECTED))
		return;

	const struct conv_refusal *r = conv_refusal(tell);

	a->signs = r->signs;
	a->by = r->who == REFUSER_OTHER                               ? "device"
		: r->who == REFUSER_NONE                              ? "unknown"
		: tell->server_ttl || r->icmp_class != ICMP_NOT_ERROR ? "server"
								      : "unknown";
	a->has_address = r->icmp_class != ICMP_NOT_ERROR;
	a->by_address = r->by;
}

/* ------------------------------------------------------------------ why */

static const char *service_text(struct work *w, const struct finding *f)
{
	if (!f->port)
		return f->proto ? proto_text(f->proto) : "any port";
	return arena_printf(w->a, "%u/%s", f->port, proto_text(f->proto));
}

static const char *with_roles(struct work *w, const struct endpoint *e)
{
	const char *name = text_endpoint(w, e);

	if (!e->host && !e->has_address && !e->network)
		return name;
	if (!e->roles)
		return arena_printf(w->a, "%s (no role)", name);
	return arena_printf(w->a, "%s (%s)", name, text_roles(w, e->roles));
}

static const char *app_words(uint16_t app)
{
	const char *t = app_title(app);

	return t && *t ? t : "an unknown protocol";
}

static const char *names_seen(struct work *w, const struct peers *p)
{
	struct out o = {0};
	const char *z;

	for (size_t i = 0; i < p->n_names; i++)
		out_printf(&o, "%s%s", i ? ", " : "", p->names[i]);
	if (p->n_more)
		out_printf(&o, " and %zu more", p->n_more);
	z = p->n_names ? arena_strdup(w->a, out_str(&o)) : "none";
	out_done(&o);
	return z;
}

static const char *how_words(const struct grant *g)
{
	switch (g->g.how) {
	case GRANT_EPM:
		return "The endpoint mapper";
	case GRANT_EPM_LOOKUP:
		return "The list of the endpoint mapper";
	case GRANT_OXID:
		return "The DCOM object resolver";
	case GRANT_ACTIVATION:
		return "The DCOM activator";
	case GRANT_SQL_BROWSER:
	case GRANT_SQL_DAC:
		return "SQL Browser";
	case GRANT_HOW_N:
		break;
	}
	return "An answer";
}

const char *text_grant(struct work *w, const struct grant *g)
{
	struct rpc_iface one = {.major = g->g.major, .minor = g->g.minor};
	const char *file = "", *what = "an object";
	char when[TIME_TEXT], addr[ADDR_TEXT];
	const char *server = arena_strdup(w->a, addr_format(&g->server, addr));
	const char *client = arena_strdup(w->a, addr_format(&g->client, addr));

	if (w->r->n_inputs > 1 && g->first.input < w->r->n_inputs)
		file = arena_printf(w->a, " of %s", w->r->inputs[g->first.input].path);
	if (g->g.has_iface) {
		memcpy(one.uuid, g->g.uuid, sizeof one.uuid);
		what = rpc_iface_label(w->a, &one);
	}
	return arena_printf(w->a, "%s of %s gave %s port %u/%s for %s in packet %u%s, %s%s.",
			    how_words(g), server, client, g->g.port,
			    g->g.proto == GRANTED_UDP ? "udp" : "tcp", what, g->first.number, file,
			    time_human_tz(g->first.ts_ns, site_tz(w->site), when),
			    g->assumed ? " (read without its bind)" : "");
}

static const char *granted_tail(struct work *w, const struct item *it)
{
	struct grant_hit hit;

	if (!it->dynamic || !grant_find(w->grants, item_conv(w, it), &hit))
		return "";
	return arena_printf(w->a, " %s", text_grant(w, hit.g));
}

static const char *interface_why(struct work *w, const struct item *it, const struct finding *f)
{
	const char *client = with_roles(w, &f->client), *server = with_roles(w, &f->server);
	const char *label = rpc_label(w, it), *tail = granted_tail(w, it);

	if (!label)
		return arena_printf(w->a,
				    "%s was given an object (DCOM) of %s on port %u, and no rule "
				    "lets these roles use objects there.%s",
				    client, server, it->port, tail);
	return arena_printf(
		w->a,
		"%s %s the RPC interface %s of %s on port %u, which these roles have no "
		"documented use for.%s",
		client, conv_more(item_conv(w, it))->n_iface ? "bound" : "was given", label, server,
		it->port, tail);
}

/* Whose role nobody knows, at one of the ends of the finding's conversations. */
static const char *strangers_text(struct work *w, const struct finding *f)
{
	const struct endpoint *e = f->client.roles ? &f->server : &f->client;
	char text[ADDR_TEXT];

	if (e->has_address)
		return arena_printf(w->a, "%s, of which nothing is known,",
				    addr_format(&e->address, text));
	return "addresses of which nothing is known";
}

static int port_order(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static uint32_t port_behind(const struct work *w, const struct behind *b)
{
	const struct behind_ends e = behind_ends(&w->in->ends, b);

	return (uint32_t)e.port << 8 | e.proto;
}

/* "1433/tcp, 51433/tcp and 3 more ports": of the conversations behind a finding. */
static const char *ports_behind(struct work *w, const struct finding *f)
{
	enum { SHOWN = 4 };
	VEC(uint32_t) v = {0};
	struct out o = {0};
	const char *z;
	size_t n = 0;
	bool ok = true;

	for (const struct behind *b = f->behind; b && ok; b = b->next)
		ok = vec_push(&v, port_behind(w, b));
	if (v.n)
		qsort(v.v, v.n, sizeof *v.v, port_order);
	for (size_t i = 0; i < v.n; i++)
		if (!n || v.v[i] != v.v[n - 1])
			v.v[n++] = v.v[i];
	for (size_t i = 0; i < n && i < SHOWN; i++)
		out_printf(&o, "%s%u/%s",
			   !i           ? ""
			   : i + 1 == n ? " and "
					: ", ",
			   v.v[i] >> 8, proto_text((uint8_t)v.v[i]));
	if (n > SHOWN)
		out_printf(&o, " and %s", text_counted(w->a, n - SHOWN, "more port", "more ports"));
	z = ok ? arena_strdup(w->a, out_str(&o)) : NULL;
	if (!z)
		w->failed = true;
	out_done(&o);
	vec_done(&v);
	return z ? z : "";
}

static const char *why_case(struct work *w, const struct item *it, const struct finding *f,
			    const struct peers *p)
{
	const char *client = with_roles(w, &f->client), *server = with_roles(w, &f->server);
	const char *service = service_text(w, f);
	const struct conv *c = item_conv(w, it);

	switch (it->r.why) {
	case CASE_CLEAR_HTTP:
		return arena_printf(w->a,
				    "Clients use the web application of %s over plain HTTP (%s), "
				    "and no HTTPS was seen on that host. Names, cookies and data "
				    "cross the network readable.",
				    server, service);
	case CASE_CLEAR_LOGIN:
		return arena_printf(w->a,
				    "%s logs in to %s with an LDAP simple bind and without TLS: "
				    "the password crosses the network readable.",
				    client, server);
	case CASE_SMB1:
		return arena_printf(w->a,
				    "%s answered in SMB 1, which has no protection worth the "
				    "name and is off by default in current Windows.",
				    server);
	case CASE_TLS_FOR_HTTP:
		return arena_printf(w->a,
				    "The papers expect HTTP on %s of %s, and the bytes are TLS: "
				    "the binding has the wrong type.",
				    service, server);
	case CASE_HTTP_FOR_TLS:
		return arena_printf(w->a,
				    "The papers expect TLS on %s of %s, and the bytes are clear "
				    "HTTP: the binding has the wrong type, and what is thought "
				    "protected is not.",
				    service, server);
	case CASE_INTERFACE:
		return interface_why(w, it, f);
	case CASE_REPLICATES:
		return arena_printf(w->a,
				    "%s asked %s for directory changes (drsuapi, GetNCChanges), as "
				    "domain controllers do among themselves, and it is none. That "
				    "call hands out the whole directory, the secrets of its "
				    "accounts included.%s",
				    client, server, granted_tail(w, it));
	case CASE_FORBIDDEN:
		return arena_printf(w->a, "%s uses %s of %s, which %s forbids.", client, service,
				    server, it->r.rule ? it->r.rule->id : "the site file");
	case CASE_OLD_PORT:
		return arena_printf(w->a,
				    "Default port still in use: %s reached %s on %s, and the site "
				    "file has moved this service (%s) elsewhere.",
				    client, server, service, port_key_name(it->r.rule->moves_with));
	case CASE_NAME_SERVICE:
		return arena_printf(w->a,
				    "%s answered %s for hosts of the deployment and does not have "
				    "the role %s. The demand is met by it.",
				    server, c->port == 53 ? "DNS" : "NTP",
				    c->port == 53 ? "dns" : "ntp");
	case CASE_EGRESS_WEB:
		return arena_printf(w->a,
				    "%s talks HTTP or TLS with public addresses on %s (%s). Names "
				    "seen: %s. Updates, certificate lists and telemetry look like "
				    "this.",
				    client, service,
				    text_counted(w->a, p->n, "address", "addresses"),
				    names_seen(w, p));
	case CASE_EGRESS:
		return arena_printf(w->a,
				    "%s, a host of the deployment, talks with the public address "
				    "%s on %s, and it is not recognised as web traffic (%s).",
				    client, server, service,
				    c->n_app ? app_words(it->r.app) : "no bytes seen");
	case CASE_PUBLIC:
		return arena_printf(w->a,
				    "The public address %s reached %s on %s. Nothing in the site "
				    "file lets the Internet in there.",
				    client, server, service);
	case CASE_GROUP:
		if (it->r.verdict == KIND_SETUP_ONLY)
			return arena_printf(
				w->a,
				"%s asks by broadcast which SQL Servers there are (%s). The "
				"papers allow that during setup only, and no setup window "
				"of the site file covers it.",
				client, service);
		return arena_printf(w->a,
				    "%s sends to the group address %s on %s; no rule and no "
				    "usual discovery protocol explains it.",
				    client, server, service);
	case CASE_LINK:
		return arena_printf(w->a,
				    "%s and %s talk over IPv6. One address is on the link of a "
				    "declared host, but in nobody's list: it may be another "
				    "address of that host.",
				    client, server);
	case CASE_PEER:
		return arena_printf(w->a,
				    "%s and %s talk on %s. The same unknown peer shares this port "
				    "with %d or more hosts of the deployment, as monitoring, "
				    "backup and update servers do.",
				    client, server, service, PEER_HOSTS);
	case CASE_GUESS:
		return arena_printf(
			w->a,
			w->party[it->client].roles
				? "%s is known by its traffic alone, and talks with %s "
				  "on %s."
				: "%s is known by its traffic alone, and %s with it "
				  "on %s.",
			w->party[it->client].roles ? client : server,
			w->party[it->client].roles
				? strangers_text(w, f)
				: arena_printf(w->a, "%s %s", strangers_text(w, f),
					       f->client.has_address ? "talks" : "talk"),
			ports_behind(w, f));
	case CASE_UNDIRECTED:
		return arena_printf(w->a,
				    "%s and %s talk between two high ports. The begin was not "
				    "captured, so nobody knows who called; neither way round is "
				    "documented.",
				    client, server);
	case CASE_CALLBACK:
		return arena_printf(w->a,
				    "Call-back: %s dials %s on %s within ten minutes of DCOM or "
				    "MSDTC the other way round.%s",
				    client, server, service, granted_tail(w, it));
	case CASE_SEALED:
		return arena_printf(w->a,
				    "%s reached %s on %s. It had asked that server's endpoint "
				    "mapper within the 5 seconds before, so this is probably "
				    "dynamic RPC; the answer is sealed, and no bind was seen.",
				    client, server, service);
	case CASE_LOST:
		return arena_printf(w->a,
				    "%s reached %s on %s. It had asked that server's endpoint "
				    "mapper within the 5 seconds before, so this is probably "
				    "dynamic RPC; not all of the mapper's answers were captured "
				    "or could be read, and no bind was seen.",
				    client, server, service);
	case CASE_NOT_GRANTED:
		return arena_printf(w->a,
				    "%s reached %s on %s. It had asked that server's endpoint "
				    "mapper within the 5 seconds before, and the answers, all of "
				    "which could be read, hand out other ports; no bind was seen "
				    "either.",
				    client, server, service);
	case CASE_PREDATES:
		return arena_printf(w->a,
				    "%s reached %s on %s without a bind or a mapper's answer in "
				    "view. The grant may predate the capture.",
				    client, server, service);
	case CASE_PLAIN:
	case CASE_SAME_HOST:
	case CASE_PROBE:
		break;
	}
	return NULL;
}

static const char *why_verdict(struct work *w, const struct item *it, const struct finding *f)
{
	const char *client = with_roles(w, &f->client), *server = with_roles(w, &f->server);
	const char *service = service_text(w, f);

	switch (it->r.verdict) {
	case KIND_SETUP_ONLY:
		return arena_printf(w->a,
				    "%s used %s of %s, which the papers allow during setup only, "
				    "and no setup window of the site file covers it.",
				    client, service, server);
	case KIND_RPC_UNEXPLAINED:
		return arena_printf(w->a,
				    "%s reached %s on %s, a port of the dynamic RPC range, and "
				    "neither a mapper's answer nor a bind explains it.",
				    client, server, service);
	case KIND_RPC_OUT_OF_RANGE:
		return arena_printf(w->a,
				    "%s serves RPC on %s, outside the range that the site file "
				    "gives (rpc).%s",
				    server, service, granted_tail(w, it));
	case KIND_MOVED_SERVICE:
		return arena_printf(w->a,
				    "%s speaks %s with %s on %s. %s documents this protocol "
				    "between these roles, but not on this port.",
				    client, app_words(it->r.app), server, service, it->r.rule->id);
	case KIND_UNEXPECTED_DIRECTION:
		return arena_printf(w->a,
				    "%s opens %s to %s. The papers document this service the other "
				    "way round only.",
				    client, service, server);
	case KIND_UNEXPECTED_PAIR:
		return arena_printf(w->a,
				    "%s uses %s of %s, a documented service of that host, but for "
				    "other roles.",
				    client, service, server);
	case KIND_UNEXPECTED_PORT:
		return arena_printf(w->a, "No rule lets %s open %s to %s.", client, service,
				    server);
	case KIND_UNEXPECTED_ENDPOINT:
		return arena_printf(w->a,
				    "%s %s with %s on %s, and one of the two has no role in the "
				    "site file.",
				    client, f->client.has_address ? "talks" : "talk", server,
				    service);
	case KIND_UNEXPECTED_PROTOCOL:
		return arena_printf(w->a, "%s of %s is documented%s%s, but the bytes are %s.",
				    service, server, it->r.rule ? " for " : "",
				    it->r.rule && it->r.rule->n_app && !it->r.rule->app_any
					    ? app_words(it->r.rule->app[0])
					    : "another use",
				    app_words(it->r.app));
	default:
		return kind_row(it->r.verdict)->meaning;
	}
}

const char *text_why(struct work *w, const struct item *it, const struct finding *f,
		     const struct peers *p)
{
	const char *why = why_case(w, it, f, p);
	const char *tail = "";

	if (!why)
		why = why_verdict(w, it, f);
	if (f->flows && f->flows < item_conv(w, it)->flows && !f->folded)
		tail = arena_printf(w->a, " That is %" PRIu64 " of %" PRIu64 " flows.", f->flows,
				    item_conv(w, it)->flows);
	else if (it->state >= STATE_HALF_OPEN && it->r.verdict > KIND_SETUP_ONLY &&
		 it->outcome != OUTCOME_NONE)
		tail = arena_printf(w->a, " It never came about: %s",
				    text_failure(w, item_conv(w, it)));
	else if (it->state == STATE_ONE_WAY && it->r.verdict > KIND_SETUP_ONLY)
		tail = " Only one direction was visible, so what became of it is unknown.";
	if (it->r.why != CASE_GUESS && (w->party[it->client].guess || w->party[it->server].guess))
		tail = arena_printf(w->a, "%s A role in it is a guess from traffic.", tail);
	if (it->r.reversed)
		tail = arena_printf(w->a,
				    "%s Who called was not seen; judged as if the other end "
				    "had.",
				    tail);
	return arena_printf(w->a, "%s%s", why, tail);
}

/* ------------------------------------------------------------------ what to do */

static const char *close_or_document(struct work *w, const struct finding *f)
{
	return arena_printf(w->a,
			    "Close %s from %s to %s at the firewall, or document it with a rule "
			    "in a pack of your own (man spanaudit-rules).",
			    service_text(w, f), text_endpoint(w, &f->client),
			    text_endpoint(w, &f->server));
}

static const char *advice_stranger(struct work *w, const struct item *it, const struct finding *f,
				   const struct peers *p)
{
	const struct party *cl = &w->party[it->client], *sv = &w->party[it->server];
	const struct party *stranger = cl->roles ? sv : cl;

	switch (it->r.why) {
	case CASE_NAME_SERVICE:
		if (addr_is_public(&sv->addr) && !sv->host)
			return arena_printf(
				w->a,
				"Point the hosts at the domain's own %s servers; a server "
				"of the deployment should not ask the Internet.",
				it->port == 53 ? "DNS" : "time");
		if (sv->host && !sv->host->is_network)
			return arena_printf(
				w->a,
				"If %s is meant to serve this, add the role %s to it in "
				"the site file; if not, point the hosts at the right "
				"server.",
				sv->host->name, it->port == 53 ? "dns" : "ntp");
		return arena_printf(
			w->a,
			"If this server is meant, add under hosts:\n%s\nIf not, point the "
			"hosts at the right one.",
			suggest_host(w, &sv->addr, it->port == 53 ? "dns" : "ntp"));
	case CASE_EGRESS_WEB:
		return arena_printf(w->a, "Close it, or declare it under egress:\n%s",
				    suggest_egress(w, it, p));
	case CASE_EGRESS:
		return "Close it at the firewall and find the program that does it. A server of "
		       "the deployment has no documented reason to talk with the Internet.";
	case CASE_PUBLIC:
		return "Close it at the perimeter now. If the deployment faces the Internet on "
		       "purpose, say `deployment: {auth: ifd}` and keep to its HTTPS port.";
	case CASE_LINK:
		return "If it is another address of a declared host, add it to that host's addr "
		       "list.";
	case CASE_GUESS:
		if (f->client.has_address && f->server.has_address)
			return arena_printf(w->a,
					    "Say who it is, in a site file under hosts:, so that "
					    "it can be judged:\n%s",
					    suggest_host(w, &stranger->addr, "ROLE"));
		return "Say who they are, in a site file or with --role, so that what they do can "
		       "be held against the papers.";
	case CASE_PEER:
		return arena_printf(
			w->a,
			"If it is a monitoring or backup server, add under hosts (or with role "
			"backup):\n%s",
			suggest_host(w, &stranger->addr, "monitor"));
	default:
		return arena_printf(w->a, "Give the address its role, under hosts:\n%s\nOr: %s",
				    suggest_host(w, &stranger->addr, "ROLE"),
				    close_or_document(w, f));
	}
}

const char *text_advice(struct work *w, const struct item *it, const struct finding *f,
			const struct peers *p)
{
	switch (it->r.why) {
	case CASE_CLEAR_HTTP:
		return "Give the web site an HTTPS binding with a trusted certificate and move the "
		       "clients to it.";
	case CASE_CLEAR_LOGIN:
		return "Use LDAPS or StartTLS, or SASL with signing, and require LDAP signing on "
		       "the domain controllers. Change the passwords that were sent.";
	case CASE_SMB1:
		return "Remove SMB 1 from the server (Remove-WindowsFeature FS-SMB1) once no "
		       "client "
		       "needs it.";
	case CASE_TLS_FOR_HTTP:
	case CASE_HTTP_FOR_TLS:
		return "Correct the type of the binding in IIS (or whatever listens there), or "
		       "give "
		       "the port that it really has in the site file.";
	case CASE_FORBIDDEN:
		return "Close it; the rule is there to keep it closed.";
	case CASE_OLD_PORT:
		return arena_printf(
			w->a,
			"Move the client to the new port, or correct `ports: {%s: ...}` in "
			"the site file.",
			port_key_name(it->r.rule->moves_with));
	case CASE_UNDIRECTED:
		return "Capture again from before the connection starts; then it can be judged.";
	case CASE_REPLICATES:
		return "Find the program that does it. Directory synchronisation (Entra Connect "
		       "and its like) has this right on purpose; if this host is not meant to, "
		       "treat it as theft of passwords: take the right `Replicating Directory "
		       "Changes` away from the account and reset the secrets of the domain.";
	case CASE_INTERFACE:
		if (!f->interface)
			return arena_printf(
				w->a,
				"Find out what on %s uses it. If the pair needs it, document TCP "
				"135 between them for dcerpc-activation and dcerpc-oxid with a "
				"rule in a pack of your own (man spanaudit-rules); if not, close "
				"both.",
				text_endpoint(w, &f->client));
		return arena_printf(
			w->a,
			"Find out what on %s uses this interface. If the pair needs it, "
			"add it under rpc: {interfaces: [...]} of a rule in a pack of "
			"your own (man spanaudit-rules); if not, close it.",
			text_endpoint(w, &f->client));
	case CASE_CALLBACK:
		return arena_printf(w->a,
				    "Nothing, if %s is meant to be called back (WMI with events, "
				    "programs on DCOM); otherwise close it, and use what needs no "
				    "call-back.",
				    text_endpoint(w, &f->server));
	case CASE_NOT_GRANTED:
		return kind_row(it->r.verdict)->remedy;
	case CASE_SEALED:
		return "Nothing yet. Where the mapper answers sealed, only the begin of a "
		       "connection tells, in its bind; in doubt look for the listening process on "
		       "the server (`Get-NetTCPConnection`).";
	case CASE_LOST:
	case CASE_PREDATES:
		return "Nothing yet. A capture that loses nothing and begins before the client "
		       "starts shows the grant or the bind, and decides it.";
	case CASE_GROUP:
		return kind_row(it->r.verdict)->remedy;
	default:
		break;
	}
	switch (it->r.verdict) {
	case KIND_MOVED_SERVICE:
		if (suggest_administrators(w, it))
			return arena_printf(
				w->a,
				"SQL Browser told this port as the one of the dedicated "
				"administrator "
				"connection (DAC) of an instance: it is no port of the instance "
				"itself, and belongs neither into the site file (sql, under ports) "
				"nor into the firewall rules of applications. See who works as an "
				"administrator from %s; if nobody should, switch off 'remote admin "
				"connections' on the server.",
				text_endpoint(w, &f->client));
		return arena_printf(
			w->a,
			"If it was moved on purpose, this site-file line documents it:\n"
			"%s\nIf not, find out who listens there.",
			suggest_moved(w, it));
	case KIND_UNEXPECTED_ENDPOINT:
		return advice_stranger(w, it, f, p);
	case KIND_UNEXPECTED_PORT:
	case KIND_UNEXPECTED_PAIR:
	case KIND_UNEXPECTED_DIRECTION:
		return close_or_document(w, f);
	default:
		return kind_row(it->r.verdict)->remedy;
	}
}

/* ------------------------------------------------------------------ display filter */

static void filter_end(struct out *o, const struct endpoint *e)
{
	char text[ADDR_TEXT];

	if (!e->has_address)
		return;
	if (o->n)
		out_puts(o, " && ");
	out_printf(o, "%s.addr==%s", addr_is_v4(&e->address) ? "ip" : "ipv6",
		   addr_format(&e->address, text));
	/* The VLAN that keys a link-local address is ours, not the packet's. */
	if (addr_is_link_local(&e->address)) {
		char *percent = strchr(o->p, '%');

		if (percent)
			o->n = (size_t)(percent - o->p), *percent = '\0';
	}
}

const char *text_filter(struct work *w, const struct finding *f)
{
	struct out o = {0};
	const char *z;

	filter_end(&o, &f->client);
	filter_end(&o, &f->server);
	if (f->port)
		out_printf(&o, "%s%s.port==%u", o.n ? " && " : "", proto_text(f->proto), f->port);
	z = o.n ? arena_strdup(w->a, out_str(&o)) : NULL;
	out_done(&o);
	return z;
}
