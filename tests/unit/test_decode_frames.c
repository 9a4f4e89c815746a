// SPDX-License-Identifier: BSD-2-Clause
/* Frames of every kind that the decoder knows, described by tests/lib/stack.h: what comes out, and
 * that nothing breaks when they end early. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "build.h"
#include "decode/decode.h"
#include "stack.h"

enum {
	NULL_ = 0,
	ETH = 1,
	PPP = 9,
	RAW12 = 12,
	RAW = 101,
	LOOP = 108,
	SLL = 113,
	V4 = 228,
	V6 = 229,
	SLL2 = 276,
};
enum {
	SUM = 1 << NOTE_BAD_CHECKSUM,
	MTU = 1 << NOTE_ABOVE_MTU,
	FRAG = 1 << NOTE_FRAGMENT,
	ESP = 1 << NOTE_ESP,
	AH = 1 << NOTE_AH,
	TUN = 1 << NOTE_TUNNEL
};

#define V4_TCP "ip,10.0.0.1>10.0.0.2 tcp,4000>443 data,5"
#define V6_UDP "ip,fd00::1>fd00::2 udp,4000>53 data,7"

static const struct sample {
	uint16_t linktype;
	const char *layers;
	enum decode_skip skip;
	/* The rest when it is decoded. */
	const char *src, *dst;
	uint8_t proto;
	uint16_t sport, dport;
	uint32_t payload; /* on the wire */
	unsigned notes;
	uint16_t vlan;
} samples[] = {
	/* Ethernet: the trailer that fills a frame up to 60 bytes is no payload. */
	{ETH, "eth " V4_TCP, 0, "10.0.0.1", "10.0.0.2", 6, 4000, 443, 5},
	{ETH, "eth " V6_UDP, 0, "fd00::1", "fd00::2", 17, 4000, 53, 7},
	{ETH, "eth ip,10.0.0.1>10.0.0.2 tcp,4000>443 pad,6", 0, "10.0.0.1", "10.0.0.2", 6, 4000,
	 443, 0},
	{ETH, "eth ip,fd00::1>fd00::2 udp,1>2 data,1 pad,30", 0, "fd00::1", "fd00::2", 17, 1, 2, 1},
	{ETH, "eth,0806 data,46", SKIP_NOT_IP},
	{ETH, "eth,88cc data,46", SKIP_NOT_IP},
	{ETH, "eth,0026 x,424203 data,35", SKIP_NOT_IP},
	{ETH, "eth,0040 x,aaaa030000000800 " V4_TCP, 0, "10.0.0.1", "10.0.0.2", 6, 4000, 443, 5},
	{ETH, "eth,0040 x,aaaa030000f80800 " V4_TCP, 0, "10.0.0.1", "10.0.0.2", 6, 4000, 443, 5},
	{ETH, "eth,0040 x,aaaa0300000c2000 data,30", SKIP_NOT_IP}, /* CDP */
	{ETH, "eth,0040 x,060603 " V4_TCP, 0, "10.0.0.1", "10.0.0.2", 6, 4000, 443, 5},
	{ETH, "eth,0040 x,aaaa7f0000000800 " V4_TCP, SKIP_NOT_IP},
	{ETH, "eth,0040 x,aaaa", SKIP_LINK_SHORT},
	{ETH, "data,13", SKIP_LINK_SHORT},
	{ETH, "data,0", SKIP_LINK_SHORT},

	{ETH, "eth vlan,7 " V4_TCP, 0, "10.0.0.1", "10.0.0.2", 6, 4000, 443, 5, .vlan = 7},
	{ETH, "eth vlan,7,88a8 vlan,9 " V4_TCP, 0, "10.0.0.1", "10.0.0.2", 6, 4000, 443, 5,
	 .vlan = 7},
	{ETH, "eth vlan,7,9100 vlan,8,9100 vlan,9 " V6_UDP, 0, "fd00::1", "fd00::2", 17, 4000, 53,
	 7, .vlan = 7},
	/* A tag that only carries a priority names no VLAN. */
	{ETH, "eth vlan,40960 vlan,9 " V4_TCP, 0, "10.0.0.1", "10.0.0.2", 6, 4000, 443, 5,
	 .vlan = 9},
	{ETH, "eth vlan,65535 " V4_TCP, 0, "10.0.0.1", "10.0.0.2", 6, 4000, 443, 5, .vlan = 4095},
	{ETH, "eth,8100 x,0007", SKIP_LINK_SHORT},
	{ETH, "eth,8100 x,00070806 data,28", SKIP_NOT_IP},
	{ETH, "eth,8100 x,00070040aaaa030000000800 " V4_TCP, 0, "10.0.0.1", "10.0.0.2", 6, 4000,
	 443, 5, .vlan = 7},
	{ETH, "eth vlan,7 ip,fe80::1>fe80::2 tcp,1>2", 0, "fe80:7::1", "fe80:7::2", 6, 1, 2, 0,
	 .vlan = 7},
	{ETH, "eth ip,fe80:3::1>ff02::1 udp,1>2", 0, "fe80::1", "ff02::1", 17, 1, 2, 0,
	 .notes = SUM},

	{SLL, "x,0000000100060200000000010000 x,0800 " V4_TCP, 0, "10.0.0.1", "10.0.0.2", 6, 4000,
	 443, 5},
	{SLL, "x,000003040006000000000000000086dd " V6_UDP, 0, "fd00::1", "fd00::2", 17, 4000, 53,
	 7},
	{SLL, "x,000000010006020000000001000081000005 x,0800 " V4_TCP, 0, "10.0.0.1", "10.0.0.2", 6,
	 4000, 443, 5, .vlan = 5},
	{SLL, "x,00000001000602000000000100000004aaaa030000000800 " V4_TCP, 0, "10.0.0.1",
	 "10.0.0.2", 6, 4000, 443, 5},
	{SLL, "x,0000033800000000000000000000 x,0800 " V4_TCP, SKIP_NOT_IP}, /* netlink */
	{SLL, "x,00000001000602000000000100000806 data,28", SKIP_NOT_IP},
	{SLL, "data,15", SKIP_LINK_SHORT},
	{SLL2, "x,0800000000000002000100060200000000010000 " V4_TCP, 0, "10.0.0.1", "10.0.0.2", 6,
	 4000, 443, 5},
	{SLL2, "x,86dd000000000002000104060200000000010000 " V6_UDP, 0, "fd00::1", "fd00::2", 17,
	 4000, 53, 7},
	{SLL2, "x,0806000000000002000100060200000000010000 data,28", SKIP_NOT_IP},
	{SLL2, "data,19", SKIP_LINK_SHORT},

	{NULL_, "x,02000000 " V4_TCP, 0, "10.0.0.1", "10.0.0.2", 6, 4000, 443, 5},
	{NULL_, "x,00000002 " V4_TCP, 0, "10.0.0.1", "10.0.0.2", 6, 4000, 443, 5},
	{NULL_, "x,0a000000 " V6_UDP, 0, "fd00::1", "fd00::2", 17, 4000, 53, 7},
	{NULL_, "x,00000017 " V6_UDP, 0, "fd00::1", "fd00::2", 17, 4000, 53, 7},
	{NULL_, "x,18000000 " V6_UDP, 0, "fd00::1", "fd00::2", 17, 4000, 53, 7},
	{NULL_, "x,0000001c " V6_UDP, 0, "fd00::1", "fd00::2", 17, 4000, 53, 7},
	{NULL_, "x,1e000000 " V6_UDP, 0, "fd00::1", "fd00::2", 17, 4000, 53, 7},
	{NULL_, "x,07000000 " V6_UDP, SKIP_NOT_IP},
	{NULL_, "x,0f000800 " V4_TCP, 0, "10.0.0.1", "10.0.0.2", 6, 4000, 443, 5},
	{NULL_, "x,020000", SKIP_LINK_SHORT},
	{LOOP, "x,00000002 " V4_TCP, 0, "10.0.0.1", "10.0.0.2", 6, 4000, 443, 5},
	{LOOP, "x,18000000 " V6_UDP, 0, "fd00::1", "fd00::2", 17, 4000, 53, 7},

	{RAW, V4_TCP, 0, "10.0.0.1", "10.0.0.2", 6, 4000, 443, 5},
	{RAW, V6_UDP, 0, "fd00::1", "fd00::2", 17, 4000, 53, 7},
	{RAW12, V4_TCP, 0, "10.0.0.1", "10.0.0.2", 6, 4000, 443, 5},
	{RAW, "x,5500", SKIP_IP_BAD},
	{RAW, "data,0", SKIP_IP_SHORT},
	{V4, V4_TCP, 0, "10.0.0.1", "10.0.0.2", 6, 4000, 443, 5},
	{V6, V6_UDP, 0, "fd00::1", "fd00::2", 17, 4000, 53, 7},
	{V4, V6_UDP, SKIP_IP_BAD},
	{V6, V4_TCP, SKIP_IP_BAD},
	{PPP, "x,ff030021 " V4_TCP, 0, "10.0.0.1", "10.0.0.2", 6, 4000, 443, 5},
	{PPP, "x,0057 " V6_UDP, 0, "fd00::1", "fd00::2", 17, 4000, 53, 7},
	{PPP, "x,21 " V4_TCP, 0, "10.0.0.1", "10.0.0.2", 6, 4000, 443, 5},
	{PPP, "x,c021 data,10", SKIP_NOT_IP},
	{147, V4_TCP, SKIP_LINKTYPE},
	{65535, V4_TCP, SKIP_LINKTYPE},

	/* IPv4 */
	{RAW, "ip,10.0.0.1>10.0.0.2,opt=40 tcp,1>2 data,3", 0, "10.0.0.1", "10.0.0.2", 6, 1, 2, 3},
	{RAW, "ip,10.0.0.1>10.0.0.2,sum=1234 tcp,1>2 data,3", 0, "10.0.0.1", "10.0.0.2", 6, 1, 2, 3,
	 SUM},
	{RAW, "ip,10.0.0.1>10.0.0.2,total=0 tcp,1>2 data,3", 0, "10.0.0.1", "10.0.0.2", 6, 1, 2, 3},
	{ETH, "eth ip,10.0.0.1>10.0.0.2,total=0 tcp,1>2 data,3000", 0, "10.0.0.1", "10.0.0.2", 6, 1,
	 2, 3000, MTU},
	{RAW, "ip,10.0.0.1>10.0.0.2,total=19 tcp,1>2", SKIP_IP_BAD},
	{RAW, "ip,10.0.0.1>10.0.0.2,total=100 tcp,1>2", 0, "10.0.0.1", "10.0.0.2", 6, 1, 2, 60},
	{RAW, "x,44000014000000004006000001020304 x,05060708", SKIP_IP_BAD},
	{RAW, "ip,10.0.0.1>10.0.0.2,proto=50 data,30", 0, "10.0.0.1", "10.0.0.2", 50, 0, 0, 30,
	 ESP},
	{RAW, "ip,10.0.0.1>10.0.0.2,proto=2 data,8", 0, "10.0.0.1", "10.0.0.2", 2, 0, 0, 8},
	{RAW, "ip,10.0.0.1>10.0.0.2 ah tcp,1>2 data,3", 0, "10.0.0.1", "10.0.0.2", 6, 1, 2, 3, AH},
	{RAW, "ip,10.0.0.1>10.0.0.2,proto=51 data,1", SKIP_TRANSPORT_SHORT},
	{ETH, "eth ip,10.0.0.1>10.0.0.2 tcp,1>2 data,1460", 0, "10.0.0.1", "10.0.0.2", 6, 1, 2,
	 1460},
	{ETH, "eth vlan,3 ip,10.0.0.1>10.0.0.2 tcp,1>2 data,1460", 0, "10.0.0.1", "10.0.0.2", 6, 1,
	 2, 1460, .vlan = 3},
	{ETH, "eth ip,10.0.0.1>10.0.0.2 tcp,1>2 data,1461", 0, "10.0.0.1", "10.0.0.2", 6, 1, 2,
	 1461, MTU},

	/* IPv6 and its extension headers */
	{RAW, "ip,fd00::1>fd00::2 ext,0 tcp,1>2", 0, "fd00::1", "fd00::2", 6, 1, 2, 0},
	{RAW, "ip,fd00::1>fd00::2 ext,0 ext,60,3 ext,43,1 ah ext,60 ext,135 udp,1>2 data,9", 0,
	 "fd00::1", "fd00::2", 17, 1, 2, 9, AH},
	{RAW, "ip,fd00::1>fd00::2,proto=59 data,4", 0, "fd00::1", "fd00::2", 59, 0, 0, 4},
	{ETH, "eth ip,fd00::1>fd00::2,proto=59 pad,6", 0, "fd00::1", "fd00::2", 59, 0, 0, 0},
	{RAW, "ip,fd00::1>fd00::2,total=0 tcp,1>2 data,2000", 0, "fd00::1", "fd00::2", 6, 1, 2,
	 2000, MTU},
	{RAW, "ip,fd00::1>fd00::2,proto=0 x,0609 data,78", SKIP_TRANSPORT_SHORT},
	{RAW, "ip,fd00::1>fd00::2,proto=0 x,0620 data,10", SKIP_EXT_BAD},
	{RAW,
	 "ip,fd00::1>fd00::2 ext,60 ext,60 ext,60 ext,60 ext,60 ext,60 ext,60 ext,60 ext,60 ext,60 "
	 "ext,60 ext,60 ext,60 ext,60 ext,60 ext,60 tcp,1>2",
	 SKIP_EXT_BAD},
	/* An atomic fragment (RFC 6946) is none. */
	{RAW, "ip,fd00::1>fd00::2 frag,0 tcp,1>2 data,3", 0, "fd00::1", "fd00::2", 6, 1, 2, 3},
	{RAW, "ip,fd00::1>fd00::2 frag,1 tcp,1>2 data,3", 0, "fd00::1", "fd00::2", 6, 1, 2, 3,
	 FRAG},
	{RAW, "ip,fd00::1>fd00::2 frag,8 data,30", SKIP_FRAG_ORPHAN},
	{RAW, "ip,10.0.0.1>10.0.0.2,off=2000 udp,1>2,2000 data,8", 0, "10.0.0.1", "10.0.0.2", 17, 1,
	 2, 8, FRAG},
	{RAW, "ip,10.0.0.1>10.0.0.9,off=7,proto=17 data,8", SKIP_FRAG_ORPHAN},

	/* TCP and UDP */
	{RAW, "ip,10.0.0.1>10.0.0.2,proto=6 data,19", SKIP_TRANSPORT_SHORT},
	{RAW, "ip,10.0.0.1>10.0.0.2,proto=6 x,000100020000000000000000400200000000 data,2",
	 SKIP_TRANSPORT_BAD},
	{RAW, "ip,10.0.0.1>10.0.0.2,proto=6 x,000100020000000000000000f00200000000 data,20",
	 SKIP_TRANSPORT_BAD},
	{RAW,
	 "ip,10.0.0.1>10.0.0.2,proto=6 x,000100020000000000000000600200000000000001010101 data,2",
	 0, "10.0.0.1", "10.0.0.2", 6, 1, 2, 2, SUM},
	{RAW, "ip,10.0.0.1>10.0.0.2,proto=17 data,7", SKIP_TRANSPORT_SHORT},
	{RAW, "ip,10.0.0.1>10.0.0.2 udp,1>2,7 data,7", SKIP_TRANSPORT_BAD},
	{RAW, "ip,10.0.0.1>10.0.0.2 udp,1>2,0 data,7", 0, "10.0.0.1", "10.0.0.2", 17, 1, 2, 7},
	{RAW, "ip,10.0.0.1>10.0.0.2 udp,1>2,12 data,7", 0, "10.0.0.1", "10.0.0.2", 17, 1, 2, 4,
	 SUM},
	{RAW, "ip,10.0.0.1>10.0.0.2 udp,1>2,99 data,7", 0, "10.0.0.1", "10.0.0.2", 17, 1, 2, 7},
	{RAW, "ip,10.0.0.1>10.0.0.2,proto=17 x,0001000200090000 data,1", 0, "10.0.0.1", "10.0.0.2",
	 17, 1, 2, 1}, /* no checksum */
	{RAW, "ip,fd00::1>fd00::2,proto=17 x,0001000200090000 data,1", 0, "fd00::1", "fd00::2", 17,
	 1, 2, 1, SUM},
	{RAW, "ip,10.0.0.1>10.0.0.2,proto=1 x,08000000", SKIP_TRANSPORT_SHORT},

	/* Tunnels: the innermost IP packet counts. */
	{ETH, "eth pppoe " V4_TCP, 0, "10.0.0.1", "10.0.0.2", 6, 4000, 443, 5},
	{ETH, "eth vlan,7 vlan,8 pppoe " V6_UDP " pad,9", 0, "fd00::1", "fd00::2", 17, 4000, 53, 7,
	 .vlan = 7},
	{ETH, "eth,8864 x,110000010004c02101010004", SKIP_NOT_IP},
	{ETH, "eth,8864 x,11a700010004c02101010004", SKIP_NOT_IP},
	{ETH, "eth,8863 x,110900000000", SKIP_NOT_IP},
	{ETH, "eth,8864 x,1100", SKIP_LINK_SHORT},
	{ETH, "eth mpls,16 mplsend,17 " V4_TCP, 0, "10.0.0.1", "10.0.0.2", 6, 4000, 443, 5},
	{ETH, "eth mplsend,2 " V6_UDP, 0, "fd00::1", "fd00::2", 17, 4000, 53, 7},
	{ETH, "eth mplsend,99 x,00000000 eth vlan,5 " V4_TCP, 0, "10.0.0.1", "10.0.0.2", 6, 4000,
	 443, 5, .vlan = 5},
	{ETH, "eth,8847 x,00010040", SKIP_LINK_SHORT},
	{ETH, "eth,8847 x,0001014070", SKIP_LINK_SHORT},
	{ETH, "eth ip,1.1.1.1>2.2.2.2 " V4_TCP, 0, "10.0.0.1", "10.0.0.2", 6, 4000, 443, 5, TUN},
	{ETH, "eth ip,1.1.1.1>2.2.2.2 " V6_UDP, 0, "fd00::1", "fd00::2", 17, 4000, 53, 7, TUN},
	{ETH, "eth ip,fd09::1>fd09::2 ext,60 " V4_TCP, 0, "10.0.0.1", "10.0.0.2", 6, 4000, 443, 5,
	 TUN},
	{ETH, "eth ip,1.1.1.1>2.2.2.2 mplsend,5 " V4_TCP, 0, "10.0.0.1", "10.0.0.2", 6, 4000, 443,
	 5, TUN},
	{ETH, "eth ip,1.1.1.1>2.2.2.2 gre " V4_TCP, 0, "10.0.0.1", "10.0.0.2", 6, 4000, 443, 5,
	 TUN},
	{ETH, "eth ip,1.1.1.1>2.2.2.2 gre,b000 " V6_UDP, 0, "fd00::1", "fd00::2", 17, 4000, 53, 7,
	 TUN},
	{ETH,
	 "eth ip,1.1.1.1>2.2.2.2 gre,4000 x,0800000400000000000000000000 x,000000000000 data,20",
	 SKIP_TUNNEL},
	{ETH, "eth ip,1.1.1.1>2.2.2.2 gre,2000,6558 eth vlan,9 " V4_TCP, 0, "10.0.0.1", "10.0.0.2",
	 6, 4000, 443, 5, TUN, .vlan = 9},
	{ETH, "eth ip,1.1.1.1>2.2.2.2 gre,0,88be eth " V4_TCP, 0, "10.0.0.1", "10.0.0.2", 6, 4000,
	 443, 5, TUN},
	{ETH, "eth ip,1.1.1.1>2.2.2.2 gre,1000,88be x,1007000100000000 eth " V4_TCP, 0, "10.0.0.1",
	 "10.0.0.2", 6, 4000, 443, 5, TUN},
	{ETH, "eth ip,1.1.1.1>2.2.2.2 gre,1000,88be x,2007000100000000 eth " V4_TCP, SKIP_TUNNEL},
	{ETH, "eth ip,1.1.1.1>2.2.2.2 gre,1000,22eb x,200700010000000000000000 eth " V4_TCP, 0,
	 "10.0.0.1", "10.0.0.2", 6, 4000, 443, 5, TUN},
	{ETH,
	 "eth ip,1.1.1.1>2.2.2.2 gre,1000,22eb x,2007000100000000000000010000000000000000 "
	 "eth " V4_TCP,
	 0, "10.0.0.1", "10.0.0.2", 6, 4000, 443, 5, TUN},
	{ETH, "eth ip,1.1.1.1>2.2.2.2 gre,1000,22eb x,200700010000000000000800 " V4_TCP, 0,
	 "10.0.0.1", "10.0.0.2", 6, 4000, 443, 5, TUN},
	{ETH, "eth ip,1.1.1.1>2.2.2.2 gre,3081,880b x,ff030021 " V4_TCP, 0, "10.0.0.1", "10.0.0.2",
	 6, 4000, 443, 5, TUN},
	{ETH, "eth ip,1.1.1.1>2.2.2.2 gre,2081,880b", 0, "1.1.1.1", "2.2.2.2", 47, 0, 0, 12},
	{ETH, "eth ip,1.1.1.1>2.2.2.2 gre,0,9999 data,9", SKIP_TUNNEL},
	{ETH, "eth ip,1.1.1.1>2.2.2.2 gre,2,0800 " V4_TCP, SKIP_TUNNEL},
	{ETH, "eth ip,1.1.1.1>2.2.2.2,proto=47 x,b000080000", SKIP_TRANSPORT_SHORT},
	{ETH, "eth ip,1.1.1.1>2.2.2.2 udp,999>4789 vxlan eth " V4_TCP, 0, "10.0.0.1", "10.0.0.2", 6,
	 4000, 443, 5, TUN},
	{ETH, "eth vlan,4 ip,fd09::1>fd09::2 udp,999>4789 vxlan eth vlan,5 " V6_UDP, 0, "fd00::1",
	 "fd00::2", 17, 4000, 53, 7, TUN, .vlan = 4},
	{ETH,
	 "eth ip,1.1.1.1>2.2.2.2 udp,999>4789 vxlan eth ip,3.3.3.3>4.4.4.4 udp,99>6081 geneve,3 "
	 "eth " V4_TCP,
	 0, "10.0.0.1", "10.0.0.2", 6, 4000, 443, 5, TUN},
	{ETH, "eth ip,1.1.1.1>2.2.2.2 udp,99>6081 geneve,0 " V6_UDP, 0, "fd00::1", "fd00::2", 17,
	 4000, 53, 7, TUN},
	{ETH, "eth ip,1.1.1.1>2.2.2.2 udp,99>4790 x,0c00000100000100 " V4_TCP, 0, "10.0.0.1",
	 "10.0.0.2", 6, 4000, 443, 5, TUN},
	{ETH, "eth ip,1.1.1.1>2.2.2.2 udp,99>4790 x,0c00000300000100 eth " V6_UDP, 0, "fd00::1",
	 "fd00::2", 17, 4000, 53, 7, TUN},
	/* A tunnel's port without a tunnel behind it, and a tunnel without IP inside. */
	{ETH, "eth ip,1.1.1.1>2.2.2.2 udp,53>4789 data,40", 0, "1.1.1.1", "2.2.2.2", 17, 53, 4789,
	 40},
	{ETH, "eth ip,1.1.1.1>2.2.2.2 udp,53>4789 vxlan eth,0806 data,28", 0, "1.1.1.1", "2.2.2.2",
	 17, 53, 4789, 50},
	{ETH, "eth ip,1.1.1.1>2.2.2.2 udp,53>4789 vxlan eth ip,3.3.3.3>4.4.4.4,proto=6 data,4", 0,
	 "1.1.1.1", "2.2.2.2", 17, 53, 4789, 46},
	{ETH, "eth ip,1.1.1.1>2.2.2.2 udp,53>6081 x,4000080000000000 " V4_TCP, 0, "1.1.1.1",
	 "2.2.2.2", 17, 53, 6081, 53},
	{ETH, "eth ip,1.1.1.1>2.2.2.2 udp,4789>53 vxlan eth " V4_TCP, 0, "1.1.1.1", "2.2.2.2", 17,
	 4789, 53, 67},

	/* The limit on layers */
	{ETH,
	 "eth vlan,1 vlan,1 vlan,1 vlan,1 vlan,1 vlan,1 vlan,1 vlan,1 vlan,1 vlan,1 vlan,1 vlan,1 "
	 "vlan,1 vlan,1 vlan,1 vlan,1 vlan,1 vlan,1 vlan,1 vlan,1 vlan,1 vlan,1 vlan,1 "
	 "vlan,1 " V4_TCP,
	 SKIP_DEPTH},
	{ETH,
	 "eth mpls,1 mpls,1 mpls,1 mpls,1 mpls,1 mpls,1 mpls,1 mpls,1 mpls,1 mpls,1 mpls,1 mpls,1 "
	 "mpls,1 mpls,1 mpls,1 mpls,1 mpls,1 mplsend,1 " V4_TCP,
	 SKIP_DEPTH},
	{RAW,
	 "ip,1.1.1.1>2.2.2.2 ip,1.1.1.1>2.2.2.2 ip,1.1.1.1>2.2.2.2 ip,1.1.1.1>2.2.2.2 "
	 "ip,1.1.1.1>2.2.2.2 ip,1.1.1.1>2.2.2.2 ip,1.1.1.1>2.2.2.2 ip,1.1.1.1>2.2.2.2 "
	 "ip,1.1.1.1>2.2.2.2 ip,1.1.1.1>2.2.2.2 ip,1.1.1.1>2.2.2.2 ip,1.1.1.1>2.2.2.2 "
	 "ip,1.1.1.1>2.2.2.2 ip,1.1.1.1>2.2.2.2 ip,1.1.1.1>2.2.2.2 ip,1.1.1.1>2.2.2.2 "
	 "ip,1.1.1.1>2.2.2.2 ip,1.1.1.1>2.2.2.2 ip,1.1.1.1>2.2.2.2 ip,1.1.1.1>2.2.2.2 "
	 "ip,1.1.1.1>2.2.2.2 ip,1.1.1.1>2.2.2.2 ip,1.1.1.1>2.2.2.2 ip,1.1.1.1>2.2.2.2 " V4_TCP,
	 SKIP_DEPTH},
};

static unsigned notes_of(const struct decoder *d)
{
	unsigned notes = 0;

	for (unsigned i = 0; i < NOTE_N; i++)
		notes |= (decoder_stats(d)->note[i] ? 1U : 0) << i;
	return notes;
}

static void assert_balance(const struct decoder *d)
{
	const struct decode_stats *s = decoder_stats(d);
	uint64_t sum = 0;

	for (size_t i = 0; i < DECODE_N; i++)
		sum += s->by[i];
	assert_int_equal(s->read, sum);
}

/* Says what is wrong and goes on: a change of the decoder is seen on all samples at once. */
static bool check(const struct sample *s)
{
	uint8_t buf[8192];
	size_t n = stack(s->layers, buf, sizeof buf);
	struct decoder *d = decoder_new();
	struct packet k;
	uint8_t *frame = malloc(n ? n : 1); /* its own block, so that a read past it is seen */

	memset(&k, 0xee, sizeof k); /* nothing of it may be left */
	memcpy(frame, buf, n);

	enum decode_skip got =
		decode_frame(d, s->linktype, frame, (uint32_t)n, (uint32_t)n, 5, 77, &k);
	bool good = got == s->skip;

	if (!good)
		print_error("%s: %s, not %s\n", s->layers, decode_skip_name(got),
			    decode_skip_name(s->skip));
	assert_int_equal(decoder_stats(d)->by[got], 1);
	assert_balance(d);
	if (got == DECODE_OK && good) {
		struct addr src = A(s->src), dst = A(s->dst);
		char a[ADDR_TEXT], b[ADDR_TEXT];

		if (!addr_equal(&k.src, &src) || !addr_equal(&k.dst, &dst) || k.proto != s->proto ||
		    k.sport != s->sport || k.dport != s->dport || k.payload_wire != s->payload ||
		    k.vlan != s->vlan || notes_of(d) != s->notes) {
			print_error("%s: %s > %s proto %u %u > %u payload %u vlan %u notes %x\n",
				    s->layers, addr_format(&k.src, a), addr_format(&k.dst, b),
				    k.proto, k.sport, k.dport, k.payload_wire, k.vlan, notes_of(d));
			good = false;
		}
		assert_true(k.payload >= frame && k.payload + k.payload_len <= frame + n);
		assert_int_equal(k.payload_cut, k.payload_len < k.payload_wire);
		assert_int_equal(k.number, 77);
		assert_int_equal(k.ts_ns, 5);
		assert_int_equal(k.wire_len, n);
	}
	free(frame);
	decoder_free(d);
	return good;
}

static void every_kind_of_frame(void **state)
{
	size_t bad = 0;

	for (size_t i = 0; i < N_ELEMENTS(samples); i++)
		bad += !check(&samples[i]);
	assert_int_equal(bad, 0);
}

static void every_reason_has_a_sample(void **state)
{
	for (unsigned r = 0; r < DECODE_N; r++) {
		bool found = r == SKIP_FILTERED; /* decode_filtered() is for that one */

		/* Links that say so are in test_decode_links.c. */
		found |= r == SKIP_ENCRYPTED || r == SKIP_DAMAGED;

		for (size_t i = 0; i < N_ELEMENTS(samples); i++)
			found |= samples[i].skip == r;
		if (!found)
			fail_msg("no sample for %s", decode_skip_name(r));
		assert_non_null(decode_skip_name(r));
		assert_non_null(decode_skip_help(r));
	}
}

static void every_link_type_has_a_sample(void **state)
{
	static const uint16_t known[] = {NULL_, ETH, PPP, RAW12, RAW, LOOP, SLL, V4, V6, SLL2};

	for (size_t i = 0; i < N_ELEMENTS(known); i++)
		assert_true(decode_linktype_known(known[i]));
	assert_false(decode_linktype_known(147));
}

/* The same frame as a capture with a short snap length has it. What is decoded must be the same
 * conversation as that of the whole one or, where its tunnel is cut, that of the tunnel. */
static void frames_cut_at_every_length(void **state)
{
	for (size_t i = 0; i < N_ELEMENTS(samples); i++) {
		const struct sample *s = &samples[i];
		uint8_t buf[8192];
		size_t n = stack(s->layers, buf, sizeof buf);
		struct decoder *d = decoder_new();
		uint64_t cut_at = 0;

		for (size_t len = 0; len < n && len < 600; len++) {
			uint8_t *frame = malloc(len ? len : 1);
			struct packet k;

			memcpy(frame, buf, len);

			enum decode_skip got = decode_frame(d, s->linktype, frame, (uint32_t)len,
							    (uint32_t)n, 1, 1, &k);

			cut_at++;
			if (got == DECODE_OK) {
				assert_true(k.payload_len <= len);
				assert_true(k.payload_wire >= k.payload_len);
				assert_int_equal(k.payload_cut, k.payload_len < k.payload_wire);
				assert_int_equal(k.wire_len, n);
				if (s->skip == DECODE_OK && k.proto == s->proto &&
				    k.dport == s->dport)
					assert_int_equal(k.payload_wire, s->payload);
			}
			free(frame);
		}
		assert_int_equal(decoder_stats(d)->read, cut_at);
		assert_int_equal(decoder_stats(d)->note[NOTE_SNAPPED],
				 decoder_stats(d)->by[DECODE_OK]);
		assert_balance(d);
		decoder_free(d);
	}
}

/* Every byte of every sample set to values that break lengths, versions and types. */
static void frames_with_one_wrong_byte(void **state)
{
	static const uint8_t wrong[] = {0x00, 0x01, 0x0f, 0x45, 0x60, 0x7f, 0x80, 0xff};
	struct decoder *d = decoder_new();

	for (size_t i = 0; i < N_ELEMENTS(samples); i++) {
		uint8_t buf[8192];
		size_t n = stack(samples[i].layers, buf, sizeof buf);
		uint8_t *frame = malloc(n ? n : 1);

		memcpy(frame, buf, n);
		for (size_t at = 0; at < n && at < 200; at++) {
			for (size_t w = 0; w < N_ELEMENTS(wrong); w++) {
				struct packet k;

				frame[at] = wrong[w];
				if (decode_frame(d, samples[i].linktype, frame, (uint32_t)n,
						 (uint32_t)n, 1, 1, &k) == DECODE_OK)
					assert_true(k.payload + k.payload_len <= frame + n);
			}
			frame[at] = buf[at];
		}
		free(frame);
	}
	assert_balance(d);
	decoder_free(d);
}

static void details_of_a_tcp_segment(void **state)
{
	const struct build b = {.src = "10.1.2.3",
				.dst = "10.9.8.7",
				.sport = 50000,
				.dport = 1433,
				.proto = 6,
				.flags = TCP_SYN | TCP_ACK,
				.seq = 0xfffffffe,
				.ack = 0x80000001,
				.ttl = 113,
				.vlan = 20,
				.payload = "abc",
				.n = 3};
	uint8_t buf[200];
	uint32_t n = (uint32_t)build_frame(&b, buf, sizeof buf);
	struct decoder *d = decoder_new();
	struct packet k;

	assert_int_equal(decode_frame(d, 1, buf, n, n, 123, 9, &k), DECODE_OK);
	assert_int_equal(k.seq, 0xfffffffe);
	assert_int_equal(k.ack, 0x80000001);
	assert_int_equal(k.tcp_flags, TCP_SYN | TCP_ACK);
	assert_int_equal(k.ttl, 113);
	assert_int_equal(k.vlan, 20);
	assert_int_equal(k.payload_len, 3);
	assert_memory_equal(k.payload, "abc", 3);
	assert_memory_equal(k.src_mac, buf + 6, 6);
	assert_false(k.payload_cut);
	assert_int_equal(notes_of(d), 0);

	/* One bit of payload: counted and still decoded. */
	buf[n - 1] ^= 1;
	assert_int_equal(decode_frame(d, 1, buf, n, n, 123, 9, &k), DECODE_OK);
	assert_int_equal(notes_of(d), SUM);
	/* The sum of a cut segment cannot be known. */
	assert_int_equal(decode_frame(d, 1, buf, n - 1, n, 123, 9, &k), DECODE_OK);
	assert_true(k.payload_cut);
	assert_int_equal(k.payload_len, 2);
	assert_int_equal(k.payload_wire, 3);
	assert_int_equal(decoder_stats(d)->note[NOTE_BAD_CHECKSUM], 1);
	/* A wire length below the captured one is no reason to lose count. */
	assert_int_equal(decode_frame(d, 1, buf, n, 5, 123, 9, &k), DECODE_OK);
	assert_int_equal(k.wire_len, n);
	decoder_free(d);
}

static void source_address_of_cooked_captures(void **state)
{
	uint8_t buf[200];
	uint32_t n =
		(uint32_t)stack("x,00000001000602aabbccddee0000 x,0800 " V4_TCP, buf, sizeof buf);
	struct decoder *d = decoder_new();
	struct packet k;

	assert_int_equal(decode_frame(d, SLL, buf, n, n, 0, 1, &k), DECODE_OK);
	assert_memory_equal(k.src_mac, "\x02\xaa\xbb\xcc\xdd\xee", 6);
	n = (uint32_t)stack(V4_TCP, buf, sizeof buf);
	assert_int_equal(decode_frame(d, RAW, buf, n, n, 0, 1, &k), DECODE_OK);
	assert_memory_equal(k.src_mac, "\0\0\0\0\0\0", 6);
	decoder_free(d);
}

static void filtered_frames_are_read_and_counted(void **state)
{
	struct decoder *d = decoder_new();

	decode_filtered(d);
	decode_filtered(d);
	assert_int_equal(decoder_stats(d)->read, 2);
	assert_int_equal(decoder_stats(d)->by[SKIP_FILTERED], 2);
	assert_balance(d);
	assert_null(decoder_free(d));
	assert_null(decoder_free(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_frame),
		cmocka_unit_test(every_reason_has_a_sample),
		cmocka_unit_test(every_link_type_has_a_sample),
		cmocka_unit_test(frames_cut_at_every_length),
		cmocka_unit_test(frames_with_one_wrong_byte),
		cmocka_unit_test(details_of_a_tcp_segment),
		cmocka_unit_test(source_address_of_cooked_captures),
		cmocka_unit_test(filtered_frames_are_read_and_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
