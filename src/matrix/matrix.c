// SPDX-License-Identifier: BSD-2-Clause
/* The matrix: rules of all packs in force, as the site has them. */
#include "matrix/matrix.h"

#include <stdlib.h>
#include <string.h>

#include "config/yaml.h"
#include "matrix/load.h"
#include "matrix/matrix_internal.h"

static const struct site no_site; /* all defaults are zero */

static bool add_pack(struct matrix *m, const char *name, const char *const *dirs,
		     struct errors *errs)
{
	struct pack *p = pack_find(name, dirs, errs);

	if (!p)
		return false;
	for (size_t i = 0; i < m->n_packs; i++) {
		if (strcmp(m->packs[i]->info.name, p->info.name) != 0)
			continue;
		error_hint(errors_add(errs, false, "rule pack '%s' is named twice: %s and %s",
				      p->info.name, m->packs[i]->info.path, p->info.path),
			   "name each pack once");
		pack_free(p);
		return false;
	}
	m->packs[m->n_packs++] = p;
	m->n_rules += p->n_rules;
	return true;
}

static bool copy_rules(struct matrix *m, struct errors *errs)
{
	size_t n = 0;
	bool ok = true;

	m->rules = calloc(m->n_rules + 1, sizeof *m->rules);
	if (!m->rules) {
		errors_add(errs, false, "not enough memory for %zu rules", m->n_rules);
		return false;
	}
	for (size_t i = 0; i < m->n_packs; i++) {
		for (size_t k = 0; k < m->packs[i]->n_rules; k++) {
			struct rule *r = &m->rules[n];

			*r = m->packs[i]->rules[k];
			r->index = n;
			for (size_t o = 0; o < n; o++) {
				if (strcmp(m->rules[o].id, r->id) != 0)
					continue;

				struct error *e =
					errors_add(errs, false, "rule '%s' is also in %s, line %u",
						   r->id, m->rules[o].file, m->rules[o].line);

				error_place(e, r->file, r->line, 0, 0);
				error_hint(e, "an id names one rule: change one of the two");
				ok = false;
			}
			n++;
		}
	}
	return ok;
}

static struct rule *by_id(const struct matrix *m, const char *id)
{
	for (size_t i = 0; i < m->n_rules; i++)
		if (strcmp(m->rules[i].id, id) == 0)
			return &m->rules[i];
	return NULL;
}

static bool no_such_rule(const struct matrix *m, const struct site_override *o, struct errors *errs)
{
	const char **ids = calloc(m->n_rules + 1, sizeof *ids);
	const char *near = NULL;

	if (ids) {
		for (size_t i = 0; i < m->n_rules; i++)
			ids[i] = m->rules[i].id;
		near = did_you_mean(o->rule, ids);
		free(ids);
	}

	struct error *e =
		near ? errors_add(errs, false,
				  "no rule '%s' in the packs in use (did you mean '%s'?)", o->rule,
				  near)
		     : errors_add(errs, false, "no rule '%s' in the packs in use", o->rule);

	error_place(e, m->site->path, o->line, 0, 0);
	error_hint(e, "`spanaudit rules list` shows the ids; packs are named under 'rules:'");
	return false;
}

static bool override_rules(struct matrix *m, struct errors *errs)
{
	bool ok = true;

	for (size_t i = 0; i < m->site->n_overrides; i++) {
		const struct site_override *o = &m->site->overrides[i];
		struct rule *r = by_id(m, o->rule);

		if (!r) {
			ok = no_such_rule(m, o, errs);
			continue;
		}
		if (o->severity != SEV_NONE)
			r->severity = o->severity;
		if (o->need >= 0)
			r->need = (enum rule_need)o->need;
		if (o->when_missing >= 0)
			r->when_missing = (enum rule_missing)o->when_missing;
	}
	return ok;
}

struct matrix *matrix_load(const char *const *packs, size_t n, const char *const *dirs,
			   const struct site *site, struct errors *errs)
{
	struct matrix *m = calloc(1, sizeof *m);
	bool ok = true;

	if (m)
		m->packs = calloc(n + 1, sizeof *m->packs);
	if (!m || !m->packs) {
		errors_add(errs, false, "not enough memory for the rules");
		return matrix_free(m);
	}
	m->site = site ? site : &no_site;
	/* Every pack is read, so that one run tells the errors of all. */
	for (size_t i = 0; i < n; i++)
		ok = add_pack(m, packs[i], dirs, errs) && ok;
	ok = ok && copy_rules(m, errs) && override_rules(m, errs);
	if (ok && !matrix_index_ports(m)) {
		errors_add(errs, false, "not enough memory for the rules");
		ok = false;
	}
	return ok ? m : matrix_free(m);
}

struct matrix *matrix_free(struct matrix *m)
{
	if (!m)
		return NULL;
	matrix_forget(m);
	for (size_t i = 0; i < m->n_packs; i++)
		pack_free(m->packs[i]);
	free(m->packs);
	free(m->rules);
	free(m->bounds);
	arena_done(&m->arena);
	free(m);
	return NULL;
}

size_t matrix_n_packs(const struct matrix *m)
{
	return m->n_packs;
}

const struct pack_info *matrix_pack(const struct matrix *m, size_t i)
{
	return &m->packs[i]->info;
}

size_t matrix_n_rules(const struct matrix *m)
{
	return m->n_rules;
}

const struct rule *matrix_rule(const struct matrix *m, size_t i)
{
	return &m->rules[i];
}

const struct rule *matrix_rule_by_id(const struct matrix *m, const char *id)
{
	return by_id(m, id);
}
