/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * http_signs - what requests and answers of HTTP say of the hosts behind them (enum app_sign).
 *
 * Targets, fields and credentials are looked at and never kept: what leaves is bits.
 */
#ifndef SPAN_RECOGNISE_HTTP_SIGNS_H
#define SPAN_RECOGNISE_HTTP_SIGNS_H

#include "recognise/scan.h"

/* What an answer means for the path that was asked for: facts.answer of a server. */
enum http_answer {
	HTTP_GIVEN = 1 << 0,      /* 2xx, 304: the path is there */
	HTTP_LOGIN = 1 << 1,      /* 401 */
	HTTP_GOES_ON = 1 << 2,    /* with 401: a token for the client, or not all fields are here */
	HTTP_LISTENER = 1 << 3,   /* the kernel's own server, not IIS */
	HTTP_TO_SIGN_IN = 1 << 4, /* 3xx to a passive sign-in of WS-Federation */
	HTTP_TO_ADFS = 1 << 5,    /* 3xx to a path of AD FS */
	HTTP_CUT = 1 << 6,        /* not all fields are here */
};

/* The target of a request (RFC 9112 3.2.1) up to the space. What names a host stands for a proxy
 * and has no signs. */
uint32_t http_target(struct rd target);
/* One field of a request or an answer, its line as far as it is here. */
void http_request_field(struct rd line, bool whole, struct facts *ret);
void http_answer_field(struct rd line, struct facts *ret);
/* What the status of an answer makes of its fields, which have been given; `whole`: all of them. */
void http_answer_is(uint32_t status, bool whole, struct facts *ret);
/* The signs of a request and the answer to it (recogniser.together). */
uint32_t http_together(const struct facts *client, const struct facts *server);

#endif
