// SPDX-License-Identifier: BSD-2-Clause
/* Exchange, and other mail servers. */
#include "infer/sign.h"
#include "recognise/recognise.h"

/* clang-format off */
static const struct sign rows[] = {
	{ROLE_EXCHANGE, 'A',
	 .all = {{CLUE_ANSWERS, .app = {"http"}, .signs = SIGN_EXCHANGE,
		  .one = "connection for Exchange's web services",
		  .many = "connections for Exchange's web services"}}},
	{ROLE_EXCHANGE, 'A',
	 .all = {{CLUE_ANSWERS, .app = {"smtp"}, .signs = SIGN_EXCHANGE,
		  .one = "SMTP connection with Exchange's greeting",
		  .many = "SMTP connections with Exchange's greeting"}}},
	{ROLE_EXCHANGE, 'A', .all = {{CLUE_BOUND, .text = "emsmdb"}}},
	{ROLE_EXCHANGE, 'A', .all = {{CLUE_BOUND, .text = "rfri"}}},
	{ROLE_EXCHANGE, 'A', .all = {{CLUE_GRANTS, .text = "emsmdb"}}},
	{ROLE_EXCHANGE, 'A', .all = {{CLUE_GRANTS, .text = "rfri"}}},
	{ROLE_EXCHANGE, 'C', .all = {{CLUE_TICKET, .text = "exchangemdb"}}},

	{ROLE_MAIL, 'A', .all = {{CLUE_ANSWERS, .app = {"smtp"}, .one = "SMTP connection"}}},
	{ROLE_MAIL, 'A', .all = {{CLUE_ANSWERS, .app = {"pop3"}, .one = "POP3 connection"}}},
};
SIGN_FAMILY(mail, rows);
