// SPDX-License-Identifier: BSD-2-Clause
/*
 * feed - all inputs of a run as one stream of packets, and what they say beside their packets.
 *
 * Inputs are merged by packet time, so neither how a capture was split into files nor the order of
 * the command line can be seen in a result.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/time.h"
#include "capture/folder.h"
#include "capture/follow.h"
#include "capture/merge.h"
#include "engine/engine.h"
#include "engine/keep.h"

enum { PROGRESS_EVERY = 64, INTERFACES_MOST = 65536 };

struct feed {
	struct span_audit *a;
	struct order **open; /* by input; borrowed from the merge */
	VEC(struct source_loss) losses;
	VEC(struct source_name) names;
	VEC(struct source_interface) interfaces;
	int status; /* 0 or SPAN_INPUT, SPAN_USAGE */
	int err;
};

static struct order *open_with(struct feed *f, struct result_input *in,
			       const struct source_options *opt)
{
	bool usage = false;
	struct source *s = source_open(in->path, opt, &f->a->errs, &usage);
	struct order *o;

	if (!s) {
		in->failed = true;
		f->status = usage ? SPAN_USAGE : SPAN_INPUT;
		return NULL;
	}
	in->format = s->format;
	in->codec = s->codec;
	o = order_new(s);
	if (!o)
		f->err = -ENOMEM;
	return o;
}

static struct order *open_input(void *user, uint32_t i)
{
	struct feed *f = user;
	struct source_options opt = engine_source_options(f->a);

	f->open[i] = open_with(f, &f->a->inputs[i], &opt);
	return f->open[i];
}

static void times(struct result_input *in, const struct order_stats *t)
{
	in->first_ns = t->first_ns;
	in->last_ns = t->last_ns;
	in->late = t->late;
	in->unsorted = t->beyond;
	in->step_ns = t->step_ns;
	in->step_packet = t->step_at;
	in->strange_time = t->before_1970 + t->far_future;
	in->untimed = t->untimed;
}

static void how_it_ended(struct feed *f, struct result_input *in, const struct source *s)
{
	struct arena *arena = &f->a->arena;
	struct error *e;

	switch (s->end) {
	case SOURCE_CUT:
	case SOURCE_DAMAGED:
		in->caveat = arena_printf(arena, "%s after packet %llu: %s",
					  s->end == SOURCE_CUT ? "cut off" : "damaged",
					  (unsigned long long)in->packets, s->why);
		break;
	case SOURCE_FAILED:
		e = errors_add(&f->a->errs, false, "'%s' could not be read to its end: %s",
			       in->path, s->why);
		error_hint(e, "the disk or network share gave up; copy the file and try again");
		in->failed = true;
		in->caveat = arena_strdup(arena, s->why);
		f->status = SPAN_INPUT;
		break;
	case SOURCE_MORE:
	case SOURCE_WHOLE:
		break;
	}
	if (s->note[0] && !in->note)
		in->note = arena_strdup(arena, s->note);
	in->bytes = s->at;
}

/* What an input came to, from its source. */
static void took(struct feed *f, struct result_input *in, const struct order *o)
{
	const struct source *s = order_source(o);

	times(in, order_stats(o));
	how_it_ended(f, in, s);
	for (size_t k = 0; k < s->losses.n; k++)
		if (!vec_push(&f->losses, s->losses.v[k]))
			f->err = -ENOMEM;
	for (size_t k = 0; k < s->interfaces.n; k++)
		if (f->interfaces.n < INTERFACES_MOST &&
		    !vec_push(&f->interfaces, s->interfaces.v[k]))
			f->err = -ENOMEM;
	for (size_t k = 0; k < s->names.n; k++)
		if (!vec_push(&f->names, s->names.v[k]))
			f->err = -ENOMEM;
}

static void ended(void *user, uint32_t i, const struct order *o)
{
	struct feed *f = user;

	f->open[i] = NULL;
	took(f, &f->a->inputs[i], o);
}

/* ------------------------------------------------------------------ what stands beside packets */

static int by_interface(const void *x, const void *y)
{
	const struct source_loss *a = x, *b = y;
	int c = strcmp(a->name, b->name);

	return c ? c : (a->start_ns > b->start_ns) - (a->start_ns < b->start_ns);
}

/* Counters of one interface that began at one time are readings of one counter: the files of a
 * rotated set. Others add up. */
static void add_losses(struct feed *f)
{
	struct span_audit *a = f->a;
	uint64_t nic = 0, os = 0;

	if (f->losses.n)
		qsort(f->losses.v, f->losses.n, sizeof *f->losses.v, by_interface);
	for (size_t i = 0; i < f->losses.n; i++) {
		const struct source_loss *l = &f->losses.v[i];
		bool same = i && l->start_ns != TIME_NONE && by_interface(l - 1, l) == 0;

		if (!same)
			nic = os = 0;
		if (l->nic > nic) {
			a->drops_nic += l->nic - nic;
			nic = l->nic;
		}
		if (l->os > os) {
			a->drops_os += l->os - os;
			os = l->os;
		}
	}
}

/* Whole names before short ones, then the smallest: the order of files cannot be seen. */
static int by_address(const void *x, const void *y)
{
	const struct source_name *a = x, *b = y;
	int c = memcmp(&a->addr, &b->addr, sizeof a->addr);

	if (!c)
		c = (strchr(b->name, '.') != NULL) - (strchr(a->name, '.') != NULL);
	return c ? c : strcmp(a->name, b->name);
}

/* One name for an address. */
static int add_names(struct feed *f)
{
	struct span_audit *a = f->a;
	struct passive_name *v;

	if (!f->names.n)
		return 0;
	qsort(f->names.v, f->names.n, sizeof *f->names.v, by_address);
	v = arena_alloc(&a->arena, f->names.n * sizeof *v);
	if (!v)
		return -ENOMEM;
	for (size_t i = 0; i < f->names.n; i++) {
		const struct source_name *n = &f->names.v[i];

		if (!n->name[0] || (a->n_names && addr_equal(&v[a->n_names - 1].addr, &n->addr)))
			continue;
		v[a->n_names].addr = n->addr;
		v[a->n_names].name = arena_strdup(&a->arena, n->name);
		if (!v[a->n_names++].name)
			return -ENOMEM;
	}
	a->names = v;
	return 0;
}

static int by_kind(const void *x, const void *y)
{
	const struct source_interface *a = x, *b = y;
	int c = strcmp(a->name, b->name);

	if (!c)
		c = (a->linktype > b->linktype) - (a->linktype < b->linktype);
	if (!c)
		c = (a->snaplen > b->snaplen) - (a->snaplen < b->snaplen);
	return c ? c : strcmp(a->filter, b->filter);
}

/* Each kind once, whatever files it stands in. */
static int add_interfaces(struct feed *f)
{
	struct span_audit *a = f->a;
	struct fit_interface *v;

	if (!f->interfaces.n)
		return 0;
	qsort(f->interfaces.v, f->interfaces.n, sizeof *f->interfaces.v, by_kind);
	v = arena_alloc(&a->arena, f->interfaces.n * sizeof *v);
	if (!v)
		return -ENOMEM;
	for (size_t i = 0; i < f->interfaces.n; i++) {
		const struct source_interface *s = &f->interfaces.v[i];

		if (i && by_kind(s - 1, s) == 0)
			continue;
		v[a->n_interfaces++] = (struct fit_interface){
			.name = arena_strdup(&a->arena, s->name),
			.filter = arena_strdup(&a->arena, s->filter),
			.linktype = s->linktype,
			.snaplen = s->snaplen,
		};
		if (!v[a->n_interfaces - 1].name || !v[a->n_interfaces - 1].filter)
			return -ENOMEM;
	}
	a->interfaces = v;
	return 0;
}

/* ------------------------------------------------------------------ the stream */

static void tell(const struct feed *f, const struct source *s, uint32_t input)
{
	const struct span_audit *a = f->a;

	if (a->progress)
		a->progress(a->progress_user, a->inputs[input].path, s->at, s->size,
			    hot_packets(a->hot));
}

/* Files that could not be opened, and copies of others, stand behind the rest. */
static size_t readable(const struct span_audit *a)
{
	size_t n = 0;

	while (n < a->n_inputs && !a->inputs[n].failed && !a->inputs[n].same_as)
		n++;
	return n;
}

static int take_batch(struct span_audit *a, const struct batch *b)
{
	return a->keep ? keep_batch(a->keep, b) : hot_batch(a->hot, a, b);
}

static int run_merged(struct feed *f)
{
	static const struct merge_ops ops = {.open = open_input, .ended = ended};
	struct span_audit *a = f->a;
	size_t n = readable(a);
	int64_t *first = calloc(n + 1, sizeof *first);
	struct merge *m = NULL;
	struct batch b;
	int r = -ENOMEM;

	f->open = calloc(n + 1, sizeof *f->open);
	if (!first || !f->open)
		goto done;
	for (size_t i = 0; i < n; i++)
		first[i] = a->inputs[i].first_ns;
	m = merge_new(first, n, &ops, f);
	if (!m)
		goto done;
	for (unsigned turn = 0; (r = merge_next(m, &b)) == 0 && b.n; turn++) {
		uint32_t input = b.f[0].input;

		asked_keep(a, &b);
		r = take_batch(a, &b);
		if (r < 0 || f->err || f->status == SPAN_USAGE)
			break;
		if (turn % PROGRESS_EVERY == 0 && f->open[input])
			tell(f, order_source(f->open[input]), input);
	}
	if (r == 0)
		r = f->err;
done:
	merge_free(m);
	free(f->open);
	free(first);
	return r;
}

/* ------------------------------------------------------------------ a followed input */

/* A file that the ring has come to. */
static struct result_input *append(struct span_audit *a, const char *path)
{
	struct result_input *in;

	if (!(a->n_inputs & (a->n_inputs - 1))) { /* full at powers of two */
		size_t cap = a->n_inputs ? a->n_inputs * 2 : 1;

		in = arena_alloc(&a->arena, cap * sizeof *in);
		if (!in)
			return NULL;
		if (a->n_inputs)
			memcpy(in, a->inputs, a->n_inputs * sizeof *in);
		a->inputs = in;
	}
	in = &a->inputs[a->n_inputs];
	*in = (struct result_input){
		.path = arena_strdup(&a->arena, path), .first_ns = TIME_NONE, .last_ns = TIME_NONE};
	if (!in->path)
		return NULL;
	a->n_inputs++;
	return in;
}

static int read_followed(struct feed *f, uint32_t i, struct order *o)
{
	struct span_audit *a = f->a;
	struct batch b;
	int r;

	for (unsigned turn = 0; (r = order_next(o, &b)) == 0 && b.n; turn++) {
		for (size_t k = 0; k < b.n; k++)
			b.f[k].input = i;
		asked_keep(a, &b);
		r = take_batch(a, &b);
		if (r < 0)
			return r;
		if (turn % PROGRESS_EVERY == 0)
			tell(f, order_source(o), i);
		if (atomic_load(&a->stop) && order_source(o)->end == SOURCE_MORE) {
			a->inputs[i].note = "the reading was stopped before its end";
			break;
		}
	}
	return r;
}

static int one_followed(struct feed *f, const char *path, struct follow *follow)
{
	struct span_audit *a = f->a;
	struct result_input *in = append(a, path);
	struct source_options opt = engine_source_options(a);
	uint32_t i = (uint32_t)a->n_inputs - 1;
	struct order *o;
	int r;

	if (!in)
		return -ENOMEM;
	opt.wait = follow_wait;
	opt.wait_user = follow;
	o = open_with(f, in, &opt);
	if (!o)
		return f->err;
	r = read_followed(f, i, o);
	took(f, &a->inputs[i], o);
	order_close(o);
	return r ? r : f->err;
}

/* What went by unread makes the result inconclusive. */
static int tell_lost(struct span_audit *a, const struct follow_stats *s)
{
	uint64_t lost = s->lost + s->overwritten + s->late;

	if (lost) {
		struct out name = {0};

		out_text_z(&name, s->lost_name[0] ? s->lost_name : s->late_name);
		a->lost_input = arena_printf(
			&a->arena,
			"%llu capture file%s overwritten, deleted or continued before being read "
			"to the end%s%s%s: give the ring more files, or larger ones.",
			(unsigned long long)lost, lost == 1 ? " was" : "s were", name.n ? " (" : "",
			out_str(&name), name.n ? ")" : "");
		out_done(&name);
		if (!a->lost_input)
			return -ENOMEM;
	}
	return 0;
}

/* A file of another kind will not become a capture by waiting. */
static bool is_foreign(struct feed *f, const char *path)
{
	struct source_options opt = engine_source_options(f->a);
	bool usage = false;
	int64_t first;
	struct stat st;
	struct source *s;

	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode) ||
	    folder_look(path, &first) != FOLDER_FOREIGN)
		return false;
	s = source_open(path, &opt, &f->a->errs, &usage);
	source_close(s);
	return s == NULL;
}

static int run_followed(struct feed *f)
{
	struct span_audit *a = f->a;
	struct follow_options opt = {.stop_fd = a->stop_fd};
	struct follow *follow;
	const char *path;
	int r;

	if (is_foreign(f, a->files.v[0]))
		return SPAN_INPUT;
	r = follow_new(a->files.v[0], &opt, &follow);
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		struct error *e = errors_add(&a->errs, false, "cannot follow it: %s", strerror(-r));

		error_place(e, a->files.v[0], 0, 0, 1);
		error_hint(e, "--follow wants a capture file, or the folder that a ring-buffer "
			      "capture fills, which must exist already\nlook with `ls -ld`");
		return SPAN_INPUT;
	}
	while (!atomic_load(&a->stop) && (r = follow_next(follow, &path)) == 1) {
		r = one_followed(f, path, follow);
		if (r < 0 || f->status == SPAN_USAGE)
			break;
	}
	if (r >= 0)
		r = tell_lost(a, follow_stats(follow));
	follow_free(follow);
	return r;
}

int feed_run(struct span_audit *a)
{
	struct feed f = {.a = a};
	int r = a->follow ? run_followed(&f) : run_merged(&f);

	if (r == 0) {
		add_losses(&f);
		a->drops_told = f.losses.n > 0;
		r = add_names(&f);
		r = r ? r : add_interfaces(&f);
	}
	vec_done(&f.losses);
	vec_done(&f.names);
	vec_done(&f.interfaces);
	return r ? r : f.status;
}
