// SPDX-License-Identifier: BSD-2-Clause
/* Hints about SQL Server and the report server. */
#include "base/cpu.h"
#include "base/proto.h"
#include "findings/hint_work.h"

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
	while ((it = hint_pair_next(w, f->behind->conv, false, &at)))
		if (it->c->proto == IPPROTO_NR_UDP && it->c->port == 1434 &&
		    it->outcome == OUTCOME_FAILED)
			return "the server was tried on its port, and SQL Browser (1434/udp) did "
			       "not "
			       "answer either";
	return NULL;
}

bool hint_hung_up(const struct item *it)
{
	const struct conv *c = it->c;

	return it->scope && !it->probe && it->r.rule && it->r.rule->moves_with == PORT_SQL &&
	       it->r.app == app_by_name("tds") && c->flows > 1 &&
	       c->rst_after_accept + c->rst_after_data == c->flows && c->payload[1] &&
	       c->payload[1] < PRELOGIN_MOST * c->flows;
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
	while ((it = hint_pair_next(w, f->behind->conv, false, &at)))
		if (it->outcome == OUTCOME_GOOD && it->r.rule && it->r.rule->moves_with == PORT_SQL)
			return arena_printf(w->a, "%s, and SQL Server itself was reached",
					    hint_failed_to(w, f));
	return NULL;
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
