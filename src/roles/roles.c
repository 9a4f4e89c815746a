// SPDX-License-Identifier: BSD-2-Clause
#include "roles/roles.h"

#include <string.h>

#include "base/out.h"

static const struct {
	const char *name, *help;
	enum role_tier tier;
} table[] = {
#define X(id, name, tier, help) [ROLE_##id] = {name, help, TIER_##tier},
	ROLES(X)
#undef X
};

static const char *const names[] = {
#define X(id, name, tier, help) name,
	ROLES(X)
#undef X
		NULL,
};

_Static_assert(ROLE_N <= 32, "a roleset has 32 bits");

enum {
	CRM_SERVERS = ROLE_BIT(ROLE_CRM_FULL) | ROLE_BIT(ROLE_CRM_WEB) | ROLE_BIT(ROLE_CRM_ORGWS) |
		      ROLE_BIT(ROLE_CRM_ASYNC) | ROLE_BIT(ROLE_CRM_EMAIL) |
		      ROLE_BIT(ROLE_CRM_SANDBOX) | ROLE_BIT(ROLE_CRM_DEPLOY),
	/* A virtual address initiates nothing as a member would, and is no server of its own. */
	SERVERS = CRM_SERVERS | ROLE_BIT(ROLE_CRM_ROUTER) | ROLE_BIT(ROLE_SQL) |
		  ROLE_BIT(ROLE_SSRS) | ROLE_BIT(ROLE_DC) | ROLE_BIT(ROLE_GC) | ROLE_BIT(ROLE_DNS) |
		  ROLE_BIT(ROLE_NTP) | ROLE_BIT(ROLE_EXCHANGE) | ROLE_BIT(ROLE_MAIL) |
		  ROLE_BIT(ROLE_ADFS) | ROLE_BIT(ROLE_ADFS_PROXY),
};

static const struct {
	const char *name;
	roleset set;
} groups[] = {
	[GROUP_ANY_SERVER] = {"any-server", SERVERS},
	[GROUP_ANY_MEMBER] = {"any-member", SERVERS | ROLE_BIT(ROLE_CRM_CLIENT) |
						    ROLE_BIT(ROLE_ADMIN) | ROLE_BIT(ROLE_MONITOR) |
						    ROLE_BIT(ROLE_BACKUP)},
	[GROUP_CRM_ANY] = {"crm-any", CRM_SERVERS},
	[GROUP_CRM_SETUP] = {"crm-setup", CRM_SERVERS | ROLE_BIT(ROLE_ADMIN)},
};

/* What a role always is as well. One pass in this order reaches everything. */
static const struct {
	enum role role;
	roleset is;
} implied[] = {
	{ROLE_CRM_FULL, CRM_SERVERS},
	{ROLE_GC, ROLE_BIT(ROLE_DC)},
	{ROLE_DC, ROLE_BIT(ROLE_NTP)},
	{ROLE_EXCHANGE, ROLE_BIT(ROLE_MAIL)},
};

const char *role_name(enum role r)
{
	return (unsigned)r < ROLE_N ? table[r].name : "unknown";
}

const char *role_help(enum role r)
{
	return (unsigned)r < ROLE_N ? table[r].help : "";
}

enum role_tier role_tier(enum role r)
{
	return (unsigned)r < ROLE_N ? table[r].tier : TIER_OUTER;
}

enum role role_by_name(const char *name)
{
	for (unsigned r = 0; r < ROLE_N; r++)
		if (strcmp(table[r].name, name) == 0)
			return (enum role)r;
	return ROLE_N;
}

const char *const *role_names(void)
{
	return names;
}

const char *role_group_name(enum role_group g)
{
	return (unsigned)g < GROUP_N ? groups[g].name : "unknown";
}

enum role_group role_group_by_name(const char *name)
{
	for (unsigned g = 0; g < GROUP_N; g++)
		if (strcmp(groups[g].name, name) == 0)
			return (enum role_group)g;
	return GROUP_N;
}

static roleset always(roleset s)
{
	for (size_t i = 0; i < N_ELEMENTS(implied); i++)
		if (roles_has(s, implied[i].role))
			s |= implied[i].is;
	return s;
}

roleset role_end_set(const char *name)
{
	enum role_group g = role_group_by_name(name);
	enum role role = role_by_name(name);
	roleset set = 0;

	if (g != GROUP_N)
		return groups[g].set;
	if (role == ROLE_N)
		return 0;
	for (unsigned r = 0; r < ROLE_N; r++)
		if (roles_has(always(ROLE_BIT(r)), role))
			set |= ROLE_BIT(r);
	return set;
}

void roles_print(roleset s, struct out *o)
{
	const char *sep = "";

	for (unsigned r = 0; r < ROLE_N; r++) {
		if (!roles_has(s, (enum role)r))
			continue;
		out_puts(o, sep);
		out_puts(o, table[r].name);
		sep = ", ";
	}
	if (!*sep)
		out_puts(o, "no role");
}

roleset roles_implied(roleset declared, bool other_orgws, bool other_dns)
{
	roleset s = always(declared);

	if (roles_has(s, ROLE_CRM_WEB) && !other_orgws)
		s |= ROLE_BIT(ROLE_CRM_ORGWS);
	if (roles_has(s, ROLE_DC) && !other_dns)
		s |= ROLE_BIT(ROLE_DNS);
	return s;
}
