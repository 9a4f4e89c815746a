// SPDX-License-Identifier: BSD-2-Clause
/*
 * CRM's back end: asynchronous service, sandbox, and the e-mail router.
 *
 * Port 808 alone is no sandbox: AD FS, Exchange and any host with Net.TCP Port Sharing listen
 * there. The asynchronous service and the e-mail integration service are one service of Windows:
 * without mail traffic nobody can tell them apart, so nothing here says crm-email. Nor does mail: a
 * CRM server that polls mailboxes runs the router or synchronises them itself (from 2013 on), and
 * the papers have the same rows for both. It is called a router, as the older paper knows no other.
 */
#include "infer/sign.h"
#include "recognise/recognise.h"

/* clang-format off */
static const struct sign rows[] = {
	{ROLE_CRM_SANDBOX, 'A',
	 .all = {{CLUE_ANSWERS, .app = {"mc-nmf"}, .signs = SIGN_SANDBOX,
		  .one = "connection to the sandbox service",
		  .many = "connections to the sandbox service"}}},
	{ROLE_CRM_SANDBOX, 'A', .all = {{CLUE_TICKET, .text = "mscrmsandboxservice"}}},
	{ROLE_CRM_SANDBOX, 'B',
	 .all = {{CLUE_ANSWERS, .app = {"mc-nmf"}, .port = {808}, .one = "net.tcp connection"},
		 {CLUE_CALLS, .app = {"mc-nmf"}, .port = {808}, .one = "net.tcp connection"}},
	 .none = {{CLUE_CALLS, .app = {"tds", "tls-tds8"}},
		  {CLUE_ANSWERS, .app = {"http", "tls"}}}},

	{ROLE_CRM_SANDBOX, 'A',
	 .all = {{CLUE_CALLS, .app = {"mc-nmf"}, .signs = SIGN_SANDBOX_CALLS,
		  .one = "call back of a sandbox to CRM",
		  .many = "calls back of a sandbox to CRM"}}},

	{ROLE_CRM_ASYNC, 'B',
	 .all = {{CLUE_ANSWERS, .app = {"mc-nmf"}, .signs = SIGN_SANDBOX_CALLS,
		  .one = "call back from a sandbox", .many = "calls back from sandboxes"}},
	 .none = {{CLUE_ANSWERS, .app = {"http", "tls"}}}},
	{ROLE_CRM_ASYNC, 'A', .all = {{CLUE_TICKET, .text = "mscrmasyncservice"}}},
	{ROLE_CRM_ASYNC, 'B',
	 .all = {{CLUE_CALLS, .app = {"tds", "tls-tds8"}, .one = "SQL Server connection (TDS)",
		  .many = "SQL Server connections (TDS)"},
		 {CLUE_CALLS, .app = {"mc-nmf"}, .signs = SIGN_SANDBOX,
		  .one = "connection to the sandbox service",
		  .many = "connections to the sandbox service"}},
	 .none = {{CLUE_ANSWERS, .app = {"http", "tls"}}}},

	/* Outlook polls a mailbox and speaks to CRM, too; it says who it is. */
	{ROLE_CRM_ROUTER, 'B',
	 .all = {{CLUE_CALLS, .app = {"pop3", "smtp"}, .one = "mail connection"},
		 {CLUE_CALLS, .app = {"http"}, .signs = SIGN_CRM_SERVICE | SIGN_CRM_DISCOVERY,
		  .one = "connection for CRM's web services",
		  .many = "connections for CRM's web services"}},
	 .none = {{CLUE_CALLS, .app = {"http"}, .signs = SIGN_OUTLOOK | SIGN_BROWSER},
		  {CLUE_ANSWERS, .app = {"http", "tls"}}}},
	/* On a front end the router's own connections to CRM stay within the host. */
	{ROLE_CRM_ROUTER, 'B',
	 .all = {{CLUE_CALLS, .app = {"pop3"}, .one = "connection to a mailbox (POP3)",
		  .many = "connections to mailboxes (POP3)"},
		 {CLUE_ANSWERS, .app = {"http"},
		  .signs = SIGN_CRM_PAGE | SIGN_CRM_SERVICE | SIGN_CRM_DISCOVERY,
		  .one = "connection for CRM", .many = "connections for CRM"}}},
	{ROLE_CRM_ROUTER, 'C',
	 .all = {{CLUE_CALLS, .app = {"http"}, .signs = SIGN_EXCHANGE,
		  .one = "connection for Exchange's web services",
		  .many = "connections for Exchange's web services"},
		 {CLUE_CALLS, .app = {"http"}, .signs = SIGN_CRM_SERVICE | SIGN_CRM_DISCOVERY,
		  .one = "connection for CRM's web services",
		  .many = "connections for CRM's web services"}},
	 .none = {{CLUE_CALLS, .app = {"http"}, .signs = SIGN_OUTLOOK | SIGN_BROWSER},
		  {CLUE_ANSWERS, .app = {"http", "tls"}}}},
};
SIGN_FAMILY(crm, rows);
