// SPDX-License-Identifier: BSD-2-Clause
/*
 * rpc - DCE/RPC over TCP: the endpoint mapper's connections, and every other that was recognised.
 *
 * Over port 593 the server of RPC over HTTP 1 greets before its first PDU (MS-RPCH 2.1.1); so does
 * a server that was asked for through a proxy on any other port.
 */
#include <string.h>

#include "base/rd.h"
#include "learn/learner.h"
#include "learn/rpc_assoc.h"
#include "recognise/recognise.h"

static const char greeting[] = "ncacn_http/1.0";

enum { GREETING = sizeof greeting - 1, NO_GREETING = 0xff };

struct rpc {
	struct rpc_assoc *assoc;
	uint8_t greeted[2]; /* bytes of the greeting that have come; NO_GREETING: no more */
};

static bool wants(const struct learn_ask *q, const char *app)
{
	if (q->proto != PROTO_TCP)
		return false;
	for (int i = 0; i < 2; i++)
		if (q->port[i] == 135 || q->port[i] == 593)
			return true;
	return strncmp(app, "dcerpc", 6) == 0;
}

static bool open_(struct learn_flow *f)
{
	struct rpc *s = learn_take(f->l, sizeof *s);

	if (!s)
		return false;
	s->assoc = rpc_assoc_new(f);
	if (!s->assoc) {
		learn_give(f->l, s, sizeof *s);
		return false;
	}
	f->state = s;
	return true;
}

static void bytes(struct learn_flow *f, unsigned side, const uint8_t *p, size_t n, bool start,
		  const struct evidence *at)
{
	struct rpc *s = f->state;
	uint8_t *had = &s->greeted[side];
	struct rd r = rd_over(p, n);

	if (!*had && !start)
		*had = NO_GREETING;
	while (*had < GREETING && rd_left(&r)) {
		if (rd_is(&r, &greeting[*had], 1)) {
			++*had;
			continue;
		}
		/* What looked like it up to here is no PDU either. */
		start = !*had;
		*had = NO_GREETING;
	}
	if (!rd_left(&r))
		return;
	/* The first PDU begins here. */
	if (*had == GREETING)
		start = true;
	*had = NO_GREETING;
	rpc_assoc_bytes(s->assoc, side, r.p, rd_left(&r), start, at);
}

static void gap(struct learn_flow *f, unsigned side, uint64_t n)
{
	struct rpc *s = f->state;

	s->greeted[side] = NO_GREETING;
	rpc_assoc_gap(s->assoc, side, n);
}

static void close_(struct learn_flow *f)
{
	struct rpc *s = f->state;

	rpc_assoc_end(s->assoc);
	rpc_assoc_free(s->assoc);
	learn_give(f->l, s, sizeof *s);
}

const struct learner learner_rpc = {
	.word = "rpc",
	.spec = "C706 12.6; MS-RPCE 2.2.2; MS-RPCH 2.1.1",
	.wants = wants,
	.open = open_,
	.bytes = bytes,
	.gap = gap,
	.close = close_,
};
