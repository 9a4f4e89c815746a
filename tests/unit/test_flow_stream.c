// SPDX-License-Identifier: BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants the four above. */
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/out.h"
#include "base/siphash.h"
#include "base/time.h"
#include "build.h"
#include "flow/flow.h"

enum { STREAM = 4000, PIECES = 9000, SEGMENT = 70000 };

struct recognition {
	unsigned calls;
};

struct map { /* of one side */
	uint8_t b[STREAM];
	uint8_t there[STREAM]; /* 0 nothing, 1 a byte, 2 missing */
};

struct learn_flow {      /* the reader: what it was told */
	struct out text; /* as in struct row */
	struct map *map; /* or NULL */
	uint64_t at[2], start[2];
	bool evidence; /* the packet is part of the text */
	bool words;    /* what it is told is kept as text */
};

struct owner {
	struct flow_table *t;
	unsigned enough, yes; /* at which call of head, stream */
	unsigned asked;
	int client;
	bool datagrams; /* each is a start */
	bool evidence, words, maps;
	struct learn_flow *given; /* the newest */
	struct learn_flow *last;  /* of the newest flow that is done */
	unsigned flows, readers;
	uint64_t sated;  /* bytes that are enough for a reader with words; 0 never */
	unsigned let_go; /* readers that had enough */
	uint64_t hash, gaps, bytes;
	struct flow_done d;
};

static enum flow_want on_head(void *user, const struct flow_heads *h, struct recognition **app)
{
	struct owner *o = user;

	(void)h;
	if (!*app)
		*app = calloc(1, sizeof **app);
	assert_non_null(*app);
	return ++(*app)->calls == o->enough ? FLOW_ENOUGH : FLOW_MORE;
}

static struct learn_flow *on_stream(void *user, const struct flow_heads *h, struct recognition *app)
{
	struct owner *o = user;

	(void)h;
	(void)app;
	if (++o->asked < o->yes || !o->yes)
		return NULL;

	struct learn_flow *f = calloc(1, sizeof *f);

	assert_non_null(f);
	f->evidence = o->evidence;
	f->words = o->words;
	if (o->maps) {
		f->map = calloc(2, sizeof *f->map);
		assert_non_null(f->map);
	}
	o->given = f;
	return f;
}

static bool on_bytes(void *user, struct learn_flow *f, struct recognition *app,
		     const struct flow_bytes *b)
{
	struct owner *o = user;

	assert_true(b->side < 2);
	assert_true(!b->start || b->p);
	assert_true(!b->start || !f->at[b->side] || o->datagrams);
	for (uint64_t i = 0; f->map && i < b->n && f->at[b->side] + i < STREAM; i++) {
		f->map[b->side].there[f->at[b->side] + i] = b->p ? 1 : 2;
		if (b->p)
			f->map[b->side].b[f->at[b->side] + i] = b->p[i];
	}
	f->at[b->side] += b->n;
	f->start[b->side] += b->start;
	o->gaps += !b->p;
	o->bytes += b->p ? b->n : 0;
	if (!f->words)
		return true;
	out_puts(&f->text, f->text.n ? " " : "");
	out_puts(&f->text, b->side ? "s" : "c");
	out_puts(&f->text, b->start ? "^" : "");
	if (b->p && b->n <= 64)
		out_bytes(&f->text, b->p, b->n);
	else if (b->p || b->n)
		out_printf(&f->text, "%s%llu", b->p ? "=" : "?", (unsigned long long)b->n);
	else
		out_puts(&f->text, "?");
	out_puts(&f->text, b->cut ? "~" : "");
	if (f->evidence)
		out_printf(&f->text, "#%u", b->at.number);
	if (o->sated && o->bytes >= o->sated) { /* f is the owner's: o->given */
		o->let_go++;
		return false;
	}
	return true;
}

static int on_client_side(void *user, const struct recognition *app,
			  const struct learn_flow *reader)
{
	const struct owner *o = user;

	(void)app;
	return reader ? o->client : -1;
}

static void reader_free(struct learn_flow *f)
{
	if (f) {
		out_done(&f->text);
		free(f->map);
	}
	free(f);
}

static void on_done(void *user, const struct flow_done *d)
{
	struct owner *o = user;

	reader_free(o->last);
	o->last = d->reader;
	o->d = *d;
	o->flows++;
	o->readers += d->reader != NULL;
	if (d->reader && d->reader->words) {
		uint64_t h = d->port[0];

		for (size_t i = 0; i < d->reader->text.n; i++)
			h = h * 1099511628211u + (uint8_t)d->reader->text.p[i];
		o->hash += h; /* whatever the order of flows */
	}
	free(d->app);
}

static void owner_init(struct owner *o, const struct flow_options *with)
{
	static const struct flow_ops ops = {.head = on_head,
					    .stream = on_stream,
					    .bytes = on_bytes,
					    .client_side = on_client_side,
					    .done = on_done};
	static const struct hash_key key = {1, 2};
	struct flow_options options = with ? *with : (struct flow_options){0};

	if (!options.key)
		options.key = &key;
	o->client = -1;
	o->t = flow_table_new(&options, &ops, o);
	assert_non_null(o->t);
}

static void owner_done(struct owner *o)
{
	flow_table_free(o->t);
	reader_free(o->last);
}

/* Scripts */

struct wire {
	struct owner o;
	uint32_t isn[2];
	int64_t ts_ns;
	uint32_t number;
};

static uint8_t letter(unsigned side, uint64_t at)
{
	return (uint8_t)((side ? 'A' : 'a') + at % 26);
}

static struct packet segment(struct wire *w, unsigned side, uint8_t flags, uint32_t seq,
			     uint32_t ack)
{
	struct build b = {
		.src = side ? "10.0.0.2" : "10.0.0.1",
		.dst = side ? "10.0.0.1" : "10.0.0.2",
		.sport = side ? 80 : 1111,
		.dport = side ? 1111 : 80,
		.proto = IPPROTO_NR_TCP,
		.flags = flags,
		.seq = seq,
		.ack = ack,
	};

	return build_packet(&b, w->ts_ns += 1000, ++w->number);
}

/* Gives p with an exact copy of its payload: the sanitizer sees who reads past it. */
static void give(struct wire *w, struct packet *p, const uint8_t *bytes, uint32_t n, uint32_t sent)
{
	uint8_t *copy = malloc(n + 1);

	assert_non_null(copy);
	if (n)
		memcpy(copy + 1, bytes, n);
	p->payload = n ? copy + 1 : NULL;
	p->payload_len = n;
	p->payload_wire = sent;
	p->payload_cut = n < sent;
	assert_int_equal(flow_table_packet(w->o.t, p), 0);
	free(copy);
}

/* One word of a script:
 *
 *   open      the handshake
 *   c0-5      the client's bytes 0 to 4; c0-5/3: the capture has three of them; c0-5!: with other
 *             content; cS0-5, cF5, cR0-3: with SYN, FIN, RST; s...: the server
 *   c@7       the client has the server's bytes before 7
 *   cSA       the client's SYN and ACK (s: the server's)
 *   +1500     milliseconds pass
 *   isn9000   another client's initial sequence number
 */
static void play(struct wire *w, const char *word)
{
	static uint8_t bytes[SEGMENT];

	if (!strcmp(word, "open")) {
		play(w, "cS");
		play(w, "sSA");
		play(w, "c@0");
		return;
	}
	if (word[0] == '+') {
		w->ts_ns += strtoll(word + 1, NULL, 10) * (NS_PER_S / 1000);
		return;
	}
	if (!strncmp(word, "isn", 3)) {
		w->isn[0] = (uint32_t)strtoul(word + 3, NULL, 10);
		return;
	}

	unsigned side = word[0] == 's';
	const char *at = word + 1;
	char *end;
	uint8_t flags = 0;

	for (; *at && strchr("SFRA", *at); at++)
		flags |= *at == 'S'   ? TCP_SYN
			 : *at == 'F' ? TCP_FIN
			 : *at == 'R' ? TCP_RST
				      : TCP_ACK;
	if (!(flags & TCP_SYN))
		flags |= TCP_ACK;

	bool ack = *at == '@';
	uint32_t from = ack || !*at ? 0 : (uint32_t)strtoul(at, &end, 10), n = 0, acked = 0;
	bool other = false;

	if (ack) {
		acked = (uint32_t)strtoul(at + 1, &end, 10);
		/* Where the scripts have sent nothing: in order, as far as anybody can tell. */
		from = 0;
	} else if (*at) {
		if (*end == '-')
			n = (uint32_t)strtoul(end + 1, &end, 10) - from;
		other = *end == '!';
	}

	uint32_t have = n;

	if (n && *end == '/')
		have = (uint32_t)strtoul(end + 1, NULL, 10);
	for (uint32_t i = 0; i < have; i++)
		bytes[i] = other ? (uint8_t)('0' + (from + i) % 10) : letter(side, from + i);

	struct packet p = segment(w, side, flags, w->isn[side] + !(flags & TCP_SYN) + from,
				  flags & TCP_ACK ? w->isn[!side] + 1 + acked : 0);

	give(w, &p, bytes, have, n);
}

struct row {
	const char *send, *want;
	unsigned yes;    /* the question that is answered with a reader; 0: the first */
	unsigned enough; /* heads are over after so many calls; 0: never */
	bool evidence;
};

static const struct row rows[] = {
	/* in order, from a known start; both sides */
	{"open c0-5 c5-8 s0-3 c8-9", "c^abcde cfgh s^ABC ci"},
	{"open", NULL},
	/* before its turn, in two ways; runs of what is held */
	{"open c0-3 c6-8 c3-6", "c^abc cdef cgh"},
	{"open c6-8 c3-6 c0-3", "c^abc cdef cgh"},
	{"open c8-9 c4-6 c6-8 c0-4", "c^abcd cef cgh ci"},
	/* sent again: all of it, a part, across what is held. The first copy wins */
	{"open c0-3 c0-3! c2-3! c2-5! c3-6", "c^abc c34 cf"},
	{"open c2-6 c0-8!", "c^01 ccdef c67"},
	{"open c2-4 c5-6 c1-8! c0-1", "c^a c1 ccd c4 cf c67"},
	{"open c2-6 c3-5! c0-3!", "c^01 ccdef"},
	/* keep-alives (RFC 9293 3.8.4), SYN with data (RFC 7413), RST with text (RFC 9293 3.5.3) */
	{"open c0-3 c2-3! c3-4", "c^abc cd"},
	{"cS0-5 sSA c5-8", "c^abcde cfgh"},
	{"cS0-5 sSA c0-8", "c^abcde cfgh"},
	{"open c0-3 cR3-6", "c^abc"},
	/* FIN takes a number, and no byte */
	{"open c0-3 cF3-6 s@7", "c^abc cdef"},
	{"open c0-3 cF3 s@4", "c^abc"},
	{"open c0-3 cF6 s@7 sF0 c@1", "c^abc c?3"},
	/* sent and acknowledged, never captured */
	{"open c0-3 s@10", "c^abc c?7"},
	{"open c0-3 s@4", "c^abc"}, /* which may be a FIN */
	{"open c3-6", "c?3 cdef"},
	{"open c0-3 c6-8", "c^abc c?3 cgh"},
	{"open c0-3 c6-8 c10-11", "c^abc c?3 cgh c?2 ck"},
	/* acknowledged, and a second passes: lost to the sensor; not before, and not without */
	{"open c0-3 c6-8 s@8 +1100 s@8 c3-6 c8-10", "c^abc c?3 cgh cij"},
	{"open c0-3 c6-8 s@8 +1100 c3-6 c8-10", "c^abc cdef cgh cij"},
	{"open c0-3 c6-8 s@8 +900 s@8 c3-6 c8-10", "c^abc cdef cgh cij"},
	{"open c0-3 c6-8 +5000 s@3 c3-6", "c^abc cdef cgh"},
	{"open c0-3 c6-8 +5000 s@5 c3-6", "c^abc cdef cgh"},
	{"open c0-3 c6-8 s@6 +1100 c8-9 c3-6", "c^abc c?3 cgh ci"},
	{"open c0-3 c6-8 s@6 +1100 s@6 c3-6", "c^abc c?3 cgh"},
	{"open c0-3 c6-8 s@8 +800 c9-10 +400 s@8 c3-6", "c^abc c?3 cgh c?1 cj"},
	{"open c0-3 c6-8 s@8 +800 c9-10 +800 c10-11 c8-9", "c^abc c?3 cgh ci cj ck"},
	{"open c0-3 c6-7 c9-10 s@10 +1100 s@10", "c^abc c?3 cg c?2 cj"},
	/* what the snap length took away */
	{"open c0-8/5 c8-10", "c^abcde c?3 cij"},
	{"open c0-2 c4-8/2 c2-4 c8-9", "c^ab ccd cef c?2 ci"},
	{"open c0-8/0 c8-10", "c?8 cij"},
	{"open c0-2 c2-8/0 c8-10", "c^ab c?6 cij"},
	{"open c0-2 c2-8/0 c2-8 c8-10", "c^ab c?6 cij"},
	/* the capture begins later: no start, and what comes late is too late */
	{"c5-8 c8-10", "cfgh cij"},
	{"c5-8 c0-5 c8-10", "cfgh cij"},
	{"c5-8 c0-6 c8-10 s3-4", "cfgh cij sD"},
	{"c4-7 sSA c0-4 c7-9", "cefg chi"},
	{"c0-3 sSA c3-5", "cabc cde"},
	{"c0-3 cS c3-5", "cabc cde"},
	/* numbers far away: ignored, unless acknowledged or continued */
	{"open c0-3 c2000000-2000005 c3-5", "c^abc cde"},
	{"open c0-3 c2000000-2000003 c3-5 c3000000-3000003 c5-6", "c^abc cde cf"},
	{"open c0-3 c2000000-2000002 c2000002-2000004 c2000004-2000006", "c^abc c?1999999 cef cgh"},
	{"open c0-3 c5-6 c2000000-2000002 c2000002-2000004", "c^abc c?2 cf c?1999996 cef"},
	{"open c0-3 s@2000000 c2000000-2000002 c3-4", "c^abc cd c?1999996 ccd"},
	{"open c0-3 c3000000000-3000000002 c3000000002-3000000004 c3000000004-3000000005",
	 "c^abc c? cmn co"},
	{"open c0-3 s@3000000000 c3-4", "c^abc cd"},
	{"open c0-3 s@1500000000 c3-4", "c^abc cd"},
	/* a retry with another number (a SYN was refused with its data) */
	{"cS0-3 sRA isn9000 cS sSA c@0 c0-2", "c^abc c? cab"},
	{"cS sRA isn9000 cS sSA c@0 c0-2", "c^ab"},
	/* the reader is found later: what the windows hold comes first, the client's, and is shown
	 * by the packet that brought the first of it */
	{"open c0-3 c5-8 c3-5", "c^abc#4 cde#6 cfgh#4", 3, 0, true},
	{"open c0-3 s0-2 c3-4", "c^abc#4 s^AB#5 cd#6", 3, 0, true},
	{"open c0-3 s0-2 c3-4", "c^abc#4 s^AB#5 cd#6", 2, 0, true},
	{"open c0-900 c900-1500 c1500-1600", "c^=900#4 c=600#5 c=100#6", 2, 0, true},
	{"open c0-900 c900-1500 c1500-1600 s0-1", "c^=1024 s^A c?476 c=100", 3},
	{"open c2-4 c0-2!", "c^01 ccd", 2},
	{"open c2-4 c0-3!", "c^01 ccd", 2},
	{"open c1000-2500 c0-1000 c2500-2501", "c^=1000 c=1500 ce"},
	{"open c1460-2920 c0-1460", "c^=1460 c=1460"},
	{"c4-7 sSA c0-4", "c^abcd cefg", 2},
	{"open c0-3 c3-6 c6-7", NULL, 2, 1},
	{"open c0-3 c3-6 c6-7", "c^abc cdef cg", 1, 1},
	{"open c0-3 c6-7 c3-6 s0-3 s0-3", "c^abc#4 cdef#6 cg#5 s^ABC#7", 1, 1, true},
	/* more than a reader waits for */
	{"open c1-60001 c60001-66001 c66001-66002 c0-1", "c?1 c=60000 c=6000 cn"},
	{"open c1-65537 c0-1", "c^a c=65536"},
	{"open c1-65538 c0-1", "c?1 c=65537"},
	{"open c1-30001 c30002-60002 c60003-65540 c0-1 s0-1",
	 "c?1 c=30000 s^A c?1 c=30000 c?1 c=5537"},
};

static void run(const struct row *r, uint32_t isn)
{
	struct wire w = {.isn = {isn, isn + 77}, .ts_ns = NS_PER_S};
	char *script = strdup(r->send), *save = NULL;

	assert_non_null(script);
	w.o.yes = r->yes ? r->yes : 1;
	w.o.enough = r->enough;
	w.o.evidence = r->evidence;
	w.o.words = true;
	owner_init(&w.o, NULL);
	for (char *word = strtok_r(script, " ", &save); word; word = strtok_r(NULL, " ", &save))
		play(&w, word);
	free(script);
	flow_table_end(w.o.t, w.ts_ns);
	assert_int_equal(w.o.flows, 1);

	const char *got = w.o.last ? w.o.last->text.p : NULL;

	if (!r->want != !got || (got && strcmp(got, r->want)))
		fail_msg("isn %u: %s\nwant %s\ngot  %s", isn, r->send, r->want ? r->want : "none",
			 got ? got : "none");
	assert_int_equal(flow_table_stats(w.o.t)->streams, r->want != NULL);
	assert_int_equal(flow_table_stats(w.o.t)->streams_cut, 0);
	owner_done(&w.o);
}

static void test_scripts(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		run(&rows[i], 100);
		run(&rows[i], 0xfffffffc); /* the numbers wrap */
		run(&rows[i], 0x7ffffffe);
	}
}

/* A reader that has enough is told nothing more, and the flow goes on as one that never had any. */
static void test_enough(void **state)
{
	static const struct {
		const char *send, *want;
		uint64_t sated;
		unsigned enough; /* heads are over after so many calls; 0: never */
	} cases[] = {
		{"open c0-5 c5-8 s0-3 c8-9", "c^abcde cfgh", 6, 1},
		{"open c0-5 c5-8 s0-3 c8-9", "c^abcde cfgh", 6, 0},
		{"open c0-5 c5-8 s0-3 c8-9", "c^abcde", 1, 3},
		/* What had come before its turn is let go of, on both sides. */
		{"open s5-9 c5-8 c10-12 c0-5 s0-5 c8-10", "c^abcde", 5, 1},
		{"open s5-9 c5-8 c10-12 c0-5 s0-5 c8-10 +5000 c12-13", "c^abcde", 5, 0},
		{"open s5-9 c5-8 c10-12 c0-5", "c^abcde", 5, 0},
		/* By the bytes that were kept before there was a reader, and by another start. */
		{"open c0-5 cF5 sF0 isn9000 cS sSA c0-4", "c^abcde", 5, 1},
	};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct wire w = {.isn = {100, 200},
				 .ts_ns = 1,
				 .o = {.yes = 1,
				       .enough = cases[i].enough,
				       .words = true,
				       .sated = cases[i].sated}};
		char script[128], *rest = script;
		struct learn_flow *first = NULL;

		owner_init(&w.o, NULL);
		snprintf(script, sizeof script, "%s", cases[i].send);
		for (const char *word; (word = strtok_r(rest, " ", &rest));) {
			play(&w, word);
			if (w.o.let_go == 1 && !first)
				first = w.o.given;
		}
		assert_non_null(first);
		assert_int_equal(first->text.n, strlen(cases[i].want));
		assert_memory_equal(first->text.p, cases[i].want, first->text.n);
		flow_table_end(w.o.t, w.ts_ns);
		assert_null(w.o.d.reader);
		assert_non_null(first);
		assert_int_equal(flow_table_stats(w.o.t)->streams, w.o.let_go);
		if (w.o.given != first)
			reader_free(w.o.given);
		reader_free(first);
		owner_done(&w.o);
	}
}

/* More pieces than a reader waits for, however short. */
static void test_many_pieces(void **state)
{
	enum { PIECES_MAX = 64 };

	(void)state;
	for (unsigned n = PIECES_MAX - 1; n <= PIECES_MAX + 1; n++) {
		struct wire w = {.isn = {100, 200}, .ts_ns = 1, .o = {.yes = 1, .words = true}};
		char word[32];

		owner_init(&w.o, NULL);
		play(&w, "open");
		for (unsigned i = n; i > 0; i--) {
			snprintf(word, sizeof word, "c%u-%u", 2 * i, 2 * i + 1);
			play(&w, word);
		}
		assert_int_equal(w.o.gaps, n > PIECES_MAX);
		play(&w, "c0-2");
		flow_table_end(w.o.t, w.ts_ns);
		/* The one too many is in front of the first hole that is left. */
		assert_int_equal(w.o.bytes, n > PIECES_MAX ? n : n + 2);
		assert_int_equal(w.o.gaps, n > PIECES_MAX ? n : n - 1);
		owner_done(&w.o);
	}
}

/* Whole segments and datagrams of fragments */

static void test_segment_in_fragments(void **state)
{
	const uint8_t *s = (const uint8_t *)"0123456789abcdefghij";

	(void)state;
	for (int last_first = 0; last_first < 2; last_first++) {
		struct wire w = {.isn = {100, 200}, .ts_ns = 1, .o = {.yes = 1, .words = true}};

		owner_init(&w.o, NULL);
		play(&w, "open");

		struct packet first = segment(&w, 0, TCP_ACK, 101, 201), later;

		first.fragment = true;
		later = first;
		later.later_fragment = later.has_seq = true;
		later.seq = 109;
		later.tcp_flags = 0;
		if (last_first) {
			first.early = (struct packet_early){.n = 1, .wire = 50, .payload = 8};
			first.whole = s;
			first.whole_len = 16;
			first.whole_seq = 101;
			give(&w, &first, s, 8, 8);
		} else {
			give(&w, &first, s, 8, 8);
			later.whole = s;
			later.whole_len = 16;
			later.whole_seq = 101;
			give(&w, &later, s + 8, 8, 8);
			later.whole = NULL; /* of another one, alone: not a segment */
			later.seq = 117;
			give(&w, &later, s, 8, 8);
		}

		struct packet next = segment(&w, 0, TCP_ACK, 117, 201);

		give(&w, &next, s + 16, 4, 4);
		flow_table_end(w.o.t, w.ts_ns);
		assert_string_equal(w.o.last->text.p, last_first ? "c^0123456789abcdef cghij"
								 : "c^01234567 c89abcdef cghij");
		owner_done(&w.o);
	}
}

static void test_datagrams(void **state)
{
	static const uint8_t big[3000] = {'x'};
	static const struct {
		uint32_t have, sent, whole;
		bool fragment, later;
	} sent[] = {
		{4, 4, 0, false, false},       /* in hand when the reader is found */
		{0, 0, 0, false, false},       /* empty */
		{2000, 2000, 0, false, false}, /* longer than what heads are */
		{6, 9, 0, false, false},       /* snapped */
		{0, 9, 0, false, false},       /* to nothing */
		{8, 8, 0, true, false},        /* the first fragment */
		{8, 8, 0, true, true},         /* the next */
		{8, 8, 3000, true, true},      /* the last: whole */
		{8, 8, 2500, true, false},     /* the first fragment comes last */
	};
	struct wire w = {.ts_ns = 1, .o = {.yes = 1, .words = true, .datagrams = true}};
	struct build b = {.src = "10.0.0.1",
			  .dst = "10.0.0.2",
			  .sport = 5,
			  .dport = 53,
			  .proto = IPPROTO_NR_UDP};

	(void)state;
	owner_init(&w.o, NULL);
	for (size_t i = 0; i < N_ELEMENTS(sent); i++) {
		struct packet p = build_packet(&b, w.ts_ns += 1000, ++w.number);
		uint8_t text[2000];

		memset(text, (int)('0' + i), sizeof text);
		p.fragment = sent[i].fragment;
		p.later_fragment = sent[i].later;
		if (sent[i].whole) {
			p.whole = big;
			p.whole_len = sent[i].whole;
		}
		give(&w, &p, text, sent[i].have, sent[i].sent);
	}
	flow_table_end(w.o.t, w.ts_ns);
	assert_int_equal(w.o.readers, 1);
	assert_string_equal(w.o.last->text.p,
			    "c^0000 c^=2000 c^333333~ c?9 c^55555555~ c^=3000 c^=2500");
	owner_done(&w.o);
}

/* The reader says who the client is when no handshake and no message does, and is handed over. */
static void test_client_by_reader(void **state)
{
	(void)state;
	for (int client = -1; client < 2; client++) {
		struct wire w = {.isn = {100, 200}, .ts_ns = 1, .o = {.yes = 1}};

		owner_init(&w.o, NULL);
		w.o.client = client;
		play(&w, "s0-3");
		play(&w, "c0-3");
		flow_table_end(w.o.t, w.ts_ns);
		assert_int_equal(w.o.readers, 1);
		assert_int_equal(w.o.d.directed, client >= 0);
		assert_int_equal(w.o.d.reason, client >= 0 ? DIR_MESSAGE : DIR_FIRST);
		assert_int_equal(w.o.d.client_side, client >= 0 ? client : 1);
		owner_done(&w.o);
	}
}

/* Properties */

static uint64_t rng_next(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

static uint32_t rng_below(uint64_t *s, uint32_t n)
{
	return (uint32_t)(rng_next(s) >> 32) % n;
}

struct piece {
	uint32_t at, n;
	unsigned side;
};

/* Cuts two streams into pieces, repeats and overlaps some, and moves each at most `reach` places.
 */
static uint32_t cut(uint64_t *seed, const uint32_t total[2], uint32_t longest, uint32_t reach,
		    struct piece *ret)
{
	uint32_t n = 0, at[2] = {0, 0};

	while (at[0] < total[0] || at[1] < total[1]) {
		unsigned side = rng_below(seed, 2);
		uint32_t len = 1 + rng_below(seed, longest);

		if (at[side] == total[side])
			continue;
		if (len > total[side] - at[side])
			len = total[side] - at[side];
		ret[n++] = (struct piece){at[side], len, side};
		at[side] += len;
		if (rng_below(seed, 8) == 0) {
			uint32_t again = rng_below(seed, at[side]);

			ret[n++] =
				(struct piece){again, 1 + rng_below(seed, at[side] - again), side};
		}
	}
	for (uint32_t i = 0; reach && i + 1 < n; i += reach)
		for (uint32_t j = 0; j < reach && i + j < n; j++) {
			uint32_t k = i + rng_below(seed, i + reach < n ? reach : n - i);
			struct piece p = ret[i + j];

			ret[i + j] = ret[k];
			ret[k] = p;
		}
	return n;
}

/* Any cut of two streams into segments, with repeats and overlaps, within the window in any order:
 * the reader has each byte once and in its place. With losses: the same, and gaps where nothing
 * came. */
static void test_any_segmentation(void **state)
{
	static uint8_t stream[2][STREAM];
	static struct piece piece[PIECES];
	uint64_t seed = 88172645463325252;

	(void)state;
	for (unsigned round = 0; round < 600; round++) {
		struct wire w = {.ts_ns = NS_PER_S,
				 .o = {.yes = 1, .enough = round % 5, .maps = true}};
		static uint8_t there[2][STREAM];
		uint32_t total[2], end[2] = {0, 0};
		uint32_t longest = round % 3 == 0 ? 1 : round % 3 == 1 ? 40 : 1460;
		uint32_t reach = round % 4 * 10, lost = round % 2 ? 6 : 0;

		memset(there, 0, sizeof there);
		for (unsigned side = 0; side < 2; side++) {
			w.isn[side] = round % 7 ? (uint32_t)rng_next(&seed) : 0xfffffff0;
			for (unsigned i = 0; i < STREAM; i++)
				stream[side][i] = (uint8_t)rng_next(&seed);
			total[side] = 1 + rng_below(&seed, longest == 1 ? 400 : STREAM);
		}

		uint32_t n = cut(&seed, total, longest, reach, piece);

		/* Every piece that is held stays so, when nothing acknowledges. */
		if (lost && longest < 1460 && n > 60)
			n = 60;
		owner_init(&w.o, NULL);
		play(&w, "open");
		for (uint32_t i = 0; i < n; i++) {
			const struct piece *q = &piece[i];

			if (lost && rng_below(&seed, lost) == 0)
				continue;

			struct packet p = segment(&w, q->side, TCP_ACK, w.isn[q->side] + 1 + q->at,
						  w.isn[!q->side] + 1);

			give(&w, &p, stream[q->side] + q->at, q->n, q->n);
			memset(there[q->side] + q->at, 1, q->n);
			if (q->at + q->n > end[q->side])
				end[q->side] = q->at + q->n;
		}
		flow_table_end(w.o.t, w.ts_ns);
		assert_int_equal(w.o.flows, 1);
		if (!w.o.last) {
			assert_true(!end[0] && !end[1]);
			owner_done(&w.o);
			continue;
		}
		for (unsigned side = 0; side < 2; side++) {
			const struct learn_flow *f = w.o.last;

			assert_int_equal(f->at[side], end[side]);
			assert_int_equal(f->start[side], there[side][0]);
			for (uint32_t i = 0; i < end[side]; i++) {
				assert_int_equal(f->map[side].there[i], there[side][i] ? 1 : 2);
				if (there[side][i])
					assert_int_equal(f->map[side].b[i], stream[side][i]);
			}
		}
		if (!lost)
			assert_int_equal(w.o.gaps, 0);
		assert_int_equal(flow_table_stats(w.o.t)->streams, 1);
		owner_done(&w.o);
	}
}

/* Many flows at once, with losses, acknowledgements, pauses, cut packets and readers that come
 * late: neither the secret nor how packets are handed over can be seen. */
static void test_same_whatever_the_batch(void **state)
{
	enum { N = 6000, FLOWS = 40 };
	static struct packet packet[N];
	static uint8_t bytes[2000];
	struct flow_stats first = {0};
	uint64_t seed = 4242, hash = 0;
	uint32_t at[FLOWS][2] = {{0}};
	int64_t ts_ns = 0;

	(void)state;
	for (unsigned i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)('!' + i % 90);
	for (unsigned i = 0; i < N; i++) {
		uint32_t f = rng_below(&seed, FLOWS);
		unsigned side = rng_below(&seed, 2);
		uint32_t step = rng_below(&seed, 200), n = rng_below(&seed, 100);
		struct build b = {
			.src = side ? "10.0.0.2" : "10.0.0.1",
			.dst = side ? "10.0.0.1" : "10.0.0.2",
			.sport = (uint16_t)(side ? 80 : 2000 + f),
			.dport = (uint16_t)(side ? 2000 + f : 80),
			.proto = IPPROTO_NR_TCP,
			.flags = at[f][side] || rng_below(&seed, 3) ? TCP_ACK : TCP_SYN,
			.seq = at[f][side] + (step < 20   ? 0u - step
					      : step < 60 ? step
							  : 0),
			.ack = at[f][!side] - rng_below(&seed, 40),
			.payload = bytes + rng_below(&seed, 1000),
			.n = n,
		};

		ts_ns += rng_below(&seed, 50) ? 1000000 : 700000000;
		packet[i] = build_packet(&b, ts_ns, i + 1);
		if (rng_below(&seed, 20) == 0) {
			packet[i].payload_len /= 2;
			packet[i].payload_cut = true;
		}
		at[f][side] = packet[i].seq + n;
	}
	for (unsigned how = 0; how < 4; how++) {
		struct owner o = {.yes = 1, .words = true, .evidence = true};
		struct hash_key key = {how * 3, how + 9};
		static const size_t batch[] = {1, 7, 32, N};

		owner_init(&o, &(struct flow_options){.key = &key});
		for (size_t i = 0; i < N; i += batch[how]) {
			size_t m = N - i < batch[how] ? N - i : batch[how];

			if (how == 0)
				assert_int_equal(flow_table_packet(o.t, &packet[i]), 0);
			else
				assert_int_equal(flow_table_packets(o.t, &packet[i], m), 0);
		}
		flow_table_end(o.t, ts_ns);
		if (how == 0) {
			hash = o.hash;
			first = *flow_table_stats(o.t);
			assert_true(o.gaps > 100 && o.bytes > 10000);
			assert_in_range(o.readers, FLOWS / 2, 10 * FLOWS);
		}
		assert_true(o.hash == hash);
		assert_memory_equal(flow_table_stats(o.t), &first, sizeof first);
		owner_done(&o);
	}
}

/* Memory */

/* Any number of streams that wait for a byte: what is held stays within the cap, what finds no room
 * is handed on behind a gap, and everything is given back. */
static void test_no_room(void **state)
{
	enum { FLOWS = 20000 };
	struct owner o = {.yes = 1};
	const struct flow_options with = {.max_memory = (size_t)8 << 20};
	struct packet p;

	(void)state;
	owner_init(&o, &with);
	for (unsigned i = 0; i < FLOWS; i++) {
		struct build b = {.src = "10.0.0.1",
				  .dst = "10.0.0.2",
				  .sport = (uint16_t)(1 + i),
				  .dport = 80,
				  .proto = IPPROTO_NR_TCP,
				  .flags = TCP_SYN,
				  .seq = 100,
				  .payload = "x",
				  .n = 0};

		p = build_packet(&b, i, i + 1);
		assert_int_equal(flow_table_packet(o.t, &p), 0);
		b.flags = TCP_ACK;
		b.n = 1;
		b.seq = 102;
		for (unsigned twice = 0; twice < 2; twice++, b.seq += 2) {
			p = build_packet(&b, i, i + 1);
			assert_int_equal(flow_table_packet(o.t, &p), 0);
			assert_true(flow_table_stats(o.t)->memory <= with.max_memory);
		}
	}

	const struct flow_stats *st = flow_table_stats(o.t);
	uint64_t cut_before = st->streams_cut;

	assert_int_equal(st->streams, FLOWS);
	assert_true(st->evicted > 0);
	assert_in_range(cut_before, FLOWS / 2, FLOWS);
	flow_table_end(o.t, FLOWS);
	assert_int_equal(o.bytes, 2 * FLOWS);
	assert_int_equal(o.gaps, 2 * FLOWS);
	assert_int_equal(st->streams_cut, cut_before);
	owner_done(&o);
}

/* A table that is thrown away in the middle gives back what it holds. */
static void test_thrown_away(void **state)
{
	struct wire w = {.isn = {100, 200}, .ts_ns = 1, .o = {.yes = 1}};
	static const char *const words[] = {"open", "c5-900", "c1000-1001", "s7-9"};

	(void)state;
	owner_init(&w.o, NULL);
	for (size_t i = 0; i < N_ELEMENTS(words); i++)
		play(&w, words[i]);
	assert_int_equal(flow_table_stats(w.o.t)->streams, 1);
	/* The reader is its owner's, who never got it back here. */
	reader_free(w.o.given);
	owner_done(&w.o);
}

/* What a stream costs while nothing waits: a line. */
static void test_idle_cost(void **state)
{
	enum { FLOWS = 40000 };
	size_t memory[2];

	(void)state;
	for (unsigned read = 0; read < 2; read++) {
		struct owner o = {.yes = read, .enough = 1};

		owner_init(&o, NULL);
		for (unsigned i = 0; i < FLOWS; i++) {
			struct build b = {.src = "10.0.0.1",
					  .dst = "10.0.0.2",
					  .sport = (uint16_t)(1 + i),
					  .dport = 80,
					  .proto = IPPROTO_NR_TCP,
					  .flags = TCP_ACK,
					  .seq = 100,
					  .payload = "hello",
					  .n = 5};
			struct packet p = build_packet(&b, 1, i + 1);

			assert_int_equal(flow_table_packet(o.t, &p), 0);
		}
		memory[read] = flow_table_stats(o.t)->memory;
		assert_int_equal(flow_table_stats(o.t)->streams, read ? FLOWS : 0);
		flow_table_end(o.t, 1);
		owner_done(&o);
	}
	/* 64 bytes a line and its charge for the index, and a slab at most. */
	assert_in_range(memory[1] - memory[0], 1, (size_t)FLOWS * 88 + (4096 * 88));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scripts),
		cmocka_unit_test(test_enough),
		cmocka_unit_test(test_many_pieces),
		cmocka_unit_test(test_segment_in_fragments),
		cmocka_unit_test(test_datagrams),
		cmocka_unit_test(test_client_by_reader),
		cmocka_unit_test(test_any_segmentation),
		cmocka_unit_test(test_same_whatever_the_batch),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_thrown_away),
		cmocka_unit_test(test_idle_cost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
