// SPDX-License-Identifier: BSD-2-Clause
/*
 * read - rows of a span of hours. Every value is checked: what no spanaudit writes is damage, and
 * said to be.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "store/db.h"

enum { INPUTS_MAX = 1 << 20 };

/* Segments that have rows in the hours ?1 to before ?2. */
#define SEGMENTS "segment.to_hour >= ?1 AND segment.from_hour < ?2"
/* Rows of `table` in those hours, with their run. */
#define ROWS(columns, table)                                                    \
	"SELECT segment.run, " columns " FROM segment JOIN " table " ON " table \
	".segment = segment.id AND " table ".hour >= ?1 AND " table ".hour < ?2 WHERE " SEGMENTS

static sqlite3_stmt *of_hours(struct store *s, const char *sql, struct store_span hours, int *ret)
{
	sqlite3_stmt *q = db_get(s, sql);

	*ret = q ? db_bind(s, q, "ii", hours.from, hours.to) : -EIO;
	return q;
}

static char *keep(struct arena *a, const char *z, bool *failed)
{
	char *copy = z ? arena_strdup(a, z) : NULL;

	if (z && !copy)
		*failed = true;
	return copy;
}

/* ------------------------------------------------------------------ the picture */

static bool is_hex(const char *z)
{
	return strlen(z) == 64 && strspn(z, "0123456789abcdef") == 64;
}

static bool is_word(const char *z)
{
	return strlen(z) < 16 && strspn(z, "abcdefghijklmnopqrstuvwxyz0123456789") == strlen(z);
}

static const char *get_word(struct cols *c, struct arena *a, bool *failed)
{
	const char *z = col_text(c);

	if (z && !is_word(z))
		c->bad = true;
	return keep(a, z, failed);
}

static bool get_input(struct cols *c, struct arena *a, struct store_read_input *x, bool *failed)
{
	struct result_input *in = &x->in;
	bool told;

	x->run = col_int(c, 1, INT64_MAX);
	x->ord = (uint32_t)col_int(c, 0, INPUTS_MAX);
	in->path = keep(a, col_text(c), failed);
	in->sha256 = keep(a, col_text(c), failed);
	told = col_int(c, 0, 1);
	in->format = get_word(c, a, failed);
	in->codec = get_word(c, a, failed);
	in->bytes = col_count(c);
	in->packets = col_count(c);
	in->first_ns = col_time(c);
	in->last_ns = col_time(c);
	in->late = col_count(c);
	in->unsorted = col_count(c);
	in->step_ns = col_int(c, 0, INT64_MAX);
	in->step_packet = (uint32_t)col_int(c, 0, UINT32_MAX);
	in->strange_time = col_count(c);
	in->untimed = col_count(c);
	in->tcp_flows = col_count(c);
	in->one_way_flows = col_count(c);
	in->tcp_bytes = col_count(c);
	in->tcp_unseen_bytes = col_count(c);
	in->note = keep(a, col_text(c), failed);
	in->same_as = keep(a, col_text(c), failed);
	in->caveat = keep(a, col_text(c), failed);
	in->failed = col_int(c, 0, 1);
	if (!in->path || (in->sha256 && !is_hex(in->sha256)))
		c->bad = true;
	if (!told)
		in->sha256 = NULL;
	return !c->bad;
}

static int left_out(const struct result_input *in)
{
	return in->failed ? 2 : in->same_as != NULL;
}

/* As a run that read all of them would have them. */
static int by_first(const void *x, const void *y)
{
	const struct store_read_input *a = x, *b = y;
	int d = left_out(&a->in) - left_out(&b->in);

	if (!d && a->in.first_ns != b->in.first_ns)
		d = a->in.first_ns < b->in.first_ns ? -1 : 1;
	if (!d)
		d = strcmp(a->in.path, b->in.path);
	if (!d)
		d = (a->run > b->run) - (a->run < b->run);
	return d ? d : (a->ord > b->ord) - (a->ord < b->ord);
}

/* Those of one run as they were there. */
static int by_place(const void *x, const void *y)
{
	const struct store_read_input *a = x, *b = y;

	if (a->run != b->run)
		return a->run < b->run ? -1 : 1;
	return (a->ord > b->ord) - (a->ord < b->ord);
}

static int look_inputs(struct store *s, struct store_span hours, struct store_picture *p)
{
	int r;
	bool failed = false;
	sqlite3_stmt *q = of_hours(
		s,
		"SELECT DISTINCT input.run, ord, path, digest, told, format, codec, bytes, packets,"
		" first_ns, last_ns, late, unsorted, step_ns, step_packet, strange_time, untimed,"
		" tcp_flows, one_way_flows, tcp_bytes, tcp_unseen_bytes, note, same_as, caveat, "
		"failed"
		" FROM input WHERE run IN(SELECT run FROM segment WHERE " SEGMENTS ")"
		/* ledger rows of what another run had stored before are not this run's to tell */
		" AND (NOT taken OR first_ns IS NULL"
		" OR EXISTS(SELECT 1 FROM segment_input JOIN segment ON segment.id = segment"
		"   WHERE segment.run = input.run AND segment_input.ord = input.ord AND " SEGMENTS
		" )"
		" OR (first_ns / 1000000000 < ?2 AND last_ns / 1000000000 >= ?1))",
		hours, &r);

	while (r == 0 && (r = db_next(s, q)) == 1) {
		struct cols c = {.q = q};
		struct store_read_input x = {0};

		r = 0;
		if (!get_input(&c, &p->arena, &x, &failed))
			r = db_damaged(s, "the list of inputs");
		else if (failed || !vec_push(&p->inputs, x))
			r = -ENOMEM;
		if (r)
			sqlite3_reset(q);
	}
	if (r == 0 && p->inputs.n)
		qsort(p->inputs.v, p->inputs.n, sizeof *p->inputs.v,
		      p->n_runs == 1 ? by_place : by_first);
	return r;
}

static int look_files(struct store *s, struct store_span hours, struct store_picture *p)
{
	int r;
	bool failed = false;
	sqlite3_stmt *q = of_hours(s,
				   "SELECT DISTINCT path FROM run_file WHERE run IN(SELECT run "
				   "FROM segment WHERE " SEGMENTS ") ORDER BY path",
				   hours, &r);

	while (r == 0 && (r = db_next(s, q)) == 1) {
		struct cols c = {.q = q};
		const char *path = keep(&p->arena, col_text(&c), &failed);

		r = c.bad || !path ? db_damaged(s, "the list of files") : 0;
		if (failed || (r == 0 && !vec_push(&p->files, path)))
			r = -ENOMEM;
		if (r)
			sqlite3_reset(q);
	}
	return r;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static int take_run(struct store *s, struct store_picture *p, bool busy, sqlite3_stmt *q)
{
	struct cols c = {.q = q};
	bool failed = false, open, at_work;
	int64_t began = col_int(&c, INT64_MIN + 1, INT64_MAX);
	const char *state = col_text(&c), *filter, *lost;
	bool vlan_key, piped;
	uint64_t memory;

	open = state && strcmp(state, "done") != 0;
	at_work = busy && open && strcmp(state, "open") == 0;
	filter = col_text(&c);
	vlan_key = col_int(&c, 0, 1);
	piped = col_int(&c, 0, 1);
	memory = col_count(&c);
	p->kernel_drops += col_count(&c);
	p->interface_drops += col_count(&c);
	lost = col_text(&c);
	if (c.bad)
		return db_damaged(s, "the list of runs");
	if (at_work)
		p->storing_ns = began;
	else if (open && !vec_push(&p->interrupted, began))
		return -ENOMEM;
	if (!p->n_runs || !same_text(filter, p->filter))
		p->filter = p->n_runs ? NULL : keep(&p->arena, filter, &failed);
	if (!p->n_runs || memory != p->max_memory)
		p->max_memory = p->n_runs ? 0 : memory;
	p->vlan_key = vlan_key && (!p->n_runs || p->vlan_key);
	p->piped |= piped;
	if (lost)
		p->lost = keep(&p->arena, lost, &failed);
	p->n_runs++;
	return failed ? -ENOMEM : 0;
}

static int look_runs(struct store *s, struct store_span hours, struct store_picture *p)
{
	bool busy = store_is_storing(s);
	int r;
	sqlite3_stmt *q = of_hours(
		s,
		"SELECT began_ns, state, filter, vlan_key, piped, max_memory, kernel_drops,"
		" interface_drops, lost FROM run WHERE id IN(SELECT run FROM segment "
		"WHERE " SEGMENTS ") ORDER BY id",
		hours, &r);

	while (r == 0 && (r = db_next(s, q)) == 1) {
		r = take_run(s, p, busy, q);
		if (r)
			sqlite3_reset(q);
	}
	return r;
}

int db_hours(struct store *s, sqlite3_stmt *q, struct store_spans *ret)
{
	int r = 0;

	while (r == 0 && (r = db_next(s, q)) == 1) {
		struct cols c = {.q = q};
		int64_t h = col_int(&c, INT64_MIN / 2, INT64_MAX / 2);
		struct store_span *last = ret->n ? &ret->v[ret->n - 1] : NULL;
		struct store_span one = {h, h + STORE_HOUR};

		assert(ret->v || !ret->cap);
		r = c.bad || h % STORE_HOUR ? db_damaged(s, "an hour") : 0;
		if (r == 0 && last && last->to == h)
			last->to = h + STORE_HOUR;
		else if (r == 0 && !vec_push(ret, one))
			r = -ENOMEM;
		if (r)
			sqlite3_reset(q);
	}
	return r;
}

static int look_hours(struct store *s, struct store_span hours, struct store_picture *p)
{
	int r;
	sqlite3_stmt *q = of_hours(s,
				   "SELECT DISTINCT seen_hour.hour FROM segment JOIN seen_hour"
				   " ON seen_hour.segment = segment.id AND seen_hour.hour >= ?1"
				   " AND seen_hour.hour < ?2 WHERE " SEGMENTS " ORDER BY 1",
				   hours, &r);

	return r ? r : db_hours(s, q, &p->hours);
}

static int look_figures(struct store *s, struct store_span hours, struct coverage *ret)
{
	int r;
	sqlite3_stmt *q = of_hours(s, ROWS("name, value", "figure_hour"), hours, &r);

	while (r == 0 && (r = db_next(s, q)) == 1) {
		struct cols c = {.q = q, .at = 1};
		const char *name = col_text(&c);
		uint64_t value = col_count(&c), sum;
		struct figure f;

		/* One that this build does not know is a newer one's, and not needed. */
		r = c.bad || !name ? db_damaged(s, "a figure") : 0;
		if (r == 0 && figure_by_name(name, &f)) {
			memcpy(&sum, (char *)ret + f.offset, sizeof sum);
			if (__builtin_add_overflow(sum, value, &sum))
				r = db_damaged(s, "a figure");
			memcpy((char *)ret + f.offset, &sum, sizeof sum);
		}
		if (r)
			sqlite3_reset(q);
	}
	return r;
}

int store_look(struct store *s, struct store_span hours, struct store_picture *ret,
	       struct coverage *ret_figures)
{
	int r;

	memset(ret, 0, sizeof *ret);
	memset(ret_figures, 0, sizeof *ret_figures);
	ret->storing_ns = TIME_NONE;
	r = look_runs(s, hours, ret);
	r = r ? r : look_inputs(s, hours, ret);
	r = r ? r : look_files(s, hours, ret);
	r = r ? r : look_hours(s, hours, ret);
	return r ? r : look_figures(s, hours, ret_figures);
}

void store_picture_done(struct store_picture *p)
{
	vec_done(&p->inputs);
	vec_done(&p->files);
	vec_done(&p->interrupted);
	vec_done(&p->hours);
	arena_done(&p->arena);
}

/* ------------------------------------------------------------------ rows */

struct place { /* of an input */
	int64_t run;
	uint32_t ord, at;
};

struct reading {
	struct store *s;
	const struct store_sink *to;
	const struct store_picture *p;
	struct place *place; /* by run and ord */
	size_t n;
	struct detail_rows *rows;
};

static int compare_place(const void *x, const void *y)
{
	const struct place *a = x, *b = y;

	if (a->run != b->run)
		return a->run < b->run ? -1 : 1;
	return (a->ord > b->ord) - (a->ord < b->ord);
}

/* Evidence names inputs by their number in a run; here they have others. */
static bool place(const struct reading *d, int64_t run, struct evidence *e, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct place key = {.run = run, .ord = e[i].input}, *at;

		at = d->n ? bsearch(&key, d->place, d->n, sizeof key, compare_place) : NULL;
		if (!at)
			return false;
		e[i].input = at->at;
	}
	return true;
}

static bool place_conv(const struct reading *d, int64_t run, struct conv *c)
{
	bool ok = place(d, run, c->ok_ev, c->n_ok_ev) &&
		  (!c->fail || place(d, run, c->fail->ev, c->fail->n_ev)) &&
		  (!c->more || place(d, run, &c->more->bind_ev, c->more->has_bind));

	for (unsigned i = 0; ok && i < c->n_app; i++)
		ok = place(d, run, c->app[i].ev, c->app[i].n_ev) &&
		     place(d, run, &c->app[i].tell, c->app[i].told);
	return ok;
}

static int word_of(struct cols *c, const char *(*name)(int i), int n)
{
	const char *z = col_text(c);

	for (int i = 0; z && i < n; i++)
		if (!strcmp(z, name(i)))
			return i;
	c->bad = true;
	return 0;
}

static const char *state_at(int i)
{
	return flow_state_name((enum flow_state)i);
}

static const char *reason_at(int i)
{
	return dir_reason_name((enum dir_reason)i);
}

static const char *how_at(int i)
{
	return grant_how_name((enum grant_how)i);
}

static const char *kind_at(int i)
{
	return sighting_kind_name((enum sighting_kind)i);
}

static void two(struct cols *c, uint64_t v[2])
{
	v[0] = col_count(c);
	v[1] = col_count(c);
}

static bool get_conv(struct cols *c, struct conv *v, bool *waiting, struct detail_rows *rows)
{
	memset(v, 0, sizeof *v);
	detail_rows_clear(rows);
	*waiting = col_int(c, 0, 1);
	v->client = col_addr(c);
	v->server = col_addr(c);
	v->proto = (uint8_t)col_int(c, 0, UINT8_MAX);
	v->port = (uint16_t)col_int(c, 0, UINT16_MAX);
	v->client_port_min = (uint16_t)col_int(c, 0, UINT16_MAX);
	v->client_port_max = (uint16_t)col_int(c, 0, UINT16_MAX);
	v->vlan = (uint16_t)col_int(c, 0, UINT16_MAX);
	v->group = col_int(c, 0, 1);
	v->reason = (enum dir_reason)word_of(c, reason_at, DIR_N);
	v->state = (enum flow_state)word_of(c, state_at, STATE_N);
	v->flows = (uint64_t)col_int(c, 1, UINT32_MAX);
	two(c, v->packets);
	two(c, v->bytes);
	two(c, v->payload);
	two(c, rows->more.unseen);
	v->first_ns = col_int(c, TIME_NONE + 1, INT64_MAX);
	v->last_ns = col_int(c, v->first_ns, INT64_MAX);
	busy_add(&v->busy, v->first_ns); /* a row is of one hour */
	rows->fail.n = col_count(c);
	rows->fail.tries = col_count(c);
	v->started = col_int(c, 0, 1);
	v->ok_last_ns = TIME_NONE;
	if (rows->fail.n > v->flows || (v->proto != IPPROTO_NR_TCP && v->proto != IPPROTO_NR_UDP))
		c->bad = true;
	return !c->bad && detail_read(col_blob(c), v, rows) && !c->bad;
}

static int give_conv(const struct reading *d, sqlite3_stmt *q)
{
	struct cols c = {.q = q};
	int64_t run = col_int(&c, 1, INT64_MAX);
	struct conv v;
	bool waiting;

	if (!get_conv(&c, &v, &waiting, d->rows) || !place_conv(d, run, &v))
		return db_damaged(d->s, "a conversation");
	return d->to->conv(d->to->user, &v, waiting);
}

/* Is that hour read, too? */
static bool is_read(const struct store_picture *p, int64_t hour)
{
	size_t lo = 0, hi = p->hours.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct store_span *x = &p->hours.v[mid];

		if (hour >= x->from && hour < x->to)
			return true;
		if (hour < x->from)
			hi = mid;
		else
			lo = mid + 1;
	}
	return false;
}

/* More of flows that are counted in an hour before. What was learned of them since stays. */
static void more_of_others(struct conv *c)
{
	c->flows = 0;
	c->fail = NULL;
	c->reason = DIR_N;
	c->state = STATE_N;
	c->started = false;
	memset(c->by_state, 0, sizeof c->by_state);
	c->busy = (struct busy){0};
	if (c->proto == IPPROTO_NR_TCP)
		c->ok_last_ns = TIME_NONE;
	c->n_ok_ev = 0;
	for (unsigned i = 0; i < c->n_app; i++) {
		c->app[i].flows = 0;
		memset(c->app[i].by_state, 0, sizeof c->app[i].by_state);
		c->app[i].n_ev = 0;
		c->app[i].told = false;
	}
}

static int give_later(const struct reading *d, sqlite3_stmt *q)
{
	struct cols c = {.q = q};
	int64_t run = col_int(&c, 1, INT64_MAX);
	int64_t before = col_int(&c, INT64_MIN / 2, INT64_MAX / 2);
	struct conv v;
	bool waiting;

	if (!get_conv(&c, &v, &waiting, d->rows) || !place_conv(d, run, &v))
		return db_damaged(d->s, "a conversation");
	if (is_read(d->p, before)) {
		more_of_others(&v);
	} else if (d->to->went_on && v.proto == IPPROTO_NR_TCP) {
		d->to->went_on->tcp_flows += v.flows;
		d->to->went_on->one_way_flows += v.by_state[STATE_ONE_WAY];
	}
	return d->to->conv(d->to->user, &v, waiting);
}

static int give_host(const struct reading *d, sqlite3_stmt *q)
{
	struct cols c = {.q = q, .at = 1};
	struct conv_host h = {.addr = col_addr(&c)};
	struct rd macs;

	h.vlan = (uint16_t)col_int(&c, 0, UINT16_MAX);
	h.ttl_min = (uint8_t)col_int(&c, 1, UINT8_MAX);
	h.ttl_max = (uint8_t)col_int(&c, h.ttl_min, UINT8_MAX);
	macs = col_blob(&c);
	h.more_macs = col_int(&c, 0, 1);
	while (rd_left(&macs) && h.n_mac < CONV_HOST_MACS) {
		const uint8_t *p = rd_take(&macs, sizeof h.mac[0]);

		if (!p)
			break;
		memcpy(h.mac[h.n_mac++], p, sizeof h.mac[0]);
	}
	if (c.bad || rd_left(&macs) || rd_short(&macs))
		return db_damaged(d->s, "a host");
	return d->to->host(d->to->user, &h);
}

static bool get_packet(struct cols *c, const struct reading *d, int64_t run, struct evidence *e)
{
	e->ts_ns = col_int(c, TIME_NONE + 1, INT64_MAX);
	e->input = (uint32_t)col_int(c, 0, UINT32_MAX);
	e->number = (uint32_t)col_int(c, 0, UINT32_MAX);
	return !c->bad && place(d, run, e, 1);
}

static bool get_text(struct cols *c, char *ret, size_t size)
{
	const char *z = col_text(c);

	for (const char *at = z; at && *at; at++) /* printable ASCII: see granted.h, sightings.h */
		if (*at < 0x20 || *at > 0x7e)
			return false;
	if (!z || strlen(z) >= size)
		return false;
	memset(ret, 0, size);
	memcpy(ret, z, strlen(z) + 1);
	return true;
}

static bool get_grant(struct cols *c, const struct reading *d, int64_t run, struct grant *g)
{
	const char *alias;
	bool ok;

	memset(g, 0, sizeof *g);
	g->server = col_addr(c);
	g->client = col_addr(c);
	g->g.how = (enum grant_how)word_of(c, how_at, GRANT_HOW_N);
	g->g.proto = (enum granted_proto)col_int(c, 0, GRANTED_PIPE);
	g->g.port = (uint16_t)col_int(c, 0, UINT16_MAX);
	g->g.major = (uint16_t)col_int(c, 0, UINT16_MAX);
	g->g.minor = (uint16_t)col_int(c, 0, UINT16_MAX);
	alias = col_text(c);
	g->g.has_alias = alias != NULL;
	if (alias && !db_addr(alias, &g->g.alias))
		c->bad = true;
	ok = get_text(c, g->g.name, sizeof g->g.name);
	ok = get_packet(c, d, run, &g->first) && ok;
	g->last_ns = col_int(c, g->first.ts_ns, INT64_MAX);
	g->n = (uint64_t)col_int(c, 0, INT64_MAX); /* 0: it was said in an hour before */
	g->assumed = col_int(c, 0, 1);
	g->g.has_iface = sqlite3_column_type(c->q, c->at) != SQLITE_NULL;
	if (g->g.has_iface)
		col_bytes(c, g->g.uuid, sizeof g->g.uuid);
	return ok && !c->bad &&
	       (g->g.port || g->g.proto == GRANTED_NONE || g->g.proto == GRANTED_PIPE);
}

static int give_grant(const struct reading *d, sqlite3_stmt *q)
{
	struct cols c = {.q = q};
	int64_t run = col_int(&c, 1, INT64_MAX);
	struct grant g;

	if (!get_grant(&c, d, run, &g))
		return db_damaged(d->s, "a grant");
	return d->to->grant(d->to->user, &g);
}

static int give_sighting(const struct reading *d, sqlite3_stmt *q)
{
	struct cols c = {.q = q};
	int64_t run = col_int(&c, 1, INT64_MAX);
	struct sighting s;
	bool ok;

	memset(&s, 0, sizeof s);
	s.kind = (enum sighting_kind)word_of(&c, kind_at, SIGHT_KIND_N);
	s.about = col_addr(&c);
	s.by = col_addr(&c);
	s.port = (uint16_t)col_int(&c, 0, UINT16_MAX);
	s.code = (uint16_t)col_int(&c, 0, UINT16_MAX);
	ok = get_text(&c, s.name, sizeof s.name);
	ok = get_text(&c, s.text, sizeof s.text) && ok;
	ok = get_packet(&c, d, run, &s.first) && ok;
	s.last_ns = col_int(&c, s.first.ts_ns, INT64_MAX);
	s.n = (uint64_t)col_int(&c, 1, INT64_MAX);
	if (!ok || c.bad)
		return db_damaged(d->s, "a sighting");
	return d->to->sighting(d->to->user, &s);
}

static bool card_addresses(struct card *card, const char *z)
{
	char one[ADDR_TEXT];

	while (z && *z) {
		size_t n = strcspn(z, " ");

		if (card->n == CARD_ADDRS || n >= sizeof one)
			return false;
		memcpy(one, z, n);
		one[n] = '\0';
		if (!db_addr(one, &card->addr[card->n++]))
			return false;
		z += n + (z[n] == ' ');
	}
	return card->n > 0;
}

static int give_card(const struct reading *d, sqlite3_stmt *q)
{
	struct cols c = {.q = q, .at = 1};
	struct addr addr[CARD_ADDRS];
	struct card card;
	bool ok;

	memset(&card, 0, sizeof card);
	card.addr = addr;
	col_bytes(&c, card.mac, sizeof card.mac);
	card.vlan = (uint16_t)col_int(&c, 0, UINT16_MAX);
	ok = card_addresses(&card, col_text(&c));
	card.many = col_int(&c, 0, 1);
	card.first_ns = col_int(&c, TIME_NONE + 1, INT64_MAX);
	if (!ok || c.bad)
		return db_damaged(d->s, "a network card");
	return d->to->card(d->to->user, &card);
}

static int give_cluster(const struct reading *d, sqlite3_stmt *q)
{
	struct cols c = {.q = q, .at = 1};
	struct cluster_host h;

	memset(&h, 0, sizeof h);
	h.cluster = col_addr(&c);
	h.host = col_addr(&c);
	h.id = (uint32_t)col_int(&c, 0, UINT32_MAX);
	col_bytes(&c, h.mac, sizeof h.mac);
	h.vlan = (uint16_t)col_int(&c, 0, UINT16_MAX);
	h.heartbeats = (uint64_t)col_int(&c, 1, INT64_MAX);
	h.first_ns = col_int(&c, TIME_NONE + 1, INT64_MAX);
	h.last_ns = col_int(&c, h.first_ns, INT64_MAX);
	if (c.bad)
		return db_damaged(d->s, "a host of a cluster");
	return d->to->cluster(d->to->user, &h);
}

static int give_blind(const struct reading *d, sqlite3_stmt *q)
{
	struct cols c = {.q = q, .at = 1};
	struct blind_pair p = {.a = col_addr(&c)};

	p.b = col_addr(&c);
	return c.bad ? db_damaged(d->s, "a pair of hosts") : d->to->blind(d->to->user, &p);
}

static int give_seen(const struct reading *d, sqlite3_stmt *q)
{
	struct cols c = {.q = q, .at = 1};
	int64_t from = col_int(&c, TIME_NONE + 1, INT64_MAX);
	int64_t to = col_int(&c, from, INT64_MAX);

	return c.bad ? db_damaged(d->s, "an observed time") : d->to->seen(d->to->user, from, to);
}

static int give_figures(const struct reading *d, sqlite3_stmt *q)
{
	struct cols c = {.q = q, .at = 1};
	int64_t hour = col_int(&c, INT64_MIN / NS_PER_S, INT64_MAX / NS_PER_S);
	struct timeline_step s = {.packets = col_count(&c)};
	bool back = col_int(&c, 0, 1);

	s.tcp_bytes = col_count(&c);
	s.tcp_unseen_bytes = col_count(&c);
	if (back) { /* sums wrap as they must */
		s.tcp_bytes = -s.tcp_bytes;
		s.tcp_unseen_bytes = -s.tcp_unseen_bytes;
	}
	if (c.bad)
		return db_damaged(d->s, "figures of an hour");
	/* None of these is no sign that anything went on. */
	return s.packets || s.tcp_bytes || s.tcp_unseen_bytes
		       ? d->to->figures(d->to->user, hour, &s)
		       : 0;
}

static int give_name(const struct reading *d, sqlite3_stmt *q)
{
	struct cols c = {.q = q, .at = 1};
	struct addr a = col_addr(&c);
	const char *name = col_text(&c);

	if (c.bad || !name || !*name)
		return db_damaged(d->s, "a name");
	return d->to->name ? d->to->name(d->to->user, &a, name) : 0;
}

static int give_all(const struct reading *d, struct store_span hours, const char *sql,
		    int (*give)(const struct reading *d, sqlite3_stmt *q))
{
	int r;
	sqlite3_stmt *q = of_hours(d->s, sql, hours, &r);

	while (r == 0 && (r = db_next(d->s, q)) == 1) {
		r = give(d, q);
		if (r)
			sqlite3_reset(q);
	}
	return r;
}

#define CONV_COLUMNS                                                                           \
	"waiting, client, server, proto, port, client_port, client_port_max, vlan, is_group,"  \
	" direction, state, flows, packets_out, packets_in, bytes_out, bytes_in, payload_out," \
	" payload_in, unseen_out, unseen_in, first_ns, last_ns, fails, tries, started, detail"

static int give_tables(const struct reading *d, struct store_span hours)
{
	static const struct {
		const char *sql;
		int (*give)(const struct reading *d, sqlite3_stmt *q);
	} tables[] = {
		{ROWS("from_ns, to_ns", "seen_hour"), give_seen},
		{ROWS("hour, CASE name WHEN 'packets' THEN value ELSE 0 END,"
		      " substr(name, -5) = '_back',"
		      " CASE WHEN name IN('tcp_bytes', 'moved.tcp_bytes_here',"
		      "  'moved.tcp_bytes_back') THEN value ELSE 0 END,"
		      " CASE WHEN name IN('tcp_unseen_bytes', 'moved.tcp_unseen_here',"
		      "  'moved.tcp_unseen_back') THEN value ELSE 0 END",
		      "figure_hour") " AND name IN('packets', 'tcp_bytes', 'tcp_unseen_bytes',"
				     " 'moved.tcp_bytes_here', 'moved.tcp_bytes_back',"
				     " 'moved.tcp_unseen_here', 'moved.tcp_unseen_back')",
		 give_figures},
		{ROWS(CONV_COLUMNS, "conv_hour"), give_conv},
		{ROWS("before, " CONV_COLUMNS, "later_hour"), give_later},
		{ROWS("address, vlan, ttl_min, ttl_max, macs, more_macs", "host_hour"), give_host},
		{ROWS("server, client, how, proto, port, major, minor, alias, name, first_ns,"
		      " input, packet, last_ns, n, assumed, interface",
		      "grant_hour"),
		 give_grant},
		{ROWS("kind, about, by, port, code, name, text, first_ns, input, packet, last_ns,"
		      " n",
		      "sighting_hour"),
		 give_sighting},
		{ROWS("mac, vlan, addresses, many, first_ns", "card_hour"), give_card},
		{ROWS("cluster, host, cluster_hour.id, mac, vlan, heartbeats, first_ns, last_ns",
		      "cluster_hour"),
		 give_cluster},
		{ROWS("a, b", "blind_hour"), give_blind},
		{"SELECT DISTINCT 0, address, name FROM name WHERE run IN(SELECT run FROM segment"
		 " WHERE " SEGMENTS ") ORDER BY address, instr(name, '.') = 0, name",
		 give_name},
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < N_ELEMENTS(tables); i++)
		if (tables[i].give != give_later || db_has_later(d->s))
			r = give_all(d, hours, tables[i].sql, tables[i].give);
	return r;
}

int store_each(struct store *s, struct store_span hours, const struct store_picture *p,
	       const struct store_sink *to)
{
	struct reading d = {.s = s, .to = to, .p = p, .n = p->inputs.n};
	int r = -ENOMEM;

	d.rows = calloc(1, sizeof *d.rows);
	d.place = calloc(d.n + 1, sizeof *d.place);
	if (d.rows && d.place) {
		for (size_t i = 0; i < d.n; i++)
			d.place[i] =
				(struct place){p->inputs.v[i].run, p->inputs.v[i].ord, (uint32_t)i};
		if (d.n)
			qsort(d.place, d.n, sizeof *d.place, compare_place);
		r = give_tables(&d, hours);
	}
	free(d.rows);
	free(d.place);
	return r;
}
