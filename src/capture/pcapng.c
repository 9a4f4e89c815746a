// SPDX-License-Identifier: BSD-2-Clause
/*
 * pcapng: draft-ietf-opsawg-pcapng. Blocks and packets; what else is in blocks is in pcapng_info.c.
 *
 * Every block says its length at both ends. Where the two differ nothing behind is safe to read,
 * and reading stops, as Wireshark's does. So it does at a packet of an interface that was not
 * described: its link type and its time are not known, and neither is what else went wrong.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "capture/linktype.h"
#include "capture/reader_internal.h"

enum {
	BLOCK_SECTION = 0x0a0d0d0a, /* reads the same in both byte orders */
	BLOCK_INTERFACE = 1,
	BLOCK_OLD_PACKET = 2,
	BLOCK_SIMPLE = 3,
	BLOCK_NAMES = 4,
	BLOCK_STATISTICS = 5,
	BLOCK_ENHANCED = 6,
	BLOCK_JOURNAL = 9,
	BLOCK_CUSTOM = 0xbad,
	BLOCK_CUSTOM_PRIVATE = 0x40000bad,
	/* Of sysdig: events of a system. */
	BLOCK_EVENT = 0x204,
	BLOCK_EVENT_2 = 0x216,
	BLOCK_EVENT_2_LARGE = 0x221,

	ORDER_MAGIC = 0x1a2b3c4d,
	BLOCK_LENGTHS = 12, /* type, length, and length again */
	SECTION_HEAD = 28,
	ENHANCED_DATA = 28, /* of the block's begin */
	SIMPLE_DATA = 12,

	/* What of a block is looked at; the rest is skipped. A packet needs no more: its data and
	 * as much again of options. */
	LOOK_PACKET = 2 * FRAME_MAX,
	LOOK_OTHER = 4 << 20,
	/* The largest packet of any link type, and options of two times 65535 bytes. */
	BLOCK_MOST = (128 << 20) + (128 << 10),
};

static bool is_packet(uint32_t type)
{
	return type == BLOCK_ENHANCED || type == BLOCK_SIMPLE || type == BLOCK_OLD_PACKET;
}

/* Blocks that tshark numbers as if they were packets. */
static bool is_numbered(uint32_t type)
{
	switch (type) {
	case BLOCK_JOURNAL:
	case BLOCK_CUSTOM:
	case BLOCK_CUSTOM_PRIVATE:
	case BLOCK_EVENT:
	case BLOCK_EVENT_2:
	case BLOCK_EVENT_2_LARGE:
		return true;
	default:
		return false;
	}
}

static inline int64_t time_of(const struct interface *i, uint64_t t)
{
	int64_t ns;

	if (likely(i->unit_ns && i->offset_s == 0) &&
	    likely(!__builtin_mul_overflow(t, i->unit_ns, &ns)))
		return ns;
	return pcapng_time(i, t);
}

/* A packet block. `look` bytes of it are at p; it has `total`. */
static int packet(struct reader *r, struct batch *b, uint32_t type, const uint8_t *p, size_t look,
		  uint32_t total)
{
	struct pcapng *ng = &r->ng;
	bool big = ng->big;
	uint32_t id = 0, len, wire, lost = 0;
	size_t data = type == BLOCK_SIMPLE ? SIMPLE_DATA : ENHANCED_DATA;
	uint64_t t = 0;

	if (total < data + 4)
		return reader_damaged(r, "a packet block of %u bytes", total);
	if (type == BLOCK_ENHANCED) {
		id = load32(p + 8, big);
	} else if (type == BLOCK_OLD_PACKET) {
		id = load16(p + 8, big);
		lost = load16(p + 10, big);
		if (lost == UINT16_MAX) /* "unknown" (appendix A) */
			lost = 0;
	}
	if (id >= ng->interfaces.n)
		return reader_damaged(r, "a packet of interface %u, which was not described", id);

	struct interface *i = &ng->interfaces.v[id];

	if (type == BLOCK_SIMPLE) {
		/* Section 4.4: all that the snap length of the first interface leaves. It has no
		 * time. */
		wire = load32(p + 8, big);
		len = wire < i->snaplen ? wire : i->snaplen;
	} else {
		t = (uint64_t)load32(p + 12, big) << 32 | load32(p + 16, big);
		len = load32(p + 20, big);
		wire = load32(p + 24, big);
	}
	if (len > i->max || len > total - data - 4)
		return reader_damaged(r, "a packet of %u bytes in a block of %u", len, total);
	reader_put(r, b, time_of(i, t), p + data, len < FRAME_MAX ? len : FRAME_MAX, wire,
		   i->linktype, i->bpf);

	/* Options are rare. A list of them that is broken takes nothing from the packet. */
	size_t after = data + (((size_t)len + 3) & ~(size_t)3);

	if (type == BLOCK_ENHANCED && unlikely(after + 8 < look)) {
		enum { EPB_DROPCOUNT = 4 };
		struct rd list = rd_over(p + after, look - after - (look >= total ? 4 : 0));
		struct option o;
		bool broken;

		while (pcapng_option(&list, big, &o, &broken))
			if (o.code == EPB_DROPCOUNT && rd_left(&o.value) == 8)
				return pcapng_lost(r, i,
						   big ? rd_be64(&o.value) : rd_le64(&o.value));
	}
	return lost ? pcapng_lost(r, i, lost) : 1;
}

static int section(struct reader *r, const uint8_t *p, uint32_t total)
{
	struct pcapng *ng = &r->ng;
	struct rd body = rd_over(p + 8, SECTION_HEAD - 12);
	uint16_t major, minor;
	uint64_t length;

	rd_skip(&body, 4);
	major = rd_u16(&body, !ng->big);
	minor = rd_u16(&body, !ng->big);
	length = ng->big ? rd_be64(&body) : rd_le64(&body);
	ng->interfaces.n = 0;
	/* Section 4.1: a new minor version can be read by who knows an old one. */
	if (major == 1)
		return 1;
	if (length == UINT64_MAX || r->skip)
		return reader_damaged(r, "a section in version %u.%u of the pcapng format", major,
				      minor);
	snprintf(r->source.note, sizeof r->source.note,
		 "it has a section in version %u.%u of the pcapng format, which is left out", major,
		 minor);
	r->skip = length;
	return 1;
}

/* The rest of a block that was looked at only in part, and the length at its end. As
 * reader_more(). */
static int rest(struct reader *r, const struct batch *b)
{
	struct stream *s = &r->stream;
	int status;

	r->is_block = !r->inside;
	status = reader_skip(r, b);
	if (status <= 0)
		return status;
	while (r->ng.tail) {
		if (stream_left(s) < 4) {
			status = reader_more(r, b, 4);
			if (status <= 0)
				return status;
			continue;
		}
		if (load32(s->p, r->ng.big) != r->ng.tail)
			return reader_damaged(r, "the two lengths of a block are %u and %u",
					      r->ng.tail, load32(s->p, r->ng.big));
		s->p += 4;
		r->ng.tail = 0;
	}
	r->inside = r->is_block = false;
	return 1;
}

static int handle(struct reader *r, struct batch *b, uint32_t type, const uint8_t *p, size_t look,
		  uint32_t total)
{
	static const struct {
		uint32_t type, least;
		int (*take)(struct reader *r, struct rd body);
	} takers[] = {
		{BLOCK_INTERFACE, 20, pcapng_interface},
		{BLOCK_NAMES, 12, pcapng_names},
		{BLOCK_STATISTICS, 24, pcapng_statistics},
	};

	if (is_packet(type))
		return packet(r, b, type, p, look, total);
	if (type == BLOCK_SECTION)
		return section(r, p, total);
	for (size_t i = 0; i < N_ELEMENTS(takers); i++) {
		if (takers[i].type != type)
			continue;
		if (total < takers[i].least)
			return reader_damaged(r, "a block of type %u with %u bytes", type, total);
		return takers[i].take(r, rd_over(p + 8, look - 8 - (look >= total ? 4 : 0)));
	}
	/* Secrets, and what is not known: section 4 wants them skipped. */
	r->number += is_numbered(type);
	return 1;
}

/* One block. As reader_more(). */
static int block(struct reader *r, struct batch *b)
{
	struct stream *s = &r->stream;
	const uint8_t *p;
	uint32_t type, total;
	size_t want = 12, look;
	bool big;
	int status;

	if (unlikely(r->skip || r->ng.tail)) {
		status = rest(r, b);
		if (status <= 0)
			return status;
	}
	for (;;) {
		if (stream_left(s) < want) {
			r->is_block = stream_left(s) >= 4 && !is_packet(load32(s->p, r->ng.big));
			status = reader_more(r, b, want);
			if (status <= 0)
				return status;
			continue;
		}
		p = s->p;
		big = r->ng.big;
		type = load32(p, big);
		if (unlikely(type == BLOCK_SECTION)) {
			big = load32(p + 8, true) == ORDER_MAGIC;
			if (!big && load32(p + 8, false) != ORDER_MAGIC)
				return reader_damaged(r, "a section in no byte order");
		}
		total = load32(p + 4, big);
		if (total < BLOCK_LENGTHS || total > BLOCK_MOST ||
		    (type == BLOCK_SECTION && total < SECTION_HEAD))
			return reader_damaged(r, "a block of %u bytes", total);
		/* The length should be a multiple of 4 (section 3.1). Where it is not, the block is
		 * filled up to one nevertheless. */
		look = ((size_t)total + 3) & ~(size_t)3;
		if (unlikely(look > (is_packet(type) ? LOOK_PACKET : LOOK_OTHER)))
			look = is_packet(type) ? LOOK_PACKET : LOOK_OTHER;
		if (stream_left(s) >= look)
			break;
		want = look;
	}
	r->is_block = false;
	s->p += look;
	r->ng.big = big;
	if (likely(look >= total)) {
		if (unlikely(load32(p + look - 4, big) != total))
			return reader_damaged(r, "the two lengths of a block are %u and %u", total,
					      load32(p + look - 4, big));
		return handle(r, b, type, p, look, total);
	}
	r->skip = (((uint64_t)total + 3) & ~UINT64_C(3)) - look - 4;
	r->ng.tail = total;
	r->inside = is_packet(type);
	return handle(r, b, type, p, look, total);
}

/* The packets that nearly all are, one after the other: enhanced, whole in the buffer, without
 * options, little endian. What is anything else, or makes no sense, is left to block(). */
static inline void packets(struct reader *r, struct batch *b)
{
	const struct interface *interfaces = r->ng.interfaces.v;
	const uint8_t *p = r->stream.p, *end = r->stream.end;

	while (b->n < BATCH_FRAMES && end - p >= ENHANCED_DATA + 4 &&
	       load32(p, false) == BLOCK_ENHANCED) {
		uint32_t total = load32(p + 4, false), id = load32(p + 8, false);
		uint32_t len = load32(p + 20, false);

		if (unlikely(total > end - p || id >= r->ng.interfaces.n || len > FRAME_MAX ||
			     total != ENHANCED_DATA + 4 + ((len + 3) & ~UINT32_C(3)) ||
			     load32(p + total - 4, false) != total))
			break;

		const struct interface *i = &interfaces[id];

		reader_put(
			r, b,
			time_of(i, (uint64_t)load32(p + 12, false) << 32 | load32(p + 16, false)),
			p + ENHANCED_DATA, len, load32(p + 24, false), i->linktype, i->bpf);
		p += total;
	}
	r->stream.p = p;
}

static int fill(struct reader *r, struct batch *b)
{
	while (b->n < BATCH_FRAMES) {
		int status;

		if (likely(!r->ng.big && !r->skip && !r->ng.tail))
			packets(r, b);
		if (b->n == BATCH_FRAMES)
			break;
		status = block(r, b);
		if (status <= 0)
			return status;
	}
	return 0;
}

int pcapng_open(struct reader *r, const char *name, struct errors *errs, bool *ret_usage)
{
	struct batch none = {.n = 0};
	int linktype = -1, status = 1;

	r->fill = fill;
	while (status > 0 && !r->ng.first)
		status = block(r, &none);
	if (status < 0)
		return status;
	if (!r->ng.first && r->end == SOURCE_WHOLE && r->source.note[0]) {
		r->end = SOURCE_DAMAGED;
		snprintf(r->source.why, sizeof r->source.why, "%s", r->source.note);
	}
	/* A section and no interface in it: dumpcap and editcap write that when nothing was
	 * captured. */
	if (!r->ng.first && r->end != SOURCE_WHOLE)
		return reader_refuse(r, name, errs);
	if (r->ng.first)
		linktype = r->ng.interfaces.v[0].linktype;
	if (!bpf_first(&r->filter, linktype, errs, ret_usage))
		return 0;
	if (r->filter.text && r->ng.first) {
		r->ng.interfaces.v[0].bpf = bpf_of(&r->filter, (uint16_t)linktype, &r->source);
		if (!r->ng.interfaces.v[0].bpf)
			return -ENOMEM;
	}
	return 1;
}

void pcapng_close(struct reader *r)
{
	vec_done(&r->ng.interfaces);
}
