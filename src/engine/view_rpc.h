/* SPDX-License-Identifier: BSD-2-Clause */
/* view_rpc - what `spanaudit rpc` shows, collected: conversations on ports that were handed out or
 * named by a bind, and ports that were handed out in vain. */
#ifndef SPAN_ENGINE_VIEW_RPC_H
#define SPAN_ENGINE_VIEW_RPC_H

#include "engine/engine.h"
#include "screen/filter.h"

struct rpc_line {
	struct rpc_row row;      /* endpoints as inventory and capture know them */
	const struct addr *told; /* who was told of the port, when it was not the client; NULL */
	const struct grant *sql; /* SQL Browser's answer, which names an instance; NULL */
};

/* Grants of one port of one server that nobody used: rows of span_audit.grants. */
struct rpc_vain {
	const struct grant *first;
	size_t from, to;
	uint8_t proto;
	bool spare; /* each answer named another port as well, and that one was used */
};

struct rpc_view {
	const struct span_audit *a;
	VEC(struct rpc_line) lines;          /* by client, server, transport, port */
	VEC(struct rpc_vain) unused;         /* by server, transport, port */
	uint64_t mapped, bound, unexplained; /* of these lines */
	uint64_t blocked;                    /* of the mapped ones: never reached */
	bool all;                            /* without the filter there would be some */
};

/* 0 or -ENOMEM. Everything borrowed from the audit. */
int rpc_view_make(const struct span_audit *a, const struct filter *want, struct rpc_view *ret);
void rpc_view_done(struct rpc_view *v);

/* The grant at this place of span_audit.grants is among v->unused. */
bool rpc_view_unused(const struct rpc_view *v, size_t grant);

/* A grant as a conversation that never was: what a filter sees of it. */
struct conv rpc_grant_conv(const struct grant *g);
bool rpc_filter(const struct span_audit *a, const struct filter *want, const struct conv *c,
		enum kind verdict);
/* IP protocol of a grant's port; 0 when it has none. */
uint8_t rpc_grant_proto(const struct granted *g);

#endif
