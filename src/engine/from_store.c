// SPDX-License-Identifier: BSD-2-Clause
/*
 * from_store - the rows of a store's hours as the tables of a run: added up, their directions
 * decided, named, and judged by the same judge.
 */
#include "engine/from_store.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "base/tz.h"
#include "learn/learn.h"
#include "report/report.h"
#include "report/words.h"
#include "store/reports.h"

#include "config.h"

struct from_store {
	struct span_audit *a;
	struct conv_table *convs;
	struct grants *grants;
	struct sightings *sightings;
	struct cards *cards;
	struct window window;
	struct timeline timeline;
	struct blind_set blind;
	struct store_picture picture;
	VEC(struct passive_name) names;
	struct coverage figures;
};

struct from_store *from_store_free(struct from_store *f)
{
	if (!f)
		return NULL;
	conv_table_free(f->convs);
	grants_free(f->grants);
	sightings_free(f->sightings);
	cards_free(f->cards);
	window_done(&f->window);
	blind_done(&f->blind);
	store_picture_done(&f->picture);
	vec_done(&f->names);
	free(f);
	return NULL;
}

/* ------------------------------------------------------------------ rows */

static int on_conv(void *user, const struct conv *c, bool waiting)
{
	struct from_store *f = user;

	return conv_table_put(f->convs, c, waiting);
}

static int on_host(void *user, const struct conv_host *h)
{
	struct from_store *f = user;

	return conv_table_put_host(f->convs, h);
}

static int on_grant(void *user, const struct grant *g)
{
	struct from_store *f = user;

	f->figures.grants_shed += grants_put(f->grants, g) ? 0 : g->n;
	return 0;
}

static int on_sighting(void *user, const struct sighting *s)
{
	struct from_store *f = user;

	f->figures.sightings_shed += sightings_put(f->sightings, s) ? 0 : s->n;
	return 0;
}

static int on_card(void *user, const struct card *c)
{
	struct from_store *f = user;

	cards_put(f->cards, c);
	return 0;
}

static int on_cluster(void *user, const struct cluster_host *h)
{
	struct from_store *f = user;

	cards_put_cluster(f->cards, h);
	return 0;
}

static int on_blind(void *user, const struct blind_pair *p)
{
	struct from_store *f = user;

	return blind_add(&f->blind, &p->a, &p->b);
}

static int on_seen(void *user, int64_t from_ns, int64_t to_ns)
{
	struct from_store *f = user;

	return window_add_span(&f->window, from_ns, to_ns);
}

static int on_figures(void *user, int64_t hour, const struct timeline_step *s)
{
	struct from_store *f = user;

	timeline_add(&f->timeline, hour * NS_PER_S, s);
	return 0;
}

/* They come by address, the best first. */
static int on_name(void *user, const struct addr *addr, const char *name)
{
	struct from_store *f = user;
	struct passive_name one = {.addr = *addr};

	if (f->names.n && addr_equal(&f->names.v[f->names.n - 1].addr, addr))
		return 0;
	one.name = arena_strdup(&f->a->arena, name);
	return one.name && vec_push(&f->names, one) ? 0 : -ENOMEM;
}

/* ------------------------------------------------------------------ the run */

static bool known_port(void *user, uint8_t proto, uint16_t port)
{
	const struct span_audit *a = user;

	return matrix_known_port(a->matrix, proto, port);
}

/* Room as a run has it. */
static struct from_store *make(struct span_audit *a)
{
	struct from_store *f = calloc(1, sizeof *f);
	const struct hash_key *key = a->has_key ? &a->key : NULL;
	struct hot_room room = hot_room(a);

	if (!f)
		return NULL;
	f->a = a;
	f->convs = conv_table_new(&(struct conv_options){.key = key,
							 .max_conversations = room.conversations,
							 .max_memory = room.rows,
							 .known_port = known_port,
							 .user = a,
							 .vlan_key = a->vlan_key});
	f->grants = grants_new(key, room.learn / 4);
	f->sightings = sightings_new(key, room.learn / 4);
	f->cards = cards_new(key, room.cards);
	if (!f->convs || !f->grants || !f->sightings || !f->cards)
		return from_store_free(f);
	return f;
}

static int take_inputs(struct span_audit *a, const struct store_picture *p)
{
	a->inputs = arena_alloc(&a->arena, (p->inputs.n + 1) * sizeof *a->inputs);
	if (!a->inputs)
		return -ENOMEM;
	for (size_t i = 0; i < p->inputs.n; i++)
		a->inputs[a->n_inputs++] = p->inputs.v[i].in;
	a->lost_input = p->lost;
	a->drops_os = p->kernel_drops;
	a->drops_nic = p->interface_drops;
	return 0;
}

static void take_figures(struct from_store *f)
{
	struct span_audit *a = f->a;
	uint64_t evicted = conv_table_evicted(f->convs);

	f->figures.evicted += evicted;
	f->figures.cards_shed += cards_shed(f->cards);
	f->figures.kernel_drops = a->drops_os;
	f->figures.interface_drops = a->drops_nic;
	f->figures.grants = a->n_grants;
	f->figures.sightings = a->n_sightings;
	a->coverage = f->figures;
	a->n_evicted = evicted;
}

static int take_tables(struct from_store *f)
{
	struct span_audit *a = f->a;
	int r = conv_table_finish(f->convs, &a->convs, &a->n_convs, &a->ends);

	r = r ? r : grants_sorted(f->grants, &a->grants, &a->n_grants);
	r = r ? r : sightings_sorted(f->sightings, &a->sightings, &a->n_sightings);
	if (r < 0)
		return r;
	a->cards = cards_sorted(f->cards, &a->n_cards);
	a->clusters = cards_clusters(f->cards, &a->n_clusters);
	a->window = &f->window;
	a->timeline = &f->timeline;
	a->blind = &f->blind;
	a->names = f->names.v;
	a->n_names = f->names.n;
	take_figures(f);
	return 0;
}

/* ------------------------------------------------------------------ what limits it */

static void tell_interrupted(struct span_audit *a, const struct store_picture *p,
			     const struct tz *z)
{
	char text[TIME_TEXT];

	for (size_t i = 0; i < p->interrupted.n && i < 4; i++)
		engine_caveat(a, true,
			      "The run that stored a part of this, begun %s, was interrupted: what "
			      "it had read last is not in the store. Audit its files again with "
			      "--store.",
			      time_human_tz(p->interrupted.v[i], z, text));
	if (p->storing_ns != TIME_NONE)
		engine_caveat(a, false,
			      "A run that began %s goes on and stores what it sees: what it saw "
			      "since it last wrote is not in the store yet.",
			      time_human_tz(p->storing_ns, z, text));
}

/* ------------------------------------------------------------------ */

static int unreadable(struct span_audit *a, struct store *s, const char *path, int status)
{
	struct error *e;

	if (status == -ENOMEM)
		return status;
	e = errors_add(&a->errs, false, "the store cannot be read: %s", store_why(s));
	error_place(e, path, 0, 0, 1);
	error_hint(e,
		   "the disk failed, or another program wrote into it; nothing was changed\ntake "
		   "it from a backup, or begin a new one and audit the captures again");
	return SPAN_INPUT;
}

/* The settings that the rows were made under, and the files that they are of: as if named anew. */
static int take_told(struct span_audit *a, const struct store_picture *p)
{
	int r = 0;

	while (a->files.n)
		free(a->files.v[--a->files.n]);
	for (size_t i = 0; r == 0 && i < p->files.n; i++)
		r = span_audit_file(a, p->files.v[i]);
	if (r == 0 && p->filter)
		r = span_audit_filter(a, p->filter);
	a->vlan_key |= p->vlan_key;
	a->told_memory = p->max_memory;
	a->told_piped = p->piped;
	return r;
}

static int read_rows(struct from_store *f, struct store *s, struct store_span span)
{
	const struct store_sink sink = {.conv = on_conv,
					.host = on_host,
					.grant = on_grant,
					.sighting = on_sighting,
					.card = on_card,
					.cluster = on_cluster,
					.blind = on_blind,
					.seen = on_seen,
					.figures = on_figures,
					.name = on_name,
					.user = f,
					.went_on = &f->figures};

	return store_each(s, span, &f->picture, &sink);
}

static int load(struct span_audit *a, struct store *s, struct store_span span)
{
	struct store_picture p;
	struct coverage figures;
	int r = store_look(s, span, &p, &figures);

	r = r ? r : take_told(a, &p);
	a->from_store = r == 0 ? make(a) : NULL; /* behind the settings */
	if (!a->from_store) {
		store_picture_done(&p);
		return r ? r : -ENOMEM;
	}
	a->from_store->picture = p;
	a->from_store->figures = figures;
	r = take_inputs(a, &p);
	r = r ? r : read_rows(a->from_store, s, span);
	return r ? r : take_tables(a->from_store);
}

/* Hours count whole: those that begin in the time asked for. */
static int64_t hour_up(int64_t ns)
{
	int64_t h = store_hour(ns);

	return h * NS_PER_S < ns ? h + STORE_HOUR : h;
}

static struct store_span hours_of(const struct time_asked *t)
{
	struct store_span s = {STORE_ALL_FROM, STORE_ALL_TO};

	if (t->given && t->from_ns != TIME_NONE)
		s.from = hour_up(t->from_ns);
	if (t->given && t->to_ns != TIME_NONE)
		s.to = hour_up(t->to_ns);
	return s;
}

/* ------------------------------------------------------------------ reports before this one */

static int since_last(struct span_audit *a, struct store *s, const char *site)
{
	struct out doc = {0};
	char made[TIME_TEXT];
	const char *name;
	int64_t made_ns;
	int r = store_last_report(s, site, a->result->from_ns, &doc, &made_ns);

	if (r == 1) {
		name = arena_printf(&a->arena, "report of %s", time_rfc3339(made_ns, made));
		r = name ? engine_against(a, name, doc.p, doc.n) : -ENOMEM;
		/* One that this spanaudit cannot read is no measure. */
		if (r > 0 || r == -EINVAL)
			r = 0;
	}
	out_done(&doc);
	return r;
}

static int put_report(struct span_audit *a, struct store *s, const char *site)
{
	struct report_options opt = {.tool_version = SPAN_VERSION, .now_ns = TIME_NONE};
	struct out doc = {0};
	int r = report_format_by_name("json")->write(a->result, &opt, &doc);

	if (r == 0)
		r = store_put_report(
			s, &(struct store_report){.r = a->result,
						  .site = site,
						  .tool = SPAN_VERSION,
						  .verdict = word_verdict(a->result->verdict),
						  .document = doc.p,
						  .n = doc.n,
						  .exit_code = engine_exit_code(a->result, NULL),
						  .made_ns = engine_now(a)});
	out_done(&doc);
	return r;
}

static const char *site_name(const struct span_audit *a)
{
	return a->site->name ? a->site->name : "";
}

static int warn(struct span_audit *a, const struct store *s, const char *path, int status,
		const char *what, const char *hint)
{
	struct error *e;

	if (status == 0 || status == -ENOMEM)
		return status;
	e = errors_add(&a->errs, true, "%s: %s", what, store_why(s));
	error_place(e, path, 0, 0, 1);
	error_hint(e, "%s", hint);
	return 0;
}

static int past(struct span_audit *a, struct store *s)
{
	int r = since_last(a, s, site_name(a));

	return r ? r : store_tell_past(s, site_name(a), a->result->from_ns, a->result);
}

int engine_past(struct span_audit *a, struct store *s, const char *path)
{
	if (a->result->from_ns == TIME_NONE)
		return 0;
	return warn(a, s, path, past(a, s), "this result cannot be compared with earlier reports",
		    "the store or its disk may be damaged; the result stands without that");
}

/* A report about nothing is no measure for later ones. What cannot be remembered changes no report.
 */
static int remember(struct span_audit *a, struct store *s, const char *path)
{
	int r;

	if (a->result->from_ns == TIME_NONE)
		return 0;
	r = past(a, s);
	r = r ? r : put_report(a, s, site_name(a));
	return warn(a, s, path, r, "this report cannot be remembered",
		    "the store or its disk may be full or write-protected; the report stands, and "
		    "the next one is compared with an older one");
}

static int judge_hours(struct span_audit *a, struct store *s, const char *path)
{
	int r = load(a, s, hours_of(&a->asked));

	if (r < 0)
		return unreadable(a, s, path, r);
	assert(a->from_store);
	tell_interrupted(a, &a->from_store->picture, site_tz(a->site));
	r = engine_come_to(a);
	return r ? r : remember(a, s, path);
}

int span_audit_judge_store(struct span_audit *a, const char *path)
{
	struct store *s;
	int r = engine_begin(a);

	if (r)
		return r;
	r = store_open(path, STORE_CHANGE, &a->errs, &s);
	if (r < 0)
		return r == -ENOMEM ? r : SPAN_INPUT;
	r = judge_hours(a, s, path);
	store_close(s);
	return r;
}

int span_audit_since(struct span_audit *a, const char *text)
{
	int64_t ns, now = engine_now(a);

	if (!duration_parse(text, &ns) || ns <= 0) {
		error_hint(errors_add(&a->errs, false, "--since: '%.60s' is no duration", text),
			   "write a number and a unit: 24h, 7d");
		return SPAN_USAGE;
	}
	a->asked = (struct time_asked){.given = true, .from_ns = now - ns, .to_ns = now};
	return SPAN_OK;
}
