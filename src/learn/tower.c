// SPDX-License-Identifier: BSD-2-Clause
/*
 * tower - a protocol tower (C706 L, I; MS-RPCE 2.1): floors of which each is a left side, that
 * begins with a protocol identifier, and a right side with what that protocol needs.
 *
 * Whatever the byte order of the call, integers in a tower are little-endian (C706 L); ports and
 * addresses are in network order (C706 I).
 */
#include "base/rd.h"
#include "learn/epm.h"

enum { /* C706 I; MS-RPCE 2.1.1 */
       ID_TCP = 0x07,
       ID_UDP = 0x08,
       ID_IP = 0x09,
       ID_LOCAL = 0x0c, /* as Windows registers what only its own host can call */
       ID_UUID = 0x0d,
       ID_PIPE = 0x0f,  /* MS-RPCE 2.1.1.2 departs from C706, where */
       ID_PIPE2 = 0x10, /* a named pipe is this */
       ID_HTTP = 0x1f,  /* MS-RPCE 2.1.1.8 */
};

/* The first three are what is called, how it is written, and by which RPC protocol; C706 L. */
enum { FLOOR_IFACE, FLOOR_SYNTAX, FLOOR_RPC, FLOORS_MIN };

/* Identifier, UUID, major version. */
enum { UUID_LHS = 1 + 16 + 2 };

struct tower_floor {
	struct rd lhs, rhs;
	size_t n_lhs, n_rhs;
};

static bool floor_read(struct rd *r, struct tower_floor *f)
{
	f->n_lhs = rd_le16(r);
	f->lhs = rd_sub(r, f->n_lhs);
	f->n_rhs = rd_le16(r);
	f->rhs = rd_sub(r, f->n_rhs);
	return !rd_short(r);
}

size_t tower_size(const uint8_t *p, size_t n)
{
	struct rd r = rd_over(p, n);
	struct tower_floor f;

	for (uint16_t left = rd_le16(&r); left; left--)
		if (!floor_read(&r, &f))
			return 0;
	return rd_short(&r) ? 0 : n - rd_left(&r);
}

static bool read_uuid(struct tower_floor *f, uint8_t ret_uuid[16], uint16_t *ret_major,
		      uint16_t *ret_minor)
{
	static const uint8_t from[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
	const uint8_t id = rd_u8(&f->lhs);
	const uint8_t *uuid = rd_take(&f->lhs, 16);

	*ret_major = rd_le16(&f->lhs);
	*ret_minor = rd_le16(&f->rhs);
	if (f->n_lhs != UUID_LHS || id != ID_UUID || rd_short(&f->rhs))
		return false;
	for (int i = 0; i < 16; i++)
		ret_uuid[i] = uuid[from[i]];
	return true;
}

static void read_name(struct rd *rhs, char ret_name[GRANTED_NAME])
{
	for (size_t i = 0; i < GRANTED_NAME - 1; i++) {
		const uint8_t c = rd_u8(rhs); /* 0 past the end */

		if (!c)
			return;
		ret_name[i] = c >= ' ' && c <= '~' ? (char)c : '?';
	}
}

static void read_port(struct rd *rhs, enum granted_proto proto, struct granted *g)
{
	const uint16_t port = rd_be16(rhs);

	/* 0 is what a question carries, and an answer that has nothing better. */
	if (!port || g->proto != GRANTED_NONE)
		return;
	g->proto = proto;
	g->port = port;
}

static void read_pipe(struct rd *rhs, bool local, struct granted *g)
{
	if (g->proto != GRANTED_NONE || *g->name)
		return;
	/* Over the local protocol the same identifier names an endpoint that no network reaches. */
	if (!local)
		g->proto = GRANTED_PIPE;
	read_name(rhs, g->name);
}

static void read_address(struct tower_floor *f, struct granted *g)
{
	const uint32_t v4 = rd_be32(&f->rhs);

	/* 0.0.0.0 is the address of a question, and what stands for any IPv6 address. */
	if (f->n_rhs != 4 || !v4 || g->has_alias)
		return;
	g->has_alias = true;
	g->alias = addr_v4(v4);
}

static void read_transport(struct tower_floor *f, bool local, struct granted *g)
{
	if (f->n_lhs != 1)
		return;
	switch (rd_u8(&f->lhs)) {
	case ID_TCP:
		read_port(&f->rhs, GRANTED_TCP, g);
		break;
	case ID_UDP:
		read_port(&f->rhs, GRANTED_UDP, g);
		break;
	case ID_HTTP:
		read_port(&f->rhs, GRANTED_HTTP, g);
		break;
	case ID_PIPE:
	case ID_PIPE2:
		read_pipe(&f->rhs, local, g);
		break;
	case ID_IP:
		read_address(f, g);
		break;
	default: /* a NetBIOS name, or a protocol that CRM does not meet */
		break;
	}
}

bool tower_read(const uint8_t *p, size_t n, struct granted *ret)
{
	struct rd r = rd_over(p, n);
	const uint16_t floors = rd_le16(&r);
	struct granted g = {.has_iface = true};
	bool local = false;

	if (floors < FLOORS_MIN)
		return false;
	for (uint16_t i = 0; i < floors; i++) {
		struct tower_floor f;
		uint8_t syntax[16];
		uint16_t major, minor;

		if (!floor_read(&r, &f))
			return false;
		if (i == FLOOR_IFACE && !read_uuid(&f, g.uuid, &g.major, &g.minor))
			return false;
		if (i == FLOOR_SYNTAX && !read_uuid(&f, syntax, &major, &minor))
			return false;
		if (i == FLOOR_RPC)
			local = f.n_lhs == 1 && rd_u8(&f.lhs) == ID_LOCAL;
		if (i > FLOOR_RPC)
			read_transport(&f, local, &g);
	}
	*ret = g;
	return true;
}
