// SPDX-License-Identifier: BSD-2-Clause
/* Web servers of a deployment: the CRM site, the report server, AD FS. HTTP alone proves nothing:
 * what was asked for does. */
#include "infer/sign.h"
#include "recognise/recognise.h"

/* A web server on CRM's ports, for so many hosts; a client of a database. */
#define SERVES_WEB(n)                                                                        \
	{                                                                                    \
		CLUE_ANSWERS, .app = {"http", "tls"}, .port = {80, 443, 5555}, .peers = (n), \
			      .one = "web connection"                                        \
	}
#define DIALS_SQL                                                                             \
	{                                                                                     \
		CLUE_CALLS, .app = {"tds", "tls-tds8"}, .one = "SQL Server connection (TDS)", \
			    .many = "SQL Server connections (TDS)"                            \
	}
#define IS_OTHER_WEB                                                             \
	{                                                                        \
		CLUE_ANSWERS, .app = {"http"}, .signs = SIGN_REPORTS | SIGN_ADFS \
	}

/* clang-format off */
static const struct sign rows[] = {
	{ROLE_CRM_WEB, 'A',
	 .all = {{CLUE_ANSWERS, .app = {"http"}, .signs = SIGN_CRM_PAGE,
		  .one = "connection for pages of the CRM web application",
		  .many = "connections for pages of the CRM web application"}}},
	{ROLE_CRM_WEB, 'B',
	 .all = {{CLUE_ANSWERS, .app = {"http"}, .signs = SIGN_CRM_SERVICE | SIGN_CRM_DISCOVERY,
		  .one = "connection for CRM's web services",
		  .many = "connections for CRM's web services"}}},
	/* Under TLS: a web server for many that keeps its data in SQL Server. A report server does
	 * so too, but for the front ends alone. */
	{ROLE_CRM_WEB, 'B', .all = {SERVES_WEB(5), DIALS_SQL},
	 .none = {IS_OTHER_WEB, {CLUE_ANSWERS, .app = {"tds"}}}},
	/* The front ends call the sandbox and the report server, and sandboxes call them back. */
	{ROLE_CRM_WEB, 'B',
	 .all = {SERVES_WEB(2),
		 {CLUE_CALLS, .app = {"mc-nmf"}, .signs = SIGN_SANDBOX,
		  .one = "connection to a sandbox service",
		  .many = "connections to sandbox services"}}},
	{ROLE_CRM_WEB, 'B',
	 .all = {SERVES_WEB(2),
		 {CLUE_ANSWERS, .app = {"mc-nmf"}, .signs = SIGN_SANDBOX_CALLS,
		  .one = "call back from a sandbox", .many = "calls back from sandboxes"}}},
	{ROLE_CRM_WEB, 'B',
	 .all = {SERVES_WEB(2),
		 DIALS_SQL,
		 {CLUE_CALLS, .app = {"http"}, .signs = SIGN_REPORTS,
		  .one = "connection to a report server", .many = "connections to report servers"}},
	 .none = {IS_OTHER_WEB}},
	{ROLE_CRM_WEB, 'C',
	 .all = {{CLUE_ANSWERS, .app = {"http"}, .signs = SIGN_CRM_ASKED, .peers = 2,
		  .one = "connection that takes it for CRM and was told to log in",
		  .many = "connections that take it for CRM and were told to log in"}}},
	{ROLE_CRM_WEB, 'C', .all = {SERVES_WEB(2), {CLUE_NAMED, .text = "crm*"}}},

	{ROLE_CRM_ORGWS, 'A',
	 .all = {{CLUE_ANSWERS, .app = {"http"}, .signs = SIGN_CRM_SERVICE,
		  .one = "connection for CRM's organization service",
		  .many = "connections for CRM's organization service"}}},

	{ROLE_CRM_DEPLOY, 'A',
	 .all = {{CLUE_ANSWERS, .app = {"http"}, .signs = SIGN_CRM_DEPLOYMENT,
		  .one = "connection for CRM's deployment service",
		  .many = "connections for CRM's deployment service"}}},

	{ROLE_SSRS, 'A',
	 .all = {{CLUE_ANSWERS, .app = {"http"}, .signs = SIGN_REPORTS,
		  .one = "connection for the report server",
		  .many = "connections for the report server"}}},

	{ROLE_ADFS, 'A',
	 .all = {{CLUE_ANSWERS, .app = {"http"}, .signs = SIGN_ADFS,
		  .one = "connection for signing in at AD FS",
		  .many = "connections for signing in at AD FS"}}},
	/* CRM has federation metadata of its own. */
	{ROLE_ADFS, 'C',
	 .all = {{CLUE_ANSWERS, .app = {"http"}, .signs = SIGN_FEDERATION,
		  .one = "connection for federation metadata",
		  .many = "connections for federation metadata"}},
	 .none = {{CLUE_ANSWERS, .app = {"http"}, .signs = SIGN_CRM_PAGE | SIGN_CRM_SERVICE}}},
	{ROLE_ADFS, 'C',
	 .all = {{CLUE_NAMED, .text = "sts.*"},
		 {CLUE_CALLS, .app = {"kerberos", "ldap"}, .one = "directory request"}}},
	{ROLE_ADFS, 'C',
	 .all = {{CLUE_NAMED, .text = "adfs.*"},
		 {CLUE_CALLS, .app = {"kerberos", "ldap"}, .one = "directory request"}}},
};
SIGN_FAMILY(web, rows);
