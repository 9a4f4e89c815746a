/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sign - the table of signs. A family of roles is a file with one array of rows; a new sign is a
 * row. A row speaks for its role with its grade where all of its clues hold for a host and none of
 * its counter-clues does.
 *
 * Two rows of grade C for one role make a B when no clue is in both: independent signs.
 */
#ifndef SPAN_INFER_SIGN_H
#define SPAN_INFER_SIGN_H

#include "infer/infer.h"

enum clue_of {
	CLUE_NONE,
	CLUE_ANSWERS, /* the host answered, with payload, in one of `app` (any, when none is
			 given) on one of `port` (any, when none is given) */
	CLUE_CALLS,   /* the host was answered so as a client */
	CLUE_BOUND,   /* the RPC interface `text` was bound at it over TCP, and not refused */
	CLUE_GRANTS,  /* it told somebody that `text`, an RPC interface, is on a TCP port of its */
	CLUE_BROWSER, /* it told where its SQL Server instances are */
	CLUE_PING,    /* it answered a domain controller ping, with one of `signs` in its flags */
	CLUE_SRV,     /* DNS names it in SRV records that match `text` (fnmatch) */
	CLUE_TICKET,  /* a Kerberos ticket for the service class `text` names it */
	CLUE_NETBIOS, /* it has a NetBIOS name with the suffix `port[0]` */
	CLUE_NAMED,   /* clients asked it for a name that matches `text` (SNI, Host) */
	CLUE_CLUSTER, /* heartbeats of Network Load Balancing name it as their cluster's */
	CLUE_CARD,    /* its network card's address is a virtual one, of the kind `text` */
};

struct clue {
	enum clue_of of;
	const char *app[3];
	uint16_t port[4];
	uint32_t signs; /* CLUE_ANSWERS, _CALLS: one of these enum app_sign, 0 not asked */
	uint32_t never; /* none of these enum app_note */
	uint8_t peers;  /* hosts at the other end, at least; 0: one */
	const char *text;
	/* For the fact: what there was one of, and more of; or the whole fact, for clues that count
	 * nothing. */
	const char *one, *many;
};

enum { SIGN_CLUES = 4, SIGN_NOT = 2 };

struct sign {
	enum role role;
	char grade;
	struct clue all[SIGN_CLUES];
	struct clue none[SIGN_NOT];
};

struct sign_family {
	const char *word;
	const struct sign *sign;
	size_t n;
};

#define SIGN_FAMILIES(X) X(directory) X(naming) X(sql) X(web) X(crm) X(mail) X(balancer)
#define X(word)          extern const struct sign_family signs_##word;
SIGN_FAMILIES(X)
#undef X
#define SIGN_FAMILY(w, rows) \
	const struct sign_family signs_##w = {#w, rows, sizeof(rows) / sizeof *(rows)}

#endif
