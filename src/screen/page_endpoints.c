// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>
#include <string.h>

#include "recognise/recognise.h"
#include "report/words.h"
#include "screen/table.h"

static const struct role_row *at(const struct screen *s, size_t i)
{
	return &s->result->roles[i];
}

static size_t count(const struct screen *s)
{
	return s->result->n_roles;
}

static void key(const struct screen *s, size_t i, struct out *o)
{
	char buf[ADDR_TEXT];

	out_puts(o, addr_format(&at(s, i)->address, buf));
}

static void address(const struct screen *s, size_t i, struct out *o)
{
	key(s, i, o);
}

static uint64_t place(const struct screen *s, size_t i)
{
	(void)s;
	return i; /* the result's order is that of addresses */
}

static void name(const struct screen *s, size_t i, struct out *o)
{
	out_text_z(o, at(s, i)->name ? at(s, i)->name : "");
}

static void role(const struct screen *s, size_t i, struct out *o)
{
	roles_print(at(s, i)->roles, o);
}

static enum paint role_paint(const struct screen *s, size_t i)
{
	return at(s, i)->roles ? PAINT_PLAIN : PAINT_DIM;
}

static void known_by(const struct screen *s, size_t i, struct out *o)
{
	out_text_z(o, at(s, i)->known_by ? at(s, i)->known_by : "");
}

static void grade(const struct screen *s, size_t i, struct out *o)
{
	const struct role_row *row = at(s, i);

	if (row->grade)
		out_char(o, row->grade);
	else
		out_puts(o, row->roles ? "declared" : "");
}

static bool is_end(const struct endpoint *e, const struct addr *a)
{
	return e->has_address && addr_equal(&e->address, a);
}

static bool is_contradicted(const struct screen *s, const struct role_row *row)
{
	if (row->n_hidden || !s->contradicted.n)
		return row->n_hidden != 0;
	return bsearch(&row->address, s->contradicted.v, s->contradicted.n,
		       sizeof *s->contradicted.v, screen_by_address) != NULL;
}

static void note(const struct screen *s, size_t i, struct out *o)
{
	const struct role_row *row = at(s, i);
	char buf[ADDR_TEXT];

	if (is_contradicted(s, row))
		out_puts(o, "contradicted");
	else if (row->is_tied)
		out_printf(o, "same host as %s", addr_format(&row->tied_to, buf));
	else if (row->n_facts)
		out_text_z(o, row->facts[0]);
}

static enum paint note_paint(const struct screen *s, size_t i)
{
	return is_contradicted(s, at(s, i)) ? PAINT_BAD : PAINT_PLAIN;
}

static const struct column columns[] = {
	{"ADDRESS", 0, 15, 39, false, address, NULL, place},
	{"NAME", 1, 8, 40, false, name},
	{"ROLES", 0, 10, 48, false, role, role_paint},
	{"GRADE", 2, 5, 8, false, grade},
	{"KNOWN BY", 3, 8, 40, false, known_by},
	{"NOTE", 4, 10, 90, false, note, note_paint},
};
static_assert(N_ELEMENTS(columns) <= COLUMNS_MAX, "rows.natural has a place for each");

static void facts(const struct screen *s, size_t i, struct row_facts *ret)
{
	const struct role_row *row = at(s, i);
	const struct endpoint e = {.has_address = true,
				   .address = row->address,
				   .host = row->name,
				   .roles = row->roles};

	facts_ends(ret, &e, &e);
	facts_app(ret, APP_NONE);
	ret->row.verdict = KIND_N;
}

/* --- details ---------------------------------------------------------------------------------- */

static void contradictions(const struct screen *s, const struct role_row *row, unsigned width,
			   struct out *o)
{
	struct out line = {0};

	for (size_t i = 0; i < s->result->n_findings; i++) {
		const struct finding *f = &s->result->findings[i];

		if (f->kind != KIND_CONTRADICTION ||
		    !(is_end(&f->client, &row->address) || is_end(&f->server, &row->address)))
			continue;
		out_reset(&line);
		out_printf(&line, "%s ", f->id);
		out_text_z(&line, f->why);
		detail(o, width, "Contradicted", out_str(&line));
	}
	for (size_t i = 0; i < row->n_hidden; i++)
		detail(o, width, "Contradicted", row->hidden[i].why);
	o->failed |= line.failed;
	out_done(&line);
}

static void by_traffic(const struct role_row *row, unsigned width, struct out *o)
{
	struct out line = {0};

	for (size_t i = 0; i < row->n_known; i++) {
		const struct role_known *k = &row->known[i];

		out_reset(&line);
		out_printf(&line, "%s, grade %c", role_name(k->role), k->grade);
		for (size_t n = 0; n < k->n_fact; n++) {
			out_puts(&line, n ? "; " : ": ");
			out_text_z(&line, k->fact[n]);
		}
		detail(o, width, i ? "" : "Traffic says", out_str(&line));
	}
	o->failed |= line.failed;
	out_done(&line);
}

static void details(const struct screen *s, size_t i, unsigned width, struct out *o)
{
	const struct role_row *row = at(s, i);
	struct out line = {0};
	char buf[ADDR_TEXT];

	out_puts(o, addr_format(&row->address, buf));
	out_puts(o, "\n\n");
	if (row->name) {
		out_text_z(&line, row->name);
		if (row->name_source)
			out_printf(&line, " (%s)", row->name_source);
	}
	detail(o, width, "Name", out_str(&line));
	out_reset(&line);
	role(s, i, &line);
	detail(o, width, "Roles", out_str(&line));
	detail(o, width, "Known by", row->known_by);
	for (size_t n = 0; n < row->n_facts; n++)
		detail(o, width, n ? "" : "Facts", row->facts[n]);
	by_traffic(row, width, o);
	if (row->is_tied) {
		out_reset(&line);
		out_printf(&line, "%s: ", addr_format(&row->tied_to, buf));
		out_text_z(&line, row->tied_why ? row->tied_why : "");
		detail(o, width, "Same host as", out_str(&line));
	}
	contradictions(s, row, width, o);
	out_char(o, '\n');
	out_wrapped(o, word_grades(), width, 0, 0);
	o->failed |= line.failed;
	out_done(&line);
}

const struct table table_endpoints = {
	.title = "endpoints",
	.none = "No host was seen.",
	.columns = columns,
	.n_columns = N_ELEMENTS(columns),
	.count = count,
	.key = key,
	.facts = facts,
	.details = details,
};
