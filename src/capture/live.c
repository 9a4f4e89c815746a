// SPDX-License-Identifier: BSD-2-Clause
/*
 * The stream of all interfaces.
 *
 * A frame is handed out when it has waited for HOLD_*, the one with the least time first. One
 * interface is nearly in order by itself: its frames are put into a queue from behind. Of several,
 * the kernel hands over a busy one's frames at once and a quiet one's after LIVE_RETIRE_MS, so they
 * wait for longer than that. How long is measured by the monotonic clock from when they came, since
 * clocks of interfaces may differ: they are then put in order as well as such clocks allow.
 *
 * What waits is bounded: beyond WAIT_BYTES or WAIT_FRAMES frames leave before their time, which is
 * counted and loses nothing.
 */
#include "capture/live.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/time.h"
#include "capture/keep.h"
#include "capture/live_internal.h"

enum {
	HOLD_ONE_MS = 10,
	HOLD_SEVERAL_MS = 3 * LIVE_RETIRE_MS,
	AT_ONCE = 256, /* frames of one interface before the next one is looked at */
	CHUNK = 1 << 20,
	WAIT_BYTES = 64 << 20,
	WAIT_FRAMES = 1 << 18,
	MOVED_MOST = 1024,
	FIRST_ROOM = 1024, /* frames; a power of two */
	SPARE_CHUNKS = 4,
	MS_PER_S = 1000,
	NS_PER_MS = 1000000,
	IFACES_MOST = 64,
};

struct live {
	struct live_if *ifs;
	size_t n;
	int links; /* netlink; -1: none */
	int stop_fd, wake_fd;
	bool woken;
	int64_t hold_ns;
	int64_t now_ns; /* monotonic, of the look that is being taken */
	struct live_chunk *chunk, *spare;
	size_t n_spare;
	uint64_t bytes, frames; /* that wait */
	uint64_t hurried;
	struct live_chunk *out[BATCH_FRAMES]; /* of the frames that the caller has */
	size_t n_out;
	int err;
	/* Since live_end(). */
	bool ending;
	int64_t end_real_ns, end_ns;
	bool ended;
};

static int64_t clock_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

/* ------------------------------------------------------------------ memory */

static struct live_chunk *chunk_new(struct live *l, size_t n)
{
	struct live_chunk *c = l->spare;

	if (c && n <= c->cap) {
		l->spare = c->next;
		l->n_spare--;
	} else {
		size_t cap = n > CHUNK ? n : CHUNK;

		c = malloc(sizeof *c + cap);
		if (!c)
			return NULL;
		c->cap = cap;
	}
	c->used = 0;
	c->frames = 0;
	c->next = NULL;
	return c;
}

static void chunk_done(struct live *l, struct live_chunk *c)
{
	if (l->n_spare == SPARE_CHUNKS) {
		free(c);
		return;
	}
	c->next = l->spare;
	l->spare = c;
	l->n_spare++;
}

static void frame_done(struct live *l, struct live_chunk *c)
{
	if (--c->frames == 0 && c != l->chunk)
		chunk_done(l, c);
}

static uint8_t *room(struct live *l, size_t n)
{
	struct live_chunk *c = l->chunk;

	if (!c || c->cap - c->used < n) {
		struct live_chunk *next = chunk_new(l, n);

		if (!next)
			return NULL;
		l->chunk = next;
		if (c && c->frames == 0)
			chunk_done(l, c);
		c = next;
	}
	c->used += n;
	c->frames++;
	return c->bytes + (c->used - n);
}

/* ------------------------------------------------------------------ what waits */

static struct live_held *held_at(const struct live_if *i, size_t k)
{
	return &i->held[(i->head + k) & (i->cap - 1)];
}

static bool grow(struct live_if *i)
{
	size_t cap = i->cap ? 2 * i->cap : FIRST_ROOM;
	struct live_held *v;

	if (i->n < i->cap)
		return true;
	v = malloc(cap * sizeof *v);
	if (!v)
		return false;
	for (size_t k = 0; k < i->n; k++)
		v[k] = *held_at(i, k);
	free(i->held);
	i->held = v;
	i->head = 0;
	i->cap = cap;
	return true;
}

/* Equal times stay in the order of arrival. A clock that was set back would be looked for through
 * the whole queue, for each frame: not further than MOVED_MOST. */
static void insert(struct live_if *i, const struct live_held *h)
{
	size_t at = i->n++, last = at > MOVED_MOST ? at - MOVED_MOST : 0;

	while (at > last && held_at(i, at - 1)->f.ts_ns > h->f.ts_ns) {
		*held_at(i, at) = *held_at(i, at - 1);
		at--;
	}
	*held_at(i, at) = *h;
}

static void note_time(struct live_if *i, int64_t ts_ns)
{
	struct live_figures *g = &i->figures;

	if (g->first_ns == TIME_NONE) {
		g->first_ns = g->last_ns = ts_ns;
	} else if (ts_ns >= g->last_ns) {
		g->last_ns = ts_ns;
	} else {
		g->late++;
		if (ts_ns < g->first_ns)
			g->first_ns = ts_ns;
		if (i->before_ns - ts_ns > g->step_ns) {
			g->step_ns = i->before_ns - ts_ns;
			g->step_at = i->number;
		}
	}
	i->before_ns = ts_ns;
}

struct taking {
	struct live *l;
	struct live_if *i;
};

static int64_t stamp(const struct live_if *i, const struct timeval *tv)
{
	return (int64_t)tv->tv_sec * NS_PER_S +
	       (i->nanoseconds ? tv->tv_usec : tv->tv_usec * NS_PER_US);
}

static void take(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct taking *t = (struct taking *)(void *)user;
	struct live *l = t->l;
	struct live_if *i = t->i;
	uint32_t len = h->caplen < FRAME_MAX ? h->caplen : FRAME_MAX;
	struct live_held new = {.arrived_ns = l->now_ns};
	uint8_t *p;

	new.f.ts_ns = stamp(i, &h->ts);
	if (l->ending && new.f.ts_ns > l->end_real_ns)
		return;
	p = l->err || !grow(i) ? NULL : room(l, len);
	if (!p) {
		l->err = -ENOMEM;
		pcap_breakloop(i->pcap);
		return;
	}
	if (len)
		memcpy(p, data, len);
	/* Beyond four thousand million packets numbers begin anew. */
	if (++i->number == 0)
		i->number = 1;
	note_time(i, new.f.ts_ns);
	new.f.p = p;
	new.f.len = len;
	new.f.wire_len = h->len > len ? h->len : len;
	new.f.number = i->number;
	new.f.input = i->input;
	new.f.linktype = i->figures.linktype;
	new.chunk = l->chunk;
	insert(i, &new);
	i->taken++;
	i->mean_n++;
	i->mean_bytes += len;
	l->bytes += len;
	l->frames++;
}

/* The interface whose first frame is the earliest; NULL: nothing waits. */
static struct live_if *earliest(struct live *l, int64_t *ret_oldest_ns)
{
	struct live_if *best = NULL;

	*ret_oldest_ns = INT64_MAX;
	for (size_t k = 0; k < l->n; k++) {
		struct live_if *i = &l->ifs[k];
		const struct live_held *h = i->n ? held_at(i, 0) : NULL;

		if (!h)
			continue;
		if (h->arrived_ns < *ret_oldest_ns)
			*ret_oldest_ns = h->arrived_ns;
		if (!best || h->f.ts_ns < held_at(best, 0)->f.ts_ns)
			best = i;
	}
	return best;
}

static bool crowded(const struct live *l)
{
	return l->bytes > WAIT_BYTES || l->frames > WAIT_FRAMES;
}

static void hand_out(struct live *l, struct live_if *i, struct batch *b)
{
	struct live_held *h = held_at(i, 0);

	if (h->f.ts_ns >= i->out_ns)
		i->out_ns = h->f.ts_ns;
	else
		i->figures.unsorted++;
	b->f[b->n++] = h->f;
	l->out[l->n_out++] = h->chunk;
	l->bytes -= h->f.len;
	l->frames--;
	i->figures.packets++;
	i->head = (i->head + 1) & (i->cap - 1);
	i->n--;
}

static void release(struct live *l, struct batch *b)
{
	while (b->n < BATCH_FRAMES) {
		int64_t oldest;
		struct live_if *i = earliest(l, &oldest);
		bool due = i && (l->ended || oldest + l->hold_ns <= l->now_ns);

		if (!i || (!due && !crowded(l)))
			return;
		l->hurried += !due;
		hand_out(l, i, b);
	}
}

/* ------------------------------------------------------------------ looking */

static void read_one(struct live *l, struct live_if *i)
{
	struct taking t = {.l = l, .i = i};
	int r = pcap_dispatch(i->pcap, AT_ONCE, take, (u_char *)(void *)&t);

	i->more = r >= AT_ONCE;
	/* It is down or gone; what live_look() sees says which, and what to do. */
	if (r < 0 && r != PCAP_ERROR_BREAK)
		i->broken = true;
}

/* An interface that went down says so as an error of its socket, once. */
static void clear_error(const struct live_if *i)
{
	int pending;
	socklen_t n = sizeof pending;

	(void)getsockopt(i->fd, SOL_SOCKET, SO_ERROR, &pending, &n);
}

/* Waits for frames; true when some interface has any. */
static void look(struct live *l, int timeout_ms)
{
	struct pollfd p[IFACES_MOST + 2];
	size_t n = 0;

	for (size_t k = 0; k < l->n; k++) {
		const struct live_if *i = &l->ifs[k];

		/* A negative one is passed over. */
		p[n++] = (struct pollfd){.fd = i->broken ? -1 : i->fd, .events = POLLIN};
		if (i->more)
			timeout_ms = 0;
	}
	p[n++] = (struct pollfd){.fd = l->stop_fd, .events = POLLIN};
	p[n++] = (struct pollfd){.fd = l->wake_fd, .events = POLLIN};
	if (poll(p, n, timeout_ms) <= 0)
		memset(p, 0, sizeof p);
	l->woken |= (p[n - 1].revents & POLLIN) != 0;
	l->now_ns = clock_ns(CLOCK_MONOTONIC);
	for (size_t k = 0; k < l->n; k++) {
		struct live_if *i = &l->ifs[k];

		if (p[k].revents & POLLERR)
			clear_error(i);
		if (!i->broken && (i->more || p[k].revents & POLLIN))
			read_one(l, i);
	}
}

/* The kernel may have had frames of before the end in a part of its ring that it had not handed
 * over yet. */
static void maybe_ended(struct live *l)
{
	bool more = false;

	for (size_t k = 0; k < l->n; k++)
		more |= l->ifs[k].more;
	if (!more && l->now_ns - l->end_ns > 2 * (int64_t)LIVE_RETIRE_MS * NS_PER_MS)
		l->ended = true;
}

/* How long until the first frame that waits is due. */
static int due_in(struct live *l, int timeout_ms)
{
	int64_t oldest, left;

	if (!earliest(l, &oldest))
		return timeout_ms;
	left = (oldest + l->hold_ns - clock_ns(CLOCK_MONOTONIC)) / NS_PER_MS + 1;
	if (left < 0)
		left = 0;
	return left < timeout_ms ? (int)left : timeout_ms;
}

int live_next(struct live *l, struct batch *b, int timeout_ms)
{
	b->n = 0;
	while (l->n_out)
		frame_done(l, l->out[--l->n_out]);
	/* All that is due goes first: what waits stays small, and so in the cache. */
	release(l, b);
	if (b->n || l->ended)
		return 0;
	look(l, due_in(l, l->ending ? LIVE_RETIRE_MS : timeout_ms));
	if (l->ending)
		maybe_ended(l);
	if (l->err)
		return l->err;
	release(l, b);
	return 0;
}

bool live_woken(struct live *l)
{
	bool woken = l->woken;

	l->woken = false;
	return woken;
}

void live_end(struct live *l)
{
	if (l->ending)
		return;
	l->ending = true;
	l->end_real_ns = clock_ns(CLOCK_REALTIME);
	l->end_ns = clock_ns(CLOCK_MONOTONIC);
}

bool live_ended(const struct live *l)
{
	return l->ended && l->frames == 0;
}

/* ------------------------------------------------------------------ interfaces that change */

struct telling {
	live_event_fn fn;
	void *user;
};

static void tell(const struct telling *t, const struct live_if *i, enum live_event e)
{
	if (t->fn)
		t->fn(t->user, i->name, e);
}

static void add_counts(struct live_if *i, const struct live_link *now)
{
	struct live_figures *g = &i->figures;

	if (now->index == 0 || now->index != i->link.index)
		return; /* counters of another device */
	g->card_told = true;
	/* A driver that is reset begins at 0 again. */
	if (now->missed > i->link.missed)
		g->card_drops += now->missed - i->link.missed;
	if (now->dropped > i->link.dropped)
		g->stack_drops += now->dropped - i->link.dropped;
}

static void went(struct live *l, struct live_if *i, const struct live_link *now,
		 const struct telling *t)
{
	if (i->figures.there && !now->index) {
		i->figures.there = i->figures.up = false;
		i->figures.removals++;
		tell(t, i, LIVE_REMOVED);
	} else if (i->figures.up && !now->up) {
		i->figures.up = false;
		i->figures.downs++;
		tell(t, i, LIVE_DOWN);
	}
	if (!i->figures.up && !i->away_since_ns)
		i->away_since_ns = l->now_ns;
}

static void came(struct live *l, struct live_if *i, const struct live_link *now,
		 const struct telling *t)
{
	bool other = now->index && now->index != i->index;

	if (!now->up || (i->figures.up && !other && !i->broken))
		return;
	if (other && i->figures.there) { /* away and back between two looks */
		i->figures.removals++;
		tell(t, i, LIVE_REMOVED);
		i->figures.there = i->figures.up = false;
	}
	if (other && live_if_rebind(i, now->index) < 0)
		return;
	i->broken = false;
	if (!i->figures.up)
		tell(t, i, i->figures.there ? LIVE_UP : LIVE_BACK);
	if (i->away_since_ns)
		i->figures.away_ns += l->now_ns - i->away_since_ns;
	i->away_since_ns = 0;
	i->figures.there = i->figures.up = true;
}

static void look_at_link(struct live *l, struct live_if *i, const struct telling *t)
{
	struct live_link now;

	if (live_link_look(l->links, i->name, &now) < 0)
		return;
	add_counts(i, &now);
	went(l, i, &now, t);
	came(l, i, &now, t);
	if (now.index == i->link.index && now.mtu != i->link.mtu)
		tell(t, i, LIVE_MTU);
	i->link = now;
}

void live_look(struct live *l, live_event_fn fn, void *user)
{
	const struct telling t = {fn, user};

	l->now_ns = clock_ns(CLOCK_MONOTONIC);
	for (size_t k = 0; k < l->n; k++) {
		struct live_if *i = &l->ifs[k];

		live_if_count(i);
		if (i->has_link)
			look_at_link(l, i, &t);
		else
			i->broken = false;
	}
}

/* ------------------------------------------------------------------ open, close */

static int open_one(struct live *l, size_t k, const struct live_options *opt, struct errors *errs,
		    bool *ret_usage)
{
	struct live_if *i = &l->ifs[k];
	int r;

	i->fd = -1;
	i->input = (uint32_t)k;
	i->name = strdup(opt->names[k]);
	if (!i->name)
		return -ENOMEM;
	r = live_if_open(i, opt, errs, ret_usage);
	if (r < 0)
		return r;
	if (l->links >= 0 && live_link_look(l->links, i->name, &i->link) == 0)
		i->has_link = i->link.index != 0;
	i->index = i->link.index;
	live_if_count(i); /* from now on */
	i->figures.kernel_drops = 0;
	return 0;
}

struct live *live_open(const struct live_options *opt, struct errors *errs, bool *ret_usage)
{
	struct live *l = calloc(1, sizeof *l);
	int r = l ? 0 : -ENOMEM;

	if (opt->n_names > IFACES_MOST) {
		error_hint(errors_add(errs, false, "%zu interfaces are too many", opt->n_names),
			   "one process captures on %d at most\nuse several", IFACES_MOST);
		*ret_usage = true;
		free(l);
		return NULL;
	}
	if (l) {
		l->stop_fd = opt->stop_fd;
		l->wake_fd = opt->wake_fd;
		l->links = live_link_open();
		l->hold_ns =
			(opt->n_names > 1 ? HOLD_SEVERAL_MS : HOLD_ONE_MS) * (int64_t)NS_PER_MS;
		l->ifs = calloc(opt->n_names + 1, sizeof *l->ifs);
		r = l->ifs ? 0 : -ENOMEM;
	}
	for (size_t k = 0; r == 0 && k < opt->n_names; k++) {
		l->n++;
		r = open_one(l, k, opt, errs, ret_usage);
	}
	if (r == -ENOMEM)
		error_hint(errors_add(errs, false, "no memory to capture"),
			   "other programs hold it, or a limit is set (`ulimit -v`)\nfree some");
	return r ? live_close(l) : l;
}

size_t live_count(const struct live *l)
{
	return l->n;
}

void live_figures(const struct live *l, size_t i, struct live_figures *ret)
{
	*ret = l->ifs[i].figures;
	if (l->ifs[i].away_since_ns)
		ret->away_ns += clock_ns(CLOCK_MONOTONIC) - l->ifs[i].away_since_ns;
}

unsigned live_fill(struct live *l)
{
	unsigned most = 0;

	for (size_t k = 0; k < l->n; k++) {
		struct live_if *i = &l->ifs[k];
		unsigned fill;

		live_if_count(i);
		fill = live_if_fill(i);
		if (fill > most)
			most = fill;
	}
	return most;
}

uint64_t live_hurried(const struct live *l)
{
	return l->hurried;
}

struct live *live_close(struct live *l)
{
	if (!l)
		return NULL;
	while (l->n_out)
		frame_done(l, l->out[--l->n_out]);
	for (size_t k = 0; k < l->n; k++) {
		struct live_if *i = &l->ifs[k];

		for (size_t h = 0; h < i->n; h++)
			frame_done(l, held_at(i, h)->chunk);
		live_if_close(i);
	}
	free(l->chunk);
	while (l->spare) {
		struct live_chunk *c = l->spare;

		l->spare = c->next;
		free(c);
	}
	if (l->links >= 0)
		close(l->links);
	free(l->ifs);
	free(l);
	return NULL;
}
