// SPDX-License-Identifier: BSD-2-Clause
/*
 * detail - what a conversation has beside the columns of its row, as octets.
 *
 * The one place that knows the layout of struct conv. Numbers are as long as they need (7 bits an
 * octet, the lowest first), times are counted from the conversation's first packet.
 */
#include <string.h>

#include "base/time.h"
#include "recognise/recognise.h"
#include "store/db.h"

enum { DETAIL_FORM = 1 };

/* Writing */

static void put_u(struct out *o, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		out_char(o, (char)(v | 0x80));
	out_char(o, (char)v);
}

static void put_s(struct out *o, int64_t v)
{
	put_u(o, (uint64_t)v << 1 ^ (v < 0 ? UINT64_MAX : 0));
}

/* The difference may not fit an int64_t; it comes back the same, as both ways wrap. */
static void put_time(struct out *o, int64_t ns, int64_t base)
{
	out_char(o, ns != TIME_NONE);
	if (ns != TIME_NONE)
		put_s(o, (int64_t)((uint64_t)ns - (uint64_t)base));
}

static void put_evidence(struct out *o, const struct evidence *e, unsigned n, int64_t base)
{
	put_u(o, n);
	for (unsigned i = 0; i < n; i++) {
		put_time(o, e[i].ts_ns, base);
		put_u(o, e[i].input);
		put_u(o, e[i].number);
	}
}

static void put_texts(struct out *o, const char *p, unsigned n, size_t size)
{
	put_u(o, n);
	for (unsigned i = 0; i < n; i++, p += size) {
		put_u(o, strnlen(p, size - 1));
		out_bytes(o, p, strnlen(p, size - 1));
	}
}

static void put_app(struct out *o, const struct conv_app *a, int64_t base)
{
	/* By name: numbers are those of one build. */
	put_u(o, strlen(app_name(a->app)));
	out_puts(o, app_name(a->app));
	put_u(o, a->conf);
	put_u(o, a->flows);
	for (unsigned i = 0; i < STATE_N; i++)
		put_u(o, a->by_state[i]);
	put_u(o, a->payload[0]);
	put_u(o, a->payload[1]);
	put_u(o, a->notes);
	put_u(o, a->signs);
	put_evidence(o, a->ev, a->n_ev, base);
	put_evidence(o, &a->tell, a->told, base);
}

static void put_failures(struct out *o, const struct conv *c)
{
	const struct conv_fail *f = conv_fail(c);

	put_time(o, f->first_ns, c->first_ns);
	put_time(o, f->last_ns, c->first_ns);
	for (unsigned i = 0; i < CONV_FAILS && i < f->n; i++)
		put_time(o, f->newest_ns[i], c->first_ns);
	put_u(o, f->n_minutes);
	for (unsigned i = 0; i < f->n_minutes; i++) {
		put_s(o, f->minutes[i].minute);
		put_time(o, f->minutes[i].first_ns, c->first_ns);
		put_time(o, f->minutes[i].last_ns, c->first_ns);
		put_u(o, f->minutes[i].n);
	}
	put_evidence(o, f->ev, f->n_ev, c->first_ns);
}

static void put_refusal(struct out *o, const struct conv *c)
{
	const struct conv_refusal *r = conv_refusal(c);

	put_u(o, r->who);
	put_time(o, r->ns, c->first_ns);
	out_bytes(o, r->by.b, sizeof r->by.b);
	put_u(o, r->icmp_type);
	put_u(o, r->icmp_code);
	put_u(o, r->icmp_class);
	put_u(o, r->signs);
	put_u(o, r->ttl);
	out_bytes(o, r->mac, sizeof r->mac);
}

void detail_write(const struct conv *c, struct out *o)
{
	const struct conv_more *m = conv_more(c);
	struct conv_app room;
	bool failed = conv_fail(c)->n > 0, refused = conv_refusal(c)->who != REFUSER_NONE;

	out_reset(o);
	out_char(o, DETAIL_FORM);
	for (unsigned i = 0; i < STATE_N; i++)
		put_u(o, c->by_state[i]);
	put_time(o, c->ok_last_ns, c->first_ns);
	put_evidence(o, c->ok_ev, c->n_ok_ev, c->first_ns);
	put_u(o, m->rst_after_accept);
	put_u(o, m->rst_after_data);
	put_u(o, c->server_ttl);
	out_bytes(o, conv_refusal(c)->server_mac, sizeof conv_refusal(c)->server_mac);
	put_u(o, c->tunnel);
	put_u(o, c->tunnel_id);
	put_u(o, c->n_app);
	for (unsigned i = 0; i < c->n_app; i++)
		put_app(o, conv_app(c, i, &room), c->first_ns);
	out_char(o, failed);
	if (failed)
		put_failures(o, c);
	out_char(o, refused);
	if (refused)
		put_refusal(o, c);
	put_texts(o, (const char *)m->name, m->n_name, CONV_NAME_TEXT);
	put_texts(o, (const char *)m->pipe, m->n_pipe, CONV_PIPE_TEXT);
	put_u(o, m->n_iface);
	for (unsigned i = 0; i < m->n_iface; i++) {
		out_bytes(o, m->iface[i].uuid, sizeof m->iface[i].uuid);
		put_u(o, m->iface[i].major);
		put_u(o, m->iface[i].minor);
	}
	put_evidence(o, &m->bind_ev, m->has_bind, c->first_ns);
}

/* Reading */

struct in {
	struct rd r;
	int64_t base;
	bool bad;
};

static uint64_t get_u(struct in *in, uint64_t max)
{
	uint64_t v = 0;
	unsigned shift = 0;
	uint8_t b;

	do {
		b = rd_u8(&in->r);
		if (shift == 63 && b > 1)
			in->bad = true;
		v |= (uint64_t)(b & 0x7f) << shift;
		shift += 7;
	} while (b & 0x80 && shift < 64);
	if (rd_short(&in->r) || b & 0x80 || v > max)
		in->bad = true;
	return in->bad ? 0 : v;
}

static int64_t get_s(struct in *in)
{
	uint64_t v = get_u(in, UINT64_MAX);

	return (int64_t)(v >> 1 ^ (0 - (v & 1)));
}

static int64_t get_time(struct in *in)
{
	uint64_t there = get_u(in, 1);
	int64_t ns;

	if (!there)
		return TIME_NONE;
	ns = (int64_t)((uint64_t)in->base + (uint64_t)get_s(in));
	if (ns == TIME_NONE)
		in->bad = true;
	return ns;
}

/* A time that must be there. */
static int64_t get_moment(struct in *in)
{
	int64_t ns = get_time(in);

	if (ns == TIME_NONE)
		in->bad = true;
	return in->bad ? 0 : ns;
}

static uint8_t get_evidence(struct in *in, struct evidence *e, unsigned max)
{
	unsigned n = (unsigned)get_u(in, max);

	for (unsigned i = 0; i < n; i++) {
		e[i].ts_ns = get_moment(in);
		e[i].input = (uint32_t)get_u(in, UINT32_MAX);
		e[i].number = (uint32_t)get_u(in, UINT32_MAX);
		if (i && !evidence_before(&e[i - 1], &e[i]))
			in->bad = true;
	}
	return (uint8_t)n;
}

/* Texts ascend, each once. */
static uint8_t get_texts(struct in *in, char *p, unsigned max, size_t size)
{
	unsigned n = (unsigned)get_u(in, max);

	for (unsigned i = 0; i < n; i++, p += size) {
		size_t len = (size_t)get_u(in, size - 1);
		const uint8_t *from = rd_take(&in->r, len);

		memset(p, 0, size);
		if (from && len)
			memcpy(p, from, len);
		if (!len || strlen(p) != len || (i && strcmp(p - size, p) >= 0))
			in->bad = true;
	}
	return (uint8_t)n;
}

static void get_bytes(struct in *in, void *to, size_t n)
{
	const uint8_t *from = rd_take(&in->r, n);

	memset(to, 0, n);
	if (from)
		memcpy(to, from, n);
}

/* Flows by state, whose sum is given. */
static void get_states(struct in *in, uint32_t by[STATE_N], uint64_t flows)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < STATE_N; i++) {
		by[i] = (uint32_t)get_u(in, UINT32_MAX);
		sum += by[i];
	}
	if (sum != flows)
		in->bad = true;
}

/* What this build does not recognise counts as nothing recognised. */
static uint16_t get_name(struct in *in)
{
	char name[32] = "";
	size_t n = (size_t)get_u(in, sizeof name - 1);

	get_bytes(in, name, n);
	return app_by_name(name);
}

static void get_app(struct in *in, struct conv_app *a)
{
	memset(a, 0, sizeof *a);
	a->app = get_name(in);
	a->conf = (uint8_t)get_u(in, UINT8_MAX);
	a->flows = (uint32_t)get_u(in, UINT32_MAX);
	get_states(in, a->by_state, a->flows);
	a->payload[0] = get_u(in, INT64_MAX);
	a->payload[1] = get_u(in, INT64_MAX);
	a->notes = (uint32_t)get_u(in, UINT32_MAX);
	a->signs = (uint32_t)get_u(in, UINT32_MAX);
	a->n_ev = get_evidence(in, a->ev, EVIDENCE_N);
	a->told = get_evidence(in, &a->tell, 1);
}

static void get_apps(struct in *in, struct conv *c, struct conv_app *rows)
{
	uint64_t flows = 0;

	c->n_app = (uint8_t)get_u(in, CONV_APPS);
	c->app = rows;
	for (unsigned i = 0; i < c->n_app; i++) {
		get_app(in, &rows[i]);
		flows += rows[i].flows;
	}
	if (flows != c->flows)
		in->bad = true;
}

static void get_failures(struct in *in, struct conv_fail *f, struct conv_minute *rows)
{
	f->first_ns = get_moment(in);
	f->last_ns = get_moment(in);
	for (unsigned i = 0; i < CONV_FAILS && i < f->n; i++) {
		f->newest_ns[i] = get_moment(in);
		if (i && f->newest_ns[i - 1] < f->newest_ns[i])
			in->bad = true;
	}
	f->n_minutes = (uint8_t)get_u(in, CONV_MINUTES);
	f->minutes = rows;
	memset(rows, 0, CONV_MINUTES * sizeof *rows);
	for (unsigned i = 0; i < f->n_minutes; i++) {
		rows[i].minute = get_s(in);
		rows[i].first_ns = get_moment(in);
		rows[i].last_ns = get_moment(in);
		rows[i].n = (uint32_t)get_u(in, UINT32_MAX);
		if (i && rows[i - 1].minute <= rows[i].minute)
			in->bad = true;
	}
	f->n_ev = get_evidence(in, f->ev, EVIDENCE_N);
}

static void get_refusal(struct in *in, struct conv_refusal *r)
{
	r->who = (enum refuser)get_u(in, REFUSER_OTHER);
	r->ns = get_moment(in);
	get_bytes(in, r->by.b, sizeof r->by.b);
	r->icmp_type = (uint8_t)get_u(in, UINT8_MAX);
	r->icmp_code = (uint8_t)get_u(in, UINT8_MAX);
	r->icmp_class = (enum icmp_class)get_u(in, ICMP_OTHER);
	r->signs = (uint8_t)get_u(in, REFUSAL_TTL | REFUSAL_MAC | REFUSAL_SEQUENCE);
	r->ttl = (uint8_t)get_u(in, UINT8_MAX);
	get_bytes(in, r->mac, sizeof r->mac);
	if (r->who == REFUSER_NONE)
		in->bad = true;
}

static void get_ifaces(struct in *in, struct conv_more *m, struct rpc_iface *rows)
{
	m->n_iface = (uint8_t)get_u(in, CONV_IFACES);
	m->iface = rows;
	for (unsigned i = 0; i < m->n_iface; i++) {
		get_bytes(in, rows[i].uuid, sizeof rows[i].uuid);
		rows[i].major = (uint16_t)get_u(in, UINT16_MAX);
		rows[i].minor = (uint16_t)get_u(in, UINT16_MAX);
	}
}

void detail_rows_clear(struct detail_rows *rows)
{
	memset(&rows->fail, 0, sizeof rows->fail);
	memset(&rows->refusal, 0, sizeof rows->refusal);
	memset(&rows->more, 0, sizeof rows->more);
	rows->fail.first_ns = rows->fail.last_ns = rows->refusal.ns = TIME_NONE;
}

/* What is there of the rows is the conversation's. */
static void rows_into(struct conv *c, struct detail_rows *rows)
{
	const struct conv_more *m = &rows->more;

	if (rows->refusal.who != REFUSER_NONE)
		rows->fail.refusal = &rows->refusal;
	if (rows->fail.n || rows->fail.refusal)
		c->fail = &rows->fail;
	if (m->n_name || m->n_pipe || m->n_iface || m->has_bind || m->unseen[0] || m->unseen[1] ||
	    m->rst_after_accept || m->rst_after_data)
		c->more = &rows->more;
}

bool detail_read(struct rd r, struct conv *c, struct detail_rows *rows)
{
	struct in in = {.r = r, .base = c->first_ns};
	struct conv_more *m = &rows->more;

	if (rd_u8(&in.r) != DETAIL_FORM)
		return false;
	get_states(&in, c->by_state, c->flows);
	c->ok_last_ns = get_time(&in);
	c->n_ok_ev = get_evidence(&in, c->ok_ev, EVIDENCE_N);
	m->rst_after_accept = get_u(&in, INT64_MAX);
	m->rst_after_data = get_u(&in, INT64_MAX);
	c->server_ttl = (uint8_t)get_u(&in, UINT8_MAX);
	get_bytes(&in, rows->refusal.server_mac, sizeof rows->refusal.server_mac);
	c->tunnel = (uint8_t)get_u(&in, TUNNEL_N - 1);
	c->tunnel_id = (uint32_t)get_u(&in, UINT32_MAX);
	get_apps(&in, c, rows->app);
	if (get_u(&in, 1) != (rows->fail.n > 0))
		in.bad = true;
	if (rows->fail.n && !in.bad)
		get_failures(&in, &rows->fail, rows->minutes);
	if (get_u(&in, 1))
		get_refusal(&in, &rows->refusal);
	m->n_name = get_texts(&in, rows->name[0], CONV_NAMES, CONV_NAME_TEXT);
	m->name = rows->name;
	m->n_pipe = get_texts(&in, rows->pipe[0], CONV_PIPES, CONV_PIPE_TEXT);
	m->pipe = rows->pipe;
	get_ifaces(&in, m, rows->iface);
	m->has_bind = get_evidence(&in, &m->bind_ev, 1);
	rows_into(c, rows);
	return !in.bad && !rd_short(&in.r) && !rd_left(&in.r);
}
