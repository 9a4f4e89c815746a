// SPDX-License-Identifier: BSD-2-Clause
#include "report/role_map.h"

#include <stdlib.h>

/* What the roles of an end weigh: the deployment first, the rest of the world last. */
static int by_roles(const void *a, const void *b)
{
	roleset x = *(const roleset *)a, y = *(const roleset *)b;

	if (!x || !y)
		return (x == 0) - (y == 0);
	/* The first role decides, which is the lowest bit; then the smaller set. */
	if ((x & -x) != (y & -y))
		return (x & -x) < (y & -y) ? -1 : 1;
	return x < y ? -1 : x > y;
}

static bool known(const struct role_map *m, unsigned side, roleset roles)
{
	for (size_t i = 0; i < m->n[side]; i++)
		if (m->side[side][i] == roles)
			return true;
	return false;
}

static void learn(struct role_map *m, roleset client, roleset server)
{
	roleset roles[2] = {client, server};

	for (unsigned s = 0; s < 2; s++)
		if (!known(m, s, roles[s]) && m->n[s] < ROLE_MAP_SIDES)
			m->side[s][m->n[s]++] = roles[s];
}

static struct role_cell *at(struct role_map *m, roleset client, roleset server)
{
	size_t i = 0, k = 0;

	while (i < m->n[0] && m->side[0][i] != client)
		i++;
	while (k < m->n[1] && m->side[1][k] != server)
		k++;
	return i < m->n[0] && k < m->n[1] ? &m->cell[i][k] : NULL;
}

static bool is_missing(const struct finding *f)
{
	return f->kind == KIND_MISSING && f->client.roles && f->server.roles;
}

/* A row of the map that demands of these roles belong to: their own, else those that have them. */
static bool asks(const struct role_map *m, size_t row, roleset roles)
{
	roleset side = m->side[0][row];

	return side == roles || (!known(m, 0, roles) && (side & roles) == roles);
}

static bool some_row(const struct role_map *m, roleset roles)
{
	for (size_t i = 0; i < m->n[0]; i++)
		if (asks(m, i, roles))
			return true;
	return false;
}

/* Rows and columns of what could not be judged, where hosts are known that it is about. */
static void learn_unjudged(struct role_map *m, const struct result *r, const struct unjudged_row *u)
{
	bool some = false;

	for (size_t i = 0; i < r->n_roles; i++)
		if (r->roles[i].roles & u->server_roles) {
			roleset roles = r->roles[i].roles;

			if (!known(m, 1, roles) && m->n[1] < ROLE_MAP_SIDES)
				m->side[1][m->n[1]++] = roles;
			some = true;
		}
	if (some && !some_row(m, u->client_roles) && m->n[0] < ROLE_MAP_SIDES)
		m->side[0][m->n[0]++] = u->client_roles;
}

static void fill_unjudged(struct role_map *m, const struct unjudged_row *u)
{
	bool drawn = false;

	for (size_t i = 0; i < m->n[0]; i++)
		for (size_t k = 0; k < m->n[1]; k++)
			if (asks(m, i, u->client_roles) && m->side[1][k] & u->server_roles) {
				m->cell[i][k].open += u->demands;
				drawn = true;
			}
	if (!drawn)
		m->left_open += u->demands;
}

void role_map_fill(struct role_map *m, const struct result *r)
{
	*m = (struct role_map){0};
	for (size_t i = 0; i < r->n_convs; i++)
		learn(m, r->convs[i].client.roles, r->convs[i].server.roles);
	for (size_t i = 0; i < r->n_findings; i++)
		if (is_missing(&r->findings[i]))
			learn(m, r->findings[i].client.roles, r->findings[i].server.roles);
	for (size_t i = 0; i < r->n_unjudged; i++)
		learn_unjudged(m, r, &r->unjudged[i]);
	for (unsigned s = 0; s < 2; s++)
		qsort(m->side[s], m->n[s], sizeof m->side[s][0], by_roles);
	for (size_t i = 0; i < r->n_convs; i++) {
		const struct judged *j = &r->convs[i];
		struct role_cell *c = at(m, j->client.roles, j->server.roles);
		uint64_t n = j->folded ? j->folded : 1;

		if (!c)
			m->left_out += n;
		else if (j->verdict <= KIND_TOLERATED)
			c->fine += n;
		else
			c->odd += n;
	}
	for (size_t i = 0; i < r->n_findings; i++) {
		const struct finding *f = &r->findings[i];
		struct role_cell *c =
			is_missing(f) ? at(m, f->client.roles, f->server.roles) : NULL;

		if (c)
			c->missing++;
	}
	for (size_t i = 0; i < r->n_unjudged; i++)
		fill_unjudged(m, &r->unjudged[i]);
}
