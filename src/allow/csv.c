// SPDX-License-Identifier: BSD-2-Clause
/* A table (RFC 4180): a row for each client, server, service and rule. */
#include <inttypes.h>
#include <string.h>

#include "allow/notes.h"
#include "allow/work.h"
#include "base/time.h"

/* Spreadsheets run what begins like a formula; a quote before it makes it text. */
static void cell(struct out *o, const char *z)
{
	struct out t = {0};

	out_text_z(&t, z);
	out_char(o, '"');
	if (*z && strchr("=+-@\t\r\n", *z))
		out_char(o, '\'');
	for (const char *p = out_str(&t); *p; p++) {
		if (*p == '"')
			out_char(o, '"');
		out_char(o, *p);
	}
	out_char(o, '"');
	out_done(&t);
}

/* The addresses of the families that both have. */
static void addresses(struct out *o, const struct spans *s, bool four, bool six)
{
	size_t n = 0;

	out_char(o, '"');
	for (size_t i = 0; i < s->n; i++) {
		if (!(addr_is_v4(&s->v[i].lo) ? four : six))
			continue;
		out_puts(o, n++ ? " " : "");
		span_print(&s->v[i], o);
	}
	out_char(o, '"');
}

struct row {
	const struct host *client, *server; /* client NULL: the internet */
	struct spans from, to;
	bool four, six; /* both have such addresses */
};

static void use(struct out *o, const struct allow_list *l, const struct row *r,
		const struct allow_service *s)
{
	struct allow_use u;
	char buf[TIME_TEXT];

	if (!l->observed) {
		out_puts(o, ",,");
		return;
	}
	u = allow_use_of(l, r->client, r->server, s->proto, s->port);
	out_printf(o, ",%" PRIu64 ",%s", u.used, u.used ? time_rfc3339(u.last_ns, buf) : "");
}

static void service(struct out *o, const struct allow_list *l, const struct row *r,
		    const struct allow_entry *e)
{
	for (size_t i = 0; i < e->n_rule; i++) {
		const struct rule *rule = e->rule[i];
		bool ports = e->s.proto == IPPROTO_NR_TCP || e->s.proto == IPPROTO_NR_UDP;

		cell(o, r->client ? r->client->name : "the internet");
		out_char(o, ',');
		addresses(o, &r->from, r->four, r->six);
		out_char(o, ',');
		cell(o, r->server->name);
		out_char(o, ',');
		addresses(o, &r->to, r->four, r->six);
		out_printf(o, ",%s,", allow_proto_name(e->s.proto));
		if (ports && e->s.port.lo == e->s.port.hi)
			out_printf(o, "%u", e->s.port.lo);
		else if (ports)
			out_printf(o, "%u-%u", e->s.port.lo, e->s.port.hi);
		out_char(o, ',');
		cell(o, rule->id);
		out_printf(o, ",%s,%s,",
			   kind_name(e->s.rpc && e->s.verdict == KIND_DOCUMENTED
					     ? KIND_DOCUMENTED_DYNAMIC
					     : e->s.verdict),
			   rule_need_words()[rule->need]);
		cell(o, rule->title);
		use(o, l, r, &e->s);
		out_puts(o, "\r\n");
	}
}

static bool family(const struct row *r, bool six)
{
	size_t a = spans_v4(&r->from), b = spans_v4(&r->to);

	return six ? r->from.n > a && r->to.n > b : a && b;
}

static void pair(struct out *o, const struct allow_list *l, const struct allow_class *c,
		 const struct allow_class *s, struct row *r)
{
	const struct allow_cell *cells = allow_cell(l, c->index, s->index);

	if (r->client == r->server && !r->server->is_network)
		return;
	r->four = family(r, false);
	r->six = family(r, true);
	for (size_t i = 0; i < cells->n && (r->four || r->six); i++)
		if (cells->v[i].s.off == ALLOW_ON)
			service(o, l, r, &cells->v[i]);
}

static void from_one(struct out *o, const struct allow_list *l, const struct allow_class *c,
		     struct row *r)
{
	for (size_t k = 0; k < l->n_class; k++) {
		const struct allow_class *s = &l->class[k];

		for (size_t i = 0; i < s->n; i++) {
			r->server = s->member[i];
			if (!allow_member_spans(l, r->server, &r->to))
				o->failed = true;
			else
				pair(o, l, c, s, r);
			spans_done(&r->to);
		}
	}
}

static void write(const struct allow_list *l, struct out *o)
{
	out_puts(o, "client,client_address,server,server_address,protocol,port,rule,verdict,need,"
		    "title,observed,last\r\n");
	for (size_t k = 0; k < l->n_class; k++) {
		const struct allow_class *c = &l->class[k];

		for (size_t i = 0; i < (c->internet ? 1 : c->n); i++) {
			struct row r = {.client = c->internet ? NULL : c->member[i]};
			bool ok = c->internet ? allow_class_spans(l, c, &r.from)
					      : allow_member_spans(l, r.client, &r.from);

			if (ok)
				from_one(o, l, c, &r);
			else
				o->failed = true;
			spans_done(&r.from);
		}
	}
}

const struct allow_format allow_csv = {
	.name = "csv",
	.help = "a table: a row for each client, server, service and rule",
	.write = write,
};
