// SPDX-License-Identifier: BSD-2-Clause
#include "engine/diff.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/addr.h"
#include "engine/engine.h"

enum {
	WINDOW_RATIO = 4,   /* longer than that, and each hour's traffic would be new or gone */
	FIGURE_PPM = 1000,  /* a tenth of a per cent more is worth a line */
	REFUSALS_MAX = 512, /* of two runs; packs are counted by the reader */
};

const char *diff_class_name(enum diff_class c)
{
	static const char *const names[] = {
		[DIFF_NEW] = "new",
		[DIFF_WORSE] = "worse",
		[DIFF_NEW_WAIVED] = "new-waived",
		[DIFF_CHANGED] = "changed",
		[DIFF_NOT_SEEN] = "not-seen",
		[DIFF_GONE] = "gone",
		[DIFF_STILL] = "still",
	};

	return names[c];
}

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* --- do they compare? ------------------------------------------------------------------------ */

/* Takes the text of `what`, which is escaped where it is printed. */
static int refuse(struct diff *d, const char *what, const char *hint)
{
	if (!what)
		return -ENOMEM;
	if (d->n_refusals < REFUSALS_MAX)
		d->refusals[d->n_refusals++] = (struct diff_refusal){what, hint};
	return 0;
}

static int check_site(struct diff *d)
{
	const char *a = d->was.site, *b = d->is.site;
	const char *what;

	if (same(a, b))
		return 0;
	what = a && b ? arena_printf(&d->arena,
				     "the old result is about the site '%s', the new "
				     "one about '%s'",
				     a, b)
		      : arena_printf(&d->arena, "only the %s result has a site with a name, '%s'",
				     a ? "old" : "new", a ? a : b);
	return refuse(d, what,
		      "Hosts and roles of one site are not those of another, so most findings "
		      "would be new or gone.\n"
		      "Judge both captures by the same site file.");
}

static int check_only(struct diff *d)
{
	const char *a = d->was.only, *b = d->is.only;

	if (same(a, b))
		return 0;
	return refuse(d,
		      arena_printf(&d->arena,
				   "the old result holds findings of %s%s, the new one of %s%s",
				   a ? "kind " : "every kind", a ? a : "",
				   b ? "kind " : "every kind", b ? b : ""),
		      "--only left findings out, which would be taken for gone or new.\n"
		      "Write both without --only.");
}

static const char *revision(const struct read_pack *p)
{
	return p->revision ? p->revision : "none";
}

/* A revision is what its author says; the digest is what was judged by. */
static int check_pack(struct diff *d, const struct read_pack *a, const struct read_pack *b)
{
	static const char hint[] =
		"What is documented or demanded has changed with the rules, so findings change "
		"without the traffic.\n"
		"Judge the older capture again by the newer rules.";

	if (!a && !b)
		return 0;
	if (!a || !b)
		return refuse(d,
			      arena_printf(&d->arena,
					   "only the %s result was judged by the rule pack '%s'",
					   a ? "old" : "new", a ? a->name : b->name),
			      hint);
	if (!same(a->revision, b->revision))
		return refuse(d,
			      arena_printf(&d->arena,
					   "the rule pack '%s' has revision %s in the old result "
					   "and %s in the new one",
					   a->name, revision(a), revision(b)),
			      hint);
	if (!same(a->sha256, b->sha256))
		return refuse(d,
			      arena_printf(&d->arena,
					   "the rule pack '%s' was changed between the two, though "
					   "its revision (%s) is the same",
					   a->name, revision(a)),
			      hint);
	return 0;
}

static int check_packs(struct diff *d)
{
	size_t i = 0, k = 0;
	int r = 0;

	while (!r && (i < d->was.n_packs || k < d->is.n_packs)) {
		const struct read_pack *a = i < d->was.n_packs ? &d->was.packs[i] : NULL;
		const struct read_pack *b = k < d->is.n_packs ? &d->is.packs[k] : NULL;
		int order = !a ? 1 : !b ? -1 : strcmp(a->name, b->name);

		r = check_pack(d, order <= 0 ? a : NULL, order >= 0 ? b : NULL);
		i += order <= 0;
		k += order >= 0;
	}
	return r;
}

/* More pauses than observation: hours picked from days. */
static bool in_pieces(const struct read_result *r)
{
	return r->from_ns != TIME_NONE && r->observed_s < INT64_MAX / NS_PER_S / 2 &&
	       (r->to_ns / 2 - r->from_ns / 2) > (int64_t)r->observed_s * NS_PER_S + NS_PER_S;
}

static int check_window(struct diff *d)
{
	const struct read_result *a = &d->was, *b = &d->is;
	uint64_t x = a->observed_s ? a->observed_s : 1, y = b->observed_s ? b->observed_s : 1;
	uint64_t longer = x > y ? x : y, shorter = x > y ? y : x;

	if ((a->from_ns == TIME_NONE) != (b->from_ns == TIME_NONE))
		return refuse(d,
			      arena_printf(&d->arena, "the %s result is about no packet at all",
					   a->from_ns == TIME_NONE ? "old" : "new"),
			      "The capture was empty, or its filter let nothing through.\n"
			      "Capture again, and compare that.");
	if (longer / WINDOW_RATIO > shorter ||
	    (longer / WINDOW_RATIO == shorter && longer % WINDOW_RATIO))
		return refuse(d,
			      arena_printf(&d->arena,
					   "%" PRIu64 " s were observed for the old result and "
					   "%" PRIu64 " s for the new one",
					   a->observed_s, b->observed_s),
			      "What happens once a day is in one of them and cannot be in the "
			      "other.\n"
			      "Compare windows of about the same length, at most four times as "
			      "long.");
	if (in_pieces(a) != in_pieces(b))
		return refuse(d,
			      arena_printf(&d->arena,
					   "the %s result is about pieces of a longer time, the "
					   "other about one stretch",
					   in_pieces(a) ? "old" : "new"),
			      "Captures with long pauses show other hours than one that ran on.\n"
			      "Compare captures that were taken in the same way.");
	return 0;
}

static int compare_ground(struct diff *d)
{
	int r;

	if (d->same_packets)
		return 0;
	d->refusals = arena_alloc(&d->arena, REFUSALS_MAX * sizeof *d->refusals);
	if (!d->refusals)
		return -ENOMEM;
	d->swapped = d->was.from_ns != TIME_NONE && d->is.from_ns != TIME_NONE &&
		     d->was.from_ns > d->is.from_ns;
	r = check_site(d);
	r = r ? r : check_only(d);
	r = r ? r : check_packs(d);
	return r ? r : check_window(d);
}

/* --- findings in both ------------------------------------------------------------------------ */

/* Traffic that should be and is not: for these, an answer is good news. */
static bool is_lack(enum kind k)
{
	return k == KIND_MISSING || k == KIND_BLOCKED || k == KIND_RPC_BLOCKED;
}

/* How much came of it: 2 data both ways, 1 an answer, 0 nothing. */
static unsigned came_of_it(const struct read_finding *f)
{
	if (!f->has_state)
		return 0;
	switch (f->state) {
	case STATE_ESTABLISHED:
	case STATE_MID_STREAM:
		return 2;
	case STATE_ONE_WAY:
	case STATE_HALF_OPEN:
		return 1;
	default:
		return 0;
	}
}

static bool state_worse(const struct read_finding *was, const struct read_finding *is)
{
	unsigned a = came_of_it(was), b = came_of_it(is);

	return is_lack(is->kind) ? b < a : b > a;
}

/* A count or a time of day, which is another every day. An address is a name. */
static bool is_figure(const char *z, size_t n)
{
	char word[64];
	struct addr a;

	while (n && strchr(".,;:)", z[n - 1]))
		n--;
	while (n && *z == '(') {
		z++;
		n--;
	}
	if (!n || n >= sizeof word || *z < '0' || *z > '9')
		return false;
	memcpy(word, z, n);
	word[n] = '\0';
	return strspn(word, "0123456789.,:%+-") == n && !addr_parse(word, &a);
}

/* The same sentences, whatever the figures in them. */
static bool same_words(const char *a, const char *b)
{
	if (!a || !b)
		return a == b;
	for (;;) {
		size_t n = strcspn(a, " "), m = strcspn(b, " ");

		if ((n != m || memcmp(a, b, n) != 0) && !(is_figure(a, n) && is_figure(b, m)))
			return false;
		a += n;
		b += m;
		if (!*a || !*b)
			return *a == *b;
		a++;
		b++;
	}
}

#define BIT(change) (1U << (change))

static void compare_pair(struct diff_row *row)
{
	const struct read_finding *a = row->was, *b = row->is;
	uint32_t c = 0, w = 0;

	c |= a->severity != b->severity ? BIT(CHANGE_SEVERITY) : 0;
	c |= a->has_state != b->has_state || (a->has_state && a->state != b->state)
		     ? BIT(CHANGE_STATE)
		     : 0;
	c |= !same(a->waiver, b->waiver) ? BIT(CHANGE_WAIVER) : 0;
	c |= a->kind != b->kind ? BIT(CHANGE_KIND) : 0;
	c |= !same(a->rule, b->rule) ? BIT(CHANGE_RULE) : 0;
	c |= a->port != b->port || !same(a->transport, b->transport) ? BIT(CHANGE_SERVICE) : 0;
	c |= !same_words(a->why, b->why) ? BIT(CHANGE_WHY) : 0;
	if (!b->waiver) { /* what is waived was looked at by somebody */
		w |= b->severity > a->severity ? BIT(CHANGE_SEVERITY) : 0;
		w |= state_worse(a, b) ? BIT(CHANGE_STATE) : 0;
		w |= a->waiver ? BIT(CHANGE_WAIVER) : 0;
	}
	row->changes = c;
	row->worse = w;
	row->class = w ? DIFF_WORSE : c ? DIFF_CHANGED : DIFF_STILL;
}

/* --- findings of the old one alone ----------------------------------------------------------- */

static int by_rule_id(const void *a, const void *b)
{
	const struct read_rule *x = *(const struct read_rule *const *)a;
	const struct read_rule *y = *(const struct read_rule *const *)b;
	int c = strcmp(x->id, y->id);

	return c ? c : strcmp(x->pack, y->pack);
}

static int index_rules(struct diff *d)
{
	if (!d->is.n_rules)
		return 0;
	d->is_rules = arena_alloc(&d->arena, d->is.n_rules * sizeof *d->is_rules);
	if (!d->is_rules)
		return -ENOMEM;
	for (size_t i = 0; i < d->is.n_rules; i++)
		d->is_rules[i] = &d->is.rules[i];
	qsort(d->is_rules, d->is.n_rules, sizeof *d->is_rules, by_rule_id);
	return 0;
}

/* The rule of this id in the new result; packs of one run share no ids. */
static const struct read_rule *rule_of(const struct diff *d, const char *id)
{
	size_t lo = 0, hi = d->is.n_rules;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = strcmp(d->is_rules[mid]->id, id);

		if (!c)
			return d->is_rules[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

/* A demand that is not met is gone only where it was judged again. */
static const char *unseen_rule(struct diff *d, const struct read_finding *f)
{
	const struct read_rule *u;

	if (!f->rule)
		return NULL;
	u = rule_of(d, f->rule);
	if (!u)
		return arena_printf(&d->arena, "the new result has no rule %s", f->rule);
	if (u->result == RULE_NOT_JUDGED)
		return arena_printf(&d->arena, "rule %s was not judged: %s", u->id,
				    u->reason ? u->reason : "no reason is given");
	if (is_lack(f->kind) && u->result == RULE_UNUSED)
		return arena_printf(&d->arena, "nothing used rule %s", u->id);
	return NULL;
}

/* Why the new result does not show that this finding ended, NULL when it does. */
static const char *unseen(struct diff *d, const struct read_finding *f)
{
	const struct read_result *is = &d->is;
	const char *z;

	if (d->same_packets)
		return NULL;
	if (is->only && !same(d->was.only, is->only))
		return arena_printf(&d->arena, "the new result holds findings of kind %s alone",
				    is->only);
	if (is->from_ns == TIME_NONE)
		return "the new result is about no packet";
	if (is->inconclusive || is->verdict == RESULT_INCONCLUSIVE)
		return arena_printf(&d->arena, "the new result is inconclusive%s%s",
				    is->inconclusive_why ? ": " : "",
				    is->inconclusive_why ? is->inconclusive_why : "");
	for (size_t i = 0; i < is->n_inputs; i++)
		if (is->inputs[i].failed)
			return arena_printf(&d->arena,
					    "an input of the new result could not be "
					    "read: %s",
					    is->inputs[i].path);
	z = unseen_rule(d, f);
	if (z)
		return z;
	if (f->kind == KIND_VISIBILITY || f->kind == KIND_CONTRADICTION)
		return NULL; /* about the capture and the site file, not about traffic */
	if (f->server.is_host && !read_result_seen(is, f->server.token))
		return arena_printf(&d->arena, "%s is not in view", f->server.token);
	if (f->client.is_host && !read_result_seen(is, f->client.token))
		return arena_printf(&d->arena, "%s is not in view", f->client.token);
	if (is->observed_s < d->was.observed_s / 2)
		return "less than half the time was observed";
	return NULL;
}

/* --- all findings ---------------------------------------------------------------------------- */

static int by_weight(const void *a, const void *b)
{
	const struct diff_row *x = a, *y = b;
	const struct read_finding *f = x->is ? x->is : x->was, *g = y->is ? y->is : y->was;

	if (x->class != y->class)
		return x->class < y->class ? -1 : 1;
	if (f->severity != g->severity)
		return f->severity > g->severity ? -1 : 1;
	return strcmp(f->id, g->id);
}

static int compare_findings(struct diff *d)
{
	const struct read_result *was = &d->was, *is = &d->is;
	size_t i = 0, k = 0, most = was->n_findings + is->n_findings;

	if (!most)
		return 0;
	d->rows = arena_alloc(&d->arena, most * sizeof *d->rows);
	if (!d->rows)
		return -ENOMEM;
	while (i < was->n_findings || k < is->n_findings) {
		struct diff_row *row = &d->rows[d->n_rows++];
		int order = i >= was->n_findings  ? 1
			    : k >= is->n_findings ? -1
						  : strcmp(was->findings[i].id, is->findings[k].id);

		row->was = order <= 0 ? &was->findings[i++] : NULL;
		row->is = order >= 0 ? &is->findings[k++] : NULL;
		if (row->was && row->is) {
			compare_pair(row);
		} else if (row->is) {
			row->class = row->is->waiver ? DIFF_NEW_WAIVED : DIFF_NEW;
		} else if (row->was) {
			row->reason = unseen(d, row->was);
			row->class = row->reason ? DIFF_NOT_SEEN : DIFF_GONE;
		}
		d->n[row->class]++;
	}
	qsort(d->rows, d->n_rows, sizeof *d->rows, by_weight);
	return 0;
}

/* --- rules and coverage ---------------------------------------------------------------------- */

static int by_rank(const void *a, const void *b)
{
	const struct diff_rule *x = a, *y = b;
	const struct read_rule *u = x->is ? x->is : x->was, *v = y->is ? y->is : y->was;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;

	int c = strcmp(u->pack, v->pack);

	return c ? c : strcmp(u->id, v->id);
}

static int rule_order(const struct read_rule *a, const struct read_rule *b)
{
	int c = strcmp(a->pack, b->pack);

	return c ? c : strcmp(a->id, b->id);
}

static int compare_rules(struct diff *d)
{
	const struct read_result *was = &d->was, *is = &d->is;
	size_t i = 0, k = 0, most = was->n_rules + is->n_rules;

	if (!most)
		return 0;
	d->rules = arena_alloc(&d->arena, most * sizeof *d->rules);
	if (!d->rules)
		return -ENOMEM;
	while (i < was->n_rules || k < is->n_rules) {
		int order = i >= was->n_rules  ? 1
			    : k >= is->n_rules ? -1
					       : rule_order(&was->rules[i], &is->rules[k]);
		const struct read_rule *a = order <= 0 ? &was->rules[i++] : NULL;
		const struct read_rule *b = order >= 0 ? &is->rules[k++] : NULL;
		struct diff_rule *row;

		if (a && b && a->result == b->result)
			continue;
		row = &d->rules[d->n_rules++];
		row->was = a;
		row->is = b;
		row->rank = b && b->result == RULE_VIOLATED ? 0
			    : a && a->result == RULE_MET    ? 1
							    : 2;
		d->n_rules_worse += row->rank < 2;
	}
	qsort(d->rules, d->n_rules, sizeof *d->rules, by_rank);
	return 0;
}

/* part of whole, in parts per million; more than all counts as all. */
static uint64_t ppm(uint64_t part, uint64_t whole)
{
	while (part >> 43 || whole >> 43) {
		part >>= 1;
		whole >>= 1;
	}
	return !whole ? 0 : part >= whole ? 1000000 : part * 1000000 / whole;
}

uint64_t diff_figure(const struct read_result *r, enum diff_figure f)
{
	switch (f) {
	case FIGURE_KERNEL:
		return ppm(r->kernel_drops, r->packets + r->kernel_drops);
	case FIGURE_INTERFACE:
		return ppm(r->interface_drops, r->packets + r->interface_drops);
	case FIGURE_GAP:
		return r->gap_ppm;
	case FIGURE_ONE_WAY:
		return r->one_way_ppm;
	case FIGURE_SKIPPED:
		return r->packets > r->decoded ? ppm(r->packets - r->decoded, r->packets) : 0;
	case FIGURE_EVICTED:
		return r->evicted;
	default:
		return 0;
	}
}

static bool told_before(const struct read_result *r, const char *caveat)
{
	for (size_t i = 0; i < r->n_caveats; i++)
		if (same_words(r->caveats[i], caveat))
			return true;
	return false;
}

enum { CAVEATS_MAX = 100 }; /* compared with each other: a result has a dozen */

static int compare_coverage(struct diff *d)
{
	for (unsigned f = 0; f < FIGURE_N; f++) {
		uint64_t a = diff_figure(&d->was, f), b = diff_figure(&d->is, f);

		d->figure_worse[f] = b > a && (f == FIGURE_EVICTED || b - a >= FIGURE_PPM || !a);
		d->coverage_worse |= d->figure_worse[f];
	}
	d->coverage_worse |= d->is.inconclusive && !d->was.inconclusive;
	if (!d->is.n_caveats)
		return 0;
	d->caveats = arena_alloc(&d->arena, d->is.n_caveats * sizeof *d->caveats);
	if (!d->caveats)
		return -ENOMEM;
	for (size_t i = 0; i < d->is.n_caveats && i < CAVEATS_MAX; i++)
		if (d->was.n_caveats > CAVEATS_MAX || !told_before(&d->was, d->is.caveats[i]))
			d->caveats[d->n_caveats++] = d->is.caveats[i];
	d->coverage_worse |= d->n_caveats > 0;
	return 0;
}

/* --- */

int diff_make(struct diff *d)
{
	int r = compare_ground(d);

	r = r ? r : index_rules(d);
	r = r ? r : compare_findings(d);
	r = r ? r : compare_rules(d);
	return r ? r : compare_coverage(d);
}

void diff_done(struct diff *d)
{
	arena_done(&d->arena);
	read_result_done(&d->was);
	read_result_done(&d->is);
	*d = (struct diff){0};
}

/* Both, so that one look shows what is wrong with either. */
static int read_both(struct diff *d, struct errors *errs)
{
	int a = read_result_file(d->path[0], errs, &d->was);
	int b = read_result_file(d->path[1], errs, &d->is);

	if (a == -ENOMEM || b == -ENOMEM)
		return -ENOMEM;
	if (a < 0 || b < 0)
		return SPAN_INPUT;
	return a || b ? SPAN_DIFF_INCOMPARABLE : 0;
}

static void explain_refusals(const struct diff *d, struct errors *errs)
{
	for (size_t i = 0; i < d->n_refusals; i++) {
		struct error *e = errors_add(errs, false, "%s", d->refusals[i].what);

		error_hint(e, "%s%s", d->refusals[i].hint,
			   i + 1 < d->n_refusals ? "" : "\nTo compare all the same: --force");
	}
}

int span_diff(const char *old_path, const char *new_path, const struct span_diff_options *opt,
	      FILE *f, FILE *err)
{
	static const struct span_diff_options plain;
	struct diff d = {.path = {old_path, new_path}};
	struct errors errs = {0};
	struct out o = {0}, words = {0};
	int r = read_both(&d, &errs);

	opt = opt ? opt : &plain;
	if (!r)
		r = diff_make(&d);
	if (!r && d.n_refusals && !opt->force) {
		explain_refusals(&d, &errs);
		r = SPAN_DIFF_INCOMPARABLE;
	}
	if (!r)
		r = opt->json ? diff_json(&d, opt, &o) : diff_text(&d, opt, &o);
	if (!r)
		r = engine_put(&o, f);
	if (!r && (d.n[DIFF_NEW] || d.n[DIFF_WORSE]))
		r = SPAN_DIFF_WORSE;
	errors_format(&errs, "spanaudit", &words);
	if (engine_put(&words, err) == -ENOMEM && r >= 0)
		r = -ENOMEM;
	out_done(&o);
	out_done(&words);
	errors_done(&errs);
	diff_done(&d);
	return r;
}
