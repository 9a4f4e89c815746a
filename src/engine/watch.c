// SPDX-License-Identifier: BSD-2-Clause
/* watch - results as they come, on a screen. */
#include <spanaudit/screen.h>

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "report/live_event.h"
#include "report/result_load.h"
#include "screen/screen.h"

#include "config.h"

static_assert((int)SPAN_KEY_UP == (int)KEY_OF_UP && (int)SPAN_KEY_BACK_TAB == (int)KEY_OF_BACK_TAB,
	      "keys are the same numbers");
static_assert((int)SPAN_PAINT_N == (int)PAINT_N && (int)SPAN_PAINT_MARKED == (int)PAINT_MARKED,
	      "paints are the same numbers");

/* A finding that was told. */
struct told {
	char id[16];
	uint64_t digest;
	uint8_t kind, severity;
};

struct span_screen {
	struct screen screen;
	struct loaded *shown, *newest; /* the same, but while the view is paused */
	char *source;
	char *said; /* the newest status, as it came; NULL */
	VEC(struct told) told;
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
	free(s->said);
	vec_done(&s->told);
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
	char *copy;

	if (!status_read(&s->screen.status, p, n))
		return false;
	copy = strndup(p, n);
	free(s->said);
	s->said = copy;
	return true;
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

/* --- without a screen ------------------------------------------------------------------------- */

static const struct told *told_of(const struct span_screen *s, const char *id)
{
	for (size_t i = 0; i < s->told.n; i++)
		if (memcmp(s->told.v[i].id, id, sizeof s->told.v[i].id) == 0)
			return &s->told.v[i];
	return NULL;
}

static bool is_found(const struct result *r, const char *id)
{
	for (size_t i = 0; i < r->n_findings; i++)
		if (memcmp(r->findings[i].id, id, sizeof r->findings[i].id) == 0)
			return true;
	return false;
}

static void tell(const struct result *r, const struct finding *f, enum live_status status,
		 bool json, struct out *o)
{
	if (json)
		report_live_event(r, f, status, SPAN_VERSION, o);
	else
		report_live_line(f, status, o);
}

static void tell_gone(const struct span_screen *s, bool json, struct out *o)
{
	const struct result *r = &s->newest->r;

	for (size_t i = 0; i < s->told.n; i++) {
		const struct told *t = &s->told.v[i];
		struct finding f = {.kind = (enum kind)t->kind,
				    .severity = (enum severity)t->severity,
				    .first_ns = TIME_NONE,
				    .last_ns = TIME_NONE};

		if (is_found(r, t->id))
			continue;
		memcpy(f.id, t->id, sizeof f.id);
		tell(r, &f, LIVE_GONE, json, o);
	}
}

static bool remember(struct span_screen *s)
{
	const struct result *r = &s->newest->r;

	s->told.n = 0;
	for (size_t i = 0; i < r->n_findings; i++) {
		const struct finding *f = &r->findings[i];
		struct told t = {.digest = report_live_digest(f),
				 .kind = (uint8_t)f->kind,
				 .severity = (uint8_t)f->severity};

		memcpy(t.id, f->id, sizeof t.id);
		if (!vec_push(&s->told, t))
			return false;
	}
	return true;
}

int span_screen_tell_news(struct span_screen *s, bool json, FILE *f)
{
	const struct result *r = s->newest ? &s->newest->r : NULL;
	struct out o = {0};
	int status;

	if (!r)
		return 0;
	for (size_t i = 0; i < r->n_findings; i++) {
		const struct told *t = told_of(s, r->findings[i].id);

		if (!t)
			tell(r, &r->findings[i], LIVE_NEW, json, &o);
		else if (t->digest != report_live_digest(&r->findings[i]))
			tell(r, &r->findings[i], LIVE_CHANGED, json, &o);
	}
	tell_gone(s, json, &o);
	status = remember(s) ? engine_put(&o, f) : -ENOMEM;
	out_done(&o);
	return status;
}

int span_screen_tell_state(struct span_screen *s, bool json, FILE *f)
{
	struct out o = {0};
	int status;

	if (!json) {
		screen_line(&s->screen, &o);
		out_char(&o, '\n');
	} else if (s->said) {
		out_puts(&o, s->said);
	}
	status = engine_put(&o, f);
	out_done(&o);
	return status;
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
