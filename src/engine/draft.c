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

	for (unsigned i = 0; i < c->n_app; i++)
		if (c->app[i].app != APP_NONE && (!best || c->app[i].flows > best->flows))
			best = &c->app[i];
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

static int rows_make(struct span_audit *a, struct draft *d)
{
	const struct result *was = a->result, *is = d->result;
	VEC(struct draft_row) v = {0};
	size_t k = 0;

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
	if (!v.n)
		return 0;
	qsort(v.v, v.n, sizeof *v.v, by_change_and_client);
	for (size_t i = 1; i < v.n; i++) {
		struct draft_row *row = &v.v[k];

		if (by_change(row, &v.v[i])) {
			v.v[++k] = v.v[i];
			continue;
		}
		if (row->n_clients < DRAFT_CLIENTS)
			row->client[row->n_clients] = v.v[i].client[0];
		row->n_clients++;
	}
	d->n_rows = k + 1;
	d->rows = arena_alloc(&d->arena, d->n_rows * sizeof *d->rows);
	if (d->rows)
		memcpy(d->rows, v.v, d->n_rows * sizeof *d->rows);
	vec_done(&v);
	return d->rows ? 0 : -ENOMEM;
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
	for (size_t i = 0; i < d->diff.n_rows; i++) {
		const struct diff_row *row = &d->diff.rows[i];

		if ((row->class == DIFF_NEW || row->class == DIFF_WORSE) &&
		    row->is->severity >= limit)
			return true;
	}
	return false;
}

int span_audit_draft(struct span_audit *a, const char *const *packs, size_t n,
		     const struct span_draft_options *opt, FILE *f, bool *ret_worse)
{
	static const struct span_draft_options plain;
	struct draft d;
	struct out o = {0};
	int r;

	if (!a->result)
		return SPAN_USAGE;
	opt = opt ? opt : &plain;
	r = draft_make(a, packs, n, &d);
	if (!r) {
		*ret_worse = gets_worse(&d, a->fail_on == SEV_INFO ? SEV_MEDIUM : a->fail_on);
		if (opt->json)
			draft_json(a, &d, *ret_worse, &o);
		else
			draft_text(a, &d, opt, &o);
		r = engine_put(&o, f);
	}
	out_done(&o);
	draft_done(&d);
	return r;
}
