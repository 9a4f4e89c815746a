/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * roles - what a host can be in a deployment. A host has a set of roles, never one.
 *
 *   core    crm-* servers, sql, ssrs, crm-router: the deployment itself
 *   shared  serve the whole company: dc gc dns ntp exchange mail adfs adfs-proxy nlb
 *   outer   crm-client admin monitor backup scanner
 */
#ifndef SPAN_ROLES_ROLES_H
#define SPAN_ROLES_ROLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROLES(X)                                                                                \
	X(CRM_FULL, "crm-full", CORE, "CRM Full Server: all CRM roles on one host")             \
	X(CRM_WEB, "crm-web", CORE, "Web Application Server (front end)")                       \
	X(CRM_ORGWS, "crm-orgws", CORE, "Organization Web Service (front end)")                 \
	X(CRM_ASYNC, "crm-async", CORE, "Asynchronous Service (back end)")                      \
	X(CRM_EMAIL, "crm-email", CORE, "Email Integration Service (back end, 2013 and later)") \
	X(CRM_SANDBOX, "crm-sandbox", CORE, "Sandbox Processing Service (back end)")            \
	X(CRM_DEPLOY, "crm-deploy", CORE, "Deployment Administration Server")                   \
	X(CRM_ROUTER, "crm-router", CORE, "CRM E-mail Router")                                  \
	X(SQL, "sql", CORE, "SQL Server with the CRM databases")                                \
	X(SSRS, "ssrs", CORE, "Reporting Services with the CRM Reporting Extensions")           \
	X(DC, "dc", SHARED, "Domain controller")                                                \
	X(GC, "gc", SHARED, "Global catalogue server")                                          \
	X(DNS, "dns", SHARED, "DNS server")                                                     \
	X(NTP, "ntp", SHARED, "Time server")                                                    \
	X(EXCHANGE, "exchange", SHARED, "Exchange server")                                      \
	X(MAIL, "mail", SHARED, "POP3 or SMTP server")                                          \
	X(ADFS, "adfs", SHARED, "AD FS security token service")                                 \
	X(ADFS_PROXY, "adfs-proxy", SHARED, "AD FS proxy (Web Application Proxy)")              \
	X(NLB, "nlb", SHARED, "Load balancer or its virtual address")                           \
	X(CRM_CLIENT, "crm-client", OUTER, "Browser or CRM for Outlook")                        \
	X(ADMIN, "admin", OUTER, "Management station")                                          \
	X(MONITOR, "monitor", OUTER, "Monitoring server")                                       \
	X(BACKUP, "backup", OUTER, "Backup server")                                             \
	X(SCANNER, "scanner", OUTER, "Vulnerability scanner")                                   \
	X(IGNORE, "ignore", OUTER, "Declared outside the audit")

enum role {
#define X(id, name, tier, help) ROLE_##id,
	ROLES(X)
#undef X
		ROLE_N,
};

/* Group names that rules use for ends; each stands for a set. */
enum role_group {
	GROUP_ANY_SERVER, /* every host with a server role: core and shared but nlb */
	GROUP_ANY_MEMBER, /* any-server plus crm-client admin monitor backup */
	GROUP_CRM_ANY,    /* any CRM server role; not the router, which is no CRM server */
	GROUP_CRM_SETUP,  /* any CRM server, or admin; only inside a declared setup window */
	GROUP_N,
};

enum role_tier { TIER_CORE, TIER_SHARED, TIER_OUTER };

typedef uint32_t roleset; /* bit r is enum role r */
#define ROLE_BIT(r) ((roleset)1 << (r))
static inline bool roles_has(roleset s, enum role r)
{
	return s & ROLE_BIT(r);
}

const char *role_name(enum role r);
const char *role_help(enum role r);
enum role_tier role_tier(enum role r);
/* ROLE_N when unknown. */
enum role role_by_name(const char *name);
const char *const *role_names(void); /* NULL-terminated, for "did you mean"; without groups */
const char *role_group_name(enum role_group g);
/* GROUP_N when unknown. */
enum role_group role_group_by_name(const char *name);
/* The set that a name of a role or group stands for as a rule's end; 0 when unknown. A role stands
 * for itself and for every role that always implies it: `dc` holds gc, `mail` exchange, `crm-web`
 * crm-full. What is implied at some sites only (crm-web's crm-orgws, a dc's dns) is not in the set:
 * a host that has it by implication carries it in its own roles. */
roleset role_end_set(const char *name);
/* "crm-web, sql" in the order of the table, for people; "no role" when empty. */
struct out;
void roles_print(roleset s, struct out *o);

/* What a set of declared roles implies. `other_orgws`: some host lists crm-orgws itself (then
 * crm-web does not imply it); `other_dns`: some host lists dns itself (then dc does not). */
roleset roles_implied(roleset declared, bool other_orgws, bool other_dns);

static inline roleset roles_core(void)
{
	return ((ROLE_BIT(ROLE_SSRS) << 1) - 1);
}

#endif
