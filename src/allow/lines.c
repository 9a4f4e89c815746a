// SPDX-License-Identifier: BSD-2-Clause
/*
 * From cells to lines that people read: a service is put down once for all clients and servers that
 * have it alike, and ports of the same rules stand together.
 */
#include <stdlib.h>
#include <string.h>

#include "allow/work.h"

/* A service with the pairs that have it: pair[client * n + server]. */
struct relation {
	struct allow_service s;
	bool *pair;
};

struct making {
	struct allow_list *l;
	size_t n; /* classes */
	struct relation *rel;
	size_t n_rel;
	VEC(struct allow_line) lines;
	VEC(struct allow_group *) groups;
};

static int compare_service(const struct allow_service *a, const struct allow_service *b)
{
	if (a->off != b->off)
		return a->off < b->off ? -1 : 1;
	if (a->rpc != b->rpc)
		return a->rpc ? 1 : -1;
	if (a->proto != b->proto)
		return a->proto < b->proto ? -1 : 1;
	if (a->port.lo != b->port.lo)
		return a->port.lo < b->port.lo ? -1 : 1;
	if (a->port.hi != b->port.hi)
		return a->port.hi < b->port.hi ? -1 : 1;
	return a->verdict < b->verdict ? -1 : a->verdict > b->verdict;
}

static int compare_relations(const void *a, const void *b)
{
	const struct relation *x = a, *y = b;

	return compare_service(&x->s, &y->s);
}

static const struct allow_entry *entry_of(const struct allow_cell *c, const struct allow_service *s)
{
	for (size_t i = 0; i < c->n; i++)
		if (compare_service(&c->v[i].s, s) == 0)
			return &c->v[i];
	return NULL;
}

/* --- relations ---------------------------------------------------------------------------------
 */

static bool find_relations(struct making *k)
{
	const struct allow_list *l = k->l;
	size_t all = 0, n = 0;

	for (size_t i = 0; i < k->n * k->n; i++)
		all += l->cell[i].n;
	k->rel = arena_alloc(&k->l->arena, (all + 1) * sizeof *k->rel);
	if (!k->rel)
		return false;
	for (size_t i = 0; i < k->n * k->n; i++)
		for (size_t e = 0; e < l->cell[i].n; e++)
			k->rel[n++].s = l->cell[i].v[e].s;
	if (n)
		qsort(k->rel, n, sizeof *k->rel, compare_relations);
	for (size_t i = 0; i < n; i++)
		if (!k->n_rel || compare_relations(&k->rel[k->n_rel - 1], &k->rel[i]) != 0)
			k->rel[k->n_rel++] = k->rel[i];
	for (size_t i = 0; i < k->n_rel; i++) {
		k->rel[i].pair = arena_alloc(&k->l->arena, k->n * k->n * sizeof(bool));
		if (!k->rel[i].pair)
			return false;
		for (size_t p = 0; p < k->n * k->n; p++)
			k->rel[i].pair[p] = entry_of(&l->cell[p], &k->rel[i].s) != NULL;
	}
	return true;
}

/* --- groups ------------------------------------------------------------------------------------
 */

static bool stands_for(const struct making *k, const bool *has, roleset set)
{
	bool any = false;

	for (size_t c = 0; c < k->n; c++) {
		bool in = (k->l->class[c].end.roles & set) != 0;

		if (in != has[c])
			return false;
		any |= in;
	}
	return any;
}

/* The word that rules have for exactly these classes; NULL when they have none. */
static const char *rules_word(const struct making *k, const bool *has)
{
	for (int r = 0; r < ROLE_N; r++)
		if (stands_for(k, has, role_end_set(role_name((enum role)r))))
			return role_name((enum role)r);
	for (int g = 0; g < GROUP_N; g++)
		if (g != GROUP_CRM_SETUP &&
		    stands_for(k, has, role_end_set(role_group_name((enum role_group)g))))
			return role_group_name((enum role_group)g);
	return NULL;
}

static struct allow_group *group_of(struct making *k, const bool *has)
{
	struct allow_group *g;

	for (size_t i = 0; i < k->groups.n; i++)
		if (memcmp(k->groups.v[i]->has, has, k->n * sizeof *has) == 0)
			return k->groups.v[i];
	g = arena_alloc(&k->l->arena, sizeof *g);
	if (g)
		g->has = arena_alloc(&k->l->arena, k->n * sizeof *has);
	if (!g || !g->has)
		return NULL;
	memcpy(g->has, has, k->n * sizeof *has);
	for (size_t c = 0; c < k->n; c++)
		g->n += has[c];
	return vec_push(&k->groups, g) ? g : NULL;
}

static int compare_groups(const struct allow_group *a, const struct allow_group *b, size_t n)
{
	if (a->n != b->n)
		return a->n < b->n ? -1 : 1;
	for (size_t c = 0; c < n; c++)
		if (a->has[c] != b->has[c])
			return a->has[c] ? -1 : 1;
	return 0;
}

static bool taken(const struct allow_list *l, const char *name)
{
	for (size_t i = 0; i < l->n_group; i++)
		if (strcmp(l->group[i].name, name) == 0)
			return true;
	return false;
}

/* A single class, or what rules call these, or a number. */
static const char *name_group(struct making *k, const bool *has, size_t n)
{
	const char *word = n > 1 ? rules_word(k, has) : NULL, *name;
	struct out o = {0};

	for (size_t c = 0; n == 1 && c < k->n; c++)
		if (has[c])
			word = k->l->class[c].name;
	allow_identifier(&o, word ? word : "group_1");
	for (unsigned i = 2; taken(k->l, out_str(&o)); i++) {
		out_reset(&o);
		allow_identifier(&o, word ? word : "group");
		out_printf(&o, "_%u", i);
	}
	name = arena_strdup(&k->l->arena, out_str(&o));
	out_done(&o);
	return name;
}

/* Smallest first: what reaches one server stands before what reaches all. */
static bool settle_groups(struct making *k)
{
	struct allow_list *l = k->l;

	for (size_t i = 1; i < k->groups.n; i++)
		for (size_t j = i;
		     j && compare_groups(k->groups.v[j], k->groups.v[j - 1], k->n) < 0; j--) {
			struct allow_group *swap = k->groups.v[j];

			k->groups.v[j] = k->groups.v[j - 1];
			k->groups.v[j - 1] = swap;
		}
	l->group = arena_alloc(&l->arena, (k->groups.n + 1) * sizeof *l->group);
	if (!l->group)
		return false;
	for (size_t i = 0; i < k->groups.n; i++) {
		struct allow_group *g = k->groups.v[i];

		g->index = i;
		g->name = name_group(k, g->has, g->n);
		if (!g->name)
			return false;
		l->group[i] = *g;
		l->n_group++;
		for (size_t c = 0; c < k->n; c++)
			if (g->has[c] && !allow_class_spans(l, &l->class[c], &l -> group[i].at))
				return false;
	}
	for (size_t i = 0; i < k->lines.n; i++) {
		k->lines.v[i].from = &l->group[k->lines.v[i].from->index];
		k->lines.v[i].to = &l->group[k->lines.v[i].to->index];
	}
	return true;
}

/* --- lines -------------------------------------------------------------------------------------
 */

/* A rule, and on how many pairs of the line it stands. */
struct cited {
	const struct rule *rule;
	size_t n;
};

static int compare_cited(const void *a, const void *b)
{
	const struct cited *x = a, *y = b;

	return (x->rule->index > y->rule->index) - (x->rule->index < y->rule->index);
}

static bool settle_cited(struct making *k, struct allow_line *line, struct cited *v, size_t n)
{
	const struct rule **own = arena_alloc(&k->l->arena, (n + 1) * sizeof *own);
	size_t kept = 0, most = 0;

	if (n)
		qsort(v, n, sizeof *v, compare_cited);
	for (size_t i = 0; i < n; i++) {
		if (kept && v[kept - 1].rule == v[i].rule)
			v[kept - 1].n++;
		else
			v[kept++] = v[i];
	}
	for (size_t i = 0; own && i < kept; i++) {
		own[i] = v[i].rule;
		if (v[i].n <= most)
			continue;
		most = v[i].n;
		line->main_rule = v[i].rule;
	}
	line->rule = own;
	line->n_rule = kept;
	return own != NULL;
}

/* The rules of all pairs of the line; none when each pair is one host with itself. */
static bool cite(struct making *k, struct allow_line *line)
{
	VEC(struct cited) all = {0};
	bool ok = true;

	for (size_t c = 0; c < k->n; c++)
		for (size_t s = 0; s < k->n; s++) {
			const struct allow_entry *e;

			if (!line->from->has[c] || !line->to->has[s] || allow_alone(k->l, c, s))
				continue;
			e = entry_of(allow_cell(k->l, c, s), &line->s);
			for (size_t i = 0; e && i < e->n_rule; i++)
				ok = ok && vec_push(&all, ((struct cited){e->rule[i], 1}));
		}
	ok = ok && settle_cited(k, line, all.v, all.n);
	vec_done(&all);
	return ok;
}

/* The one class of the set, when it is one host; else k->n. */
static size_t lone(const struct making *k, const bool *has)
{
	size_t one = k->n, n = 0;

	for (size_t c = 0; c < k->n; c++)
		if (has[c] && ++n)
			one = c;
	return n == 1 && allow_alone(k->l, one, one) ? one : k->n;
}

/* One host does not need to be let through to itself. It is left among the others only where rules
 * have a word for all of them. */
static const bool *without_self(struct making *k, const bool *has, const bool *other)
{
	size_t one = lone(k, other);
	bool *less;

	if (one == k->n || !has[one] || lone(k, has) == one || rules_word(k, has))
		return has;
	less = arena_alloc(&k->l->arena, k->n * sizeof *less);
	if (!less)
		return NULL;
	memcpy(less, has, k->n * sizeof *less);
	less[one] = false;
	return less;
}

static bool add_line(struct making *k, const struct relation *r, const bool *from, const bool *to)
{
	const bool *clients = without_self(k, from, to), *servers = without_self(k, to, from);
	struct allow_line line = {.s = r->s, .use = {.last_ns = TIME_NONE}};

	if (!clients || !servers)
		return false;
	line.from = group_of(k, clients);
	line.to = group_of(k, servers);
	if (!line.from || !line.to || !cite(k, &line))
		return false;
	return !line.n_rule || vec_push(&k->lines, line);
}

/* Pair (a, b) of the relation, seen from servers or from clients. */
static bool *at(const struct making *k, const struct relation *r, bool by_server, size_t a,
		size_t b)
{
	return &r->pair[by_server ? b * k->n + a : a * k->n + b];
}

static bool same_row(const struct making *k, const struct relation *r, bool by_server, size_t a,
		     size_t b)
{
	bool any = false;

	for (size_t i = 0; i < k->n; i++) {
		if (*at(k, r, by_server, a, i) != *at(k, r, by_server, b, i))
			return false;
		any |= *at(k, r, by_server, a, i);
	}
	return any;
}

static bool first_of_its_kind(const struct making *k, const struct relation *r, bool by_server,
			      size_t a)
{
	for (size_t b = 0; b < a; b++)
		if (same_row(k, r, by_server, b, a))
			return false;
	return same_row(k, r, by_server, a, a);
}

static size_t count_kinds(const struct making *k, const struct relation *r, bool by_server)
{
	size_t n = 0;

	for (size_t a = 0; a < k->n; a++)
		n += first_of_its_kind(k, r, by_server, a);
	return n;
}

/* A rule stands for both servers. */
static bool share_rule(const struct making *k, const struct relation *r, const bool *from, size_t a,
		       size_t b)
{
	for (size_t x = 0; x < k->n; x++) {
		const struct allow_entry *e =
			from[x] ? entry_of(allow_cell(k->l, x, a), &r->s) : NULL;

		for (size_t y = 0; e && y < k->n; y++) {
			const struct allow_entry *f =
				from[y] ? entry_of(allow_cell(k->l, y, b), &r->s) : NULL;

			for (size_t i = 0; f && i < e->n_rule; i++)
				for (size_t m = 0; m < f->n_rule; m++)
					if (e->rule[i] == f->rule[m])
						return true;
		}
	}
	return false;
}

/* Services that only have the port in common stay apart: a line for servers that rules tie
 * together. */
static bool add_lines(struct making *k, const struct relation *r, const bool *from, const bool *to)
{
	bool *part = arena_alloc(&k->l->arena, k->n * sizeof *part);
	bool *done = arena_alloc(&k->l->arena, k->n * sizeof *done);
	bool ok = part && done;

	for (size_t s = 0; ok && s < k->n; s++) {
		bool grown = true;

		if (!to[s] || done[s])
			continue;
		memset(part, 0, k->n * sizeof *part);
		part[s] = done[s] = true;
		while (grown) {
			grown = false;
			for (size_t a = 0; a < k->n; a++)
				for (size_t b = 0; part[a] && b < k->n; b++)
					if (to[b] && !done[b] && share_rule(k, r, from, a, b))
						part[b] = done[b] = grown = true;
		}
		ok = add_line(k, r, from, part);
	}
	return ok;
}

static bool draw(struct making *k, const struct relation *r)
{
	bool by_server = count_kinds(k, r, true) <= count_kinds(k, r, false);
	bool *alike = arena_alloc(&k->l->arena, k->n * sizeof *alike);
	bool *others = arena_alloc(&k->l->arena, k->n * sizeof *others);
	bool ok = alike && others;

	for (size_t a = 0; ok && a < k->n; a++) {
		if (!first_of_its_kind(k, r, by_server, a))
			continue;
		for (size_t i = 0; i < k->n; i++) {
			alike[i] = same_row(k, r, by_server, a, i);
			others[i] = *at(k, r, by_server, a, i);
		}
		ok = by_server ? add_lines(k, r, others, alike) : add_lines(k, r, alike, others);
	}
	return ok;
}

/* --- ports that stand together -----------------------------------------------------------------
 */

static int compare_places(const struct allow_line *a, const struct allow_line *b)
{
	if (a->s.off != b->s.off)
		return a->s.off < b->s.off ? -1 : 1;
	if (a->to != b->to)
		return a->to->index < b->to->index ? -1 : 1;
	if (a->from != b->from)
		return a->from->index < b->from->index ? -1 : 1;
	return 0;
}

static int compare_lines(const void *a, const void *b)
{
	const struct allow_line *x = a, *y = b;
	int c = compare_places(x, y);

	return c ? c : compare_service(&x->s, &y->s);
}

static bool joins(const struct allow_line *a, const struct allow_line *b)
{
	return compare_places(a, b) == 0 && a->s.proto == b->s.proto && a->s.rpc == b->s.rpc &&
	       a->s.verdict == b->s.verdict && a->n_rule == b->n_rule &&
	       memcmp(a->rule, b->rule, a->n_rule * sizeof *a->rule) == 0;
}

static bool take_ports(struct making *k, struct allow_line *line, const struct allow_line *rest,
		       size_t n, bool *done)
{
	struct port_range *port = arena_alloc(&k->l->arena, (n + 1) * sizeof *port);

	if (!port)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!joins(line, &rest[i]))
			continue;
		done[i] = true;
		if (line->s.proto == IPPROTO_NR_TCP || line->s.proto == IPPROTO_NR_UDP)
			port[line->n_port++] = rest[i].s.port;
	}
	line->port = port;
	line->n_port = allow_join_ports(port, line->n_port);
	return true;
}

/* Lines in order; those with the same rules are one, at the place of the first. */
static bool join_lines(struct making *k)
{
	struct allow_list *l = k->l;
	size_t n = k->lines.n;
	bool *done = arena_alloc(&l->arena, (n + 1) * sizeof *done);

	l->line = arena_alloc(&l->arena, (n + 1) * sizeof *l->line);
	if (!l->line || !done)
		return false;
	if (n)
		qsort(k->lines.v, n, sizeof *k->lines.v, compare_lines);
	for (size_t i = 0; i < n; i++) {
		if (done[i])
			continue;
		l->line[l->n_line] = k->lines.v[i];
		if (!take_ports(k, &l->line[l->n_line], &k->lines.v[i], n - i, done + i))
			return false;
		l->n_on += l->line[l->n_line].s.off == ALLOW_ON;
		l->n_line++;
	}
	return true;
}

bool allow_lines(struct allow_list *l)
{
	struct making k = {.l = l, .n = l->n_class};
	bool ok = find_relations(&k);

	for (size_t i = 0; ok && i < k.n_rel; i++)
		ok = draw(&k, &k.rel[i]);
	ok = ok && settle_groups(&k) && join_lines(&k);
	vec_done(&k.lines);
	vec_done(&k.groups);
	return ok;
}
