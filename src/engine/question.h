/* SPDX-License-Identifier: BSD-2-Clause */
/* question - what a user names on the command line: a finding by its id, or a connection. */
#ifndef SPAN_ENGINE_QUESTION_H
#define SPAN_ENGINE_QUESTION_H

#include "engine/engine.h"

/* 'A -> B:1433/tcp'; index 0 is A. */
struct question {
	struct end end[2];
	struct addr addr[2];
	bool has_addr[2];
	const char *guess[2]; /* how the audit came to these roles, where nobody declared them */
	char text[2][128];
	uint8_t proto;
	uint16_t port;
};

/* NULL, or a clause that says what is wrong. engine_prepare() was called. */
const char *question_parse(const struct span_audit *a, const char *text, struct question *q);
/* The conversation is one that was asked about. */
bool question_matches(const struct question *q, const struct span_audit *a, const struct conv *c);
/* The finding whose id begins like this, when *ret_n is 1; else how many there are. */
const struct finding *question_finding(const struct result *r, const char *id, size_t *ret_n);

#endif
