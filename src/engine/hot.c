// SPDX-License-Identifier: BSD-2-Clause
/*
 * hot - the loop per packet: decoder, copies, and the shard that has what comes behind them.
 *
 * Nothing in here allocates per packet.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "decode/decode.h"
#include "decode/plain.h"
#include "engine/crew.h"
#include "engine/engine.h"
#include "engine/hot_tables.h"
#include "engine/shard.h"
#include "engine/stats.h"
#include "findings/judge.h"
#include "flow/cards.h"
#include "flow/dup.h"
#include "learn/learn.h"

/* Flows live while they talk, conversations to the end of the run: one part in FLOW_SHARE is for
 * flows and their first bytes, one in LEARN_SHARE for readers of streams, one in CARD_SHARE for
 * network cards, the rest for conversations. */
enum { FLOW_SHARE = 8, LEARN_SHARE = 32, CARD_SHARE = 64 };
static const size_t MEMORY = (size_t)4 << 30;

enum { HOT_SHARDS = 32 };

enum { AHEAD = 4 }; /* frames */

struct hot {
	struct span_audit *a;
	const struct hot_tap *tap;
	struct decoder *decoder;
	struct dup_table *dups;
	struct shard *shard[HOT_SHARDS]; /* the first; more with a crew, until they are gathered */
	unsigned n_shards;
	struct crew *crew; /* NULL: this thread does everything */
	bool once;         /* packets come once: shards share what the run may have */
	struct shard_room most;
	struct cards *beats; /* heartbeats of clusters: the first shard's, or with a crew its own */
	uint64_t beats_shed; /* by those that were its own */
	struct stats *stats;
	int64_t now_ns;  /* of the latest packet */
	int64_t hour_ns; /* that packets are of, where somebody asks */
	struct window window;
	struct timeline timeline;
	struct blind_set blind;
	struct gaps gaps;
	struct packet packets[BATCH_FRAMES];
	uint64_t truncated;
	uint64_t other;  /* decoded, no copy, neither TCP nor UDP */
	uint64_t copies; /* with fragments that had waited for them */
	int err;
};

size_t hot_memory(const struct span_audit *a)
{
	return a->max_memory ? (size_t)a->max_memory : MEMORY;
}

struct hot_room hot_room(const struct span_audit *a)
{
	size_t memory = hot_memory(a);
	struct hot_room r = {.flows = memory / FLOW_SHARE,
			     .learn = memory / LEARN_SHARE,
			     .cards = memory / CARD_SHARE};

	r.rows = memory - r.flows - r.learn - r.cards;
	r.conversations = r.rows / sizeof(struct conv);
	if (!r.conversations)
		r.conversations = 1;
	return r;
}

/* Several for each thread, so that nobody waits for the one that has most to do. */
static bool make_crew(struct hot *h, unsigned threads)
{
	const struct hash_key *key = h->a->has_key ? &h->a->key : NULL;

	h->n_shards = 2 * threads < HOT_SHARDS ? 2 * threads : HOT_SHARDS;
	for (unsigned i = 0; i < h->n_shards; i++) {
		h->shard[i] = shard_new(h->a, i, NULL, NULL);
		if (!h->shard[i])
			return false;
	}
	h->most = shard_room_most(h->shard[0]);
	h->beats = cards_new(key, hot_room(h->a).cards);
	if (h->beats)
		h->crew = crew_new(h->shard, h->n_shards, threads, key, h->once ? &h->most : NULL);
	return h->crew;
}

static bool make_shard(struct hot *h)
{
	h->n_shards = 1;
	h->shard[0] = shard_new(h->a, 0, &h->timeline, &h->gaps);
	if (h->shard[0])
		h->beats = shard_tables(h->shard[0]).cards;
	return h->shard[0];
}

static struct hot *new_of(struct span_audit *a, unsigned threads, bool once)
{
	const struct hash_key *key = a->has_key ? &a->key : NULL;
	struct hot *h = calloc(1, sizeof *h);

	if (!h)
		return NULL;
	h->a = a;
	h->once = once;
	h->tap = a->tap;
	h->stats = a->stats;
	h->now_ns = h->hour_ns = TIME_NONE;
	h->decoder = decoder_new();
	h->dups = dup_table_new(key);
	if (h->dups)
		dup_table_vlan_key(h->dups, a->vlan_key);
	if (!h->decoder || !h->dups || !(threads > 1 ? make_crew(h, threads) : make_shard(h)))
		return hot_free(h);
	return h;
}

struct hot *hot_new(struct span_audit *a)
{
	return new_of(a, 1, false);
}

struct hot *hot_new_threads(struct span_audit *a, unsigned threads)
{
	struct hot *h = new_of(a, threads, false);

	if (h && h->crew)
		crew_start(h->crew);
	return h;
}

struct hot *hot_new_live(struct span_audit *a, unsigned threads)
{
	return new_of(a, threads, true);
}

unsigned hot_start(struct hot *h)
{
	if (!h->crew)
		return 1;
	crew_start(h->crew);
	return crew_threads(h->crew);
}

void hot_hand_over(struct hot *h)
{
	if (h->crew)
		crew_hand_over(h->crew);
}

void hot_rest(struct hot *h)
{
	if (h->crew)
		crew_rest(h->crew);
}

void hot_hold(struct hot *h)
{
	if (h->crew)
		crew_hold(h->crew);
}

void hot_go_on(struct hot *h)
{
	if (h->crew)
		crew_go_on(h->crew);
}

/* Its memory, its lock and what waits for it are left as they are: they are the parent's. */
void hot_forked(struct hot *h)
{
	h->crew = NULL;
}

struct hot *hot_free(struct hot *h)
{
	if (!h)
		return NULL;
	h->crew = crew_free(h->crew);
	if (h->shard[0] && h->beats != shard_tables(h->shard[0]).cards)
		cards_free(h->beats);
	for (unsigned i = 0; i < HOT_SHARDS; i++)
		shard_free(h->shard[i]);
	decoder_free(h->decoder);
	dup_table_free(h->dups);
	window_done(&h->window);
	blind_done(&h->blind);
	gaps_done(&h->gaps);
	free(h);
	return NULL;
}

/* A frame that is no plain packet, of which *ret has what is not in its bytes. False when there is
 * nothing for the flow table. */
static NOINLINE bool odd_frame(struct hot *h, const struct frame *f, struct packet *ret)
{
	h->truncated += f->len < f->wire_len;
	if (f->filtered) {
		decode_filtered(h->decoder);
		return false;
	}
	if (decode_into(h->decoder, f->linktype, f->p, f->len, ret) != DECODE_OK) {
		const struct heartbeat *beat = decoder_heartbeat(h->decoder);

		if (beat)
			cards_heartbeat(h->beats, beat, f->ts_ns);
		if (beat && h->tap)
			h->tap->heartbeat(h->tap->user, beat, f->ts_ns);
		return false;
	}
	if (unlikely(ret->esp)) {
		if (blind_add(&h->blind, &ret->src, &ret->dst) < 0 && !h->err)
			h->err = -ENOMEM;
		if (h->tap)
			h->tap->blind(h->tap->user, &ret->src, &ret->dst, f->ts_ns);
	}
	return true;
}

/* Frames and packets begin with these bytes: time, number and input. */
enum { SAME = 16 };
static_assert(offsetof(struct frame, p) == SAME && offsetof(struct packet, src) == SAME &&
		      offsetof(struct frame, number) == offsetof(struct packet, number) &&
		      offsetof(struct frame, input) == offsetof(struct packet, input),
	      "as SAME says");

/* Returns how many packets the frames are. Those that are plain are counted together. */
static NOINLINE size_t decode_batch(struct hot *h, const struct batch *b)
{
	struct packet *k = h->packets;
	const struct frame *end = b->f + b->n;
	size_t plain = 0;

	for (const struct frame *f = b->f; f < end; f++) {
		uint32_t notes = 0;

		/* Headers: what is behind them follows by itself. */
		if (f + AHEAD < end)
			prefetch(f[AHEAD].p);
		memcpy(k, f, SAME);
		k->wire_len = f->wire_len;
		if (likely(!f->filtered &&
			   decode_plain(f->linktype, f->p, f->len, f->wire_len, k, &notes))) {
			k++;
			plain++;
			if (unlikely(notes)) {
				h->truncated += f->len < f->wire_len;
				decoder_noted(h->decoder, notes);
			}
			continue;
		}
		decoder_plain(h->decoder, plain);
		plain = 0;
		k += odd_frame(h, f, k);
	}
	decoder_plain(h->decoder, plain);
	return (size_t)(k - h->packets);
}

static bool is_copy(struct hot *h, const struct packet *p, bool copy)
{
	if (copy)
		h->copies += 1 + p->early.n;
	else if (p->proto != IPPROTO_NR_TCP && p->proto != IPPROTO_NR_UDP)
		h->other += 1 + p->early.n;
	return copy;
}

/* Leaves out the copies; returns how many packets are left. `segments`: all are TCP or UDP. */
static size_t originals(struct hot *h, size_t n, bool segments)
{
	bool copy[BATCH_FRAMES];
	size_t left = 0;

	if (likely(!dup_table_are_copies(h->dups, h->packets, n, copy) && segments))
		return n;
	for (size_t i = 0; i < n; i++) {
		const struct packet *p = &h->packets[i];

		if (is_copy(h, p, copy[i]))
			continue;
		if (left != i)
			h->packets[left] = *p;
		left++;
	}
	return left;
}

/* The same, for the crew. */
static int deal_out(struct hot *h, size_t n)
{
	bool copy[BATCH_FRAMES];

	(void)dup_table_are_copies(h->dups, h->packets, n, copy);
	for (size_t i = 0; i < n; i++)
		if (!is_copy(h, &h->packets[i], copy[i]))
			crew_put(h->crew, &h->packets[i]);
	decoder_release(h->decoder);
	return crew_error(h->crew);
}

static void heard_of(struct hot *h, int64_t ts_ns)
{
	if (h->now_ns == TIME_NONE || ts_ns > h->now_ns)
		h->now_ns = ts_ns;
	if (window_add(&h->window, ts_ns) < 0 && !h->err)
		h->err = -ENOMEM;
}

/* Where the frames of one input end that follow each other within a second: of the time between the
 * first and the last of them there is nothing to say. */
static size_t run_end(const struct batch *b, size_t from)
{
	const struct frame *first = &b->f[from];
	size_t i = from + 1;

	for (; i < b->n; i++) {
		const struct frame *f = &b->f[i];

		if (f->input != first->input || f->ts_ns < f[-1].ts_ns ||
		    (uint64_t)f->ts_ns - (uint64_t)first->ts_ns > NS_PER_S)
			break;
	}
	return i;
}

/* Nearly every batch is one such run, and of one hour. */
static bool is_run(const struct batch *b)
{
	const struct frame *first = &b->f[0];
	uint64_t odd = 0;

	for (size_t i = 1; i < b->n; i++)
		odd |= (b->f[i].input ^ first->input) | (b->f[i].ts_ns < b->f[i - 1].ts_ns);
	return b->n && !odd && (uint64_t)b->f[b->n - 1].ts_ns - (uint64_t)first->ts_ns <= NS_PER_S;
}

static void count_frames(struct hot *h, struct span_audit *a, const struct batch *b, bool run)
{
	for (size_t from = 0, end; from < b->n; from = end) {
		end = run ? b->n : run_end(b, from);
		a->inputs[b->f[from].input].packets += end - from;
		heard_of(h, b->f[from].ts_ns);
		if (end - from > 1)
			heard_of(h, b->f[end - 1].ts_ns);
	}
}

/* Packets of one hour at a time. */
static void count_hours(struct hot *h, const struct batch *b, bool run)
{
	const int64_t hour = busy_step_s(0) * NS_PER_S;

	for (size_t i = 0, from = 0; i < b->n; from = i) {
		int64_t begin = busy_begin_ns(0, busy_number(0, b->f[i].ts_ns));

		if (run && b->f[i].ts_ns >= begin && b->f[b->n - 1].ts_ns - begin < hour)
			i = b->n - 1;
		for (i++; i < b->n; i++)
			if (b->f[i].ts_ns < begin || b->f[i].ts_ns - begin >= hour)
				break;
		timeline_add(&h->timeline, b->f[from].ts_ns,
			     &(struct timeline_step){.packets = i - from});
	}
}

/* What is of the hour before is worked on first. */
static void mark_hour(struct hot *h, int64_t hour_ns)
{
	if (h->hour_ns == hour_ns)
		return;
	hot_rest(h);
	for (unsigned i = 0; i < h->n_shards; i++)
		shard_mark(h->shard[i], hour_ns);
	h->hour_ns = hour_ns;
}

/* The frames live until the next batch is asked for, so a batch is decoded whole and then given to
 * the table, which can fetch its memory ahead. */
int hot_batch(struct hot *h, struct span_audit *a, const struct batch *b)
{
	uint64_t by_layers = decoder_stats(h->decoder)->by_layers;
	bool run = is_run(b);
	int64_t from_ns;
	size_t n;
	int r;

	stats_took(h->stats, STAGE_READ);
	stats_batch(h->stats, b->n);
	count_frames(h, a, b, run);
	n = decode_batch(h, b);
	if (h->err)
		return h->err;
	count_hours(h, b, run);
	stats_took(h->stats, STAGE_DECODE);
	if (h->tap && b->n)
		mark_hour(h, busy_begin_ns(0, busy_number(0, b->f[0].ts_ns)));
	if (h->crew)
		return deal_out(h, n);
	n = originals(h, n, decoder_stats(h->decoder)->by_layers == by_layers);
	stats_took(h->stats, STAGE_COPIES);
	from_ns = stats_from(h->stats);
	r = shard_packets(h->shard[0], h->packets, n);
	stats_table_add(h->stats, STAGE_FLOWS, from_ns);
	decoder_release(h->decoder);
	return r < 0 ? r : h->err;
}

uint64_t hot_packets(const struct hot *h)
{
	return decoder_stats(h->decoder)->read;
}

void hot_spare(struct hot *h, const struct flow_spare *flows, bool names)
{
	hot_rest(h);
	for (unsigned i = 0; i < h->n_shards; i++)
		shard_spare(h->shard[i], flows, names);
}

void hot_coverage(const struct hot *h, struct coverage *ret)
{
	const struct decode_stats *ds = decoder_stats(h->decoder);
	const struct dup_stats *dup = dup_table_stats(h->dups);
	struct coverage c = {0};

	c.packets = ds->read;
	c.decoded = ds->by[DECODE_OK];
	memcpy(c.skipped, ds->by, sizeof c.skipped);
	c.skipped[DECODE_OK] = 0;
	memcpy(c.notes, ds->note, sizeof c.notes);
	c.other_proto = h->other + ds->early_other;
	c.duplicates = h->copies;
	c.duplicates_routed = dup->routed;
	c.duplicates_crowded = dup->crowded;
	c.duplicates_across = dup->other_input;
	c.reassembled = ds->fragments.whole;
	c.fragments_late = ds->fragments.late;
	c.fragments_overlap = ds->fragments.overlap;
	c.fragments_shed = ds->fragments.shed;
	c.crowded_datagrams = ds->fragments.crowded;
	c.truncated = h->truncated;
	c.cards_shed = h->beats_shed;
	if (h->n_shards > 1)
		c.cards_shed += cards_shed(h->beats);
	if (h->crew)
		crew_coverage(h->crew, &c);
	for (unsigned i = 0; !h->crew && i < h->n_shards; i++)
		shard_coverage(h->shard[i], &c);
	*ret = c;
}

static int convs_finish(const struct shard_tables *t, struct span_audit *a)
{
	struct conv_list l;
	int r;

	if (!a->apart)
		return conv_table_finish(t->convs, &a->convs, &a->n_convs, &a->ends);
	r = conv_table_finish_apart(t->convs, &l);
	if (r < 0)
		return r;
	a->convs = l.v;
	a->n_convs = l.n;
	a->attempts = l.attempt;
	a->n_attempts = l.n_attempt;
	a->ends = l.ends;
	a->bank = t->bank;
	bank_keep(a->bank, judge_room(a->n_convs));
	return 0;
}

static int64_t end_ns(const struct hot *h)
{
	return h->now_ns == TIME_NONE ? 0 : h->now_ns;
}

static void beats_join(struct cards *to, struct cards *from)
{
	size_t n;
	const struct cluster_host *c = cards_clusters(from, &n);

	for (size_t i = 0; i < n; i++)
		cards_put_cluster(to, &c[i]);
}

/* That it came near limits matters to who can begin again. */
static int join_one(const struct hot *h, struct shard *to, struct shard *from)
{
	int r = shard_join(to, from);

	return h->once && r == -EAGAIN ? 0 : r;
}

/* Everything into the first shard, which is then the only one. */
static int join_all(struct hot *h)
{
	struct shard *to = h->shard[0];
	int r = 0;

	for (unsigned i = 0; i < h->n_shards && r == 0; i++) {
		r = shard_settle(h->shard[i], &h->timeline, &h->gaps);
		if (r == 0 && i)
			r = join_one(h, to, h->shard[i]);
		if (i)
			h->shard[i] = shard_free(h->shard[i]);
	}
	beats_join(shard_tables(to).cards, h->beats);
	if (r == 0 && cards_shed(h->beats) && !h->once)
		r = -EAGAIN;
	h->beats_shed = cards_shed(h->beats);
	cards_free(h->beats);
	h->beats = shard_tables(to).cards;
	h->n_shards = 1;
	return r;
}

/* All but this one took that; it may have the rest. */
static void give_rest(const struct hot *h, unsigned to)
{
	struct shard_room others = {0}, mine = shard_room_taken(h->shard[to]);

	for (unsigned i = 0; i < h->n_shards; i++) {
		struct shard_room one = shard_room_taken(h->shard[i]);

		if (i != to)
			shard_room_add(&others, &one);
	}
	mine = shard_room_share(&h->most, &others, &mine, 1);
	shard_room_limit(h->shard[to], &mine);
}

/* The flows of a run with one thread, or that is left with one. */
int hot_end_flows(struct hot *h)
{
	int r = 0;

	for (unsigned i = 0; i < h->n_shards && r == 0; i++) {
		if (h->n_shards > 1)
			give_rest(h, i);
		r = shard_end_flows(h->shard[i], end_ns(h));
	}
	if (r == 0 && h->n_shards > 1) {
		shard_room_limit(h->shard[0], &h->most);
		r = join_all(h);
	}
	return r < 0 ? r : h->err;
}

/* Of packets that came once. */
static int end_crew(struct hot *h)
{
	int r;

	crew_rest(h->crew);
	r = crew_error(h->crew);
	h->crew = crew_free(h->crew);
	return r;
}

int hot_gather(struct hot *h)
{
	struct shard_need all;
	int r;

	if (!h->crew)
		return 0;
	if (h->once)
		return end_crew(h);
	crew_end(h->crew, end_ns(h));
	r = crew_error(h->crew);
	h->crew = crew_free(h->crew);
	if (r == 0)
		r = join_all(h);
	all = shard_need(h->shard[0]);
	if (r == 0 && !shard_need_fits(h->shard[0], &all))
		r = -EAGAIN;
	return r;
}

int hot_finish(struct hot *h, struct span_audit *a, struct coverage *ret_coverage,
	       uint64_t *ret_evicted)
{
	struct shard_tables t;
	int r;

	decoder_end(h->decoder);
	r = hot_end_flows(h);
	t = shard_tables(h->shard[0]);
	if (r == 0)
		r = convs_finish(&t, a);
	if (r == 0)
		r = learn_grants(t.learn, &a->grants, &a->n_grants);
	if (r == 0)
		r = learn_sightings(t.learn, &a->sightings, &a->n_sightings);
	if (r < 0)
		return r;
	a->cards = cards_sorted(t.cards, &a->n_cards);
	a->clusters = cards_clusters(t.cards, &a->n_clusters);
	hot_coverage(h, ret_coverage);
	ret_coverage->kernel_drops = a->drops_os;
	ret_coverage->interface_drops = a->drops_nic;
	ret_coverage->grants = a->n_grants;
	ret_coverage->sightings = a->n_sightings;
	*ret_evicted = shard_evicted(h->shard[0]);
	ret_coverage->evicted += *ret_evicted;
	return 0;
}

const struct window *hot_window(const struct hot *h)
{
	return &h->window;
}

const struct timeline *hot_timeline(const struct hot *h)
{
	return &h->timeline;
}

const struct blind_set *hot_blind(const struct hot *h)
{
	return &h->blind;
}

const struct gaps *hot_gaps(const struct hot *h)
{
	return &h->gaps;
}

struct hot_tables hot_tables(struct hot *h)
{
	struct shard_tables t = shard_tables(h->shard[0]);

	return (struct hot_tables){.learn = t.learn,
				   .cards = t.cards,
				   .window = &h->window,
				   .timeline = &h->timeline,
				   .blind = &h->blind};
}

struct conv_table *hot_convs_of(struct hot *h, const struct addr *x, const struct addr *y)
{
	return shard_tables(h->shard[h->crew ? crew_shard(h->crew, x, y) : 0]).convs;
}

unsigned hot_shards(const struct hot *h)
{
	return h->n_shards;
}

struct conv_table *hot_convs_at(struct hot *h, unsigned i)
{
	return shard_tables(h->shard[i]).convs;
}

void hot_timeline_cut(struct hot *h, int64_t before_ns)
{
	timeline_cut(&h->timeline, before_ns);
	for (unsigned i = 0; i < h->n_shards; i++)
		shard_timeline_cut(h->shard[i], before_ns);
}

struct conv_table *hot_convs_new(const struct hot *h)
{
	return shard_convs_new(h->a, NULL);
}

void hot_convs_replace(struct hot *h, unsigned i, struct conv_table *t)
{
	shard_convs_replace(h->shard[i], t);
}
