/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * screen - what a terminal shows of a result: keys go in, text at places comes out.
 *
 *	span_screen_file(s, "night.json", stderr);
 *	do
 *		span_screen_draw(s, 24, 80, put, NULL);
 *	while (span_screen_key(s, read_a_key()));
 *
 * Nothing here knows a terminal or a clock. Text that is put is harmless: names that somebody sent
 * hold no control characters any more.
 */
#ifndef SPANAUDIT_SCREEN_H
#define SPANAUDIT_SCREEN_H

#include <spanaudit/audit.h>

#ifdef __cplusplus
extern "C" {
#endif

struct span_screen;

/* How text is to look. No colour says what a word does not say, too. */
enum span_paint {
	SPAN_PAINT_PLAIN,
	SPAN_PAINT_STRONG,
	SPAN_PAINT_DIM,
	SPAN_PAINT_GOOD,
	SPAN_PAINT_WARN,
	SPAN_PAINT_BAD,
	SPAN_PAINT_N,
	SPAN_PAINT_MARKED = 0x10, /* added to one of them: selected */
};

/* What is no character; all other keys are Unicode code points. */
enum span_key {
	SPAN_KEY_UP = 0x110000,
	SPAN_KEY_DOWN,
	SPAN_KEY_LEFT,
	SPAN_KEY_RIGHT,
	SPAN_KEY_PAGE_UP,
	SPAN_KEY_PAGE_DOWN,
	SPAN_KEY_HOME,
	SPAN_KEY_END,
	SPAN_KEY_ENTER,
	SPAN_KEY_ESCAPE,
	SPAN_KEY_BACKSPACE,
	SPAN_KEY_TAB,
	SPAN_KEY_BACK_TAB,
};

/* `utf8`: the terminal shows more than ASCII. NULL without memory. */
struct span_screen *span_screen_new(bool utf8);
/* NULL is fine; returns NULL. */
struct span_screen *span_screen_free(struct span_screen *s);

/* Where the result comes from, for the first line; copied. 0 or -ENOMEM. */
int span_screen_source(struct span_screen *s, const char *text);
/* Shows the result document in a file ("-": standard input), or of n bytes at p. What was selected
 * stays so; while the view is paused the new one waits. As span_report_open(). */
int span_screen_file(struct span_screen *s, const char *path, FILE *err);
int span_screen_result(struct span_screen *s, const char *p, size_t n, FILE *err);
/* What a run says of itself: the answer to "status" (control.h). False when it is none. */
bool span_screen_status(struct span_screen *s, const char *p, size_t n);
/* By that, a result was made that is not shown yet: ask for "result". */
bool span_screen_wants_result(const struct span_screen *s);
/* Nanoseconds since 1970: times are shown as how long ago that was. Never called: as they are. */
void span_screen_now(struct span_screen *s, int64_t ns);
/* A line for people, which the next key takes away. Foreign text is fine. */
void span_screen_say(struct span_screen *s, const char *text);

/* False: it asks to end. */
bool span_screen_key(struct span_screen *s, uint32_t key);

/* Draws all of it on a blank screen: `put` is called with a row and a column from 0, a paint, and
 * text that ends before the right edge. 0 or -ENOMEM. */
typedef void (*span_screen_put_fn)(void *user, unsigned row, unsigned column, unsigned paint,
				   const char *text);
int span_screen_draw(struct span_screen *s, unsigned rows, unsigned columns, span_screen_put_fn put,
		     void *user);

/* For who has no screen: the findings that are new, have changed or are gone since this was asked
 * last, at first all of them, as lines or (`json`) as events; and how it stands, in a line, or as
 * the object that the run answered to "status" (of a file: nothing). 0 or negative errno. */
int span_screen_tell_news(struct span_screen *s, bool json, FILE *f);
int span_screen_tell_state(struct span_screen *s, bool json, FILE *f);

/* There is a result. */
bool span_screen_judged(const struct span_screen *s);
/* Of the newest one, as span_report_write() and span_report_exit_code(). */
int span_screen_write(const struct span_screen *s, const char *format,
		      const struct span_write_options *opt, FILE *f);
int span_screen_exit_code(const struct span_screen *s, const char *fail_on);

#ifdef __cplusplus
}
#endif
#endif
