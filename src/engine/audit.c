// SPDX-License-Identifier: BSD-2-Clause
/* audit - the order of a run. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/engine.h"
#include "engine/from_store.h"
#include "engine/keep.h"
#include "engine/live_keep.h"
#include "engine/live_run.h"
#include "engine/stats.h"
#include "matrix/load.h"

#include "config.h"

struct span_audit *span_audit_new(void)
{
	struct span_audit *a = calloc(1, sizeof *a);

	if (a) {
		a->stop_fd = -1;
		a->threads = 1;
	}
	return a;
}

void engine_forget_run(struct span_audit *a)
{
	engine_forget_shown(a);
	a->result = result_free(a->result);
	a->inferred = infer_free(a->inferred);
	a->keep = keep_free(a->keep);
	a->hot = hot_free(a->hot);
	a->tap = NULL;
	a->from_store = from_store_free(a->from_store);
	a->caveats.n = 0;
	arena_done(&a->arena);
	a->inputs = NULL;
	a->convs = NULL;
	a->ends = (struct ends){0};
	a->grants = NULL;
	a->sightings = NULL;
	a->cards = NULL;
	a->clusters = NULL;
	a->names = NULL;
	a->attempts = NULL;
	a->bank = NULL;
	a->n_inputs = a->n_attempts = a->n_convs = a->n_grants = a->n_sightings = a->n_names = 0;
	a->n_cards = a->n_clusters = 0;
	a->drops_os = a->drops_nic = 0;
	a->drops_told = false;
	a->interfaces = NULL;
	a->n_interfaces = 0;
	a->lost_input = NULL;
	a->window = NULL;
	a->timeline = NULL;
	a->blind = NULL;
}

#define FREE_ALL(vec)                                    \
	do {                                             \
		for (size_t i_ = 0; i_ < (vec)->n; i_++) \
			free((vec)->v[i_]);              \
		vec_done(vec);                           \
	} while (0)

struct span_audit *span_audit_free(struct span_audit *a)
{
	if (!a)
		return NULL;
	engine_forget_run(a);
	a->live = live_run_free(a->live);
	matrix_free(a->matrix);
	site_free(a->site);
	free(a->site_path);
	free(a->filter);
	free(a->tz_name);
	tz_free(a->tz);
	free(a->store_path);
	vec_done(&a->caveats);
	FREE_ALL(&a->roles);
	FREE_ALL(&a->packs);
	FREE_ALL(&a->dirs);
	FREE_ALL(&a->files);
	waivers_done(&a->waivers);
	errors_done(&a->errs);
	free(a->stats);
	if (a->stop_fd >= 0)
		close(a->stop_fd);
	free(a);
	return NULL;
}

/* Where packs are looked for: what the caller named, then the installed ones, then (not in a
 * release) the tree that this was built from. */
static const char **search_dirs(const struct span_audit *a)
{
	const char **dirs = calloc(a->dirs.n + 3, sizeof *dirs);
	size_t n = 0;

	if (!dirs)
		return NULL;
	for (; n < a->dirs.n; n++)
		dirs[n] = a->dirs.v[n];
	dirs[n++] = SPAN_RULES_DIR;
	if (SPAN_SOURCE_RULES_DIR[0])
		dirs[n++] = SPAN_SOURCE_RULES_DIR;
	return dirs;
}

static struct matrix *load_matrix(struct span_audit *a, const char *const *packs, size_t n)
{
	const char **dirs = search_dirs(a);
	struct matrix *m = dirs ? matrix_load(packs, n, dirs, a->site, &a->errs) : NULL;

	free(dirs);
	return m;
}

static int prepare_site(struct span_audit *a)
{
	if (!a->site && a->site_path)
		return SPAN_USAGE; /* its errors were kept when it was set */
	if (!a->site)
		a->site = site_new();
	if (!a->site || !site_set_zone(a->site, a->tz_name))
		return -ENOMEM;

	int worst = 0;

	for (size_t i = 0; !a->roles_known && i < a->roles.n; i++)
		if (site_add_role(a->site, a->roles.v[i], &a->errs) != 0)
			worst = SPAN_USAGE;
	if (a->infer == INFER_ONLY && !a->roles_known)
		inventory_forget_roles(a->site->inventory);
	a->roles_known = true;
	return worst;
}

/* What --role said, NULL-terminated, for the report. */
static const char *const *role_options(struct span_audit *a)
{
	const char **v = arena_alloc(&a->arena, (a->roles.n + 1) * sizeof *v);

	for (size_t i = 0; v && i < a->roles.n; i++)
		v[i] = a->roles.v[i];
	return v;
}

/* What a command must repeat for the same findings to come out, and their packets. */
static const char *const *told_options(struct span_audit *a)
{
	const size_t most = 2 * (6 + a->roles.n + a->packs.n + a->n_told_dirs) + 2;
	const char **v = arena_alloc(&a->arena, most * sizeof *v);
	size_t n = 0;

	if (!v)
		return NULL;
	for (size_t i = 0; i < a->n_told_dirs; i++) {
		v[n++] = "--rules-dir";
		v[n++] = a->dirs.v[i];
	}
	for (size_t i = 0; i < a->packs.n; i++) {
		v[n++] = "--rules";
		v[n++] = a->packs.v[i];
	}
	if (a->site_path) {
		v[n++] = "--site";
		v[n++] = a->site_path;
	}
	for (size_t i = 0; i < a->roles.n; i++) {
		v[n++] = "--role";
		v[n++] = a->roles.v[i];
	}
	if (a->filter) {
		v[n++] = "--filter";
		v[n++] = a->filter;
	}
	n += asked_told(a, v + n);

	uint64_t memory = a->max_memory ? a->max_memory : a->told_memory;

	if (memory) {
		v[n++] = "--max-memory";
		v[n++] = arena_printf(&a->arena, "%llu", (unsigned long long)memory);
	}
	if (a->vlan_key)
		v[n++] = "--vlan-key";
	v[n] = NULL;
	return v;
}

static int text_order(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* In what order files are named does not show in a result. */
struct run_told engine_told(struct span_audit *a)
{
	const char **files = arena_alloc(&a->arena, (a->files.n + 1) * sizeof *files);
	struct run_told t = {
		.options = told_options(a), .files = files, .piped = a->live || a->told_piped};
	size_t n = 0;

	if (!files)
		return t;
	if (a->live) {
		t.policy_ns = a->live->policy_ns;
		t.reloads = a->live->reloads;
	}
	for (size_t i = 0; i < a->files.n; i++) {
		files[i] = a->files.v[i];
		t.piped |= engine_is_piped(files[i]);
	}
	if (a->files.n)
		qsort(files, a->files.n, sizeof *files, text_order);
	for (size_t i = 0; i < a->files.n; i++)
		if (!n || strcmp(files[i], files[n - 1]) != 0)
			files[n++] = files[i];
	files[n] = NULL;
	return t;
}

int engine_prepare(struct span_audit *a)
{
	if (a->matrix)
		return 0;

	int r = prepare_site(a);

	if (r)
		return r;
	a->matrix = a->packs.n ? load_matrix(a, (const char *const *)a->packs.v, a->packs.n)
			       : load_matrix(a, a->site->rules, a->site->n_rules);
	return a->matrix ? 0 : SPAN_USAGE;
}

struct matrix *engine_matrix(struct span_audit *a, const char *const *packs, size_t n)
{
	return prepare_site(a) ? NULL : load_matrix(a, packs, n);
}

char *engine_pack_name(struct span_audit *a, const char *pack)
{
	const char **dirs = search_dirs(a);
	struct pack *p = dirs ? pack_find(pack, dirs, &a->errs) : NULL;
	char *name = p ? strdup(p->info.name) : NULL;

	pack_free(p);
	free(dirs);
	return name;
}

struct matrix *engine_matrix_of(struct span_audit *a, const char *path)
{
	return engine_matrix(a, &path, 1);
}

static bool is_first(const struct behind_ends *a, const struct behind_ends *b)
{
	int d = addr_compare(a->client, b->client);

	d = d ? d : addr_compare(a->server, b->server);
	if (d)
		return d < 0;
	if (a->proto != b->proto)
		return a->proto < b->proto;
	return a->port != b->port ? a->port < b->port : a->vlan < b->vlan;
}

/* A flow that other tools can be asked about, the same one each time. */
static void choose_example(const struct result *r, struct finding *f)
{
	struct behind_ends first = {0};

	for (const struct behind *b = f->behind; b; b = b->next) {
		struct behind_ends e = behind_ends(&r->ends, b);

		if (!first.client || is_first(&e, &first))
			first = e;
	}
	if (!first.client_port)
		return;
	f->example = (struct example){
		.known = true,
		.client = *first.client,
		.server = *first.server,
		.client_port = first.client_port,
		.server_port = first.port,
		.proto = first.proto,
	};
}

/* What a report says of how a result came about. */
static struct result *told_of(struct span_audit *a, struct matrix *m, struct result *r)
{
	size_t n = matrix_n_packs(m);
	struct pack_info *packs = r ? arena_alloc(&r->arena, (n + 1) * sizeof *packs) : NULL;

	if (!packs)
		return result_free(r);
	for (size_t i = 0; i < n; i++)
		packs[i] = *matrix_pack(m, i);
	for (size_t i = 0; i < r->n_findings; i++)
		choose_example(r, &r->findings[i]);
	r->packs = packs;
	r->n_packs = n;
	r->fail_on = a->fail_on == SEV_INFO ? SEV_MEDIUM : a->fail_on;
	if (a->fail_never)
		r->fail_on = SEV_NONE;
	return r;
}

struct result *engine_judge(struct span_audit *a, struct matrix *m)
{
	return told_of(a, m,
		       judge(&(struct judge_input){
			       .site = a->site,
			       .matrix = m,
			       .convs = a->convs,
			       .n_convs = a->n_convs,
			       .attempts = a->attempts,
			       .n_attempts = a->n_attempts,
			       .bank = a->bank,
			       .ends = a->ends,
			       .grants = a->grants,
			       .n_grants = a->n_grants,
			       .sightings = a->sightings,
			       .n_sightings = a->n_sightings,
			       .cards = a->cards,
			       .n_cards = a->n_cards,
			       .clusters = a->clusters,
			       .n_clusters = a->n_clusters,
			       .inputs = a->inputs,
			       .n_inputs = a->n_inputs,
			       .infer = a->inferred,
			       .window = a->window,
			       .timeline = a->timeline,
			       .blind = a->blind,
			       .names = a->names,
			       .n_names = a->n_names,
			       .lost_input = a->lost_input,
			       .caveats = a->caveats.v,
			       .n_caveats = a->caveats.n,
			       .coverage = a->coverage,
			       .n_evicted = a->n_evicted,
			       .strict_input = a->strict_input,
			       .asked = a->asked,
			       .fail_on = a->fail_on == SEV_INFO ? SEV_MEDIUM : a->fail_on,
			       .waivers = a->has_waivers ? &a->waivers : NULL,
			       .now_ns = engine_now(a),
		       }));
}

/* Nobody said how the deployment is built: where the back end is on hosts of its own, the papers'
 * rows for split roles hold. */
static void topology_seen(struct span_audit *a)
{
	const roleset back = ROLE_BIT(ROLE_CRM_SANDBOX) | ROLE_BIT(ROLE_CRM_ASYNC);

	for (size_t i = 0; i < a->inferred->n; i++) {
		const struct infer_host *h = &a->inferred->host[i];
		roleset s = h->roles | (h->declared ? h->declared->roles : 0);

		if (s & back && !roles_has(s, ROLE_CRM_WEB))
			a->site->topology = TOPOLOGY_SPLIT;
	}
}

static bool who_is_what(struct span_audit *a)
{
	struct infer_name *names = calloc(a->n_names + 1, sizeof *names);

	if (!names)
		return false;
	for (size_t i = 0; i < a->n_names; i++)
		names[i] = (struct infer_name){a->names[i].addr, a->names[i].name};
	a->inferred = infer_make(&(struct infer_input){
		.inventory = a->site->inventory,
		.convs = a->convs,
		.n_convs = a->n_convs,
		.attempts = a->attempts,
		.n_attempts = a->n_attempts,
		.ends = a->ends,
		.grants = a->grants,
		.n_grants = a->n_grants,
		.sightings = a->sightings,
		.n_sightings = a->n_sightings,
		.cards = a->cards,
		.n_cards = a->n_cards,
		.clusters = a->clusters,
		.n_clusters = a->n_clusters,
		.names = names,
		.n_names = a->n_names,
	});
	free(names);
	if (a->inferred && !a->site_path)
		topology_seen(a);
	return a->inferred;
}

void engine_caveat(struct span_audit *a, bool inconclusive, const char *fmt, ...)
{
	struct judge_caveat c = {.inconclusive = inconclusive};
	struct out o = {0};
	va_list ap;

	va_start(ap, fmt);
	out_vprintf(&o, fmt, ap);
	va_end(ap);
	c.text = arena_strdup(&a->arena, out_str(&o));
	out_done(&o);
	if (c.text && !vec_push(&a->caveats, c))
		c.text = NULL;
}

int engine_begin(struct span_audit *a)
{
	int r = engine_prepare(a);

	if (r)
		return r;
	engine_forget_run(a);
	return 0;
}

int engine_come_to(struct span_audit *a)
{
	int r = engine_names(a);

	if (r < 0)
		return r;
	if (a->infer != INFER_OFF && !who_is_what(a))
		return -ENOMEM;
	stats_took(a->stats, STAGE_ROLES);
	a->result = engine_judge(a, a->matrix);
	if (!a->result)
		return -ENOMEM;
	a->result->role_options = role_options(a);
	a->result->told = engine_told(a);
	stats_took(a->stats, STAGE_JUDGE);
	return 0;
}

int engine_conclude(struct span_audit *a)
{
	int stored = 0, r = hot_finish(a->hot, a, &a->coverage, &a->n_evicted);

	stats_took(a->stats, STAGE_ENDS);
	if (r == 0 && a->keep)
		r = stored = keep_end(a);
	if (a->live && a->live->keep) {
		if (r == 0 && a->live->ended)
			r = stored = live_keep_end(a);
		live_keep_figures(a->live->keep, &a->coverage);
	}
	if (r < 0)
		return r;
	a->window = hot_window(a->hot);
	a->timeline = hot_timeline(a->hot);
	a->blind = hot_blind(a->hot);
	if (keep_caveat(a->keep))
		engine_caveat(a, false, "%s", keep_caveat(a->keep));
	r = engine_come_to(a);
	if (r == 0 && a->keep)
		r = keep_past(a);
	return r ? r : stored;
}

/* The worse of two outcomes of which none is fatal. */
static int worse(int a, int b)
{
	return a ? a : b;
}

int span_audit_run(struct span_audit *a)
{
	int worst, r;

	stats_begin(a->stats);
	r = engine_begin(a);
	if (r)
		return r;
	if (a->store_path && a->asked.given) {
		error_hint(errors_add(&a->errs, false,
				      "a store takes whole captures, and a part of "
				      "their time was asked for"),
			   "leave --day, --from and --to away here, and give them to spanaudit "
			   "report --store");
		return SPAN_USAGE;
	}
	stats_took(a->stats, STAGE_RULES);
	worst = inputs_open(a);
	if (worst < 0 || worst == SPAN_USAGE)
		return worst;
	r = a->store_path ? keep_begin(a) : 0;
	if (r < 0)
		return r;
	worst = worse(worst, r);
	r = engine_read(a);
	if (r < 0 || r == SPAN_USAGE)
		return r;
	worst = worse(worst, r);
	r = engine_conclude(a);
	return r < 0 ? r : worse(worst, r);
}

size_t span_audit_inputs_read(const struct span_audit *a)
{
	size_t n = 0;

	for (size_t i = 0; i < a->n_inputs; i++)
		n += !a->inputs[i].failed;
	return n;
}

int engine_put(const struct out *o, FILE *f)
{
	if (out_failed(o))
		return -ENOMEM;
	if (o->n && fwrite(o->p, 1, o->n, f) != o->n)
		return errno ? -errno : -EIO;
	return 0;
}

void span_audit_errors(const struct span_audit *a, FILE *f)
{
	struct out o = {0};

	errors_format(&a->errs, "spanaudit", &o);
	engine_put(&o, f);
	out_done(&o);
}

int span_audit_write(const struct span_audit *a, const char *format,
		     const struct span_write_options *opt, FILE *f)
{
	int r = a->result ? engine_write(engine_shown(a), format, opt, f) : SPAN_USAGE;

	stats_took(a->stats, STAGE_REPORT);
	return r;
}
