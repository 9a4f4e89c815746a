// SPDX-License-Identifier: BSD-2-Clause
/* Who is at the ends: hosts and networks that every rule treats alike are one class. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "allow/work.h"

static bool same_ports(const struct port_list *a, const struct port_list *b)
{
	return a->n == b->n && memcmp(a->r, b->r, a->n * sizeof a->r[0]) == 0;
}

/* Rules see roles and moved ports, and nothing else of a host. */
static bool alike(const struct host *a, const struct host *b)
{
	if (a->roles != b->roles)
		return false;
	for (unsigned k = 0; k < PORT_KEY_N; k++)
		if (!same_ports(&a->ports[k], &b->ports[k]))
			return false;
	return true;
}

bool allow_identifier(struct out *o, const char *z)
{
	for (; *z; z++)
		out_char(o, isascii(*z) && isalnum(*z) ? (char)tolower(*z) : '_');
	return !out_failed(o);
}

enum { NAME_ROLES = 3, NAME_HOST = 40 };

static void roles_identifier(struct out *o, roleset roles)
{
	unsigned n = 0;

	for (int r = 0; r < ROLE_N; r++) {
		if (!roles_has(roles, (enum role)r))
			continue;
		if (n == NAME_ROLES) {
			out_puts(o, "_and_more");
			break;
		}
		out_puts(o, n++ ? "_" : "");
		allow_identifier(o, role_name((enum role)r));
	}
}

static bool taken(const struct allow_list *l, const struct allow_class *but, const char *name)
{
	for (size_t i = 0; i < l->n_class; i++)
		if (&l->class[i] != but && l->class[i].name && strcmp(l->class[i].name, name) == 0)
			return true;
	return false;
}

/* Its roles; where other ports tell it from a class of the same roles, with its first host. */
static bool name_class(struct allow_list *l, struct allow_class *c)
{
	const struct host *h = c->member[0];
	struct out o = {0};
	bool shared = false;

	for (size_t i = 0; i < l->n_class; i++)
		shared |= &l->class[i] != c && l->class[i].end.roles == c->end.roles;
	roles_identifier(&o, h->declared ? h->declared : h->roles);
	if (shared) {
		struct out name = {0};

		allow_identifier(&name, h->name);
		out_char(&o, '_');
		out_bytes(&o, out_str(&name), name.n < NAME_HOST ? name.n : NAME_HOST);
		out_done(&name);
	}
	for (unsigned i = 2; taken(l, c, out_str(&o)); i++)
		out_printf(&o, "_%u", i);
	c->name = arena_strdup(&l->arena, out_str(&o));
	out_done(&o);
	return c->name != NULL;
}

static bool has_part(const struct host *h)
{
	return h->roles && !roles_has(h->roles, ROLE_IGNORE) && (h->is_network || h->n_addr);
}

static bool add_member(struct allow_list *l, const struct host *h, size_t most)
{
	struct allow_class *c = NULL;

	for (size_t i = 0; i < l->n_class && !c; i++)
		if (!l->class[i].internet && alike(l->class[i].member[0], h))
			c = &l->class[i];
	if (!c) {
		c = &l->class[l->n_class];
		c->member = arena_alloc(&l->arena, most * sizeof *c->member);
		if (!c->member)
			return false;
		c->index = l->n_class++;
		c->end = (struct end){.roles = h->roles, .host = h};
	}
	c->member[c->n++] = h;
	return true;
}

bool allow_classes(struct allow_list *l)
{
	const struct inventory *inv = l->site->inventory;
	size_t n = inv ? inventory_count(inv) : 0;

	l->class = arena_alloc(&l->arena, (n + 1) * sizeof *l->class);
	if (!l->class)
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct host *h = inventory_at(inv, i);

		l->n_ignored += roles_has(h->roles, ROLE_IGNORE);
		if (has_part(h) && !add_member(l, h, n - i))
			return false;
	}
	for (size_t i = 0; i < l->n_class; i++)
		if (!name_class(l, &l->class[i]))
			return false;
	/* An internet-facing deployment has clients that no site file can list. */
	if (l->site->auth == AUTH_IFD && l->n_class) {
		struct allow_class *c = &l->class[l->n_class];

		*c = (struct allow_class){
			.name = "internet", .internet = true, .index = l->n_class};
		l->n_class++;
	}
	return true;
}

/* --- addresses ---------------------------------------------------------------------------------
 */

static bool add_host(struct spans *s, const struct host *h)
{
	for (size_t i = 0; i < h->n_addr; i++)
		if (!spans_add(s, &h->addr[i], &h->addr[i]))
			return false;
	return true;
}

/* What a lookup would not give to this network: hosts, and longer networks. */
static bool inner(const struct inventory *inv, const struct host *net, struct spans *ret)
{
	for (size_t i = 0; i < inventory_count(inv); i++) {
		const struct host *h = inventory_at(inv, i);

		for (size_t k = 0; k < h->n_addr; k++)
			if (prefix_has(net->net, &h->addr[k]) &&
			    !spans_add(ret, &h->addr[k], &h->addr[k]))
				return false;
		if (h != net && h->is_network && h->net->bits > net->net->bits &&
		    prefix_has(net->net, &h->net->addr) && !spans_add_prefix(ret, h->net))
			return false;
	}
	spans_close(ret);
	return true;
}

bool allow_member_spans(const struct allow_list *l, const struct host *h, struct spans *ret)
{
	struct spans own = {0}, holes = {0};
	bool ok = add_host(&own, h);

	if (ok && h->is_network)
		ok = spans_add_prefix(&own, h->net) && inner(l->site->inventory, h, &holes);
	spans_close(&own);
	ok = ok && spans_cut(&own, &holes) && spans_add_all(ret, &own);
	spans_close(ret);
	spans_done(&own);
	spans_done(&holes);
	return ok;
}

bool allow_everybody(struct allow_list *l)
{
	const struct inventory *inv = l->site->inventory;
	size_t n = inv ? inventory_count(inv) : 0;

	for (size_t i = 0; i < n; i++) {
		const struct host *h = inventory_at(inv, i);

		if (!add_host(&l->everybody, h) ||
		    (h->is_network && !spans_add_prefix(&l->everybody, h->net)))
			return false;
	}
	spans_close(&l->everybody);
	return true;
}

static bool undeclared_public(const struct allow_list *l, struct spans *ret)
{
	struct spans own = {0};
	bool ok = spans_public(&own);

	spans_close(&own);
	ok = ok && spans_cut(&own, &l->everybody) && spans_add_all(ret, &own);
	spans_close(ret);
	spans_done(&own);
	return ok;
}

bool allow_class_spans(const struct allow_list *l, const struct allow_class *c, struct spans *ret)
{
	if (c->internet)
		return undeclared_public(l, ret);
	for (size_t i = 0; i < c->n; i++)
		if (!allow_member_spans(l, c->member[i], ret))
			return false;
	return true;
}
