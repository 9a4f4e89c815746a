/* SPDX-License-Identifier: BSD-2-Clause */
/* IP protocol numbers that have a name here (IANA "Assigned Internet Protocol Numbers"). */
#ifndef SPAN_BASE_PROTO_H
#define SPAN_BASE_PROTO_H

enum {
	IPPROTO_NR_ICMP = 1,
	IPPROTO_NR_IGMP = 2,
	IPPROTO_NR_TCP = 6,
	IPPROTO_NR_UDP = 17,
	IPPROTO_NR_ESP = 50,
	IPPROTO_NR_AH = 51,
	IPPROTO_NR_ICMP6 = 58,
};

#endif
