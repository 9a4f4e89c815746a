/* SPDX-License-Identifier: BSD-2-Clause */
/* flow_tally - a flow table with an owner that only counts what it is handed: for many flows. */
#ifndef SPAN_TESTS_FLOW_TALLY_H
#define SPAN_TESTS_FLOW_TALLY_H

#include "base/time.h"
#include "build.h"
#include "flow/flow.h"

struct tally {
	uint64_t flows, packets, sum; /* sum: of what was handed out, in its order */
	uint64_t no_answer;
	int64_t last_first_ns;
	bool in_order;
};

static inline void tally_done(void *user, const struct flow_done *d)
{
	struct tally *y = user;

	y->flows++;
	y->packets += d->packets[0] + d->packets[1];
	y->no_answer += d->state == STATE_NO_ANSWER;
	y->in_order &= d->first_ns >= y->last_first_ns;
	y->last_first_ns = d->first_ns;
	y->sum = y->sum * 31 + d->port[0] + d->packets[0] * 7 + (uint64_t)d->first_ns +
		 (uint64_t)d->state * 3 + addr_to_v4(&d->addr[0]);
}

static inline struct flow_table *tally_table(struct tally *y, const struct flow_options *o)
{
	static const struct flow_ops ops = {.done = tally_done};
	struct flow_table *t = flow_table_new(o, &ops, y);

	assert_non_null(t);
	*y = (struct tally){.in_order = true, .last_first_ns = INT64_MIN};
	return t;
}

/* The first packet of a flow of its own. */
static inline struct packet syn(uint32_t i, int64_t ts_ns)
{
	return (struct packet){
		.ts_ns = ts_ns,
		.number = i + 1,
		.wire_len = 60,
		.src = addr_v4(0x0a000000 + i),
		.dst = addr_v4(0xc0a80001),
		.sport = (uint16_t)(1024 + (i & 0xfff)),
		.dport = 443,
		.proto = IPPROTO_NR_TCP,
		.ttl = 64,
		.tcp_flags = TCP_SYN,
		.seq = i * 7,
	};
}

#endif
