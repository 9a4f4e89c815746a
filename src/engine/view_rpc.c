// SPDX-License-Identifier: BSD-2-Clause
/*
 * view_rpc - the ports that servers handed out, and the conversations that this explains: what
 * `spanaudit rpc` shows.
 *
 * On a wide terminal a conversation is one line, on a narrow one two: the same columns, of which
 * the later ones are then a sentence.
 */
#include "engine/view_rpc.h"

#include <errno.h>
#include <string.h>

#include "base/time.h"
#include "recognise/rpc_iface.h"
#include "report/jsonw.h"
#include "report/words.h"

enum { FLUSH = 1 << 16, IFACES_SHOWN = 64, CLIENTS_SHOWN = 3, NARROW_MIN = 80, LAST_MIN = 24 };

enum column { /* in the order of a line */
	      CLIENT,
	      SERVER,
	      SERVICE,
	      STATE,
	      VERDICT,
	      HOW, /* from here on on a line of their own when narrow */
	      PACKET,
	      TIME,
	      TOLD,
	      USED,
	      IFACES, /* the last: as long as it takes */
	      COLUMN_N,
};

struct writer {
	const struct rpc_view *v;
	const struct span_audit *a;
	struct out *o;
	FILE *f;
	size_t width, column[COLUMN_N];
	bool wide;
	int err;
};

static void flush(struct writer *w)
{
	if (w->o->n > FLUSH && !w->err) {
		w->err = engine_put(w->o, w->f);
		out_reset(w->o);
	}
}

/* --- words ------------------------------------------------------------------------------------ */

static void put_addr(const struct writer *w, const struct addr *at, struct out *o)
{
	const struct host *h = inventory_find(w->a->site->inventory, at);
	char buf[ADDR_TEXT];

	if (h && !h->is_network)
		out_text_z(o, h->name);
	else
		out_puts(o, addr_format(at, buf));
}

/* night.pcap#12; with one input #12 says it. */
static void put_packet(const struct writer *w, const struct evidence *ev, struct out *o)
{
	if (!ev->number)
		return;
	if (w->a->n_inputs > 1 && ev->input < w->a->n_inputs)
		out_text_z(o, w->a->inputs[ev->input].path);
	out_printf(o, "#%u", ev->number);
}

static void put_time(const struct writer *w, int64_t ns, struct out *o)
{
	const struct tz *tz = site_tz(w->a->site);
	char t[TIME_TEXT];

	out_puts(o, tz ? time_human_tz(ns, tz, t) : time_human(ns, t));
}

static void put_service(uint8_t proto, uint16_t port, struct out *o)
{
	char t[8];

	out_printf(o, "%u/%s", port, word_transport(proto, t));
}

/* Whom the answer was for, and what is weak about it; "" for the plain case. */
static void put_told(const struct writer *w, const struct rpc_line *line, struct out *o)
{
	const struct inventory *inv = w->a->site->inventory;
	const char *tie = line->row.tie;
	const struct host *h = line->told ? inventory_find(inv, line->told) : NULL;
	/* At another address of its own. */
	bool itself = h && !h->is_network && h == inventory_find(inv, &line->row.client.address);

	if (line->told && !itself) {
		out_puts(o, "to ");
		put_addr(w, line->told, o);
	}
	if (tie && strcmp(tie, "same-client") != 0 &&
	    !(line->told && !itself && strcmp(tie, "other-client") == 0))
		out_printf(o, "%s(%s)", o->n ? " " : "", tie);
}

static void put_instance(const struct granted *g, struct out *o)
{
	out_puts(o, "SQL Server");
	if (g->name[0]) {
		out_char(o, ' ');
		out_text_z(o, g->name);
	}
}

static void put_cell(const struct writer *w, const struct rpc_line *line, enum column c,
		     struct out *o)
{
	const struct rpc_row *row = &line->row;
	bool bind = row->how && strcmp(row->how, "bind") == 0;

	switch (c) {
	case CLIENT:
		put_addr(w, &row->client.address, o);
		return;
	case SERVER:
		put_addr(w, &row->server.address, o);
		return;
	case SERVICE:
		put_service(row->proto, row->port, o);
		return;
	case STATE:
		out_puts(o, flow_state_name(row->state));
		return;
	case VERDICT:
		out_puts(o, row->has_verdict ? kind_name(row->verdict) : "-");
		return;
	case HOW:
		out_puts(o, row->how ? row->how : "unexplained");
		return;
	case PACKET:
		if (row->how)
			put_packet(w, &row->granted_by, o);
		return;
	case TIME:
		if (row->how && row->granted_by.number)
			put_time(w, row->granted_by.ts_ns, o);
		return;
	case TOLD:
		put_told(w, line, o);
		return;
	case USED:
		/* A bind is a packet of the conversation itself. */
		if (!bind)
			put_packet(w, &row->used_by, o);
		return;
	case IFACES:
		if (row->n_iface)
			word_interfaces(row->iface, row->n_iface, o);
		else if (line->sql)
			put_instance(&line->sql->g, o);
		else
			out_puts(o, w->wide ? "-" : "interface unknown");
		return;
	case COLUMN_N:
		return;
	}
}

/* --- text ------------------------------------------------------------------------------------- */

static const char *const headings[COLUMN_N] = {
	[CLIENT] = "client",   [SERVER] = "server",  [SERVICE] = "port",      [STATE] = "state",
	[VERDICT] = "verdict", [HOW] = "granted by", [PACKET] = "packet",     [TIME] = "at (UTC)",
	[TOLD] = "to",         [USED] = "used by",   [IFACES] = "interfaces",
};

static const char *heading(const struct writer *w, enum column c)
{
	return c == TIME && site_tz(w->a->site) ? "at (local time)" : headings[c];
}

/* Without roles everything is out of scope, and to say so in each line is of no use. */
static bool all_out_of_scope(const struct rpc_view *v)
{
	for (size_t i = 0; i < v->lines.n; i++)
		if (v->lines.v[i].row.has_verdict && v->lines.v[i].row.verdict != KIND_OUT_OF_SCOPE)
			return false;
	return true;
}

/* Columns as wide as what is in them; the wide form when all of it fits. */
static void measure(struct writer *w)
{
	struct out cell = {0};
	size_t all = LAST_MIN;
	bool judged = !all_out_of_scope(w->v);

	for (int c = 0; c < IFACES; c++) {
		bool used = c < HOW && (c != VERDICT || judged);

		w->column[c] = 0;
		for (size_t i = 0; i < w->v->lines.n && (c != VERDICT || judged); i++) {
			size_t n;

			out_reset(&cell);
			put_cell(w, &w->v->lines.v[i], (enum column)c, &cell);
			n = out_columns(out_str(&cell), cell.n);
			used |= n > 0;
			w->column[c] = n > w->column[c] ? n : w->column[c];
		}
		if (used && strlen(heading(w, (enum column)c)) > w->column[c])
			w->column[c] = strlen(heading(w, (enum column)c));
		all += w->column[c] ? w->column[c] + 2 : 0;
	}
	w->wide = all + 2 <= w->width; /* 2: the arrow is longer than a gap */
	if (cell.failed)
		w->err = -ENOMEM;
	out_done(&cell);
}

/* Text in a column, with the gap behind it. */
static void put_column(struct writer *w, enum column c, const char *text, size_t n)
{
	size_t used = out_columns(text, n);

	if (!w->column[c])
		return;
	out_bytes(w->o, text, n);
	out_pad(w->o, ' ', used < w->column[c] ? w->column[c] - used : 0);
	out_puts(w->o, c == CLIENT ? " -> " : "  ");
}

static void trim(struct out *o)
{
	while (o->n && o->p[o->n - 1] == ' ')
		o->p[--o->n] = '\0';
}

static size_t columns_to(const struct writer *w, enum column end)
{
	size_t n = 2; /* of the arrow */

	for (int c = 0; c < (int)end; c++)
		n += w->column[c] ? w->column[c] + 2 : 0;
	return n;
}

static void head_line(struct writer *w)
{
	for (int c = 0; c < (w->wide ? IFACES : HOW); c++)
		put_column(w, (enum column)c, heading(w, (enum column)c),
			   strlen(heading(w, (enum column)c)));
	out_puts(w->o, w->wide ? headings[IFACES] : "");
	trim(w->o);
	out_puts(w->o, w->wide ? "\n"
			       : "\n    interfaces: what granted the port, packet, time; "
				 "the packet that used it\n");
}

/* "netlogon: epm #12 2024-05-01 08:11:40 to 10.0.0.9, used by #15" */
static void sentence(const struct writer *w, const struct rpc_line *line, struct out *o)
{
	static const struct {
		enum column c;
		const char *before;
	} parts[] = {{IFACES, ""}, {HOW, ": "}, {PACKET, " "},
		     {TIME, " "},  {TOLD, " "}, {USED, ", used by "}};
	struct out cell = {0};

	for (size_t i = 0; i < N_ELEMENTS(parts); i++) {
		out_reset(&cell);
		put_cell(w, line, parts[i].c, &cell);
		if (!cell.n)
			continue;
		out_puts(o,
			 parts[i].c == USED && !line->row.how ? ", begins in " : parts[i].before);
		out_bytes(o, out_str(&cell), cell.n);
	}
	o->failed |= cell.failed;
	out_done(&cell);
}

static void text_line(struct writer *w, const struct rpc_line *line)
{
	struct out cell = {0};

	for (int c = 0; c < (w->wide ? IFACES : HOW); c++) {
		out_reset(&cell);
		put_cell(w, line, (enum column)c, &cell);
		put_column(w, (enum column)c, out_str(&cell), cell.n);
	}
	out_reset(&cell);
	if (w->wide) {
		put_cell(w, line, IFACES, &cell);
		out_wrapped(w->o, out_str(&cell), w->width, columns_to(w, IFACES),
			    columns_to(w, IFACES));
	} else {
		trim(w->o);
		out_puts(w->o, "\n    ");
		sentence(w, line, &cell);
		out_wrapped(w->o, out_str(&cell), w->width, 4, 4);
	}
	/* What is explained needs no words. */
	if (!line->row.how && line->row.why) {
		out_reset(&cell);
		out_text_z(&cell, line->row.why);
		out_puts(w->o, "    ");
		out_wrapped(w->o, out_str(&cell), w->width, 4, 4);
	}
	w->o->failed |= cell.failed;
	out_done(&cell);
	flush(w);
}

/* Each once, however many clients were told. */
static size_t interfaces_of(const struct writer *w, const struct rpc_vain *u,
			    struct rpc_iface iface[IFACES_SHOWN])
{
	size_t n = 0;

	for (size_t i = u->from; i < u->to && n < IFACES_SHOWN; i++) {
		const struct granted *g = &w->a->grants[i].g;
		size_t k = 0;

		if (!g->has_iface)
			continue;
		while (k < n && memcmp(iface[k].uuid, g->uuid, sizeof g->uuid) != 0)
			k++;
		if (k < n)
			continue;
		memcpy(iface[n].uuid, g->uuid, sizeof g->uuid);
		iface[n].major = g->major;
		iface[n++].minor = g->minor;
	}
	return n;
}

/* The first ones that were told, each once; *ret_n all that are counted (up to IFACES_SHOWN). */
static size_t clients_of(const struct writer *w, const struct rpc_vain *u,
			 const struct addr *who[IFACES_SHOWN])
{
	size_t n = 0;

	for (size_t i = u->from; i < u->to && n < IFACES_SHOWN; i++) {
		const struct addr *client = &w->a->grants[i].client;
		size_t k = 0;

		while (k < n && !addr_equal(who[k], client))
			k++;
		if (k == n)
			who[n++] = client;
	}
	return n;
}

static void text_unused(struct writer *w, const struct rpc_vain *u)
{
	const struct grant *g = &w->a->grants[u->from];
	const struct addr *who[IFACES_SHOWN];
	struct rpc_iface iface[IFACES_SHOWN];
	size_t n_who = clients_of(w, u, who), n = interfaces_of(w, u, iface);
	struct out line = {0};

	put_addr(w, &g->server, &line);
	out_puts(&line, "  ");
	put_service(u->proto, g->g.port, &line);
	out_puts(&line, "  ");
	if (n)
		word_interfaces(iface, n, &line);
	else if (g->g.how == GRANT_SQL_BROWSER || g->g.how == GRANT_SQL_DAC)
		put_instance(&g->g, &line);
	else
		out_puts(&line, "interface unknown");
	out_printf(&line, "%s: %s ", n == IFACES_SHOWN ? " and more" : "",
		   grant_how_name(g->g.how));
	put_packet(w, &g->first, &line);
	out_char(&line, ' ');
	put_time(w, g->first.ts_ns, &line);
	out_puts(&line, " to ");
	for (size_t i = 0; i < n_who && i < CLIENTS_SHOWN; i++) {
		out_puts(&line, i ? ", " : "");
		put_addr(w, who[i], &line);
	}
	if (n_who > CLIENTS_SHOWN)
		out_puts(&line, " and others");
	if (u->spare)
		out_puts(&line, " (another port of the same answer was used)");
	out_puts(w->o, "  ");
	out_wrapped(w->o, out_str(&line), w->width, 2, 6);
	w->o->failed |= line.failed;
	out_done(&line);
	flush(w);
}

static const char *const reasons[][2] = {
	{"before-capture", "before capture start"},
	{"sealed", "answer encrypted"},
	{"lost", "answer incomplete"},
	{"not-granted", "not in the answers"},
	{"call-back", "call-back"},
	{"nothing-seen", "nothing seen"},
};

static uint64_t reason_count(const struct rpc_view *v, const char *word)
{
	uint64_t n = 0;

	for (size_t i = 0; i < v->lines.n; i++) {
		const struct rpc_row *row = &v->lines.v[i].row;

		n += !row->how && row->reason && strcmp(row->reason, word) == 0;
	}
	return n;
}

static void text_summary(struct writer *w)
{
	const struct rpc_view *v = w->v;
	const struct coverage *c = &w->a->result->coverage;
	struct out line = {0};
	const char *between = ": ";

	out_printf(&line, "explained %llu",
		   (unsigned long long)v->mapped + (unsigned long long)v->bound);
	if (v->mapped + v->bound)
		out_printf(&line, ": %llu by their own bind, %llu by a grant",
			   (unsigned long long)v->bound, (unsigned long long)v->mapped);
	if (v->blocked)
		out_printf(&line, " (%llu of them not reached)", (unsigned long long)v->blocked);
	out_printf(&line, "; unexplained %llu", (unsigned long long)v->unexplained);
	for (size_t i = 0; v->unexplained && i < N_ELEMENTS(reasons); i++) {
		uint64_t n = reason_count(v, reasons[i][0]);

		if (!n)
			continue;
		out_printf(&line, "%s%s %llu", between, reasons[i][1], (unsigned long long)n);
		between = ", ";
	}
	out_printf(&line, "; %zu granted and never used", v->unused.n);
	out_wrapped(w->o, out_str(&line), w->width, 0, 2);
	out_reset(&line);
	out_printf(&line, "answers %llu", (unsigned long long)c->answers);
	if (c->answers_sealed)
		out_printf(&line, ", %llu of them encrypted",
			   (unsigned long long)c->answers_sealed);
	if (c->answers_bad)
		out_printf(&line, ", %llu malformed", (unsigned long long)c->answers_bad);
	out_printf(&line, "; grants %llu", (unsigned long long)c->grants);
	if (c->grants_shed || c->learn_refused || c->streams_cut)
		out_puts(&line, "; some were not read for want of memory (--max-memory)");
	out_wrapped(w->o, out_str(&line), w->width, 0, 2);
	w->o->failed |= line.failed;
	out_done(&line);
}

static void text(struct writer *w)
{
	const struct rpc_view *v = w->v;

	if (!v->lines.n && !v->unused.n)
		out_puts(w->o, w->a->n_grants || w->v->all
				       ? "The filter keeps none.\n"
				       : "No port was handed out, and no bind on a port of its own "
					 "was seen.\n");
	if (v->lines.n) {
		measure(w);
		head_line(w);
	}
	for (size_t i = 0; i < v->lines.n && !w->err; i++)
		text_line(w, &v->lines.v[i]);
	if (v->unused.n)
		out_printf(w->o, "%sgranted and never used:\n", v->lines.n ? "\n" : "");
	for (size_t i = 0; i < v->unused.n && !w->err; i++)
		text_unused(w, &v->unused.v[i]);
	if (v->lines.n || v->unused.n || w->a->result->coverage.answers) {
		out_char(w->o, '\n');
		text_summary(w);
	}
}

/* --- JSON ------------------------------------------------------------------------------------- */

static void uint_member(struct jsonw *j, const char *name, uint64_t n)
{
	jsonw_name(j, name);
	jsonw_uint(j, n);
}

static void json_end(const struct writer *w, struct jsonw *j, const char *name,
		     const struct addr *at)
{
	const struct host *h = inventory_find(w->a->site->inventory, at);
	char buf[ADDR_TEXT];

	jsonw_name(j, name);
	jsonw_object_flat(j);
	text_member(j, "address", addr_format(at, buf));
	text_member(j, "host", h && !h->is_network ? h->name : NULL);
	jsonw_name(j, "roles");
	jsonw_array(j);
	for (int r = 0; h && r < ROLE_N; r++)
		if (roles_has(h->roles, (enum role)r))
			jsonw_text(j, role_name((enum role)r));
	jsonw_array_end(j);
	jsonw_object_end(j);
}

static void json_service(struct jsonw *j, uint8_t proto, uint16_t port)
{
	char t[8];

	text_member(j, "transport", proto ? word_transport(proto, t) : NULL);
	jsonw_name(j, "port");
	if (port)
		jsonw_uint(j, port);
	else
		jsonw_null(j);
}

static void json_interfaces(struct jsonw *j, const struct rpc_iface *iface, size_t n)
{
	char buf[RPC_UUID_TEXT];

	jsonw_name(j, "interfaces");
	jsonw_array(j);
	for (size_t i = 0; i < n; i++) {
		jsonw_object(j);
		text_member(j, "uuid", rpc_uuid_format(iface[i].uuid, buf));
		text_member(j, "name", word_interface(iface[i].uuid));
		jsonw_object_end(j);
	}
	jsonw_array_end(j);
}

/* The members of a packet. */
static void json_packet(const struct writer *w, struct jsonw *j, const struct evidence *ev)
{
	text_member(j, "input", ev->input < w->a->n_inputs ? w->a->inputs[ev->input].path : NULL);
	uint_member(j, "packet", ev->number);
	jsonw_name(j, "time");
	jsonw_time(j, ev->ts_ns);
}

static void json_line(const struct writer *w, struct jsonw *j, const struct rpc_line *line)
{
	const struct rpc_row *row = &line->row;
	char buf[ADDR_TEXT];

	jsonw_object_flat(j);
	json_end(w, j, "client", &row->client.address);
	json_end(w, j, "server", &row->server.address);
	json_service(j, row->proto, row->port);
	text_member(j, "state", flow_state_name(row->state));
	json_interfaces(j, row->iface, row->n_iface);
	jsonw_name(j, "granted_by");
	if (row->how) {
		jsonw_object(j);
		text_member(j, "how", row->how);
		json_packet(w, j, &row->granted_by);
		jsonw_object_end(j);
	} else {
		jsonw_null(j);
	}
	text_member(j, "granted_to", line->told ? addr_format(line->told, buf) : NULL);
	jsonw_name(j, "used_by");
	if (row->used_by.number) {
		jsonw_object(j);
		json_packet(w, j, &row->used_by);
		jsonw_object_end(j);
	} else {
		jsonw_null(j);
	}
	text_member(j, "tie", row->tie);
	text_member(j, "why", row->why);
	text_member(j, "reason", row->reason);
	text_member(j, "verdict", row->has_verdict ? kind_name(row->verdict) : NULL);
	jsonw_object_end(j);
}

static const char *proto_name(enum granted_proto p)
{
	static const char *const names[] = {
		[GRANTED_NONE] = "none", [GRANTED_TCP] = "tcp",   [GRANTED_UDP] = "udp",
		[GRANTED_HTTP] = "http", [GRANTED_PIPE] = "pipe",
	};

	return names[p];
}

static void json_grant(const struct writer *w, struct jsonw *j, const struct grant *g, bool unused)
{
	struct rpc_iface one = {.major = g->g.major, .minor = g->g.minor};
	char buf[ADDR_TEXT];

	memcpy(one.uuid, g->g.uuid, sizeof one.uuid);
	jsonw_object_flat(j);
	json_end(w, j, "server", &g->server);
	json_end(w, j, "client", &g->client);
	json_service(j, rpc_grant_proto(&g->g), g->g.port);
	text_member(j, "sequence", proto_name(g->g.proto));
	json_interfaces(j, &one, g->g.has_iface ? 1 : 0);
	text_member(j, "how", grant_how_name(g->g.how));
	json_packet(w, j, &g->first);
	jsonw_name(j, "last");
	jsonw_time(j, g->last_ns);
	uint_member(j, "answers", g->n);
	text_member(j, "alias", g->g.has_alias ? addr_format(&g->g.alias, buf) : NULL);
	text_member(j, "name", g->g.name[0] ? g->g.name : NULL);
	jsonw_name(j, "assumed");
	jsonw_bool(j, g->assumed);
	jsonw_name(j, "used");
	jsonw_bool(j, !unused);
	jsonw_object_end(j);
}

static void json(struct writer *w, const struct filter *want)
{
	const struct rpc_view *v = w->v;
	struct jsonw j = {.o = w->o};

	jsonw_object(&j);
	jsonw_name(&j, "conversations");
	jsonw_array(&j);
	for (size_t i = 0; i < v->lines.n && !w->err; i++) {
		json_line(w, &j, &v->lines.v[i]);
		flush(w);
	}
	jsonw_array_end(&j);
	jsonw_name(&j, "grants");
	jsonw_array(&j);
	for (size_t i = 0; i < w->a->n_grants && !w->err; i++) {
		const struct conv c = rpc_grant_conv(&w->a->grants[i]);

		if (!rpc_filter(w->a, want, &c, KIND_N))
			continue;
		json_grant(w, &j, &w->a->grants[i], rpc_view_unused(v, i));
		flush(w);
	}
	jsonw_array_end(&j);
	jsonw_name(&j, "summary");
	jsonw_object_flat(&j);
	uint_member(&j, "mapped", v->mapped);
	uint_member(&j, "mapped_not_reached", v->blocked);
	uint_member(&j, "self_identified", v->bound);
	jsonw_name(&j, "unexplained");
	jsonw_object(&j);
	uint_member(&j, "all", v->unexplained);
	for (size_t i = 0; i < N_ELEMENTS(reasons); i++)
		uint_member(&j, reasons[i][0], reason_count(v, reasons[i][0]));
	jsonw_object_end(&j);
	uint_member(&j, "unused_ports", v->unused.n);
	jsonw_object_end(&j);
	jsonw_object_end(&j);
	out_char(w->o, '\n');
}

/* ---------------------------------------------------------------------------------------------- */

int span_audit_write_rpc(const struct span_audit *a, const char *filter, bool as_json,
			 unsigned width, FILE *f, FILE *err)
{
	struct arena arena = {0};
	struct errors errs = {0};
	struct out o = {0};
	struct rpc_view v = {0};
	int r = 0;

	if (!a->result)
		return SPAN_USAGE;

	struct filter *want = filter_parse(filter ? filter : "", &arena, &errs);
	struct writer w = {.v = &v, .a = a, .o = &o, .f = f};

	w.width = width < NARROW_MIN ? NARROW_MIN : width;
	if (!want) {
		errors_format(&errs, "spanaudit", &o);
		engine_put(&o, err);
		r = SPAN_USAGE;
		goto out;
	}
	r = rpc_view_make(a, want, &v);
	if (r)
		goto out;
	if (as_json)
		json(&w, want);
	else
		text(&w);
	r = w.err ? w.err : engine_put(&o, f);
out:
	rpc_view_done(&v);
	out_done(&o);
	errors_done(&errs);
	arena_done(&arena);
	return r;
}
