// SPDX-License-Identifier: BSD-2-Clause
#include "flow/conv_merge.h"

#include <errno.h>
#include <string.h>

#include "base/time.h"
#include "flow/conv_apps.h"

#define MINUTE_NS (60 * NS_PER_S)

static bool row_move(struct arena *to, void **v, size_t bytes)
{
	void *there = bytes ? arena_alloc(to, bytes) : NULL;

	if (!bytes)
		return true;
	if (there)
		*v = memcpy(there, *v, bytes);
	return there;
}

static bool fail_move(struct arena *to, struct conv *c)
{
	if (!row_move(to, (void **)&c->fail, sizeof *c->fail))
		return false;

	struct conv_fail *f = c->fail;

	return row_move(to, (void **)&f->minutes, f->n_minutes * sizeof *f->minutes) &&
	       (!f->refusal || row_move(to, (void **)&f->refusal, sizeof *f->refusal));
}

static bool more_move(struct arena *to, struct conv *c)
{
	if (!row_move(to, (void **)&c->more, sizeof *c->more))
		return false;

	struct conv_more *m = c->more;

	return row_move(to, (void **)&m->name, m->n_name * sizeof *m->name) &&
	       row_move(to, (void **)&m->iface, m->n_iface * sizeof *m->iface) &&
	       row_move(to, (void **)&m->pipe, m->n_pipe * sizeof *m->pipe);
}

bool conv_rows_move(struct arena *to, struct conv *c)
{
	return (c->alone || row_move(to, (void **)&c->app, c->n_app * sizeof *c->app)) &&
	       (!c->fail || fail_move(to, c)) && (!c->more || more_move(to, c));
}

static void *row_make(struct conv_rows *rows, size_t size)
{
	void *p = arena_alloc(rows->arena, size);

	if (p)
		rows->bytes += size;
	return p;
}

/* The conversation's own, made when it has none. NULL without memory. */
static struct conv_fail *fail_get(struct conv_rows *rows, struct conv *c)
{
	if (!c->fail && (c->fail = row_make(rows, sizeof *c->fail)))
		c->fail->first_ns = c->fail->last_ns = TIME_NONE;
	return c->fail;
}

static struct conv_refusal *refusal_get(struct conv_rows *rows, struct conv_fail *f)
{
	if (!f->refusal && (f->refusal = row_make(rows, sizeof *f->refusal)))
		f->refusal->ns = TIME_NONE;
	return f->refusal;
}

static struct conv_more *more_get(struct conv_rows *rows, struct conv *c)
{
	if (!c->more)
		c->more = row_make(rows, sizeof *c->more);
	return c->more;
}

static void min_ns(int64_t *a, int64_t b)
{
	if (b != TIME_NONE && (*a == TIME_NONE || b < *a))
		*a = b;
}

static void max_ns(int64_t *a, int64_t b)
{
	if (b != TIME_NONE && (*a == TIME_NONE || b > *a))
		*a = b;
}

static bool put_minute(struct conv_rows *rows, struct conv_fail *f, const struct conv_minute *m)
{
	unsigned i = 0;

	while (i < f->n_minutes && f->minutes[i].minute > m->minute)
		i++;
	if (i == CONV_MINUTES)
		return true;
	if (i < f->n_minutes && f->minutes[i].minute == m->minute) {
		f->minutes[i].n += m->n;
		min_ns(&f->minutes[i].first_ns, m->first_ns);
		max_ns(&f->minutes[i].last_ns, m->last_ns);
		return true;
	}
	if (f->n_minutes < CONV_MINUTES) {
		if (!ROWS_GROW(rows, f->minutes, f->n_minutes))
			return false;
		f->n_minutes++;
	}
	for (unsigned j = f->n_minutes - 1; j > i; j--)
		f->minutes[j] = f->minutes[j - 1];
	f->minutes[i] = *m;
	return true;
}

static void put_fail(struct conv_fail *f, int64_t ts_ns)
{
	unsigned n = f->n < CONV_FAILS ? (unsigned)f->n : CONV_FAILS;

	for (unsigned i = 0; i < n; i++) {
		int64_t was = f->newest_ns[i];

		if (was < ts_ns) {
			f->newest_ns[i] = ts_ns;
			ts_ns = was;
		}
	}
	if (n < CONV_FAILS)
		f->newest_ns[n] = ts_ns;
	f->n++;
}

/* Texts of `size` bytes each, zeros behind, the n smallest of all. */
struct texts {
	char *v;
	size_t size;
	uint8_t n, max;
};

static struct texts names_of(const struct conv_more *m)
{
	return (struct texts){(char *)m->name, CONV_NAME_TEXT, m->n_name, CONV_NAMES};
}

static struct texts pipes_of(const struct conv_more *m)
{
	return (struct texts){(char *)m->pipe, CONV_PIPE_TEXT, m->n_pipe, CONV_PIPES};
}

/* Where the text belongs; *ret_new: it is not there, and not larger than all that are kept. */
static uint8_t text_place(const struct texts *t, const char *text, bool *ret_new)
{
	uint8_t i = 0;
	int order = -1;

	while (i < t->n && (order = strncmp(t->v + i * t->size, text, t->size - 1)) < 0)
		i++;
	*ret_new = i < t->max && !(i < t->n && order == 0);
	return i;
}

static bool put_text(struct conv_rows *rows, struct texts *t, const char *text)
{
	bool is_new;
	uint8_t i = text_place(t, text, &is_new);

	if (!is_new)
		return true;
	if (t->n < t->max) {
		if (!rows_grow(rows, (void **)&t->v, t->n, t->size))
			return false;
		t->n++;
	}
	memmove(t->v + (i + 1) * t->size, t->v + i * t->size, (t->n - 1U - i) * t->size);
	memset(t->v + i * t->size, 0, t->size);
	memcpy(t->v + i * t->size, text, strnlen(text, t->size - 1));
	return true;
}

static bool put_name(struct conv_rows *rows, struct conv_more *m, const char *name)
{
	struct texts t = names_of(m);
	bool ok = put_text(rows, &t, name);

	m->name = (char(*)[CONV_NAME_TEXT])t.v;
	m->n_name = t.n;
	return ok;
}

static bool put_pipe(struct conv_rows *rows, struct conv_more *m, const char *name)
{
	struct texts t = pipes_of(m);
	bool ok = put_text(rows, &t, name);

	m->pipe = (char(*)[CONV_PIPE_TEXT])t.v;
	m->n_pipe = t.n;
	return ok;
}

static int iface_compare(const struct rpc_iface *a, const struct rpc_iface *b)
{
	int order = memcmp(a->uuid, b->uuid, sizeof a->uuid);

	if (order)
		return order;
	if (a->major != b->major)
		return a->major < b->major ? -1 : 1;
	return (a->minor > b->minor) - (a->minor < b->minor);
}

static unsigned iface_place(const struct conv_more *m, const struct rpc_iface *f, bool *ret_new)
{
	unsigned i = 0;
	int order = -1;

	while (i < m->n_iface && (order = iface_compare(&m->iface[i], f)) < 0)
		i++;
	*ret_new = i < CONV_IFACES && !(i < m->n_iface && order == 0);
	return i;
}

static bool put_iface(struct conv_rows *rows, struct conv_more *m, const struct rpc_iface *f)
{
	bool is_new;
	unsigned i = iface_place(m, f, &is_new);

	if (!is_new)
		return true;
	if (m->n_iface < CONV_IFACES) {
		if (!ROWS_GROW(rows, m->iface, m->n_iface))
			return false;
		m->n_iface++;
	}
	for (unsigned j = m->n_iface - 1; j > i; j--)
		m->iface[j] = m->iface[j - 1];
	m->iface[i] = *f;
	return true;
}

static void put_bind(struct conv_more *m, const struct evidence *e)
{
	if (!m->has_bind || evidence_before(e, &m->bind_ev))
		m->bind_ev = *e;
	m->has_bind = true;
}

static int refusal_compare(const struct conv_refusal *a, const struct conv_refusal *b)
{
	int order = memcmp(a->by.b, b->by.b, sizeof a->by.b);

	if (a->ns != b->ns)
		return a->ns < b->ns ? -1 : 1;
	if (order)
		return order;
	if (a->who != b->who)
		return a->who < b->who ? -1 : 1;
	if (a->icmp_class != b->icmp_class)
		return a->icmp_class < b->icmp_class ? -1 : 1;
	if (a->icmp_type != b->icmp_type)
		return a->icmp_type < b->icmp_type ? -1 : 1;
	if (a->icmp_code != b->icmp_code)
		return a->icmp_code < b->icmp_code ? -1 : 1;
	if (a->ttl != b->ttl)
		return a->ttl < b->ttl ? -1 : 1;
	order = memcmp(a->mac, b->mac, sizeof a->mac);
	return order ? order : (a->signs > b->signs) - (a->signs < b->signs);
}

/* Whose the server's card is, is told at the end: it stays. */
static bool put_refusal(struct conv_rows *rows, struct conv_fail *f, const struct conv_refusal *r)
{
	struct conv_refusal *to;
	uint8_t mac[sizeof r->server_mac];

	if (r->who == REFUSER_NONE)
		return true;
	to = refusal_get(rows, f);
	if (!to)
		return false;
	if (to->who != REFUSER_NONE && refusal_compare(r, to) >= 0)
		return true;
	memcpy(mac, to->server_mac, sizeof mac);
	*to = *r;
	memcpy(to->server_mac, mac, sizeof mac);
	return true;
}

static bool flow_refused(struct conv_rows *rows, struct conv_fail *f, const struct flow_done *d)
{
	struct conv_refusal r;

	memset(&r, 0, sizeof r); /* its padding too: see conv_init() */
	r.ns = d->refusal_ns;
	r.who = d->refuser;
	r.by = d->refused_by;
	r.icmp_type = d->icmp_type;
	r.icmp_code = d->icmp_code;
	r.icmp_class = d->icmp_class;
	r.signs = d->refusal_signs;
	r.ttl = d->refusal_ttl;
	memcpy(r.mac, d->refusal_mac, sizeof r.mac);
	return put_refusal(rows, f, &r);
}

static void min_ttl(uint8_t *a, uint8_t b)
{
	if (b && (!*a || b < *a))
		*a = b;
}

void conv_init(struct conv *c, const struct addr *client, const struct addr *server, uint16_t port,
	       uint8_t proto)
{
	/* memset and not an initialiser: equal conversations are equal bytes. */
	memset(c, 0, sizeof *c);
	c->client = *client;
	c->server = *server;
	c->port = port;
	c->proto = proto;
	c->reason = DIR_N;
	c->state = STATE_N;
	c->first_ns = c->last_ns = c->ok_last_ns = TIME_NONE;
	c->vlan = c->client_port_min = UINT16_MAX;
	c->tunnel = TUNNEL_N;
	c->tunnel_id = UINT32_MAX;
}

static bool succeeded(const struct flow_done *d)
{
	return d->state == STATE_ESTABLISHED ||
	       (d->state == STATE_MID_STREAM && d->payload[0] && d->payload[1]);
}

static bool failed(const struct flow_done *d)
{
	switch (d->state) {
	case STATE_HALF_OPEN:
	case STATE_REJECTED:
	case STATE_REFUSED:
		return true;
	case STATE_NO_ANSWER:
		return d->tries > 0;
	default:
		return false;
	}
}

int64_t conv_minute_of(int64_t ns)
{
	return ns / MINUTE_NS - (ns % MINUTE_NS < 0);
}

static bool flow_failed(struct conv_rows *rows, struct conv *c, const struct flow_done *d)
{
	struct conv_fail *f = fail_get(rows, c);
	struct conv_minute m;

	if (!f)
		return false;
	put_fail(f, d->first_ns);
	f->tries += d->tries;
	min_ns(&f->first_ns, d->first_ns);
	max_ns(&f->last_ns, d->first_ns);
	memset(&m, 0, sizeof m); /* its padding too: see conv_init() */
	m.minute = conv_minute_of(d->first_ns);
	m.first_ns = m.last_ns = d->first_ns;
	m.n = 1;
	evidence_put(f->ev, &f->n_ev, d->ev, d->n_ev);
	return put_minute(rows, f, &m) && flow_refused(rows, f, d);
}

static void min_tunnel(struct conv *c, uint8_t tunnel, uint32_t id)
{
	if (tunnel < c->tunnel || (tunnel == c->tunnel && id < c->tunnel_id)) {
		c->tunnel = tunnel;
		c->tunnel_id = id;
	}
}

static bool has_more(const struct flow_done *d, const struct conv_facts *f)
{
	return (f->name && f->name[0]) || f->n_iface || f->n_pipe || f->bind || d->unseen[0] ||
	       d->unseen[1] || d->rst_after_accept || d->rst_after_data;
}

static bool more_grows(const struct conv_more *m, const struct conv_facts *f)
{
	struct texts names = names_of(m), pipes = pipes_of(m);
	unsigned ifaces = 0, texts = 0;
	bool is_new;

	if (f->name && f->name[0] && m->n_name == rows_room(m->n_name) && m->n_name < CONV_NAMES) {
		text_place(&names, f->name, &is_new);
		if (is_new)
			return true;
	}
	for (size_t i = 0; i < f->n_iface && m->n_iface < CONV_IFACES; i++) {
		iface_place(m, &f->iface[i], &is_new);
		ifaces += is_new;
	}
	for (size_t i = 0; i < f->n_pipe && m->n_pipe < CONV_PIPES; i++) {
		text_place(&pipes, f->pipe[i], &is_new);
		texts += is_new;
	}
	return m->n_iface + ifaces > rows_room(m->n_iface) ||
	       m->n_pipe + texts > rows_room(m->n_pipe);
}

static bool fail_grows(const struct conv_fail *f, const struct flow_done *d)
{
	if (d->refuser != REFUSER_NONE && !f->refusal)
		return true;
	for (unsigned i = 0; i < f->n_minutes; i++)
		if (f->minutes[i].minute == conv_minute_of(d->first_ns))
			return false;
	return f->n_minutes < CONV_MINUTES && f->n_minutes == rows_room(f->n_minutes);
}

static struct more_flows more_of(const struct flow_done *d, const struct conv_facts *f)
{
	return (struct more_flows){
		.app = f->app,
		.told = f->telling && d->n_ev,
		.n_ev = d->n_ev,
		.n_ok_ev = succeeded(d) ? d->n_ev : 0,
		.ev = d->ev,
		.ok_ev = d->ev,
	};
}

static bool apps_grow(const struct conv *c, const struct flow_done *d, const struct conv_facts *f)
{
	const struct more_flows m = more_of(d, f);
	struct first_packets first;

	if (c->alone || !c->n_app)
		return !conv_sole_fits(c, &m, &first);
	for (unsigned i = 0; i < c->n_app; i++)
		if (c->app[i].app == f->app)
			return false;
	return c->n_app < CONV_APPS && c->n_app == rows_room(c->n_app);
}

bool conv_flow_grows(const struct conv *c, const struct flow_done *d, const struct conv_facts *f)
{
	return apps_grow(c, d, f) || (failed(d) && (!c->fail || fail_grows(c->fail, d))) ||
	       (has_more(d, f) && (!c->more || more_grows(c->more, f)));
}

static bool flow_more(struct conv_rows *rows, struct conv *c, const struct flow_done *d,
		      const struct conv_facts *f)
{
	struct conv_more *m;
	bool ok = true;

	if (!has_more(d, f))
		return true;
	m = more_get(rows, c);
	if (!m)
		return false;
	for (unsigned i = 0; i < 2; i++)
		m->unseen[i] += d->unseen[i];
	m->rst_after_accept += d->rst_after_accept;
	m->rst_after_data += d->rst_after_data;
	if (f->name && f->name[0])
		ok = put_name(rows, m, f->name) && ok;
	for (size_t i = 0; i < f->n_iface; i++)
		ok = put_iface(rows, m, &f->iface[i]) && ok;
	for (size_t i = 0; i < f->n_pipe; i++)
		ok = put_pipe(rows, m, f->pipe[i]) && ok;
	if (f->bind)
		put_bind(m, f->bind);
	return ok;
}

static bool merge_fail(struct conv_rows *rows, struct conv *c, const struct conv_fail *b)
{
	struct conv_fail *f = fail_get(rows, c);
	bool ok = true;

	if (!f)
		return false;
	for (unsigned i = 0; i < CONV_FAILS && i < b->n; i++)
		put_fail(f, b->newest_ns[i]);
	if (b->n > CONV_FAILS)
		f->n += b->n - CONV_FAILS;
	f->tries += b->tries;
	min_ns(&f->first_ns, b->first_ns);
	max_ns(&f->last_ns, b->last_ns);
	for (unsigned i = 0; i < b->n_minutes; i++)
		ok = put_minute(rows, f, &b->minutes[i]) && ok;
	evidence_put(f->ev, &f->n_ev, b->ev, b->n_ev);
	return (!b->refusal || put_refusal(rows, f, b->refusal)) && ok;
}

static bool merge_more(struct conv_rows *rows, struct conv *c, const struct conv_more *b)
{
	struct conv_more *m = more_get(rows, c);
	bool ok = true;

	if (!m)
		return false;
	for (unsigned i = 0; i < 2; i++)
		m->unseen[i] += b->unseen[i];
	m->rst_after_accept += b->rst_after_accept;
	m->rst_after_data += b->rst_after_data;
	for (unsigned i = 0; i < b->n_name; i++)
		ok = put_name(rows, m, b->name[i]) && ok;
	for (unsigned i = 0; i < b->n_iface; i++)
		ok = put_iface(rows, m, &b->iface[i]) && ok;
	for (unsigned i = 0; i < b->n_pipe; i++)
		ok = put_pipe(rows, m, b->pipe[i]) && ok;
	if (b->has_bind)
		put_bind(m, &b->bind_ev);
	return ok;
}

static bool flow_app(struct conv_rows *rows, struct conv *c, const struct flow_done *d,
		     const struct conv_facts *f)
{
	struct conv_app app;

	memset(&app, 0, sizeof app);
	app.app = f->app;
	app.conf = f->conf;
	app.flows = 1;
	app.by_state[d->state] = 1;
	app.payload[0] = d->payload[0];
	app.payload[1] = d->payload[1];
	app.notes = f->notes;
	app.signs = f->signs;
	evidence_put(app.ev, &app.n_ev, d->ev, d->n_ev);
	if (f->telling && d->n_ev) {
		app.told = true;
		app.tell = d->ev[d->n_ev - 1]; /* behind the handshake, where there is more */
	}
	if (succeeded(d))
		evidence_put(c->ok_ev, &c->n_ok_ev, d->ev, d->n_ev);
	return conv_app_put(rows, c, &app);
}

int conv_flow(struct conv_rows *rows, struct conv *c, const struct flow_done *d,
	      const struct conv_facts *f)
{
	const struct more_flows m = more_of(d, f);
	struct first_packets first;
	bool sole = conv_sole_fits(c, &m, &first), ok = true;

	if (!sole && !conv_apps_open(rows, c))
		return -ENOMEM;
	c->flows++;
	c->by_state[d->state]++;
	for (unsigned i = 0; i < 2; i++) {
		c->packets[i] += d->packets[i];
		c->bytes[i] += d->bytes[i];
		c->payload[i] += d->payload[i];
	}
	if (d->reason < c->reason)
		c->reason = d->reason;
	if (d->state < c->state)
		c->state = d->state;
	busy_add(&c->busy, d->first_ns);
	min_ns(&c->first_ns, d->first_ns);
	max_ns(&c->last_ns, d->last_ns);
	if (succeeded(d))
		max_ns(&c->ok_last_ns, d->proto == IPPROTO_NR_TCP ? d->first_ns : d->last_ns);
	else if (failed(d))
		ok = flow_failed(rows, c, d);
	if (sole)
		conv_sole_put(c, &(struct conv_sole){f->signs, f->app, f->conf, 0}, f->notes,
			      &first);
	else
		ok = flow_app(rows, c, d, f) && ok;
	ok = flow_more(rows, c, d, f) && ok;
	min_ttl(&c->server_ttl, d->server_ttl);
	if (d->vlan < c->vlan)
		c->vlan = d->vlan;
	min_tunnel(c, d->tunnel, d->tunnel_id);
	if (d->port[0] < c->client_port_min)
		c->client_port_min = d->port[0];
	if (d->port[0] > c->client_port_max)
		c->client_port_max = d->port[0];
	c->started |= d->started;
	return ok ? 0 : -ENOMEM;
}

/* Has b one protocol, which needs no row in c either? */
static bool merges_sole(const struct conv *c, const struct conv *b, struct first_packets *ret)
{
	struct conv_app room;
	const struct conv_app *a = b->n_app == 1 ? conv_app(b, 0, &room) : NULL;

	return a && (b->alone || conv_app_says_no_more(b, a)) &&
	       conv_sole_fits(
		       c,
		       &(struct more_flows){a->app, a->told, a->n_ev, b->n_ok_ev, a->ev, b->ok_ev},
		       ret);
}

static bool merge_apps(struct conv_rows *rows, struct conv *c, const struct conv *b)
{
	struct conv_app room;
	bool ok = true;

	evidence_put(c->ok_ev, &c->n_ok_ev, b->ok_ev, b->n_ok_ev);
	for (unsigned i = 0; i < b->n_app; i++)
		ok = conv_app_put(rows, c, conv_app(b, i, &room)) && ok;
	return ok;
}

static void merge_sole(struct conv *c, const struct conv *b, const struct first_packets *first)
{
	struct conv_app room;
	const struct conv_app *a = conv_app(b, 0, &room);

	conv_sole_put(c, &(struct conv_sole){a->signs, a->app, a->conf, 0}, a->notes, first);
}

int conv_merge(struct conv_rows *rows, struct conv *c, const struct conv *b)
{
	struct first_packets first;
	bool sole = merges_sole(c, b, &first), ok = true;

	if (!sole && !conv_apps_open(rows, c))
		return -ENOMEM;
	c->flows += b->flows;
	for (unsigned i = 0; i < STATE_N; i++)
		c->by_state[i] += b->by_state[i];
	for (unsigned i = 0; i < 2; i++) {
		c->packets[i] += b->packets[i];
		c->bytes[i] += b->bytes[i];
		c->payload[i] += b->payload[i];
	}
	if (b->reason < c->reason)
		c->reason = b->reason;
	if (b->state < c->state)
		c->state = b->state;
	c->group |= b->group;
	busy_merge(&c->busy, &b->busy);
	min_ns(&c->first_ns, b->first_ns);
	max_ns(&c->last_ns, b->last_ns);
	max_ns(&c->ok_last_ns, b->ok_last_ns);
	ok = (!b->fail || merge_fail(rows, c, b->fail)) && ok;
	if (sole)
		merge_sole(c, b, &first);
	else
		ok = merge_apps(rows, c, b) && ok;
	ok = (!b->more || merge_more(rows, c, b->more)) && ok;
	min_ttl(&c->server_ttl, b->server_ttl);
	if (b->vlan < c->vlan)
		c->vlan = b->vlan;
	min_tunnel(c, b->tunnel, b->tunnel_id);
	if (b->client_port_min < c->client_port_min)
		c->client_port_min = b->client_port_min;
	if (b->client_port_max > c->client_port_max)
		c->client_port_max = b->client_port_max;
	c->started |= b->started;
	return ok ? 0 : -ENOMEM;
}

static void one_flow(struct conv *c)
{
	c->flows = 1;
	c->state = c->packets[0] && c->packets[1] ? STATE_MID_STREAM : STATE_ONE_WAY;
	if (c->reason == DIR_N)
		c->reason = DIR_FIRST;
	c->by_state[c->state] = 1;
	busy_add(&c->busy, c->first_ns);
	if (c->n_app && !c->alone) {
		c->app[0].flows = 1;
		c->app[0].by_state[c->state] = 1;
	}
}

void conv_complete(struct conv *c)
{
	bool empty = false;

	if (!c->flows)
		one_flow(c);
	for (unsigned i = 0; !c->alone && i < c->n_app; i++)
		empty |= !c->app[i].flows;
	if (empty)
		conv_apps_drop_empty(c);
}

#define SWAP(a, b)                         \
	do {                               \
		__typeof__(a) swap_ = (a); \
		(a) = (b);                 \
		(b) = swap_;               \
	} while (0)

static enum flow_state flip_state(enum flow_state s)
{
	return s == STATE_REJECTED || s == STATE_REFUSED || s == STATE_NO_ANSWER ||
			       s == STATE_HALF_OPEN
		       ? STATE_ONE_WAY
		       : s;
}

struct flow_done flow_flip(const struct flow_done *d)
{
	struct flow_done f = *d;

	SWAP(f.addr[0], f.addr[1]);
	SWAP(f.port[0], f.port[1]);
	SWAP(f.packets[0], f.packets[1]);
	SWAP(f.bytes[0], f.bytes[1]);
	SWAP(f.payload[0], f.payload[1]);
	SWAP(f.unseen[0], f.unseen[1]);
	memcpy(f.mac[0], d->mac[1], sizeof f.mac[0]);
	memcpy(f.mac[1], d->mac[0], sizeof f.mac[1]);
	SWAP(f.mac_vlan[0], f.mac_vlan[1]);
	SWAP(f.client_ttl, f.server_ttl);
	f.state = flip_state(d->state);
	f.started = false;
	f.rst_after_accept = false;
	if (f.proto == IPPROTO_NR_UDP)
		f.tries = f.packets[0] < UINT16_MAX ? (uint16_t)f.packets[0] : UINT16_MAX;
	f.refuser = REFUSER_NONE;
	f.refused_by = (struct addr){{0}};
	f.refusal_ns = TIME_NONE;
	f.icmp_type = f.icmp_code = f.refusal_ttl = f.refusal_signs = 0;
	memset(f.refusal_mac, 0, sizeof f.refusal_mac);
	f.icmp_class = ICMP_NOT_ERROR;
	return f;
}

static void flip_states(uint32_t by_state[STATE_N])
{
	for (unsigned i = 0; i < STATE_N; i++) {
		enum flow_state to = flip_state((enum flow_state)i);

		if (to != i) {
			by_state[to] += by_state[i];
			by_state[i] = 0;
		}
	}
}

void conv_flip(struct conv *c)
{
	uint16_t port = c->client_port_min;

	SWAP(c->client, c->server);
	SWAP(c->client_no, c->server_no);
	c->client_port_min = c->client_port_max = c->port;
	c->port = port;
	SWAP(c->packets[0], c->packets[1]);
	SWAP(c->bytes[0], c->bytes[1]);
	SWAP(c->payload[0], c->payload[1]);
	flip_states(c->by_state);
	for (unsigned i = 0; !c->alone && i < c->n_app; i++) {
		SWAP(c->app[i].payload[0], c->app[i].payload[1]);
		flip_states(c->app[i].by_state);
	}
	c->state = flip_state(c->state);
	c->started = false;
	c->fail = NULL;
	c->server_ttl = 0;
	if (c->more) {
		SWAP(c->more->unseen[0], c->more->unseen[1]);
		c->more->rst_after_accept = 0;
	}
}

struct evidence conv_earliest(const struct conv *c)
{
	struct evidence e = {INT64_MAX, UINT32_MAX, UINT32_MAX};

	if (c->alone)
		return c->sole.n_ev ? c->ok_ev[0] : e;
	for (unsigned i = 0; i < c->n_app; i++)
		if (c->app[i].n_ev && evidence_compare(&c->app[i].ev[0], &e) < 0)
			e = c->app[i].ev[0];
	return e;
}

bool conv_failing(const struct conv *c, int64_t *ret_since)
{
	const struct conv_fail *f = conv_fail(c);
	int64_t ok = c->ok_last_ns;

	if (f->n < CONV_FAILS || (ok != TIME_NONE && f->newest_ns[CONV_FAILS - 1] <= ok))
		return false;

	/* The earliest failure after the last success that is known by its time. */
	int64_t since = f->newest_ns[CONV_FAILS - 1];

	for (unsigned i = 0; i < f->n_minutes; i++)
		if (ok == TIME_NONE || f->minutes[i].first_ns > ok)
			min_ns(&since, f->minutes[i].first_ns);
	if (ok == TIME_NONE || f->first_ns > ok)
		since = f->first_ns;
	if (f->last_ns - MINUTE_NS < since)
		return false;
	*ret_since = since;
	return true;
}
