// SPDX-License-Identifier: BSD-2-Clause
/* From evidence to roles: which signs there are, and how much they come to. */
#include "infer/infer.h"

#include <stdlib.h>
#include <string.h>

#include "infer/parts.h"

struct infer_at {
	struct addr addr;
	uint32_t host;
};

struct making {
	struct infer *f;
	struct parts p;
	struct evidence_set *e;
	struct infer_host *host;
	struct infer_at *at;
	size_t n_host, n_at;
	uint32_t *holds; /* signs of the host in hand that do */
};

/* ------------------------------------------------------------------ roles */

static bool sign_holds(const struct evidence_set *e, size_t sign, const struct tally *t)
{
	const struct sign *s = evidence_sign(e, sign);

	for (unsigned i = 0; i < SIGN_CLUES && s->all[i].of; i++)
		if (!clue_holds(&s->all[i], &t[evidence_clue(e, sign, i, false)]))
			return false;
	for (unsigned i = 0; i < SIGN_NOT && s->none[i].of; i++)
		if (clue_holds(&s->none[i], &t[evidence_clue(e, sign, i, true)]))
			return false;
	return true;
}

static bool fact_add(struct making *m, struct infer_role *r, const struct clue *c,
		     const struct tally *t, char grade)
{
	const char *text;

	/* That a port was open is no news beside what was said on it. */
	if (r->n_fact == INFER_FACTS ||
	    (r->n_fact && grade >= 'C' && c->of == CLUE_ANSWERS && !c->app[0]))
		return true;
	text = fact_text(&m->f->arena, c, t);
	if (!text)
		return false;
	for (unsigned i = 0; i < r->n_fact; i++)
		if (!strcmp(r->fact[i].text, text))
			return true;
	r->fact[r->n_fact++] =
		(struct infer_fact){.text = text, .grade = grade, .has_at = t->has_at, .at = t->at};
	return true;
}

/* Only what the host itself answered is held against what is declared of it: a record in DNS may
 * be older than the host. */
static void proof_add(struct infer_role *r, const struct clue *c, const struct tally *t)
{
	if ((c->of != CLUE_ANSWERS && c->of != CLUE_BOUND) || r->proof)
		return;
	r->proof = t->conv;
	r->proof_core = t->conv_core;
	r->proof_what = c->of == CLUE_BOUND ? c->text : c->app[0];
}

static bool sign_take(struct making *m, struct infer_role *r, size_t sign, const struct tally *t)
{
	const struct sign *s = evidence_sign(m->e, sign);

	for (unsigned i = 0; i < SIGN_CLUES && s->all[i].of; i++) {
		const struct tally *one = &t[evidence_clue(m->e, sign, i, false)];

		if (!fact_add(m, r, &s->all[i], one, s->grade))
			return false;
		if (s->grade == 'A')
			proof_add(r, &s->all[i], one);
	}
	return true;
}

/* Of n signs that hold: facts of the best ones first; two weak ones that are independent are a
 * strong one. */
static bool role_make(struct making *m, enum role role, const uint32_t *sign, size_t n,
		      const struct tally *t, struct infer_role *ret)
{
	unsigned weak = 0;

	*ret = (struct infer_role){.role = role};
	for (const char *grade = "ABCD"; *grade; grade++)
		for (size_t i = 0; i < n; i++) {
			const struct sign *s = evidence_sign(m->e, sign[i]);

			if (s->role != role || s->grade != *grade)
				continue;
			weak += *grade == 'C';
			if (!ret->grade)
				ret->grade = *grade;
			if (!sign_take(m, ret, sign[i], t))
				return false;
		}
	if (ret->grade == 'C' && weak > 1)
		ret->grade = 'B';
	return true;
}

static bool roles_make(struct making *m, struct infer_host *h, const struct tally *t)
{
	struct infer_role all[ROLE_N];
	struct infer_role *mine;
	size_t n = 0, n_sign = 0;
	roleset shown = 0;

	for (size_t i = 0; i < evidence_signs(m->e); i++)
		if (sign_holds(m->e, i, t)) {
			m->holds[n_sign++] = (uint32_t)i;
			shown |= ROLE_BIT(evidence_sign(m->e, i)->role);
		}
	for (int r = 0; r < ROLE_N; r++) {
		if (!(shown & ROLE_BIT(r)))
			continue;
		if (!role_make(m, (enum role)r, m->holds, n_sign, t, &all[n]))
			return false;
		if (!all[n].grade)
			continue;
		if (all[n].grade <= 'B')
			h->roles |= ROLE_BIT(r);
		n++;
	}
	if (!n)
		return true;
	mine = arena_alloc(&m->f->arena, n * sizeof *mine);
	if (!mine)
		return false;
	memcpy(mine, all, n * sizeof *mine);
	h->role = mine;
	h->n_role = n;
	return true;
}

/* ------------------------------------------------------------------ hosts */

static int addr_order(const void *a, const void *b)
{
	const struct infer_addr *x = a, *y = b;

	return addr_compare(&x->addr, &y->addr);
}

static bool is_declared(const struct host *h, const struct addr *a)
{
	for (size_t i = 0; h && i < h->n_addr; i++)
		if (addr_equal(&h->addr[i], a))
			return true;
	return false;
}

/* The one that the others are tied to comes first. */
static void lead(struct infer_host *h, struct infer_addr *v)
{
	size_t at = 0;

	while (h->declared && at < h->n_addr && !is_declared(h->declared, &v[at].addr))
		at++;
	if (at && at < h->n_addr) {
		struct infer_addr first = v[at];

		memmove(v + 1, v, at * sizeof *v);
		v[0] = first;
	}
	if (!h->n_addr || !v[0].why)
		return;
	/* Whoever comes first needs no reason; its reason holds between it and another. */
	for (size_t i = 1; i < h->n_addr; i++)
		if (!v[i].why && !is_declared(h->declared, &v[i].addr)) {
			v[i].why = v[0].why;
			v[i].has_at = v[0].has_at;
			v[i].at = v[0].at;
			break;
		}
	v[0].why = NULL;
	v[0].has_at = false;
}

static void host_name(struct infer_host *h, const struct node_words *n)
{
	bool self = n->name_from && !strcmp(n->name_from, "itself");

	if (!n->name || (h->name && !(self && strcmp(h->name_from, "itself") != 0)))
		return;
	h->name = n->name;
	h->name_from = n->name_from;
}

static bool group_make(struct making *m, const uint32_t *nodes, size_t n)
{
	struct infer_host *h = &m->host[m->n_host];
	struct infer_addr *v = arena_alloc(&m->f->arena, n * sizeof *v);
	const struct tally *t;

	if (!v)
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct node *x = &m->p.node[nodes[i]];

		v[i] = (struct infer_addr){.addr = x->addr};
		h->declared = h->declared ? h->declared : x->declared;
		if (!x->words)
			continue;
		v[i].why = x->words->tie;
		v[i].has_at = x->words->has_tie_at;
		v[i].at = x->words->tie_at;
		host_name(h, x->words);
	}
	h->n_addr = n;
	qsort(v, n, sizeof *v, addr_order);
	lead(h, v);
	h->addr = v;
	if (h->name) {
		h->name = arena_strdup(&m->f->arena, h->name);
		if (!h->name)
			return false;
	}
	t = evidence_of(m->e, m->p.node[nodes[0]].group);
	if (t && !roles_make(m, h, t))
		return false;
	for (size_t i = 0; i < n; i++)
		m->at[m->n_at++] = (struct infer_at){v[i].addr, (uint32_t)m->n_host};
	m->n_host++;
	return true;
}

struct member {
	uint32_t group, node;
};

static int member_order(const void *a, const void *b)
{
	const struct member *x = a, *y = b;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	return x->node < y->node ? -1 : x->node > y->node;
}

static bool groups_make(struct making *m)
{
	size_t n = 0, cap = m->p.n_node + 1;
	struct member *v = malloc(cap * sizeof *v);
	uint32_t *nodes = malloc(cap * sizeof *nodes);
	bool ok = v && nodes;

	for (uint32_t i = 0; ok && i < m->p.n_node; i++)
		if (m->p.node[i].eligible)
			v[n++] = (struct member){m->p.node[i].group, i};
	if (n)
		qsort(v, n, sizeof *v, member_order);
	for (size_t i = 0, k; ok && i < n; i = k) {
		for (k = i; k < n && v[k].group == v[i].group; k++)
			nodes[k - i] = v[k].node;
		ok = group_make(m, nodes, k - i);
	}
	free(v);
	free(nodes);
	return ok;
}

/* ------------------------------------------------------------------ the result */

static int host_order(const void *a, const void *b)
{
	const struct infer_host *x = a, *y = b;

	return addr_compare(&x->addr[0].addr, &y->addr[0].addr);
}

static int at_order(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct addr));
}

static void hosts_sort(struct making *m)
{
	if (m->n_host)
		qsort(m->host, m->n_host, sizeof *m->host, host_order);
	for (size_t i = 0, k = 0; i < m->n_host; i++)
		for (size_t j = 0; j < m->host[i].n_addr; j++)
			m->at[k++] = (struct infer_at){m->host[i].addr[j].addr, (uint32_t)i};
	if (m->n_at)
		qsort(m->at, m->n_at, sizeof *m->at, at_order);
}

static bool make(struct making *m)
{
	if (!nodes_make(&m->p) || !identity_make(&m->p))
		return false;
	m->host = arena_alloc(&m->f->arena, (m->p.n_node + 1) * sizeof *m->host);
	m->at = arena_alloc(&m->f->arena, (m->p.n_node + 1) * sizeof *m->at);
	m->e = evidence_new(&m->p);
	m->holds = m->e ? arena_alloc(&m->f->arena, (evidence_signs(m->e) + 1) * sizeof *m->holds)
			: NULL;
	if (!m->host || !m->at || !m->holds || !groups_make(m))
		return false;
	hosts_sort(m);
	m->f->host = m->host;
	m->f->n = m->n_host;
	m->f->at = m->at;
	m->f->n_at = m->n_at;
	m->f->scanner = m->p.scanner;
	return !m->p.failed;
}

struct infer *infer_make(const struct infer_input *in)
{
	struct infer *f = calloc(1, sizeof *f);
	struct making m = {.f = f, .p = {.in = in, .a = f ? &f->arena : NULL}};
	bool ok = f && make(&m);

	evidence_free(m.e);
	free(m.p.node);
	free(m.p.node_of_end);
	vec_done(&m.p.names);
	vec_done(&m.p.domains);
	return ok ? f : infer_free(f);
}

struct infer *infer_free(struct infer *f)
{
	if (f) {
		arena_done(&f->arena);
		free(f);
	}
	return NULL;
}

static int at_vs(const void *a, const void *b)
{
	return memcmp(a, &((const struct infer_at *)b)->addr, sizeof(struct addr));
}

const struct infer_host *infer_find(const struct infer *f, const struct addr *a)
{
	const struct infer_at *at =
		f && f->n_at ? bsearch(a, f->at, f->n_at, sizeof *f->at, at_vs) : NULL;

	return at ? &f->host[at->host] : NULL;
}

const struct infer_host *infer_walk(const struct infer *f, struct infer_walk *w,
				    const struct addr *a)
{
	int d = -1;

	while (f && w->at < f->n_at && (d = at_vs(a, &f->at[w->at])) > 0)
		w->at++;
	return !d ? &f->host[f->at[w->at].host] : NULL;
}

const struct infer_role *infer_role_of(const struct infer_host *h, enum role r)
{
	for (size_t i = 0; h && i < h->n_role; i++)
		if (h->role[i].role == r)
			return &h->role[i];
	return NULL;
}

const struct infer_addr *infer_tie(const struct infer_host *h, const struct addr *a)
{
	for (size_t i = 1; h && i < h->n_addr; i++)
		if (addr_equal(&h->addr[i].addr, a))
			return h->addr[i].why ? &h->addr[i] : NULL;
	return NULL;
}
