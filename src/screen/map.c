// SPDX-License-Identifier: BSD-2-Clause
/* map - who talks to whom, by roles: clients down, servers across, a cell selected. */
#include <inttypes.h>
#include <string.h>

#include "report/numbers.h"
#include "screen/table.h"

enum { CLIENTS, SERVERS };
enum { LABEL_MOST = 30, CELL_LEAST = 8, CELL_MOST = 15, LEGEND = 1 };

/* "sql", "crm-web+2", "no role" */
static void short_roles(roleset roles, struct out *o)
{
	unsigned n = 0;

	for (int r = 0; r < ROLE_N; r++)
		if (roles_has(roles, (enum role)r) && !n++)
			out_puts(o, role_name((enum role)r));
	if (n > 1)
		out_printf(o, "+%u", n - 1);
	if (!n)
		out_puts(o, "no role");
}

static void part(struct out *o, const char *sign, uint64_t n)
{
	if (n)
		out_printf(o, "%s%s%" PRIu64, o->n ? " " : "", sign, n);
}

static enum paint cell(const struct role_cell *c, struct out *o)
{
	part(o, "", c->fine);
	part(o, "x", c->odd);
	part(o, "o", c->missing);
	part(o, "?", c->open);
	if (!o->n)
		out_char(o, '.');
	if (c->odd)
		return PAINT_BAD;
	if (c->missing)
		return PAINT_WARN;
	return c->fine ? PAINT_GOOD : PAINT_DIM;
}

/* Keeps the selected one of n on a screen of `room`. */
static void keep_in_view(size_t at, size_t room, size_t *top)
{
	if (at < *top)
		*top = at;
	if (room && at >= *top + room)
		*top = at - room + 1;
}

struct layout {
	unsigned label, cell, top;
	size_t columns, rows; /* how many have room */
};

static unsigned widest(const struct screen *s, unsigned side, bool whole)
{
	unsigned most = 0;

	for (size_t i = 0; i < s->map.n[side]; i++) {
		struct out o = {0};

		if (whole)
			roles_print(s->map.side[side][i], &o);
		else
			short_roles(s->map.side[side][i], &o);
		most = o.n > most ? (unsigned)o.n : most;
		out_done(&o);
	}
	return most;
}

static struct layout lay_out(struct screen *s, const struct pen *p, unsigned top, unsigned height)
{
	struct layout l = {.label = widest(s, CLIENTS, true), .cell = widest(s, SERVERS, false)};
	unsigned third = p->columns / 3;

	l.label = l.label > LABEL_MOST ? LABEL_MOST : l.label;
	l.label = l.label > third ? third : l.label;
	l.cell = l.cell < CELL_LEAST ? CELL_LEAST : l.cell > CELL_MOST ? CELL_MOST : l.cell;
	l.top = top;
	l.columns = (p->columns - l.label - 1) / (l.cell + 1);
	l.rows = height > 1 + LEGEND ? height - 1 - LEGEND : 0;
	keep_in_view(s->map_at[CLIENTS], l.rows, &s->map_top[CLIENTS]);
	keep_in_view(s->map_at[SERVERS], l.columns, &s->map_top[SERVERS]);
	return l;
}

static void draw_row(struct screen *s, struct pen *p, const struct layout *l, size_t i)
{
	unsigned row = l->top + 1 + (unsigned)(i - s->map_top[CLIENTS]);
	struct out o = {0};

	roles_print(s->map.side[CLIENTS][i], &o);
	pen_cell(p, row, 0, l->label, false, PAINT_STRONG, out_str(&o));
	for (size_t k = 0; k < l->columns && s->map_top[SERVERS] + k < s->map.n[SERVERS]; k++) {
		size_t server = s->map_top[SERVERS] + k;
		bool here = i == s->map_at[CLIENTS] && server == s->map_at[SERVERS];
		enum paint paint;

		out_reset(&o);
		paint = cell(&s->map.cell[i][server], &o);
		pen_cell(p, row, l->label + 1 + (unsigned)k * (l->cell + 1), l->cell, true,
			 (unsigned)paint | (here ? (unsigned)PAINT_MARKED : 0), out_str(&o));
	}
	p->failed |= o.failed;
	out_done(&o);
}

static void head(struct screen *s, struct pen *p, const struct layout *l)
{
	struct out o = {0};

	for (size_t k = 0; k < l->columns && s->map_top[SERVERS] + k < s->map.n[SERVERS]; k++) {
		out_reset(&o);
		short_roles(s->map.side[SERVERS][s->map_top[SERVERS] + k], &o);
		pen_cell(p, l->top, l->label + 1 + (unsigned)k * (l->cell + 1), l->cell, true,
			 PAINT_STRONG, out_str(&o));
	}
	p->failed |= o.failed;
	out_done(&o);
}

void map_say(const struct screen *s, struct out *o)
{
	const struct role_cell *c = &s->map.cell[s->map_at[CLIENTS]][s->map_at[SERVERS]];
	char buf[NUMBER_TEXT];

	if (!s->result || !s->map.n[CLIENTS] || !s->map.n[SERVERS])
		return;
	out_printf(o, "%s as documented", number(c->fine, buf));
	out_printf(o, ", %s to look at", number(c->odd, buf));
	out_printf(o, ", %s missing", number(c->missing, buf));
	if (c->open)
		out_printf(o, ", %s not judged", number(c->open, buf));
	out_puts(o, ": ");
	roles_print(s->map.side[CLIENTS][s->map_at[CLIENTS]], o);
	out_puts(o, " -> ");
	roles_print(s->map.side[SERVERS][s->map_at[SERVERS]], o);
}

static void legend(const struct screen *s, struct pen *p, unsigned row)
{
	struct out o = {0};
	char buf[COUNTED_TEXT];

	out_puts(&o, "n fine, xn to look at, on missing, ?n not judged; ");
	out_printf(&o, "%s out of scope",
		   counted(s->result->n_out_of_scope, "conversation", "conversations", buf));
	if (s->map.left_out)
		out_printf(&o, ", %s without room here", number(s->map.left_out, buf));
	pen_put(p, row, 0, 0, PAINT_DIM, out_str(&o));
	p->failed |= o.failed;
	out_done(&o);
}

void map_draw(struct screen *s, struct pen *p, unsigned top, unsigned height)
{
	struct layout l = lay_out(s, p, top, height);

	if (!s->map.n[CLIENTS] || !s->map.n[SERVERS]) {
		pen_put(p, top, 0, 0, PAINT_PLAIN,
			"No conversation is in scope, so there is nothing to show here.");
		return;
	}
	head(s, p, &l);
	for (size_t i = 0; i < l.rows && s->map_top[CLIENTS] + i < s->map.n[CLIENTS]; i++)
		draw_row(s, p, &l, s->map_top[CLIENTS] + i);
	if (l.rows)
		legend(s, p, top + height - LEGEND);
}

static void step(size_t *at, size_t n, int by)
{
	if (by < 0 && *at)
		--*at;
	if (by > 0 && *at + 1 < n)
		++*at;
}

void map_move(struct screen *s, uint32_t key)
{
	unsigned side = key == KEY_OF_LEFT || key == KEY_OF_RIGHT ? SERVERS : CLIENTS;
	size_t *at = &s->map_at[side], n = s->map.n[side];

	switch (key) {
	case KEY_OF_UP:
	case KEY_OF_LEFT:
		step(at, n, -1);
		break;
	case KEY_OF_DOWN:
	case KEY_OF_RIGHT:
		step(at, n, 1);
		break;
	case KEY_OF_HOME:
	case KEY_OF_PAGE_UP:
		*at = 0;
		break;
	default:
		*at = n ? n - 1 : 0;
	}
}

void map_enter(struct screen *s)
{
	if (!s->result || !s->map.n[CLIENTS] || !s->map.n[SERVERS])
		return;
	s->pair = (struct pair){
		.on = true,
		.client = s->map.side[CLIENTS][s->map_at[CLIENTS]],
		.server = s->map.side[SERVERS][s->map_at[SERVERS]],
	};
	s->page = PAGE_CONVERSATIONS;
	rows_done(&s->rows[s->page]);
}
