/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * granted - what one answer of a server says: "that service is at this port of mine".
 *
 * The readers of answers (epm.h, dcom.h, ssrp.h) are pure functions of bytes that call a sink once
 * for each endpoint that the answer names, in the order of the answer.
 */
#ifndef SPAN_LEARN_GRANTED_H
#define SPAN_LEARN_GRANTED_H

#include "base/addr.h"

enum grant_how {                    /* in the order of their worth as evidence */
		 GRANT_EPM,         /* ept_map answer: C706 O, MS-RPCE 2.2.1.2.5 */
		 GRANT_EPM_LOOKUP,  /* ept_lookup answer */
		 GRANT_OXID,        /* ResolveOxid, ResolveOxid2: MS-DCOM 3.1.2.5.1 */
		 GRANT_ACTIVATION,  /* RemoteActivation, RemoteGetClassObject, RemoteCreateInstance
				     */
		 GRANT_SQL_BROWSER, /* SVR_RESP: MC-SQLR 2.2.5 */
		 GRANT_SQL_DAC,     /* SVR_RESP (DAC): MC-SQLR 2.2.6 */
		 GRANT_HOW_N,
};
const char *grant_how_name(enum grant_how h); /* "epm" "epm-lookup" "oxid" "activation" ... */

enum granted_proto {
	GRANTED_NONE, /* no port: a pipe, or an interface that is not registered */
	GRANTED_TCP,
	GRANTED_UDP,
	GRANTED_HTTP, /* ncacn_http: a TCP port that greets before its first PDU */
	GRANTED_PIPE,
};

enum { GRANTED_NAME = 64 };

struct granted {
	enum grant_how how;
	enum granted_proto proto;
	uint16_t port; /* 0 only with GRANTED_NONE and GRANTED_PIPE */
	bool has_iface;
	uint8_t uuid[16]; /* as printed, big-endian fields */
	uint16_t major, minor;
	bool has_alias;    /* the answer names an address, and it is not 0.0.0.0 or :: */
	struct addr alias; /* may or may not be that of the server that answered */
	/* Pipe name, host part of a string binding that is no address, SQL instance: printable
	 * ASCII, anything else as '?', cut to fit; "" none. */
	char name[GRANTED_NAME];
};

typedef void (*granted_fn)(void *user, const struct granted *g);

#endif
