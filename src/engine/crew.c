// SPDX-License-Identifier: BSD-2-Clause
#include "engine/crew.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "decode/packet.h"
#include "flow/cards.h"

enum {
	PARCEL_PACKETS = 256,
	PARCEL_BYTES = 64 << 10, /* of payload; more for a packet that alone has more */
	PARCEL_TURNS = 32,
	PARCELS_A_SHARD = 3, /* one is filled, one worked on, one in line */
};

/* More network cards than one table has room for are a reason to begin again, which no shard would
 * see before all are put together. A bit for each, by its address; some have that of another. */
enum { MAC_BITS = 20 };

struct turn {      /* of the clock */
	size_t at; /* packets before it */
	int64_t ts_ns;
};

struct parcel {
	struct parcel *next; /* in line, or free */
	struct packet *p;
	size_t n;
	uint8_t *bytes;
	size_t used, room;
	struct turn turn[PARCEL_TURNS];
	size_t n_turns;
	bool ends; /* the last one, at end_ns */
	int64_t end_ns;
};

struct place { /* of a shard */
	struct shard *shard;
	struct parcel *open;  /* of who reads; NULL */
	struct parcel *first; /* in line */
	struct parcel **last;
	unsigned waiting;
	bool busy;
	struct shard_need need;   /* as are the next two, when it was worked on last */
	struct shard_room room;   /* taken; while it is busy, what it was given */
	struct coverage coverage; /* its counters */
};

struct crew {
	struct split split;
	struct place *place;
	unsigned n;
	struct parcel *parcels; /* all of them */
	unsigned n_parcels;
	pthread_t *thread;
	unsigned n_threads, wanted; /* beside the caller's */
	bool shares;
	struct shard_room most;
	uint64_t *mac;    /* bits */
	size_t macs_left; /* to be set, before there are too many */

	pthread_mutex_t lock;
	pthread_cond_t work; /* there may be a parcel to work on */
	pthread_cond_t done; /* a parcel was worked on */
	/* With the lock: */
	struct parcel *free;
	unsigned in_hand; /* in line, or worked on */
	unsigned idle;    /* threads that wait for work */
	bool reader_waits, over;
	atomic_int err;
};

int crew_error(const struct crew *c)
{
	return atomic_load_explicit(&c->err, memory_order_relaxed);
}

static void fail(struct crew *c, int err)
{
	int none = 0;

	if (err < 0)
		atomic_compare_exchange_strong(&c->err, &none, err);
}

/* ------------------------------------------------------------------ working on parcels */

static int unpack(struct shard *sh, const struct parcel *x)
{
	size_t at = 0;
	int r = 0;

	for (size_t i = 0; i < x->n_turns && r == 0; i++) {
		r = shard_packets(sh, x->p + at, x->turn[i].at - at);
		at = x->turn[i].at;
		shard_turn(sh, x->turn[i].ts_ns);
	}
	if (r == 0)
		r = shard_packets(sh, x->p + at, x->n - at);
	if (r == 0 && x->ends)
		r = shard_end_flows(sh, x->end_ns);
	return r;
}

/* Of those that nobody works on, the one with most in line; NULL. */
static struct place *pick(const struct crew *c)
{
	struct place *best = NULL;

	for (unsigned i = 0; i < c->n; i++) {
		struct place *at = &c->place[i];

		if (!at->busy && at->waiting && (!best || at->waiting > best->waiting))
			best = at;
	}
	return best;
}

static bool fits(const struct crew *c)
{
	struct shard_need sum = {0};

	for (unsigned i = 0; i < c->n; i++)
		shard_need_add(&sum, &c->place[i].need);
	return shard_need_fits(c->place[0].shard, &sum);
}

/* With the lock. All that may be busy at once have the same part of what is left. */
static void give_room(const struct crew *c, struct place *at)
{
	struct shard_room others = {0};
	unsigned parts = c->n_threads + 1;

	for (unsigned i = 0; i < c->n; i++) {
		if (&c->place[i] == at)
			continue;
		shard_room_add(&others, &c->place[i].room);
		parts -= c->place[i].busy;
	}
	at->room = shard_room_share(&c->most, &others, &at->room, parts);
}

/* Of a shard that is this thread's. */
struct figures {
	struct shard_need need;
	struct shard_room taken;
	struct coverage coverage;
};

static void figures_of(const struct crew *c, struct shard *sh, struct figures *ret)
{
	if (!c->shares) {
		ret->need = shard_need(sh);
		return;
	}
	ret->taken = shard_room_taken(sh);
	ret->coverage = (struct coverage){0};
	shard_coverage(sh, &ret->coverage);
}

static void note_figures(struct crew *c, struct place *at, const struct figures *f)
{
	if (c->shares) {
		at->room = f->taken;
		at->coverage = f->coverage;
		return;
	}
	at->need = f->need;
	if (!fits(c))
		fail(c, -EAGAIN);
}

/* Takes the first parcel of a place; comes and goes with the lock. */
static void work_on(struct crew *c, struct place *at)
{
	struct parcel *x = at->first;
	struct figures now;

	at->first = x->next;
	if (!at->first)
		at->last = &at->first;
	at->waiting--;
	if (c->shares)
		give_room(c, at);
	at->busy = true;
	pthread_mutex_unlock(&c->lock);
	if (c->shares)
		shard_room_limit(at->shard, &at->room);
	if (crew_error(c) == 0)
		fail(c, unpack(at->shard, x));
	figures_of(c, at->shard, &now);
	pthread_mutex_lock(&c->lock);
	note_figures(c, at, &now);
	at->busy = false;
	x->next = c->free;
	c->free = x;
	c->in_hand--;
	if (at->waiting && c->idle)
		pthread_cond_signal(&c->work);
	if (c->reader_waits)
		pthread_cond_signal(&c->done);
}

static void *worker(void *arg)
{
	struct crew *c = arg;

	pthread_mutex_lock(&c->lock);
	while (!c->over) {
		struct place *at = pick(c);

		if (at) {
			work_on(c, at);
			continue;
		}
		c->idle++;
		pthread_cond_wait(&c->work, &c->lock);
		c->idle--;
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

/* ------------------------------------------------------------------ who reads */

/* With the lock: does somebody's work, or waits for it to be done. */
static void help(struct crew *c)
{
	struct place *at = pick(c);

	if (at) {
		work_on(c, at);
		return;
	}
	c->reader_waits = true;
	pthread_cond_wait(&c->done, &c->lock);
	c->reader_waits = false;
}

/* With the lock. */
static void line_up(struct crew *c, struct place *at)
{
	struct parcel *x = at->open;

	at->open = NULL;
	x->next = NULL;
	*at->last = x;
	at->last = &x->next;
	at->waiting++;
	c->in_hand++;
	if (!at->busy && c->idle)
		pthread_cond_signal(&c->work);
}

/* An empty parcel for the place, whose full one goes in line. */
static COLD struct parcel *next_parcel(struct crew *c, struct place *at)
{
	struct parcel *x;

	pthread_mutex_lock(&c->lock);
	if (at->open)
		line_up(c, at);
	while (!c->free)
		help(c);
	x = c->free;
	c->free = x->next;
	pthread_mutex_unlock(&c->lock);
	x->n = x->used = x->n_turns = 0;
	x->ends = false;
	at->open = x;
	return x;
}

/* An empty parcel takes whatever there is. */
static COLD bool enlarge(struct crew *c, struct parcel *x, size_t bytes)
{
	uint8_t *more = malloc(bytes);

	if (!more) {
		fail(c, -ENOMEM);
		return false;
	}
	free(x->bytes);
	x->bytes = more;
	x->room = bytes;
	return true;
}

static const uint8_t *keep(struct parcel *x, const uint8_t *p, size_t n)
{
	uint8_t *to = x->bytes + x->used;

	memcpy(to, p, n);
	x->used += n;
	return to;
}

/* What a table looks at of most packets is in the first two lines; nothing behind the decoder and
 * the table of copies looks at the transport header again. */
static void take(struct parcel *x, const struct packet *p)
{
	struct packet *q = &x->p[x->n++];

	if (unlikely(p->whole || p->early.n || !split_is_segment(p))) {
		*q = *p;
	} else {
		memcpy(q, p, offsetof(struct packet, whole));
		q->whole = NULL;
		q->early.n = 0;
	}
	q->transport = NULL;
	if (p->payload_len)
		q->payload = keep(x, p->payload, p->payload_len);
	if (unlikely(p->whole != NULL))
		q->whole = keep(x, p->whole, p->whole_len);
}

static COLD void turn_all(struct crew *c, int64_t ts_ns)
{
	for (unsigned i = 0; i < c->n; i++) {
		struct parcel *x = c->place[i].open;

		if (!x || x->n_turns == PARCEL_TURNS)
			x = next_parcel(c, &c->place[i]);
		x->turn[x->n_turns++] = (struct turn){x->n, ts_ns};
	}
}

static void count_card(struct crew *c, const struct packet *p)
{
	uint64_t w = 0, i;
	unsigned __int128 x;

	memcpy(&w, p->src_mac, sizeof p->src_mac);
	x = (unsigned __int128)(w ^ c->split.secret[0]) * c->split.secret[1];
	i = ((uint64_t)x ^ (uint64_t)(x >> 64)) >> (64 - MAC_BITS);
	if (likely(c->mac[i / 64] >> i % 64 & 1))
		return;
	c->mac[i / 64] |= UINT64_C(1) << i % 64;
	if (c->macs_left-- == 0)
		fail(c, -EAGAIN);
}

void crew_put(struct crew *c, const struct packet *p)
{
	size_t bytes = (size_t)p->payload_len + (p->whole ? p->whole_len : 0);
	struct place *at;
	struct parcel *x;

	if (!split_concerns(p))
		return;
	if (!c->shares)
		count_card(c, p);
	if (unlikely(split_turns(&c->split, p->ts_ns)))
		turn_all(c, p->ts_ns);
	at = &c->place[split_of(&c->split, p, c->n)];
	x = at->open;
	if (!x || x->n == PARCEL_PACKETS || x->room - x->used < bytes)
		x = next_parcel(c, at);
	if (unlikely(x->room < bytes) && !enlarge(c, x, bytes))
		return;
	take(x, p);
}

unsigned crew_shard(const struct crew *c, const struct addr *x, const struct addr *y)
{
	return split_of_pair(&c->split, x, y, c->n);
}

static bool is_empty(const struct parcel *x)
{
	return !x || (x->n == 0 && x->n_turns == 0);
}

/* With the lock. */
static void hand_over(struct crew *c)
{
	for (unsigned i = 0; i < c->n; i++)
		if (!is_empty(c->place[i].open))
			line_up(c, &c->place[i]);
}

void crew_hand_over(struct crew *c)
{
	pthread_mutex_lock(&c->lock);
	hand_over(c);
	while (!c->n_threads && c->in_hand)
		help(c);
	pthread_mutex_unlock(&c->lock);
}

/* Whoever waits for work then waits for this lock, or to be called: nobody else holds anything. */
void crew_hold(struct crew *c)
{
	pthread_mutex_lock(&c->lock);
	hand_over(c);
	while (c->in_hand)
		help(c);
}

void crew_go_on(struct crew *c)
{
	pthread_mutex_unlock(&c->lock);
}

void crew_rest(struct crew *c)
{
	crew_hold(c);
	crew_go_on(c);
}

void crew_coverage(struct crew *c, struct coverage *sum)
{
	pthread_mutex_lock(&c->lock);
	for (unsigned i = 0; i < c->n; i++)
		coverage_add(sum, &c->place[i].coverage);
	pthread_mutex_unlock(&c->lock);
}

void crew_end(struct crew *c, int64_t now_ns)
{
	for (unsigned i = 0; i < c->n; i++) {
		struct place *at = &c->place[i];
		struct parcel *x = at->open ? at->open : next_parcel(c, at);

		x->ends = true;
		x->end_ns = now_ns;
	}
	pthread_mutex_lock(&c->lock);
	for (unsigned i = 0; i < c->n; i++)
		line_up(c, &c->place[i]);
	while (c->in_hand)
		help(c);
	pthread_mutex_unlock(&c->lock);
}

/* ------------------------------------------------------------------ begin and end */

/* Signals are for the thread that was there before. */
void crew_start(struct crew *c)
{
	sigset_t all, before;
	unsigned n = 0;

	if (c->n_threads)
		return;
	/* What was put into shards beside packets, rows of a store, counts as well. */
	for (unsigned i = 0; i < c->n; i++)
		c->place[i].room = shard_room_taken(c->place[i].shard);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	/* With the lock: who is there already goes by how many there are. */
	pthread_mutex_lock(&c->lock);
	while (n < c->wanted && pthread_create(&c->thread[n], NULL, worker, c) == 0)
		n++;
	c->n_threads = n;
	pthread_mutex_unlock(&c->lock);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

unsigned crew_threads(const struct crew *c)
{
	return c->n_threads + 1;
}

static bool parcel_init(struct parcel *x)
{
	x->p = aligned_alloc(CACHELINE, PARCEL_PACKETS * sizeof *x->p);
	x->bytes = malloc(PARCEL_BYTES);
	x->room = PARCEL_BYTES;
	return x->p && x->bytes;
}

static bool parcels_init(struct crew *c)
{
	for (unsigned i = 0; i < c->n_parcels; i++) {
		struct parcel *x = &c->parcels[i];

		if (!parcel_init(x))
			return false;
		x->next = c->free;
		c->free = x;
	}
	return true;
}

struct crew *crew_new(struct shard *const *shard, unsigned n, unsigned threads,
		      const struct hash_key *key, const struct shard_room *most)
{
	struct crew *c = calloc(1, sizeof *c);

	if (!c)
		return NULL;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->work, NULL);
	pthread_cond_init(&c->done, NULL);
	split_init(&c->split, key);
	c->n = n;
	c->wanted = threads - 1;
	c->shares = most;
	if (most)
		c->most = *most;
	c->n_parcels = PARCELS_A_SHARD * n + threads;
	c->place = calloc(n, sizeof *c->place);
	c->parcels = calloc(c->n_parcels, sizeof *c->parcels);
	c->thread = calloc(threads, sizeof *c->thread);
	c->macs_left = cards_most(shard_tables(shard[0]).cards);
	c->mac = calloc((1U << MAC_BITS) / 64, sizeof *c->mac);
	if (!c->place || !c->parcels || !c->thread || !c->mac || !parcels_init(c))
		return crew_free(c);
	for (unsigned i = 0; i < n; i++) {
		c->place[i].shard = shard[i];
		c->place[i].last = &c->place[i].first;
		c->place[i].room = shard_room_taken(shard[i]);
	}
	return c;
}

struct crew *crew_free(struct crew *c)
{
	if (!c)
		return NULL;
	pthread_mutex_lock(&c->lock);
	c->over = true;
	pthread_cond_broadcast(&c->work);
	pthread_mutex_unlock(&c->lock);
	for (unsigned i = 0; i < c->n_threads; i++)
		pthread_join(c->thread[i], NULL);
	for (unsigned i = 0; c->parcels && i < c->n_parcels; i++) {
		free(c->parcels[i].p);
		free(c->parcels[i].bytes);
	}
	pthread_cond_destroy(&c->done);
	pthread_cond_destroy(&c->work);
	pthread_mutex_destroy(&c->lock);
	free(c->thread);
	free(c->mac);
	free(c->parcels);
	free(c->place);
	free(c);
	return NULL;
}
