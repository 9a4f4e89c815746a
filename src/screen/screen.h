/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * screen - what a terminal shows of a result: keys go in, text at places comes out.
 *
 * Nothing here knows a terminal, a clock or a socket, so that a test can press keys and read the
 * screen. A page is a table (table.h) in a file of its own, or the map of roles.
 *
 *   screen.c  keys         rows.c  which rows, in which order      page_*.c  the tables
 *   draw.c    the screen   pane.c  long text: details, help        map.c     the map of roles
 *   status.c  what a running service says of itself
 */
#ifndef SPAN_SCREEN_SCREEN_H
#define SPAN_SCREEN_SCREEN_H

#include "base/arena.h"
#include "base/vec.h"
#include "findings/result.h"
#include "report/role_map.h"
#include "screen/filter.h"
#include "screen/pen.h"
#include "screen/status.h"

enum screen_page {
	PAGE_FINDINGS,
	PAGE_MATRIX,
	PAGE_CONVERSATIONS,
	PAGE_RPC,
	PAGE_ENDPOINTS,
	PAGE_SENSORS,
	PAGE_N,
};

enum screen_pane {
	PANE_NONE,
	PANE_DETAILS,
	PANE_EXTRACT, /* the command for the packets behind a finding */
	PANE_ACCEPT,  /* what would document it, or waive it */
	PANE_HELP,
};

/* Other keys are the Unicode code points of what was typed. */
enum screen_key {
	KEY_OF_UP = 0x110000,
	KEY_OF_DOWN,
	KEY_OF_LEFT,
	KEY_OF_RIGHT,
	KEY_OF_PAGE_UP,
	KEY_OF_PAGE_DOWN,
	KEY_OF_HOME,
	KEY_OF_END,
	KEY_OF_ENTER,
	KEY_OF_ESCAPE,
	KEY_OF_BACKSPACE,
	KEY_OF_TAB,
	KEY_OF_BACK_TAB,
};

enum { COLUMNS_MAX = 12, FILTER_TEXT = 200 };

/* Which rows of a table are shown, in which order. */
struct rows {
	uint32_t *row;
	size_t n, at, top; /* at: the selected one */
	struct out key;    /* what that one is about, so that it is found again in a newer result */
	unsigned sort;     /* 0: the order of the result; else a column, from 1 */
	bool reverse;
	bool stale;
	char filter[FILTER_TEXT];
	const struct filter *parsed; /* of words in the filter language; NULL: plain words */
	struct arena arena;          /* of parsed */
	unsigned natural[COLUMNS_MAX];
};

/* Roles of both ends, chosen in the map. */
struct pair {
	bool on;
	roleset client, server;
};

struct screen {
	const struct result *result; /* borrowed; NULL: none yet */
	struct status status;
	char judged[TIME_TEXT]; /* when, as the run says it of the result; "" */
	const char *source;     /* what is looked at; borrowed; "" */
	int64_t now_ns;         /* TIME_NONE: of a file, whose times are shown as they are */
	int64_t paused_ns;
	bool paused, waiting; /* a newer result came meanwhile */
	bool utf8;
	enum screen_page page;
	struct rows rows[PAGE_N];
	struct pair pair;              /* of conversations */
	VEC(struct addr) contradicted; /* of findings; sorted */
	struct role_map map;
	size_t map_at[2], map_top[2]; /* of clients, of servers */
	enum screen_pane pane;
	size_t pane_top, pane_lines;
	unsigned body; /* lines of the page as drawn last */
	bool typing;   /* into the filter */
	char typed[FILTER_TEXT];
	char message[200];
	bool failed; /* there was no memory */
};

void screen_init(struct screen *s, bool utf8);
void screen_done(struct screen *s);
/* Shows another result; of the one before nothing is used any more. */
void screen_result(struct screen *s, const struct result *r);
/* A line for people, until the next key. */
void screen_say(struct screen *s, const char *fmt, ...) PRINTF(2, 3);
enum screen_next { SCREEN_ON, SCREEN_QUIT };
enum screen_next screen_key(struct screen *s, uint32_t key);
/* 0 or -ENOMEM. */
int screen_draw(struct screen *s, struct pen *p);

/* How it stands, in a line without its end. */
void screen_line(struct screen *s, struct out *o);

/* pane.c. Lines of text, as wide as `columns` at most where they can be broken. */
void pane_text(struct screen *s, unsigned columns, struct out *o);
/* Whether there is such a pane of the selected row. */
bool pane_open(struct screen *s, enum screen_pane pane);

/* map.c */
void map_draw(struct screen *s, struct pen *p, unsigned top, unsigned height);
/* The selected cell in words. */
void map_say(const struct screen *s, struct out *o);
void map_move(struct screen *s, uint32_t key);
/* Shows the conversations of the cell. */
void map_enter(struct screen *s);

/* For bsearch() in contradicted. */
int screen_by_address(const void *a, const void *b);
/* When that was, in as few columns as tell it. */
void screen_time(const struct screen *s, int64_t ns, struct out *o);

#endif
