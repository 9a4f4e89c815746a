/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the list's making share. */
#ifndef SPAN_ALLOW_WORK_H
#define SPAN_ALLOW_WORK_H

#include "allow/allow.h"
#include "base/cpu.h"
#include "base/proto.h"

/* Each false without memory. */
bool allow_classes(struct allow_list *l);
bool allow_everybody(struct allow_list *l); /* before the lines */
bool allow_lines(struct allow_list *l);
/* Sorts ranges and joins what touches; how many are left. */
size_t allow_join_ports(struct port_range *v, size_t n);
bool allow_line_has(const struct allow_line *line, const struct addr *client,
		    const struct addr *server, uint8_t proto, uint16_t port);
/* "crm-web" as an identifier. */
bool allow_identifier(struct out *o, const char *z);
/* Two ends of this cell are one host, whatever is asked. */
static inline bool allow_alone(const struct allow_list *l, size_t client, size_t server)
{
	const struct allow_class *c = &l->class[client];

	return client == server && (c->internet || (c->n == 1 && !c->member[0]->is_network));
}

#endif
