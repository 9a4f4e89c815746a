// SPDX-License-Identifier: BSD-2-Clause
/*
 * since - a result held against an older one: which of its findings are new, which were known, and
 * which of the older one's are gone.
 *
 * What counts as the same finding, and whether one that is not there any more has really ended, is
 * decided where results are compared (diff.c). Where the two do not quite compare, that is told and
 * not refused: a report of every night must not fail because somebody corrected a rule.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/diff.h"
#include "engine/engine.h"
#include "report/report.h"

#include "config.h"

static int by_id(const void *a, const void *b)
{
	const struct finding *const *x = a, *const *y = b;

	return strcmp((*x)->id, (*y)->id);
}

static int told_id(const void *key, const void *member)
{
	return strcmp(key, (*(struct finding *const *)member)->id);
}

/* The findings of the result, by id. */
static struct finding **index_of(struct result *r)
{
	struct finding **v = calloc(r->n_findings + 1, sizeof *v);

	for (size_t i = 0; v && i < r->n_findings; i++)
		v[i] = &r->findings[i];
	if (v && r->n_findings)
		qsort(v, r->n_findings, sizeof *v, by_id);
	return v;
}

static void mark(struct since *s, struct finding *f, enum diff_class c)
{
	f->status = c == DIFF_NEW || c == DIFF_NEW_WAIVED ? STATUS_NEW : STATUS_KNOWN;
	f->worse = c == DIFF_WORSE;
	s->n_new += f->status == STATUS_NEW;
	s->n_known += f->status == STATUS_KNOWN;
	s->n_worse += f->worse;
}

static const char *who(struct arena *a, const struct read_finding *f)
{
	if (!f->port)
		return arena_printf(a, "%s -> %s", f->client.token, f->server.token);
	return arena_printf(a, "%s -> %s %u/%s", f->client.token, f->server.token, f->port,
			    f->transport ? f->transport : "ip");
}

static bool add_row(struct result *r, const struct diff_row *row)
{
	const struct read_finding *f = row->was;
	struct since_row *to = &r->since.rows[r->since.n_rows++];

	*to = (struct since_row){
		.id = arena_strdup(&r->arena, f->id),
		.who = who(&r->arena, f),
		.kind = f->kind,
		.severity = f->severity,
		.reason = row->reason ? arena_strdup(&r->arena, row->reason) : NULL,
	};
	r->since.n_gone += row->class == DIFF_GONE;
	r->since.n_unseen += row->class == DIFF_NOT_SEEN;
	return to->id && to->who && (to->reason || !row->reason);
}

/* In two turns: what is gone is news, what is no longer seen is a question. */
static bool add_rows(struct result *r, const struct diff *d)
{
	static const enum diff_class order[] = {DIFF_GONE, DIFF_NOT_SEEN};
	size_t n = d->n[DIFF_GONE] + d->n[DIFF_NOT_SEEN];

	r->since.rows = arena_alloc(&r->arena, (n + 1) * sizeof *r->since.rows);
	if (!r->since.rows)
		return false;
	for (size_t k = 0; k < N_ELEMENTS(order); k++)
		for (size_t i = 0; i < d->n_rows; i++)
			if (d->rows[i].class == order[k] && !add_row(r, &d->rows[i]))
				return false;
	return true;
}

static const char *sentence(struct arena *a, const char *clause)
{
	char *z = arena_printf(a, "%s.", clause);

	if (z && *z >= 'a' && *z <= 'z')
		*z = (char)(*z - 'a' + 'A');
	return z;
}

static bool add_notes(struct result *r, const struct diff *d, const char *note)
{
	const char **v = arena_alloc(&r->arena, (d->n_refusals + 1) * sizeof *v);
	size_t n = 0;

	if (!v)
		return false;
	if (note)
		v[n++] = arena_strdup(&r->arena, note);
	for (size_t i = 0; d->is.from_ns != TIME_NONE && i < d->n_refusals; i++)
		v[n++] = sentence(&r->arena, d->refusals[i].what);
	r->since.notes = v;
	r->since.n_notes = n;
	for (size_t i = 0; i < n; i++)
		if (!v[i])
			return false;
	return true;
}

static bool tell(struct result *r, const struct diff *d, const char *name, const char *note)
{
	struct finding **v = index_of(r);

	r->since = (struct since){
		.report = arena_strdup(&r->arena, name),
		.from_ns = d->was.from_ns,
		.to_ns = d->was.to_ns,
	};
	for (size_t i = 0; v && i < d->n_rows; i++) {
		const struct read_finding *is = d->rows[i].is;
		struct finding **f =
			is ? bsearch(is->id, v, r->n_findings, sizeof *v, told_id) : NULL;

		if (f)
			mark(&r->since, *f, d->rows[i].class);
	}
	free(v);
	return v && r->since.report && add_notes(r, d, note) && add_rows(r, d);
}

/* The result as a comparison reads it: by way of its document. */
static int read_back(const struct result *r, struct errors *errs, struct read_result *ret)
{
	struct report_options opt = {.tool_version = SPAN_VERSION, .now_ns = TIME_NONE};
	struct out o = {0};
	int status = report_format_by_name("json")->write(r, &opt, &o);

	if (!status)
		status = read_result_parse("the result", o.p, o.n, errs, ret);
	out_done(&o);
	return status;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* d->was is read. */
static int hold_against(struct span_audit *a, struct diff *d, const char *note, struct errors *errs)
{
	int status = 0;

	if (d->was.from_ns == TIME_NONE && a->result->from_ns != TIME_NONE) {
		error_place(errors_add(errs, true,
				       "nothing was captured for this report, so it is not "
				       "compared with"),
			    d->path[0], 0, 0, 1);
		status = SPAN_USAGE;
	}
	if (!status)
		status = read_back(a->result, errs, &d->is);
	if (!status)
		status = diff_make(d);
	if (!status && !tell(a->result, d, base_name(d->path[0]), note))
		status = -ENOMEM;
	return status;
}

static int compare(struct span_audit *a, const char *path, const char *note, struct errors *errs)
{
	struct diff d = {.path = {path, "the result"}};
	int status = read_result_file(path, errs, &d.was);

	if (!status)
		status = hold_against(a, &d, note, errs);
	diff_done(&d);
	return status;
}

int engine_against(struct span_audit *a, const char *name, const char *p, size_t n)
{
	struct diff d = {.path = {name, "the result"}};
	int status = read_result_parse(name, p, n, &a->errs, &d.was);

	if (!status)
		status = hold_against(a, &d, NULL, &a->errs);
	diff_done(&d);
	return status;
}

int span_audit_against(struct span_audit *a, const char *path, const char *note, FILE *err)
{
	struct errors errs = {0};
	struct out words = {0};
	int status = a->result ? compare(a, path, note, &errs) : SPAN_USAGE;

	if (status > 0 || status == -EINVAL)
		status = status == RESULT_READ_UNREADABLE ? SPAN_INPUT : SPAN_USAGE;
	errors_format(&errs, "spanaudit", &words);
	if (engine_put(&words, err) == -ENOMEM)
		status = -ENOMEM;
	out_done(&words);
	errors_done(&errs);
	return status;
}
