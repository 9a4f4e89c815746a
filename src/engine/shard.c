// SPDX-License-Identifier: BSD-2-Clause
/* shard - what becomes of packets behind the decoder; see shard.h. */
#include "engine/shard.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "engine/slot.h"
#include "engine/stats.h"
#include "flow/cards.h"
#include "flow/flow.h"
#include "learn/learn.h"
#include "recognise/recognise.h"

struct shard_input { /* of the connections whose first packet it holds */
	uint64_t flows, one_way, unseen, payload;
};

struct shard {
	struct span_audit *a;
	const struct hot_tap *tap;
	unsigned no;
	bool alone;
	struct bank bank; /* what the flows had, for their conversations */
	struct flow_table *flows;
	struct conv_table *convs;
	struct learn *learn;
	struct cards *cards;
	struct recognise_table recognisers;
	struct recognise_cache said;
	struct stats *stats;
	struct slots slots;
	struct timeline *timeline, own_timeline;
	struct gaps *gaps, own_gaps;
	VEC(struct shard_input) inputs;
	uint64_t one_way, tcp_flows;
	uint64_t tcp_unseen, tcp_payload;
	uint64_t evicted;       /* for want of room, of tables that were let go */
	struct coverage joined; /* figures of those that were moved in here */
	int err;
};

/* What the flow table carries is opaque to it. */
static struct recognition *carried(struct slot *s)
{
	return (struct recognition *)(void *)s;
}

static struct slot *slot_of(struct recognition *r)
{
	return (struct slot *)(void *)r;
}

static const struct slot *slot_seen(const struct recognition *r)
{
	return (const struct slot *)(const void *)r;
}

/* The name stays where the new answer, of the same protocol, has none. False without memory. */
static bool names_keep(struct shard *sh, struct slot *s, const struct recognition *now)
{
	if (!s->names && !now->name[0] && !now->n_iface)
		return true;
	if (!s->names && !(s->names = slot_names_get(&sh->slots)))
		return false;
	if (now->name[0] || now->app != s->app)
		memcpy(s->names->name, now->name, sizeof now->name);
	s->names->n_iface = now->n_iface;
	if (now->n_iface)
		memcpy(s->names->iface, now->iface, now->n_iface * sizeof *now->iface);
	return true;
}

static void keep(struct shard *sh, struct slot *s, const struct recognition *now, bool grown)
{
	bool same = now->app == s->app;

	if (!names_keep(sh, s, now)) {
		sh->err = -ENOMEM;
		return;
	}
	/* The newest datagram of a side may lack what an older one said. */
	s->notes = now->notes | (same ? s->notes : 0);
	s->signs = now->signs | (same && !grown ? s->signs : 0);
	if (now->client_side >= 0 || !same)
		s->client_side = now->client_side;
	s->app = now->app;
	s->more = now->more;
	s->conf = (uint8_t)now->conf;
	s->asked = now->asked;
	s->unread = false;
}

/* A datagram to which nobody has anything to say is not needed again. */
static enum flow_want more_of(const struct slot *s, const struct flow_heads *heads)
{
	for (int i = 0; i < 2; i++)
		if (!heads->same[i] && !recognise_over(&s->memo, i))
			return FLOW_MORE;
	return FLOW_MORE_WITHOUT;
}

static struct learn_ask ask_of(const struct slot *s, const struct flow_heads *heads)
{
	return (struct learn_ask){
		.proto = heads->proto,
		.addr = {heads->addr[0], heads->addr[1]},
		.port = {heads->port[0], heads->port[1]},
		.app = s && s->conf != APP_UNSURE ? s->app : APP_NONE,
		.asked = s ? s->asked : 0,
		.last = heads->final,
	};
}

/* Where nobody has, or will have, anything to say: that is kept once for all such flows. */
static struct slot *share(struct shard *sh, struct slot *s, const struct flow_heads *heads)
{
	unsigned sides = recognise_is_all_no(&s->memo, heads->proto);

	if (!sides)
		return s;
	if (!s->unread) {
		struct learn_ask q = ask_of(s, heads);

		s->unread = !learn_wants(&q);
		if (!s->unread)
			return s;
	}
	slot_put(&sh->slots, s);
	return slot_shared(&sh->slots, sides, heads->proto);
}

static enum flow_want head(void *user, const struct flow_heads *heads, struct recognition **app)
{
	struct shard *sh = user;
	struct slot *slot = slot_of(*app);
	struct payload side[2];

	if (!slot)
		slot = slot_get(&sh->slots);
	if (!slot) {
		sh->err = -ENOMEM;
		return FLOW_ENOUGH;
	}
	*app = carried(slot);
	/* Later datagrams of a flow that is known mostly say nothing new. */
	if (slot->conf == APP_SURE && heads->proto == IPPROTO_NR_UDP && slot->client_side >= 0 &&
	    !slot->more)
		return FLOW_ENOUGH;
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

	/* Nothing that would change the last answer, which was to ask again. */
	if (recognise_known(&slot->memo, side))
		return heads->final ? FLOW_ENOUGH : FLOW_MORE;
	slot = slot_own(&sh->slots, slot);
	if (!slot) {
		sh->err = -ENOMEM;
		return FLOW_ENOUGH;
	}
	*app = carried(slot);

	struct recognition now;
	bool final = recognise_again(&sh->recognisers, &sh->said, &slot->memo, side, heads->proto,
				     heads->final, &now);

	enum flow_want want = final ? FLOW_ENOUGH : more_of(slot, heads);

	if (now.conf == APP_UNSURE && slot->conf == APP_UNSURE) {
		*app = carried(share(sh, slot, heads));
		return want;
	}

	/* The head of a stream only grows, so its later answer is the better one; a datagram
	 * replaces another. */
	bool grown = heads->proto == IPPROTO_NR_TCP && now.conf != APP_UNSURE;

	if (grown || (uint8_t)now.conf > slot->conf ||
	    ((uint8_t)now.conf == slot->conf && now.app == slot->app))
		keep(sh, slot, &now, grown);
	return want;
}

static enum flow_want on_head(void *user, const struct flow_heads *heads, struct recognition **app)
{
	struct stats *stats = ((struct shard *)user)->stats;
	int64_t from_ns = stats_from(stats);
	enum flow_want want = head(user, heads, app);

	stats_asked(stats, ASKED_RECOGNISE, from_ns);
	return want;
}

static struct learn_flow *on_stream(void *user, const struct flow_heads *heads,
				    struct recognition *app)
{
	struct shard *sh = user;
	struct slot *s = slot_of(app);

	if (s && s->unread)
		return NULL;

	struct learn_ask q = ask_of(s, heads);

	if (s && !learn_wants(&q)) {
		s->unread = true;
		return NULL;
	}
	return learn_open(sh->learn, &q);
}

static bool bytes(void *user, struct learn_flow *reader, struct recognition *app,
		  const struct flow_bytes *b)
{
	bool more = b->p ? learn_bytes(reader, b->side, b->p, (size_t)b->n, b->start, &b->at)
			 : learn_gap(reader, b->side, b->n);

	(void)user;
	if (!more) {
		const struct learn_facts *read = learn_end(reader);

		if (app)
			slot_of(app)->read |= read->signs;
		learn_free_flow(reader);
	}
	return more;
}

static bool on_bytes(void *user, struct learn_flow *reader, struct recognition *app,
		     const struct flow_bytes *b)
{
	struct stats *stats = ((struct shard *)user)->stats;
	int64_t from_ns = stats_from(stats);
	bool more = bytes(user, reader, app, b);

	stats_asked(stats, ASKED_READERS, from_ns);
	return more;
}

static int on_client_side(void *user, const struct recognition *app,
			  const struct learn_flow *reader)
{
	const struct slot *s = slot_seen(app);

	(void)user;
	if (s && s->conf != APP_UNSURE && s->client_side >= 0)
		return s->client_side;
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
static void facts_of(const struct slot *s, const struct learn_facts *read,
		     struct rpc_iface iface[LEARN_IFACES], struct conv_facts *ret)
{
	const struct slot_names *names = s ? s->names : NULL;

	if (s) {
		ret->app = s->app;
		ret->conf = s->conf;
		ret->notes = s->notes;
		ret->signs = s->signs | s->read;
		ret->name = names && names->name[0] ? names->name : NULL;
	}
	if (!read) {
		for (size_t i = 0; names && i < names->n_iface; i++)
			add_iface(ret, iface, names->iface[i].uuid, names->iface[i].major,
				  names->iface[i].minor);
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

/* Counters of the input; of the run's, where this shard is alone. NULL without memory. */
static struct shard_input *own_input(struct shard *sh, uint32_t input)
{
	while (sh->inputs.n <= input)
		if (!vec_push(&sh->inputs, (struct shard_input){0}))
			return NULL;
	return &sh->inputs.v[input];
}

static void count_input(struct shard *sh, uint32_t input, const struct shard_input *n)
{
	struct shard_input *own;

	if (sh->alone) {
		struct result_input *in = &sh->a->inputs[input];

		in->tcp_flows += n->flows;
		in->one_way_flows += n->one_way;
		in->tcp_unseen_bytes += n->unseen;
		in->tcp_bytes += n->payload;
		return;
	}
	own = own_input(sh, input);
	if (!own) {
		sh->err = -ENOMEM;
		return;
	}
	own->flows += n->flows;
	own->one_way += n->one_way;
	own->unseen += n->unseen;
	own->payload += n->payload;
}

/* In all, and of the input that holds its first packet. */
static void count_tcp(struct shard *sh, const struct flow_done *d)
{
	uint64_t unseen = d->unseen[0] + d->unseen[1], payload = d->payload[0] + d->payload[1];
	struct shard_input n = {.flows = 1};

	sh->tcp_flows++;
	if (d->state == STATE_ONE_WAY) {
		sh->one_way++;
		n.one_way = 1;
		count_input(sh, d->ev[0].input, &n);
		return;
	}
	/* A mirror that copies one direction loses nothing of the other flows. */
	sh->tcp_unseen += unseen;
	sh->tcp_payload += payload;
	n.unseen = unseen;
	n.payload = payload;
	count_input(sh, d->ev[0].input, &n);
	timeline_add(sh->timeline, d->first_ns,
		     &(struct timeline_step){.tcp_bytes = payload, .tcp_unseen_bytes = unseen});
}

/* What a flow came to, for its conversation. */
struct telling {
	struct flow_done d;
	struct conv_facts f;
	struct rpc_iface iface[LEARN_IFACES];
};

static void tell(const struct shard *sh, const struct flow_done *d, const struct learn_facts *read,
		 struct telling *t)
{
	t->d = *d;
	t->d.number |= (uint64_t)sh->no << 32;
	t->f = (struct conv_facts){0};
	facts_of(slot_seen(d->app), read, t->iface, &t->f);
	t->f.telling = t->f.notes &
		       (APP_NOTE_CLEAR_LOGIN | APP_NOTE_SMB1_SERVER | APP_NOTE_RPC_REPLICATES);
	/* Syslog, NetBIOS datagrams and traps have no answer that could be missing. */
	if (d->state == STATE_NO_ANSWER && t->f.notes & APP_NOTE_UNANSWERED_KIND)
		t->d.state = STATE_ONE_WAY;
}

static void done(void *user, const struct flow_done *d)
{
	struct shard *sh = user;
	struct telling t;

	tell(sh, d, d->reader ? learn_end(d->reader) : NULL, &t);

	int r = conv_table_add(sh->convs, &t.d, &t.f);

	if (r < 0 && !sh->err)
		sh->err = r;
	if (sh->tap)
		sh->tap->flow(sh->tap->user, &t.d, &t.f);
	for (unsigned i = 0; i < 2; i++)
		cards_add(sh->cards, d->mac[i], d->mac_vlan[i], &d->addr[i], d->first_ns);
	if (d->proto == IPPROTO_NR_TCP)
		count_tcp(sh, d);
	slot_put(&sh->slots, slot_of(d->app));
	if (d->reader)
		learn_free_flow(d->reader);
}

static void on_crossed(void *user, const struct flow_done *d, const struct packet *next)
{
	struct shard *sh = user;
	struct telling t;

	tell(sh, d, d->reader ? learn_so_far(d->reader) : NULL, &t);
	sh->tap->crossed(sh->tap->user, &t.d, &t.f,
			 &(struct evidence){next->ts_ns, next->input, next->number});
}

static void attempt(void *user, const struct flow_attempt *a)
{
	struct shard *sh = user;
	int r = conv_table_attempt(sh->convs, a);

	if (r < 0 && !sh->err)
		sh->err = r;
	cards_add(sh->cards, a->mac, a->mac_vlan, &a->addr[0], a->ns);
	sh->tcp_flows++;
	count_input(sh, a->ev.input, &(struct shard_input){.flows = 1});
}

static void on_attempt(void *user, const struct flow_attempt *a)
{
	struct stats *stats = ((struct shard *)user)->stats;
	int64_t from_ns = stats_from(stats);

	attempt(user, a);
	stats_asked(stats, ASKED_DONE, from_ns);
}

static void on_done(void *user, const struct flow_done *d)
{
	struct stats *stats = ((struct shard *)user)->stats;
	int64_t from_ns = stats_from(stats);

	done(user, d);
	stats_asked(stats, ASKED_DONE, from_ns);
}

static void on_gap(void *user, int64_t ts_ns, int64_t bytes)
{
	struct shard *sh = user;

	if (gaps_add(sh->gaps, ts_ns, bytes) < 0 && !sh->err)
		sh->err = -ENOMEM;
}

static bool known_port(void *user, uint8_t proto, uint16_t port)
{
	const struct span_audit *a = user;

	return matrix_known_port(a->matrix, proto, port);
}

struct conv_table *shard_convs_new(struct span_audit *a, struct bank *bank)
{
	struct hot_room room = hot_room(a);

	return conv_table_new(&(struct conv_options){.key = a->has_key ? &a->key : NULL,
						     .max_conversations = room.conversations,
						     .max_memory = room.rows,
						     .known_port = known_port,
						     .user = a,
						     .bank = bank,
						     .vlan_key = a->vlan_key});
}

struct shard *shard_new(struct span_audit *a, unsigned no, struct timeline *timeline,
			struct gaps *gaps)
{
	const struct flow_ops ops = {.head = on_head,
				     .stream = on_stream,
				     .bytes = on_bytes,
				     .client_side = on_client_side,
				     .gap = on_gap,
				     .done = on_done,
				     .crossed = a->tap ? on_crossed : NULL,
				     .attempt = a->tap ? NULL : on_attempt};
	const struct hash_key *key = a->has_key ? &a->key : NULL;
	struct hot_room room = hot_room(a);
	struct shard *sh = calloc(1, sizeof *sh);

	if (!sh)
		return NULL;
	sh->a = a;
	sh->no = no;
	sh->tap = a->tap;
	sh->stats = a->stats;
	sh->alone = timeline;
	sh->timeline = timeline ? timeline : &sh->own_timeline;
	sh->gaps = gaps ? gaps : &sh->own_gaps;
	recognise_table_init(&sh->recognisers);
	slots_init(&sh->slots, &sh->bank);
	sh->flows = flow_table_new(&(struct flow_options){.key = key,
							  .max_memory = room.flows,
							  .bank = &sh->bank,
							  .vlan_key = a->vlan_key},
				   &ops, sh);
	sh->convs = shard_convs_new(a, &sh->bank);
	sh->learn = learn_new(&(struct learn_options){
		.key = key, .max_memory = room.learn, .tap = a->tap ? a->tap->learn : NULL});
	sh->cards = cards_new(key, room.cards);
	if (!sh->flows || !sh->convs || !sh->learn || !sh->cards)
		return shard_free(sh);
	return sh;
}

struct shard *shard_free(struct shard *sh)
{
	if (!sh)
		return NULL;
	flow_table_free(sh->flows);
	learn_free(sh->learn);
	cards_free(sh->cards);
	conv_table_free(sh->convs);
	gaps_done(&sh->own_gaps);
	vec_done(&sh->inputs);
	slots_drop(&sh->slots);
	bank_done(&sh->bank);
	free(sh);
	return NULL;
}

int shard_packets(struct shard *sh, const struct packet *p, size_t n)
{
	int r = flow_table_packets(sh->flows, p, n);

	return r < 0 ? r : sh->err;
}

void shard_mark(struct shard *sh, int64_t hour_ns)
{
	flow_table_mark(sh->flows, hour_ns);
}

void shard_turn(struct shard *sh, int64_t ts_ns)
{
	flow_table_turn(sh->flows, ts_ns);
}

int shard_end_flows(struct shard *sh, int64_t now_ns)
{
	flow_table_end(sh->flows, now_ns);
	slots_drop(&sh->slots);
	return sh->err;
}

void shard_spare(struct shard *sh, const struct flow_spare *flows, bool names)
{
	flow_table_spare(sh->flows, flows);
	learn_spare(sh->learn, names);
}

void shard_timeline_cut(struct shard *sh, int64_t before_ns)
{
	if (!sh->alone)
		timeline_cut(&sh->own_timeline, before_ns);
}

void shard_coverage(const struct shard *sh, struct coverage *sum)
{
	const struct flow_stats *fs = flow_table_stats(sh->flows);
	const struct learn_stats *ls = learn_stats(sh->learn);

	sum->flow_packets += fs->packets;
	sum->tcp_unseen_bytes += sh->tcp_unseen;
	sum->tcp_bytes += sh->tcp_payload;
	sum->one_way_flows += sh->one_way;
	sum->tcp_flows += sh->tcp_flows;
	sum->evicted += fs->evicted; /* conversations that found no room: shard_evicted() */
	sum->crowded_flows += fs->crowded;
	sum->heads_shed += fs->heads_shed;
	sum->shed_packets += fs->unfollowed;
	sum->shed_heads += fs->heads_spared;
	sum->shed_streams += ls->spared;
	sum->streams += fs->streams;
	sum->streams_cut += fs->streams_cut;
	sum->learn_refused += ls->refused;
	sum->answers += ls->answers;
	sum->answers_sealed += ls->sealed;
	sum->answers_bad += ls->bad;
	sum->grants_shed += ls->grants_shed;
	sum->sightings_shed += ls->sightings_shed;
	sum->cards_shed += cards_shed(sh->cards);
	coverage_add(sum, &sh->joined);
}

uint64_t shard_evicted(const struct shard *sh)
{
	return conv_table_evicted(sh->convs) + sh->evicted;
}

struct shard_tables shard_tables(struct shard *sh)
{
	return (struct shard_tables){
		.flows = sh->flows,
		.convs = sh->convs,
		.learn = sh->learn,
		.cards = sh->cards,
		.bank = &sh->bank,
	};
}

void shard_convs_replace(struct shard *sh, struct conv_table *t)
{
	sh->evicted += conv_table_evicted(sh->convs);
	conv_table_free(sh->convs);
	bank_done(&sh->bank);
	sh->convs = t;
}

/* ------------------------------------------------------------------ several of a run */

static bool has_shed(const struct shard *sh)
{
	const struct flow_stats *fs = flow_table_stats(sh->flows);
	const struct learn_stats *ls = learn_stats(sh->learn);

	return fs->evicted || fs->heads_shed || fs->streams_cut || ls->refused || ls->grants_shed ||
	       ls->sightings_shed || cards_shed(sh->cards) || shard_evicted(sh);
}

struct shard_need shard_need(const struct shard *sh)
{
	struct shard_need n = {.learn = learn_stats(sh->learn)->memory_max, .shed = has_shed(sh)};

	flow_table_need(sh->flows, &n.flow);
	conv_table_need(sh->convs, &n.conv);
	return n;
}

void shard_need_add(struct shard_need *sum, const struct shard_need *n)
{
	sum->flow.records += n->flow.records;
	sum->flow.heads += n->flow.heads;
	sum->flow.streams += n->flow.streams;
	sum->flow.short_heads += n->flow.short_heads;
	sum->flow.vague |= n->flow.vague;
	sum->conv.n += n->conv.n;
	sum->conv.memory += n->conv.memory;
	sum->learn += n->learn;
	sum->shed |= n->shed;
}

bool shard_need_fits(const struct shard *sh, const struct shard_need *sum)
{
	return !sum->shed && flow_need_fits(sh->flows, &sum->flow) &&
	       conv_need_fits(sh->convs, &sum->conv) && learn_fits(sh->learn, sum->learn);
}

static void cards_join(struct cards *to, struct cards *from)
{
	size_t n;
	const struct card *c = cards_sorted(from, &n);
	const struct cluster_host *host;

	for (size_t i = 0; i < n; i++)
		cards_put(to, &c[i]);
	host = cards_clusters(from, &n);
	for (size_t i = 0; i < n; i++)
		cards_put_cluster(to, &host[i]);
}

int shard_join(struct shard *to, struct shard *from)
{
	bool places = flow_table_places(to->flows, from->flows);
	int r;

	bank_join(&to->bank, &from->bank);
	r = conv_table_absorb(to->convs, from->convs);

	if (r == 0)
		r = learn_absorb(to->learn, from->learn);
	if (r == 0)
		cards_join(to->cards, from->cards);
	shard_coverage(from, &to->joined);
	to->evicted += from->evicted;
	return r == 0 && !places ? -EAGAIN : r;
}

int shard_settle(struct shard *sh, struct timeline *timeline, struct gaps *gaps)
{
	for (size_t i = 0; i < sh->inputs.n; i++) {
		struct result_input *in = &sh->a->inputs[i];
		const struct shard_input *own = &sh->inputs.v[i];

		in->tcp_flows += own->flows;
		in->one_way_flows += own->one_way;
		in->tcp_unseen_bytes += own->unseen;
		in->tcp_bytes += own->payload;
	}
	vec_done(&sh->inputs);
	timeline_merge(timeline, &sh->own_timeline);
	return gaps_merge(gaps, &sh->own_gaps);
}
