// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>

#include "recognise/recognise.h"
#include "report/report.h"
#include "report/words.h"
#include "screen/table.h"

static const struct rpc_row *at(const struct screen *s, size_t i)
{
	return &s->result->rpc[i];
}

static size_t count(const struct screen *s)
{
	return s->result->n_rpc;
}

static void key(const struct screen *s, size_t i, struct out *o)
{
	const struct rpc_row *row = at(s, i);

	key_end(&row->client, o);
	key_end(&row->server, o);
	out_printf(o, "%u %u %d", row->port, row->proto, row->has_state);
}

static void outcome(const struct screen *s, size_t i, struct out *o)
{
	const struct rpc_row *row = at(s, i);

	if (!row->has_state)
		out_puts(o, "unused");
	else if (word_rpc_failed(row->state))
		out_puts(o, "failed");
	else if (!row->how)
		out_puts(o, "unexplained");
	else
		out_puts(o, word_rpc_worth(row) ? "explained" : "deviates");
}

static uint64_t outcome_figure(const struct screen *s, size_t i)
{
	return (uint64_t)word_rpc_worth(at(s, i));
}

static enum paint outcome_paint(const struct screen *s, size_t i)
{
	static const enum paint paints[] = {PAINT_BAD, PAINT_GOOD, PAINT_DIM};
	int worth = word_rpc_worth(at(s, i));

	return worth < 3 ? paints[worth] : PAINT_PLAIN;
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
	uint8_t proto = at(s, i)->proto;

	cell_service(at(s, i)->port, proto ? proto : IPPROTO_NR_TCP, o);
}

static uint64_t service_figure(const struct screen *s, size_t i)
{
	return at(s, i)->port;
}

static void interfaces(const struct screen *s, size_t i, struct out *o)
{
	if (at(s, i)->n_iface)
		word_interfaces(at(s, i)->iface, at(s, i)->n_iface, o);
}

static void how(const struct screen *s, size_t i, struct out *o)
{
	const struct rpc_row *row = at(s, i);

	out_text_z(o, row->how ? row->how : row->reason ? row->reason : "");
}

static void tie(const struct screen *s, size_t i, struct out *o)
{
	out_puts(o, word_tie(at(s, i)->tie));
}

static void state(const struct screen *s, size_t i, struct out *o)
{
	if (at(s, i)->has_state)
		out_puts(o, flow_state_name(at(s, i)->state));
}

static void verdict(const struct screen *s, size_t i, struct out *o)
{
	if (at(s, i)->has_verdict)
		out_puts(o, kind_name(at(s, i)->verdict));
}

static enum paint state_paint(const struct screen *s, size_t i)
{
	return at(s, i)->has_state && word_rpc_failed(at(s, i)->state) ? PAINT_WARN : PAINT_PLAIN;
}

static const struct column columns[] = {
	{"OUTCOME", 0, 6, 11, false, outcome, outcome_paint, outcome_figure},
	{"FROM", 0, 8, 40, false, client},
	{"TO", 0, 8, 40, false, server},
	{"SERVICE", 0, 6, 10, false, service, NULL, service_figure},
	{"INTERFACE", 1, 8, 44, false, interfaces},
	{"GRANTED BY", 2, 8, 14, false, how},
	{"STATE", 3, 6, 14, false, state, state_paint},
	{"VERDICT", 4, 10, 20, false, verdict},
	{"TIE", 5, 10, 40, false, tie},
};
static_assert(N_ELEMENTS(columns) <= COLUMNS_MAX, "rows.natural has a place for each");

static void facts(const struct screen *s, size_t i, struct row_facts *ret)
{
	const struct rpc_row *row = at(s, i);

	facts_ends(ret, &row->client, &row->server);
	facts_app(ret, APP_NONE);
	ret->conv.port = row->port;
	ret->conv.proto = row->proto ? row->proto : IPPROTO_NR_TCP;
	ret->conv.state = row->has_state ? row->state : STATE_N;
	ret->row.verdict = row->has_verdict ? row->verdict : KIND_N;
}

static void details(const struct screen *s, size_t i, unsigned width, struct out *o)
{
	report_rpc_row(s->result, at(s, i), width, o);
}

const struct table table_rpc = {
	.title = "dynamic RPC",
	.none = "No conversation on a port that a server handed out, and no such port.",
	.columns = columns,
	.n_columns = N_ELEMENTS(columns),
	.count = count,
	.key = key,
	.facts = facts,
	.details = details,
};
