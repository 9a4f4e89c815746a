// SPDX-License-Identifier: BSD-2-Clause
/* store_admin - stores for who looks after them: made, told of, made smaller, exported. */
#include <spanaudit/store.h>

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/time.h"
#include "engine/engine.h"
#include "store/admin.h"

static const int64_t DAY_NS = INT64_C(24) * 3600 * NS_PER_S;

static int tell(const struct errors *errs, FILE *err, int status)
{
	struct out o = {0};

	errors_format(errs, "spanaudit", &o);
	engine_put(&o, err);
	out_done(&o);
	return status;
}

static int open_store(const char *path, enum store_mode mode, struct store **ret, FILE *err)
{
	struct errors errs = {0};
	int r = store_open(path, mode, &errs, ret);

	tell(&errs, err, 0);
	errors_done(&errs);
	return r == 0 || r == -ENOMEM ? r : r == -EEXIST ? SPAN_USAGE : SPAN_INPUT;
}

static int failed(const char *path, const struct store *s, int status, FILE *err)
{
	struct errors errs = {0};
	struct out why = {0};
	struct error *e;

	if (status == -ENOMEM)
		return status;
	out_text_z(&why, store_why(s));
	e = errors_add(&errs, false, "the store: %s", out_str(&why));
	error_place(e, path, 0, 0, 1);
	error_hint(e, status == -EBUSY
			      ? "wait for the run to end: spanaudit store status tells of it"
			      : "the disk may be full or failing; what was written whole stays");
	tell(&errs, err, 0);
	errors_done(&errs);
	out_done(&why);
	return SPAN_INPUT;
}

int span_store_init(const char *path, FILE *err)
{
	struct store *s;
	int r = open_store(path, STORE_NEW, &s, err);

	if (r == 0)
		store_close(s);
	return r;
}

/* ------------------------------------------------------------------ status */

static void size_text(struct out *o, uint64_t bytes)
{
	static const char *const unit[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
	double n = (double)bytes;
	size_t i = 0;

	for (; n >= 1024 && i + 1 < sizeof unit / sizeof *unit; i++)
		n /= 1024;
	out_printf(o, i ? "%.1f %s" : "%.0f %s", n, unit[i]);
}

static void hours_told(struct out *o, const struct store_summary *p)
{
	enum { SHOWN = 32 };
	char from[TIME_TEXT], to[TIME_TEXT];
	int64_t n = 0;
	size_t skip = p->hours.n > SHOWN ? p->hours.n - SHOWN : 0;

	for (size_t i = 0; i < p->hours.n; i++)
		n += (p->hours.v[i].to - p->hours.v[i].from) / STORE_HOUR;
	if (!n) {
		out_puts(o, "hours:          none: nothing was stored yet\n");
		return;
	}
	out_printf(o, "hours:          %" PRId64 " with packets, in UTC:\n", n);
	if (skip)
		out_printf(o, "                (%zu older spans)\n", skip);
	for (size_t i = skip; i < p->hours.n; i++) {
		const struct store_span *h = &p->hours.v[i];

		if (i > skip)
			out_printf(o, "                (%" PRId64 " h without a packet)\n",
				   (h->from - h[-1].to) / STORE_HOUR);
		out_printf(o, "                %.16s to %.16s\n",
			   time_human(h->from * NS_PER_S, from), time_human(h->to * NS_PER_S, to));
	}
}

static const char *state_words(const struct store_summary *p, size_t i)
{
	const struct store_run_row *r = &p->runs.v[i];

	if (strcmp(r->state, "open") != 0)
		return strcmp(r->state, "interrupted") == 0
			       ? "INTERRUPTED: what it had not written is not here. Audit its "
				 "files again with --store"
			       : "ended in order";
	return p->storing && i == 0 ? "at work now"
				    : "INTERRUPTED: what it had not written is not here. Audit its "
				      "files again with --store";
}

static void runs_told(struct out *o, const struct store_summary *p)
{
	char text[TIME_TEXT];

	out_printf(o, "runs:           %" PRIu64 "\n", p->n_runs);
	for (size_t i = 0; i < p->runs.n; i++) {
		const struct store_run_row *r = &p->runs.v[i];

		out_printf(o, "  run %" PRId64 " of %s UTC: %s\n", r->id,
			   time_human(r->began_ns, text), state_words(p, i));
		out_printf(o, "    %" PRIu64 " segment%s, %" PRIu64 " packets", r->segments,
			   r->segments == 1 ? "" : "s", r->packets);
		if (r->files[0])
			out_puts(o, " of: ");
		out_text_z(o, r->files);
		out_char(o, '\n');
	}
}

int span_store_status(const char *path, FILE *f, FILE *err)
{
	struct store_summary p;
	struct out o = {0};
	struct store *s;
	int r = open_store(path, STORE_READ, &s, err);

	if (r)
		return r;
	r = store_summary(s, &p);
	if (r == 0) {
		out_puts(&o, "store:          ");
		out_text_z(&o, path);
		out_puts(&o, "\nsize:           ");
		size_text(&o, p.bytes);
		if (p.free_bytes) {
			out_puts(&o, ", of which ");
			size_text(&o, p.free_bytes);
			out_puts(&o, " unused");
		}
		out_printf(&o,
			   "\nrows:           %" PRIu64 " of conversations, %" PRIu64
			   " of granted ports, %" PRIu64 " told of hosts\n",
			   p.conversations, p.grants, p.sightings);
		out_printf(&o, "captures read:  %" PRIu64 ", in %" PRIu64 " segment%s\n", p.inputs,
			   p.segments, p.segments == 1 ? "" : "s");
		hours_told(&o, &p);
		runs_told(&o, &p);
		r = engine_put(&o, f);
	} else {
		r = failed(path, s, r, err);
	}
	store_summary_done(&p);
	store_close(s);
	out_done(&o);
	return r;
}

/* ------------------------------------------------------------------ gc and export */

static void gone_told(struct out *o, const struct store_gone *g)
{
	char text[TIME_TEXT];

	if (!g->rows && !g->reports && !g->captures) {
		out_puts(o, "nothing was deleted: nothing is that old, and the size is within the "
			    "limit\n");
		return;
	}
	if (g->rows)
		out_printf(o,
			   "deleted: %" PRIu64 " hours before %.16s UTC, %" PRIu64
			   " rows of conversations, %" PRIu64 " rows in all\n",
			   g->hours, time_human(g->before * NS_PER_S, text), g->conversations,
			   g->rows);
	if (g->reports)
		out_printf(o, "deleted: %" PRIu64 " report%s, with what %s said of findings\n",
			   g->reports, g->reports == 1 ? "" : "s", g->reports == 1 ? "it" : "they");
	if (g->captures)
		out_printf(o,
			   "deleted: %" PRIu64 " capture%s of the ledger: given again, %s stored "
			   "again\n",
			   g->captures, g->captures == 1 ? "" : "s",
			   g->captures == 1 ? "it is" : "they are");
	out_puts(o, "size:    ");
	size_text(o, g->bytes_before);
	out_puts(o, " before, ");
	size_text(o, g->bytes_after);
	out_puts(o, " now\n");
}

int span_store_gc(const char *path, const struct span_store_limits *l, FILE *f, FILE *err)
{
	struct store_gone gone = {0};
	struct out o = {0};
	struct store *s;
	size_t interrupted;
	int64_t now_ns, before = INT64_MIN;
	int r;

	if (!l->now || !time_parse(l->now, &now_ns))
		now_ns = (int64_t)time(NULL) * NS_PER_S;
	if (l->keep_days)
		before = store_hour(now_ns) - (int64_t)l->keep_days * 24 * STORE_HOUR;
	r = open_store(path, STORE_CHANGE, &s, err);
	if (r)
		return r;
	r = store_lock(s, &interrupted);
	r = r ? r : store_gc(s, before, l->max_bytes, &gone);
	if (r == 0 && l->keep_reports)
		r = store_gc_reports(s, now_ns - l->keep_reports * DAY_NS, &gone);
	if (r == 0 && l->keep_ledger)
		r = store_gc_ledger(s, now_ns - l->keep_ledger * DAY_NS, &gone);
	r = r ? r : store_shrink(s, &gone);
	if (r < 0) {
		r = failed(path, s, r, err);
	} else {
		gone_told(&o, &gone);
		r = engine_put(&o, f);
	}
	store_close(s);
	out_done(&o);
	return r;
}

static int put_line(void *user, const struct out *line)
{
	return engine_put(line, user);
}

int span_store_export(const char *path, FILE *f, FILE *err)
{
	struct store *s;
	int r = open_store(path, STORE_READ, &s, err);

	if (r)
		return r;
	r = store_export(s, put_line, f);
	if (r < 0 && !ferror(f))
		r = failed(path, s, r, err);
	store_close(s);
	return r;
}
