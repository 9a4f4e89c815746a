// SPDX-License-Identifier: BSD-2-Clause
/* screen - what keys do. */
#include "screen/screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "screen/table.h"

enum { CTRL_C = 3, CTRL_U = 21 };

void screen_init(struct screen *s, bool utf8)
{
	*s = (struct screen){.source = "", .now_ns = TIME_NONE, .utf8 = utf8};
	for (int p = 0; p < PAGE_N; p++)
		s->rows[p].stale = true;
	s->rows[PAGE_RPC].sort = 1; /* what wants a look first */
}

void screen_done(struct screen *s)
{
	for (int p = 0; p < PAGE_N; p++)
		rows_done(&s->rows[p]);
	vec_done(&s->contradicted);
}

void screen_say(struct screen *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(s->message, sizeof s->message, fmt, ap);
	va_end(ap);
}

/* --- another result --------------------------------------------------------------------------- */

int screen_by_address(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct addr));
}

static void contradict(struct screen *s, const struct endpoint *e)
{
	if (e->has_address)
		s->failed |= !vec_push(&s->contradicted, e->address);
}

void screen_result(struct screen *s, const struct result *r)
{
	s->result = r;
	s->waiting = false;
	for (int p = 0; p < PAGE_N; p++)
		s->rows[p].stale = true;
	role_map_fill(&s->map, r);
	for (unsigned side = 0; side < 2; side++)
		if (s->map_at[side] >= s->map.n[side])
			s->map_at[side] = 0;
	s->contradicted.n = 0;
	for (size_t i = 0; i < r->n_findings; i++)
		if (r->findings[i].kind == KIND_CONTRADICTION) {
			contradict(s, &r->findings[i].client);
			contradict(s, &r->findings[i].server);
		}
	if (s->contradicted.n)
		qsort(s->contradicted.v, s->contradicted.n, sizeof *s->contradicted.v,
		      screen_by_address);
}

/* --- the filter ------------------------------------------------------------------------------- */

static void type_begin(struct screen *s)
{
	if (!table_of(s->page)) {
		screen_say(s, "the matrix has no filter; Enter shows the conversations of a cell");
		return;
	}
	s->typing = true;
	memcpy(s->typed, s->rows[s->page].filter, sizeof s->typed);
}

static void type_end(struct screen *s)
{
	char *why;

	if (rows_filter(s, s->page, s->typed, &why)) {
		s->typing = false;
		s->rows[s->page].at = s->rows[s->page].top = 0;
		out_reset(&s->rows[s->page].key);
	} else {
		screen_say(s, "%s", why ? why : "out of memory");
		free(why);
	}
}

static void type_back(char *z)
{
	size_t n = strlen(z);

	while (n && ((unsigned char)z[n - 1] & 0xc0) == 0x80)
		n--;
	z[n ? n - 1 : 0] = '\0';
}

static void type_more(struct screen *s, uint32_t c)
{
	size_t n = strlen(s->typed), len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const uint8_t first[] = {0, 0, 0xc0, 0xe0, 0xf0};

	if (c < 0x20 || c == 0x7f || c > 0x10ffff || n + len >= sizeof s->typed)
		return;
	for (size_t i = len; i-- > 1; c >>= 6)
		s->typed[n + i] = (char)(0x80 | (c & 0x3f));
	s->typed[n] = (char)(len == 1 ? c : first[len] | c);
	s->typed[n + len] = '\0';
}

static void type_key(struct screen *s, uint32_t key)
{
	switch (key) {
	case KEY_OF_ENTER:
		type_end(s);
		break;
	case KEY_OF_ESCAPE:
	case CTRL_C:
		s->typing = false;
		break;
	case KEY_OF_BACKSPACE:
		type_back(s->typed);
		break;
	case CTRL_U:
		*s->typed = '\0';
		break;
	default:
		type_more(s, key);
	}
}

/* --- pages ------------------------------------------------------------------------------------ */

static void show_page(struct screen *s, unsigned page)
{
	s->page = page % PAGE_N;
}

static void sort_by(struct screen *s, bool reverse)
{
	const struct table *t = table_of(s->page);
	struct rows *r = &s->rows[s->page];

	if (!t)
		return;
	if (reverse)
		r->reverse = !r->reverse;
	else
		r->sort = (r->sort + 1) % (t->n_columns + 1);
	r->stale = true;
}

/* Takes away what hides rows. */
static void show_all(struct screen *s)
{
	char *why = NULL;

	if (s->page == PAGE_CONVERSATIONS && s->pair.on) {
		s->pair.on = false;
		s->rows[s->page].stale = true;
	} else if (table_of(s->page) && *s->rows[s->page].filter) {
		rows_filter(s, s->page, "", &why);
	}
	free(why);
}

static bool move_key(struct screen *s, struct rows *r, uint32_t key)
{
	int64_t page = s->body > 1 ? s->body - 1 : 1;

	switch (key) {
	case KEY_OF_UP:
	case 'k':
		rows_move(r, -1);
		return true;
	case KEY_OF_DOWN:
	case 'j':
		rows_move(r, 1);
		return true;
	case KEY_OF_PAGE_UP:
		rows_move(r, -page);
		return true;
	case KEY_OF_PAGE_DOWN:
	case ' ':
		rows_move(r, page);
		return true;
	case KEY_OF_HOME:
	case 'g':
		rows_move(r, INT32_MIN);
		return true;
	case KEY_OF_END:
	case 'G':
		rows_move(r, INT32_MAX);
		return true;
	default:
		return false;
	}
}

static void enter(struct screen *s)
{
	if (!table_of(s->page))
		map_enter(s);
	else if (!pane_open(s, PANE_DETAILS))
		screen_say(s, "there is no row to show");
}

static void of_finding(struct screen *s, enum screen_pane pane)
{
	if (s->page != PAGE_FINDINGS || !pane_open(s, pane))
		screen_say(s, "select a finding first, on page 1");
}

static void pause(struct screen *s)
{
	s->paused = !s->paused;
	s->paused_ns = s->now_ns;
}

/* Between pages, where arrows do not move in one. */
static bool turn_key(struct screen *s, uint32_t key)
{
	bool back = key == KEY_OF_BACK_TAB || key == KEY_OF_LEFT;

	if (key == KEY_OF_LEFT || key == KEY_OF_RIGHT) {
		if (!table_of(s->page))
			return false;
	} else if (key != KEY_OF_TAB && key != KEY_OF_BACK_TAB) {
		return false;
	}
	show_page(s, s->page + (back ? PAGE_N - 1 : 1));
	return true;
}

static void word_key(struct screen *s, uint32_t key)
{
	switch (key) {
	case KEY_OF_ENTER:
		enter(s);
		break;
	case KEY_OF_ESCAPE:
		show_all(s);
		break;
	case '/':
		type_begin(s);
		break;
	case 's':
	case 'S':
		sort_by(s, key == 'S');
		break;
	case 'e':
		of_finding(s, PANE_EXTRACT);
		break;
	case 'w':
		of_finding(s, PANE_ACCEPT);
		break;
	case 'p':
		pause(s);
		break;
	case '?':
	case 'h':
		pane_open(s, PANE_HELP);
		break;
	default:
		break;
	}
}

static void page_key(struct screen *s, uint32_t key)
{
	if (key >= '1' && key < '1' + PAGE_N)
		show_page(s, key - '1');
	else if (turn_key(s, key))
		return;
	else if (!table_of(s->page) && key >= KEY_OF_UP && key <= KEY_OF_END)
		map_move(s, key);
	else if (!table_of(s->page) || !move_key(s, &s->rows[s->page], key))
		word_key(s, key);
}

/* --- long text -------------------------------------------------------------------------------- */

static void scroll(struct screen *s, int64_t by)
{
	int64_t top = (int64_t)s->pane_top + by;
	int64_t last = (int64_t)s->pane_lines - s->body;

	top = top > last ? last : top;
	s->pane_top = top > 0 ? (size_t)top : 0;
}

static void other_row(struct screen *s, int64_t by)
{
	size_t row;

	if (s->pane == PANE_HELP || !table_of(s->page))
		return;
	rows_move(&s->rows[s->page], by);
	s->pane_top = 0;
	rows_at(s, s->page, &row);
}

static void pane_key(struct screen *s, uint32_t key)
{
	int64_t page = s->body > 1 ? s->body - 1 : 1;

	switch (key) {
	case KEY_OF_UP:
	case 'k':
		scroll(s, -1);
		break;
	case KEY_OF_DOWN:
	case 'j':
		scroll(s, 1);
		break;
	case KEY_OF_PAGE_UP:
		scroll(s, -page);
		break;
	case KEY_OF_PAGE_DOWN:
	case ' ':
		scroll(s, page);
		break;
	case KEY_OF_HOME:
	case 'g':
		scroll(s, INT32_MIN);
		break;
	case KEY_OF_END:
	case 'G':
		scroll(s, INT32_MAX);
		break;
	case KEY_OF_LEFT:
		other_row(s, -1);
		break;
	case KEY_OF_RIGHT:
		other_row(s, 1);
		break;
	case KEY_OF_ENTER:
	case KEY_OF_ESCAPE:
	case 'q':
	case '?':
		s->pane = PANE_NONE;
		break;
	case 'e':
	case 'w':
		of_finding(s, key == 'e' ? PANE_EXTRACT : PANE_ACCEPT);
		break;
	case 'p':
		pause(s);
		break;
	default:
		break;
	}
}

enum screen_next screen_key(struct screen *s, uint32_t key)
{
	*s->message = '\0';
	if (s->typing) {
		type_key(s, key);
		return SCREEN_ON;
	}
	if (key == CTRL_C || (key == 'q' && !s->pane))
		return SCREEN_QUIT;
	if (s->pane)
		pane_key(s, key);
	else
		page_key(s, key);
	return SCREEN_ON;
}
