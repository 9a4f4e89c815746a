/* SPDX-License-Identifier: BSD-2-Clause */
/* table - a page of rows: its columns, and what each row is about. */
#ifndef SPAN_SCREEN_TABLE_H
#define SPAN_SCREEN_TABLE_H

#include <assert.h>

#include "roles/inventory.h"
#include "screen/screen.h"

struct column {
	const char *title;
	unsigned rank;        /* 0: always shown; others where there is room, 1 first */
	unsigned least, most; /* columns of the screen */
	bool right;
	/* Text that is harmless. */
	void (*cell)(const struct screen *s, size_t i, struct out *o);
	enum paint (*paint)(const struct screen *s, size_t i); /* NULL: plain */
	/* What the column is sorted by, small first; NULL: its text. */
	uint64_t (*figure)(const struct screen *s, size_t i);
};

/* A row as the filter language sees it. */
struct row_facts {
	struct filter_row row;
	struct conv conv;
	struct conv_app app;
	struct host client, server;
};

struct table {
	const char *title, *none; /* none: what an empty table means */
	const struct column *columns;
	unsigned n_columns;
	size_t (*count)(const struct screen *s);
	/* What the row is about, the same in every result that has it. */
	void (*key)(const struct screen *s, size_t i, struct out *o);
	bool (*passes)(const struct screen *s, size_t i); /* NULL: every row */
	/* NULL: the filter language has no words for it. */
	void (*facts)(const struct screen *s, size_t i, struct row_facts *ret);
	void (*details)(const struct screen *s, size_t i, unsigned columns, struct out *o);
};

extern const struct table table_findings, table_conversations, table_rpc, table_endpoints,
	table_sensors;
/* NULL: the page is no table. */
const struct table *table_of(enum screen_page page);

/* rows.c */
void rows_list(struct screen *s, enum screen_page page);
void rows_done(struct rows *r);
/* The row that is selected; false: there is none. */
bool rows_at(struct screen *s, enum screen_page page, size_t *ret);
void rows_move(struct rows *r, int64_t by);
/* Shows rows of these words only. False with *ret_why to be freed: they are not understood. */
bool rows_filter(struct screen *s, enum screen_page page, const char *words, char **ret_why);
/* The columns that fit, and their widths, 0 of those that do not. */
void rows_fit(const struct rows *r, const struct table *t, unsigned columns,
	      unsigned ret[COLUMNS_MAX]);

/* facts.c: words that several pages have. */
void facts_ends(struct row_facts *ret, const struct endpoint *client,
		const struct endpoint *server);
void facts_app(struct row_facts *ret, uint16_t app);
void cell_service(uint16_t port, uint8_t proto, struct out *o);
void cell_end(const struct endpoint *e, uint64_t folded, struct out *o);
void key_end(const struct endpoint *e, struct out *o);
/* "LABEL       text", wrapped; nothing without text. */
void detail(struct out *o, unsigned columns, const char *label, const char *text);
void detail_count(struct out *o, unsigned columns, const char *label, uint64_t n);
void detail_end(struct out *o, unsigned columns, const char *label, const struct endpoint *e);

#endif
