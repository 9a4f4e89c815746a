// SPDX-License-Identifier: BSD-2-Clause
/* What is judged at all: conversations with a core host, and those between two roles that some rule
 * connects. The rest of the company on shared servers is counted only. */
#include "base/proto.h"
#include "findings/work.h"

bool scope_core(roleset s)
{
	return s & roles_core();
}

void scope_ends(const struct ask *q, struct end *ret_client, struct end *ret_server)
{
	const roleset behind = ROLE_BIT(ROLE_CRM_WEB) | ROLE_BIT(ROLE_CRM_FULL);
	const roleset web = behind | ROLE_BIT(ROLE_ADFS);

	*ret_client = q->client;
	*ret_server = q->server;
	if (roles_has(q->server.roles, ROLE_NLB))
		ret_server->roles |= ROLE_BIT(ROLE_CRM_WEB);
	/* Source NAT: the balancer speaks for the clients, but to what it balances alone. */
	if (roles_has(q->client.roles, ROLE_NLB) && q->server.roles & web)
		ret_client->roles |= ROLE_BIT(ROLE_CRM_CLIENT);
}

bool scope_has(struct matrix *m, const struct ask *q)
{
	struct end client, server;

	if (roles_has(q->client.roles | q->server.roles, ROLE_IGNORE))
		return false;
	if (q->group)
		return scope_core(q->client.roles);
	if (scope_core(q->client.roles | q->server.roles))
		return true;
	if (q->client_public && !q->client.roles && roles_has(q->server.roles, ROLE_NLB))
		return true;
	if (!q->client.roles || !q->server.roles)
		return false;
	scope_ends(q, &client, &server);
	return matrix_connects(m, &client, &server);
}
