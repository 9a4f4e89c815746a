// SPDX-License-Identifier: BSD-2-Clause
/* Link types and what bridges put in front of IP, described by tests/lib/stack.h: what comes out of
 * each, whole, cut at every length and with every byte wrong. */
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

#define TCP4  "ip,10.0.0.1>10.0.0.2 tcp,4000>443 data,5"
#define UDP6  "ip,fd00::1>fd00::2 udp,4000>53 data,7"
#define SNAP4 "x,aaaa030000000800 " TCP4
#define SNAP6 "x,aaaa0300000086dd " UDP6

/* 802.11 headers behind the frame control field: duration and three addresses, sequence. */
#define WLAN_REST     "2c00 x,020000000001 x,020000000002 x,020000000003 x,2001 "
#define WLAN(control) "x," control WLAN_REST
#define MAC1          "020000000001"
#define MAC2          "020000000002"
#define MAC3          "020000000003"
#define MAC4          "020000000004"
#define ARP           "data,28"

enum { AGG = 1 << NOTE_AGGREGATE, SUM = 1 << NOTE_BAD_CHECKSUM };

/* What is decoded is TCP4 or UDP6. */
enum family { NONE, V4, V6 };

static const struct sample {
	uint16_t linktype;
	const char *layers;
	enum family family; /* NONE: skipped */
	enum decode_skip skip;
	const char *mac; /* of the sender; NULL: the link has none */
	uint16_t vlan;
	unsigned notes;
} samples[] = {
	/* 802.11: who sends depends on the direction bits. */
	{105, WLAN("0800") SNAP4, V4, .mac = MAC2},
	{105, WLAN("0801") SNAP6, V6, .mac = MAC2},
	{105, WLAN("0802") SNAP4, V4, .mac = MAC3},
	{105, WLAN("0803") "x,020000000004 " SNAP4, V4, .mac = MAC4},
	{105, WLAN("8802") "x,0000 " SNAP4, V4, .mac = MAC3},
	{105, WLAN("8803") "x,020000000004 x,0700 " SNAP6, V6, .mac = MAC4},
	{105, WLAN("8882") "x,000011223344 " SNAP4, V4, .mac = MAC3}, /* HT control */
	{105, WLAN("0882") SNAP4, V4, .mac = MAC3},                   /* an order bit */
	{105, WLAN("1802") SNAP4, V4, .mac = MAC3},                   /* with CF-Ack */
	{105, WLAN("0802") "x,aaaa030000f80800 " TCP4, V4, .mac = MAC3},
	{105, WLAN("0802") "x,aaaa03000000888e data,95", .skip = SKIP_NOT_IP}, /* EAPOL */
	{105, WLAN("4802"), .skip = SKIP_NOT_IP},                              /* null */
	{105, WLAN("c802") "x,0000", .skip = SKIP_NOT_IP},                     /* QoS null */
	{105, WLAN("8000") "data,60", .skip = SKIP_NOT_IP},                    /* beacon */
	{105, "x,d4000000020000000001", .skip = SKIP_NOT_IP},                  /* ack */
	{105, WLAN("0902") SNAP4, .skip = SKIP_NOT_IP},                        /* version 1 */
	{105, "x,08022c00020000000001020000000002020000000003 x,2101 " SNAP4,
	 .skip = SKIP_FRAG_ORPHAN},
	{105, "x,08", .skip = SKIP_LINK_SHORT},
	{105, WLAN("0802") "x,aaaa03", .skip = SKIP_LINK_SHORT},
	/* Encrypted, and decrypted by a driver that left the bit, and the vector. */
	{105, WLAN("0842") "data,80", .skip = SKIP_ENCRYPTED},
	{105, WLAN("0842") SNAP4, V4, .mac = MAC3},
	{105, WLAN("8842") "x,0000 x,1100002000000000 " SNAP4, V4, .mac = MAC3},
	{105, WLAN("0842") "x,11223300 " SNAP6, V6, .mac = MAC3},
	{105, WLAN("0842") "x,aaaa03", .skip = SKIP_ENCRYPTED},
	/* Aggregates: one packet, two, ARP first, a cut one, and a driver that took it apart. */
	{105, WLAN("8802") "x,8000 x,020000000009 x,020000000004 x,0035 " SNAP4, V4, .mac = MAC4},
	{105,
	 WLAN("8802") "x,8000 x,020000000009 x,020000000004 x,0035 x,aaaa030000000800 "
		      "ip,10.0.0.1>10.0.0.2,total=45 tcp,4000>443 data,5 x,00 data,67",
	 V4, .mac = MAC4, .notes = AGG | SUM}, /* the builder sums up what follows, too */
	{105,
	 WLAN("8802") "x,8000 x,020000000009 x,020000000003 x,0024 x,aaaa030000000806 " ARP
		      " x,0000 x,020000000009 x,020000000004 x,0035 " SNAP4,
	 V4, .mac = MAC4, .notes = AGG},
	{105, WLAN("8802") "x,8000 x,020000000009 x,020000000003 x,0024 x,aaaa030000000806 " ARP,
	 .skip = SKIP_NOT_IP},
	{105, WLAN("8802") "x,8000", .skip = SKIP_LINK_SHORT},
	{105, WLAN("8802") "x,8000 " SNAP4, V4, .mac = MAC3},

	{127, "x,0000080000000000 " WLAN("0802") SNAP4, V4, .mac = MAC3},
	{127, "x,000009000200000010 " WLAN("0802") SNAP4 " pad,4", V4, .mac = MAC3},
	{127, "x,0000180003000000 x,0011223344556677 x,50 data,7 " WLAN("0802") SNAP4,
	 .skip = SKIP_DAMAGED},
	/* Three present words: the time stamp is aligned to 8, so bytes are between. */
	{127,
	 "x,00001d00030000a0000000a000000000 data,0 x,0011223344556677 x,20 data,4 " WLAN(
		 "8802") "x,0000 x,0000 " SNAP4,
	 V4, .mac = MAC3},
	{127,
	 "x,00001d00030000a000000000 data,4 x,0011223344556677 x,20 data,4 " WLAN(
		 "8802") "x,0000 x,0000 " SNAP4,
	 V4, .mac = MAC3},
	{127, "x,0100080000000000 " WLAN("0802") SNAP4, .skip = SKIP_LINKTYPE},
	{127, "x,0000070000000000 " WLAN("0802") SNAP4, .skip = SKIP_LINKTYPE},
	{127, "x,0000ff0000000000 " WLAN("0802") SNAP4, .skip = SKIP_LINK_SHORT},
	{163, "x,8021100100000040 data,56 " WLAN("0802") SNAP6, V6, .mac = MAC3},
	{163, "x,1021100100000040 data,56 " WLAN("0802") SNAP6, .skip = SKIP_LINKTYPE},
	{119, "x,4400000090000000 data,136 " WLAN("0802") SNAP4, V4, .mac = MAC3},
	{119, "x,0000004400000090 data,136 " WLAN("0802") SNAP4, V4, .mac = MAC3},
	{119, "x,8021100100000040 data,56 " WLAN("0802") SNAP4, V4, .mac = MAC3},
	{119, "x,4400440090000000 data,136 " WLAN("0802") SNAP4, .skip = SKIP_LINKTYPE},
	{119, "x,4400000008000000 data,136 " WLAN("0802") SNAP4, .skip = SKIP_LINKTYPE},
	{192, "x,0000080069000000 " WLAN("0802") SNAP4, V4, .mac = MAC3},
	{192,
	 "x,0000200069000000 x,02001400 x,00112233445566770100 data,10 " WLAN("0802") SNAP4
	 " pad,4",
	 V4, .mac = MAC3},
	{192, "x,0000200069000000 x,02001400 x,00112233445566770500 data,10 " WLAN("0802") SNAP4,
	 .skip = SKIP_DAMAGED},
	{192,
	 "x,0001280069000000 x,01000300 data,4 x,02001400 x,00112233445566770400 data,10 " WLAN(
		 "0802") SNAP4,
	 .skip = SKIP_DAMAGED},
	{192, "x,0000080001000000 eth " TCP4, V4, .mac = MAC1},
	{192, "x,00000800ff7f0000 eth " TCP4, .skip = SKIP_LINKTYPE},
	{192, "x,0000090069000000", .skip = SKIP_LINK_SHORT},
	{192, "x,00000700 x,69000000 data,50", .skip = SKIP_LINKTYPE},

	/* Firewalls and hosts */
	{117, "x,3d020100 data,60 " TCP4, V4}, /* 61: 64 with its padding */
	{117, "x,401e0100 data,60 " UDP6, V6},
	{117, "x,45020100 data,68 " TCP4, V4},
	{117, "x,64180100 data,96 " UDP6, V6},
	{117, "x,2d020100 data,44 " TCP4, V4},
	{117, "x,3d010100 data,60 " TCP4, .skip = SKIP_NOT_IP},
	{117, "x,1c020100 data,60 " TCP4, .skip = SKIP_LINKTYPE},
	{17, "x,00000002 data,24 " TCP4, V4},
	{17, "x,00000018 data,24 " UDP6, V6},
	{109, "x,02000000 x,00001234 x,00040000 " TCP4, V4},
	{109, "x,00000018 x,00001234 x,00000c00 " UDP6, V6},
	{109, "x,00000000 x,00001234 x,00000c00 " UDP6, .skip = SKIP_NOT_IP},
	{226, "x,02020000 x,0000002d x,00000002 x,00000000 x,0000000000000000 " TCP4, V4},
	{226, "x,021a0001 x,00000037 x,00000002 x,00000000 x,0000000000000000 " UDP6, V6},
	{226, "x,02180001 x,00000037 x,00000002 x,00000000 x,0000000000000000 " UDP6,
	 .skip = SKIP_NOT_IP},
	{239, "x,02000001 x,0800010008000100 x,31000900 " TCP4, V4},
	{239, "x,02000001 x,0008000108000100 x,00310009 " TCP4, V4}, /* the other byte order */
	{239, "x,0a000001 x,0500 x,0a00 x,01000000 x,3b000900 " UDP6, V6},
	{239, "x,02000001 x,10000800 x,0006000002aabbccddee0000 x,31000900 " TCP4, V4,
	 .mac = "02aabbccddee"},
	{239, "x,07000001 x,0800010086dd0000 x,3b000900 " UDP6, V6}, /* of a bridge */
	{239, "x,07000001 x,0800010008060000 x,20000900 " ARP, .skip = SKIP_NOT_IP},
	{239, "x,02010001 x,31000900 " TCP4, .skip = SKIP_LINKTYPE},
	{239, "x,02000001 x,03000900 " TCP4, .skip = SKIP_LINK_SHORT},
	{239, "x,02000001 x,08000100 x,08000100", .skip = SKIP_LINK_SHORT},
	{258, "x,6c000000 x,01000000 x,01000000 data,96 eth " TCP4, V4, .mac = MAC1},
	{258, "x,0000006c x,00000001 x,0000000c data,96 " TCP4, V4},
	{149, "x,9c000000 x,01000000 x,00000000 data,144 x,1e000000 " UDP6, V6},
	{258, "x,6c000000 x,00000000 x,01000000 data,96 eth " TCP4, .skip = SKIP_NOT_IP},
	{258, "x,6c000000 x,01000000 x,ffff0000 data,96 eth " TCP4, .skip = SKIP_LINKTYPE},
	{149, "eth " TCP4, .skip = SKIP_LINKTYPE},

	/* Leased lines */
	{104, "x,0f000800 " TCP4, V4},
	{104, "x,8f0086dd " UDP6, V6},
	{104, "x,ff030021 " TCP4, V4},
	{104, "x,8f008035 data,18", .skip = SKIP_NOT_IP}, /* SLARP */
	{50, "x,0f000800 " TCP4, V4},
	{50, "x,ff030057 " UDP6, V6},
	{9, "x,8f0086dd " UDP6, V6},
	{9, "x,0021 " TCP4, V4},
	{204, "x,00ff030021 " TCP4, V4},
	{204, "x,010057 " UDP6, V6},
	{205, "x,010f000800 " TCP4, V4},
	{206, "x,00184103cc " TCP4, V4},
	{166, "x,00030021 " TCP4, V4},
	{166, "x,0103c021 data,10", .skip = SKIP_NOT_IP},
	{166, "x,00040021 " TCP4, .skip = SKIP_NOT_IP},
	{107, "x,184103cc " TCP4, V4},
	{107, "x,1841038e " UDP6, V6},
	{107, "x,18400103 x,00cc " TCP4, V4}, /* an address of 3 bytes, then padding */
	{107, "x,18400001 x,03cc " TCP4, V4},
	{107, "x,18410800 " TCP4, V4}, /* Cisco */
	{107, "x,18410380 x,0000000800 " TCP4, V4},
	{107, "x,18410380 x,0080c20007 eth vlan,3 " TCP4, V4, .mac = MAC1, .vlan = 3},
	{107, "x,184103cf x,0021 " TCP4, V4},
	{107, "x,184103b1 x,8000 x,03cc " TCP4, V4},
	{107, "x,184103b1 x,4001 data,30", .skip = SKIP_FRAG_ORPHAN},
	{107, "x,18410308 data,30", .skip = SKIP_NOT_IP},
	{107, "x,18400000 data,30", .skip = SKIP_NOT_IP},
	{107, "x,01 data,30", .skip = SKIP_NOT_IP},
	{182, "x,c100 x,184103cc " TCP4, V4},
	{182, "x,4101 data,30", .skip = SKIP_FRAG_ORPHAN},
	{182, "x,e100 data,30", .skip = SKIP_NOT_IP},
	{100, SNAP4, V4},
	{100, "x,fefe03cc " TCP4, V4},
	{100, "x,fefe038e " UDP6, V6},
	{100, "x,aaaa030080c20007 x,0000 eth " TCP4, V4, .mac = MAC1},
	{100, "x,aaaa030080c2000a data,40", .skip = SKIP_NOT_IP},
	{100, "x,fefe0383 data,40", .skip = SKIP_NOT_IP},
	{106, TCP4, V4},
	{19, SNAP6, V6},
	{123, "x,82000064 " SNAP4, V4},
	{123, "x,80000064 " SNAP4, V4},
	{123, "x,81000064 x,0001 eth " TCP4, V4, .mac = MAC1},
	{123, "x,86000005 data,40", .skip = SKIP_NOT_IP},
	{123, "x,80000064 data,40", .skip = SKIP_NOT_IP},
	{110, "x,0001 eth " UDP6, V6, .mac = MAC1},

	/* Other local networks */
	{10, "x,50 x,010101010101 x,400000000020 " SNAP4, V4, .mac = MAC4},
	{10, "x,41 data,40", .skip = SKIP_NOT_IP},
	{6, "x,1040 x,010101010101 x,020000000004 " SNAP4, V4, .mac = MAC4},
	{6, "x,1040 x,010101010101 x,820000000004 x,063000110020 " SNAP4, V4, .mac = MAC4},
	{6, "x,1040 x,010101010101 x,820000000004 x,1f30", .skip = SKIP_LINK_SHORT},
	{6, "x,1000 data,40", .skip = SKIP_NOT_IP},
	{129, "x,02010000d4 x,000001 " TCP4, V4},
	{129, "x,02010000d4 x,ffffff x,d4000001 " TCP4, V4},
	{129, "x,02010000d4 x,030001 " TCP4, V4},
	{129, "x,02010000d4 x,020001 " TCP4, .skip = SKIP_FRAG_ORPHAN},
	{129, "x,02010000c4 x,000001 " UDP6, V6},
	{129, "x,02010000f0 " TCP4, V4},
	{129, "x,02010000d5 x,000001 data,20", .skip = SKIP_NOT_IP},
	{7, "x,0201d4 x,000001 " TCP4, V4},
	{242, "x,08000000 " TCP4, V4},
	{242, "data,20 x,00000550 x,fe800000000000000010e000664ab451 x,86dd0000 " UDP6, V6},
	{242, "data,40 x,08060000 " ARP, .skip = SKIP_NOT_IP},
	{122, "x,1000020000000001 x,1000020000000004 " SNAP6, V6, .mac = MAC4},
	{138, "data,16 x,0800 " TCP4, V4},

	/* Probes */
	{274, "x,55555555555555d5 eth " TCP4 " pad,4", V4, .mac = MAC1},
	{274, "x,555555555555554c eth " TCP4 " pad,4", V4, .mac = MAC1},
	{274, "x,555555555555612a data,60", .skip = SKIP_FRAG_ORPHAN},
	{274, "x,5555555555555507 data,60", .skip = SKIP_NOT_IP},
	{240, "x,00042d00 eth " TCP4 " pad,4", V4, .mac = MAC1},
	{240, "x,04042d00 eth " TCP4 " pad,4", .skip = SKIP_DAMAGED},
	{240, "x,00052d00 data,20", .skip = SKIP_NOT_IP},
	{241, "x,00062d00 x,555555d5 eth " TCP4 " pad,4", V4, .mac = MAC1},
	{241, "x,00062d00 x,5555 eth " TCP4 " pad,4", .skip = SKIP_NOT_IP},
	{259, "x,5555d55500010000 eth " TCP4, V4, .mac = MAC1},
	{197, "x,0011223344556677 x,0204 x,006000000040 x,0000 eth " TCP4 " pad,9", V4,
	 .mac = MAC1},
	{197,
	 "x,0011223344556677 x,8204 x,007000000040 x,8011223344556677 x,0311223344556677 x,0000 "
	 "eth " UDP6,
	 V6, .mac = MAC1},
	{197, "x,0011223344556677 x,0104 x,004100000031 x,0f000800 " TCP4, V4},
	{197, "x,0011223344556677 x,0504 x,004100000031 x,00000001 x,ff030021 " TCP4, V4},
	{197, "x,0011223344556677 x,0404 x,004100000031 x,00000640 " SNAP4, V4},
	{197, "x,0011223344556677 x,0904 x,004100000000 x,00000001 x,00000640 " SNAP4, V4},
	{197, "x,0011223344556677 x,1604 x,00410000002d " TCP4, V4},
	{197, "x,0011223344556677 x,1704 x,004100000037 " UDP6, V6},
	{197, "x,0011223344556677 x,0214 x,006000000040 x,0000 eth " TCP4, .skip = SKIP_DAMAGED},
	{197, "x,0011223344556677 x,1504 x,006000000040 data,80", .skip = SKIP_NOT_IP},
	{197, "x,0011223344556677 x,8204 x,007000000040 x,80", .skip = SKIP_LINK_SHORT},

	{178, "x,4d474301 eth " TCP4, V4, .mac = MAC1},
	{178, "x,4d474381 x,0006 x,010100020205 eth " TCP4, V4, .mac = MAC1},
	{178, "x,4d474383 x,0006 x,010100020205 x,00000002 " UDP6, V6},
	{178, "x,4d474401 eth " TCP4, .skip = SKIP_LINKTYPE},
	{178, "x,4d47", .skip = SKIP_LINK_SHORT},
	{178, "x,4d474381 x,00ff eth", .skip = SKIP_LINK_SHORT},
	{179, "x,4d474300 x,ff030021 " TCP4, V4},
	{180, "x,4d474300 x,184103cc " TCP4, V4},
	{181, "x,4d474300 x,0f000800 " TCP4, V4},
	{167, "x,4d474300 eth pppoe " TCP4, V4, .mac = MAC1},
	{168, "x,4d474300 x,8864 x,1100000100390057 " UDP6, V6},
	{137, "x,4d474300 x,01000000 " SNAP4, V4},
	{137, "x,4d474300 x,01000000 " TCP4, V4},
	{137, "x,4d474300 x,01000000 x,03cc " TCP4, V4},
	{137, "x,4d474300 x,80000000 data,48", .skip = SKIP_NOT_IP},
	{135, "x,4d474300 x,0000000000000000 " UDP6, V6},
	{135, "x,4d474300 x,0000000000000000 x,0021 " TCP4, V4},
	{135, "x,4d474300 x,0000000000000010 data,48", .skip = SKIP_NOT_IP},
	{136, "x,4d474300 x,4700000000000000 " TCP4, V4},
	{136, "x,4d474300 x,470000000000000000000000 " UDP6, V6},
	{164, "x,4d474300 x,0000000000000000 " TCP4, V4},
	{128, "x,01000001 x,01 eth " TCP4, V4, .mac = MAC1},
	{128, "x,01000012 x,0a01b001 " WLAN("0802") SNAP4, V4, .mac = MAC3},
	{128, "x,01010077 x,01 x,4400000090000000 data,136 " WLAN("0802") SNAP4, V4, .mac = MAC3},
	{128, "x,0101007f x,01 x,8021100100000040 data,56 " WLAN("0802") SNAP6, V6, .mac = MAC3},

	/* Tags of bridges */
	{1, "eth vlan,0 vlan,9,9200 vlan,8,9300 " TCP4, V4, .mac = MAC1, .vlan = 9},
	{1, "eth,8926 x,00010001 x,0800 " TCP4, V4, .mac = MAC1},
	{1, "eth,893f x,e00000010000 x,8100 x,0007 x,0800 " TCP4, V4, .mac = MAC1, .vlan = 7},
	{1, "eth,892f x,00350001 x,86dd " UDP6, V6, .mac = MAC1},
	{1, "eth,8909 x,0101 x,0001000a x,0800 " TCP4, V4, .mac = MAC1},
	{1, "eth,8909 x,0102 x,0001000a x,0003000b x,0800 " TCP4, V4, .mac = MAC1},
	{1, "eth,8909 x,0000 x,0000000a x,0800 " TCP4, V4, .mac = MAC1},
	{1, "eth,8909 x,0101 x,0001000a x,0806 " ARP, .skip = SKIP_NOT_IP},
	{1, "eth,8903 x,0060 eth vlan,4 " TCP4, V4, .mac = MAC1, .vlan = 4},
	{1, "eth,22f3 x,003f00010002 eth " TCP4, V4, .mac = MAC1},
	{1, "eth,22f3 x,007f00010002 x,00000000 eth " TCP4, V4, .mac = MAC1},
	{1, "eth,22f3 x,403f00010002 eth " TCP4, .skip = SKIP_NOT_IP},
	{1, "eth vlan,5,88a8 x,88e7 x,00000064 eth vlan,6 " TCP4, NONE, .skip = SKIP_NOT_IP},
	{1, "eth,88a8 x,0005 x,88e7 x,00000064 eth vlan,6 " TCP4, V4, .mac = MAC1, .vlan = 5},
	{1, "eth,88e5 x,2000 x,00000001 x,0200000000040001 x,0800 " TCP4 " pad,16", V4,
	 .mac = MAC1},
	{1, "eth,88e5 x,002f x,00000001 x,0800 " TCP4 " pad,30", V4, .mac = MAC1},
	{1, "eth,88e5 x,2c00 x,00000001 x,0200000000040001 data,80", .skip = SKIP_ENCRYPTED},
	{1, "eth,88e5 x,0400 x,00000001 data,80", .skip = SKIP_ENCRYPTED},
	{1, "eth,88e5 x,8000 x,00000001 data,80", .skip = SKIP_NOT_IP},
	{1, "eth,88e5 x,2000 x,00000001 x,02", .skip = SKIP_LINK_SHORT},
	{1, "eth,8870 " SNAP4, V4, .mac = MAC1},
	{1, "eth,004a x,aaaa030080c20007 x,0000 eth " TCP4, V4, .mac = MAC1},
	{1,
	 "x,01000c000000 x,020000000009 x,0060 x,aaaa03 x,020000 x,000e x,00010000 eth " TCP4
	 " pad,4",
	 V4, .mac = MAC1, .vlan = 7},
	{1, "x,01000c000010 x,020000000009 x,0060 x,aaaa03 x,020000 x,000e x,00010000 eth " TCP4,
	 .skip = SKIP_NOT_IP},
	/* The same address in front of a frame of today */
	{1, "x,01000c000000 x,020000000004 x,0800 " TCP4, V4, .mac = MAC4},
	{281, "x,020000000009 x,020000000004 x,00000001 x,0800 " TCP4, V4, .mac = MAC4},
	{282, "x,00000001 eth " TCP4, V4, .mac = MAC1},
	{284, "x,020000000009 x,020000000004 x,c0000fff x,0800 " TCP4, V4, .mac = MAC4},
	{284, "x,020000000009 x,020000000004 x,e0000007 x,0800 " TCP4, V4, .mac = MAC4, .vlan = 7},
	{285, "x,020000000009 x,020000000004 x,dada0000 x,e0002007 x,86dd " UDP6, V6, .mac = MAC4,
	 .vlan = 7},

	/* Cooked captures of links that are not Ethernet */
	{113, "x,00000321000000000000000000000004 " WLAN("0802") SNAP4, V4, .mac = MAC3},
	{113, "x,00000322000000000000000000000004 x,4400000090000000 data,136 " WLAN("0802") SNAP4,
	 V4, .mac = MAC3},
	{113, "x,00000323000000000000000000000004 x,0000080000000000 " WLAN("0802") SNAP4, V4,
	 .mac = MAC3},
	{113, "x,00000302000000000000000000000000 x,184103cc " TCP4, V4},
	{113, "x,0000030a000000000000000000006558 eth " TCP4, V4, .mac = MAC1},
	{113, "x,0000030a000000000000000000000800 " TCP4, V4},
	{113, "x,0000011800000000000000000000000c data,16", .skip = SKIP_NOT_IP}, /* CAN */
	{276, "x,86dd000000000002033700000000000000000000 " UDP6, V6},
	{276, "x,0800000000000002033800000000000000000000 " TCP4, .skip = SKIP_NOT_IP},
};

static void assert_balance(const struct decoder *d)
{
	const struct decode_stats *s = decoder_stats(d);
	uint64_t sum = 0;

	for (size_t i = 0; i < DECODE_N; i++)
		sum += s->by[i];
	assert_int_equal(s->read, sum);
}

static unsigned notes_of(const struct decoder *d)
{
	unsigned notes = 0;

	for (unsigned i = 0; i < NOTE_N; i++)
		notes |= (decoder_stats(d)->note[i] ? 1U : 0) << i;
	return notes;
}

static bool is_it(const struct packet *k, enum family family)
{
	struct addr src = A(family == V4 ? "10.0.0.1" : "fd00::1");
	struct addr dst = A(family == V4 ? "10.0.0.2" : "fd00::2");

	return family != NONE && addr_equal(&k->src, &src) && addr_equal(&k->dst, &dst) &&
	       k->sport == 4000 && k->dport == (family == V4 ? 443 : 53) &&
	       k->payload_wire == (family == V4 ? 5 : 7);
}

/* Says what is wrong and goes on: a change of the decoder is seen on all samples at once. */
static bool check(const struct sample *s)
{
	uint8_t buf[8192], mac[6] = {0};
	size_t n = stack(s->layers, buf, sizeof buf);
	struct decoder *d = decoder_new();
	struct packet k = {0};
	uint8_t *frame = malloc(n ? n : 1); /* its own block, so that a read past it is seen */

	memcpy(frame, buf, n);
	if (s->mac)
		unhex(s->mac, mac, sizeof mac);

	enum decode_skip got =
		decode_frame(d, s->linktype, frame, (uint32_t)n, (uint32_t)n, 5, 77, &k);
	bool good = got == s->skip && decode_linktype_known(s->linktype);

	assert_balance(d);
	if (got == DECODE_OK && good)
		good = is_it(&k, s->family) && memcmp(k.src_mac, mac, 6) == 0 &&
		       k.vlan == s->vlan && notes_of(d) == s->notes && !k.payload_cut;
	if (!good)
		print_error("%u %s: %s (not %s) vlan %u notes %x payload %u\n", s->linktype,
			    s->layers, decode_skip_name(got), decode_skip_name(s->skip), k.vlan,
			    notes_of(d), k.payload_wire);
	free(frame);
	decoder_free(d);
	return good;
}

static void every_link(void **state)
{
	size_t bad = 0;

	for (size_t i = 0; i < N_ELEMENTS(samples); i++)
		bad += !check(&samples[i]);
	assert_int_equal(bad, 0);
}

static void every_link_type_has_a_sample_elsewhere_or_here(void **state)
{
	static const uint16_t elsewhere[] = {0, 12, 14, 51, 101, 108, 228, 229};
	size_t known = 0;

	for (uint32_t t = 0; t <= UINT16_MAX; t++) {
		bool found = false;

		if (!decode_linktype_known((uint16_t)t))
			continue;
		known++;
		for (size_t i = 0; i < N_ELEMENTS(elsewhere); i++)
			found |= elsewhere[i] == t;
		for (size_t i = 0; i < N_ELEMENTS(samples); i++)
			found |= samples[i].linktype == t && samples[i].family != NONE;
		if (!found)
			fail_msg("no sample of link type %u", t);
	}
	assert_true(known > N_ELEMENTS(elsewhere));
	assert_false(decode_linktype_known(252));
	assert_false(decode_linktype_known(65535));
}

/* As a capture with a short snap length has it: the same conversation, or none. */
static void cut_at_every_length(void **state)
{
	for (size_t i = 0; i < N_ELEMENTS(samples); i++) {
		const struct sample *s = &samples[i];
		uint8_t buf[8192];
		size_t n = stack(s->layers, buf, sizeof buf), decoded = 0;
		struct decoder *d = decoder_new();

		for (size_t len = 0; len < n; len++) {
			uint8_t *frame = malloc(len ? len : 1);
			struct packet k;

			memcpy(frame, buf, len);
			if (decode_frame(d, s->linktype, frame, (uint32_t)len, (uint32_t)n, 1, 1,
					 &k) == DECODE_OK) {
				if (!is_it(&k, s->family))
					fail_msg("%u %s: cut at %zu", s->linktype, s->layers, len);
				assert_true(k.payload >= frame &&
					    k.payload + k.payload_len <= frame + len);
				assert_int_equal(k.payload_cut, k.payload_len < k.payload_wire);
				decoded++;
			}
			free(frame);
		}
		/* TCP is decoded as soon as its flags are there, UDP with its header. */
		assert_int_equal(decoded > 0, s->family != NONE);
		assert_balance(d);
		decoder_free(d);
	}
}

/* Every byte set to values that break lengths, versions and types. */
static void one_wrong_byte(void **state)
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
				decoder_release(d);
			}
			frame[at] = buf[at];
		}
		free(frame);
	}
	assert_balance(d);
	decoder_free(d);
}

/* What the probe knows to have been sent and did not keep is missing, not absent. */
static void bytes_that_were_not_kept(void **state)
{
	/* ERF, wire length 64 of which 50 are here. */
	static const char layers[] = "x,0011223344556677 x,0204 x,004400000040 x,0000 eth " TCP4;
	struct decoder *d = decoder_new();
	uint8_t buf[256];
	uint32_t n = (uint32_t)stack(layers, buf, sizeof buf) - 3;
	struct packet k;

	assert_int_equal(decode_frame(d, 197, buf, n, n, 0, 1, &k), DECODE_OK);
	assert_int_equal(k.payload_wire, 5);
	assert_int_equal(k.payload_len, 2);
	assert_true(k.payload_cut);

	/* With offload (an IP length of 0) nothing but the record's length tells. */
	n = (uint32_t)stack("x,0011223344556677 x,0204 x,00440000003b x,0000 eth "
			    "ip,10.0.0.1>10.0.0.2,total=0 tcp,4000>443 data,5",
			    buf, sizeof buf) -
	    3;
	assert_int_equal(decode_frame(d, 197, buf, n, n, 0, 1, &k), DECODE_OK);
	assert_int_equal(k.payload_wire, 5);
	assert_int_equal(k.payload_len, 2);

	/* The same with MACsec, whose short length leaves out what fills the frame. */
	n = (uint32_t)stack("eth,88e5 x,002f x,00000001 x,0800 "
			    "ip,10.0.0.1>10.0.0.2,total=0 tcp,4000>443 data,20",
			    buf, sizeof buf);
	assert_int_equal(decode_frame(d, 1, buf, n, n, 0, 1, &k), DECODE_OK);
	assert_int_equal(k.payload_wire, 5);

	/* A check sequence that was cut off is not missing from the payload: with
	 * offload the frame's end is the packet's. */
	n = (uint32_t)stack("x,000009000200000010 " WLAN(
				    "0802") "x,aaaa030000000800 "
					    "ip,10.0.0.1>10.0.0.2,total=0 tcp,4000>443 data,9",
			    buf, sizeof buf);
	for (uint32_t cut = 0; cut < 9; cut++) {
		assert_int_equal(decode_frame(d, 127, buf, n - cut, n, 0, 1, &k), DECODE_OK);
		assert_int_equal(k.payload_wire, 5);
		assert_int_equal(k.payload_len, cut < 4 ? 5 : 9 - cut);
	}
	decoder_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_link),
		cmocka_unit_test(every_link_type_has_a_sample_elsewhere_or_here),
		cmocka_unit_test(cut_at_every_length),
		cmocka_unit_test(one_wrong_byte),
		cmocka_unit_test(bytes_that_were_not_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
