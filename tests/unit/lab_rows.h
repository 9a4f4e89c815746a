/* SPDX-License-Identifier: BSD-2-Clause */
/* lab_rows - room for all the rows that a conversation can have, for tests that write their own. */
#ifndef SPAN_TEST_LAB_ROWS_H
#define SPAN_TEST_LAB_ROWS_H

#include "flow/conv.h"

struct lab_rows {
	struct conv_app app[CONV_APPS];
	char name[CONV_NAMES][CONV_NAME_TEXT];
	struct rpc_iface iface[CONV_IFACES];
	char pipe[CONV_PIPES][CONV_PIPE_TEXT];
	struct conv_minute minutes[CONV_MINUTES];
};

static inline void lab_rows_lend(struct conv *c, struct lab_rows *rows)
{
	c->app = rows->app;
	c->name = rows->name;
	c->iface = rows->iface;
	c->pipe = rows->pipe;
	c->minutes = rows->minutes;
}

#endif
