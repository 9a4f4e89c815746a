/* SPDX-License-Identifier: BSD-2-Clause */
/* ssrp - answers of SQL Browser (MC-SQLR 2.2.5, 2.2.6): the ports of SQL Server instances. */
#ifndef SPAN_LEARN_SSRP_H
#define SPAN_LEARN_SSRP_H

#include "learn/granted.h"

enum {
	SSRP_PORT = 1434,      /* MC-SQLR 2.1 */
	SSRP_NAME = 32,        /* longest name of an instance, in octets: MC-SQLR 2.2.3 */
	SSRP_RECORDS_MAX = 256 /* instances of one answer that are read */
};

/* Reads an answer: the sink is called for each instance that has TCP, and for the administrator's
 * port; that one's name is "", as the answer has none. False when these bytes are no answer. Of an
 * answer whose end is missing the records that are complete are told. */
bool ssrp_read(const uint8_t *p, size_t n, granted_fn sink, void *user);
/* The instance whose administrator's port a request asks for, into ret as granted.h has names.
 * False when it is no such request. */
bool ssrp_asks_dac(const uint8_t *p, size_t n, char ret[GRANTED_NAME]);

#endif
