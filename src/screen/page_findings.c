// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>

#include "recognise/recognise.h"
#include "report/numbers.h"
#include "report/report.h"
#include "report/words.h"
#include "screen/table.h"

static const struct finding *at(const struct screen *s, size_t i)
{
	return &s->result->findings[i];
}

static size_t count(const struct screen *s)
{
	return s->result->n_findings;
}

static void key(const struct screen *s, size_t i, struct out *o)
{
	out_puts(o, at(s, i)->id);
}

static void severity(const struct screen *s, size_t i, struct out *o)
{
	out_puts(o, at(s, i)->waiver ? "waived" : word_severity(at(s, i)->severity));
}

static enum paint severity_paint(const struct screen *s, size_t i)
{
	static const enum paint paints[] = {
		[SEV_INFO] = PAINT_DIM, [SEV_LOW] = PAINT_PLAIN,    [SEV_MEDIUM] = PAINT_WARN,
		[SEV_HIGH] = PAINT_BAD, [SEV_CRITICAL] = PAINT_BAD, [SEV_NONE] = PAINT_PLAIN,
	};

	return at(s, i)->waiver ? PAINT_DIM : paints[at(s, i)->severity];
}

static uint64_t severity_figure(const struct screen *s, size_t i)
{
	return at(s, i)->waiver ? 0 : (uint64_t)at(s, i)->severity + 1;
}

static void kind(const struct screen *s, size_t i, struct out *o)
{
	out_puts(o, kind_name(at(s, i)->kind));
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
	cell_service(at(s, i)->port, at(s, i)->proto, o);
}

static uint64_t service_figure(const struct screen *s, size_t i)
{
	return at(s, i)->port;
}

static void flows(const struct screen *s, size_t i, struct out *o)
{
	char buf[NUMBER_TEXT];

	out_puts(o, at(s, i)->flows ? number(at(s, i)->flows, buf) : "-");
}

static uint64_t flows_figure(const struct screen *s, size_t i)
{
	return at(s, i)->flows;
}

static void last(const struct screen *s, size_t i, struct out *o)
{
	screen_time(s, at(s, i)->last_ns, o);
	if (at(s, i)->last_ns == TIME_NONE)
		out_char(o, '-');
}

static uint64_t last_figure(const struct screen *s, size_t i)
{
	int64_t ns = at(s, i)->last_ns;

	return ns == TIME_NONE ? 0 : (uint64_t)ns;
}

static void status(const struct screen *s, size_t i, struct out *o)
{
	const char *z = word_status(at(s, i));

	out_puts(o, at(s, i)->worse ? "worse" : *z ? z + 2 : "");
}

static void protocol(const struct screen *s, size_t i, struct out *o)
{
	out_text_z(o, at(s, i)->protocol ? at(s, i)->protocol : "");
}

static void state(const struct screen *s, size_t i, struct out *o)
{
	if (at(s, i)->has_state)
		out_puts(o, flow_state_name(at(s, i)->state));
}

static void rule(const struct screen *s, size_t i, struct out *o)
{
	const struct rule *u = at(s, i)->rule ? at(s, i)->rule : at(s, i)->nearest;

	out_text_z(o, u ? u->id : "");
}

static void id(const struct screen *s, size_t i, struct out *o)
{
	out_puts(o, at(s, i)->id);
}

static const struct column columns[] = {
	{"SEVERITY", 0, 6, 8, false, severity, severity_paint, severity_figure},
	{"KIND", 0, 8, 20, false, kind},
	{"FROM", 0, 8, 40, false, client},
	{"TO", 0, 8, 40, false, server},
	{"SERVICE", 0, 6, 10, false, service, NULL, service_figure},
	{"FLOWS", 1, 5, 9, true, flows, NULL, flows_figure},
	{"LAST", 2, 4, 14, true, last, NULL, last_figure},
	{"STATUS", 4, 5, 6, false, status},
	{"PROTOCOL", 5, 4, 14, false, protocol},
	{"STATE", 6, 6, 14, false, state},
	{"RULE", 7, 8, 16, false, rule},
	{"ID", 3, 14, 14, false, id},
};
static_assert(N_ELEMENTS(columns) <= COLUMNS_MAX, "rows.natural has a place for each");

static void facts(const struct screen *s, size_t i, struct row_facts *ret)
{
	const struct finding *f = at(s, i);
	uint16_t app = f->protocol && *f->protocol ? app_by_name(f->protocol) : APP_NONE;

	facts_ends(ret, &f->client, &f->server);
	facts_app(ret, app);
	ret->conv.port = f->port;
	ret->conv.proto = f->proto;
	ret->conv.state = f->has_state ? f->state : STATE_N;
	ret->conv.flows = f->flows;
	ret->conv.first_ns = f->first_ns;
	ret->conv.last_ns = f->last_ns;
	ret->row.verdict = f->kind;
}

static void details(const struct screen *s, size_t i, unsigned width, struct out *o)
{
	report_finding(s->result, at(s, i), width, o);
}

const struct table table_findings = {
	.title = "findings",
	.none = "No findings.",
	.columns = columns,
	.n_columns = N_ELEMENTS(columns),
	.count = count,
	.key = key,
	.facts = facts,
	.details = details,
};
