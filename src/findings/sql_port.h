/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sql_port - ports of SQL Server instances as SQL Browser told them (MC-SQLR 2.2.5).
 *
 * A port that was told stands for the one that the papers document, where the site file names none
 * itself. That a port was told is a fact about the server: who asked does not matter.
 */
#ifndef SPAN_FINDINGS_SQL_PORT_H
#define SPAN_FINDINGS_SQL_PORT_H

#include "findings/result.h"
#include "learn/grants.h"

struct work;
struct sql_ports;

/* NULL without memory. Reads judge_input.grants and the site's inventory. */
struct sql_ports *sql_ports_new(const struct work *w);
struct sql_ports *sql_ports_free(struct sql_ports *x);
/* The answer that told this conversation's port; NULL: none. It holds for a day before and after:
 * an instance takes its port when it starts and keeps it. `server` may be NULL. */
const struct grant *sql_port_told(const struct sql_ports *x, const struct conv *c,
				  const struct host *server);
/* Likewise for the port of the dedicated administrator connection, which is no instance's. */
const struct grant *sql_port_dac(const struct sql_ports *x, const struct conv *c,
				 const struct host *server);
/* The documented port that this conversation's port stands for; 0: it was not told, or
 * the site file names the server's port itself. */
uint16_t sql_port_for(const struct sql_ports *x, const struct conv *c, const struct host *server);
/* Findings about instances that were at several ports. False without memory. */
bool sql_ports_advise(struct work *w);

#endif
