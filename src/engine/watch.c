// SPDX-License-Identifier: BSD-2-Clause
/* watch - results as they come, on a screen. */
#include <spanaudit/screen.h>

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "report/result_load.h"
#include "screen/screen.h"

static_assert((int)SPAN_KEY_UP == (int)KEY_OF_UP && (int)SPAN_KEY_BACK_TAB == (int)KEY_OF_BACK_TAB,
	      "keys are the same numbers");
static_assert((int)SPAN_PAINT_N == (int)PAINT_N && (int)SPAN_PAINT_MARKED == (int)PAINT_MARKED,
	      "paints are the same numbers");

struct span_screen {
	struct screen screen;
	struct loaded *shown, *newest; /* the same, but while the view is paused */
	char *source;
	char newest_judged[TIME_TEXT]; /* when the newest was made; "": nobody said */
};

struct span_screen *span_screen_new(bool utf8)
{
	struct span_screen *s = calloc(1, sizeof *s);

	if (s)
		screen_init(&s->screen, utf8);
	return s;
}

static void unload(struct loaded *l)
{
	if (l)
		result_unload(l);
	free(l);
}

struct span_screen *span_screen_free(struct span_screen *s)
{
	if (!s)
		return NULL;
	screen_done(&s->screen);
	if (s->newest != s->shown)
		unload(s->newest);
	unload(s->shown);
	free(s->source);
	free(s);
	return NULL;
}

int span_screen_source(struct span_screen *s, const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		return -ENOMEM;
	free(s->source);
	s->source = copy;
	s->screen.source = copy;
	return 0;
}

/* The newest becomes what is shown. */
static void show(struct span_screen *s)
{
	struct loaded *old = s->shown;

	if (s->newest == old)
		return;
	s->shown = s->newest;
	memcpy(s->screen.judged, s->newest_judged, sizeof s->screen.judged);
	screen_result(&s->screen, &s->shown->r);
	unload(old);
}

static void take(struct span_screen *s, struct loaded *l)
{
	if (s->newest != s->shown)
		unload(s->newest);
	s->newest = l;
	memcpy(s->newest_judged, s->screen.status.judged, sizeof s->newest_judged);
	if (s->screen.paused && s->shown)
		s->screen.waiting = true;
	else
		show(s);
}

static int outcome(int status, struct errors *errs, FILE *err)
{
	struct out words = {0};

	if (status == RESULT_READ_UNREADABLE)
		status = SPAN_INPUT;
	else if (status && status != -ENOMEM)
		status = SPAN_USAGE;
	errors_format(errs, "spanaudit", &words);
	if (engine_put(&words, err) == -ENOMEM)
		status = -ENOMEM;
	out_done(&words);
	errors_done(errs);
	return status;
}

int span_screen_file(struct span_screen *s, const char *path, FILE *err)
{
	struct loaded *l = calloc(1, sizeof *l);
	struct errors errs = {0};
	int status = l ? result_load_file(path, &errs, l) : -ENOMEM;

	if (status)
		free(l);
	else
		take(s, l);
	return outcome(status, &errs, err);
}

int span_screen_result(struct span_screen *s, const char *p, size_t n, FILE *err)
{
	struct loaded *l = calloc(1, sizeof *l);
	struct errors errs = {0};
	int status = l ? result_load("result", p, n, &errs, l) : -ENOMEM;

	if (status)
		free(l);
	else
		take(s, l);
	return outcome(status, &errs, err);
}

bool span_screen_status(struct span_screen *s, const char *p, size_t n)
{
	return status_read(&s->screen.status, p, n);
}

bool span_screen_wants_result(const struct span_screen *s)
{
	const char *judged = s->screen.status.judged;

	return *judged && (!s->newest || strcmp(judged, s->newest_judged) != 0);
}

void span_screen_now(struct span_screen *s, int64_t ns)
{
	s->screen.now_ns = ns;
}

void span_screen_say(struct span_screen *s, const char *text)
{
	screen_say(&s->screen, "%s", text);
}

bool span_screen_key(struct span_screen *s, uint32_t key)
{
	bool on = screen_key(&s->screen, key) == SCREEN_ON;

	if (!s->screen.paused)
		show(s);
	return on;
}

int span_screen_draw(struct span_screen *s, unsigned rows, unsigned columns, span_screen_put_fn put,
		     void *user)
{
	struct pen pen = {
		.put = put,
		.user = user,
		.rows = rows,
		.columns = columns,
		.utf8 = s->screen.utf8,
	};

	return screen_draw(&s->screen, &pen);
}

bool span_screen_judged(const struct span_screen *s)
{
	return s->newest != NULL;
}

int span_screen_write(const struct span_screen *s, const char *format,
		      const struct span_write_options *opt, FILE *f)
{
	return s->newest ? engine_write(&s->newest->r, format, opt, f) : SPAN_USAGE;
}

int span_screen_exit_code(const struct span_screen *s, const char *fail_on)
{
	return s->newest ? engine_exit_code(&s->newest->r, fail_on) : 4;
}
