/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * live_syslog - events as messages of RFC 5424 to one receiver, over a socket that is opened while
 * there are rights.
 *
 *	unix:PATH        a datagram each, as /dev/log takes them
 *	udp:HOST:PORT    a datagram each (RFC 5426)
 *	tcp:HOST:PORT    with the length before it (RFC 6587, 3.4.1)
 *
 * A receiver that was away is tried again with every message: a datagram needs no connection, and
 * a TCP socket is connected anew. What could not be sent is counted and not sent again.
 */
#ifndef SPAN_ENGINE_LIVE_SYSLOG_H
#define SPAN_ENGINE_LIVE_SYSLOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/out.h"

/* The severities of RFC 5424, table 2. */
enum syslog_severity {
	SYSLOG_CRITICAL = 2,
	SYSLOG_ERROR,
	SYSLOG_WARNING,
	SYSLOG_NOTICE,
	SYSLOG_INFO,
};
/* In one judgement; what is beyond it is counted. */
enum { SYSLOG_MOST = 1000 };

struct syslog;
/* 0; SPAN_USAGE when `to` is none of these, SPAN_INPUT when it cannot be had, with words kept;
 * negative errno. */
int syslog_open(const char *to, struct errors *errs, struct syslog **ret);
/* The port that connecting again needs; 0: none. */
uint16_t syslog_port(const struct syslog *s);
/* Sends a message; `id` is a word for what it is. False: it was not sent. */
bool syslog_send(struct syslog *s, enum syslog_severity severity, int64_t ns, const char *id,
		 const char *text, size_t n);
struct syslog *syslog_close(struct syslog *s);
/* A message as it goes out, but for its length; for tests. */
void syslog_message(const char *host, int pid, enum syslog_severity severity, int64_t ns,
		    const char *id, const char *text, size_t n, struct out *o);

#endif
