// SPDX-License-Identifier: BSD-2-Clause
/* view_flows - every conversation, also those out of scope: what `spanaudit flows` shows. */
#include <errno.h>
#include <string.h>

#include "base/time.h"
#include "decode/decode.h"
#include "engine/engine.h"
#include "recognise/recognise.h"
#include "recognise/rpc_iface.h"
#include "report/words.h"
#include "screen/filter.h"

static void write_end(const struct span_audit *au, struct out *o, const struct addr *a,
		      const struct host *h, roleset roles)
{
	const struct passive_name *n = engine_name_of(au, a);
	char buf[ADDR_TEXT];
	const char *between = "";

	out_printf(o, "{\"address\": \"%s\", \"host\": ", addr_format(a, buf));
	out_json_z(o, h && !h->is_network ? h->name : NULL);
	if (n) {
		out_puts(o, ", \"name\": ");
		out_json_z(o, n->name);
		out_printf(o, ", \"name_source\": \"%s\"", n->source);
	}
	out_puts(o, ", \"roles\": [");
	for (int r = 0; r < ROLE_N; r++) {
		if (!roles_has(roles, (enum role)r))
			continue;
		out_printf(o, "%s\"%s\"", between, role_name((enum role)r));
		between = ", ";
	}
	out_puts(o, "]}");
}

static uint16_t main_app(const struct conv *c, uint8_t *ret_conf)
{
	const struct conv_app *best = NULL;
	struct conv_app room;

	for (unsigned i = 0; i < c->n_app; i++) {
		const struct conv_app *a = conv_app(c, i, &room);

		if (a->app != APP_NONE && (!best || a->flows > best->flows))
			best = a;
	}
	*ret_conf = best ? best->conf : 0;
	return best ? best->app : APP_NONE;
}

/* Most have none. */
static void write_signs(struct out *o, uint32_t signs)
{
	const char *between = ", \"signs\": [";

	for (unsigned i = 0; i < SIGN_N; i++) {
		if (!(signs & UINT32_C(1) << i))
			continue;
		out_printf(o, "%s\"%s\"", between, app_sign_name(i));
		between = ", ";
	}
	out_puts(o, signs ? "]" : "");
}

static void write_json(const struct span_audit *a, struct out *o, const struct filter_row *row)
{
	const struct conv *c = row->conv;
	char t1[TIME_TEXT], t2[TIME_TEXT];
	const char *between = "";
	struct conv_app room;

	out_puts(o, "{\"client\": ");
	write_end(a, o, &c->client, row->client, row->client_roles);
	out_puts(o, ", \"server\": ");
	write_end(a, o, &c->server, row->server, row->server_roles);
	out_printf(o, ", \"transport\": \"%s\", \"server_port\": %u, \"app\": [",
		   c->proto == IPPROTO_NR_TCP ? "tcp" : "udp", c->port);
	for (unsigned i = 0; i < c->n_app; i++) {
		const struct conv_app *app = conv_app(c, i, &room);

		if (app->app == APP_NONE)
			continue;
		out_printf(o, "%s{\"name\": \"%s\", \"sure\": %s, \"flows\": %u", between,
			   app_name(app->app), app->conf == APP_SURE ? "true" : "false",
			   app->flows);
		write_signs(o, app->signs);
		out_char(o, '}');
		between = ", ";
	}
	out_printf(o,
		   "], \"state\": \"%s\", \"direction\": \"%s\", \"confidence\": %u, "
		   "\"verdict\": \"%s\", \"flows\": %llu, \"packets\": [%llu, %llu], "
		   "\"bytes\": [%llu, %llu], \"payload\": [%llu, %llu], \"fails\": %llu, ",
		   flow_state_name(c->state), dir_reason_name(c->reason), dir_confidence(c->reason),
		   kind_name(row->verdict), (unsigned long long)c->flows,
		   (unsigned long long)c->packets[0], (unsigned long long)c->packets[1],
		   (unsigned long long)c->bytes[0], (unsigned long long)c->bytes[1],
		   (unsigned long long)c->payload[0], (unsigned long long)c->payload[1],
		   (unsigned long long)conv_fail(c)->n);
	out_puts(o, "\"names\": [");
	between = "";
	for (size_t i = 0; i < conv_more(c)->n_name; i++) {
		out_puts(o, between);
		out_json_z(o, conv_more(c)->name[i]);
		between = ", ";
	}
	out_puts(o, "], \"interfaces\": [");
	for (size_t i = 0; i < conv_more(c)->n_iface; i++) {
		const char *name = word_interface(conv_more(c)->iface[i].uuid);
		char buf[RPC_UUID_TEXT];

		out_printf(o, "%s{\"uuid\": \"%s\", \"name\": ", i ? ", " : "",
			   rpc_uuid_format(conv_more(c)->iface[i].uuid, buf));
		out_json_z(o, name);
		out_char(o, '}');
	}
	out_puts(o, "], \"pipes\": [");
	for (size_t i = 0; i < conv_more(c)->n_pipe; i++) {
		out_puts(o, i ? ", " : "");
		out_json_z(o, conv_more(c)->pipe[i]);
	}
	out_printf(o, "], \"vlan\": %u, \"tunnel\": \"%s\", \"tunnel_id\": %u", c->vlan,
		   tunnel_name((enum tunnel)c->tunnel), c->tunnel_id);
	out_printf(o, ", \"first\": \"%s\", \"last\": \"%s\"}", time_rfc3339(c->first_ns, t1),
		   time_rfc3339(c->last_ns, t2));
}

enum { TIME_COLUMN = 19, TIME_COLUMN_TZ = 26 }; /* with the offset */

static void column(struct out *o, const char *text, size_t width)
{
	size_t before = o->n;

	out_text_z(o, text);

	size_t used = out_columns(o->p + before, o->n - before);

	out_pad(o, ' ', used < width ? width - used : 0);
	out_char(o, ' ');
}

static const char *shown(const struct addr *a, const struct host *h, char buf[ADDR_TEXT])
{
	return h && !h->is_network ? h->name : addr_format(a, buf);
}

/* The name that traffic has for an end without one of the site file. */
static void write_name(const struct span_audit *a, struct out *o, const char *end,
		       const struct addr *addr, const struct host *h)
{
	const struct passive_name *n = engine_name_of(a, addr);

	if (!n || (h && !h->is_network))
		return;
	out_printf(o, "  %s ", end);
	out_text_z(o, n->name);
	out_printf(o, " (%s)", n->source);
}

static void write_text(const struct span_audit *a, struct out *o, const struct filter_row *row)
{
	const struct tz *tz = site_tz(a->site);
	const struct conv *c = row->conv;
	char buf[ADDR_TEXT], t[TIME_TEXT], service[32], figures[64];
	uint8_t conf;
	uint16_t app = main_app(c, &conf);

	column(o, tz ? time_human_tz(c->first_ns, tz, t) : time_human(c->first_ns, t),
	       tz ? TIME_COLUMN_TZ : TIME_COLUMN);
	column(o, shown(&c->client, row->client, buf), 15);
	out_puts(o, dir_confidence(c->reason) >= 80 ? "-> " : "?> ");
	column(o, shown(&c->server, row->server, buf), 15);
	snprintf(service, sizeof service, "%u/%s", c->port,
		 c->proto == IPPROTO_NR_TCP ? "tcp" : "udp");
	column(o, service, 9);
	column(o, app ? app_name(app) : "-", 11);
	column(o, flow_state_name(c->state), 11);
	snprintf(figures, sizeof figures, "%llu", (unsigned long long)c->flows);
	column(o, figures, 5);
	snprintf(figures, sizeof figures, "%llu/%llu", (unsigned long long)c->packets[0],
		 (unsigned long long)c->packets[1]);
	column(o, figures, 11);
	snprintf(figures, sizeof figures, "%llu/%llu", (unsigned long long)c->bytes[0],
		 (unsigned long long)c->bytes[1]);
	column(o, figures, 15);
	out_puts(o, kind_name(row->verdict));
	/* Behind the columns: most conversations have none. */
	for (size_t i = 0; i < conv_more(c)->n_pipe; i++) {
		out_puts(o, i ? ", " : "  pipes ");
		out_text_z(o, conv_more(c)->pipe[i]);
	}
	write_name(a, o, "client", &c->client, row->client);
	write_name(a, o, "server", &c->server, row->server);
	out_char(o, '\n');
}

static void write_head(struct out *o, const struct site *site)
{
	if (site_tz(site))
		column(o, "first (local time)", TIME_COLUMN_TZ);
	else
		column(o, "first (UTC)", TIME_COLUMN);
	out_puts(o, "client             server          service   app         state       "
		    "flows packets c/s bytes c/s       verdict\n");
}

int span_audit_write_flows(const struct span_audit *a, const char *filter, bool json, FILE *f,
			   FILE *err)
{
	struct arena arena = {0};
	struct errors errs = {0};
	struct out o = {0};
	size_t n = 0;
	int r = 0;

	if (!a->result)
		return SPAN_USAGE;

	struct filter *want = filter_parse(filter ? filter : "", &arena, &errs);

	if (!want) {
		errors_format(&errs, "spanaudit", &o);
		engine_put(&o, err);
		r = SPAN_USAGE;
		goto out;
	}
	if (json)
		out_puts(&o, "[\n");
	else
		write_head(&o, a->site);
	for (size_t i = 0; i < a->n_convs && r == 0; i++) {
		const struct conv *c = &a->convs[i];
		const struct inventory *inv = a->site->inventory;
		struct filter_row row = {
			.conv = c,
			.client = inventory_find(inv, &c->client),
			.server = inventory_find(inv, &c->server),
			.verdict = (enum kind)a->result->verdict_of[i],
		};

		row.client_roles = engine_roles(a, &c->client, &row.client);
		row.server_roles = engine_roles(a, &c->server, &row.server);
		if (!filter_pass(want, &row))
			continue;
		if (json) {
			out_puts(&o, n ? ",\n" : "");
			write_json(a, &o, &row);
		} else {
			write_text(a, &o, &row);
		}
		n++;
		if (o.n > 1 << 16) {
			r = engine_put(&o, f);
			out_reset(&o);
		}
	}
	out_puts(&o, json ? "\n]\n" : "");
	if (r == 0)
		r = engine_put(&o, f);
out:
	out_done(&o);
	errors_done(&errs);
	arena_done(&arena);
	return r;
}
