/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conv_table - the table of conversations, for the files that share it: conv.c fills it, attempts.c
 * keeps what is too small for a conversation, conv_direction.c says which end is the client where
 * flows do not show it, conv_order.c puts all in order. Private to this
 * folder.
 */
#ifndef SPAN_FLOW_CONV_TABLE_H
#define SPAN_FLOW_CONV_TABLE_H

#include "base/bulk.h"
#include "flow/conv.h"
#include "flow/conv_merge.h"

/* The tag is 32 bits of the hash: what differs in it need not be looked at, and growing needs no
 * look at any conversation. */
struct conv_slot {
	uint32_t at; /* index + 1; 0: free */
	uint32_t tag;
};

struct conv_set { /* of conversations, by key */
	struct conv *v;
	size_t n;
	struct bulk convs; /* what v is */
	struct conv_slot *slot;
	size_t slots;
};

struct endpoint {
	uint32_t no; /* of its address */
	uint16_t port;
	uint8_t proto;
	bool used : 1;
	bool server : 1;   /* of a flow with DIR_SYN or DIR_MESSAGE */
	uint8_t peers : 2; /* undirected 5-tuples that it is an end of: none, one, more */
};
static_assert(sizeof(struct endpoint) == 8, "several times as many as entries wait");

enum { ATTEMPTS_LINE = 32 };

struct attempts {
	struct attempt *v;
	size_t n;
	struct bulk bulk; /* what v is */
};

struct waiting_attempt {
	struct flow_attempt a;
	uint32_t tag[2]; /* of its addresses */
};

/* Sets by key. An entry that waits is also told apart by its client's port; for the others that is
 * left out of the key (cport is -1). */
struct conv_key {
	uint32_t client, server; /* numbers of addresses, which have their VLAN in them */
	uint16_t port;
	uint8_t proto;
	int32_t cport;
};

enum { CONV_LINE = 32 };

struct waiting_flow {
	struct flow_done d;
	struct conv_facts f; /* its name is: */
	char name[CONV_NAME_TEXT];
	struct conv_key key;
	uint32_t tag[2], key_tag; /* of its addresses, of the key */
	bool directed, group;
};

struct conv_table {
	struct hash_key key;
	struct conv_options o;
	struct conv_set convs, waiting;
	struct attempts attempts;
	struct waiting_attempt line[ATTEMPTS_LINE]; /* while what they need is fetched */
	unsigned n_line;
	struct waiting_flow *flows; /* CONV_LINE of them; NULL: there were none yet */
	unsigned n_flow;
	size_t attempts_left; /* by the last attempts_fold() */
	struct arena arena;   /* of the rows */
	struct conv_rows rows;
	struct end_table addrs;
	struct bulk addr; /* of those who finished: see struct ends */
	struct endpoint *end;
	size_t ends;
	struct bulk endpoints; /* what `end` is */
	uint64_t evicted;
};

/* The entry of a key, made when `may_make`. NULL with *ret_err 0 when it may not be made. */
struct conv *conv_set_get(struct conv_table *t, struct conv_set *s, const struct conv_key *k,
			  bool may_make, int *ret_err);
/* The same with the key's tag, for who has what it will look at fetched. */
struct conv *conv_set_get_tagged(struct conv_table *t, struct conv_set *s, const struct conv_key *k,
				 uint32_t tag, bool may_make, int *ret_err);
/* The same for who fills it himself: a new one is not set at all. */
struct conv *conv_set_place(struct conv_table *t, struct conv_set *s, const struct conv_key *k,
			    uint32_t tag, bool may_make, bool *ret_new, int *ret_err);
const struct conv *conv_set_find(const struct conv_set *s, const struct conv_key *k, uint32_t tag);
uint32_t conv_key_tag(const struct conv_table *t, const struct conv_key *k);
void conv_set_fetch_slot(const struct conv_set *s, uint32_t tag);
void conv_set_fetch(const struct conv_set *s, uint32_t tag);
static inline uint16_t conv_key_vlan(const struct conv_table *t, uint16_t vlan)
{
	return t->o.vlan_key ? vlan : 0;
}
/* Room for one more; false without memory. */
bool conv_set_room(struct conv_table *t, struct conv_set *s);
/* The first n are all that there are from now on; they may stand elsewhere. */
void conv_set_cut(struct conv_table *t, struct conv_set *s, size_t n);
bool conv_table_has_room(const struct conv_table *t);
/* One flow more for its conversation, which has this key. */
int conv_put_flow(struct conv_table *t, struct conv *c, const struct conv_key *k,
		  const struct flow_done *d, const struct conv_facts *f, bool group);
/* The flow into its conversation, if there is room. */
int conv_add_now(struct conv_table *t, const struct flow_done *d, const struct conv_facts *f,
		 bool directed, bool group);
/* Puts all that is in a line where it belongs. */
int conv_table_settle(struct conv_table *t);

/* conv_line.c. May the flow wait in line? */
bool conv_line_takes(struct conv_table *t, const struct conv_facts *f);
int conv_line_put(struct conv_table *t, const struct flow_done *d, const struct conv_facts *f,
		  bool directed, bool group);
int conv_line_flush(struct conv_table *t);

enum {
	ATTEMPT_CHARGE =
		sizeof(struct conv) + sizeof(struct conv_fail) + sizeof(struct conv_minute),
	FLOW_CHARGE = sizeof(struct conv),
};

/* conv_direction.c. What waits becomes conversations. 0 or -ENOMEM. */
int conv_table_directions(struct conv_table *t);

/* attempts.c. One more for c; the attempt's numbers are those of c's ends. */
int attempt_into(struct conv_rows *rows, struct conv *c, const struct attempt *a);
/* Puts attempts to the same service together, when they are in the way of others. */
int attempts_make_room(struct conv_table *t);
/* Puts those in line where they belong. */
int attempts_flush(struct conv_table *t);
/* The n attempts of `bulk` in the stead of all that there are. */
void attempts_replace(struct conv_table *t, struct bulk *bulk, size_t n);
int attempts_each(const struct conv_table *t,
		  int (*fn)(void *user, const struct conv *c, bool waiting), void *user);

/* The place of each address in the order of reports, by its place in that of bytes: IPv4 first. */
struct report_order {
	uint32_t v4_from, v4_n;
};

static inline uint32_t report_place(const struct report_order *o, uint32_t place)
{
	if (place >= o->v4_from + o->v4_n)
		return place;
	return place < o->v4_from ? place + o->v4_n : place - o->v4_from;
}

/* attempts_order.c. By client, server, port, VLAN, in parts of so many; numbers of addresses are
 * places by now. 0 or -ENOMEM, and then there is no telling which are left. */
enum { ATTEMPTS_PART = 1 << 20 };
int attempts_sort(struct conv_table *t, const struct report_order *order, size_t part);

/* conv_order.c. By client, server, transport, port, VLAN; numbers of addresses become places of
 * struct ends. An attempt that has no like becomes a conversation, too, unless they stay apart. */
int conv_table_sort(struct conv_table *t, bool apart, struct ends *ret_ends);

#endif
