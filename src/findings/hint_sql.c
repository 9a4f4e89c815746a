// SPDX-License-Identifier: BSD-2-Clause
/* Hints about SQL Server and the report server. */
#include <string.h>
#include <strings.h>

#include "base/cpu.h"
#include "base/proto.h"
#include "findings/hint_work.h"

enum { KDC_BAD_OPTION = 13 }; /* RFC 4120 7.5.9 */
enum { PRELOGIN_MOST = 512 }; /* bytes of a server that answered PRELOGIN and no more */

static const char *sql_named(struct work *w, const struct finding *f)
{
	const struct item *it;
	size_t at = 0;

	if (hint_at_port(f, IPPROTO_NR_UDP, 1434) && f->has_state && f->state == STATE_NO_ANSWER)
		return arena_printf(w->a, "SQL Browser of %s did not answer %s",
				    text_endpoint(w, &f->server), text_endpoint(w, &f->client));
	if (!hint_failed(f) || !hint_of_key(f, PORT_SQL) || f->proto != IPPROTO_NR_TCP)
		return NULL;
	while ((it = hint_pair_next(w, f->behind, false, &at)))
		if (it->proto == IPPROTO_NR_UDP && it->port == 1434 &&
		    it->outcome == OUTCOME_FAILED)
			return "the server was tried on its port, and SQL Browser (1434/udp) did "
			       "not "
			       "answer either";
	return NULL;
}

bool hint_hung_up(const struct item *it)
{
	const struct conv *c = it->conv;

	return it->more && it->scope && !it->probe && it->r.rule &&
	       it->r.rule->moves_with == PORT_SQL && it->r.app == app_by_name("tds") &&
	       c->flows > 1 &&
	       conv_more(c)->rst_after_accept + conv_more(c)->rst_after_data == c->flows &&
	       c->payload[1] && c->payload[1] < PRELOGIN_MOST * c->flows;
}

static bool hung_up(const struct work *w, const struct item *it)
{
	(void)w;
	return hint_hung_up(it);
}

static const char *ssrs_http(struct work *w, const struct finding *f)
{
	return hint_failed(f) && (hint_of_key(f, PORT_SSRS_HTTP) || hint_of_key(f, PORT_SSRS_HTTPS))
		       ? hint_failed_to(w, f)
		       : NULL;
}

static const char *ssrs_fetch(struct work *w, const struct finding *f)
{
	return hint_failed(f) && hint_of_key(f, PORT_SANDBOX) &&
			       roles_has(f->client.roles, ROLE_SSRS)
		       ? hint_failed_to(w, f)
		       : NULL;
}

static const char *org_create(struct work *w, const struct finding *f)
{
	const struct item *it;
	size_t at = 0;

	if (!hint_failed(f) || f->proto != IPPROTO_NR_TCP ||
	    !roles_has(f->server.roles, ROLE_SQL) ||
	    (f->port != 445 && f->port != 139 && f->port != 135) ||
	    !(f->client.roles & role_end_set("crm-any")))
		return NULL;
	while ((it = hint_pair_next(w, f->behind, false, &at)))
		if (it->outcome == OUTCOME_GOOD && it->r.rule && it->r.rule->moves_with == PORT_SQL)
			return arena_printf(w->a, "%s, and SQL Server itself was reached",
					    hint_failed_to(w, f));
	return NULL;
}

/* What SQL Browser said of this port, and of another one of the same instance later on. */
static const struct grant *moved_on(const struct work *w, const struct grant *old)
{
	for (size_t i = 0; i < w->in->n_grants; i++) {
		const struct grant *g = &w->in->grants[i];

		if (g->g.how == GRANT_SQL_BROWSER && g->g.port != old->g.port &&
		    g->last_ns > old->last_ns && addr_equal(&g->server, &old->server) &&
		    strcasecmp(g->g.name, old->g.name) == 0)
			return g;
	}
	return NULL;
}

static const char *sql_moved(struct work *w, const struct finding *f)
{
	if (!hint_failed(f) || f->proto != IPPROTO_NR_TCP || !hint_look(w, w->in->n_grants))
		return NULL;
	for (size_t i = 0; i < w->in->n_grants; i++) {
		const struct grant *g = &w->in->grants[i], *now;

		if (g->g.how != GRANT_SQL_BROWSER || g->g.port != f->port ||
		    !addr_equal(&g->server, behind_ends(&w->in->ends, f->behind).server) ||
		    !hint_look(w, w->in->n_grants))
			continue;
		now = moved_on(w, g);
		if (now)
			return arena_printf(w->a,
					    "SQL Browser of %s gave %u for the instance %s, and "
					    "later %u",
					    text_endpoint(w, &f->server), g->g.port, g->g.name,
					    now->g.port);
	}
	return NULL;
}

/* Somebody asked for a ticket in a user's name, and may not (MS-SFU 3.2.5.2). */
static bool not_delegated(struct work *w, const struct sighting *s)
{
	const struct party *p;

	if (s->kind != SIGHT_KRB_ERROR || s->code != KDC_BAD_OPTION ||
	    strncasecmp(s->text, "mssqlsvc/", 9) != 0)
		return false;
	p = party_of(w, &s->about);
	return p && p->roles & (ROLE_BIT(ROLE_SSRS) | role_end_set("crm-any"));
}

static const struct hint_rule rules[] = {
	{
		.row = {"SQL-NAMED", "SQL Browser (UDP 1434) does not answer",
			"A named instance is found by SQL Browser. Name the server as "
			"server\\instance with UDP 1434 open, at least for Setup, or as "
			"server,port."},
		.explains = sql_named,
	},
	{
		.row = {"SQL-DYNPORT",
			"a port of SQL Server failed, and SQL Browser has since given another one "
			"for the instance",
			"A named instance takes a new port when it starts, unless it has a fixed "
			"one. Give it one (SQL Server Configuration Manager, TCP/IP, IPAll), and "
			"open that one."},
		.explains = sql_moved,
	},
	{
		.row = {"SQL-DELEG",
			"Kerberos error 13 for MSSQLSvc, asked for by the report server or a CRM "
			"server",
			"The server asked for a ticket in the name of a user, and its account may "
			"not delegate to SQL Server (a double hop): reports then fail with an "
			"anonymous logon. The CRM reporting extensions and its connector need no "
			"delegation; data sources with Windows sign-in do. It is no matter of "
			"ports."},
		.refusal = not_delegated,
		.what = "Tickets for @ in the name of users were refused (Kerberos error 13, "
			"option not allowed) @, to @.",
	},
	{
		.row = {"SQL-TLS",
			"SQL Server answers PRELOGIN, and every connection is then reset",
			"Often the driver cannot speak the TLS version that is left on the server "
			"(or the other way round), for instance after TLS 1.0 was switched off. It "
			"is no matter of ports."},
		.item = hung_up,
		.what = "SQL Server on @ answered the first message of every connection (PRELOGIN, "
			"which agrees on encryption), and then it was reset: @.",
	},
	{
		.row = {"SSRS-HTTP", "the report server was tried on HTTP or HTTPS and failed",
			"The papers' tables omit this port, so firewalls made from them do not "
			"have it: CRM web servers call the report server by HTTP or HTTPS."},
		.explains = ssrs_http,
	},
	{
		.row = {"SSRS-FETCH",
			"the report server was refused the sandbox port of the web server",
			"Reports based on FetchXML need this way from the report server to the "
			"front end; those on SQL work without."},
		.explains = ssrs_fetch,
	},
	{
		.row = {"ORG-CREATE-445",
			"SMB or RPC to the SQL host failed, while SQL Server was reached",
			"Creating or importing an organisation copies the template database by SMB "
			"and reads the registry of the SQL host: open TCP 445 and 135 for it."},
		.explains = org_create,
	},
};

const struct hint_family hint_family_sql = {rules, N_ELEMENTS(rules)};
