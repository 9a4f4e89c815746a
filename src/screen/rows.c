// SPDX-License-Identifier: BSD-2-Clause
/* rows - which rows of a table are shown, in which order, and how wide their columns are. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "screen/table.h"

enum { MEASURED = 2000 }; /* rows that the widths of columns are taken from */

const struct table *table_of(enum screen_page page)
{
	static const struct table *const tables[PAGE_N] = {
		[PAGE_FINDINGS] = &table_findings, [PAGE_CONVERSATIONS] = &table_conversations,
		[PAGE_RPC] = &table_rpc,           [PAGE_ENDPOINTS] = &table_endpoints,
		[PAGE_SENSORS] = &table_sensors,
	};

	return tables[page];
}

void rows_done(struct rows *r)
{
	free(r->row);
	out_done(&r->key);
	arena_done(&r->arena);
	*r = (struct rows){.stale = true};
}

/* --- filter ----------------------------------------------------------------------------------- */

static bool is_language(const char *words)
{
	return strpbrk(words, "=<>") != NULL;
}

static char *because(const struct errors *errs)
{
	struct out o = {0};

	if (errs->n) {
		out_text_z(&o, errs->e[0].what);
		if (errs->e[0].hint)
			out_printf(&o, ": %s", errs->e[0].hint);
	}
	return o.p;
}

bool rows_filter(struct screen *s, enum screen_page page, const char *words, char **ret_why)
{
	struct rows *r = &s->rows[page];
	struct errors errs = {0};
	struct arena arena = {0};
	const struct filter *parsed = NULL;

	*ret_why = NULL;
	if (is_language(words)) {
		if (!table_of(page)->facts) {
			*ret_why = strdup("this page is filtered by plain words");
			return false;
		}
		parsed = filter_parse(words, &arena, &errs);
		if (!parsed) {
			*ret_why = because(&errs);
			errors_done(&errs);
			arena_done(&arena);
			return false;
		}
	}
	errors_done(&errs);
	arena_done(&r->arena);
	r->arena = arena;
	r->parsed = parsed;
	r->stale = true;
	if (words != r->filter) {
		size_t n = strnlen(words, sizeof r->filter - 1);

		memmove(r->filter, words, n);
		r->filter[n] = '\0';
	}
	return true;
}

/* Every word stands somewhere in the row, in capitals or not. */
static bool has_words(const struct screen *s, const struct table *t, size_t i, const char *words,
		      struct out *scratch)
{
	char word[FILTER_TEXT];

	out_reset(scratch);
	for (unsigned c = 0; c < t->n_columns; c++) {
		t->columns[c].cell(s, i, scratch);
		out_char(scratch, '\n');
	}
	while (*words) {
		size_t n = strcspn(words, " ");

		if (n) {
			memcpy(word, words, n);
			word[n] = '\0';
			if (!strcasestr(out_str(scratch), word))
				return false;
		}
		words += n + (words[n] == ' ');
	}
	return true;
}

static bool passes(const struct screen *s, const struct table *t, const struct rows *r, size_t i,
		   struct out *scratch)
{
	if (t->passes && !t->passes(s, i))
		return false;
	if (r->parsed) {
		struct row_facts facts = {0};

		t->facts(s, i, &facts);
		return filter_pass(r->parsed, &facts.row);
	}
	return !*r->filter || has_words(s, t, i, r->filter, scratch);
}

/* --- order ------------------------------------------------------------------------------------ */

struct sorted {
	uint64_t figure;
	char *text; /* NULL: by figure */
	uint32_t row;
};

static int by_key(const void *a, const void *b)
{
	const struct sorted *x = a, *y = b;
	int c = x->text && y->text ? strcmp(x->text, y->text) : 0;

	if (!c)
		c = (x->figure > y->figure) - (x->figure < y->figure);
	return c ? c : (x->row > y->row) - (x->row < y->row);
}

static void keys_of(const struct screen *s, const struct column *c, const struct rows *r,
		    struct sorted *v)
{
	for (size_t i = 0; i < r->n; i++) {
		struct out o = {0};

		v[i] = (struct sorted){.row = r->row[i]};
		if (c->figure) {
			v[i].figure = c->figure(s, r->row[i]);
			continue;
		}
		c->cell(s, r->row[i], &o);
		v[i].text = o.p;
	}
}

static void sort(struct screen *s, const struct table *t, struct rows *r)
{
	struct sorted *v = r->sort ? calloc(r->n + 1, sizeof *v) : NULL;

	s->failed |= r->sort && !v;
	if (v) {
		keys_of(s, &t->columns[r->sort - 1], r, v);
		qsort(v, r->n, sizeof *v, by_key);
		for (size_t i = 0; i < r->n; i++) {
			r->row[i] = v[i].row;
			free(v[i].text);
		}
		free(v);
	}
	for (size_t i = 0, k = r->n; r->reverse && i + 1 < k; i++) {
		uint32_t swap = r->row[i];

		r->row[i] = r->row[--k];
		r->row[k] = swap;
	}
}

/* --- the list --------------------------------------------------------------------------------- */

static void measure(const struct screen *s, const struct table *t, struct rows *r)
{
	const struct pen pen = {.utf8 = s->utf8};
	struct out o = {0};

	for (unsigned c = 0; c < t->n_columns; c++) {
		r->natural[c] = (unsigned)strlen(t->columns[c].title);
		for (size_t i = 0; i < r->n && i < MEASURED; i++) {
			unsigned n;

			out_reset(&o);
			t->columns[c].cell(s, r->row[i], &o);
			n = pen_columns(&pen, out_str(&o));
			r->natural[c] = n > r->natural[c] ? n : r->natural[c];
		}
		if (r->natural[c] > t->columns[c].most)
			r->natural[c] = t->columns[c].most;
	}
	out_done(&o);
}

/* The selected row stays selected, wherever it is now; else the place stays. */
static void find_again(struct screen *s, const struct table *t, struct rows *r)
{
	struct out o = {0};
	bool found = false;

	for (size_t i = 0; r->key.n && !found && i < r->n; i++) {
		out_reset(&o);
		t->key(s, r->row[i], &o);
		found = o.n == r->key.n && memcmp(o.p, r->key.p, o.n) == 0;
		if (found)
			r->at = i;
	}
	if (!found && r->at >= r->n)
		r->at = r->n ? r->n - 1 : 0;
	if (!found && s->pane == PANE_DETAILS && r == &s->rows[s->page] && r->key.n) {
		s->pane = PANE_NONE;
		screen_say(s, "what was shown is not in the newest result");
	}
	out_done(&o);
}

void rows_list(struct screen *s, enum screen_page page)
{
	const struct table *t = table_of(page);
	struct rows *r = &s->rows[page];
	size_t all = s->result ? t->count(s) : 0;
	struct out scratch = {0};

	if (!r->stale)
		return;
	r->stale = false;
	free(r->row);
	r->n = 0;
	r->row = calloc(all + 1, sizeof *r->row);
	if (!r->row) {
		s->failed = true;
		return;
	}
	for (size_t i = 0; i < all && i < UINT32_MAX; i++)
		if (passes(s, t, r, i, &scratch))
			r->row[r->n++] = (uint32_t)i;
	out_done(&scratch);
	sort(s, t, r);
	measure(s, t, r);
	find_again(s, t, r);
}

bool rows_at(struct screen *s, enum screen_page page, size_t *ret)
{
	struct rows *r = &s->rows[page];

	rows_list(s, page);
	if (!r->n)
		return false;
	*ret = r->row[r->at];
	out_reset(&r->key);
	/* Who stands at the top wants to see what comes there. */
	if (r->at || s->pane)
		table_of(page)->key(s, *ret, &r->key);
	return true;
}

void rows_move(struct rows *r, int64_t by)
{
	int64_t last = r->n ? (int64_t)r->n - 1 : 0, at = (int64_t)r->at;

	at = by > last - at ? last : by < -at ? 0 : at + by;
	r->at = (size_t)at;
	out_reset(&r->key); /* another row is meant from now on */
}

/* --- columns ---------------------------------------------------------------------------------- */

static unsigned total(const struct table *t, const unsigned width[COLUMNS_MAX])
{
	unsigned n = 0;

	for (unsigned c = 0; c < t->n_columns; c++)
		n += width[c] ? width[c] + 1 : 0;
	return n ? n - 1 : 0;
}

/* Takes from the widest, one by one, until they fit or none can give. */
static void squeeze(const struct table *t, unsigned columns, unsigned width[COLUMNS_MAX])
{
	while (total(t, width) > columns) {
		unsigned widest = t->n_columns;

		for (unsigned c = 0; c < t->n_columns; c++)
			if (width[c] > t->columns[c].least &&
			    (widest == t->n_columns || width[c] > width[widest]))
				widest = c;
		if (widest == t->n_columns)
			return;
		width[widest]--;
	}
}

/* The last kind of column takes what is left. */
static void stretch(const struct rows *r, const struct table *t, unsigned columns, unsigned rank,
		    unsigned width[COLUMNS_MAX])
{
	for (unsigned c = 0; c < t->n_columns; c++) {
		unsigned used = total(t, width), room = columns > used + 1 ? columns - used - 1 : 0;

		if (t->columns[c].rank != rank || room < t->columns[c].least)
			continue;
		width[c] = r->natural[c] < room ? r->natural[c] : room;
	}
}

void rows_fit(const struct rows *r, const struct table *t, unsigned columns,
	      unsigned ret[COLUMNS_MAX])
{
	unsigned last = 0;

	for (unsigned c = 0; c < t->n_columns; c++) {
		ret[c] = t->columns[c].rank ? 0 : r->natural[c];
		last = t->columns[c].rank > last ? t->columns[c].rank : last;
	}
	squeeze(t, columns, ret);
	for (unsigned rank = 1; rank <= last; rank++)
		stretch(r, t, columns, rank, ret);
}
