// SPDX-License-Identifier: BSD-2-Clause
/*
 * tls - the hosts that a server's certificate is for (RFC 5246 7.4.2; SSL 3.0, RFC 6101 5.6.2, has
 * the same message).
 *
 *   record       type(1) version(2) length(2)                             RFC 5246 6.2.1
 *   handshake    type(1) length(3)                                        RFC 5246 7.4
 *   certificate  length(3) of the list | length(3) certificate | ...      the server's comes first
 *
 * Messages may go over records, and records hold several messages. From the server, the hello comes
 * first and the certificate next; a hello that takes up an old session is followed by none, and in
 * TLS 1.3 it is encrypted (RFC 8446 4.4.2). So a dozen bytes or a few kilobytes say all that there
 * is, and the reader asks for no more: what follows, the bulk of a connection, costs nothing.
 *
 * TLS in the middle of another protocol (STARTTLS, TDS before version 8, RDP) is not read. SQL
 * Server makes itself a certificate without a name of use there.
 */
#include <string.h>

#include "base/rd.h"
#include "learn/learner.h"
#include "learn/x509.h"
#include "recognise/recognise.h"

enum {
	RECORD_HEADER = 5,
	FIRST = RECORD_HEADER + 1,     /* and the type of the first message */
	RECORD_MAX = (1 << 14) + 2048, /* RFC 5246 6.2.3 */
	RECORD_ALERT = 21,
	RECORD_HANDSHAKE = 22,
	ALERT = 2, /* octets: level and description, RFC 5246 7.2 */
	WARNING = 1,
	MESSAGE_HEADER = 4,
	CLIENT_HELLO = 1,
	SERVER_HELLO = 2,
	CERTIFICATE = 11,
	LIST_HEADER = 6, /* of the list and of its first certificate */
	EXT_SUPPORTED_VERSIONS = 43,
	TLS_1_3 = 0x0304,
	HELLO_MAX = 1 << 12,
	LEAF_MAX = 16 << 10,
	KEPT_FIRST = 4 << 10,
	KEPT_MAX = MESSAGE_HEADER + LIST_HEADER + LEAF_MAX,
	PATIENCE = 64 << 10, /* bytes of a client that nobody answers */
};

struct tls {
	uint8_t first[2][FIRST]; /* of each side, while nobody knows who is the server */
	uint8_t n_first[2];
	bool begun[2]; /* its bytes begin at its start */
	bool fed;      /* first[] of the server was read */
	uint8_t head[RECORD_HEADER];
	uint8_t n_head;
	int8_t server;    /* side; -1 unknown */
	uint32_t left;    /* of the record in hand */
	uint32_t patient; /* bytes of the other side so far */
	bool hello;       /* the server's was read */
	uint8_t *buf;     /* handshake of the server from the message in hand on */
	uint32_t n, room;
};

static bool wants(const struct learn_ask *q, const char *app)
{
	return q->proto == PROTO_TCP && strncmp(app, "tls", 3) == 0;
}

static bool open_(struct learn_flow *f)
{
	struct tls *s = learn_take(f->l, sizeof *s);

	if (!s)
		return false;
	s->server = -1;
	f->state = s;
	return true;
}

static void close_(struct learn_flow *f)
{
	struct tls *s = f->state;

	learn_give(f->l, s->buf, s->room);
	learn_give(f->l, s, sizeof *s);
}

static void tell(struct learn_flow *f, unsigned side, struct rd leaf, const struct evidence *at)
{
	char name[X509_NAMES][SIGHTING_NAME];
	unsigned n = x509_names(leaf, name);

	for (unsigned i = 0; i < n; i++) {
		struct sighting s = {
			.kind = SIGHT_CERTIFICATE, .about = f->addr[side], .port = f->port[side]};

		memcpy(s.name, name[i], sizeof s.name);
		learn_sighted(f, &s, at);
	}
}

/* version(2) random(32) session(1+) suite(2) compression(1) extensions(2+), RFC 5246 7.4.1.3 */
static bool is_1_3(struct rd hello)
{
	struct rd all;

	rd_skip(&hello, 34);
	rd_skip(&hello, rd_u8(&hello));
	rd_skip(&hello, 3);
	all = rd_sub(&hello, rd_be16(&hello));
	while (rd_left(&all)) {
		uint16_t type = rd_be16(&all);
		struct rd one = rd_sub(&all, rd_be16(&all));

		if (type == EXT_SUPPORTED_VERSIONS)
			return rd_be16(&one) == TLS_1_3; /* RFC 8446 4.2.1 */
	}
	return false;
}

/* Reads what is whole in the buffer; true when there is nothing to wait for. */
static bool messages(struct learn_flow *f, unsigned side, const struct evidence *at)
{
	struct tls *s = f->state;

	for (;;) {
		struct rd r = rd_over(s->buf, s->n);
		uint8_t type = rd_u8(&r);
		uint32_t len = rd_be24(&r);

		if (rd_short(&r))
			return false;
		if (!s->hello) {
			if (type != SERVER_HELLO || len > HELLO_MAX)
				return true;
			if (rd_left(&r) < len)
				return false;
			s->hello = true;
			if (is_1_3(rd_sub(&r, len)))
				return true;
			s->n = (uint32_t)rd_left(&r);
			memmove(s->buf, r.p, s->n);
			continue;
		}
		if (type != CERTIFICATE)
			return true;

		uint32_t list = rd_be24(&r), leaf = rd_be24(&r);

		if (rd_short(&r))
			return false;
		if (len < 3 || list > len - 3 || list < 3 || leaf > list - 3 || leaf > LEAF_MAX)
			return true;
		if (rd_left(&r) < leaf)
			return false;
		tell(f, side, rd_sub(&r, leaf), at);
		return true;
	}
}

/* False when there is no room for it, or it is more than can be of use. */
static bool keep(struct learn_flow *f, const uint8_t *p, uint32_t n)
{
	struct tls *s = f->state;

	if (n > KEPT_MAX - s->n)
		n = KEPT_MAX - s->n;
	if (!n)
		return false;
	if (s->n + n > s->room) {
		uint32_t room = s->n + n > KEPT_FIRST ? KEPT_MAX : KEPT_FIRST;
		uint8_t *buf = learn_take(f->l, room);

		if (!buf)
			return false;
		if (s->n)
			memcpy(buf, s->buf, s->n);
		learn_give(f->l, s->buf, s->room);
		s->buf = buf;
		s->room = room;
	}
	memcpy(s->buf + s->n, p, n);
	s->n += n;
	return true;
}

/* Bytes of the server; true when it has nothing more to say. */
static bool records(struct learn_flow *f, unsigned side, struct rd r, const struct evidence *at)
{
	struct tls *s = f->state;

	while (rd_left(&r)) {
		if (!s->left) {
			while (s->n_head < RECORD_HEADER && rd_left(&r))
				s->head[s->n_head++] = rd_u8(&r);
			if (s->n_head < RECORD_HEADER)
				return false;
			s->left = (uint32_t)s->head[3] << 8 | s->head[4];
			s->n_head = 0;
			if (s->head[1] != 3 || !s->left || s->left > RECORD_MAX)
				return true;
			if (s->head[0] == RECORD_ALERT ? s->left != ALERT
						       : s->head[0] != RECORD_HANDSHAKE)
				return true;
			continue;
		}
		/* Before its hello a server may say that it has no such name, and go on all the
		 * same (RFC 6066 3). */
		if (s->head[0] == RECORD_ALERT) {
			uint8_t level = rd_u8(&r);

			if (s->left-- == ALERT && level != WARNING)
				return true;
			continue;
		}

		uint32_t n = s->left < rd_left(&r) ? s->left : (uint32_t)rd_left(&r);

		if (!keep(f, r.p, n))
			return true;
		rd_skip(&r, n);
		s->left -= n;
		if (messages(f, side, at))
			return true;
	}
	return false;
}

/* Who is the server shows in the first bytes of either side; 80 begins the old hello of a client
 * (RFC 5246 E.2). -1 when they are something else. */
static int server_of(unsigned side, struct rd r)
{
	uint8_t type = rd_u8(&r);

	if (type & 0x80)
		return !side;
	if (type == RECORD_ALERT)
		return (int)side;
	rd_skip(&r, RECORD_HEADER - 1);

	uint8_t message = rd_u8(&r);

	if (rd_short(&r) || type != RECORD_HANDSHAKE)
		return -1;
	return message == SERVER_HELLO ? (int)side : message == CLIENT_HELLO ? !side : -1;
}

static bool from_server(struct learn_flow *f, unsigned side, struct rd r, const struct evidence *at)
{
	struct tls *s = f->state;

	/* What was kept while nobody knew whose it was. */
	if (!s->fed && s->n_first[side] &&
	    records(f, side, rd_over(s->first[side], s->n_first[side]), at))
		return true;
	s->fed = true;
	return records(f, side, r, at);
}

/* True when there is nothing to wait for. */
static bool take(struct learn_flow *f, unsigned side, struct rd r, bool start,
		 const struct evidence *at)
{
	struct tls *s = f->state;
	uint8_t *had = &s->n_first[side];

	s->begun[side] |= start;
	if (!s->begun[side])
		return s->server < 0 || (int)side == s->server;
	if (s->server < 0) {
		while (*had < FIRST && rd_left(&r))
			s->first[side][(*had)++] = rd_u8(&r);
		if (*had < FIRST)
			return false;
		s->server = (int8_t)server_of(side, rd_over(s->first[side], FIRST));
		if (s->server < 0)
			return true;
	}
	if ((int)side == s->server)
		return from_server(f, side, r, at);
	s->patient += rd_left(&r) < PATIENCE ? (uint32_t)rd_left(&r) : PATIENCE;
	return s->patient >= PATIENCE;
}

static void bytes(struct learn_flow *f, unsigned side, const uint8_t *p, size_t n, bool start,
		  const struct evidence *at)
{
	f->enough = take(f, side, rd_over(p, n), start, at);
}

static void gap(struct learn_flow *f, unsigned side, uint64_t n)
{
	const struct tls *s = f->state;

	(void)n;
	if (s->server < 0 || (int)side == s->server)
		f->enough = true;
}

const struct learner learner_tls = {
	.word = "tls",
	.spec = "RFC 5246 6.2.1, 7.4; RFC 5280 4.1, 4.2.1.6",
	.names_only = true,
	.wants = wants,
	.open = open_,
	.bytes = bytes,
	.gap = gap,
	.close = close_,
};
