// SPDX-License-Identifier: BSD-2-Clause
/* SQL Server. */
#include "infer/sign.h"

/* clang-format off */
static const struct sign rows[] = {
	{ROLE_SQL, 'A',
	 .all = {{CLUE_ANSWERS, .app = {"tds"}, .one = "SQL Server connection (TDS)",
		  .many = "SQL Server connections (TDS)"}}},
	{ROLE_SQL, 'A', .all = {{CLUE_BROWSER}}},
	{ROLE_SQL, 'B',
	 .all = {{CLUE_ANSWERS, .app = {"tls-tds8"}, .one = "TLS connection that carries TDS 8",
		  .many = "TLS connections that carry TDS 8"}}},
	{ROLE_SQL, 'C', .all = {{CLUE_TICKET, .text = "mssqlsvc"}}},
	{ROLE_SQL, 'C', .all = {{CLUE_ANSWERS, .port = {1433}, .peers = 2, .one = "connection"}}},
};
SIGN_FAMILY(sql, rows);
