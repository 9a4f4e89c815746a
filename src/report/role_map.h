/* SPDX-License-Identifier: BSD-2-Clause */
/* role_map - who talks to whom: sets of roles of clients by those of servers. */
#ifndef SPAN_REPORT_ROLE_MAP_H
#define SPAN_REPORT_ROLE_MAP_H

#include "findings/result.h"

enum { ROLE_MAP_SIDES = 16 }; /* rows and columns; what has no room is counted apart */

struct role_cell {
	uint64_t fine, odd; /* conversations as documented or tolerated, and others */
	uint64_t missing;   /* findings of missing traffic */
	uint64_t open;      /* demands that could not be judged */
};

struct role_map {
	roleset side[2][ROLE_MAP_SIDES]; /* clients, servers; sorted */
	size_t n[2];
	struct role_cell cell[ROLE_MAP_SIDES][ROLE_MAP_SIDES];
	uint64_t left_out;  /* conversations */
	uint64_t left_open; /* demands that were not judged, in no cell */
};

void role_map_fill(struct role_map *m, const struct result *r);

#endif
