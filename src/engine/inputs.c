// SPDX-License-Identifier: BSD-2-Clause
/*
 * inputs - the files of a run: which ones, in which order, and their digests.
 *
 * Files are read in the order of their first packets, so that the order on the command line does
 * not matter. What is no regular file (standard input, a pipe) cannot be looked at twice and is
 * read from the start.
 */
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/time.h"
#include "capture/folder.h"
#include "capture/order.h"
#include "engine/digest.h"
#include "engine/engine.h"

/* A digest reads the file once more. Up to this size nobody notices; beyond it is asked for. */
static const off_t digest_below = 64 << 20;

/* An input, and what tells it from others while the list is made. */
struct candidate {
	struct result_input in;
	dev_t dev;
	ino_t ino;
	bool regular;
	bool passed_over; /* none of the time asked for is in it */
};

struct candidates {
	VEC(struct candidate) v;
};

struct source_options engine_source_options(const struct span_audit *a)
{
	return (struct source_options){.filter = a->filter, .reader = a->reader};
}

static int push(struct span_audit *a, struct candidates *c, const char *path)
{
	struct candidate new = {.in = {.path = arena_strdup(&a->arena, path)}};
	struct stat st;

	if (!new.in.path)
		return -ENOMEM;
	new.in.first_ns = new.in.last_ns = TIME_NONE;
	if (strcmp(path, "-") != 0 && stat(path, &st) == 0) {
		new.regular = S_ISREG(st.st_mode);
		new.dev = st.st_dev;
		new.ino = st.st_ino;
	}
	return vec_push(&c->v, new) ? 0 : -ENOMEM;
}

/* ------------------------------------------------------------------ folders and patterns */

/* Foreign files are told, not judged: a folder of captures often holds a README too. */
static void tell_skipped(struct span_audit *a, const char *dir, const struct dir_captures *d)
{
	enum { SHOWN = 3 };
	struct out names = {0};
	struct error *e;

	if (!d->skipped.n)
		return;
	for (size_t i = 0; i < d->skipped.n && i < SHOWN; i++) {
		out_puts(&names, i ? ", " : "");
		out_text_z(&names, d->skipped.v[i]);
	}
	if (d->skipped.n > SHOWN)
		out_puts(&names, " ...");
	e = errors_add(&a->errs, true, "%zu of the files in it %s no capture%s: %s", d->skipped.n,
		       d->skipped.n == 1 ? "is" : "are", d->skipped.n == 1 ? "" : "s",
		       out_str(&names));
	error_place(e, dir, 0, 0, 1);
	error_hint(e, d->skipped.n == 1
			      ? "it was left out; name it to hear what is wrong with it"
			      : "they were left out; name one to hear what is wrong with it");
	out_done(&names);
}

static void tell_below(struct span_audit *a, const char *dir, size_t n)
{
	struct error *e;

	if (!n)
		return;
	e = errors_add(&a->errs, true, "%zu folder%s in it %s not looked into", n,
		       n == 1 ? "" : "s", n == 1 ? "was" : "were");
	error_place(e, dir, 0, 0, 1);
	error_hint(e, "name them too when they hold captures of the same deployment");
}

/* Its name says capture, its content does not: an empty one, say, of a disk that was full. That is
 * no foreign file but one that cannot be read, and the result must say so. */
static bool promises_capture(const char *name)
{
	const char *dot = strrchr(name, '.');

	return strcasestr(name, ".pcap") || (dot && strcasecmp(dot, ".cap") == 0);
}

static int push_promised(struct span_audit *a, struct candidates *c, const char *dir,
			 struct dir_captures *d)
{
	size_t kept = 0;
	int r = 0;

	for (size_t i = 0; i < d->skipped.n; i++) {
		char *name = d->skipped.v[i];

		if (r < 0 || !promises_capture(name)) {
			d->skipped.v[kept++] = name;
			continue;
		}

		char *path = arena_printf(&a->arena, "%s/%s", dir, name);

		r = path ? push(a, c, path) : -ENOMEM;
		free(name);
	}
	d->skipped.n = kept;
	return r;
}

static int push_folder(struct span_audit *a, struct candidates *c, const char *dir)
{
	struct dir_captures d = {0};
	struct error *e;
	int r = dir_captures(dir, &d);
	size_t before = c->v.n;

	if (r == 0)
		r = push_promised(a, c, dir, &d);

	if (r < 0 && r != -ENOMEM) {
		e = errors_add(&a->errs, false, "cannot list this folder: %s", strerror(-r));
		error_place(e, dir, 0, 0, 1);
		error_hint(e,
			   "its mode keeps this user out, or the disk failed\nlook with `ls -ld`");
		r = SPAN_INPUT;
	} else if (r == 0 && !d.paths.n && c->v.n == before) {
		e = errors_add(&a->errs, false, "there is no capture in this folder");
		error_place(e, dir, 0, 0, 1);
		error_hint(e, "%s\nname the folder that holds the pcap or pcapng files themselves",
			   d.n_folders   ? "folders in it are not looked into"
			   : d.skipped.n ? "none of its files is pcap or pcapng"
					 : "it holds no file");
		r = SPAN_INPUT;
	}
	tell_skipped(a, dir, &d);
	if (d.paths.n || c->v.n > before)
		tell_below(a, dir, d.n_folders);
	for (size_t i = 0; r == 0 && i < d.paths.n; i++)
		r = push(a, c, d.paths.v[i]);
	dir_captures_done(&d);
	return r;
}

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int push_path(struct span_audit *a, struct candidates *c, const char *path)
{
	return is_folder(path) ? push_folder(a, c, path) : push(a, c, path);
}

/* A pattern without a match is an input that is not there. */
static int push_nothing(struct span_audit *a, struct candidates *c, const char *pattern)
{
	struct error *e = errors_add(&a->errs, false, "no file matches this pattern");
	int r = push(a, c, pattern);

	error_place(e, pattern, 0, 0, 1);
	error_hint(e,
		   "the pattern or its folder may be misspelt, or no capture was written yet\nlook "
		   "with `ls` at the folder");
	if (r < 0)
		return r;
	c->v.v[c->v.n - 1].in.failed = true;
	return SPAN_INPUT;
}

/* Shells expand patterns themselves; quoted ones, and those of other programs, come here. A file of
 * that very name wins. */
static int push_pattern(struct span_audit *a, struct candidates *c, const char *pattern)
{
	struct stat st;
	glob_t g;
	int r = 0;

	if (!strpbrk(pattern, "*?[") || lstat(pattern, &st) == 0)
		return push_path(a, c, pattern);
	switch (glob(pattern, 0, NULL, &g)) {
	case 0:
		break;
	case GLOB_NOSPACE:
		return -ENOMEM;
	default:
		return push_nothing(a, c, pattern);
	}
	for (size_t i = 0; r == 0 && i < g.gl_pathc; i++)
		r = push_path(a, c, g.gl_pathv[i]);
	globfree(&g);
	return r;
}

static int expand(struct span_audit *a, struct candidates *c)
{
	bool has_stdin = false;
	int worst = 0;

	for (size_t i = 0; i < a->files.n; i++) {
		const char *path = a->files.v[i];
		int r;

		if (strcmp(path, "-") == 0) {
			if (has_stdin) {
				struct error *e = errors_add(&a->errs, false,
							     "standard input is named twice");

				error_hint(e, "a stream can be read once only: name '-' once");
				return SPAN_USAGE;
			}
			has_stdin = true;
			r = push(a, c, path);
		} else {
			r = push_pattern(a, c, path);
		}
		if (r < 0)
			return r;
		if (r)
			worst = r;
	}
	return worst;
}

/* ------------------------------------------------------------------ one look at each */

static const char *digest(struct span_audit *a, const char *path)
{
	struct stat st;
	char hex[SHA256_HEX];

	if (stat(path, &st) < 0 || (st.st_size > digest_below && !a->digest_all))
		return NULL;
	return digest_file(path, hex) ? arena_strdup(&a->arena, hex) : NULL;
}

/* The time of the first packet, as order.h gives it; TIME_NONE without one. */
static int peek(struct span_audit *a, struct result_input *in)
{
	struct source_options opt = engine_source_options(a);
	struct batch b;
	bool usage = false;
	struct source *s = source_open(in->path, &opt, &a->errs, &usage);
	struct order *o;
	int r;

	if (!s) {
		in->failed = true;
		return usage ? SPAN_USAGE : SPAN_INPUT;
	}
	o = order_new(s);
	if (!o)
		return -ENOMEM;
	r = order_next(o, &b);
	if (r == 0 && b.n)
		in->first_ns = b.f[0].ts_ns;
	order_close(o);
	return r;
}

static int by_first(const void *x, const void *y)
{
	const struct result_input *a = x, *b = y;
	int left_out_a = a->failed ? 2 : a->same_as != NULL;
	int left_out_b = b->failed ? 2 : b->same_as != NULL;

	if (left_out_a != left_out_b)
		return left_out_a - left_out_b;
	if (a->first_ns != b->first_ns)
		return a->first_ns < b->first_ns ? -1 : 1;
	return strcmp(a->path, b->path);
}

/* The file that c[i] is again, under another name or as a copy; by name, so that the order of the
 * command line does not show. */
static const char *same_as(const struct candidates *c, size_t i)
{
	const struct candidate *x = &c->v.v[i];
	const char *path = NULL;

	if (!x->regular || x->in.failed || x->in.first_ns == TIME_NONE)
		return NULL; /* empty files are alike and nobody's copy */
	for (size_t k = 0; k < c->v.n; k++) {
		const struct candidate *y = &c->v.v[k];
		bool same = !y->passed_over && y->in.first_ns != TIME_NONE && y->regular &&
			    !y->in.failed &&
			    ((x->dev == y->dev && x->ino == y->ino) ||
			     (x->in.sha256 && y->in.sha256 && !strcmp(x->in.sha256, y->in.sha256)));
		int order = strcmp(y->in.path, x->in.path);

		if (k != i && same && (order < 0 || (order == 0 && k < i)) &&
		    (!path || strcmp(y->in.path, path) < 0))
			path = y->in.path;
	}
	return path;
}

static int look(struct span_audit *a, struct candidates *c)
{
	int worst = 0;

	for (size_t i = 0; i < c->v.n; i++) {
		struct candidate *x = &c->v.v[i];
		int r;

		if (x->in.failed)
			continue;
		/* What is no regular file is opened once, by who reads it; so is what does not
		 * exist, but its error is said before anything is read. */
		if (!strcmp(x->in.path, "-") || (x->ino && !x->regular && !is_folder(x->in.path)))
			continue;
		if (asked_passes_over(a, x->in.path)) {
			x->passed_over = true;
			continue;
		}
		r = peek(a, &x->in);
		if (r < 0 || r == SPAN_USAGE)
			return r;
		x->passed_over = asked_is_past(a, x->in.first_ns);
		if (r)
			worst = r;
		else if (!x->passed_over)
			x->in.sha256 = digest(a, x->in.path);
	}
	for (size_t i = 0; i < c->v.n; i++)
		c->v.v[i].in.same_as = same_as(c, i);
	return worst;
}

static int take(struct span_audit *a, const struct candidates *c)
{
	a->inputs = arena_alloc(&a->arena, (c->v.n + 1) * sizeof *a->inputs);
	if (!a->inputs)
		return -ENOMEM;
	for (size_t i = 0; i < c->v.n; i++)
		if (!c->v.v[i].passed_over)
			a->inputs[a->n_inputs++] = c->v.v[i].in;
	/* TIME_NONE is the smallest: streams and empty files come first. */
	if (a->n_inputs)
		qsort(a->inputs, a->n_inputs, sizeof *a->inputs, by_first);
	for (size_t i = 0; i < a->n_inputs; i++)
		if (a->inputs[i].same_as) /* not read: it has no times of its own */
			a->inputs[i].first_ns = TIME_NONE;
	return 0;
}

/* One path, which will be looked at when it is followed. */
static int follow_one(struct span_audit *a)
{
	struct error *e;

	if (a->files.n == 1 && strcmp(a->files.v[0], "-") != 0)
		return 0;
	if (a->files.n == 1) {
		e = errors_add(&a->errs, false, "standard input cannot be followed");
		error_hint(
			e,
			"a pipe is read until its other end is closed anyway\nleave --follow away");
	} else {
		e = errors_add(&a->errs, false, "%zu inputs cannot be followed at once",
			       a->files.n);
		error_hint(e,
			   "--follow takes one file that grows, or one folder that a ring-buffer "
			   "capture fills\nname just that");
	}
	return SPAN_USAGE;
}

int inputs_open(struct span_audit *a)
{
	struct candidates c = {0};

	if (a->follow)
		return follow_one(a);

	int expanded = expand(a, &c);
	int r = expanded < 0 || expanded == SPAN_USAGE ? expanded : look(a, &c);

	if (r == 0 || r == SPAN_INPUT) {
		int taken = take(a, &c);

		r = taken ? taken : r ? r : expanded;
	}
	vec_done(&c.v);
	return r;
}
