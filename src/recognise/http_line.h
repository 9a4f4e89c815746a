/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * http_line - the first lines of HTTP/1 messages, for those who read one of them (recogniser) and
 * those who read many (learner).
 */
#ifndef SPAN_RECOGNISE_HTTP_LINE_H
#define SPAN_RECOGNISE_HTTP_LINE_H

#include "recognise/scan.h"

/* Each with the space behind it, for scan_one_of(). */
extern const char *const http_methods[];

/* The target of a request line, which is given without its method (RFC 9112 3). False when the line
 * does not end in SP HTTP/1.DIGIT. */
bool http_line_target(struct rd line, struct rd *ret_target);
/* HTTP/1.DIGIT SP 3DIGIT, which are taken (RFC 9112 4). */
enum verdict http_status(struct rd *r, uint32_t *ret_status);

#endif
