// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>

#include "recognise/recognise.h"
#include "report/numbers.h"
#include "report/words.h"
#include "screen/table.h"

static const struct judged *at(const struct screen *s, size_t i)
{
	return &s->result->convs[i];
}

static size_t count(const struct screen *s)
{
	return s->result->n_convs;
}

static void key(const struct screen *s, size_t i, struct out *o)
{
	const struct judged *j = at(s, i);

	key_end(&j->client, o);
	key_end(&j->server, o);
	out_printf(o, "%u %u %u %u", j->conv->port, j->conv->proto, j->conv->vlan, j->app);
}

static bool passes(const struct screen *s, size_t i)
{
	const struct judged *j = at(s, i);

	return !s->pair.on ||
	       (j->client.roles == s->pair.client && j->server.roles == s->pair.server);
}

static void verdict(const struct screen *s, size_t i, struct out *o)
{
	out_puts(o, kind_name(at(s, i)->verdict));
}

static enum paint verdict_paint(const struct screen *s, size_t i)
{
	return at(s, i)->verdict <= KIND_TOLERATED ? PAINT_GOOD : PAINT_BAD;
}

static uint64_t verdict_figure(const struct screen *s, size_t i)
{
	return (uint64_t)at(s, i)->verdict;
}

static void client(const struct screen *s, size_t i, struct out *o)
{
	cell_end(&at(s, i)->client, at(s, i)->folded, o);
}

static void server(const struct screen *s, size_t i, struct out *o)
{
	cell_end(&at(s, i)->server, 0, o);
}

static void service(const struct screen *s, size_t i, struct out *o)
{
	cell_service(at(s, i)->conv->port, at(s, i)->conv->proto, o);
}

static uint64_t service_figure(const struct screen *s, size_t i)
{
	return at(s, i)->conv->port;
}

static void protocol(const struct screen *s, size_t i, struct out *o)
{
	if (at(s, i)->app != APP_NONE)
		out_puts(o, app_name(at(s, i)->app));
}

static void state(const struct screen *s, size_t i, struct out *o)
{
	out_puts(o, flow_state_name(at(s, i)->conv->state));
}

static void flows(const struct screen *s, size_t i, struct out *o)
{
	char buf[NUMBER_TEXT];

	out_puts(o, number(at(s, i)->conv->flows, buf));
}

static uint64_t flows_figure(const struct screen *s, size_t i)
{
	return at(s, i)->conv->flows;
}

static uint64_t packets_figure(const struct screen *s, size_t i)
{
	return at(s, i)->conv->packets[0] + at(s, i)->conv->packets[1];
}

static void packets(const struct screen *s, size_t i, struct out *o)
{
	char buf[NUMBER_TEXT];

	out_puts(o, number(packets_figure(s, i), buf));
}

static uint64_t bytes_figure(const struct screen *s, size_t i)
{
	return at(s, i)->conv->bytes[0] + at(s, i)->conv->bytes[1];
}

static void bytes(const struct screen *s, size_t i, struct out *o)
{
	char buf[NUMBER_TEXT];

	out_puts(o, size_human(bytes_figure(s, i), buf));
}

static void last(const struct screen *s, size_t i, struct out *o)
{
	screen_time(s, at(s, i)->conv->last_ns, o);
}

static uint64_t last_figure(const struct screen *s, size_t i)
{
	return (uint64_t)at(s, i)->conv->last_ns;
}

static void rule(const struct screen *s, size_t i, struct out *o)
{
	out_text_z(o, at(s, i)->rule ? at(s, i)->rule->id : "");
}

static enum paint state_paint(const struct screen *s, size_t i)
{
	return word_rpc_failed(at(s, i)->conv->state) ? PAINT_WARN : PAINT_PLAIN;
}

static const struct column columns[] = {
	{"VERDICT", 0, 10, 20, false, verdict, verdict_paint, verdict_figure},
	{"FROM", 0, 8, 40, false, client},
	{"TO", 0, 8, 40, false, server},
	{"SERVICE", 0, 6, 10, false, service, NULL, service_figure},
	{"PROTOCOL", 1, 4, 14, false, protocol},
	{"STATE", 3, 6, 14, false, state, state_paint},
	{"FLOWS", 4, 5, 9, true, flows, NULL, flows_figure},
	{"PACKETS", 6, 5, 12, true, packets, NULL, packets_figure},
	{"BYTES", 7, 5, 9, true, bytes, NULL, bytes_figure},
	{"LAST", 2, 4, 14, true, last, NULL, last_figure},
	{"RULE", 5, 8, 16, false, rule},
};
static_assert(N_ELEMENTS(columns) <= COLUMNS_MAX, "rows.natural has a place for each");

static void facts(const struct screen *s, size_t i, struct row_facts *ret)
{
	const struct judged *j = at(s, i);

	ret->conv = *j->conv;
	facts_ends(ret, &j->client, &j->server);
	facts_app(ret, j->app);
	ret->row.verdict = j->verdict;
}

/* --- details ---------------------------------------------------------------------------------- */

static void two(struct out *o, const uint64_t n[2])
{
	char a[NUMBER_TEXT], b[NUMBER_TEXT];

	out_printf(o, "%s by the client, %s by the server", number(n[0], a), number(n[1], b));
}

static void traffic(const struct screen *s, const struct judged *j, unsigned width, struct out *o)
{
	const struct tz *tz = site_tz(s->result->site);
	const struct conv *c = j->conv;
	struct out line = {0};
	char buf[TIME_SPAN_TEXT];

	detail_count(o, width, "Flows", c->flows);
	if (conv_fail(c)->n)
		detail_count(o, width, "of them failed", conv_fail(c)->n);
	two(&line, c->packets);
	detail(o, width, "Packets", out_str(&line));
	out_reset(&line);
	two(&line, c->bytes);
	detail(o, width, "Bytes", out_str(&line));
	if (c->first_ns != TIME_NONE)
		detail(o, width, "Seen", time_span_human(c->first_ns, c->last_ns, tz, buf));
	if (c->vlan)
		detail_count(o, width, "VLAN", c->vlan);
	if (c->tunnel != TUNNEL_NONE)
		detail(o, width, "Tunnel", tunnel_name((enum tunnel)c->tunnel));
	o->failed |= line.failed;
	out_done(&line);
}

static void rpc(const struct judged *j, unsigned width, struct out *o)
{
	struct out line = {0};

	if (conv_more(j->conv)->n_iface)
		word_interfaces(conv_more(j->conv)->iface, conv_more(j->conv)->n_iface, &line);
	detail(o, width, "Interfaces", out_str(&line));
	out_reset(&line);
	for (size_t i = 0; i < conv_more(j->conv)->n_pipe; i++) {
		out_puts(&line, i ? ", " : "");
		out_text_z(&line, conv_more(j->conv)->pipe[i]);
	}
	detail(o, width, "Pipes", out_str(&line));
	o->failed |= line.failed;
	out_done(&line);
}

static void rule_of(const struct judged *j, unsigned width, struct out *o)
{
	struct out line = {0};

	if (!j->rule)
		return;
	out_text_z(&line, j->rule->id);
	out_char(&line, ' ');
	out_text_z(&line, j->rule->title ? j->rule->title : "");
	detail(o, width, "Rule", out_str(&line));
	o->failed |= line.failed;
	out_done(&line);
}

static void details(const struct screen *s, size_t i, unsigned width, struct out *o)
{
	const struct judged *j = at(s, i);
	struct out line = {0};
	char buf[NUMBER_TEXT];

	word_endpoint(&j->client, &line);
	out_puts(&line, " -> ");
	word_endpoint(&j->server, &line);
	out_char(&line, ' ');
	cell_service(j->conv->port, j->conv->proto, &line);
	out_wrapped(o, out_str(&line), width, 0, 0);
	out_char(o, '\n');
	out_reset(&line);
	detail(o, width, "Verdict", kind_name(j->verdict));
	detail(o, width, "", kind_row(j->verdict)->meaning);
	rule_of(j, width, o);
	detail_end(o, width, "Client", &j->client);
	detail_end(o, width, "Server", &j->server);
	if (j->folded > 1) {
		out_printf(&line, "%s conversations of clients of this network",
			   number(j->folded, buf));
		detail(o, width, "Stands for", out_str(&line));
	}
	if (j->app != APP_NONE)
		detail(o, width, "Protocol", app_name(j->app));
	detail(o, width, "State", word_state(j->conv->state));
	detail(o, width, "Direction", word_reason(j->conv->reason));
	traffic(s, j, width, o);
	rpc(j, width, o);
	o->failed |= line.failed;
	out_done(&line);
}

const struct table table_conversations = {
	.title = "conversations",
	.none = "No conversation is in scope.",
	.columns = columns,
	.n_columns = N_ELEMENTS(columns),
	.count = count,
	.key = key,
	.passes = passes,
	.facts = facts,
	.details = details,
};
