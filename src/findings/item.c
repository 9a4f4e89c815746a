// SPDX-License-Identifier: BSD-2-Clause
/*
 * Lone attempts in scope, by the hundred thousand when somebody floods: they are judged as the
 * conversations that they are, one after the other in the same place, and become one of their own
 * only where somebody keeps it.
 */
#include "base/proto.h"
#include "findings/work.h"

const struct conv *item_show(const struct work *w, const struct item *it)
{
	const struct attempt *a = &w->in->attempts[it->attempt];

	if (w->showing->of != a)
		conv_of_attempt(&w->in->ends, a, &w->showing->one);
	w->showing->of = a;
	return &w->showing->one.conv;
}

const struct conv *item_keep(const struct work *w, const struct item *it)
{
	struct attempt_conv *made = arena_alloc(w->a, sizeof *made);

	if (!made) {
		w->showing->failed = true;
		return item_show(w, it);
	}
	conv_of_attempt(&w->in->ends, &w->in->attempts[it->attempt], made);
	w->item[it - w->item].conv = &made->conv;
	return &made->conv;
}

bool item_is(const struct work *w, const struct item *it, const struct behind *b)
{
	return it->apart ? b->attempt == &w->in->attempts[it->attempt] : b->conv == it->conv;
}

struct behind_ends behind_ends(const struct ends *ends, const struct behind *b)
{
	const struct conv *c = b->conv;
	const struct attempt *a = b->attempt;

	if (c)
		return (struct behind_ends){
			.client = &c->client,
			.server = &c->server,
			.client_no = c->client_no,
			.server_no = c->server_no,
			.client_port = c->client_port_min,
			.port = c->port,
			.vlan = c->vlan,
			.proto = c->proto,
		};
	return (struct behind_ends){
		.client = &ends->addr[a->client_no],
		.server = &ends->addr[a->server_no],
		.client_no = a->client_no,
		.server_no = a->server_no,
		.client_port = a->client_port,
		.port = a->port,
		.vlan = a->vlan,
		.proto = IPPROTO_NR_TCP,
	};
}
