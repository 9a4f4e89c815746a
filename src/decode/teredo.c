// SPDX-License-Identifier: BSD-2-Clause
/*
 * IPv6 through NAT in UDP: Teredo (RFC 4380 5.1.1) and AYIYA (draft-massar-v6ops-ayiya-02, 3).
 *
 *   Teredo: [authentication: 0(8) 1(8) id-len(8) auth-len(8) id auth nonce(64) confirmation(8)]
 *           [origin: 0(16) port(16) address(32)] IPv6 packet
 *   AYIYA:  id-len(4) id-type(4) sig-len(4) hash(4) auth(4) opcode(4) next(8) | epoch(32) | id |
 * sig
 *
 * Of Teredo only a server's port is known; clients and relays talk to each other between ports that
 * nothing marks, and that is plain UDP here.
 */
#include "decode/layer.h"

enum {
	INDICATION_ORIGIN = 0x0000,
	INDICATION_AUTH = 0x0001,
	NONCE_AND_CONFIRMATION = 9,
	ORIGIN_REST = 6,
	IPV6_HEADER = 40,

	AYIYA_FORWARD = 1, /* 3.6; 0 is a heartbeat, the others echo and query */
	NEXT_IPV4 = 4,
	NEXT_IPV6 = 41,
};

/* RFC 4380 2.6 and 4: 2001:0::/32; before, Windows used 3ffe:831f::/32. */
static bool is_teredo(const uint8_t *a)
{
	return (a[0] == 0x20 && a[1] == 0x01 && a[2] == 0 && a[3] == 0) ||
	       (a[0] == 0x3f && a[1] == 0xfe && a[2] == 0x83 && a[3] == 0x1f);
}

static bool is_link_local(const uint8_t *a)
{
	return a[0] == 0xfe && (a[1] & 0xc0) == 0x80;
}

/* Every packet of the service has a client at one end: with its Teredo address or, as long as it
 * has none, with a link-local one (RFC 4380 5.2.1). Trailers may follow it (RFC 6081 4). */
static bool between_clients(struct rd r, uint32_t missing)
{
	struct rd all = r;
	bool v6 = rd_u8(&r) >> 4 == 6;

	rd_skip(&r, 3);

	size_t length = rd_be16(&r);

	rd_skip(&r, 2);
	if (!v6 || !guess_fits(&all, missing, length + IPV6_HEADER))
		return false;

	const uint8_t *src = rd_take(&r, 16), *dst = rd_take(&r, 16);

	if (!src || !dst)
		return false;
	return is_teredo(src) || is_teredo(dst) || is_link_local(src) || is_link_local(dst);
}

static uint16_t indication(const struct layer *l)
{
	struct rd look = l->r;
	uint16_t value = rd_be16(&look);

	return rd_short(&look) ? UINT16_MAX : value;
}

enum decode_skip decode_teredo(struct decoder *d, struct layer *l)
{
	/* 5.1.1: authentication, if there, is the first. */
	if (indication(l) == INDICATION_AUTH) {
		rd_skip(&l->r, 2);

		size_t id = rd_u8(&l->r), auth = rd_u8(&l->r);

		rd_skip(&l->r, id + auth + NONCE_AND_CONFIRMATION);
	}
	if (indication(l) == INDICATION_ORIGIN)
		rd_skip(&l->r, 2 + ORIGIN_REST);
	if (rd_short(&l->r) || !between_clients(l->r, guess_missing(l)))
		return SKIP_TUNNEL;
	layer_tunnel(l, TUNNEL_TEREDO, 0);
	l->next = decode_ipv6;
	return DECODE_OK;
}

enum decode_skip decode_ayiya(struct decoder *d, struct layer *l)
{
	uint8_t id = rd_u8(&l->r), sig = rd_u8(&l->r), op = rd_u8(&l->r), next = rd_u8(&l->r);

	rd_skip(&l->r, 4);
	rd_skip(&l->r, (size_t)1 << (id >> 4));
	rd_skip(&l->r, (size_t)(sig >> 4) * 4);
	if (rd_short(&l->r) || (op & 0xf) != AYIYA_FORWARD || !guess_ip_here(l))
		return SKIP_TUNNEL;
	if ((next != NEXT_IPV6 || *l->r.p >> 4 != 6) && (next != NEXT_IPV4 || *l->r.p >> 4 != 4))
		return SKIP_TUNNEL;
	layer_tunnel(l, TUNNEL_AYIYA, 0);
	l->next = next == NEXT_IPV6 ? decode_ipv6 : decode_ipv4;
	return DECODE_OK;
}
