// SPDX-License-Identifier: BSD-2-Clause
/*
 * Text that documents what a finding is about, should it be meant: a line of the site file, or a
 * rule for a pack. What has neither is left to a waiver.
 */
#include <inttypes.h>
#include <string.h>

#include "base/proto.h"
#include "findings/work.h"
#include "recognise/rpc_iface.h"

/* ------------------------------------------------------------------ words */

/* A text as YAML takes it everywhere, also inside of { }. */
static const char *yaml_text(struct work *w, const char *z)
{
	struct out o = {0};
	const char *ret;

	if (*z && !z[strspn(z, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			       "._-")])
		return z;
	out_char(&o, '"');
	for (; *z; z++) {
		if (*z == '"' || *z == '\\')
			out_char(&o, '\\');
		out_char(&o, *z);
	}
	out_char(&o, '"');
	ret = arena_strdup(w->a, out_str(&o));
	out_done(&o);
	return ret;
}

/* Names come from the capture; what no pattern of a site file can hold is left out. */
static const char *names_listed(struct work *w, const struct peers *p)
{
	struct out o = {0};
	const char *z;

	for (size_t i = 0; i < p->n_names; i++)
		if (*p->names[i] &&
		    !p->names[i][strspn(p->names[i], "abcdefghijklmnopqrstuvwxyz"
						     "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")])
			out_printf(&o, "%s\"%s\"", o.n ? ", " : "", p->names[i]);
	z = o.n ? arena_strdup(w->a, out_str(&o)) : "\"*.example.com\"";
	out_done(&o);
	return z;
}

/* The role to write for it: the first that was declared. */
static const char *first_declared(const struct host *h)
{
	for (int r = 0; r < ROLE_N; r++)
		if (h && roles_has(h->declared, (enum role)r))
			return role_name((enum role)r);
	return "ROLE";
}

/* The server still serves its documented port as well: an override would take that one away. */
static bool still_serves(const struct work *w, const struct item *moved, const struct item *it)
{
	const struct party *sv = &w->party[moved->server], *other = &w->party[it->server];
	const struct rule *r = it->r.rule;
	struct port_list ports;

	if (!r || r->moves_with != moved->r.rule->moves_with || it->proto != moved->proto ||
	    (it->r.verdict != KIND_DOCUMENTED && it->r.verdict != KIND_ADVICE) ||
	    (it->outcome != OUTCOME_GOOD && it->outcome != OUTCOME_UNKNOWN))
		return false;
	/* Without a host to hang it on, the line is the whole site's. */
	if (sv->host && !sv->host->is_network && other->host != sv->host)
		return false;
	ports = rule_ports(w->m, r, other->host);
	return port_list_has(&ports, it->port);
}

static void port_add(struct port_list *l, uint16_t port)
{
	unsigned at = 0;

	while (at < l->n && l->r[at].lo < port)
		at++;
	if (l->n == PORT_LIST || (at < l->n && l->r[at].lo == port))
		return;
	memmove(&l->r[at + 1], &l->r[at], (l->n - at) * sizeof *l->r);
	l->r[at] = (struct port_range){port, port};
	l->n++;
}

/* The port, or all of them in brackets, as a site file takes them. */
static const char *moved_ports(struct work *w, const struct item *it)
{
	struct port_list l = {0};
	struct out o = {0};
	const char *z;

	port_add(&l, it->port);
	for (size_t i = 0; i < w->n; i++)
		if (still_serves(w, it, &w->item[i]))
			port_add(&l, w->item[i].port);
	for (unsigned i = 0; i < l.n; i++)
		out_printf(&o, "%s%u", i ? ", " : l.n > 1 ? "[" : "", l.r[i].lo);
	out_puts(&o, l.n > 1 ? "]" : "");
	z = arena_strdup(w->a, out_str(&o));
	out_done(&o);
	return z;
}

/* SQL Browser told this port as that of the dedicated administrator connection, MC-SQLR 2.2.6. */
bool suggest_administrators(const struct work *w, const struct item *it)
{
	return it->r.rule && it->r.rule->moves_with == PORT_SQL &&
	       sql_port_dac(w->sql_ports, item_conv(w, it), w->party[it->server].host);
}

const char *suggest_moved(struct work *w, const struct item *it)
{
	const struct party *sv = &w->party[it->server];
	const char *key = port_key_name(it->r.rule->moves_with);
	const char *ports = moved_ports(w, it);
	char text[ADDR_TEXT];

	if (!sv->host || sv->host->is_network)
		return arena_printf(w->a, "ports: {%s: %s}", key, ports);
	return arena_printf(w->a, "- {name: %s, role: [%s], addr: \"%s\", ports: {%s: %s}}",
			    yaml_text(w, sv->host->name), first_declared(sv->host),
			    addr_format(&sv->addr, text), key, ports);
}

const char *suggest_host(struct work *w, const struct addr *a, const char *role)
{
	char text[ADDR_TEXT];

	return arena_printf(w->a, "- {name: NAME, role: [%s], addr: \"%s\"}", role,
			    addr_format(a, text));
}

const char *suggest_egress(struct work *w, const struct item *it, const struct peers *p)
{
	return arena_printf(w->a, "- {from: [%s], service: %u/%s, names: [%s], why: \"...\"}",
			    first_declared(w->party[it->client].host), it->port,
			    proto_text(it->proto), names_listed(w, p));
}

/* ------------------------------------------------------------------ the site file */

struct text {
	const char *in, *under, *yaml;
};

static struct text site_text(const char *under, const char *yaml)
{
	return (struct text){"site", under, yaml};
}

static struct text stranger(struct work *w, const struct item *it, const struct peers *p)
{
	const struct party *cl = &w->party[it->client], *sv = &w->party[it->server];
	const struct party *one = cl->roles ? sv : cl;

	switch (it->r.why) {
	case CASE_NAME_SERVICE:
		if (sv->host || addr_is_public(&sv->addr))
			break;
		return site_text("hosts",
				 suggest_host(w, &sv->addr, it->port == 53 ? "dns" : "ntp"));
	case CASE_EGRESS_WEB:
		return site_text("egress", suggest_egress(w, it, p));
	case CASE_EGRESS:
	case CASE_PUBLIC:
	case CASE_LINK:
	case CASE_GROUP:
	case CASE_GUESS: /* of several */
		break;
	case CASE_PEER:
		return site_text("hosts", suggest_host(w, &one->addr, "monitor"));
	default:
		if (!it->group && !it->crowd)
			return site_text("hosts", suggest_host(w, &one->addr, "ROLE"));
	}
	return (struct text){0};
}

/* The range that the site has, and this port. */
static struct text wider_rpc(struct work *w, const struct finding *f)
{
	struct out o = {0};
	const char *z;

	if (!f->port || !w->site->rpc.n || w->site->rpc.n == PORT_LIST)
		return (struct text){0};
	out_puts(&o, "rpc: [");
	for (unsigned i = 0; i < w->site->rpc.n; i++) {
		const struct port_range *r = &w->site->rpc.r[i];

		out_printf(&o, r->lo == r->hi ? "%u, " : "%u-%u, ", r->lo, r->hi);
	}
	out_printf(&o, "%u]", f->port);
	z = arena_strdup(w->a, out_str(&o));
	out_done(&o);
	return site_text("deployment", z);
}

/* When it was seen, in whole seconds; `to` is the first moment outside. */
static struct text setup_window(struct work *w, const struct finding *f)
{
	char from[TIME_TEXT], to[TIME_TEXT];

	if (f->first_ns == TIME_NONE || f->last_ns == TIME_NONE ||
	    f->last_ns > INT64_MAX - 2 * NS_PER_S)
		return (struct text){0};
	return site_text("setup, in deployment",
			 arena_printf(w->a, "- {from: %.19sZ, to: %.19sZ}",
				      time_rfc3339(f->first_ns, from),
				      time_rfc3339(f->last_ns + NS_PER_S, to)));
}

/* ------------------------------------------------------------------ a rule */

static const char *role_of(const struct party *p)
{
	roleset s = p->host ? p->host->declared : p->roles;

	for (int r = 0; r < ROLE_N; r++)
		if (roles_has(s, (enum role)r) && r != ROLE_IGNORE)
			return role_name((enum role)r);
	return NULL;
}

static struct text rule_text(struct work *w, const struct item *it, const struct finding *f)
{
	const char *from = role_of(&w->party[it->client]), *to = role_of(&w->party[it->server]);
	const char *proto = proto_text(it->proto);
	const char *app = it->r.app != APP_NONE ? app_name(it->r.app) : NULL;
	uint8_t uuid[16];

	if (!from || !to || it->group || it->crowd || it->r.reversed ||
	    (it->proto != IPPROTO_NR_TCP && it->proto != IPPROTO_NR_UDP))
		return (struct text){0};
	if (it->r.why == CASE_INTERFACE) {
		if (!f->interface || it->proto != IPPROTO_NR_TCP ||
		    (!rpc_iface_by_name(f->interface) && !rpc_uuid_parse(f->interface, uuid)))
			return (struct text){0};
		return (struct text){
			"pack", "rules",
			arena_printf(w->a,
				     "- id: LOCAL-%s\n"
				     "  title: \"%s calls %s by %s\"\n"
				     "  from: %s\n"
				     "  to: %s\n"
				     "  service: {port: 49152-65535, rpc: {via: 135, interfaces: "
				     "[%s]}}\n"
				     "  need: optional\n"
				     "  source: {paper: local, section: \"%s\", provenance: "
				     "outside}\n"
				     "  why: \"who needs it, and why\"\n"
				     "  tests:\n"
				     "    - {flow: \"%s:50000 -> %s:50123/tcp dcerpc\", is: "
				     "documented-dynamic}\n",
				     f->id + 2, from, to, f->interface, from, to, f->interface,
				     f->id, from, to)};
	}
	if (!f->port)
		return (struct text){0};
	return (struct text){
		"pack", "rules",
		arena_printf(w->a,
			     "- id: LOCAL-%s\n"
			     "  title: \"%s calls %s on %u/%s\"\n"
			     "  from: %s\n"
			     "  to: %s\n"
			     "  service: {proto: %s, port: %u}\n"
			     "  app: %s\n"
			     "  need: optional\n"
			     "  source: {paper: local, section: \"%s\", provenance: outside}\n"
			     "  why: \"who needs it, and why\"\n"
			     "  tests:\n"
			     "    - {flow: \"%s:50000 -> %s:%u/%s%s%s\", is: documented}\n",
			     f->id + 2, from, to, f->port, proto, from, to, proto, f->port,
			     app ? app : "\"-\"", f->id, from, to, f->port, proto, app ? " " : "",
			     app ? app : "")};
}

/* ------------------------------------------------------------------ */

static struct text by_verdict(struct work *w, const struct item *it, const struct finding *f,
			      const struct peers *p)
{
	switch (it->r.why) {
	case CASE_FORBIDDEN: /* a rule keeps it closed on purpose */
	case CASE_REPLICATES:
	case CASE_UNDIRECTED:
	case CASE_CALLBACK:
		return (struct text){0};
	default:
		break;
	}
	switch (it->r.verdict) {
	case KIND_SETUP_ONLY:
		return setup_window(w, f);
	case KIND_RPC_OUT_OF_RANGE:
		return wider_rpc(w, f);
	case KIND_MOVED_SERVICE:
		if (suggest_administrators(w, it))
			break;
		return site_text(w->party[it->server].host && !w->party[it->server].host->is_network
					 ? "hosts"
					 : NULL,
				 suggest_moved(w, it));
	case KIND_UNEXPECTED_ENDPOINT:
		return stranger(w, it, p);
	case KIND_UNEXPECTED_DIRECTION:
	case KIND_UNEXPECTED_PAIR:
	case KIND_UNEXPECTED_PORT:
	case KIND_UNEXPECTED_PROTOCOL:
		return rule_text(w, it, f);
	default:
		break;
	}
	return (struct text){0};
}

void suggest_make(struct work *w, const struct item *it, struct finding *f, const struct peers *p)
{
	struct text t = by_verdict(w, it, f, p);

	f->suggest_in = t.in;
	f->suggest_under = t.under;
	f->suggest = t.yaml;
}
