// SPDX-License-Identifier: BSD-2-Clause
#include "report/redact.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/redact_map.h"

/* A loaded document owns all that it points to; only the type, which results of a run share, calls
 * some of it constant. */
static void *own(const void *p)
{
	const union {
		const void *shared;
		void *own;
	} u = {p};

	return u.own;
}

/* --- what names there are -----------------------------------------------------------------------
 */

static void learn_end(struct mask *m, const struct endpoint *e)
{
	mask_learn(m, e->host);
	mask_learn(m, e->name);
}

static const char *base_of(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path;
}

static void learn_files(struct mask *m, const struct result *r)
{
	for (size_t i = 0; i < r->n_inputs; i++) {
		mask_learn(m, r->inputs[i].path);
		mask_learn(m, base_of(r->inputs[i].path));
	}
	mask_learn(m, r->site->path);
	mask_learn(m, base_of(r->site->path));
	mask_learn(m, r->site->name);
	for (const char *const *z = r->told.files; z && *z; z++)
		mask_learn(m, *z);
}

static void learn(struct mask *m, const struct result *r)
{
	learn_files(m, r);
	for (size_t i = 0; i < r->n_findings; i++) {
		learn_end(m, &r->findings[i].client);
		learn_end(m, &r->findings[i].server);
	}
	for (size_t i = 0; i < r->n_rpc; i++) {
		learn_end(m, &r->rpc[i].client);
		learn_end(m, &r->rpc[i].server);
	}
	for (size_t i = 0; i < r->n_convs; i++) {
		learn_end(m, &r->convs[i].client);
		learn_end(m, &r->convs[i].server);
	}
	for (size_t i = 0; i < r->n_roles; i++)
		mask_learn(m, r->roles[i].name);
	for (size_t i = 0; i < r->n_waivers; i++) {
		mask_learn(m, r->waivers[i].owner);
		mask_learn(m, r->waivers[i].approved_by);
	}
}

/* --- what becomes of each part ------------------------------------------------------------------
 */

static void texts(struct mask *m, const char *const *v, size_t n)
{
	const char **own_v = own(v);

	for (size_t i = 0; i < n; i++)
		own_v[i] = mask_text(m, own_v[i]);
}

static void end(struct mask *m, struct endpoint *e)
{
	if (e->has_address)
		e->address = mask_addr(m, &e->address);
	e->network = mask_text(m, e->network);
	e->host = mask_name(m, e->host);
	e->name = mask_name(m, e->name);
	e->known_by = mask_text(m, e->known_by);
}

static void finding(struct mask *m, struct finding *f)
{
	mask_id(m, f->id);
	f->severity_why = f->severity_why ? "the site file" : NULL;
	end(m, &f->client);
	end(m, &f->server);
	f->why = mask_text(m, f->why);
	f->nearest_why_not = mask_text(m, f->nearest_why_not);
	f->advice = mask_text(m, f->advice);
	f->attempts.by_address = mask_addr(m, &f->attempts.by_address);
	for (struct hint *h = own(f->hints); h; h = own(h->next)) {
		h->because = mask_text(m, h->because);
		((struct hint_row *)own(h->row))->says = mask_text(m, h->row->says);
	}
	f->example.client = mask_addr(m, &f->example.client);
	f->example.server = mask_addr(m, &f->example.server);
	f->tshark = NULL;
	f->extract = NULL;
	f->suggest = mask_text(m, f->suggest);
	f->waiver = mask_word(m, "W", f->waiver);
}

static void files(struct mask *m, struct result *r, struct site *s)
{
	static const char *const none[] = {NULL}, *const file[] = {"FILE", NULL};

	for (size_t i = 0; i < r->n_inputs; i++) {
		struct result_input *in = &r->inputs[i];

		in->path = mask_file(m, in->path);
		in->same_as = mask_file(m, in->same_as);
		in->note = mask_text(m, in->note);
		in->caveat = mask_text(m, in->caveat);
	}
	s->path = mask_file(m, s->path);
	s->name = s->name ? mask_name(m, s->name) : NULL;
	for (const char **z = own(r->role_options); z && *z; z++)
		*z = mask_text(m, *z);
	r->told = (struct run_told){.options = none,
				    .files = file,
				    .policy_ns = r->told.policy_ns,
				    .reloads = r->told.reloads};
}

static void rules(struct mask *m, struct result *r)
{
	for (size_t i = 0; i < r->n_rules; i++) {
		struct rule *u = own(r->rules[i].rule);

		u->title = mask_text(m, u->title);
		r->rules[i].reason = mask_text(m, r->rules[i].reason);
	}
	for (size_t i = 0; i < r->n_unjudged; i++)
		r->unjudged[i].reason = mask_text(m, r->unjudged[i].reason);
}

static void waivers(struct mask *m, struct result *r)
{
	struct waiver_file *files = own(r->waiver_files);

	for (size_t i = 0; i < r->n_waiver_files; i++)
		files[i].path = mask_file(m, files[i].path);
	for (size_t i = 0; i < r->n_waivers; i++) {
		struct waiver_row *w = &r->waivers[i];

		w->id = mask_word(m, "W", w->id);
		w->file = mask_file(m, w->file);
		w->about = mask_text(m, w->about);
		w->reason = "(left out)";
		w->owner = mask_word(m, "person", w->owner);
		w->approved_by = mask_word(m, "person", w->approved_by);
		w->ticket = mask_word(m, "ticket", w->ticket);
		w->note = mask_text(m, w->note);
	}
}

static void since(struct mask *m, struct since *s)
{
	s->report = s->report ? mask_file(m, s->report) : NULL;
	texts(m, s->notes, s->n_notes);
	for (size_t i = 0; i < s->n_rows; i++) {
		struct since_row *row = &s->rows[i];

		row->id = mask_text(m, row->id);
		row->who = mask_text(m, row->who);
		row->reason = mask_text(m, row->reason);
	}
}

static void rpc(struct mask *m, struct result *r)
{
	for (size_t i = 0; i < r->n_rpc; i++) {
		end(m, &r->rpc[i].client);
		end(m, &r->rpc[i].server);
		r->rpc[i].why = mask_text(m, r->rpc[i].why);
	}
}

static void host(struct mask *m, struct role_row *row)
{
	struct role_known *known = own(row->known);
	struct row_contradiction *hidden = own(row->hidden);

	row->address = mask_addr(m, &row->address);
	row->name = mask_name(m, row->name);
	row->known_by = mask_text(m, row->known_by);
	texts(m, row->facts, row->n_facts);
	for (size_t i = 0; i < row->n_known; i++)
		for (unsigned k = 0; k < known[i].n_fact; k++)
			known[i].fact[k] = mask_text(m, known[i].fact[k]);
	if (row->is_tied)
		row->tied_to = mask_addr(m, &row->tied_to);
	row->tied_why = mask_text(m, row->tied_why);
	for (size_t i = 0; i < row->n_hidden; i++) {
		hidden[i].finding = mask_text(m, hidden[i].finding);
		hidden[i].why = mask_text(m, hidden[i].why);
	}
}

static void convs(struct mask *m, struct result *r)
{
	for (size_t i = 0; i < r->n_convs; i++) {
		struct conv *c = own(r->convs[i].conv);

		end(m, &r->convs[i].client);
		end(m, &r->convs[i].server);
		c->client = r->convs[i].client.address;
		c->server = r->convs[i].server.address;
	}
}

/* --- order --------------------------------------------------------------------------------------
 */

/* The old order would tell which of two addresses was the higher. Findings keep theirs, which both
 * readers of a plain and a redacted report go by: the worst first. */
static int by_address(const void *a, const void *b)
{
	return addr_compare(&((const struct role_row *)a)->address,
			    &((const struct role_row *)b)->address);
}

static int by_ends(const void *a, const void *b)
{
	const struct judged *x = a, *y = b;
	int d = addr_compare(&x->client.address, &y->client.address);

	d = d ? d : addr_compare(&x->server.address, &y->server.address);
	if (d)
		return d;
	if (x->conv->proto != y->conv->proto)
		return x->conv->proto < y->conv->proto ? -1 : 1;
	return x->conv->port < y->conv->port ? -1 : x->conv->port > y->conv->port;
}

static void order(struct result *r)
{
	if (r->n_roles)
		qsort(r->roles, r->n_roles, sizeof *r->roles, by_address);
	if (r->n_convs)
		qsort(r->convs, r->n_convs, sizeof *r->convs, by_ends);
}

int result_redact(struct loaded *l, const struct hash_key *secret, const char *const *more)
{
	struct mask mask = {.arena = &l->r.arena, .key = secret}, *m = &mask;
	struct result *r = &l->r;

	learn(m, r);
	for (; more && *more; more++)
		mask_learn(m, *more);
	mask_ready(m);
	files(m, r, &l->site);
	texts(m, r->coverage.caveats, r->coverage.n_caveats);
	r->coverage.inconclusive_why = mask_text(m, r->coverage.inconclusive_why);
	rules(m, r);
	for (size_t i = 0; i < r->n_findings; i++)
		finding(m, &r->findings[i]);
	since(m, &r->since);
	waivers(m, r);
	rpc(m, r);
	for (size_t i = 0; i < r->n_roles; i++)
		host(m, &r->roles[i]);
	convs(m, r);
	order(r);
	r->redacted = true;
	mask_done(m);
	return m->failed ? -ENOMEM : 0;
}
