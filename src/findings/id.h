/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * id - the stable name of a fact.
 *
 * A fact is its parts joined by the ASCII unit separator: kind, rule or group, client host, server
 * host, transport, server port. Nothing that changes from night to night is among them.
 */
#ifndef SPAN_FINDINGS_ID_H
#define SPAN_FINDINGS_ID_H

#include <stdint.h>

#include "findings/kinds.h"

struct fact {
	enum kind kind;
	const char *rule;   /* group, else rule id, else a word for what it is about; NULL none */
	const char *client; /* host name, network or address as text; NULL none */
	const char *server;
	uint8_t proto;       /* 0 none */
	uint16_t port;       /* 0 none */
	const char *service; /* instead of the port: "dynamic", an interface; NULL */
};

enum { FACT_DIGEST = 32, FACT_ID = 16 };

void fact_digest(const struct fact *f, uint8_t ret[FACT_DIGEST]);
/* "F-" and the first 12 hex digits. */
void fact_id(const uint8_t digest[FACT_DIGEST], char ret[FACT_ID]);

#endif
