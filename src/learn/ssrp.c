// SPDX-License-Identifier: BSD-2-Clause
/*
 * ssrp - SQL Browser tells at which port an instance of SQL Server is (MC-SQLR 2.2.5).
 *
 *   05 length(2) ServerName;SQL01;InstanceName;CRM;IsClustered;No;Version;13.0;tcp;49733;;
 *   05 06 00 01 port(2)                                           the administrator's, 2.2.6
 *
 * The text has one record an instance, each of keys and values, closed by an empty key. Who asks
 * by broadcast is answered from the addresses of the servers, so an answer needs no request.
 */
#include "learn/ssrp.h"

#include <string.h>
#include <strings.h>

#include "base/rd.h"
#include "learn/learner.h"
#include "recognise/recognise.h"

enum {
	ANSWER = 0x05,
	DAC = 0x0f,
	DAC_VERSION = 1,
	DAC_LENGTH = 6,
	KEY_MAX = 16, /* longest key that matters, and the zero */
};

/* The text up to the next semicolon, which is taken. False when there is none. */
static bool token(struct rd *r, struct rd *ret)
{
	struct rd t = *r;

	while (rd_left(r))
		if (rd_u8(r) == ';') {
			*ret = rd_over(t.p, (size_t)(r->p - t.p) - 1);
			return true;
		}
	return false;
}

static bool is(struct rd t, const char *key)
{
	char text[KEY_MAX] = "";
	size_t n = rd_left(&t);

	if (n >= sizeof text)
		return false;
	for (size_t i = 0; i < n; i++)
		text[i] = (char)rd_u8(&t);
	return strlen(text) == n && !strcasecmp(text, key);
}

static uint16_t port_of(struct rd t)
{
	size_t n = rd_left(&t);
	uint32_t v = 0;

	if (!n || n > 5)
		return 0;
	while (rd_left(&t)) {
		uint8_t c = rd_u8(&t);

		if (c < '0' || c > '9')
			return 0;
		v = v * 10 + c - '0';
	}
	return v > UINT16_MAX ? 0 : (uint16_t)v;
}

/* The text is in the server's code page (MC-SQLR 2.2.3). */
static void name_of(struct rd t, char ret[GRANTED_NAME])
{
	size_t n = 0;

	for (; rd_left(&t) && n < GRANTED_NAME - 1; n++) {
		uint8_t c = rd_u8(&t);

		ret[n] = c >= 0x20 && c < 0x7f ? (char)c : '?';
	}
	ret[n] = 0;
}

struct record {
	bool server, closed;
	char instance[GRANTED_NAME];
	uint16_t port; /* 0: no TCP */
};

/* One record; false when its end is missing or what is there is none. */
static bool record(struct rd *r, struct record *ret)
{
	struct rd key, value;
	struct rd before;

	*ret = (struct record){0};
	for (before = *r; token(r, &key); before = *r) {
		if (!rd_left(&key)) {
			ret->closed = true;
			return ret->server && ret->instance[0];
		}
		if (is(key, "ServerName") && ret->server) {
			/* The one before has no end; this one may have. */
			*r = before;
			return false;
		}
		if (!token(r, &value))
			return false;
		if (is(key, "ServerName"))
			ret->server = true;
		else if (is(key, "InstanceName"))
			name_of(value, ret->instance);
		else if (is(key, "tcp"))
			ret->port = port_of(value);
	}
	return false;
}

static bool text(struct rd r, bool cut, granted_fn sink, void *user)
{
	struct rd start = r, key;
	struct record one;
	size_t found = 0;

	if (!token(&start, &key) || !is(key, "ServerName"))
		return false;
	for (size_t i = 0; i < SSRP_RECORDS_MAX && rd_left(&r); i++) {
		if (!record(&r, &one))
			continue;

		struct granted g = {
			.how = GRANT_SQL_BROWSER, .proto = GRANTED_TCP, .port = one.port};

		found++;
		if (!one.port)
			continue;
		memcpy(g.name, one.instance, sizeof g.name);
		sink(user, &g);
	}
	return found || cut;
}

bool ssrp_read(const uint8_t *p, size_t n, granted_fn sink, void *user)
{
	struct rd r = rd_over(p, n);
	uint8_t type = rd_u8(&r);
	uint16_t len = rd_le16(&r);

	if (rd_short(&r) || type != ANSWER)
		return false;
	if (n == DAC_LENGTH && len == DAC_LENGTH) {
		if (rd_u8(&r) != DAC_VERSION)
			return false;

		struct granted g = {
			.how = GRANT_SQL_DAC, .proto = GRANTED_TCP, .port = rd_le16(&r)};

		if (g.port)
			sink(user, &g);
		return g.port;
	}
	return len >= rd_left(&r) && text(r, len > rd_left(&r), sink, user);
}

bool ssrp_asks_dac(const uint8_t *p, size_t n, char ret[GRANTED_NAME])
{
	struct rd r = rd_over(p, n);
	uint8_t type = rd_u8(&r), version = rd_u8(&r);
	size_t len = rd_left(&r);

	/* MC-SQLR 2.2.4: a name of up to 32 octets and its zero */
	if (rd_short(&r) || type != DAC || version != DAC_VERSION || len < 2 || len > SSRP_NAME + 1)
		return false;

	struct rd name = rd_sub(&r, len - 1);

	for (struct rd t = name; rd_left(&t);)
		if (!rd_u8(&t))
			return false;
	if (rd_u8(&r))
		return false;
	name_of(name, ret);
	return true;
}

/* ---- the learner */

struct ssrp {
	char dac[2][GRANTED_NAME]; /* what each side asked for last; "" nothing, or answered */
};

static bool wants(const struct learn_ask *q, const char *app)
{
	return q->proto == PROTO_UDP &&
	       (q->port[0] == SSRP_PORT || q->port[1] == SSRP_PORT || !strcmp(app, "ssrp"));
}

static bool open_(struct learn_flow *f)
{
	f->state = learn_take(f->l, sizeof(struct ssrp));
	return f->state;
}

struct telling {
	struct learn_flow *f;
	unsigned side;
	const struct evidence *at;
};

static void tell(void *user, const struct granted *g)
{
	struct telling *t = user;
	struct ssrp *s = t->f->state;
	struct granted named = *g;

	if (g->how == GRANT_SQL_DAC) {
		memcpy(named.name, s->dac[!t->side], sizeof named.name);
		s->dac[!t->side][0] = 0;
	}
	learn_granted(t->f, t->side, &named, false, t->at);
}

/* Answers come from port 1434 (MC-SQLR 2.1); with neither port 1434 the flow was recognised by what
 * is in it, and either side may answer. */
static bool may_answer(const struct learn_flow *f, unsigned side)
{
	return f->port[side] == SSRP_PORT || f->port[!side] != SSRP_PORT;
}

static void bytes(struct learn_flow *f, unsigned side, const uint8_t *p, size_t n, bool start,
		  const struct evidence *at)
{
	struct ssrp *s = f->state;
	struct rd r = rd_over(p, n);
	uint8_t type = rd_u8(&r);

	(void)start;
	if (rd_short(&r))
		return;
	if (type == ANSWER && may_answer(f, side)) {
		bool ok = ssrp_read(p, n, tell, &(struct telling){f, side, at});

		learn_answered(f, ok ? LEARN_ANSWER_READ : LEARN_ANSWER_BAD);
		if (ok)
			f->facts.client_side = (int8_t)!side;
		return;
	}
	if (type == DAC && may_answer(f, !side) && ssrp_asks_dac(p, n, s->dac[side]) &&
	    f->facts.client_side < 0)
		f->facts.client_side = (int8_t)side;
}

static void close_(struct learn_flow *f)
{
	learn_give(f->l, f->state, sizeof(struct ssrp));
}

const struct learner learner_ssrp = {
	.word = "ssrp",
	.spec = "MC-SQLR 2.2",
	.wants = wants,
	.open = open_,
	.bytes = bytes,
	.close = close_,
};
