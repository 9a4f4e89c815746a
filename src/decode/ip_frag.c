// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a fragment means for the packet in hand. Its first fragment has the ports (RFC 791 2.3, RFC
 * 8200 4.5); what came before that one is given back when it comes.
 *
 * A datagram may carry a tunnel: then its first fragment shows the packet inside, whose headers
 * tell its true length, and the later ones are the rest of that packet. They are decoded, and
 * belong to no flow: the ends of a tunnel have no conversation of their own in what it carries.
 */
#include "decode/layer.h"

enum { TCP_HEADER = 20, TCP_TO_FLAGS = 14, UDP_HEADER = 8 };

static void learn(struct frag_entry *e, const struct layer *l, const struct ip_frag *frag)
{
	struct rd look = l->r;
	uint16_t sport = 0, dport = 0;

	if (l->proto == IPPROTO_NR_TCP || l->proto == IPPROTO_NR_UDP) {
		sport = rd_be16(&look);
		dport = rd_be16(&look);
		if (rd_short(&look))
			return;
		/* Whose header the capture cut is skipped, and the rest of it must not be counted
		 * alone: its ports would have sent what nobody answers. */
		if (l->missing &&
		    rd_left(&l->r) < (l->proto == IPPROTO_NR_TCP ? TCP_TO_FLAGS : UDP_HEADER))
			return;
	}
	e->has_first = true;
	e->proto = l->proto;
	e->sport = sport;
	e->dport = dport;
	e->transport = (uint16_t)(l->r.p - frag->data);
	e->has_seq = false;
	if (l->proto != IPPROTO_NR_TCP)
		return;

	uint32_t seq = rd_be32(&look), ack = rd_be32(&look);
	uint32_t header = (uint32_t)(rd_u8(&look) >> 4) * 4;
	uint8_t flags = rd_u8(&look);

	if (rd_short(&look) || header < TCP_HEADER)
		return;
	e->has_seq = true;
	e->payload = e->transport + header;
	e->seq = seq + ((flags & TCP_SYN) != 0) - e->payload;
	e->ack = ack;
}

/* Remembers a fragment that nobody can be told of yet. */
static void early(struct frag_entry *e, const struct layer *l, uint32_t end)
{
	const struct packet *k = l->packet;
	struct packet_early was = e->early, *a = &e->early;

	/* No datagram is made of so much: the rest stays what it is, orphans. */
	if (__builtin_add_overflow(a->wire, k->wire_len, &a->wire) ||
	    __builtin_add_overflow(a->payload, (uint32_t)layer_wire(l), &a->payload)) {
		*a = was;
		return;
	}
	if (a->n == 0 || k->ts_ns < a->ts_ns)
		a->ts_ns = k->ts_ns;
	if (end > a->reach)
		a->reach = end;
	a->n++;
	for (unsigned i = 0; i < NOTE_N; i++)
		e->early_note[i] += l->notes >> i & 1;
}

enum decode_skip decode_fragment(struct decoder *d, struct layer *l, const struct ip_frag *frag,
				 uint32_t key_proto)
{
	struct packet *k = l->packet;
	struct frag_key key = {k->src, k->dst, frag->id, key_proto};
	size_t captured = (size_t)(l->r.end - frag->data), wire = captured + l->missing;
	struct frag_piece piece = {
		.p = frag->data,
		.captured = (uint32_t)captured,
		.wire = (uint32_t)wire,
		.offset = (uint32_t)frag->offset * FRAG_UNIT,
		.before = frag->before,
		.more = frag->more,
	};

	struct frag_table *t = decoder_frags(d);

	if (l->n_frag == FRAG_NEST)
		return SKIP_DEPTH;
	if (!t)
		return frag->first ? DECODE_OK : SKIP_FRAG_ORPHAN;

	struct frag_ref ref = frag_add(t, &key, &piece, k->ts_ns);
	struct frag_entry *e = frag_at(t, ref.serial);

	l->frag[l->n_frag++] = ref;
	k->fragment = true;
	layer_note(l, NOTE_FRAGMENT);
	if (frag->first) {
		learn(e, l, frag);
		return DECODE_OK;
	}
	if (!e->has_first) {
		if (!ref.copy)
			early(e, l, piece.offset + piece.wire);
		return SKIP_FRAG_ORPHAN;
	}
	k->later_fragment = true;
	layer_payload(l);
	if (e->tunnel) {
		k->proto = FRAG_PROTO;
		return DECODE_OK;
	}
	k->proto = e->proto;
	k->sport = e->sport;
	k->dport = e->dport;
	if (e->has_seq) {
		k->has_seq = true;
		k->seq = e->seq + piece.offset;
		k->ack = e->ack;
	}
	return DECODE_OK;
}

/* The first fragment came at last: what was skipped for want of it was none after all. */
static void settle_early(struct frag_entry *e, struct packet *k, bool mine, struct decode_stats *s)
{
	uint32_t n = e->early.n;

	if (n == 0)
		return;
	s->by[SKIP_FRAG_ORPHAN] -= n;
	s->by[DECODE_OK] += n;
	for (unsigned i = 0; i < NOTE_N; i++)
		s->note[i] += e->early_note[i];
	if (mine && (k->proto == IPPROTO_NR_TCP || k->proto == IPPROTO_NR_UDP)) {
		k->early = e->early;
		k->early.reach = 0;
		if (e->has_seq && e->early.reach > e->payload)
			k->early.reach = e->early.reach - e->payload;
	} else {
		s->early_other += n;
	}
	e->early = (struct packet_early){0};
	for (unsigned i = 0; i < NOTE_N; i++)
		e->early_note[i] = 0;
}

static void udp_whole(struct layer *l, struct rd datagram)
{
	struct packet *k = l->packet;
	struct rd r = datagram;

	rd_skip(&r, 4);

	uint16_t length = rd_be16(&r), checksum = rd_be16(&r);

	if (rd_short(&r))
		return;
	if (length >= UDP_HEADER && length < rd_left(&datagram))
		datagram.end = r.end = datagram.p + length;
	/* 0 is "none", and was judged with the first fragment. */
	if (checksum != 0 && !checksum_transport_good(l, datagram.p, rd_left(&datagram)))
		layer_note(l, NOTE_BAD_CHECKSUM);
	k->whole = r.p;
	k->whole_len = (uint32_t)rd_left(&r);
}

static void tcp_whole(struct layer *l, struct rd segment)
{
	struct packet *k = l->packet;
	struct rd r = segment;

	rd_skip(&r, 4);

	uint32_t seq = rd_be32(&r);

	rd_skip(&r, 4);

	size_t header = (size_t)(rd_u8(&r) >> 4) * 4;
	uint8_t flags = rd_u8(&r);

	if (rd_short(&r) || header < TCP_HEADER || header > rd_left(&segment))
		return;
	if (!checksum_transport_good(l, segment.p, rd_left(&segment)))
		layer_note(l, NOTE_BAD_CHECKSUM);
	rd_skip(&segment, header);
	k->whole = segment.p;
	k->whole_len = (uint32_t)rd_left(&segment);
	k->whole_seq = seq + ((flags & TCP_SYN) != 0);
}

static void hand_out(struct frag_table *t, const struct frag_entry *e, struct layer *l,
		     struct decode_stats *s)
{
	bool tcp = e->proto == IPPROTO_NR_TCP;

	if ((!tcp && e->proto != IPPROTO_NR_UDP) || e->transport >= e->bytes.total)
		return;

	uint32_t n = e->bytes.total - e->transport;
	uint8_t *b = frag_whole(t, n);

	if (!b) {
		s->fragments.whole--;
		s->fragments.shed++;
		return;
	}
	frag_bytes_read(&t->pool, &e->bytes, e->transport, b);
	if (tcp)
		tcp_whole(l, rd_over(b, n));
	else
		udp_whole(l, rd_over(b, n));
}

void decode_fragments_settle(struct decoder *d, struct layer *l, struct decode_stats *s)
{
	struct packet *k = l->packet;

	for (unsigned i = 0; i < l->n_frag; i++) {
		struct frag_entry *e = frag_at(decoder_frags(d), l->frag[i].serial);
		bool mine = i + 1u == l->n_frag && k->fragment;

		if (!e)
			continue;
		if (!mine)
			e->tunnel = true;
		if (!mine || !k->later_fragment)
			settle_early(e, k, mine, s);
		if (mine && l->frag[i].completes && !e->tunnel)
			hand_out(decoder_frags(d), e, l, s);
	}
}
