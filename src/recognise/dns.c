// SPDX-License-Identifier: BSD-2-Clause
/*
 * DNS over UDP and TCP (RFC 1035 4.1, 4.2.2), and its multicast kin LLMNR (RFC 4795 2) and mDNS
 * (RFC 6762 18), which have the same message and are told by their port.
 *
 *   id(2)  QR opcode(4) AA TC RD | RA Z AD CD rcode(4)  questions(2) answers(2) authority(2)
 * more(2)
 *
 * A header of twelve bytes is weak, so the first name and its type and class must be right too,
 * and a message that is only a question should end with it.
 */
#include "recognise/netbios.h"

enum {
	HEADER = 12,
	FLAG_QR = 0x8000,
	FLAG_Z = 0x0040, /* RFC 1035 4.1.1; AD and CD took its neighbours, RFC 4035 */
	OPCODE_QUERY = 0,
	OPCODE_UPDATE = 5, /* RFC 2136 */
	RCODE_REFUSED = 5,
	MAX_NAME = 255, /* RFC 1035 2.3.4 */
	MAX_LABEL = 63,
	PORT_DNS = 53,
	PORT_MDNS = 5353,
	PORT_LLMNR = 5355,
	TYPE_NB = 0x20,     /* RFC 1002 4.2.1.2 */
	TYPE_NBSTAT = 0x21, /* also SRV, RFC 2782 */
	VARIANT_LLMNR = 1,
	VARIANT_MDNS = 2,
};

static bool type_ok(uint16_t t)
{
	/* IANA's registry: 1 to 263 with gaps, TA and DLV, Windows's WINS and private use */
	return (t >= 1 && t <= 300) || t == 32768 || t == 32769 || t >= 0xff00;
}

static bool class_ok(uint16_t c, bool mdns)
{
	if (mdns)
		c &= 0x7fff; /* unicast response wanted, cache flush: RFC 6762 18.12, 18.13 */
	return c == 1 || c == 3 || c == 4 || c == 254 || c == 255;
}

static enum verdict name(struct rd *r, bool mdns)
{
	size_t total = 0;

	for (;;) {
		uint8_t n = rd_u8(r);

		if (rd_short(r))
			return VERDICT_MORE;
		if (!n)
			return VERDICT_SURE;
		if (n > MAX_LABEL)
			return VERDICT_NO; /* the first name has nothing to point back to */
		total += n + 1u;
		if (total > MAX_NAME)
			return VERDICT_NO;
		while (n--) {
			uint8_t c = rd_u8(r);

			if (rd_short(r))
				return VERDICT_MORE;
			/* Host names are ASCII, service names UTF-8 with blanks (RFC 6763 4.1.1).
			 */
			if (c < 0x20 || c == 0x7f || (!mdns && c == 0x20))
				return VERDICT_NO;
		}
	}
}

/* One message; `whole` when r ends where the message does. */
static enum verdict message(struct rd r, bool whole, uint8_t variant, struct facts *ret)
{
	bool mdns = variant == VARIANT_MDNS;
	struct rd look;

	rd_skip(&r, 2);

	uint16_t flags = rd_be16(&r), qd = rd_be16(&r), an = rd_be16(&r), ns = rd_be16(&r),
		 ar = rd_be16(&r);

	if (rd_short(&r))
		return VERDICT_MORE;

	unsigned opcode = flags >> 11 & 15, rcode = flags & 15;
	bool answer = flags & FLAG_QR;

	if (opcode > OPCODE_UPDATE || opcode == 3 || flags & FLAG_Z || rcode > 11)
		return VERDICT_NO;
	if (mdns ? qd > 64 : qd > 1)
		return VERDICT_NO;
	if (!answer) {
		/* A question has one question. Known answers (RFC 6762 7.1), updates (RFC 2136 2),
		 * notifications (RFC 1996) and incremental transfers (RFC 1995) bring records. */
		if (qd < 1 || rcode || ar > 16 || (flags & 0x0080 && !mdns))
			return VERDICT_NO;
		if (opcode == OPCODE_QUERY && !mdns && (an || ns > 1))
			return VERDICT_NO;
	} else if (!qd && !an) {
		/* An error that could not repeat the question (RFC 1035 4.1.1) is a bare header. */
		ret->speaker = SPEAKER_SERVER;
		return whole && !ns && !ar && !rd_left(&r) && rcode ? VERDICT_LIKELY : VERDICT_NO;
	}
	if (an > 4096 || ns > 4096 || ar > 4096)
		return VERDICT_NO;
	look = r;

	enum verdict v = name(&r, mdns);

	if (v != VERDICT_SURE)
		return v;

	uint16_t type = rd_be16(&r), class = rd_be16(&r);

	if (rd_short(&r))
		return VERDICT_MORE;
	if (!type_ok(type) || !class_ok(class, mdns))
		return VERDICT_NO;
	/* NetBIOS names look like this as well: thirty-two letters A to P. Its type NB was NIMLOC,
	 * which no one uses (RFC 1002 4.2.1.2). */
	if (type == TYPE_NB || (type == TYPE_NBSTAT && netbios_name(&look) == VERDICT_SURE))
		return VERDICT_NO;

	bool alone = qd == 1 && !an && !ns && !ar;

	if (!answer && whole && !alone && !rd_left(&r))
		return VERDICT_NO; /* records were announced and none is there */
	ret->speaker = answer ? SPEAKER_SERVER : SPEAKER_CLIENT;
	ret->variant = variant;
	if (answer && rcode == RCODE_REFUSED)
		ret->notes |= APP_NOTE_ERROR;
	/* A lone question ends the message; some senders pad it. */
	return !answer && whole && alone && rd_left(&r) ? VERDICT_LIKELY : VERDICT_SURE;
}

static enum verdict probe(const struct payload *in, struct facts *ret)
{
	struct rd r = rd_over(in->p, in->n);
	uint8_t variant = 0;

	if (in->port == PORT_DNS || in->peer_port == PORT_DNS)
		variant = 0; /* whatever port the other end happened to get */
	else if (in->port == PORT_LLMNR || in->peer_port == PORT_LLMNR)
		variant = VARIANT_LLMNR; /* RFC 4795 2: port 5355 is the protocol */
	else if (in->port == PORT_MDNS || in->peer_port == PORT_MDNS)
		variant = VARIANT_MDNS; /* RFC 6762 3 */
	if (in->proto == PROTO_UDP)
		return message(r, !in->cut, variant, ret);

	uint16_t len = rd_be16(&r);

	if (rd_short(&r))
		return VERDICT_MORE;
	if (len < HEADER)
		return VERDICT_NO;
	if (rd_left(&r) < len)
		return message(r, false, variant, ret);
	return message(rd_sub(&r, len), true, variant, ret);
}

/* Over TCP each message begins with its length; a segment usually begins with a message. */
static enum verdict resume(const struct payload *in, struct facts *ret)
{
	enum verdict v = probe(in, ret);

	return v == VERDICT_SURE && in->proto != PROTO_TCP ? VERDICT_LIKELY : v;
}

/* The flags that message() lets pass. */
#define OPCODES BYTE_IN("\x00\x17\x20\x2f\x80\x97\xa0\xaf")
#define RCODES  BYTE_IN("\x00\x0b\x10\x1b\x20\x2b\x30\x3b\x80\x8b\x90\x9b\xa0\xab\xb0\xbb")

const struct recogniser recogniser_dns = {
	.word = "dns",
	.spec = "RFC 1035 4.1, 4.2.2; RFC 4795 2.1; RFC 6762 18",
	.min = HEADER,
	RECOGNISER_BEGINS({.proto = PROTO_TCP,
			   .least = 2 + HEADER,
			   .byte = {BYTE_ANY, BYTE_ANY, BYTE_ANY, BYTE_ANY, OPCODES, RCODES,
				    BYTE_IN("\0\0"), BYTE_IN("\0\x40")}},
			  {.proto = PROTO_UDP,
			   .least = HEADER,
			   .byte = {BYTE_ANY, BYTE_ANY, OPCODES, RCODES, BYTE_IN("\0\0"),
				    BYTE_IN("\0\x40"), BYTE_IN("\0\x10")}}),
	.apps = {{"dns", "DNS"}, {"llmnr", "LLMNR"}, {"mdns", "mDNS"}},
	.probe = probe,
	.resume = resume,
};
