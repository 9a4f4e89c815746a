// SPDX-License-Identifier: BSD-2-Clause
#include "engine/draft.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "recognise/recognise.h"
#include "report/report.h"

#include "config.h"

const char *draft_way_name(enum draft_way w)
{
	static const char *const names[] = {"worse", "other", "better"};

	return names[w];
}

/* --- which rules ------------------------------------------------------------------------------ */

/* The packs in force, with one of the same name replaced and others added behind them. */
static int packs_make(struct span_audit *a, const char *const *packs, size_t n, struct draft *d)
{
	size_t in_force = matrix_n_packs(a->matrix), all = in_force;
	const char **v = arena_alloc(&d->arena, (in_force + n) * sizeof *v);
	size_t *place = arena_alloc(&d->arena, (n + 1) * sizeof *place);

	d->packs = arena_alloc(&d->arena, (n + 1) * sizeof *d->packs);
	if (!v || !place || !d->packs)
		return -ENOMEM;
	for (size_t i = 0; i < in_force; i++)
		v[i] = matrix_pack(a->matrix, i)->path;
	for (size_t i = 0; i < n; i++) {
		char *name = engine_pack_name(a, packs[i]);
		size_t at = 0;

		if (!name)
			return SPAN_USAGE;
		while (at < in_force && strcmp(matrix_pack(a->matrix, at)->name, name) != 0)
			at++;
		free(name);
		d->packs[i].path = packs[i];
		d->packs[i].was = at < in_force ? matrix_pack(a->matrix, at) : NULL;
		place[i] = at < in_force ? at : all++;
		v[place[i]] = packs[i];
	}
	d->n_packs = n;
	d->matrix = engine_matrix(a, v, all);
	if (!d->matrix)
		return SPAN_USAGE;
	for (size_t i = 0; i < n; i++)
		d->packs[i].is = matrix_pack(d->matrix, place[i]);
	return 0;
}

/* --- conversations ---------------------------------------------------------------------------- */

/* What an audit would not ask anybody about. */
static bool fine(enum kind k)
{
	return k <= KIND_TOLERATED;
}

static enum draft_way way_of(enum kind was, enum kind is)
{
	if (fine(was) && fine(is))
		return DRAFT_OTHER;
	return is > was ? DRAFT_WORSE : DRAFT_BETTER;
}

static const char *end_name(struct span_audit *a, struct draft *d, const struct addr *addr)
{
	const struct host *h = inventory_find(a->site->inventory, addr);
	char buf[ADDR_TEXT];

	return h && !h->is_network ? h->name : arena_strdup(&d->arena, addr_format(addr, buf));
}

/* What most of its flows spoke. */
static const char *spoken(const struct conv *c)
{
	const struct conv_app *best = NULL;
	struct conv_app room;

	for (unsigned i = 0; i < c->n_app; i++) {
		const struct conv_app *a = conv_app(c, i, &room);

		if (a->app != APP_NONE && (!best || a->flows > best->flows))
			best = a;
	}
	return best ? app_name(best->app) : NULL;
}

static int text_order(const char *x, const char *y)
{
	return !x || !y ? (x != NULL) - (y != NULL) : strcmp(x, y);
}

static int by_change(const void *a, const void *b)
{
	const struct draft_row *x = a, *y = b;
	int c = 0;

	if (x->way != y->way)
		return x->way < y->way ? -1 : 1;
	if (x->is != y->is)
		return x->is > y->is ? -1 : 1;
	if (x->was != y->was)
		return x->was < y->was ? -1 : 1;
	c = strcmp(x->server, y->server);
	c = c ? c : (int)x->proto - (int)y->proto;
	c = c ? c : (int)x->port - (int)y->port;
	c = c ? c : text_order(x->protocol, y->protocol);
	c = c ? c : text_order(x->was_rule, y->was_rule);
	return c ? c : text_order(x->is_rule, y->is_rule);
}

static int by_change_and_client(const void *a, const void *b)
{
	const struct draft_row *x = a, *y = b;
	int c = by_change(x, y);

	return c ? c : strcmp(x->client[0], y->client[0]);
}

typedef VEC(struct draft_row) draft_rows;

/* Rows that differ in their clients alone become one. Takes the rows. */
static int rows_fold(struct draft *d, draft_rows *v)
{
	size_t k = 0;

	if (!v->n)
		return 0;
	qsort(v->v, v->n, sizeof *v->v, by_change_and_client);
	for (size_t i = 1; i < v->n; i++) {
		struct draft_row *row = &v->v[k];

		if (by_change(row, &v->v[i])) {
			v->v[++k] = v->v[i];
			continue;
		}
		if (row->n_shown < DRAFT_CLIENTS)
			row->client[row->n_shown++] = v->v[i].client[0];
		row->n_clients += v->v[i].n_clients;
	}
	d->n_rows = k + 1;
	d->rows = arena_alloc(&d->arena, d->n_rows * sizeof *d->rows);
	if (d->rows)
		memcpy(d->rows, v->v, d->n_rows * sizeof *d->rows);
	vec_done(v);
	return d->rows ? 0 : -ENOMEM;
}

static int rows_make(struct span_audit *a, struct draft *d)
{
	const struct result *was = a->result, *is = d->result;
	draft_rows v = {0};

	for (size_t i = 0; i < a->n_convs; i++) {
		const struct conv *c = &a->convs[i];
		const struct rule *r[2] = {was->rule_of[i], is->rule_of[i]};
		struct draft_row row = {
			.was = (enum kind)was->verdict_of[i],
			.is = (enum kind)is->verdict_of[i],
			.was_rule = r[0] ? r[0]->id : NULL,
			.is_rule = r[1] ? r[1]->id : NULL,
			.proto = c->proto,
			.port = c->port,
			.protocol = spoken(c),
			.n_clients = 1,
			.n_shown = 1,
		};

		if (row.was == row.is) {
			d->n_rule += text_order(row.was_rule, row.is_rule) != 0;
			continue;
		}
		row.way = way_of(row.was, row.is);
		row.client[0] = end_name(a, d, &c->client);
		row.server = end_name(a, d, &c->server);
		if (!row.client[0] || !row.server || !vec_push(&v, row)) {
			vec_done(&v);
			return -ENOMEM;
		}
		d->n[row.way]++;
	}
	return rows_fold(d, &v);
}

/* --- findings and rules ----------------------------------------------------------------------- */

/* Compared as documents are, so that a draft and two audits cannot disagree. */
static int as_document(const struct result *r, struct errors *errs, struct read_result *ret)
{
	const struct report_options opt = {.tool_version = SPAN_VERSION, .now_ns = TIME_NONE};
	struct out o = {0};
	int status = report_format_by_name("json")->write(r, &opt, &o);

	if (!status)
		status = read_result_parse("result", o.p, o.n, errs, ret);
	out_done(&o);
	return status > 0 ? -EINVAL : status;
}

int draft_make(struct span_audit *a, const char *const *packs, size_t n, struct draft *d)
{
	int r;

	*d = (struct draft){0};
	r = packs_make(a, packs, n, d);
	if (r)
		return r;
	d->result = engine_judge(a, d->matrix);
	if (!d->result)
		return -ENOMEM;
	d->diff.same_packets = true;
	r = rows_make(a, d);
	r = r ? r : as_document(a->result, &a->errs, &d->diff.was);
	r = r ? r : as_document(d->result, &a->errs, &d->diff.is);
	return r ? r : diff_make(&d->diff);
}

/* --- a document ------------------------------------------------------------------------------- */

/* A result is judged again by the packs that it was judged by, or it is not known what differs. */
static int same_packs(struct span_audit *a, const struct read_result *r, const char *path)
{
	size_t n = matrix_n_packs(a->matrix), found = 0;
	struct error *e;

	for (size_t i = 0; i < r->n_packs; i++)
		for (size_t k = 0; k < n; k++) {
			const struct pack_info *p = matrix_pack(a->matrix, k);

			found += !strcmp(p->name, r->packs[i].name) && r->packs[i].sha256 &&
				 !strcmp(p->sha256, r->packs[i].sha256);
		}
	if (found == n && n == r->n_packs)
		return 0;
	e = errors_add(&a->errs, false, "it was judged by other rule packs than those in force");
	error_place(e, path, 0, 0, 1);
	error_hint(e, "Give the same ones with --rules (or --site), or the captures instead of the "
		      "result.\nWhich they were stands in its 'rules_packs'.");
	return SPAN_USAGE;
}

static struct end end_of(const struct span_audit *a, const struct read_end *e, roleset roles,
			 struct addr *ret_addr)
{
	struct end end = {.roles = roles};

	if (e->address && addr_parse(e->address, ret_addr)) {
		const struct host *h = inventory_find(a->site->inventory, ret_addr);

		/* The document says which roles counted; a host adds its moved ports. */
		end.host = h;
	}
	return end;
}

static void judge_again(struct span_audit *a, struct matrix *m, const struct read_conv *c,
			struct judge_answer *ret)
{
	struct judge_question q = {
		.proto = c->proto,
		.port = c->port,
		.app = c->protocol ? app_by_name(c->protocol) : APP_NONE,
		.state = c->state,
		.in_setup = site_in_setup(a->site, c->first_ns),
	};

	q.client = end_of(a, &c->client, c->roles[0], &q.client_addr);
	q.server = end_of(a, &c->server, c->roles[1], &q.server_addr);
	judge_one(a->site, m, &q, ret);
}

/* Verdicts that rest on more than a row says (grants, notes, other conversations) do not come out
 * again by the rules in force, and are left alone. */
static int rows_of(struct span_audit *a, const struct read_result *r, struct draft *d)
{
	enum { SURE = 60 };
	draft_rows v = {0};

	for (size_t i = 0; i < r->n_convs; i++) {
		const struct read_conv *c = &r->convs[i];
		uint64_t n = c->folded ? c->folded : 1;
		struct judge_answer was, is;

		judge_again(a, a->matrix, c, &was);
		judge_again(a, d->matrix, c, &is);
		if (was.verdict != c->verdict || c->confidence < SURE) {
			d->n_unjudged += n;
			continue;
		}
		d->n_judged += n;

		struct draft_row row = {
			.way = way_of(was.verdict, is.verdict),
			.was = was.verdict,
			.is = is.verdict,
			.was_rule = was.rule ? was.rule->id : NULL,
			.is_rule = is.rule ? is.rule->id : NULL,
			.client = {arena_strdup(&d->arena, c->client.token)},
			.server = arena_strdup(&d->arena, c->server.token),
			.protocol = c->protocol ? arena_strdup(&d->arena, c->protocol) : NULL,
			.proto = c->proto,
			.port = c->port,
			.n_clients = n,
			.n_shown = 1,
		};

		if (row.was == row.is) {
			d->n_rule += text_order(row.was_rule, row.is_rule) ? n : 0;
			continue;
		}
		if (!row.client[0] || !row.server || !vec_push(&v, row)) {
			vec_done(&v);
			return -ENOMEM;
		}
		d->n[row.way] += n;
	}
	return rows_fold(d, &v);
}

int draft_document(struct span_audit *a, const char *path, const char *const *packs, size_t n,
		   struct draft *d)
{
	struct read_result doc;
	int r = engine_prepare(a);

	*d = (struct draft){.document = path};
	if (r)
		return r;
	r = read_result_convs(path, &a->errs, &doc);
	if (r)
		return r == -ENOMEM ? r : SPAN_INPUT;
	r = same_packs(a, &doc, path);
	r = r ? r : packs_make(a, packs, n, d);
	r = r ? r : rows_of(a, &doc, d);
	d->n_unlisted = doc.n_unlisted;
	read_result_done(&doc);
	return r;
}

void draft_done(struct draft *d)
{
	diff_done(&d->diff);
	result_free(d->result);
	matrix_free(d->matrix);
	arena_done(&d->arena);
	*d = (struct draft){0};
}

bool draft_same(const struct draft *d)
{
	return !d->n_rows && !d->n_rule && !d->diff.n_rules &&
	       d->diff.n_rows == d->diff.n[DIFF_STILL];
}

static bool gets_worse(const struct draft *d, enum severity limit)
{
	/* A document's conversations: by what their verdict is worth as a rule. */
	for (size_t i = 0; d->document && i < d->n_rows; i++) {
		enum severity s = kind_row(d->rows[i].is)->severity;

		if (d->rows[i].way == DRAFT_WORSE && s != SEV_NONE && s >= limit)
			return true;
	}
	for (size_t i = 0; i < d->diff.n_rows; i++) {
		const struct diff_row *row = &d->diff.rows[i];

		if ((row->class == DIFF_NEW || row->class == DIFF_WORSE) &&
		    row->is->severity >= limit)
			return true;
	}
	return false;
}

/* Writes what draft_make() or draft_document() made, unless r says that it could not, and ends it.
 */
static int put_draft(struct span_audit *a, struct draft *d, int r,
		     const struct span_draft_options *opt, FILE *f, bool *ret_worse)
{
	static const struct span_draft_options plain;
	struct out o = {0};

	opt = opt ? opt : &plain;
	if (!r) {
		*ret_worse = gets_worse(d, a->fail_on == SEV_INFO ? SEV_MEDIUM : a->fail_on);
		if (opt->json)
			draft_json(a, d, *ret_worse, &o);
		else
			draft_text(a, d, opt, &o);
		r = engine_put(&o, f);
	}
	out_done(&o);
	draft_done(d);
	return r;
}

int span_audit_draft(struct span_audit *a, const char *const *packs, size_t n,
		     const struct span_draft_options *opt, FILE *f, bool *ret_worse)
{
	struct draft d;
	int r;

	if (!a->result)
		return SPAN_USAGE;
	r = draft_make(a, packs, n, &d);
	return put_draft(a, &d, r, opt, f, ret_worse);
}

int span_audit_draft_result(struct span_audit *a, const char *path, const char *const *packs,
			    size_t n, const struct span_draft_options *opt, FILE *f,
			    bool *ret_worse)
{
	struct draft d;
	int r = draft_document(a, path, packs, n, &d);

	return put_draft(a, &d, r, opt, f, ret_worse);
}
