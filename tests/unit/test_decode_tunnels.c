// SPDX-License-Identifier: BSD-2-Clause
/* Tunnels, described by tests/lib/stack.h: what is inside, what the tunnel is called, and that
 * nothing else is taken for one. */
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

enum { ETH = 1, PPP = 9, RAW = 101 };

#define TCP4    "ip,10.0.0.1>10.0.0.2 tcp,4000>443 data,5" /* 45 bytes */
#define UDP6    "ip,fd00::1>fd00::2 udp,4000>53 data,7"
#define TEREDO6 "ip,2001:0:1::1>fd00::2 udp,4000>53 data,7"
#define OUT     "eth ip,1.1.1.1>2.2.2.2 "
#define OUT6    "eth ip,fd09::1>fd09::2 "

enum inner { IN_TCP4, IN_UDP6, IN_TEREDO6 };

static const struct {
	const char *src, *dst;
	uint8_t proto;
	uint16_t sport, dport;
	uint32_t payload;
} inners[] = {
	[IN_TCP4] = {"10.0.0.1", "10.0.0.2", 6, 4000, 443, 5},
	[IN_UDP6] = {"fd00::1", "fd00::2", 17, 4000, 53, 7},
	[IN_TEREDO6] = {"2001:0:1::1", "fd00::2", 17, 4000, 53, 7},
};

static const struct sample {
	uint16_t linktype;
	const char *layers;
	enum inner inner;
	enum tunnel kind;
	uint32_t id;
	uint16_t vlan;
} samples[] = {
	/* GRE */
	{ETH, OUT "gre " TCP4, IN_TCP4, TUNNEL_GRE, 0},
	{ETH, OUT "gre,8000 " TCP4, IN_TCP4, TUNNEL_GRE, 0},
	{ETH, OUT6 "gre " UDP6, IN_UDP6, TUNNEL_GRE, 0},
	{ETH, "eth vlan,4 ip,1.1.1.1>2.2.2.2,proto=47 x,2000080000000009 " TCP4, IN_TCP4,
	 TUNNEL_GRE, 9, 4},
	{ETH, OUT "gre,0,6558 eth vlan,9 " TCP4, IN_TCP4, TUNNEL_GRE, 0, 9},
	{ETH, OUT "gre,0,8847 mplsend,17 " TCP4, IN_TCP4, TUNNEL_GRE, 0},
	{ETH, OUT "gre,0,883e " TCP4, IN_TCP4, TUNNEL_GRE, 0},
	{ETH, OUT "gre,0,883e x,80010203 " TCP4, IN_TCP4, TUNNEL_GRE, 0},
	{ETH, OUT "udp,999>4754 gre " TCP4, IN_TCP4, TUNNEL_GRE, 0},
	/* PPTP: its length field ends the packet, but 0 is not one. */
	{ETH, "eth ip,1.1.1.1>2.2.2.2,proto=47 x,3081880b003100090000000100000001ff030021 " TCP4,
	 IN_TCP4, TUNNEL_GRE, 9},
	{ETH, "eth ip,1.1.1.1>2.2.2.2,proto=47 x,3001880b000000090000000121 " TCP4, IN_TCP4,
	 TUNNEL_GRE, 9},
	/* NVGRE, and what RFC 7637 leaves to others */
	{ETH, "eth ip,1.1.1.1>2.2.2.2,proto=47 x,2000655800123407 eth " TCP4, IN_TCP4, TUNNEL_NVGRE,
	 0x1234},
	{ETH, "eth ip,1.1.1.1>2.2.2.2,proto=47 x,20006558000fff07 eth " TCP4, IN_TCP4, TUNNEL_GRE,
	 0xfff07},
	{ETH, "eth ip,1.1.1.1>2.2.2.2,proto=47 x,300065580012340700000001 eth " TCP4, IN_TCP4,
	 TUNNEL_GRE, 0x123407},
	/* ERSPAN I, II and III */
	{ETH, OUT "gre,0,88be eth " TCP4, IN_TCP4, TUNNEL_ERSPAN, 0},
	{ETH, OUT "gre,1000,88be x,1007000500000000 eth " TCP4, IN_TCP4, TUNNEL_ERSPAN, 5},
	{ETH, OUT "gre,1000,88be x,1007100500000000 eth " TCP4, IN_TCP4, TUNNEL_ERSPAN, 5, 7},
	{ETH, OUT "gre,1000,88be x,1007180500000000 eth vlan,8 " TCP4, IN_TCP4, TUNNEL_ERSPAN, 5,
	 8},
	{ETH, "eth vlan,4 ip,1.1.1.1>2.2.2.2 gre,1000,88be x,1007100500000000 eth vlan,8 " TCP4,
	 IN_TCP4, TUNNEL_ERSPAN, 5, 4},
	{ETH, OUT6 "gre,1000,22eb x,200703ff0000000000000000 eth " UDP6, IN_UDP6, TUNNEL_ERSPAN,
	 0x3ff},
	{ETH, OUT "gre,1000,22eb x,2007000200000000000000010000000000000000 eth " TCP4, IN_TCP4,
	 TUNNEL_ERSPAN, 2},
	{ETH, OUT "gre,1000,22eb x,200700020000000000000800 " UDP6, IN_UDP6, TUNNEL_ERSPAN, 2},
	/* VXLAN and its extension */
	{ETH, OUT "udp,999>4789 x,0800000000123400 eth " TCP4, IN_TCP4, TUNNEL_VXLAN, 0x1234},
	{ETH, OUT "udp,999>8472 x,0800000000123400 eth " TCP4, IN_TCP4, TUNNEL_VXLAN, 0x1234},
	{ETH, OUT "udp,999>4789 x,8800000700123400 eth vlan,3 " UDP6, IN_UDP6, TUNNEL_VXLAN, 0x1234,
	 3},
	/* Reserved bits are set, and the frame inside is a frame. */
	{ETH, OUT "udp,999>4789 x,0844000100123402 eth " TCP4, IN_TCP4, TUNNEL_VXLAN, 0x1234},
	{ETH, OUT "udp,999>4790 x,4c00000100123401 " TCP4, IN_TCP4, TUNNEL_VXLAN, 0x1234},
	{ETH, OUT "udp,999>6081 x,0001655800123401 eth " TCP4, IN_TCP4, TUNNEL_GENEVE, 0x1234},
	{ETH, OUT6 "udp,999>4790 x,0c00000100123400 " TCP4, IN_TCP4, TUNNEL_VXLAN, 0x1234},
	{ETH, OUT "udp,999>4790 x,0c00000200123400 " UDP6, IN_UDP6, TUNNEL_VXLAN, 0x1234},
	{ETH, OUT "udp,999>4790 x,0c00000300123400 eth " TCP4, IN_TCP4, TUNNEL_VXLAN, 0x1234},
	{ETH, OUT "udp,999>4790 x,0c00000500123400 mplsend,9 " TCP4, IN_TCP4, TUNNEL_VXLAN, 0x1234},
	{ETH, OUT "udp,999>4790 x,0c00000400123400 x,0fc20203000001ff eth " TCP4, IN_TCP4,
	 TUNNEL_VXLAN, 0x1234},
	/* NSH on Ethernet is no tunnel of hosts. */
	{ETH, "eth,894f x,0fc60101000001ff x,00112233445566778899aabbccddeeff " TCP4, IN_TCP4,
	 TUNNEL_NONE, 0},
	{ETH, "eth,894f x,0fc30202000001ff00000000 " UDP6, IN_UDP6, TUNNEL_NONE, 0},
	{ETH, "eth,894f x,0fc20204000001ff x,0fc20205000001ff mplsend,9 " UDP6, IN_UDP6,
	 TUNNEL_NONE, 0},
	/* Geneve, with an option that is critical */
	{ETH, OUT "udp,999>6081 x,0000655800123400 eth " TCP4, IN_TCP4, TUNNEL_GENEVE, 0x1234},
	{ETH, OUT "udp,999>6081 x,0240080000abcd000102800100000000 " TCP4, IN_TCP4, TUNNEL_GENEVE,
	 0xabcd},
	{ETH, OUT "udp,999>6081 x,0000894f00123400 x,0fc20202000001ff " UDP6, IN_UDP6,
	 TUNNEL_GENEVE, 0x1234},
	/* GTP */
	{ETH, OUT "udp,999>2152 x,30ff002d0000abcd " TCP4, IN_TCP4, TUNNEL_GTPU, 0xabcd},
	{ETH, OUT "udp,2152>2152 x,32ff00310000abcd00010000 " TCP4, IN_TCP4, TUNNEL_GTPU, 0xabcd},
	{ETH, OUT "udp,2152>2152 x,32ff00310000abcd00010085 " TCP4, IN_TCP4, TUNNEL_GTPU, 0xabcd},
	{ETH, OUT "udp,2152>2152 x,34ff00390000abcd0000008501000140025501c0 x,00 x,000000 " TCP4,
	 IN_TCP4, TUNNEL_GTPU, 0xabcd},
	{ETH, OUT "udp,2152>2152 x,30ff003f0000abcd eth vlan,6 " TCP4, IN_TCP4, TUNNEL_GTPU, 0xabcd,
	 6},
	{ETH, OUT "udp,2152>2152 x,30ff00370000abcd " UDP6, IN_UDP6, TUNNEL_GTPU, 0xabcd},
	{ETH, OUT "udp,999>3386 x,1eff002d00010007ffffffff1122334455667788 " TCP4, IN_TCP4,
	 TUNNEL_GTPU, 7},
	/* TZSP */
	{ETH, OUT "udp,999>37008 x,0100000101 eth " TCP4, IN_TCP4, TUNNEL_TZSP, 0},
	{ETH, OUT "udp,999>37008 x,010100010a01c500290200ff01 eth vlan,2 " TCP4, IN_TCP4,
	 TUNNEL_TZSP, 0, 2},
	/* Teredo: to the server, from it with authentication and origin */
	{ETH, OUT "udp,999>3544 " TEREDO6, IN_TEREDO6, TUNNEL_TEREDO, 0},
	{ETH, OUT "udp,3544>999 x,0000efbefefdfcfb " TEREDO6, IN_TEREDO6, TUNNEL_TEREDO, 0},
	{ETH, OUT "udp,3544>999 x,00010203aabbccddee112233445566778800 x,0000efbefefdfcfb " TEREDO6,
	 IN_TEREDO6, TUNNEL_TEREDO, 0},
	/* AYIYA */
	{ETH,
	 OUT "udp,999>5072 x,4152112900000000 x,00112233445566778899aabbccddeeff "
	     "x,0011223344556677889900112233445566778899 " UDP6,
	 IN_UDP6, TUNNEL_AYIYA, 0},
	{ETH, OUT "udp,5072>999 x,0002110400000000 x,00 " TCP4, IN_TCP4, TUNNEL_AYIYA, 0},
	/* L2TP 2 */
	{ETH, OUT "udp,1701>1701 x,000200010005ff030021 " TCP4, IN_TCP4, TUNNEL_L2TP, 5},
	{ETH, OUT "udp,1701>999 x,00020001000521 " TCP4, IN_TCP4, TUNNEL_L2TP, 5},
	{ETH, OUT "udp,999>1701 x,4002003900010005ff030021 " TCP4, IN_TCP4, TUNNEL_L2TP, 5},
	{ETH, OUT "udp,999>1701 x,0a0200010005000100020002 x,0000 x,0057 " UDP6, IN_UDP6,
	 TUNNEL_L2TP, 5},
	/* L2TP 3: cookie and sublayer are of no telling */
	{ETH, "eth ip,1.1.1.1>2.2.2.2,proto=115 x,00000007 eth " TCP4, IN_TCP4, TUNNEL_L2TP, 7},
	{ETH, "eth ip,1.1.1.1>2.2.2.2,proto=115 x,00000007c00c1e01 eth vlan,5 " TCP4, IN_TCP4,
	 TUNNEL_L2TP, 7, 5},
	{ETH, "eth ip,fd09::1>fd09::2,proto=115 x,00000007c00c1e01c00c1e0240000001 eth " UDP6,
	 IN_UDP6, TUNNEL_L2TP, 7},
	{ETH, "eth ip,1.1.1.1>2.2.2.2,proto=115 x,00000007c00c1e01ff030021 " TCP4, IN_TCP4,
	 TUNNEL_L2TP, 7},
	{ETH, OUT "udp,1701>1701 x,0003000000000007c00c1e01 eth " TCP4, IN_TCP4, TUNNEL_L2TP, 7},
	{ETH, OUT "udp,1701>1701 x,0003000000000007 " UDP6, IN_UDP6, TUNNEL_L2TP, 7},
	/* Short ones */
	{ETH, "eth ip,1.1.1.1>2.2.2.2,proto=97 x,3000 eth " TCP4, IN_TCP4, TUNNEL_ETHERIP, 0},
	{ETH, "eth ip,fd09::1>fd09::2,proto=143 eth " UDP6, IN_UDP6, TUNNEL_ETHERIP, 0},
	{ETH, OUT "udp,999>4341 x,0800000000000700 " TCP4, IN_TCP4, TUNNEL_LISP, 7},
	{ETH, OUT "udp,999>4341 x,c012345600000001 " UDP6, IN_UDP6, TUNNEL_LISP, 0},
	{ETH, OUT "udp,5247>999 x,0010420000000000 eth " TCP4, IN_TCP4, TUNNEL_CAPWAP, 0},
	/* Wi-Fi inside, with a radio's address in front */
	{ETH,
	 OUT "udp,5247>999 x,0020431000000000 x,0602000000000900 "
	     "x,080200000200000000010200000000020200000000030000aaaa030000000800 " TCP4,
	 IN_TCP4, TUNNEL_CAPWAP, 0},
	{ETH, OUT "udp,999>6080 x,00040000 " TCP4, IN_TCP4, TUNNEL_GUE, 0},
	{ETH, OUT "udp,999>6080 x,0229000000112233445566 x,77 " UDP6, IN_UDP6, TUNNEL_GUE, 0},
	{ETH, OUT "udp,999>6080 x,002f0000 gre " UDP6, IN_UDP6, TUNNEL_GUE, 0},
	{ETH, OUT "udp,999>6080 " TCP4, IN_TCP4, TUNNEL_GUE, 0},
	{ETH, OUT TCP4, IN_TCP4, TUNNEL_IPIP, 0},
	{ETH, OUT UDP6, IN_UDP6, TUNNEL_SIXIN4, 0},
	/* MPLS: over IP it is a tunnel, on a link not; with and without control word */
	{ETH, OUT "mplsend,17 " TCP4, IN_TCP4, TUNNEL_MPLS_IP, 17},
	{ETH, OUT "udp,999>6635 mpls,16 mplsend,17 " TCP4, IN_TCP4, TUNNEL_MPLS_IP, 17},
	{ETH, OUT "udp,999>6635 mplsend,17 x,00000001 eth " UDP6, IN_UDP6, TUNNEL_MPLS_IP, 17},
	{ETH, OUT "udp,999>6635 mplsend,17 eth " UDP6, IN_UDP6, TUNNEL_MPLS_IP, 17},
	{ETH, "eth mplsend,17 eth " TCP4, IN_TCP4, TUNNEL_NONE, 0},
	{ETH, "eth mplsend,17 x,00000001 eth " TCP4, IN_TCP4, TUNNEL_NONE, 0},
	{ETH, "eth mplsend,17 x,4500000000020200000000010800 " TCP4, IN_TCP4, TUNNEL_NONE, 0},
	{ETH, "eth mplsend,17 x,60000000000202000000000186dd " UDP6, IN_UDP6, TUNNEL_NONE, 0},
	{ETH, "eth mplsend,17 x,100000000002020000000001 x,0800 " TCP4, IN_TCP4, TUNNEL_NONE, 0},
	{ETH, "eth mplsend,17 x,a00000000002020000000001 x,0800 " TCP4, IN_TCP4, TUNNEL_NONE, 0},
	{ETH, "eth mplsend,0 " TCP4, IN_TCP4, TUNNEL_NONE, 0},
	{ETH, "eth mpls,5 mplsend,2 " UDP6, IN_UDP6, TUNNEL_NONE, 0},
	/* PPP with several links, sequence numbers of both lengths */
	{PPP, "x,ff03003dc00000010021 " TCP4, IN_TCP4, TUNNEL_NONE, 0},
	{PPP, "x,003dc000000157 " UDP6, IN_UDP6, TUNNEL_NONE, 0},
	{PPP, "x,ff03003dc0010021 " TCP4, IN_TCP4, TUNNEL_NONE, 0},
	{PPP, "x,ff0302830000117f " TCP4, IN_TCP4, TUNNEL_NONE, 0},
	/* The outermost names itself. */
	{ETH, OUT "gre ip,3.3.3.3>4.4.4.4 udp,9>4789 x,0800000000123400 eth " TCP4, IN_TCP4,
	 TUNNEL_GRE, 0},
	{ETH, OUT "udp,9>4789 x,0800000000123400 eth ip,3.3.3.3>4.4.4.4 " TCP4, IN_TCP4,
	 TUNNEL_VXLAN, 0x1234},
	{ETH, OUT "ip,3.3.3.3>4.4.4.4 udp,999>3544 " TEREDO6, IN_TEREDO6, TUNNEL_IPIP, 0},
	{ETH,
	 OUT "udp,9>4789 x,0800000000123400 eth ip,3.3.3.3>4.4.4.4 udp,9>6081 "
	     "x,0000080000000700 ip,5.5.5.5>6.6.6.6 udp,9>2152 x,30ff002d00000001 " TCP4,
	 IN_TCP4, TUNNEL_VXLAN, 0x1234},
	/* A header of the tunnel's own kind, without a tunnel behind: the inner one is plain. */
	{ETH, OUT "udp,9>4789 x,0800000000123400 eth ip,10.0.0.1>10.0.0.2 tcp,4000>443 data,5",
	 IN_TCP4, TUNNEL_VXLAN, 0x1234},
};

static bool decoded(const struct packet *k, enum inner in)
{
	struct addr src = A(inners[in].src), dst = A(inners[in].dst);

	return addr_equal(&k->src, &src) && addr_equal(&k->dst, &dst) &&
	       k->proto == inners[in].proto && k->sport == inners[in].sport &&
	       k->dport == inners[in].dport;
}

static enum decode_skip decode(struct decoder *d, uint16_t linktype, const uint8_t *p, size_t len,
			       size_t wire, struct packet *k)
{
	uint8_t *frame = malloc(len ? len : 1); /* its own block, so that a read past it is seen */
	enum decode_skip skip;

	assert_non_null(frame);
	memcpy(frame, p, len);
	skip = decode_frame(d, linktype, frame, (uint32_t)len, (uint32_t)wire, 5, 1, k);
	if (skip == DECODE_OK)
		assert_true(k->payload >= frame && k->payload + k->payload_len <= frame + len);
	free(frame);
	return skip;
}

static void every_tunnel_is_opened_and_named(void **state)
{
	size_t bad = 0;

	for (size_t i = 0; i < N_ELEMENTS(samples); i++) {
		const struct sample *s = &samples[i];
		struct decoder *d = decoder_new();
		uint8_t buf[4096];
		size_t n = stack(s->layers, buf, sizeof buf);
		struct packet k;
		enum decode_skip skip = decode(d, s->linktype, buf, n, n, &k);

		if (skip != DECODE_OK || !decoded(&k, s->inner) ||
		    k.payload_wire != inners[s->inner].payload || k.tunnel != s->kind ||
		    k.tunnel_id != s->id || k.vlan != s->vlan || k.esp ||
		    decoder_stats(d)->note[NOTE_BAD_CHECKSUM]) {
			print_error("%s: %s, %u > %u payload %u in %s %x, VLAN %u\n", s->layers,
				    decode_skip_name(skip), k.sport, k.dport, k.payload_wire,
				    tunnel_name(k.tunnel), k.tunnel_id, k.vlan);
			bad++;
		}
		assert_int_equal(decoder_stats(d)->note[NOTE_TUNNEL], s->kind != TUNNEL_NONE);
		decoder_free(d);
	}
	assert_int_equal(bad, 0);
}

static void every_tunnel_has_a_sample_and_a_name(void **state)
{
	for (unsigned t = 0; t < TUNNEL_N; t++) {
		bool found = false;

		for (size_t i = 0; i < N_ELEMENTS(samples); i++)
			found |= samples[i].kind == t;
		assert_true(found);
		assert_true(t == TUNNEL_NONE || tunnel_name(t)[0] != '\0');
		for (unsigned u = 0; u < t; u++)
			assert_string_not_equal(tunnel_name(t), tunnel_name(u));
	}
	assert_string_equal(tunnel_name(TUNNEL_NONE), "");
}

/* As a short snap length has it: the packet inside, or that of the tunnel, or a skip; never a
 * third, and never the tunnel's name on its own outside. */
static void cut_at_every_length(void **state)
{
	for (size_t i = 0; i < N_ELEMENTS(samples); i++) {
		const struct sample *s = &samples[i];
		struct decoder *d = decoder_new();
		uint8_t buf[4096];
		size_t n = stack(s->layers, buf, sizeof buf);
		bool was_inner = false;

		for (size_t len = 0; len < n; len++) {
			struct packet k;

			if (decode(d, s->linktype, buf, len, n, &k) != DECODE_OK) {
				assert_false(was_inner);
				continue;
			}
			assert_int_equal(k.payload_cut, k.payload_len < k.payload_wire);
			if (decoded(&k, s->inner)) {
				was_inner = true;
				assert_int_equal(k.payload_wire, inners[s->inner].payload);
				assert_int_equal(k.tunnel, s->kind);
				assert_int_equal(k.tunnel_id, s->id);
				assert_int_equal(k.vlan, s->vlan);
				continue;
			}
			/* An outer UDP packet, or the last thing that a cut capture shows of IP. */
			assert_false(was_inner);
			assert_true(k.proto == 17 || k.proto == 47);
			assert_true(k.dport != inners[s->inner].dport);
		}
		assert_true(was_inner || inners[s->inner].payload == 0);
		decoder_free(d);
	}
}

/* Wrong bytes in front of the packet inside: no crash, and sizes that hold. */
static void one_wrong_byte(void **state)
{
	static const uint8_t wrong[] = {0x00, 0x01, 0x0f, 0x45, 0x60, 0x7f, 0x80, 0xff};
	struct decoder *d = decoder_new();
	uint64_t sum = 0;

	for (size_t i = 0; i < N_ELEMENTS(samples); i++) {
		uint8_t buf[4096];
		size_t n = stack(samples[i].layers, buf, sizeof buf);

		for (size_t at = 0; at < n && at < 160; at++) {
			uint8_t right = buf[at];

			for (size_t w = 0; w < N_ELEMENTS(wrong); w++) {
				struct packet k;

				buf[at] = wrong[w];
				(void)decode(d, samples[i].linktype, buf, n, n, &k);
			}
			buf[at] = right;
		}
	}
	for (size_t i = 0; i < DECODE_N; i++)
		sum += decoder_stats(d)->by[i];
	assert_int_equal(decoder_stats(d)->read, sum);
	decoder_free(d);
}

/* UDP on a port of a tunnel that is none. */
static const struct {
	uint16_t sport, dport;
	const char *payload;
	uint32_t n;
} plain[] = {
	/* Sources that prove nothing: a resolver that answers to such a port's owner. */
	{4789, 53, "x,0800000000123400 eth " TCP4, 67},
	{8472, 53, "x,0800000000123400 eth " TCP4, 67},
	{4790, 53, "x,0c00000100123400 " TCP4, 53},
	{6081, 53, "x,0000080000123400 " TCP4, 53},
	{2152, 53, "x,30ff002d0000abcd " TCP4, 53},
	{6635, 53, "mplsend,17 " TCP4, 49},
	{4341, 53, "x,0800000000000700 " TCP4, 53},
	{37008, 53, "x,0100000101 eth " TCP4, 64},
	{6080, 53, TCP4, 45},
	{4754, 53, "gre " TCP4, 49},
	/* VXLAN without its flag; GPE of another version or content */
	{9, 4789, "x,0000000000123400 eth " TCP4, 67},
	{9, 4789, "x,0800000000123401 eth ip,10.0.0.1>10.0.0.2,sum=1234 tcp,1>2", 62},
	{9, 4790, "x,0c00010100123400 ip,10.0.0.1>10.0.0.2,sum=1234 tcp,1>2", 48},
	{9, 6081, "x,0000080000123401 ip,10.0.0.1>10.0.0.2,sum=1234 tcp,1>2", 48},
	{9, 4790, "x,1c00000100123400 " TCP4, 53},
	{9, 4790, "x,0c00000900123400 " TCP4, 53},
	{9, 6081, "x,4000080000123400 " TCP4, 53},
	{9, 6081, "x,0000999900123400 " TCP4, 53},
	/* GTP: other messages, a length beyond the datagram, extensions without end or of no size,
	 * GTP prime, what is neither IP nor Ethernet */
	{9, 2152, "x,30fe002d0000abcd " TCP4, 53},
	{9, 2152, "x,30ff002e0000abcd " TCP4, 53},
	{9, 2152, "x,20ff002d0000abcd " TCP4, 53},
	{9, 2152, "x,50ff002d0000abcd " TCP4, 53},
	{9, 2152, "x,34ff00350000abcd0000008500000100 " TCP4, 61},
	{9, 2152, "x,34ff00040000abcd00000085", 12},
	{9, 2152, "x,30ff00020000abcd data,2", 10},
	{9, 3386, "x,3eff002d00010007ffffffff1122334455667788 " TCP4, 65},
	{9, 3386, "x,1eff002e00010007ffffffff1122334455667788 " TCP4, 65},
	/* TZSP: keep-alive, other version, tags without end, a link that is not decoded */
	{9, 37008, "x,0104000001", 5},
	{9, 37008, "x,0200000101 eth " TCP4, 64},
	{9, 37008, "x,0100000100000000", 8},
	{9, 37008, "x,0100000401 eth " TCP4, 64},
	/* Teredo: IPv4, none of its addresses, a length that does not fit, authentication alone */
	{9, 3544, TCP4, 45},
	{9, 3544, UDP6, 55},
	{3544, 9, "ip,2001:0:1::1>fd00::2,total=16 udp,4000>53 data,7", 55},
	{9, 3544, "x,00010000112233445566778800", 13},
	{9, 5072, "x,0002130400000000 x,00 " TCP4, 54},
	{9, 5072, "x,0002112900000000 x,00 " TCP4, 54},
	{9, 5072, "x,0002110400000000 x,00 ip,10.0.0.1>10.0.0.2,sum=1234 tcp,1>2", 49},
	/* L2TP: control, reserved bits, no session, lengths, PPP's own business, other versions */
	{9, 1701, "x,c8020014000100000000000080080000 data,4", 20},
	{9, 1701, "x,000200010000ff030021 " TCP4, 55},
	{9, 1701, "x,000200000005ff030021 " TCP4, 55},
	{9, 1701, "x,100200010005ff030021 " TCP4, 55},
	{9, 1701, "x,4002003a00010005ff030021 " TCP4, 57},
	{9, 1701, "x,4002000300010005ff030021 " TCP4, 57},
	{9, 1701, "x,020200010005ffffff030021 " TCP4, 57},
	{9, 1701, "x,000200010005ff03c02101010004", 14},
	{9, 1701, "x,000100010005ff030021 " TCP4, 55},
	{9, 1701, "x,0003000000000000 eth " TCP4, 67},
	{9, 1701, "x,0003000100000007 eth " TCP4, 67},
	{9, 1701, "x,0003000000000007 data,30", 38},
	/* LISP, CAPWAP (DTLS, a fragment, a keep-alive, short), GUE (control, its own TCP) */
	{9, 4341, "x,9000000000000700 " TCP4, 53},
	{9, 4341, "x,0800000000000700 ip,10.0.0.1>10.0.0.2,total=46 tcp,1>2 data,5", 53},
	{9, 5247, "x,0110420000000000 eth " TCP4, 67},
	{9, 5247, "x,0010428000000000 eth " TCP4, 67},
	{9, 5247, "x,0010420800000000 eth " TCP4, 67},
	{9, 5247, "x,0008420000000000 eth " TCP4, 67},
	{9, 5247, "x,0010420100000000 eth " TCP4, 67},
	{9, 5247, "x,0010420000000001 eth " TCP4, 67},
	{9, 5247, "x,0010470000000000 eth " TCP4, 67},
	{9, 6080, "x,20040000 " TCP4, 49},
	{9, 6080, "x,00060000 tcp,1>2 data,5", 29},
	{9, 6080, "x,c0040000 " TCP4, 49},
	{9, 6080, "x,00040000 ip,10.0.0.1>10.0.0.2,sum=1234 tcp,1>2", 44},
	/* MPLS: no bottom, or nothing known behind it */
	{9, 6635, "mpls,16 mpls,17", 8},
	{9, 6635, "mplsend,17 data,40", 44},
	{9, 6635, "mplsend,17 ip,10.0.0.1>10.0.0.2,sum=1234 tcp,1>2", 44},
	{9, 4754, "gre,0,9999 data,9", 13},
	{9, 4754, "gre,1", 4},
	/* Tunnels that carry no IP at the moment */
	{9, 4789, "x,0800000000123400 eth,0806 data,28", 50},
	{9, 37008, "x,0100000101 eth,88cc data,9", 28},
};

static void what_is_no_tunnel_is_plain_udp(void **state)
{
	size_t bad = 0;

	for (size_t i = 0; i < N_ELEMENTS(plain); i++) {
		struct decoder *d = decoder_new();
		uint8_t buf[4096];
		char text[512];
		struct packet k = {0};

		snprintf(text, sizeof text, "eth vlan,4 ip,1.1.1.1>2.2.2.2 udp,%u>%u %s",
			 plain[i].sport, plain[i].dport, plain[i].payload);

		size_t n = stack(text, buf, sizeof buf);
		enum decode_skip skip = decode(d, ETH, buf, n, n, &k);
		struct addr src = A("1.1.1.1"), dst = A("2.2.2.2");

		if (skip != DECODE_OK || !addr_equal(&k.src, &src) || !addr_equal(&k.dst, &dst) ||
		    k.proto != 17 || k.sport != plain[i].sport || k.dport != plain[i].dport ||
		    k.payload_wire != plain[i].n || k.tunnel != TUNNEL_NONE || k.tunnel_id != 0 ||
		    k.vlan != 4 || k.esp || decoder_stats(d)->note[NOTE_TUNNEL]) {
			print_error("%s: %s, %u > %u payload %u in %s\n", text,
				    decode_skip_name(skip), k.sport, k.dport, k.payload_wire,
				    tunnel_name(k.tunnel));
			bad++;
		}
		decoder_free(d);
	}
	assert_int_equal(bad, 0);
}

/* Whatever an ordinary conversation says to or from a port that tunnels use. */
static void noise_on_tunnel_ports(void **state)
{
	static const uint16_t ports[] = {1701, 2152, 3386, 3544, 4341, 4754, 4789, 4790,
					 5072, 5247, 6080, 6081, 6635, 8472, 37008};
	struct decoder *d = decoder_new();
	uint64_t x = 20240229, frames = 0;
	uint8_t buf[4096];

	for (size_t i = 0; i < N_ELEMENTS(ports) * 2; i++) {
		char text[200];
		unsigned port = ports[i / 2];

		snprintf(text, sizeof text, "eth ip,1.1.1.1>2.2.2.2 udp,%u>%u data,120",
			 i % 2 ? port : 53, i % 2 ? 53 : port);

		size_t n = stack(text, buf, sizeof buf);

		for (unsigned round = 0; round < 4000; round++, frames++) {
			struct packet k;

			for (size_t at = n - 120; at < n; at++) {
				x = x * 6364136223846793005 + 1442695040888963407;
				/* Half of the bytes are of those that headers are made of. */
				buf[at] = (uint8_t)(x >> 33 & 1 ? x >> 56 : x >> 61);
			}
			assert_int_equal(decode(d, ETH, buf, n, n, &k), DECODE_OK);
			assert_int_equal(k.tunnel, TUNNEL_NONE);
			assert_int_equal(k.payload_wire, 120);
			assert_int_equal(k.proto, 17);
		}
	}
	assert_int_equal(decoder_stats(d)->by[DECODE_OK], frames);
	decoder_free(d);
}

static const struct {
	uint16_t linktype;
	const char *layers;
	enum decode_skip skip;
} skipped[] = {
	{ETH, OUT "gre,1000,88be x,2007000100000000 eth " TCP4, SKIP_TUNNEL},
	{ETH, OUT "gre,1000,22eb x,100700010000000000000000 eth " TCP4, SKIP_TUNNEL},
	{ETH, OUT "gre,1000,22eb x,200700010000000000000400 eth " TCP4, SKIP_TUNNEL},
	{ETH, OUT "gre,0,6558 eth,0806 data,28", SKIP_NOT_IP},
	{ETH, OUT "gre,0,880b x,00fd data,40", SKIP_TUNNEL},
	{ETH, "eth ip,1.1.1.1>2.2.2.2,proto=97 x,2000 eth " TCP4, SKIP_TUNNEL},
	{ETH, "eth ip,1.1.1.1>2.2.2.2,proto=97 x,30", SKIP_TRANSPORT_SHORT},
	{ETH, "eth ip,1.1.1.1>2.2.2.2,proto=115 x,00000000c8030014", SKIP_TUNNEL},
	{ETH, "eth ip,1.1.1.1>2.2.2.2,proto=115 x,00000007 data,60", SKIP_TUNNEL},
	{ETH, "eth ip,1.1.1.1>2.2.2.2,proto=115 x,0000", SKIP_TRANSPORT_SHORT},
	{ETH, "eth,894f x,4fc20201000001ff " TCP4, SKIP_TUNNEL},
	{ETH, "eth,894f x,0fc10201000001ff " TCP4, SKIP_TUNNEL},
	{ETH, "eth,894f x,0fc20101000001ff " TCP4, SKIP_TUNNEL},
	{ETH, "eth,894f x,0fc20206000001ff " TCP4, SKIP_TUNNEL},
	{ETH, "eth,894f x,2fc20201000001ff " TCP4, SKIP_NOT_IP},
	{ETH, "eth,894f x,0fc30201000001ff", SKIP_LINK_SHORT},
	{ETH, "eth mplsend,17 x,10000021 data,40", SKIP_NOT_IP},
	{ETH, "eth mplsend,13 x,45000007 " TCP4, SKIP_NOT_IP},
	{PPP, "x,ff03003d80000001 data,40", SKIP_TUNNEL},
	{PPP, "x,ff03003d40000001 data,40", SKIP_TUNNEL},
	{PPP, "x,ff03003df0010021 " TCP4, SKIP_TUNNEL},
	{PPP, "x,ff0300fd data,40", SKIP_TUNNEL},
	{PPP, "x,ff03002f data,40", SKIP_TUNNEL},
	{PPP, "x,ff038021 data,40", SKIP_NOT_IP},
	{ETH,
	 OUT "udp,999>5247 x,0010430000000000 x,08420000020000000001020000000002020000000003 "
	     "x,000000000020000000 data,40",
	 SKIP_ENCRYPTED},
	/* An inner fragment has a conversation of its own, known or not. */
	{ETH, OUT "udp,9>4789 x,0800000000123400 eth ip,10.0.0.1>10.0.0.2,off=7,proto=17 data,8",
	 SKIP_FRAG_ORPHAN},
	{ETH, OUT "ip,10.0.0.1>10.0.0.2,off=7,proto=17 data,8", SKIP_FRAG_ORPHAN},
};

static void tunnels_that_are_not_opened(void **state)
{
	size_t bad = 0;

	for (size_t i = 0; i < N_ELEMENTS(skipped); i++) {
		struct decoder *d = decoder_new();
		uint8_t buf[4096];
		size_t n = stack(skipped[i].layers, buf, sizeof buf);
		struct packet k;
		enum decode_skip skip = decode(d, skipped[i].linktype, buf, n, n, &k);

		if (skip != skipped[i].skip) {
			print_error("%s: %s, not %s\n", skipped[i].layers, decode_skip_name(skip),
				    decode_skip_name(skipped[i].skip));
			bad++;
		}
		decoder_free(d);
	}
	assert_int_equal(bad, 0);
}

/* All that there is of these is the outer packet. */
static void empty_gre_is_its_own_packet(void **state)
{
	static const char *const layers[] = {
		"eth ip,1.1.1.1>2.2.2.2,proto=47 x,2081880b0000000900000001",
		"eth ip,1.1.1.1>2.2.2.2,proto=47 x,00000000",
	};

	for (size_t i = 0; i < N_ELEMENTS(layers); i++) {
		struct decoder *d = decoder_new();
		uint8_t buf[200];
		size_t n = stack(layers[i], buf, sizeof buf);
		struct packet k;

		assert_int_equal(decode(d, ETH, buf, n, n, &k), DECODE_OK);
		assert_int_equal(k.proto, 47);
		assert_int_equal(k.tunnel, TUNNEL_NONE);
		decoder_free(d);
	}
}

static void bubbles_are_packets_without_content(void **state)
{
	struct decoder *d = decoder_new();
	uint8_t buf[200];
	size_t n = stack(OUT "udp,999>3544 ip,2001:0:1::1>2001:0:2::2,proto=59", buf, sizeof buf);
	struct packet k;

	assert_int_equal(decode(d, ETH, buf, n, n, &k), DECODE_OK);
	assert_int_equal(k.proto, 59);
	assert_int_equal(k.tunnel, TUNNEL_TEREDO);
	assert_int_equal(k.sport, 0);
	decoder_free(d);
}

static void inner_fragments(void **state)
{
	struct decoder *d = decoder_new();
	uint8_t buf[400];
	struct packet k;
	size_t n = stack(OUT "udp,9>4789 x,0800000000123400 eth "
			     "ip,10.0.0.1>10.0.0.2,id=9,off=2000 udp,1>2,2000 data,8",
			 buf, sizeof buf);

	assert_int_equal(decode(d, ETH, buf, n, n, &k), DECODE_OK);
	assert_true(k.fragment);
	assert_int_equal(k.dport, 2);
	assert_int_equal(k.tunnel, TUNNEL_VXLAN);
	n = stack(OUT "udp,9>4789 x,0800000000123400 eth "
		      "ip,10.0.0.1>10.0.0.2,id=9,off=2,proto=17 data,8",
		  buf, sizeof buf);
	assert_int_equal(decode(d, ETH, buf, n, n, &k), DECODE_OK);
	assert_true(k.later_fragment);
	assert_int_equal(k.dport, 2);
	assert_int_equal(k.tunnel, TUNNEL_VXLAN);
	assert_int_equal(k.tunnel_id, 0x1234);

	/* The outer one is in pieces: what the first shows is the packet inside. */
	n = stack("eth ip,1.1.1.1>2.2.2.2,id=8,off=2000 udp,9>3544,200 "
		  "ip,2001:0:1::1>fd00::2,total=152 udp,4000>53,152 data,48",
		  buf, sizeof buf);
	assert_int_equal(decode(d, ETH, buf, n, n, &k), DECODE_OK);
	assert_true(decoded(&k, IN_TEREDO6));
	assert_int_equal(k.payload_len, 48);
	assert_int_equal(k.payload_wire, 144);
	assert_true(k.payload_cut);
	assert_int_equal(k.tunnel, TUNNEL_TEREDO);
	decoder_free(d);
}

static void too_deep_is_counted(void **state)
{
	struct decoder *d = decoder_new();
	char text[2000] = "eth";
	uint8_t buf[4096];
	struct packet k;

	for (unsigned i = 0; i < 10; i++)
		strcat(text, " ip,1.1.1.1>2.2.2.2 udp,9>4789 x,0800000000123400 eth");
	strcat(text, " " TCP4);

	size_t n = stack(text, buf, sizeof buf);

	assert_int_equal(decode(d, ETH, buf, n, n, &k), SKIP_DEPTH);
	decoder_free(d);
}

static const struct {
	const char *layers;
	bool esp;
} esp[] = {
	{"ip,1.1.1.1>2.2.2.2,proto=50 x,0000010100000001 data,24", true},
	{"ip,fd00::1>fd00::2,proto=50 x,0000010100000001 data,24", true},
	{"ip,1.1.1.1>2.2.2.2 udp,4500>4500 x,0000010100000001 data,24", true},
	{"ip,1.1.1.1>2.2.2.2 udp,1024>4500 x,0000010100000001 data,24", true},
	{"ip,1.1.1.1>2.2.2.2 udp,4500>1024 x,0000010100000001 data,24", true},
	/* IKE, a keep-alive, a reserved SPI, a length that ESP cannot have, another port */
	{"ip,1.1.1.1>2.2.2.2 udp,4500>4500 x,0000000000000001 data,24", false},
	{"ip,1.1.1.1>2.2.2.2 udp,4500>4500 x,ff", false},
	{"ip,1.1.1.1>2.2.2.2 udp,4500>4500 x,000000ff00000001 data,24", false},
	{"ip,1.1.1.1>2.2.2.2 udp,4500>4500 x,0000010100000001 data,23", false},
	{"ip,1.1.1.1>2.2.2.2 udp,4500>4500 x,0000010100000001", false},
	{"ip,1.1.1.1>2.2.2.2 udp,4501>4501 x,0000010100000001 data,24", false},
};

static void esp_is_told_also_in_udp(void **state)
{
	for (size_t i = 0; i < N_ELEMENTS(esp); i++) {
		struct decoder *d = decoder_new();
		uint8_t buf[400];
		size_t n = stack(esp[i].layers, buf, sizeof buf);
		struct packet k;

		assert_int_equal(decode(d, RAW, buf, n, n, &k), DECODE_OK);
		if (k.esp != esp[i].esp || decoder_stats(d)->note[NOTE_ESP] != esp[i].esp)
			fail_msg("%s", esp[i].layers);
		assert_int_equal(k.tunnel, TUNNEL_NONE);
		assert_true(k.proto == 50 || k.payload_wire == n - 28);
		decoder_free(d);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_tunnel_is_opened_and_named),
		cmocka_unit_test(every_tunnel_has_a_sample_and_a_name),
		cmocka_unit_test(cut_at_every_length),
		cmocka_unit_test(one_wrong_byte),
		cmocka_unit_test(what_is_no_tunnel_is_plain_udp),
		cmocka_unit_test(noise_on_tunnel_ports),
		cmocka_unit_test(tunnels_that_are_not_opened),
		cmocka_unit_test(empty_gre_is_its_own_packet),
		cmocka_unit_test(bubbles_are_packets_without_content),
		cmocka_unit_test(inner_fragments),
		cmocka_unit_test(too_deep_is_counted),
		cmocka_unit_test(esp_is_told_also_in_udp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
