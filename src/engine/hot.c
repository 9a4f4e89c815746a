// SPDX-License-Identifier: BSD-2-Clause
/*
 * hot - the loop per packet: decoder, copies, flow table, and recognition of first bytes.
 *
 * Nothing in here allocates per packet; a flow that shows payload gets a recognition from a pool.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "decode/decode.h"
#include "engine/engine.h"
#include "engine/hot_tables.h"
#include "engine/stats.h"
#include "flow/cards.h"
#include "flow/dup.h"
#include "learn/learn.h"
#include "recognise/recognise.h"

enum { SLAB = 256 };
/* Flows live while they talk, conversations to the end of the run: one part in FLOW_SHARE is for
 * flows and their first bytes, one in LEARN_SHARE for readers of streams, one in CARD_SHARE for
 * network cards, the rest for conversations. */
enum { FLOW_SHARE = 8, LEARN_SHARE = 32, CARD_SHARE = 64 };
static const size_t MEMORY = (size_t)4 << 30;

/* What is read for each payload is in the first line; names are behind it. */
struct slot {
	struct recognise_memo memo;
	struct recognition r;
	struct slot *next_free;
} __attribute__((aligned(CACHELINE)));
_Static_assert(offsetof(struct slot, r.name) < CACHELINE, "one line");

struct slab {
	struct slab *before;
	struct slot s[SLAB];
};

struct hot {
	struct span_audit *a;
	const struct hot_tap *tap;
	struct decoder *decoder;
	struct dup_table *dups;
	struct flow_table *flows;
	struct conv_table *convs;
	struct learn *learn;
	struct cards *cards;
	struct recognise_table recognisers;
	struct stats *stats;
	struct slab *slabs;
	struct slot *free;
	int64_t now_ns; /* of the latest packet */
	struct window window;
	struct timeline timeline;
	struct blind_set blind;
	struct gaps gaps;
	struct packet packets[BATCH_FRAMES];
	uint64_t one_way, tcp_flows;
	uint64_t tcp_unseen, tcp_payload;
	uint64_t truncated;
	uint64_t other;   /* decoded, no copy, neither TCP nor UDP */
	uint64_t evicted; /* for want of room, of tables that were let go */
	uint64_t copies;  /* with fragments that had waited for them */
	int err;
};

static struct recognition *recognition_get(struct hot *h)
{
	if (!h->free) {
		struct slab *s = aligned_alloc(CACHELINE, sizeof *s);

		if (!s)
			return NULL;
		s->before = h->slabs;
		h->slabs = s;
		for (size_t i = 0; i < SLAB; i++) {
			s->s[i].next_free = h->free;
			h->free = &s->s[i];
		}
	}

	struct slot *s = h->free;

	h->free = s->next_free;
	if (h->free)
		prefetch(h->free);
	s->memo = (struct recognise_memo){0};
	s->r.app = APP_NONE;
	s->r.client_side = -1;
	s->r.more = false;
	s->r.conf = APP_UNSURE;
	s->r.notes = s->r.signs = s->r.asked = s->r.read = 0;
	s->r.n_iface = 0;
	s->r.name[0] = '\0';
	return &s->r;
}

static struct slot *slot_of(struct recognition *r)
{
	return (struct slot *)(void *)((char *)r - offsetof(struct slot, r));
}

static void recognition_put(struct hot *h, struct recognition *r)
{
	if (!r)
		return;

	struct slot *s = slot_of(r);

	s->next_free = h->free;
	h->free = s;
}

static bool head(void *user, const struct flow_heads *heads, struct recognition **app)
{
	struct hot *h = user;
	struct payload side[2];

	if (!*app)
		*app = recognition_get(h);
	if (!*app) {
		h->err = -ENOMEM;
		return false;
	}
	/* Later datagrams of a flow that is known mostly say nothing new. */
	if ((*app)->conf == APP_SURE && heads->proto == IPPROTO_NR_UDP &&
	    (*app)->client_side >= 0 && !(*app)->more)
		return false;
	for (int i = 0; i < 2; i++)
		side[i] = (struct payload){
			.p = heads->p[i],
			.n = heads->n[i],
			.whole_start = heads->whole_start[i],
			.cut = heads->cut[i],
			.same = heads->same[i],
			.port = heads->port[i],
			.peer_port = heads->port[!i],
		};

	struct recognise_memo *memo = &slot_of(*app)->memo;

	/* The last call, and nothing that was not there at the last but one. */
	if (heads->final && recognise_known(memo, side))
		return false;

	struct recognition now;
	bool final = recognise_again(&h->recognisers, memo, side, heads->proto, heads->final, &now);

	if (now.conf == APP_UNSURE && (*app)->conf == APP_UNSURE)
		return !final;

	/* The head of a stream only grows, so its later answer is the better one; a datagram
	 * replaces another. */
	bool grown = heads->proto == IPPROTO_NR_TCP && now.conf != APP_UNSURE;

	if (grown || now.conf > (*app)->conf ||
	    (now.conf == (*app)->conf && now.app == (*app)->app)) {
		/* The newest datagram of a side may lack what an older one said. */
		now.notes |= now.app == (*app)->app ? (*app)->notes : 0;
		now.signs |= now.app == (*app)->app && !grown ? (*app)->signs : 0;
		if (now.client_side < 0 && now.app == (*app)->app)
			now.client_side = (*app)->client_side;
		if (!now.name[0] && now.app == (*app)->app)
			memcpy(now.name, (*app)->name, sizeof now.name);
		now.read = (*app)->read;
		**app = now;
	}
	return !final;
}

static bool on_head(void *user, const struct flow_heads *heads, struct recognition **app)
{
	struct stats *stats = ((struct hot *)user)->stats;
	int64_t from_ns = stats_from(stats);
	bool more = head(user, heads, app);

	stats_asked(stats, ASKED_RECOGNISE, from_ns);
	return more;
}

static struct learn_flow *on_stream(void *user, const struct flow_heads *heads,
				    const struct recognition *app)
{
	struct hot *h = user;
	struct learn_ask q = {
		.proto = heads->proto,
		.addr = {heads->addr[0], heads->addr[1]},
		.port = {heads->port[0], heads->port[1]},
		.app = app && app->conf != APP_UNSURE ? app->app : APP_NONE,
		.asked = app ? app->asked : 0,
	};

	return learn_open(h->learn, &q);
}

static bool bytes(void *user, struct learn_flow *reader, struct recognition *app,
		  const struct flow_bytes *b)
{
	struct learn_facts read;
	bool more = b->p ? learn_bytes(reader, b->side, b->p, (size_t)b->n, b->start, &b->at)
			 : learn_gap(reader, b->side, b->n);

	(void)user;
	if (!more) {
		learn_close(reader, &read);
		if (app)
			app->read |= read.signs;
	}
	return more;
}

static bool on_bytes(void *user, struct learn_flow *reader, struct recognition *app,
		     const struct flow_bytes *b)
{
	struct stats *stats = ((struct hot *)user)->stats;
	int64_t from_ns = stats_from(stats);
	bool more = bytes(user, reader, app, b);

	stats_asked(stats, ASKED_READERS, from_ns);
	return more;
}

static int on_client_side(void *user, const struct recognition *app,
			  const struct learn_flow *reader)
{
	(void)user;
	if (app && app->conf != APP_UNSURE && app->client_side >= 0)
		return app->client_side;
	return reader ? learn_client_side(reader) : -1;
}

static void add_iface(struct conv_facts *f, struct rpc_iface *iface, const uint8_t uuid[16],
		      uint16_t major, uint16_t minor)
{
	struct rpc_iface *one = &iface[f->n_iface++];

	memcpy(one->uuid, uuid, sizeof one->uuid);
	one->major = major;
	one->minor = minor;
	f->iface = iface;
}

/* What the head of a flow and its reader found, as one. The reader saw everything that the head
 * did, and whether the server took it. */
static void facts_of(const struct recognition *app, const struct learn_facts *read,
		     struct rpc_iface iface[LEARN_IFACES], struct conv_facts *ret)
{
	if (app) {
		ret->app = app->app;
		ret->conf = (uint8_t)app->conf;
		ret->notes = app->notes;
		ret->signs = app->signs | app->read;
		ret->name = app->name[0] ? app->name : NULL;
	}
	if (!read) {
		for (size_t i = 0; app && i < app->n_iface; i++)
			add_iface(ret, iface, app->iface[i].uuid, app->iface[i].major,
				  app->iface[i].minor);
		return;
	}
	for (size_t i = 0; i < read->n_iface; i++)
		if (!read->iface[i].refused)
			add_iface(ret, iface, read->iface[i].uuid, read->iface[i].major,
				  read->iface[i].minor);
	ret->bind = read->has_bind ? &read->bind : NULL;
	_Static_assert((int)LEARN_PIPE_NAME == (int)CONV_PIPE_TEXT, "rows of the same size");
	ret->signs |= read->signs;
	ret->pipe = read->pipe;
	ret->n_pipe = read->n_pipe;
	ret->notes |=
		(read->nak ? APP_NOTE_RPC_NAK : 0) | (read->sealed ? APP_NOTE_RPC_SEALED : 0) |
		(read->lost ? APP_NOTE_RPC_LOST : 0) | (read->faults ? APP_NOTE_RPC_FAULT : 0) |
		(read->replicates ? APP_NOTE_RPC_REPLICATES : 0);
}

/* In all, and of the input that holds its first packet. */
static void count_tcp(struct hot *h, const struct flow_done *d)
{
	struct result_input *in = &h->a->inputs[d->ev[0].input];
	uint64_t unseen = d->unseen[0] + d->unseen[1], payload = d->payload[0] + d->payload[1];

	h->tcp_flows++;
	in->tcp_flows++;
	if (d->state == STATE_ONE_WAY) {
		h->one_way++;
		in->one_way_flows++;
		return;
	}
	/* A mirror that copies one direction loses nothing of the other flows. */
	h->tcp_unseen += unseen;
	h->tcp_payload += payload;
	in->tcp_unseen_bytes += unseen;
	in->tcp_bytes += payload;
	timeline_add(&h->timeline, d->first_ns,
		     &(struct timeline_step){.tcp_bytes = payload, .tcp_unseen_bytes = unseen});
}

static void done(void *user, const struct flow_done *d)
{
	struct hot *h = user;
	struct conv_facts f = {0};
	struct rpc_iface iface[LEARN_IFACES];
	struct learn_facts read;

	if (d->reader)
		learn_close(d->reader, &read);
	facts_of(d->app, d->reader ? &read : NULL, iface, &f);
	f.telling =
		f.notes & (APP_NOTE_CLEAR_LOGIN | APP_NOTE_SMB1_SERVER | APP_NOTE_RPC_REPLICATES);

	/* Syslog, NetBIOS datagrams and traps have no answer that could be missing. */
	struct flow_done told = *d;

	if (told.state == STATE_NO_ANSWER && f.notes & APP_NOTE_UNANSWERED_KIND)
		told.state = STATE_ONE_WAY;

	int r = conv_table_add(h->convs, &told, &f);

	if (r < 0 && !h->err)
		h->err = r;
	if (h->tap)
		h->tap->flow(h->tap->user, &told, &f);
	for (unsigned i = 0; i < 2; i++)
		cards_add(h->cards, d->mac[i], d->mac_vlan[i], &d->addr[i], d->first_ns);
	if (d->proto == IPPROTO_NR_TCP)
		count_tcp(h, d);
	recognition_put(h, d->app);
}

static void attempt(void *user, const struct flow_attempt *a)
{
	struct hot *h = user;
	int r = conv_table_attempt(h->convs, a);

	if (r < 0 && !h->err)
		h->err = r;
	cards_add(h->cards, a->mac, a->mac_vlan, &a->addr[0], a->ns);
	h->tcp_flows++;
	h->a->inputs[a->ev.input].tcp_flows++;
}

static void on_attempt(void *user, const struct flow_attempt *a)
{
	struct stats *stats = ((struct hot *)user)->stats;
	int64_t from_ns = stats_from(stats);

	attempt(user, a);
	stats_asked(stats, ASKED_DONE, from_ns);
}

static void on_done(void *user, const struct flow_done *d)
{
	struct stats *stats = ((struct hot *)user)->stats;
	int64_t from_ns = stats_from(stats);

	done(user, d);
	stats_asked(stats, ASKED_DONE, from_ns);
}

static void on_gap(void *user, int64_t ts_ns, int64_t bytes)
{
	struct hot *h = user;

	if (gaps_add(&h->gaps, ts_ns, bytes) < 0 && !h->err)
		h->err = -ENOMEM;
}

static bool known_port(void *user, uint8_t proto, uint16_t port)
{
	const struct span_audit *a = user;

	return matrix_known_port(a->matrix, proto, port);
}

static struct conv_table *new_convs(struct span_audit *a)
{
	struct hot_room room = hot_room(a);

	return conv_table_new(&(struct conv_options){.key = a->has_key ? &a->key : NULL,
						     .max_conversations = room.conversations,
						     .max_memory = room.rows,
						     .known_port = known_port,
						     .user = a,
						     .vlan_key = a->vlan_key});
}

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

struct hot *hot_new(struct span_audit *a)
{
	const struct flow_ops ops = {.head = on_head,
				     .stream = on_stream,
				     .bytes = on_bytes,
				     .client_side = on_client_side,
				     .gap = on_gap,
				     .done = on_done,
				     .attempt = a->tap ? NULL : on_attempt};
	struct hot *h = calloc(1, sizeof *h);
	const struct hash_key *key = a->has_key ? &a->key : NULL;
	struct hot_room room = hot_room(a);

	if (!h)
		return NULL;
	h->a = a;
	h->tap = a->tap;
	h->stats = a->stats;
	recognise_table_init(&h->recognisers);
	h->now_ns = TIME_NONE;
	h->decoder = decoder_new();
	h->flows = flow_table_new(&(struct flow_options){.key = key,
							 .max_memory = room.flows,
							 .vlan_key = a->vlan_key},
				  &ops, h);
	h->convs = new_convs(a);
	h->learn = learn_new(&(struct learn_options){
		.key = key, .max_memory = room.learn, .tap = a->tap ? a->tap->learn : NULL});
	h->cards = cards_new(key, room.cards);
	h->dups = dup_table_new(key);
	if (h->dups)
		dup_table_vlan_key(h->dups, a->vlan_key);
	if (!h->decoder || !h->dups || !h->flows || !h->convs || !h->learn || !h->cards)
		return hot_free(h);
	return h;
}

struct hot *hot_free(struct hot *h)
{
	if (!h)
		return NULL;
	decoder_free(h->decoder);
	dup_table_free(h->dups);
	flow_table_free(h->flows);
	learn_free(h->learn);
	cards_free(h->cards);
	conv_table_free(h->convs);
	window_done(&h->window);
	blind_done(&h->blind);
	gaps_done(&h->gaps);
	while (h->slabs) {
		struct slab *s = h->slabs;

		h->slabs = s->before;
		free(s);
	}
	free(h);
	return NULL;
}

/* Decodes a frame into *ret; false when there is nothing for the flow table. */
static bool one_frame(struct hot *h, struct result_input *in, const struct frame *f,
		      struct packet *ret)
{
	in->packets++;
	if (h->now_ns == TIME_NONE || f->ts_ns > h->now_ns)
		h->now_ns = f->ts_ns;
	if (window_add(&h->window, f->ts_ns) < 0 && !h->err)
		h->err = -ENOMEM;
	h->truncated += f->len < f->wire_len;
	if (f->filtered) {
		decode_filtered(h->decoder);
		return false;
	}
	if (decode_frame(h->decoder, f->linktype, f->p, f->len, f->wire_len, f->ts_ns, f->number,
			 ret) != DECODE_OK) {
		const struct heartbeat *beat = decoder_heartbeat(h->decoder);

		if (beat)
			cards_heartbeat(h->cards, beat, f->ts_ns);
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
	ret->input = f->input;
	return true;
}

/* Leaves out the copies; returns how many packets are left. */
static size_t originals(struct hot *h, size_t n)
{
	bool copy[BATCH_FRAMES];
	size_t left = 0;

	dup_table_are_copies(h->dups, h->packets, n, copy);
	for (size_t i = 0; i < n; i++) {
		const struct packet *p = &h->packets[i];

		if (copy[i]) {
			h->copies += 1 + p->early.n;
			continue;
		}
		if (p->proto != IPPROTO_NR_TCP && p->proto != IPPROTO_NR_UDP)
			h->other += 1 + p->early.n;
		if (left != i)
			h->packets[left] = *p;
		left++;
	}
	return left;
}

/* Packets of one hour at a time. */
static void count_hours(struct hot *h, const struct batch *b)
{
	const int64_t hour = busy_step_s(0) * NS_PER_S;

	for (size_t i = 0, from = 0; i < b->n; from = i) {
		int64_t begin = busy_begin_ns(0, busy_number(0, b->f[i].ts_ns));

		for (i++; i < b->n; i++)
			if (b->f[i].ts_ns < begin || b->f[i].ts_ns - begin >= hour)
				break;
		timeline_add(&h->timeline, b->f[from].ts_ns,
			     &(struct timeline_step){.packets = i - from});
	}
}

/* The frames live until the next batch is asked for, so a batch is decoded whole and then given to
 * the table, which can fetch its memory ahead. */
int hot_batch(struct hot *h, struct span_audit *a, const struct batch *b)
{
	size_t n = 0;
	int64_t from_ns;
	int r;

	stats_took(h->stats, STAGE_READ);
	stats_batch(h->stats, b->n);
	for (size_t i = 0; i < b->n; i++)
		n += one_frame(h, &a->inputs[b->f[i].input], &b->f[i], &h->packets[n]);
	if (h->err)
		return h->err;
	count_hours(h, b);
	stats_took(h->stats, STAGE_DECODE);
	n = originals(h, n);
	stats_took(h->stats, STAGE_COPIES);
	from_ns = stats_from(h->stats);
	r = flow_table_packets(h->flows, h->packets, n);
	stats_table_add(h->stats, STAGE_FLOWS, from_ns);
	decoder_release(h->decoder);
	return r < 0 ? r : h->err;
}

uint64_t hot_packets(const struct hot *h)
{
	return decoder_stats(h->decoder)->read;
}

void hot_coverage(const struct hot *h, struct coverage *ret)
{
	const struct decode_stats *ds = decoder_stats(h->decoder);
	const struct flow_stats *fs = flow_table_stats(h->flows);
	const struct dup_stats *dup = dup_table_stats(h->dups);
	const struct learn_stats *ls = learn_stats(h->learn);
	struct coverage c = {0};

	c.packets = ds->read;
	c.decoded = ds->by[DECODE_OK];
	memcpy(c.skipped, ds->by, sizeof c.skipped);
	c.skipped[DECODE_OK] = 0;
	memcpy(c.notes, ds->note, sizeof c.notes);
	c.other_proto = h->other + ds->early_other;
	c.flow_packets = fs->packets;
	c.duplicates = h->copies;
	c.duplicates_routed = dup->routed;
	c.duplicates_crowded = dup->crowded;
	c.duplicates_across = dup->other_input;
	c.reassembled = ds->fragments.whole;
	c.fragments_late = ds->fragments.late;
	c.fragments_overlap = ds->fragments.overlap;
	c.fragments_shed = ds->fragments.shed;
	c.tcp_unseen_bytes = h->tcp_unseen;
	c.tcp_bytes = h->tcp_payload;
	c.one_way_flows = h->one_way;
	c.tcp_flows = h->tcp_flows;
	c.truncated = h->truncated;
	c.evicted = fs->evicted; /* conversations that found no room: hot_finish() */
	c.heads_shed = fs->heads_shed;
	c.streams = fs->streams;
	c.streams_cut = fs->streams_cut;
	c.learn_refused = ls->refused;
	c.answers = ls->answers;
	c.answers_sealed = ls->sealed;
	c.answers_bad = ls->bad;
	c.grants_shed = ls->grants_shed;
	c.sightings_shed = ls->sightings_shed;
	c.cards_shed = cards_shed(h->cards);
	*ret = c;
}

static int convs_finish(struct hot *h, struct span_audit *a)
{
	struct conv_list l;
	int r;

	if (!a->apart)
		return conv_table_finish(h->convs, &a->convs, &a->n_convs, &a->ends);
	r = conv_table_finish_apart(h->convs, &l);
	if (r < 0)
		return r;
	a->convs = l.v;
	a->n_convs = l.n;
	a->attempts = l.attempt;
	a->n_attempts = l.n_attempt;
	a->ends = l.ends;
	return 0;
}

int hot_end_flows(struct hot *h)
{
	flow_table_end(h->flows, h->now_ns == TIME_NONE ? 0 : h->now_ns);
	return h->err;
}

int hot_finish(struct hot *h, struct span_audit *a, struct coverage *ret_coverage,
	       uint64_t *ret_evicted)
{
	int r;

	decoder_end(h->decoder);
	r = hot_end_flows(h);
	if (r == 0)
		r = convs_finish(h, a);
	if (r == 0)
		r = learn_grants(h->learn, &a->grants, &a->n_grants);
	if (r == 0)
		r = learn_sightings(h->learn, &a->sightings, &a->n_sightings);
	if (r < 0)
		return r;
	a->cards = cards_sorted(h->cards, &a->n_cards);
	a->clusters = cards_clusters(h->cards, &a->n_clusters);
	hot_coverage(h, ret_coverage);
	ret_coverage->kernel_drops = a->drops_os;
	ret_coverage->interface_drops = a->drops_nic;
	ret_coverage->grants = a->n_grants;
	ret_coverage->sightings = a->n_sightings;
	*ret_evicted = conv_table_evicted(h->convs) + h->evicted;
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
	return (struct hot_tables){.convs = h->convs,
				   .learn = h->learn,
				   .cards = h->cards,
				   .window = &h->window,
				   .timeline = &h->timeline,
				   .blind = &h->blind};
}

struct conv_table *hot_convs_new(const struct hot *h)
{
	return new_convs(h->a);
}

void hot_convs_replace(struct hot *h, struct conv_table *t)
{
	h->evicted += conv_table_evicted(h->convs);
	conv_table_free(h->convs);
	h->convs = t;
}
