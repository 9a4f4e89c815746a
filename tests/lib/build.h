/* SPDX-License-Identifier: BSD-2-Clause */
/* build - packets for tests, built by name and never pasted as hex dumps of whole frames. */
#ifndef SPAN_TESTS_BUILD_H
#define SPAN_TESTS_BUILD_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "decode/packet.h"

struct addr A(const char *text); /* an address, or the test aborts */

/* "05000b03 10 00 ..." to bytes; returns the count; aborts on bad text. */
size_t unhex(const char *hex, uint8_t *buf, size_t cap);

/* An Ethernet frame with IPv4 or IPv6 (by the addresses) and TCP or UDP, checksums right. Returns
 * its length. */
struct build {
	const char *src, *dst;
	uint16_t sport, dport;
	uint8_t proto; /* 6 or 17 */
	uint8_t flags; /* TCP_* */
	uint32_t seq, ack;
	uint8_t ttl;   /* 0: 64 */
	uint16_t vlan; /* 0 none */
	const void *payload;
	size_t n;
};
size_t build_frame(const struct build *b, uint8_t *buf, size_t cap);

/* The same as a decoded packet, for tests that begin behind the decoder. */
struct packet build_packet(const struct build *b, int64_t ts_ns, uint32_t number);

#endif
