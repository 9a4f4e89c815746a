/* SPDX-License-Identifier: BSD-2-Clause */
/* lab_rows - room for all the rows that a conversation can have, for tests that write their own. */
#ifndef SPAN_TEST_LAB_ROWS_H
#define SPAN_TEST_LAB_ROWS_H

#include <stdlib.h>

#include "flow/conv.h"

struct lab_rows {
	struct conv_app app[CONV_APPS];
	char name[CONV_NAMES][CONV_NAME_TEXT];
	struct rpc_iface iface[CONV_IFACES];
	char pipe[CONV_PIPES][CONV_PIPE_TEXT];
	struct conv_minute minutes[CONV_MINUTES];
	struct conv_refusal refusal;
	struct conv_fail fail;
	struct conv_more more;
};

static inline void lab_rows_lend(struct conv *c, struct lab_rows *rows)
{
	c->app = rows->app;
	c->fail = &rows->fail;
	c->more = &rows->more;
	*c->fail = (struct conv_fail){.first_ns = TIME_NONE,
				      .last_ns = TIME_NONE,
				      .minutes = rows->minutes,
				      .refusal = &rows->refusal};
	*c->fail->refusal = (struct conv_refusal){.ns = TIME_NONE};
	*c->more = (struct conv_more){.name = rows->name, .iface = rows->iface, .pipe = rows->pipe};
}

/* Gives the conversations the places of their addresses, and what sums up their protocols. *addr is
 * of an earlier call, or NULL; the caller frees what is there in the end. */
static inline struct ends lab_ends(struct addr **addr, struct conv *c, size_t n)
{
	struct end_table t = {.key = {1, 2}};
	struct ends ends;
	struct bulk addrs = {0}, places = {0};
	const uint32_t *place;

	free(*addr);
	for (size_t i = 0; i < n; i++) {
		c[i].client_no = end_number(&t, &c[i].client, 0, true);
		c[i].server_no = end_number(&t, &c[i].server, 0, true);
	}
	for (size_t i = 0; i < t.n; i++)
		t.v[i].used = true;
	if (!ends_sort(&t, &addrs, &ends.n, &places))
		abort();
	*addr = addrs.v; /* of so few, memory of the heap */
	place = places.v;
	for (size_t i = 0; i < n; i++) {
		for (unsigned k = 0; k < c[i].n_app; k++) {
			c[i].recognised |= c[i].app[k].app != 0;
			c[i].notes |= c[i].app[k].notes;
		}
		c[i].client_no = place[c[i].client_no];
		c[i].server_no = place[c[i].server_no];
	}
	bulk_done(&places, NULL);
	ends.addr = *addr;
	return ends;
}

#endif
