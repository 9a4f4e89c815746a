// SPDX-License-Identifier: BSD-2-Clause
/* page_sensors - what packets came from: interfaces, files; and what each of them lost. */
#include <string.h>

#include "report/figures.h"
#include "report/numbers.h"
#include "report/report.h"
#include "report/words.h"
#include "screen/table.h"

static const struct result_input *at(const struct screen *s, size_t i)
{
	return &s->result->inputs[i];
}

static size_t count(const struct screen *s)
{
	return s->result->n_inputs;
}

static void key(const struct screen *s, size_t i, struct out *o)
{
	(void)s;
	out_printf(o, "%zu", i);
}

static void name(const struct screen *s, size_t i, struct out *o)
{
	out_text_z(o, at(s, i)->path);
}

static void packets(const struct screen *s, size_t i, struct out *o)
{
	char buf[NUMBER_TEXT];

	out_puts(o, number(at(s, i)->packets, buf));
}

static uint64_t packets_figure(const struct screen *s, size_t i)
{
	return at(s, i)->packets;
}

static uint64_t computer_figure(const struct screen *s, size_t i)
{
	return at(s, i)->live ? at(s, i)->live->kernel_drops : 0;
}

static void computer(const struct screen *s, size_t i, struct out *o)
{
	char buf[NUMBER_TEXT];

	out_puts(o, at(s, i)->live ? number(computer_figure(s, i), buf) : "-");
}

static uint64_t card_figure(const struct screen *s, size_t i)
{
	return at(s, i)->live ? at(s, i)->live->card_drops : 0;
}

static void card(const struct screen *s, size_t i, struct out *o)
{
	const struct result_interface *live = at(s, i)->live;
	char buf[NUMBER_TEXT];

	out_puts(o, live && live->card_told ? number(live->card_drops, buf) : "-");
}

static void unseen(const struct screen *s, size_t i, struct out *o)
{
	const struct result_input *in = at(s, i);
	char buf[NUMBER_TEXT];

	out_puts(o, percent(in->tcp_unseen_bytes, in->tcp_unseen_bytes + in->tcp_bytes, buf));
}

static uint64_t unseen_figure(const struct screen *s, size_t i)
{
	return at(s, i)->tcp_unseen_bytes;
}

static void one_way(const struct screen *s, size_t i, struct out *o)
{
	char buf[NUMBER_TEXT];

	out_puts(o, percent(at(s, i)->one_way_flows, at(s, i)->tcp_flows, buf));
}

static uint64_t one_way_figure(const struct screen *s, size_t i)
{
	return at(s, i)->one_way_flows;
}

static void last(const struct screen *s, size_t i, struct out *o)
{
	screen_time(s, at(s, i)->last_ns, o);
}

static uint64_t last_figure(const struct screen *s, size_t i)
{
	return at(s, i)->last_ns == TIME_NONE ? 0 : (uint64_t)at(s, i)->last_ns;
}

static bool is_lossy(const struct screen *s, size_t i)
{
	return computer_figure(s, i) || card_figure(s, i);
}

static void state(const struct screen *s, size_t i, struct out *o)
{
	const struct result_input *in = at(s, i);

	if (in->failed)
		out_puts(o, "NOT READ");
	else if (in->same_as)
		out_puts(o, "a copy");
	else if (is_lossy(s, i))
		out_puts(o, "LOSES");
	else
		out_puts(o, in->caveat ? "with a caveat" : "good");
}

static enum paint state_paint(const struct screen *s, size_t i)
{
	const struct result_input *in = at(s, i);

	if (in->failed || is_lossy(s, i))
		return PAINT_BAD;
	return in->caveat ? PAINT_WARN : PAINT_GOOD;
}

static const struct column columns[] = {
	{"INPUT", 0, 8, 60, false, name},
	{"PACKETS", 0, 7, 15, true, packets, NULL, packets_figure},
	{"COMPUTER", 1, 8, 12, true, computer, NULL, computer_figure},
	{"CARD", 2, 4, 12, true, card, NULL, card_figure},
	{"UNSEEN", 3, 6, 8, true, unseen, NULL, unseen_figure},
	{"ONE WAY", 4, 7, 8, true, one_way, NULL, one_way_figure},
	{"LAST", 5, 4, 14, true, last, NULL, last_figure},
	{"STATE", 0, 8, 13, false, state, state_paint},
};
static_assert(N_ELEMENTS(columns) <= COLUMNS_MAX, "rows.natural has a place for each");

/* --- details ---------------------------------------------------------------------------------- */

struct figures {
	struct out *o;
	unsigned width;
};

static void figure(void *user, const struct figure *f)
{
	const struct figures *to = user;
	char buf[NUMBER_TEXT];

	out_printf(to->o, "%15s  ",
		   f->is_share ? percent(f->part, f->whole, buf) : number(f->part, buf));
	out_wrapped(to->o, f->meaning, to->width, 17, 17);
}

static void item(struct out *o, unsigned width, const char *text)
{
	out_puts(o, "- ");
	out_wrapped(o, text, width, 2, 2);
}

static void details(const struct screen *s, size_t i, unsigned width, struct out *o)
{
	const struct coverage *c = &s->result->coverage;
	struct figures to = {o, width};

	report_input(s->result, at(s, i), width, o);
	out_puts(o, "\nCan all inputs together be trusted?\n");
	out_wrapped(o, word_trust(c), width, 0, 0);
	if (c->inconclusive && c->inconclusive_why)
		item(o, width, c->inconclusive_why);
	for (size_t n = 0; n < c->n_caveats; n++)
		if (word_is_news(c, n))
			item(o, width, c->caveats[n]);
	figures_of_coverage(c, figure, &to);
}

const struct table table_sensors = {
	.title = "sensors",
	.none = "Nothing was read.",
	.columns = columns,
	.n_columns = N_ELEMENTS(columns),
	.count = count,
	.key = key,
	.details = details,
};
