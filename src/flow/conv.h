/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conv - conversations: all flows of one (client address, server address, transport, server port).
 *
 * Everything in a conversation merges by sum, minimum, maximum or the k smallest, so that neither
 * the order of flows nor a split into files or threads can be seen in it.
 *
 * A scan makes millions of them, and most have one protocol and nothing else: what there may be
 * several of stands in rows outside, as many as there are, which belong to the table.
 */
#ifndef SPAN_FLOW_CONV_H
#define SPAN_FLOW_CONV_H

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "flow/busy.h"
#include "flow/ends.h"
#include "flow/flow.h"

enum {
	CONV_APPS = 6,   /* protocols told apart in one conversation; more go into the last */
	CONV_NAMES = 3,  /* server names kept (SNI, HTTP Host, via), the smallest ones */
	CONV_IFACES = 8, /* RPC interfaces kept, the smallest ones */
	CONV_NAME_TEXT = 64,
	CONV_PIPES = 8, /* named pipes kept, the smallest ones */
	CONV_PIPE_TEXT = 32,
	CONV_MINUTES = 4, /* newest minutes with failures */
	CONV_FAILS = 3,   /* newest failures kept by their time */
};

struct rpc_iface {
	uint8_t uuid[16]; /* Data1..3 big-endian, as printed */
	uint16_t major, minor;
};

/* The flows of a conversation that carried one protocol. */
struct conv_app {
	uint16_t app; /* recognise.h; APP_NONE: nothing recognised */
	uint8_t conf; /* best enum app_conf of its flows */
	uint8_t n_ev;
	bool told; /* some flow is telling, see conv_facts; the first one is shown by `tell` */
	uint8_t zero[3]; /* no padding: what is copied by members is equal bytes, too */
	uint32_t flows;
	uint32_t by_state[STATE_N];
	uint64_t payload[2];
	uint32_t notes;                 /* APP_NOTE_*, ored */
	uint32_t signs;                 /* SIGN_*, ored */
	struct evidence ev[EVIDENCE_N]; /* of its first flows */
	struct evidence tell;
};

/* What a protocol that shares its conversation with none has of its own: flows, states, payload and
 * notes are the conversation's, evidence is in ok_ev. */
struct conv_sole {
	uint32_t signs;
	uint16_t app;
	uint8_t conf, n_ev;
};

struct conv_minute {    /* failed attempts of one minute */
	int64_t minute; /* ts / 60 s */
	int64_t first_ns, last_ns;
	uint32_t n;
};

/* The first refusal (by time): who, how. A RST is the server's when its TTL and its MAC address are
 * among those of the server's other packets in the whole capture, or none of them was seen. */
struct conv_refusal {
	int64_t ns; /* TIME_NONE: none */
	enum refuser who;
	struct addr by;
	uint8_t icmp_type, icmp_code;
	enum icmp_class icmp_class;
	uint8_t mac[6], server_mac[6]; /* of a RST; server_mac: the smallest; zero unknown */
	uint8_t signs;                 /* enum refusal_sign */
	uint8_t ttl;
};

/* The failed flows of a conversation: half-open, rejected, refused, or without answer (but not a
 * single try in the last 3 s of the input). A flow counts at its first packet. */
struct conv_fail {
	uint64_t n;
	uint64_t tries;                 /* SYNs or requests in them */
	int64_t first_ns, last_ns;      /* TIME_NONE without any */
	int64_t newest_ns[CONV_FAILS];  /* newest first, the first min(n, CONV_FAILS) */
	struct evidence ev[EVIDENCE_N]; /* the first ones */
	struct conv_minute *minutes;    /* newest first */
	struct conv_refusal *refusal;   /* NULL: none. See conv_refusal() */
	uint8_t n_ev, n_minutes;
};

/* What most conversations have nothing of. */
struct conv_more {
	char (*name)[CONV_NAME_TEXT];
	struct rpc_iface *iface;
	char (*pipe)[CONV_PIPE_TEXT]; /* opened over SMB; lower case, printable */
	struct evidence bind_ev;      /* the earliest packet with a bind */
	uint64_t unseen[2];
	uint64_t rst_after_accept, rst_after_data;
	bool has_bind;
	uint8_t n_name, n_iface, n_pipe;
};

struct conv {
	struct addr client, server;
	uint32_t client_no, server_no; /* their places in struct ends */
	uint16_t port;                 /* the server's */
	uint16_t vlan;                 /* smallest seen; with vlan_key its own */
	uint8_t proto;
	uint8_t server_ttl;         /* the smallest seen, 0 unknown */
	uint8_t tunnel;             /* enum tunnel: smallest seen, with its id */
	enum dir_reason reason : 8; /* best */
	enum flow_state state : 8;  /* best */
	bool group : 1;             /* the server address is multicast or broadcast */
	bool recognised : 1;        /* one of its protocols is known */
	bool started : 1;           /* at least one flow's start was captured */
	bool alone : 1;             /* its only protocol is `sole`, see conv_app() */
	uint8_t n_ok_ev, n_app;
	uint32_t tunnel_id;
	uint32_t notes;                            /* of all its protocols, ored */
	uint16_t client_port_min, client_port_max; /* of the client's side */
	uint64_t flows;
	uint64_t packets[2], bytes[2], payload[2];
	int64_t first_ns, last_ns;
	/* A success is an established flow, or a mid-stream one with data both ways. */
	int64_t ok_last_ns; /* start of the newest one (UDP: its last packet); TIME_NONE if never */
	struct evidence ok_ev[EVIDENCE_N]; /* the first ones. Alone: the first of all flows, and
					    * n_ok_ev of them are the first ones of successes */
	uint32_t by_state[STATE_N];
	struct busy busy; /* when its flows began */
	union {
		struct conv_app *app; /* by app; more than CONV_APPS: the largest are in the last */
		struct conv_sole sole;
	};
	struct conv_fail *fail; /* NULL: none. See conv_fail(), conv_more() */
	struct conv_more *more; /* NULL: nothing */
};

static_assert(sizeof(struct conv) == 256, "a million of them, four lines each");

/* The i-th protocol; *room is for one that has no row. */
static inline const struct conv_app *conv_app(const struct conv *c, unsigned i,
					      struct conv_app *room)
{
	if (!c->alone)
		return &c->app[i];
	memset(room, 0, sizeof *room); /* what is equal is equal bytes */
	room->app = c->sole.app;
	room->conf = c->sole.conf;
	room->n_ev = c->sole.n_ev;
	room->flows = (uint32_t)c->flows;
	memcpy(room->by_state, c->by_state, sizeof room->by_state);
	memcpy(room->payload, c->payload, sizeof room->payload);
	room->notes = c->notes;
	room->signs = c->sole.signs;
	memcpy(room->ev, c->ok_ev, sizeof room->ev);
	return room;
}

/* Which one it is, see recognise.h. */
static inline uint16_t conv_app_at(const struct conv *c, unsigned i)
{
	return c->alone ? c->sole.app : c->app[i].app;
}

/* What there is of a conversation's, or what there would be of one that has none. */
static inline const struct conv_fail *conv_fail(const struct conv *c)
{
	static const struct conv_fail none = {.first_ns = TIME_NONE, .last_ns = TIME_NONE};

	return c->fail ? c->fail : &none;
}

static inline const struct conv_refusal *conv_refusal(const struct conv *c)
{
	static const struct conv_refusal none = {.ns = TIME_NONE};

	return c->fail && c->fail->refusal ? c->fail->refusal : &none;
}

static inline const struct conv_more *conv_more(const struct conv *c)
{
	static const struct conv_more none;

	return c->more ? c->more : &none;
}

/* A SYN that nothing followed and nobody answered, as scans send them by the million: all that its
 * conversation would say, in a tenth of the memory. */
struct attempt {
	uint32_t client_no, server_no; /* as those of a conversation */
	int64_t ns;
	uint32_t number; /* of the packet */
	uint32_t input : 24;
	uint32_t tunnel : 7;   /* enum tunnel */
	uint32_t unproven : 1; /* so near to the end of the input that it proves nothing */
	uint32_t tunnel_id;
	uint32_t before; /* conversations that come before it in the order of both */
	uint16_t bytes, client_port, port, vlan;
};

/* All conversations of a run, where lone attempts stand apart: what is in `v` has another flow, or
 * an answer. Both ascend as conv_table_finish() has them. */
struct conv_list {
	const struct conv *v;
	size_t n;
	const struct attempt *attempt;
	size_t n_attempt;
	struct ends ends;
};
/* An attempt as the conversation that it is, with its rows. */
struct attempt_conv {
	struct conv conv;
	struct conv_fail fail;
	struct conv_minute minute;
};
/* Into *ret, which is zero or was filled so before; returns its conversation. */
const struct conv *conv_of_attempt(const struct ends *ends, const struct attempt *t,
				   struct attempt_conv *ret);

struct conv_table;
struct conv_options {
	const struct hash_key *key;
	/* What finds no room in either is counted as evicted: a flow of a new conversation, and one
	 * that would have made an old one larger. */
	size_t max_conversations; /* 0: 2,000,000 */
	size_t max_memory;        /* bytes of conversations and their rows; 0: any */
	/* True when port is a documented service port (DIR_PORT). */
	bool (*known_port)(void *user, uint8_t proto, uint16_t port);
	void *user;
	struct bank *bank; /* what memory is taken from, see conv_table_finish(); NULL: none */
	bool vlan_key;     /* flows of different VLANs are different conversations */
};

/* Facts that a recogniser found in one flow, ready to be merged. */
struct conv_facts {
	uint16_t app;
	uint8_t conf;
	uint32_t notes, signs;
	bool telling;     /* what the notes say may be held against this flow, not its neighbours */
	const char *name; /* NULL or up to CONV_NAME_TEXT - 1 bytes */
	const struct rpc_iface *iface;
	size_t n_iface;
	const struct evidence *bind; /* NULL: none seen */
	const char (*pipe)[CONV_PIPE_TEXT];
	size_t n_pipe;
};

struct conv_table *conv_table_new(const struct conv_options *o);
struct conv_table *conv_table_free(struct conv_table *t);
/* Folds one finished flow in. Undirected flows wait until conv_table_finish(). */
int conv_table_add(struct conv_table *t, const struct flow_done *d, const struct conv_facts *f);
/* The same for an attempt, without facts. */
int conv_table_attempt(struct conv_table *t, const struct flow_attempt *a);
/* Decides the direction of what is still undirected (DIR_LEARNED, DIR_PORT, DIR_FAN_IN, DIR_FIRST,
 * in this order), sorts, and lends the result: by client, server, transport, port, VLAN; and the
 * addresses that are ends of it (ret_ends NULL: not wanted). Both are owned by the table. The bank
 * is empty then. */
int conv_table_finish(struct conv_table *t, const struct conv **ret_convs, size_t *ret_n,
		      struct ends *ret_ends);
/* The same, with lone attempts apart. Owned by the table, too. The bank keeps what it has, for what
 * else is made of all conversations. */
int conv_table_finish_apart(struct conv_table *t, struct conv_list *ret);
/* True when the newest failures are the last word: CONV_FAILS or more of them, at least 60 s from
 * the first to the last, and no success after. *ret_since is the first of them, as far back as
 * minutes[] remember. */
bool conv_failing(const struct conv *c, int64_t *ret_since);
uint64_t conv_table_evicted(const struct conv_table *t); /* flows that found no room */

/* For who keeps a table's rows elsewhere and puts those of several tables into one later, before
 * conv_table_finish(): then it is as if one table had been given all of their flows. `waiting`: the
 * direction is not decided, and the port of the client, which is client_port_min, tells it apart
 * from others. Rows come in the order in which they were made; what is not 0 ends it and is
 * returned. */
int conv_table_each(struct conv_table *t, int (*fn)(void *user, const struct conv *c, bool waiting),
		    void *user);
int conv_table_each_host(struct conv_table *t, int (*fn)(void *user, const struct conv_host *h),
			 void *user);
/* 0, also when there was no room (its flows are counted as evicted), or -ENOMEM. A row without
 * flows (reason and state none) is more of flows that other rows count; where none does, it is one
 * flow that was met in its middle. */
int conv_table_put(struct conv_table *t, const struct conv *c, bool waiting);
int conv_table_put_host(struct conv_table *t, const struct conv_host *h);
size_t conv_table_memory(const struct conv_table *t); /* bytes of all that there is */

#endif
