/* SPDX-License-Identifier: BSD-2-Clause */
/* hosts - what traffic proves about hosts. */
#ifndef SPAN_FINDINGS_HOSTS_H
#define SPAN_FINDINGS_HOSTS_H

#include "findings/work.h"

struct served { /* a party with roles answered in this protocol */
	uint32_t party, item;
	uint16_t app, port;
	uint8_t proto;
};

struct served_list { /* sorted by party, transport, port, protocol */
	VEC(struct served) v;
};

bool served_make(struct work *w, struct served_list *l);
bool role_rows_make(struct work *w, const struct served_list *l);
/* Contradictions, undeclared clients, what was not visible. */
bool standing_make(struct work *w, const struct served_list *l);

#endif
