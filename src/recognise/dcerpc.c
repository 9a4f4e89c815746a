// SPDX-License-Identifier: BSD-2-Clause
/*
 * DCE/RPC over TCP, connection-oriented: its PDUs are in dcerpc_pdu.h.
 *
 * The interfaces of a bind are readable even where the calls are encrypted; they tell the endpoint
 * mapper, OXID resolution and DCOM activation apart, which share port 135.
 */
#include <string.h>

#include "base/cpu.h"
#include "recognise/dcerpc_pdu.h"
#include "recognise/scan.h"

enum {
	PDUS_READ = 32,
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
	uint8_t contexts = 0;
	enum verdict v = pdu_bind(&r, little, &contexts);

	if (v != VERDICT_SURE)
		return v;
	ret->speaker = SPEAKER_CLIENT;
	for (uint8_t i = 0; i < contexts; i++) {
		struct pdu_context c;

		v = pdu_context(&r, little, &c);
		if (v == VERDICT_MORE) {
			ret->more = true;
			if (whole)
				return VERDICT_NO;
			return i ? VERDICT_SURE : VERDICT_MORE;
		}
		if (v == VERDICT_NO)
			return VERDICT_NO;

		struct fact_iface one = {.major = c.major, .minor = c.minor};

		memcpy(one.uuid, c.uuid, sizeof one.uuid);
		add_iface(ret, &one);
	}
	return whole && rd_short(&r) ? VERDICT_NO : VERDICT_SURE;
}

/* The part of a PDU behind its header, without the authentication trailer. */
static enum verdict body(struct rd r, const struct pdu *h, bool whole, struct facts *ret)
{
	struct pdu_ack ack;

	ret->speaker = pdu_speaker(h->ptype);
	switch (h->ptype) {
	case PDU_BIND:
	case PDU_ALTER_CONTEXT:
		return bind(r, h->little, whole, ret);
	case PDU_BIND_ACK:
	case PDU_ALTER_CONTEXT_RESP:
		return pdu_ack(&r, h->little, &ack);
	case PDU_BIND_NAK:
		ret->notes |= APP_NOTE_RPC_NAK;
		return VERDICT_SURE;
	default:
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
		enum verdict is = pdu_header(&r, &h);

		if (is == VERDICT_SURE) {
			size_t n = h.frag - (size_t)PDU_HEADER;
			bool whole = rd_left(&r) >= n;
			struct rd b = r;

			b = rd_sub(&b, whole ? pdu_body(&h) : rd_left(&r));
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

	for (; rd_seek(&r, 5) && rd_left(&r) >= PDU_HEADER; rd_skip(&r, 1)) {
		struct facts one = {.speaker = SPEAKER_EITHER};
		bool first = rd_left(&r) == in->n;
		struct rd t = r;
		struct pdu h;
		enum verdict v = pdu_header(&t, &h);

		if (v != VERDICT_SURE)
			continue;
		if (rd_left(&t) < h.frag - (size_t)PDU_HEADER && !first)
			continue;
		v = walk(r, &one);
		if (v == VERDICT_LIKELY && rd_left(&t) == h.frag - (size_t)PDU_HEADER &&
		    h.flags & 3)
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
	RECOGNISER_BEGINS({.byte = {BYTE_IN("\5\5"), BYTE_IN("\0\1"), BYTE_IN("\0\x14"), BYTE_ANY,
				    BYTE_IN("\x00\x01\x10\x11"), BYTE_IN("\0\3"), BYTE_IN("\0\0"),
				    BYTE_IN("\0\0")}},
			  {.byte = {BYTE_IN("nn"), BYTE_IN("cc"), BYTE_IN("aa"), BYTE_IN("cc"),
				    BYTE_IN("nn"), BYTE_IN("__"), BYTE_IN("hh"), BYTE_IN("tt")}}),
	.apps = {{"dcerpc", "DCE/RPC"},
		 {"dcerpc-epm", "RPC endpoint mapper"},
		 {"dcerpc-oxid", "DCOM object resolver"},
		 {"dcerpc-activation", "DCOM activation"}},
	.probe = probe,
	.resume = resume,
};
