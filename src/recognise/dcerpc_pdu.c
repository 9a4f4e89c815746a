// SPDX-License-Identifier: BSD-2-Clause
#include "recognise/dcerpc_pdu.h"

#include <string.h>

#include "base/cpu.h"
#include "recognise/scan.h"

/* By type: who sends it, and how many bytes behind the header are the least, and most, that it can
 * have. C706 12.6.4; MS-RPCE 2.2.2; MS-RPCH 2.2.3.1 */
static const struct {
	bool known;
	uint8_t speaker;
	uint8_t least;
	uint16_t most;
} types[] = {
	[PDU_REQUEST] = {true, SPEAKER_CLIENT, 8, 0xffff},
	[PDU_RESPONSE] = {true, SPEAKER_SERVER, 8, 0xffff},
	[PDU_FAULT] = {true, SPEAKER_SERVER, 16, 0xffff},
	[PDU_BIND] = {true, SPEAKER_CLIENT, 12, 0xffff},
	[PDU_BIND_ACK] = {true, SPEAKER_SERVER, 10, 0xffff},
	/* A reason and the versions understood; Windows adds a signature: MS-RPCE 2.2.2.9 */
	[PDU_BIND_NAK] = {true, SPEAKER_SERVER, 0, 256 - PDU_HEADER},
	[PDU_ALTER_CONTEXT] = {true, SPEAKER_CLIENT, 12, 0xffff},
	[PDU_ALTER_CONTEXT_RESP] = {true, SPEAKER_SERVER, 10, 0xffff},
	[PDU_AUTH3] = {true, SPEAKER_CLIENT, 0, 0xffff},
	[PDU_SHUTDOWN] = {true, SPEAKER_SERVER, 0, 0xffff},
	[PDU_CANCEL] = {true, SPEAKER_CLIENT, 0, 0xffff},
	[PDU_ORPHANED] = {true, SPEAKER_CLIENT, 0, 0xffff},
	[PDU_RTS] = {true, SPEAKER_EITHER, 4, 0xffff},
};

enum verdict pdu_header(struct rd *r, struct pdu *ret)
{
	/* Field by field, so that a wrong one is told from a missing one. */
	static const struct {
		uint8_t at, lo, hi;
	} fixed[] = {{0, 5, 5}, {1, 0, 1}, {2, 0, PDU_RTS}, {5, 0, 3}, {6, 0, 0}, {7, 0, 0}};
	struct rd t = *r;
	uint8_t b[8] = {0};
	size_t n = rd_left(&t) < sizeof b ? rd_left(&t) : sizeof b;

	const uint8_t *first = rd_take(&t, n);

	if (first)
		memcpy(b, first, n);
	for (size_t i = 0; i < N_ELEMENTS(fixed); i++)
		if (fixed[i].at < n &&
		    (b[fixed[i].at] < fixed[i].lo || b[fixed[i].at] > fixed[i].hi))
			return VERDICT_NO;
	/* 1 and 4 to 10 belong to the connectionless protocol. */
	if (n > 2 && !types[b[2]].known)
		return VERDICT_NO;
	/* Integer order in the upper half, characters in the lower: C706 14.2.5 */
	if (n > 4 && (b[4] & 0xee))
		return VERDICT_NO;

	struct pdu h = {.ptype = b[2], .flags = b[3], .little = b[4] & 0x10};

	h.frag = rd_u16(&t, h.little);
	h.auth = rd_u16(&t, h.little);
	h.call_id = rd_u32(&t, h.little);
	if (rd_short(&t))
		return VERDICT_MORE;
	if (h.frag < PDU_HEADER + types[h.ptype].least || h.frag - PDU_HEADER > types[h.ptype].most)
		return VERDICT_NO;
	if (h.auth && h.auth + PDU_HEADER + PDU_AUTH_HEADER > h.frag)
		return VERDICT_NO;
	*r = t;
	*ret = h;
	return VERDICT_SURE;
}

enum speaker pdu_speaker(uint8_t ptype)
{
	return ptype < N_ELEMENTS(types) ? (enum speaker)types[ptype].speaker : SPEAKER_EITHER;
}

uint32_t pdu_body(const struct pdu *h)
{
	return h->frag - (uint32_t)PDU_HEADER - (h->auth ? h->auth + (uint32_t)PDU_AUTH_HEADER : 0);
}

enum verdict pdu_bind(struct rd *r, bool little, uint8_t *ret_n)
{
	uint16_t xmit = rd_u16(r, little), recv = rd_u16(r, little);

	rd_skip(r, 4);

	uint8_t n = rd_u8(r);

	rd_skip(r, 3);
	if (rd_short(r))
		return VERDICT_MORE;
	if (!n || n > PDU_CONTEXTS_MAX || !xmit || !recv)
		return VERDICT_NO;
	*ret_n = n;
	return VERDICT_SURE;
}

/* p_syntax_id_t, C706 12.6.3.1 */
static uint8_t transfer_syntax(struct rd *r, bool little)
{
	static const uint8_t ndr[16] = {0x8a, 0x88, 0x5d, 0x04, 0x1c, 0xeb, 0x11, 0xc9,
					0x9f, 0xe8, 0x08, 0x00, 0x2b, 0x10, 0x48, 0x60};
	static const uint8_t ndr64[16] = {0x71, 0x71, 0x05, 0x33, 0xbe, 0xba, 0x49, 0x37,
					  0x83, 0x19, 0xb5, 0xdb, 0xef, 0x9c, 0xcc, 0x36};
	static const uint8_t features[8] = {0x6c, 0xb7, 0x1c, 0x2c, 0x98, 0x12, 0x45, 0x40};
	uint8_t uuid[16];

	scan_uuid(r, little, uuid);
	rd_skip(r, 4);
	if (rd_short(r))
		return 0;
	if (!memcmp(uuid, ndr, sizeof ndr))
		return PDU_NDR;
	if (!memcmp(uuid, ndr64, sizeof ndr64))
		return PDU_NDR64;
	return !memcmp(uuid, features, sizeof features) ? PDU_FEATURES : PDU_OTHER_SYNTAX;
}

enum verdict pdu_context(struct rd *r, bool little, struct pdu_context *ret)
{
	struct pdu_context c = {.id = rd_u16(r, little)};
	uint8_t transfers = rd_u8(r);

	rd_skip(r, 1);
	scan_uuid(r, little, c.uuid);

	/* p_syntax_id_t, C706 12.6.3.1: the low half of if_version is the major one */
	uint32_t version = rd_u32(r, little);

	c.major = (uint16_t)version;
	c.minor = (uint16_t)(version >> 16);
	if (rd_short(r))
		return VERDICT_MORE;
	if (!transfers)
		return VERDICT_NO;
	while (transfers-- && !rd_short(r))
		c.syntaxes |= transfer_syntax(r, little);
	*ret = c;
	return VERDICT_SURE;
}

enum verdict pdu_ack(struct rd *r, bool little, struct pdu_ack *ret)
{
	uint16_t xmit = rd_u16(r, little), recv = rd_u16(r, little);

	rd_skip(r, 4);

	uint16_t n = rd_u16(r, little);

	/* A pipe's name is the longest address that there is. */
	if (!rd_short(r) && (!xmit || !recv || n > 260))
		return VERDICT_NO;
	ret->address = rd_sub(r, n);
	ret->n_address = n;
	return rd_short(r) ? VERDICT_MORE : VERDICT_SURE;
}

bool pdu_results(struct rd *r, const struct pdu_ack *a, uint8_t *ret_n)
{
	rd_skip(r, (size_t)(-(10 + a->n_address) & 3));

	uint8_t n = rd_u8(r);

	rd_skip(r, 3);
	if (rd_short(r))
		return false;
	*ret_n = n;
	return true;
}

bool pdu_result(struct rd *r, bool little, struct pdu_result *ret)
{
	uint16_t result = rd_u16(r, little), reason = rd_u16(r, little);
	uint8_t syntax = transfer_syntax(r, little);

	if (rd_short(r))
		return false;
	*ret = (struct pdu_result){.result = result, .reason = reason, .syntax = syntax};
	return true;
}

bool pdu_call(struct rd *r, const struct pdu *h, struct pdu_call *ret)
{
	rd_skip(r, 4);

	uint16_t context = rd_u16(r, h->little), second = rd_u16(r, h->little);

	if (rd_short(r))
		return false;
	ret->context = context;
	ret->opnum = h->ptype == PDU_REQUEST ? second : 0;
	return true;
}

bool pdu_trailer(struct rd *r, struct pdu_trailer *ret)
{
	uint8_t type = rd_u8(r), level = rd_u8(r), pad = rd_u8(r);

	rd_skip(r, 5);
	if (rd_short(r))
		return false;
	*ret = (struct pdu_trailer){.type = type, .level = level, .pad = pad};
	return true;
}
