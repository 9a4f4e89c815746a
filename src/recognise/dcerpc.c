// SPDX-License-Identifier: BSD-2-Clause
/*
 * DCE/RPC over TCP, connection-oriented (C706 12.6, MS-RPCE 2.2.2).
 *
 *   vers(1)=5 minor(1) ptype(1) flags(1) drep(4) frag_length(2) auth_length(2) call_id(4)
 *   bind  max_xmit(2) max_recv(2) assoc_group(4) n_context(1) pad(3)
 *         { id(2) n_transfer(1) pad(1) abstract(16 + 4) { transfer(16 + 4) } }      12.6.4.3
 *   ack   max_xmit(2) max_recv(2) assoc_group(4) sec_addr_len(2) sec_addr ...       12.6.4.4
 *
 * Integers are in the byte order that drep announces. The interfaces of a bind are readable even
 * where the calls are encrypted; they tell the endpoint mapper, OXID resolution and DCOM
 * activation apart, which share port 135.
 */
#include <string.h>

#include "base/cpu.h"
#include "recognise/scan.h"

enum ptype { /* C706 12.6.1 */
	     REQUEST = 0,
	     RESPONSE = 2,
	     FAULT = 3,
	     BIND = 11,
	     BIND_ACK = 12,
	     BIND_NAK = 13,
	     ALTER_CONTEXT = 14,
	     ALTER_CONTEXT_RESP = 15,
	     AUTH3 = 16, /* MS-RPCE 2.2.2.5 */
	     SHUTDOWN = 17,
	     CO_CANCEL = 18,
	     ORPHANED = 19,
	     RTS = 20, /* MS-RPCH 2.2.3 */
};

enum {
	HEADER = 16,
	AUTH_HEADER = 8, /* sec_trailer before auth_value, MS-RPCE 2.2.2.11 */
	PDUS_READ = 32,
	CONTEXTS_MAX = 64,
	VARIANT_EPM = 1,
	VARIANT_OXID = 2,
	VARIANT_ACTIVATION = 3,
};

static const struct {
	uint8_t uuid[16];
	uint8_t variant;
} variants[] = {
	/* epmapper, C706 O */
	{{0xe1, 0xaf, 0x83, 0x08, 0x5d, 0x1f, 0x11, 0xc9, 0x91, 0xa4, 0x08, 0x00, 0x2b, 0x14, 0xa0,
	  0xfa},
	 VARIANT_EPM},
	/* IObjectExporter, IRemoteSCMActivator, IActivation: MS-DCOM 1.9 */
	{{0x99, 0xfc, 0xfe, 0xc4, 0x52, 0x60, 0x10, 0x1b, 0xbb, 0xcb, 0x00, 0xaa, 0x00, 0x21, 0x34,
	  0x7a},
	 VARIANT_OXID},
	{{0x00, 0x00, 0x01, 0xa0, 0x00, 0x00, 0x00, 0x00, 0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	  0x46},
	 VARIANT_ACTIVATION},
	{{0x4d, 0x9f, 0x4a, 0xb8, 0x7d, 0x1c, 0x11, 0xcf, 0x86, 0x1e, 0x00, 0x20, 0xaf, 0x6e, 0x7c,
	  0x57},
	 VARIANT_ACTIVATION},
};

struct pdu {
	uint8_t ptype, flags;
	bool little;
	uint16_t frag, auth;
};

static enum verdict header(struct rd *r, struct pdu *ret)
{
	/* Field by field, so that a wrong one is told from a missing one. */
	static const struct {
		uint8_t at, lo, hi;
	} fixed[] = {{0, 5, 5}, {1, 0, 1}, {2, 0, RTS}, {5, 0, 3}, {6, 0, 0}, {7, 0, 0}};
	struct rd t = *r;
	uint8_t b[8] = {0};
	size_t n = rd_left(&t) < sizeof b ? rd_left(&t) : sizeof b;

	for (size_t i = 0; i < n; i++)
		b[i] = rd_u8(&t);
	for (size_t i = 0; i < N_ELEMENTS(fixed); i++)
		if (fixed[i].at < n &&
		    (b[fixed[i].at] < fixed[i].lo || b[fixed[i].at] > fixed[i].hi))
			return VERDICT_NO;
	/* 1 and 4 to 10 belong to the connectionless protocol. */
	if (n > 2 && (b[2] == 1 || (b[2] >= 4 && b[2] <= 10)))
		return VERDICT_NO;
	/* Integer order in the upper half, characters in the lower: C706 14.2.5 */
	if (n > 4 && (b[4] & 0xee))
		return VERDICT_NO;
	ret->ptype = b[2];
	ret->flags = b[3];
	ret->little = b[4] & 0x10;
	ret->frag = rd_u16(&t, ret->little);
	ret->auth = rd_u16(&t, ret->little);
	rd_skip(&t, 4);
	if (rd_short(&t))
		return VERDICT_MORE;
	if (ret->frag < HEADER || (ret->auth && ret->auth + HEADER + AUTH_HEADER > ret->frag))
		return VERDICT_NO;
	*r = t;
	return VERDICT_SURE;
}

static void add_iface(struct facts *f, const struct fact_iface *one)
{
	for (uint8_t i = 0; i < f->n_iface; i++)
		if (!memcmp(&f->iface[i], one, sizeof *one))
			return;
	if (f->n_iface < FACT_IFACES)
		f->iface[f->n_iface++] = *one;
	for (size_t i = 0; i < N_ELEMENTS(variants) && !f->variant; i++)
		if (!memcmp(variants[i].uuid, one->uuid, sizeof one->uuid))
			f->variant = variants[i].variant;
}

/* `r` is the body of the PDU as far as it is here; `whole` when that is all of it. */
static enum verdict bind(struct rd r, bool little, bool whole, struct facts *ret)
{
	uint16_t xmit = rd_u16(&r, little), recv = rd_u16(&r, little);

	rd_skip(&r, 4);

	uint8_t contexts = rd_u8(&r);

	rd_skip(&r, 3);
	if (rd_short(&r))
		return whole ? VERDICT_NO : VERDICT_MORE;
	if (!contexts || contexts > CONTEXTS_MAX || !xmit || !recv)
		return VERDICT_NO;
	ret->speaker = SPEAKER_CLIENT;
	for (uint8_t i = 0; i < contexts; i++) {
		struct fact_iface one = {0};

		rd_skip(&r, 2);

		uint8_t transfers = rd_u8(&r);

		rd_skip(&r, 1);
		scan_uuid(&r, little, one.uuid);

		/* p_syntax_id_t, C706 12.6.3.1: the low half of if_version is the major one */
		uint32_t version = rd_u32(&r, little);

		one.major = (uint16_t)version;
		one.minor = (uint16_t)(version >> 16);
		if (rd_short(&r)) {
			ret->more = true;
			if (whole)
				return VERDICT_NO;
			return i ? VERDICT_SURE : VERDICT_MORE;
		}
		if (!transfers)
			return VERDICT_NO;
		rd_skip(&r, transfers * (size_t)20);
		add_iface(ret, &one);
	}
	return whole && rd_short(&r) ? VERDICT_NO : VERDICT_SURE;
}

static enum verdict bind_ack(struct rd r, bool little, bool whole, struct facts *ret)
{
	uint16_t xmit = rd_u16(&r, little), recv = rd_u16(&r, little);

	rd_skip(&r, 4);

	uint16_t n = rd_u16(&r, little);

	ret->speaker = SPEAKER_SERVER;
	if (!rd_short(&r) && (!xmit || !recv || n > 260))
		return VERDICT_NO;
	rd_skip(&r, n);
	if (rd_short(&r))
		return whole ? VERDICT_NO : VERDICT_MORE;
	return VERDICT_SURE;
}

/* The part of a PDU behind its header, without the authentication trailer. */
static enum verdict body(struct rd r, const struct pdu *h, bool whole, struct facts *ret)
{
	static const struct {
		enum speaker speaker;
		uint8_t least; /* bytes behind the header, C706 12.6.4 */
	} plain[] = {
		[REQUEST] = {SPEAKER_CLIENT, 8},  [RESPONSE] = {SPEAKER_SERVER, 8},
		[FAULT] = {SPEAKER_SERVER, 16},   [AUTH3] = {SPEAKER_CLIENT, 0},
		[SHUTDOWN] = {SPEAKER_SERVER, 0}, [CO_CANCEL] = {SPEAKER_CLIENT, 0},
		[ORPHANED] = {SPEAKER_CLIENT, 0}, [RTS] = {SPEAKER_EITHER, 4},
	};

	switch (h->ptype) {
	case BIND:
	case ALTER_CONTEXT:
		return bind(r, h->little, whole, ret);
	case BIND_ACK:
	case ALTER_CONTEXT_RESP:
		return bind_ack(r, h->little, whole, ret);
	case BIND_NAK:
		/* A reason and the versions understood, C706 12.6.4.5; Windows adds a signature. */
		ret->speaker = SPEAKER_SERVER;
		ret->notes |= APP_NOTE_RPC_NAK;
		return h->frag <= 256 ? VERDICT_SURE : VERDICT_NO;
	default:
		if (h->frag < HEADER + plain[h->ptype].least)
			return VERDICT_NO;
		ret->speaker = plain[h->ptype].speaker;
		/* Calls and answers follow a bind; alone they are not how a connection begins. */
		return VERDICT_LIKELY;
	}
}

/* Walks over the PDUs; the verdict is the first one's, and SURE when another begins where it
 * ends. */
static enum verdict walk(struct rd r, struct facts *ret)
{
	enum verdict v = VERDICT_NO;

	for (int i = 0; i < PDUS_READ && rd_left(&r); i++) {
		struct facts one = {.speaker = SPEAKER_EITHER};
		struct pdu h;
		enum verdict is = header(&r, &h);

		if (is == VERDICT_SURE) {
			size_t n = h.frag - (size_t)HEADER;
			bool whole = rd_left(&r) >= n;
			size_t auth = h.auth ? h.auth + (size_t)AUTH_HEADER : 0;
			struct rd b = r;

			b = rd_sub(&b, whole ? n - auth : rd_left(&r));
			is = body(b, &h, whole, &one);
			if (is == VERDICT_MORE && whole)
				is = VERDICT_NO;
			rd_skip(&r, n);
		}
		if (i == 0) {
			v = is;
			if (is < VERDICT_LIKELY)
				return v;
			*ret = one;
			continue;
		}
		if (is == VERDICT_NO)
			return VERDICT_LIKELY;
		if (is == VERDICT_MORE)
			break;
		v = VERDICT_SURE;
		ret->notes |= one.notes;
		for (uint8_t k = 0; k < one.n_iface; k++)
			add_iface(ret, &one.iface[k]);
	}
	/* Before the first call another interface may be asked for (alter_context). */
	ret->more |= ret->n_iface && rd_short(&r);
	return v;
}

static enum verdict probe(const struct payload *in, struct facts *ret)
{
	struct rd r = rd_over(in->p, in->n);
	/* MS-RPCH 2.1.1: the server of RPC over HTTP 1 greets before its first PDU. */
	enum verdict v = scan_text(&r, "ncacn_http/1.0", false);

	if (v == VERDICT_SURE) {
		ret->speaker = SPEAKER_SERVER;
		return VERDICT_SURE;
	}
	return v == VERDICT_MORE ? v : walk(r, ret);
}

/* In the middle of a stream a PDU may begin anywhere; it counts when the next one begins where
 * its length says, or the bytes end there. */
static enum verdict resume(const struct payload *in, struct facts *ret)
{
	struct rd r = rd_over(in->p, in->n);
	enum verdict best = VERDICT_NO;

	for (bool first = true; rd_left(&r) >= HEADER; rd_skip(&r, 1), first = false) {
		struct facts one = {.speaker = SPEAKER_EITHER};
		struct rd t = r;
		struct pdu h;

		if (rd_u8(&t) != 5)
			continue;
		t = r;

		enum verdict v = header(&t, &h);

		if (v != VERDICT_SURE)
			continue;
		if (rd_left(&t) < h.frag - (size_t)HEADER && !first)
			continue;
		v = walk(r, &one);
		if (v == VERDICT_LIKELY && rd_left(&t) == h.frag - (size_t)HEADER && h.flags & 3)
			v = VERDICT_SURE;
		if (v == VERDICT_SURE || (first && v == VERDICT_LIKELY)) {
			*ret = one;
			best = v;
		}
		if (v == VERDICT_SURE)
			break;
	}
	return best;
}

const struct recogniser recogniser_dcerpc = {
	.word = "dcerpc",
	.spec = "C706 12.6; MS-RPCE 2.2.2; MS-DCOM 1.9; MS-RPCH 2.2",
	.proto = PROTO_TCP,
	.min = 14,
	.apps = {{"dcerpc", "DCE/RPC"},
		 {"dcerpc-epm", "RPC endpoint mapper"},
		 {"dcerpc-oxid", "DCOM object resolver"},
		 {"dcerpc-activation", "DCOM activation"}},
	.probe = probe,
	.resume = resume,
};
