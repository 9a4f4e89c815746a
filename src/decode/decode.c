// SPDX-License-Identifier: BSD-2-Clause
/*
 * The loop over layers, and the tables that say which decoder a number means. A decoder is a file
 * and its rows here.
 */
#include "decode/decode.h"

#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "decode/layer.h"
#include "decode/plain.h"

/* Layers of one frame. Overlay networks in real captures have up to ten. */
enum { DEPTH_MAX = 24 };

struct decoder {
	struct decode_stats stats;
	struct frag_table *frags;        /* a megabyte: made when the first fragment comes */
	uint64_t fragment_of[FRAG_NEST]; /* of the last frame */
	uint8_t n_fragment_of;
	struct heartbeat heartbeat;
	uint64_t heartbeat_read; /* stats.read behind its frame; 0: there was none */
	bool layers_only;
};

struct row {
	uint16_t number;
	decode_fn *fn;
};

static const struct row by_ethertype[] = {
	{0x0800, decode_ipv4},       {0x86dd, decode_ipv6},   {0x8100, decode_vlan},
	{0x88a8, decode_vlan},       {0x9100, decode_vlan},   {0x9200, decode_vlan},
	{0x9300, decode_vlan},       {0x8847, decode_mpls},   {0x8848, decode_mpls},
	{0x8864, decode_pppoe},      {0x8870, decode_llc}, /* LLC in frames above 1500 bytes */
	{0x22f3, decode_trill},      {0x88e5, decode_macsec}, {0x88e7, decode_pbb},
	{0x8903, decode_fabricpath}, {0x8909, decode_cmd},    {0x8926, decode_vntag},
	{0x892f, decode_hsr},        {0x893f, decode_etag},   {0x894f, decode_nsh},
	{0x886f, decode_nlb},
};

static const struct row by_proto[] = {
	{IPPROTO_NR_TCP, decode_tcp},
	{IPPROTO_NR_UDP, decode_udp},
	{IPPROTO_NR_ICMP, decode_icmp},
	{IPPROTO_NR_ICMP6, decode_icmp6},
	{4, decode_ipv4},  /* IP in IP, RFC 2003 */
	{41, decode_ipv6}, /* 6in4, RFC 4213 3 */
	{47, decode_gre},
	{97, decode_etherip},
	{115, decode_l2tp3},
	{137, decode_mpls},        /* MPLS in IP, RFC 4023 */
	{143, decode_ip_ethernet}, /* RFC 8986 10.1 */
};

/* By port, ascending. Unless said otherwise the specification gives the tunnel its destination port
 * alone and leaves the source port to spread load (as RFC 7348 5 does). */
static const struct udp_row {
	uint16_t port;
	bool answers; /* also come from this port */
	decode_fn *fn;
} by_udp_port[] = {
	{TUNNEL_PORT_LEAST, true, decode_l2tp}, /* RFC 2661 8.1 */
	{2152, false, decode_gtpu},             /* TS 29.281 4.4.2.3 */
	{3386, false, decode_gtp0},             /* GSM 09.60 10 */
	{3544, true, decode_teredo},            /* RFC 4380 2.7: servers */
	{4341, false, decode_lisp},             /* RFC 9300 5.3 */
	{4500, true, decode_esp_udp},           /* RFC 3948 2.1; NAT changes the other one */
	{4754, false, decode_gre},              /* RFC 8086 3.1 */
	{4789, false, decode_vxlan},            /* RFC 7348 5 */
	{4790, false, decode_vxlan_gpe},
	{5072, true, decode_ayiya},              /* draft-massar-v6ops-ayiya-02 */
	{5247, true, decode_capwap},             /* RFC 5415 3.1: controllers */
	{6080, false, decode_gue},               /* draft-ietf-intarea-gue-09 */
	{6081, false, decode_geneve},            /* RFC 8926 3.3 */
	{6635, false, decode_mpls_udp},          /* RFC 7510 3 */
	{TUNNEL_PORT_MOST, false, decode_vxlan}, /* Linux, from before RFC 7348 */
	{TUNNEL_PORT_ABOVE, false, decode_tzsp},
};

static decode_fn *find(const struct row *rows, size_t n, uint16_t number)
{
	for (size_t i = 0; i < n; i++)
		if (rows[i].number == number)
			return rows[i].fn;
	return NULL;
}

decode_fn *decode_by_ethertype(uint16_t type)
{
	return find(by_ethertype, N_ELEMENTS(by_ethertype), type);
}

decode_fn *decode_by_proto(uint8_t proto)
{
	return find(by_proto, N_ELEMENTS(by_proto), proto);
}

static const struct udp_row *find_port(uint16_t port)
{
	size_t low = 0, high = N_ELEMENTS(by_udp_port);

	if (!decode_port_may_be_tunnel(port))
		return NULL;
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (by_udp_port[middle].port == port)
			return &by_udp_port[middle];
		if (by_udp_port[middle].port < port)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

decode_fn *decode_by_udp_ports(uint16_t sport, uint16_t dport)
{
	const struct udp_row *row = find_port(dport);

	if (!row) {
		row = find_port(sport);
		if (row && !row->answers)
			row = NULL;
	}
	return row ? row->fn : NULL;
}

struct decoder *decoder_new(void)
{
	return calloc(1, sizeof(struct decoder));
}

struct decoder *decoder_free(struct decoder *d)
{
	if (!d)
		return NULL;
	if (d->frags)
		frag_done(d->frags);
	free(d->frags);
	free(d);
	return NULL;
}

const struct decode_stats *decoder_stats(const struct decoder *d)
{
	return &d->stats;
}

const char *tunnel_name(enum tunnel t)
{
	static const char *const names[] = {
#define X(id, name) name,
		TUNNELS(X)
#undef X
	};

	return t < TUNNEL_N ? names[t] : "";
}

void decoder_release(struct decoder *d)
{
	if (d->frags)
		frag_release(d->frags);
}

void decoder_end(struct decoder *d)
{
	if (d->frags)
		frag_end(d->frags);
}

struct frag_table *decoder_frags(struct decoder *d)
{
	if (!d->frags) {
		d->frags = calloc(1, sizeof *d->frags);
		if (d->frags) {
			d->frags->secret = hash_key_random();
			d->frags->stats = &d->stats;
		}
	}
	return d->frags;
}

static enum decode_skip layers(struct decoder *d, struct layer *l)
{
	struct packet plain;
	struct layer plain_layer;
	bool may_be_plain = false;

	for (unsigned depth = 0; l->next; depth++) {
		decode_fn *fn = l->next;
		enum decode_skip skip;

		if (depth == DEPTH_MAX)
			return SKIP_DEPTH;
		l->next = NULL;
		skip = fn(d, l);
		/* These are said of what was found inside: it was a tunnel. */
		if (skip == SKIP_DEPTH || skip == SKIP_FRAG_ORPHAN || skip == SKIP_ENCRYPTED)
			return skip;
		if (skip != DECODE_OK) {
			if (!may_be_plain)
				return skip;
			/* A port number is only a promise: it was no tunnel, or none with IP
			 * inside. */
			*l->packet = plain;
			*l = plain_layer;
			return DECODE_OK;
		}
		if (l->tunnel) {
			plain = *l->packet;
			l->next = l->tunnel;
			l->tunnel = NULL;
			plain_layer = *l;
			may_be_plain = true;
		}
	}
	return DECODE_OK;
}

static inline void count(struct decode_stats *s, uint32_t notes)
{
	for (unsigned i = 0; notes; i++, notes >>= 1)
		s->note[i] += notes & 1;
}

void decoder_layers_only(struct decoder *d)
{
	d->layers_only = true;
}

static enum decode_skip by_layers(struct decoder *d, uint16_t linktype, const uint8_t *p,
				  uint32_t len, struct packet *ret)
{
	struct layer l = {
		.r = rd_over(p, len),
		.missing = ret->wire_len - len,
		.next = decode_by_linktype(linktype),
		.packet = ret,
	};
	enum decode_skip skip = SKIP_LINKTYPE;

	if (l.missing)
		layer_note(&l, NOTE_SNAPPED);
	if (l.next)
		skip = layers(d, &l);
	d->stats.read++;
	d->stats.by_layers++;
	d->stats.by[skip]++;
	d->n_fragment_of = l.n_frag;
	for (unsigned i = 0; i < l.n_frag; i++)
		d->fragment_of[i] = l.frag[i].serial;
	if (skip == DECODE_OK) {
		if (unlikely(l.n_frag))
			decode_fragments_settle(d, &l, &d->stats);
		count(&d->stats, l.notes);
	}
	return skip;
}

/* All but what the caller has set. */
static void packet_begin(struct packet *k)
{
	*k = (struct packet){
		.ts_ns = k->ts_ns,
		.input = k->input,
		.number = k->number,
		.wire_len = k->wire_len,
	};
}

void decoder_plain(struct decoder *d, size_t n)
{
	if (!n)
		return;
	d->n_fragment_of = 0;
	d->stats.read += n;
	d->stats.by[DECODE_OK] += n;
}

void decoder_noted(struct decoder *d, uint32_t notes)
{
	count(&d->stats, notes);
}

enum decode_skip decode_into(struct decoder *d, uint16_t linktype, const uint8_t *p, uint32_t len,
			     struct packet *packet)
{
	uint32_t notes = 0;

	if (d->layers_only || !decode_plain(linktype, p, len, packet->wire_len, packet, &notes)) {
		packet_begin(packet);
		return by_layers(d, linktype, p, len, packet);
	}
	decoder_plain(d, 1);
	decoder_noted(d, notes);
	return DECODE_OK;
}

enum decode_skip decode_frame(struct decoder *d, uint16_t linktype, const uint8_t *p, uint32_t len,
			      uint32_t wire_len, int64_t ts_ns, uint32_t number,
			      struct packet *ret_packet)
{
	ret_packet->ts_ns = ts_ns;
	ret_packet->input = 0;
	ret_packet->number = number;
	ret_packet->wire_len = wire_len < len ? len : wire_len;
	return decode_into(d, linktype, p, len, ret_packet);
}

size_t decoder_fragment_of(const struct decoder *d, const uint64_t **ret_numbers)
{
	*ret_numbers = d->fragment_of;
	return d->n_fragment_of;
}

void layer_heartbeat(struct decoder *d, const struct heartbeat *h)
{
	d->heartbeat = *h;
	d->heartbeat_read = d->stats.read + 1;
}

const struct heartbeat *decoder_heartbeat(const struct decoder *d)
{
	return d->heartbeat_read == d->stats.read && d->stats.read ? &d->heartbeat : NULL;
}

void decode_filtered(struct decoder *d)
{
	d->n_fragment_of = 0;
	d->stats.read++;
	d->stats.by[SKIP_FILTERED]++;
}

static const struct {
	const char *name, *help;
} skips[] = {[DECODE_OK] = {"decoded", "an IP packet was found"},
#define X(id, name, help) [SKIP_##id] = {name, help},
	     DECODE_SKIPS(X)
#undef X
};

const char *decode_skip_name(enum decode_skip s)
{
	return skips[s].name;
}

const char *decode_skip_help(enum decode_skip s)
{
	return skips[s].help;
}
