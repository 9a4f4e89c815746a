// SPDX-License-Identifier: BSD-2-Clause
/*
 * pcap files: draft-ietf-opsawg-pcap, and the variants of it that were written before and beside.
 *
 *   magic                records
 *   a1b2c3d4             microseconds, 16 bytes before the packet; but also
 *                          Red Hat 6.1: 24 bytes before it (interface, protocol, type of packet)
 *                          Nokia IPSO: 20 bytes before it
 *                          AIX: nanoseconds, and numbers of RFC 1573 for link types
 *   a1b23c4d             nanoseconds
 *   a1b2cd34             the patches of A. Kuznetzov: 24 bytes, or with SuSE 6.3 28 bytes
 *   1c0001ac, 1c0001ab   IXIA: nano- and microseconds, with the size of the records in the header
 *
 * What the magic does not tell is found as Wireshark finds it, by how much of the first records
 * makes no sense under each reading.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/rd.h"
#include "base/time.h"
#include "capture/linktype.h"
#include "capture/reader_internal.h"

enum {
	MAGIC_US = 0xa1b2c3d4,
	MAGIC_NS = 0xa1b23c4d,
	MAGIC_MODIFIED = 0xa1b2cd34,
	MAGIC_IXIA_NS = 0x1c0001ac,
	MAGIC_IXIA_US = 0x1c0001ab,

	FILE_HEAD = 24,
	IXIA_SIZE = 4,
	HEAD_PLAIN = 16,
	HEAD_NOKIA = 20,
	HEAD_MODIFIED = 24,
	HEAD_SUSE = 28,

	LINK_ETHERNET = 1,
	FAKED_ETHERNET = 14,
};

/* 32 bits of seconds end in 2106, far from the ends of int64_t. */
static int64_t time_of(const struct pcapfile *f, uint32_t seconds, uint32_t fraction)
{
	return seconds * NS_PER_S + fraction * (int64_t)f->ns;
}

/* The records that are whole in the buffer. Returns 0, or (the batch has room) how many bytes the
 * next one needs. `big` and `plain` are constants where it is called. */
__attribute__((always_inline)) static inline size_t records(struct reader *r, struct batch *b,
							    bool big, bool plain)
{
	const struct pcapfile own = r->pcap, *f = &own;
	const size_t head = plain ? HEAD_PLAIN : f->head;
	const uint32_t front = plain ? 0 : f->front;
	const uint8_t *p = r->stream.p, *end = r->stream.end;
	struct frame *to = &b->f[b->n], *const full = b->f + BATCH_FRAMES;
	uint32_t number = r->number;
	size_t want = 0;

	for (; to < full; p += want) {
		want = head;
		if (unlikely((size_t)(end - p) < want))
			break;

		uint32_t len = load32(p + 8, big), wire = load32(p + 12, big), take;

		if (!plain && (f->lengths == LENGTHS_WIRE_FIRST ||
			       (f->lengths == LENGTHS_EITHER && len > wire))) {
			uint32_t t = len;

			len = wire;
			wire = t;
		}
		if (unlikely(len > f->max || len < front)) {
			want = 0;
			r->number = number; /* it is told */
			reader_damaged(r, "a length of %u bytes", len);
			break;
		}
		want += unlikely(len > FRAME_MAX) ? FRAME_MAX : len;
		if (unlikely((size_t)(end - p) < want))
			break;

		/* "The portion of each packet that exceeds this value will not be stored"
		 * (section 4): where it is, libpcap cuts there too. */
		take = len - front < f->snaplen ? len - front : f->snaplen;
		if (unlikely(take > FRAME_MAX - front))
			take = FRAME_MAX - front;
		frame_put(to++, ++number, time_of(f, load32(p, big), load32(p + 4, big)),
			  p + head + front, take, wire < front ? 0 : wire - front, f->linktype,
			  f->bpf);
		if (unlikely(len > FRAME_MAX)) {
			r->skip = len - FRAME_MAX;
			r->inside = true;
			p += want;
			want = 0;
			break;
		}
	}
	r->stream.p = p;
	r->number = number;
	b->n = (size_t)(to - b->f);
	return b->n < BATCH_FRAMES ? want : 0;
}

__attribute__((always_inline)) static inline int fill(struct reader *r, struct batch *b, bool big,
						      bool plain)
{
	for (;;) {
		size_t want;
		int status;

		if (unlikely(r->skip)) {
			status = reader_skip(r, b);
			if (status <= 0)
				return status;
			r->inside = false;
		}
		want = records(r, b, big, plain);
		if (!want)
			return 0;
		status = reader_more(r, b, want);
		if (status <= 0)
			return status;
	}
}

static int fill_little(struct reader *r, struct batch *b)
{
	return fill(r, b, false, true);
}

static int fill_big(struct reader *r, struct batch *b)
{
	return fill(r, b, true, true);
}

static int fill_variant(struct reader *r, struct batch *b)
{
	return fill(r, b, r->pcap.big, false);
}

/* n bytes of the file in the buffer. As reader_more(). */
static int need(struct reader *r, size_t n)
{
	static const struct batch none;

	while (stream_left(&r->stream) < n) {
		int status = reader_more(r, &none, n);

		if (status <= 0)
			return status;
	}
	return 1;
}

/* The four bytes that Nokia's records have more: xfbfyz0w with these x, y, z, w. */
static bool is_nokia(uint32_t v)
{
	uint32_t x = v >> 28, y = v >> 12 & 15, z = v >> 8 & 15, w = v & 15;

	return (v & 0x0fff00f0) == 0x0fbf0000 && (x == 9 || x == 11) && (y == 11 || y == 13) &&
	       (z == 6 || z == 9) && (w == 1 || w == 2);
}

/* What makes no sense in the fields of the patched records: number of the interface, ethertype (or
 * one of Linux's own below 0x600), and one of five types of packet. */
static unsigned odd_modified(const uint8_t *p, bool big)
{
	uint32_t ifindex = load32(p, big);
	uint16_t protocol = load16(p + 4, big);
	bool known = protocol >= 0x600 || protocol <= 0x17 || protocol == 0x60 ||
		     protocol == 0x200 || protocol == 0x400;

	return (ifindex > 10000) + !known + (p[6] > 4);
}

/* How much makes no sense in the record at offset `at`, if records begin with `head` bytes. The
 * offset behind it is *at again, or 0 when there is none. Negative errno. */
static int odd(struct reader *r, size_t head, size_t *at)
{
	const struct pcapfile *f = &r->pcap;
	int status = need(r, *at + head);
	int n = 0;

	if (status < 0)
		return status;
	if (status == 0) {
		n = stream_left(&r->stream) > *at;
		*at = 0;
		return n;
	}

	const uint8_t *p = r->stream.p + *at;
	uint32_t len = load32(p + 8, f->big), wire = load32(p + 12, f->big);

	n += load32(p + 4, f->big) >= 1000000;
	n += len > f->max;
	n += len > f->snaplen;
	n += wire > 128u << 20;
	n += len > wire;
	if (head == HEAD_NOKIA)
		n += !is_nokia(load32(p + HEAD_PLAIN, f->big));
	else if (head > HEAD_PLAIN)
		n += (int)odd_modified(p + HEAD_PLAIN, f->big);
	/* Nothing to stand on behind it; and what is looked at is bounded. */
	if (len > f->max || len > FRAME_MAX) {
		*at = 0;
		return n;
	}
	*at += head + len;
	status = need(r, *at);
	if (status < 0)
		return status;
	if (status == 0) {
		n++;
		*at = 0;
	}
	return n;
}

/* The end, met while looking ahead, is not yet the end of the packets; it will be met again. */
static void forget_end(struct reader *r)
{
	r->end = SOURCE_MORE;
	r->source.why[0] = '\0';
}

/* The size of records' headers, of those in heads[n]. Negative errno. */
static int best_head(struct reader *r, const uint8_t *heads, size_t n)
{
	enum { RECORDS = 3 };
	int best = 0, least = INT32_MAX;

	for (size_t i = 0; i < n; i++) {
		size_t at = 0;
		int sum = 0;

		for (unsigned k = 0; k < RECORDS; k++) {
			int more = odd(r, heads[i], &at);

			if (more < 0)
				return more;
			sum += more;
			if (at == 0)
				break;
		}
		forget_end(r);
		if (sum < least) {
			least = sum;
			best = heads[i];
		}
		if (sum == 0)
			break;
	}
	return best;
}

static bool is_ethertype(const uint8_t *p)
{
	static const uint16_t known[] = {0x0800, 0x0806, 0x86dd, 0x8100,
					 0x88a8, 0x8847, 0x8863, 0x8864};

	for (size_t i = 0; i < N_ELEMENTS(known); i++)
		if (load16(p, true) == known[i])
			return true;
	return false;
}

/* Whether the first record, of which `here` bytes are at p, is a plain one beyond doubt. */
static bool is_plain(const struct pcapfile *f, const uint8_t *p, size_t here)
{
	enum { TYPE_AT = 12 };
	const uint8_t *plain = p + HEAD_PLAIN, *modified = p + HEAD_MODIFIED;
	uint32_t len = load32(p + 8, f->big), wire = load32(p + 12, f->big);

	if (len > f->max || len > wire || load32(p + 4, f->big) >= 1000000)
		return false;
	if (here < HEAD_MODIFIED)
		return true;
	if (f->linktype == LINK_ETHERNET && here >= HEAD_MODIFIED + TYPE_AT + 2 &&
	    is_ethertype(plain + TYPE_AT) && !is_ethertype(modified + TYPE_AT))
		return true;
	return odd_modified(plain, f->big) && !is_nokia(load32(plain, f->big));
}

/* Only where the first record could be one of a variant is the second one waited for: a live pipe
 * must not hold its first packet back. */
static int head_of_standard(struct reader *r)
{
	enum { LOOK = HEAD_MODIFIED + 14 };
	static const uint8_t heads[] = {HEAD_PLAIN, HEAD_MODIFIED, HEAD_NOKIA};
	const struct pcapfile *f = &r->pcap;
	int status = need(r, HEAD_PLAIN);
	size_t here = LOOK;

	if (status > 0) {
		uint32_t len = load32(r->stream.p + 8, f->big);

		if (len < LOOK - HEAD_PLAIN)
			here = HEAD_PLAIN + len;
		status = need(r, here);
	}
	forget_end(r);
	if (status <= 0)
		return status < 0 ? status : HEAD_PLAIN;
	if (is_plain(f, r->stream.p, here))
		return HEAD_PLAIN;
	return best_head(r, heads, N_ELEMENTS(heads));
}

static int head_of_modified(struct reader *r)
{
	static const uint8_t heads[] = {HEAD_MODIFIED, HEAD_SUSE};

	return best_head(r, heads, N_ELEMENTS(heads));
}

/* AIX writes version 2.2 with RFC 1573 ifType values, which no libpcap of that time used. */
static bool is_aix(struct pcapfile *f, uint32_t network)
{
	static const struct {
		uint8_t if_type, linktype, front;
	} types[] = {
		{6, LINK_ETHERNET, 0},
		{9, 6, 0},   /* Token Ring */
		{15, 10, 3}, /* FDDI, behind three bytes of padding */
		{24, 0, 0},  /* loopback */
	};

	for (size_t i = 0; i < N_ELEMENTS(types); i++)
		if (types[i].if_type == network) {
			f->linktype = types[i].linktype;
			f->front = types[i].front;
			f->ns = 1;
			return true;
		}
	return false;
}

static void set_lengths(struct pcapfile *f, uint16_t major, uint16_t minor)
{
	/* Version 2.3 changed the order, to that of BPF; some programs wrote its number too early.
	 * 543.0 is that of DG/UX. */
	if (major == 543 || (major == 2 && minor < 3))
		f->lengths = LENGTHS_WIRE_FIRST;
	else if (major == 2 && minor == 3)
		f->lengths = LENGTHS_EITHER;
}

int pcapfile_open(struct reader *r, const char *name, struct errors *errs, bool *ret_usage)
{
	struct pcapfile *f = &r->pcap;
	int status = need(r, FILE_HEAD);
	uint32_t magic, network;
	uint16_t major, minor;
	bool aix = false, ixia, old;

	if (status <= 0)
		return status < 0 ? status : reader_refuse(r, name, errs);

	struct rd rd = rd_over(r->stream.p, FILE_HEAD);

	magic = rd_le32(&rd);
	f->big = magic != MAGIC_US && magic != MAGIC_NS && magic != MAGIC_MODIFIED &&
		 magic != MAGIC_IXIA_NS && magic != MAGIC_IXIA_US;
	if (f->big)
		magic = __builtin_bswap32(magic);
	major = rd_u16(&rd, !f->big);
	minor = rd_u16(&rd, !f->big);
	rd_skip(&rd, 8); /* reserved (section 4); once the time zone */
	f->snaplen = rd_u32(&rd, !f->big);
	network = rd_u32(&rd, !f->big);

	ixia = magic == MAGIC_IXIA_NS || magic == MAGIC_IXIA_US;
	f->ns = magic == MAGIC_NS || magic == MAGIC_IXIA_NS ? 1 : 1000;
	if (major < 2) {
		struct error *e = errors_add(
			errs, false, "cannot be read: its version of the pcap format is %u.%u",
			major, minor);

		error_place(e, name, 0, 0, 1);
		error_hint(e, "records had another form before version 2, or the beginning of the "
			      "file is damaged\nlook at it with `capinfos`, and copy it again");
		return 0;
	}
	if (major != 2 && major != 543)
		snprintf(r->source.note, sizeof r->source.note,
			 "its version of the pcap format, %u.%u, is not known; it is read as 2.4",
			 major, minor);
	set_lengths(f, major, minor);
	old = f->lengths != LENGTHS_CAPTURED_FIRST;
	if (magic == MAGIC_US && major == 2 && minor == 2)
		aix = is_aix(f, network);
	/* The upper 16 bits say how long frame check sequences are (section 4.1). */
	if (!aix)
		f->linktype = linktype_of(network & 0xffff);
	f->max = linktype_max(f->linktype);
	/* What a snap length of 0 or beyond 2^31 means is not defined: none. */
	if (f->snaplen == 0 || f->snaplen > INT32_MAX)
		f->snaplen = f->max;
	/* A packet of a "cooked" socket got its Ethernet header afterwards. */
	if (magic == MAGIC_MODIFIED && f->linktype == LINK_ETHERNET &&
	    f->snaplen <= INT32_MAX - FAKED_ETHERNET)
		f->snaplen += FAKED_ETHERNET;
	r->source.snaplen = f->snaplen;
	if (!source_has_interface(
		    &r->source,
		    &(struct source_interface){.linktype = f->linktype,
					       .snaplen = f->snaplen < f->max ? f->snaplen : 0}))
		return -ENOMEM;

	if (!bpf_first(&r->filter, f->linktype, errs, ret_usage))
		return 0;
	if (r->filter.text)
		f->bpf = bpf_of(&r->filter, f->linktype, &r->source);

	if (ixia) {
		status = need(r, FILE_HEAD + IXIA_SIZE);
		if (status <= 0)
			return status < 0 ? status : reader_refuse(r, name, errs);
	}
	r->stream.p += FILE_HEAD + (ixia ? IXIA_SIZE : 0);

	status = HEAD_PLAIN;
	if (magic == MAGIC_MODIFIED)
		status = head_of_modified(r);
	else if (magic == MAGIC_US && !old)
		status = head_of_standard(r);
	if (status < 0)
		return status;
	f->head = (uint8_t)status;
	if (f->head != HEAD_PLAIN || old || f->front)
		r->fill = fill_variant;
	else
		r->fill = f->big ? fill_big : fill_little;
	return 1;
}
