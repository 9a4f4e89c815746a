/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * community_id - Community ID v1 of a flow, by which Zeek, Suricata, Wireshark and others name it:
 * "1:" and the base64 of a SHA-1 over the 5-tuple, seed 0
 * (https://github.com/corelight/community-id-spec).
 */
#ifndef SPAN_REPORT_COMMUNITY_ID_H
#define SPAN_REPORT_COMMUNITY_ID_H

#include "base/addr.h"

enum { COMMUNITY_ID_TEXT = 32 };

/* Either direction gives the same. TCP, UDP and what else has ports; ICMP's types are no ports. */
const char *community_id(const struct addr *a, uint16_t a_port, const struct addr *b,
			 uint16_t b_port, uint8_t proto, char buf[COMMUNITY_ID_TEXT]);

#endif
