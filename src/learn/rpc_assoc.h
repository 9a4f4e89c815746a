/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rpc_assoc - one connection of connection-oriented DCE/RPC (C706 12.6, MS-RPCE 2.2.2 and 3.3),
 * whatever carries it: TCP, or a named pipe over SMB.
 *
 * Both directions are given as bytes in order. PDUs are cut out of them, binds and their answers
 * remembered, and answered calls of the interfaces that hand out ports are put together and read.
 * What one direction says about the other may come first: requests and responses are paired by
 * call and context, whichever is seen first.
 */
#ifndef SPAN_LEARN_RPC_ASSOC_H
#define SPAN_LEARN_RPC_ASSOC_H

#include "learn/learner.h"

struct rpc_assoc;

/* NULL without room (learn_take). Facts and grants go to `f`, which must outlive it. */
struct rpc_assoc *rpc_assoc_new(struct learn_flow *f);
struct rpc_assoc *rpc_assoc_free(struct rpc_assoc *a);
/* What carries it is the endpoint mapper's own: pipe \epmapper (MS-RPCE 2.1.1.2). Its answers are
 * then known by their form where the bind was not captured; over TCP the port says so. */
void rpc_assoc_mapper(struct rpc_assoc *a);
/* n bytes of one side follow; `at` carried them. `start`: they are the first of that side. */
void rpc_assoc_bytes(struct rpc_assoc *a, unsigned side, const uint8_t *p, size_t n, bool start,
		     const struct evidence *at);
/* n bytes of that side are missing here; 0: nobody knows how many. */
void rpc_assoc_gap(struct rpc_assoc *a, unsigned side, uint64_t n);
/* No more will come: what waits for its other half is judged by what there is. */
void rpc_assoc_end(struct rpc_assoc *a);

#endif
