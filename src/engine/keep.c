// SPDX-License-Identifier: BSD-2-Clause
/* keep - a run and its store: what is stored, when, and what happens when that fails. */
#include "engine/keep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/time.h"
#include "engine/digest.h"
#include "engine/from_store.h"
#include "engine/keep_hours.h"

#include "config.h"

enum { PARTS = 168 }; /* hours of a connection that wait for its end */

struct keep {
	struct span_audit *a;
	struct store *store;
	struct hours *hours;
	/* The loop that the store listens to: the run's own, or one for what is not known yet. */
	struct span_audit *shadow; /* NULL: the run's own */
	bool *known;               /* by input, with the shadow */
	size_t n_known;
	char **digest; /* by input, of those that the result does not tell; n_digest of them */
	size_t n_digest;
	uint64_t *written; /* packets of each input as told to the store last, + 1 */
	size_t n_written;
	int64_t clock; /* hour of the packets before */
	bool ticking, stopped;
	struct coverage before;
	const char *caveat;
};

static int64_t wall_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

const char *keep_caveat(const struct keep *k)
{
	return k ? k->caveat : NULL;
}

struct keep *keep_free(struct keep *k)
{
	if (!k)
		return NULL;
	store_close(k->store);
	hours_free(k->hours);
	if (k->shadow) {
		hot_free(k->shadow->hot);
		free(k->shadow->inputs);
		arena_done(&k->shadow->arena);
	}
	free(k->shadow);
	for (size_t i = 0; i < k->n_digest; i++)
		free(k->digest[i]);
	free(k->digest);
	free(k->known);
	free(k->written);
	free(k);
	return NULL;
}

/* Storing ends here, judging does not. */
static int stop(struct keep *k, int status)
{
	struct span_audit *a = k->a;
	struct out why = {0};
	struct error *e;

	if (status == -ENOMEM)
		return status;
	out_text_z(&why, k->store ? store_why(k->store) : "it cannot be opened");
	e = errors_add(&a->errs, false, "storing stopped: %s", out_str(&why));
	error_place(e, a->store_path, 0, 0, 1);
	error_hint(e,
		   "what was stored before stays; the audit itself is not affected\nmake room or "
		   "wait for the other program, and give the same files again");
	k->caveat = arena_printf(&a->arena,
				 "The store %s does not hold all of this input: %s. The judgement "
				 "here is of all of it.",
				 a->store_path, out_str(&why));
	out_done(&why);
	k->stopped = true;
	if (k->hours)
		hours_close(k->hours);
	store_close(k->store);
	k->store = NULL;
	return k->caveat ? 0 : -ENOMEM;
}

/* ------------------------------------------------------------------ what is known */

static bool readable(const struct result_input *in)
{
	return !in->failed && !in->same_as;
}

/* Contents of all inputs, also where the result does not tell them; a pipe has none. */
static int digests(struct keep *k, const char **ret)
{
	struct span_audit *a = k->a;
	char hex[SHA256_HEX];
	struct stat st;

	k->digest = calloc(a->n_inputs + 1, sizeof *k->digest);
	if (!k->digest)
		return -ENOMEM;
	k->n_digest = a->n_inputs;
	for (size_t i = 0; i < a->n_inputs; i++) {
		const struct result_input *in = &a->inputs[i];

		ret[i] = NULL;
		if (!readable(in))
			continue;
		if (!in->sha256 && stat(in->path, &st) == 0 && S_ISREG(st.st_mode) &&
		    digest_file(in->path, hex)) {
			k->digest[i] = strdup(hex);
			if (!k->digest[i])
				return -ENOMEM;
		}
		ret[i] = in->sha256 ? in->sha256 : k->digest[i];
	}
	return 0;
}

static void tell_known(struct span_audit *a, size_t n, size_t part, size_t of)
{
	struct error *e;

	if (n > part) {
		e = errors_add(&a->errs, true,
			       "%zu of %zu input%s in the store already, and %s not stored again",
			       n - part, of, of == 1 ? " is" : "s are",
			       n - part == 1 ? "was" : "were");
		error_place(e, a->store_path, 0, 0, 1);
		error_hint(e,
			   "the same bytes were read by an earlier run; they are judged here, and "
			   "counted once there");
	}
	if (part) {
		e = errors_add(&a->errs, true,
			       "%zu input%s in the store in part, by a run that was interrupted",
			       part, part == 1 ? " is" : "s are");
		error_place(e, a->store_path, 0, 0, 1);
		error_hint(e, "that run read other files too, which are not given now, so what it "
			      "left cannot be replaced\ngive all of its files together: spanaudit "
			      "store status names them");
	}
}

static void tell_interrupted(struct span_audit *a, size_t n)
{
	struct error *e;

	if (!n)
		return;
	e = errors_add(&a->errs, true, "an earlier run was interrupted while it was storing");
	error_place(e, a->store_path, 0, 0, 1);
	error_hint(e,
		   "it was killed, or the computer stopped: what it had not written is not in the "
		   "store\ngive its files again: spanaudit store status names them");
}

/* The loop of what is not known: settings of the run, inputs of its own. */
static int make_shadow(struct keep *k)
{
	struct span_audit *a = k->a, *s = calloc(1, sizeof *s);

	k->shadow = s;
	if (!s)
		return -ENOMEM;
	s->matrix = a->matrix;
	s->vlan_key = a->vlan_key;
	s->max_memory = a->max_memory;
	s->has_key = a->has_key;
	s->key = a->key;
	s->stop_fd = -1;
	s->inputs = calloc(a->n_inputs + 1, sizeof *s->inputs);
	s->n_inputs = a->n_inputs;
	return s->inputs ? 0 : -ENOMEM;
}

static int ask_ledger(struct keep *k)
{
	struct span_audit *a = k->a;
	const char **digest = calloc(a->n_inputs + 1, sizeof *digest);
	size_t part, of = 0;
	int r = digest ? digests(k, digest) : -ENOMEM;

	k->known = calloc(a->n_inputs + 1, sizeof *k->known);
	if (r == 0)
		r = k->known ? store_known(k->store, digest, a->n_inputs, k->known, &part)
			     : -ENOMEM;
	for (size_t i = 0; r == 0 && i < a->n_inputs; i++) {
		k->n_known += k->known[i];
		of += readable(&a->inputs[i]);
	}
	if (r == 0) {
		tell_known(a, k->n_known, part, of);
		/* Nothing is left: no run, and the store stays as it is. */
		k->stopped = k->n_known && k->n_known == of;
		r = k->n_known && !k->stopped ? make_shadow(k) : 0;
	}
	free(digest);
	return r;
}

/* ------------------------------------------------------------------ begin */

static int begin_run(struct keep *k)
{
	struct span_audit *a = k->a;
	struct run_told t = engine_told(a);

	if (!t.files)
		return -ENOMEM;
	return store_run_begin(k->store,
			       &(struct store_told){.files = t.files,
						    .filter = a->filter,
						    .vlan_key = a->vlan_key,
						    .piped = t.piped,
						    .max_memory = a->max_memory},
			       SPAN_VERSION, wall_clock());
}

static int begin(struct keep *k)
{
	size_t interrupted;
	int r = store_lock(k->store, &interrupted);

	if (r == 0)
		tell_interrupted(k->a, interrupted);
	if (r == 0)
		r = ask_ledger(k);
	if (r < 0 || k->stopped)
		return r;
	r = begin_run(k);
	if (r == 0) {
		k->hours = hours_new(k->shadow ? k->shadow : k->a, PARTS);
		r = k->hours ? 0 : -ENOMEM;
	}
	return r;
}

int keep_begin(struct span_audit *a)
{
	struct keep *k = calloc(1, sizeof *k);
	int r;

	if (!k)
		return -ENOMEM;
	k->a = a;
	a->keep = k;
	r = store_open(a->store_path, STORE_MAKE, &a->errs, &k->store);
	if (r == -ENOMEM)
		return r;
	if (r < 0) { /* its words are kept */
		k->stopped = true;
		k->caveat = arena_printf(
			&a->arena, "Nothing of this is in the store %s, which cannot be used.",
			a->store_path);
		return k->caveat ? SPAN_INPUT : -ENOMEM;
	}
	r = begin(k);
	if (r < 0)
		return stop(k, r) < 0 ? -ENOMEM : SPAN_INPUT;
	if (k->shadow) {
		k->shadow->tap = hours_tap(k->hours);
		k->shadow->hot = hot_new(k->shadow);
		return k->shadow->hot ? 0 : -ENOMEM;
	}
	a->tap = k->hours ? hours_tap(k->hours) : NULL;
	return 0;
}

/* ------------------------------------------------------------------ segments */

static struct hot *loop_of(const struct keep *k)
{
	return k->shadow ? k->shadow->hot : k->a->hot;
}

static bool is_known(const struct keep *k, size_t i)
{
	return k->known && i < k->n_digest && k->known[i];
}

/* As the result has it, but for what is counted per flow, which is of the loop that stores. */
static int put_input(struct keep *k, size_t i)
{
	struct store_input x = {.in = k->a->inputs[i]};

	if (k->shadow) {
		const struct result_input *in = &k->shadow->inputs[i];

		x.in.packets = in->packets;
		x.in.tcp_flows = in->tcp_flows;
		x.in.one_way_flows = in->one_way_flows;
		x.in.tcp_bytes = in->tcp_bytes;
		x.in.tcp_unseen_bytes = in->tcp_unseen_bytes;
	}
	if (i < k->n_digest)
		x.digest = k->digest[i];
	return store_put_input(k->store, (uint32_t)i, &x);
}

/* Those of which more is known than before. */
static int put_inputs(struct keep *k, bool all)
{
	struct span_audit *a = k->a;
	int r = 0;

	if (k->n_written < a->n_inputs) {
		uint64_t *more = realloc(k->written, a->n_inputs * sizeof *more);

		if (!more)
			return -ENOMEM;
		memset(more + k->n_written, 0, (a->n_inputs - k->n_written) * sizeof *more);
		k->written = more;
		k->n_written = a->n_inputs;
	}
	for (size_t i = 0; r == 0 && i < a->n_inputs; i++) {
		if (is_known(k, i) || (!all && k->written[i] == a->inputs[i].packets + 1))
			continue;
		r = put_input(k, i);
		k->written[i] = a->inputs[i].packets + 1;
	}
	return r;
}

static int flush(struct keep *k)
{
	int r = store_segment_begin(k->store);

	if (r == 0)
		r = hours_write(k->hours, k->store, loop_of(k));
	if (r == 0)
		r = put_inputs(k, false);
	if (r == 0)
		r = store_segment_end(k->store, wall_clock());
	if (r < 0)
		store_segment_drop(k->store);
	hours_reset(k->hours);
	return r < 0 ? stop(k, r) : 0;
}

/* What was counted since the last time is of the hour of the packets before. */
static int count(struct keep *k)
{
	struct coverage now;
	int r;

	hot_coverage(loop_of(k), &now);
	r = k->ticking ? hours_count(k->hours, k->clock, &k->before, &now) : 0;
	k->before = now;
	return r;
}

static int turn(struct keep *k, int64_t hour)
{
	bool later = k->ticking && hour > k->clock;
	int r = count(k);

	k->clock = hour;
	k->ticking = true;
	return r == 0 && later ? flush(k) : r;
}

/* Packets of one hour. */
static int piece(struct keep *k, struct span_audit *a, struct batch *b, int64_t hour)
{
	int r = 0;

	if (!k->stopped && (!k->ticking || hour != k->clock))
		r = turn(k, hour);
	if (r == 0 && !k->stopped)
		r = hours_seen(k->hours, hour, b);
	if (r == 0)
		r = hot_batch(a->hot, a, b);
	if (r == 0 && !k->stopped && hours_full(k->hours)) {
		r = count(k);
		r = r ? r : flush(k);
	}
	return r;
}

static int pieces(struct keep *k, struct span_audit *a, const struct batch *b)
{
	struct batch one;
	int r = 0;

	for (size_t i = 0; r == 0 && i < b->n;) {
		int64_t hour = store_hour(b->f[i].ts_ns);

		for (one.n = 0; i < b->n && store_hour(b->f[i].ts_ns) == hour; i++)
			one.f[one.n++] = b->f[i];
		r = piece(k, a, &one, hour);
	}
	return r;
}

int keep_batch(struct keep *k, const struct batch *b)
{
	struct batch fresh = {.n = 0};
	int r;

	if (!k->shadow)
		return k->stopped ? hot_batch(k->a->hot, k->a, b) : pieces(k, k->a, b);
	r = hot_batch(k->a->hot, k->a, b);
	for (size_t i = 0; i < b->n; i++)
		if (!k->known[b->f[i].input])
			fresh.f[fresh.n++] = b->f[i];
	return r || k->stopped ? r : pieces(k, k->shadow, &fresh);
}

/* ------------------------------------------------------------------ end */

static int put_rest(struct keep *k)
{
	struct span_audit *a = k->a;
	int r = store_segment_begin(k->store);

	r = r ? r : hours_write(k->hours, k->store, loop_of(k));
	r = r ? r : put_inputs(k, true);
	r = r ? r : store_put_drops(k->store, a->drops_os, a->drops_nic);
	for (size_t i = 0; r == 0 && i < a->n_names; i++)
		r = store_put_name(k->store, &a->names[i].addr, a->names[i].name);
	r = r ? r : store_run_end(k->store, a->lost_input, wall_clock());
	r = r ? r : store_segment_end(k->store, wall_clock());
	if (r < 0)
		store_segment_drop(k->store);
	return r;
}

static void tell_shed(const struct keep *k)
{
	uint64_t n = k->hours ? hours_shed(k->hours) : 0;
	struct error *e;

	if (!n)
		return;
	e = errors_add(&k->a->errs, true,
		       "hours of connections that went on were not told apart for want of room: "
		       "%llu",
		       (unsigned long long)n);
	error_place(e, k->a->store_path, 0, 0, 1);
	error_hint(e, "very many connections last for more than an hour: what they sent later is "
		      "in the store in an hour before\na report of all of the time is right; "
		      "audit fewer files at once to have each hour right, too");
}

/* Files of a ring were still growing when the run began. */
static int late_digests(struct keep *k)
{
	struct span_audit *a = k->a;
	char hex[SHA256_HEX];

	if (k->n_digest >= a->n_inputs)
		return 0;

	char **more = realloc(k->digest, a->n_inputs * sizeof *more);

	if (!more)
		return -ENOMEM;
	k->digest = more;
	for (size_t i = k->n_digest; i < a->n_inputs; i++)
		more[i] = digest_file(a->inputs[i].path, hex) ? strdup(hex) : NULL;
	k->n_digest = a->n_inputs;
	return 0;
}

int keep_end(struct span_audit *a)
{
	struct keep *k = a->keep;
	struct coverage unused;
	uint64_t evicted;
	int r = 0;

	if (k->shadow && !k->stopped)
		r = hot_finish(k->shadow->hot, k->shadow, &unused, &evicted);
	if (r == 0 && !k->stopped)
		r = count(k);
	if (r == 0)
		r = late_digests(k);
	tell_shed(k);
	if (r == 0 && !k->stopped) {
		r = put_rest(k);
		if (r < 0)
			r = stop(k, r);
	}
	if (r < 0)
		return r;
	return k->caveat ? SPAN_INPUT : 0;
}

int keep_past(struct span_audit *a)
{
	struct keep *k = a->keep;
	int r = k->store ? engine_past(a, k->store, a->store_path) : 0;

	k->store = store_close(k->store);
	return r;
}
