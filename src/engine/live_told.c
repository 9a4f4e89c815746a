// SPDX-License-Identifier: BSD-2-Clause
/*
 * live_told - which findings were told, across restarts.
 *
 * The store has the list; the process that judged writes it behind its events, when it is another
 * one than before. So a finding is new once, whatever becomes of the run. A run that was killed
 * takes what it had not written yet with it: findings that rest on that alone are not found after
 * the restart, which does not mean that they have gone. They stay known until they are found again,
 * or are older than what is judged.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "engine/live_keep.h"
#include "engine/live_run.h"
#include "store/told.h"

/* Without anybody who is told, nothing was. */
static bool is_told(const struct live_run *l)
{
	return l->keep && (l->opt.events_fd >= 0 || l->opt.lines_fd >= 0 || l->syslog ||
			   l->opt.messages_fd >= 0);
}

static int take(struct live_run *l, const struct store_told_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct live_known k = {.digest = rows[i].digest,
				       .last_ns = rows[i].last_ns,
				       .kind = rows[i].kind,
				       .severity = rows[i].severity,
				       .lost = rows[i].lost};

		memcpy(k.id, rows[i].id, sizeof k.id);
		if (!vec_push(&l->known, k))
			return -ENOMEM;
	}
	return 0;
}

int live_told_load(struct span_audit *a)
{
	struct live_run *l = a->live;
	struct store_told_row *rows = NULL;
	struct errors words = {0};
	struct store *s = NULL;
	size_t n = 0;
	int r;

	if (!is_told(l))
		return 0;
	r = store_open(a->store_path, STORE_AGAIN, &words, &s);
	r = r ? r : store_get_told(s, live_keep_run(l->keep), &rows, &n);
	if (r == 0)
		r = take(l, rows, n);
	else if (r != -ENOMEM)
		live_tell(l, SPAN_LIVE_TROUBLE,
			  "what was told before this run cannot be read, and is told again: %s",
			  s ? store_why(s) : words.e[0].what);
	free(rows);
	store_close(s);
	errors_done(&words);
	return r == -ENOMEM ? r : 0;
}

/* When it was seen last moves on all the time, and only matters until that hour is written. */
static bool is_same(const struct live_run *l, const struct live_known *rows, size_t n)
{
	if (n != l->known.n)
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct live_known *k = &l->known.v[i];

		if (memcmp(k->id, rows[i].id, sizeof k->id) != 0 || k->digest != rows[i].digest ||
		    k->lost != rows[i].lost)
			return false;
	}
	return true;
}

static int save(const struct span_audit *a, const struct store_told_row *v, size_t n)
{
	struct errors words = {0};
	struct store *s = NULL;
	int r = store_open(a->store_path, STORE_AGAIN, &words, &s);

	r = r ? r : store_put_told(s, v, n);
	store_close(s);
	errors_done(&words);
	return -r;
}

int live_told_save(const struct span_audit *a, const struct live_known *rows, size_t n)
{
	const struct live_run *l = a->live;
	struct store_told_row *v;
	int r;

	if (!is_told(l) || (!l->unsaved && is_same(l, rows, n)))
		return 0;
	v = calloc(n + 1, sizeof *v);
	if (!v)
		return ENOMEM;
	for (size_t i = 0; i < n; i++) {
		v[i] = (struct store_told_row){.digest = rows[i].digest,
					       .last_ns = rows[i].last_ns,
					       .kind = rows[i].kind,
					       .severity = rows[i].severity,
					       .lost = rows[i].lost};
		memcpy(v[i].id, rows[i].id, sizeof v[i].id);
	}
	r = save(a, v, n);
	free(v);
	return r;
}

bool live_told_is_lost(const struct span_audit *a, const struct live_known *k)
{
	return k->lost && k->last_ns != TIME_NONE &&
	       k->last_ns > live_real_ns() - live_keep_window_ns(a->live->keep);
}
