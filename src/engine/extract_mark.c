// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which packets are wanted: those of the conversations, ICMP errors about them, fragments of them,
 * and the ones that findings name by number.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "capture/merge.h"
#include "decode/decode.h"
#include "engine/extract.h"

enum {
	DATAGRAMS = 4096, /* in fragments, remembered at a time: as many as are put together */
	PIECES = 65536,   /* fragments that wait for the one that tells */
};

struct piece {
	uint32_t input, number;
	uint64_t next; /* the one before it in its datagram: its place + 1; 0 none */
};

struct datagram {
	uint64_t number; /* see decoder_fragment_of(), + 1; 0 unused */
	uint64_t last;   /* of its pieces: place + 1; 0 none */
	bool wanted;
};

struct marking {
	struct extract *x;
	struct decoder *decoder;
	struct datagram datagram[DATAGRAMS];
	struct piece piece[PIECES];
	uint64_t n_piece;
};

/* ------------------------------------------------------------------ reading again */

static struct order *open_again(void *user, uint32_t i)
{
	struct extract *x = user;
	const struct result_input *in = &x->a->result->inputs[i];
	struct source_options opt = engine_source_options(x->a);
	bool usage = false;
	struct source *s;

	if (in->failed || in->same_as)
		return NULL;
	s = source_open(in->path, &opt, &x->errs, &usage);
	if (!s) {
		x->status = SPAN_INPUT;
		return NULL;
	}
	if (!x->any_source || !s->snaplen || (x->snaplen && s->snaplen > x->snaplen))
		x->snaplen = s->snaplen;
	x->any_source = true;

	struct order *o = order_new(s);

	if (!o)
		x->status = -ENOMEM;
	return o;
}

static void ended(void *user, uint32_t i, const struct order *o)
{
	struct extract *x = user;
	const struct source *s = order_source(o);
	struct error *e;

	if (s->end != SOURCE_FAILED)
		return;
	e = errors_add(&x->errs, false, "'%s' could not be read to its end: %s",
		       x->a->result->inputs[i].path, s->why);
	error_hint(e, "the disk or network share gave up; copy the file and try again");
	x->status = SPAN_INPUT;
}

/* merge.h wants the times of first frames, ascending. What the audit kept are the least times,
 * which may be earlier: an input is then opened sooner than it must be. */
static int64_t *first_times(const struct result *r)
{
	int64_t *first = calloc(r->n_inputs + 1, sizeof *first);
	int64_t least = INT64_MAX;

	for (size_t i = r->n_inputs; first && i-- > 0;) {
		const struct result_input *in = &r->inputs[i];

		if (!in->failed && !in->same_as && in->first_ns < least)
			least = in->first_ns;
		first[i] = least;
	}
	return first;
}

int extract_read(struct extract *x, int (*take)(void *user, const struct batch *b), void *user)
{
	static const struct merge_ops ops = {.open = open_again, .ended = ended};
	const struct result *r = x->a->result;
	int64_t *first = first_times(r);
	struct merge *m = first ? merge_new(first, r->n_inputs, &ops, x) : NULL;
	struct batch b;
	int err = m ? 0 : -ENOMEM;

	x->status = 0;
	while (err == 0 && x->status == 0 && (err = merge_next(m, &b)) == 0 && b.n)
		err = take(user, &b);
	merge_free(m);
	free(first);
	return err ? err : x->status;
}

/* ------------------------------------------------------------------ what is wanted */

static int wanted_order(const void *a, const void *b)
{
	const struct wanted *x = a, *y = b;
	int d = memcmp(&x->client, &y->client, sizeof x->client);

	if (!d)
		d = memcmp(&x->server, &y->server, sizeof x->server);
	if (!d)
		d = (int)x->port - (int)y->port;
	if (!d)
		d = (int)x->proto - (int)y->proto;
	return d ? d : (int)x->vlan - (int)y->vlan;
}

static void wanted_sort(struct extract *x)
{
	size_t n = 0;

	if (x->wanted.n)
		qsort(x->wanted.v, x->wanted.n, sizeof *x->wanted.v, wanted_order);
	for (size_t i = 0; i < x->wanted.n; i++)
		if (!n || wanted_order(&x->wanted.v[n - 1], &x->wanted.v[i]) != 0)
			x->wanted.v[n++] = x->wanted.v[i];
	x->wanted.n = n;
}

static bool conversation(const struct extract *x, const struct addr *src, const struct addr *dst,
			 uint16_t sport, uint16_t dport, uint8_t proto, uint16_t vlan)
{
	const struct wanted key[2] = {
		{*src, *dst, dport, proto, x->a->vlan_key ? vlan : 0},
		{*dst, *src, sport, proto, x->a->vlan_key ? vlan : 0},
	};

	for (int i = 0; i < 2; i++)
		if (x->wanted.n &&
		    bsearch(&key[i], x->wanted.v, x->wanted.n, sizeof *x->wanted.v, wanted_order))
			return true;
	return false;
}

static bool packet_wanted(const struct extract *x, const struct packet *k)
{
	if (k->proto == IPPROTO_NR_TCP || k->proto == IPPROTO_NR_UDP)
		return conversation(x, &k->src, &k->dst, k->sport, k->dport, k->proto, k->vlan);
	return k->icmp_has_inner && conversation(x, &k->inner_src, &k->inner_dst, k->inner_sport,
						 k->inner_dport, k->inner_proto, k->vlan);
}

static int proof_order(const void *a, const void *b)
{
	const struct proof *x = a, *y = b;

	if (x->at.input != y->at.input)
		return x->at.input < y->at.input ? -1 : 1;
	if (x->at.number != y->at.number)
		return x->at.number < y->at.number ? -1 : 1;
	return strcmp(x->finding->id, y->finding->id);
}

struct proof *extract_proof(const struct extract *x, const struct frame *f)
{
	size_t low = 0, high = x->proofs.n;

	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct evidence *at = &x->proofs.v[middle].at;

		if (at->input < f->input || (at->input == f->input && at->number < f->number))
			low = middle + 1;
		else
			high = middle;
	}
	if (low == x->proofs.n || x->proofs.v[low].at.input != f->input ||
	    x->proofs.v[low].at.number != f->number)
		return NULL;
	return &x->proofs.v[low];
}

/* ------------------------------------------------------------------ marks */

static int mark(struct extract *x, uint32_t input, uint32_t number)
{
	struct marks *m = &x->marks[input];
	size_t at = number / 8;
	uint8_t bit = (uint8_t)(1U << number % 8);

	if (at >= m->n) {
		size_t n = at + at / 2 + 4096;
		uint8_t *p = realloc(m->bits, n);

		if (!p)
			return -ENOMEM;
		memset(p + m->n, 0, n - m->n);
		m->bits = p;
		m->n = n;
	}
	x->packets += !(m->bits[at] & bit);
	m->bits[at] |= bit;
	return 0;
}

bool extract_marked(const struct extract *x, const struct frame *f)
{
	const struct marks *m = &x->marks[f->input];

	return f->number / 8 < m->n && m->bits[f->number / 8] >> f->number % 8 & 1;
}

/* ------------------------------------------------------------------ fragments */

/* What waited for a datagram that turned out to be wanted. */
static int mark_pieces(struct marking *m, struct datagram *d)
{
	int r = 0;

	/* Places that were used again belong to something else: older ones too. */
	for (uint64_t k = d->last; k && r == 0 && m->n_piece - (k - 1) <= PIECES;) {
		const struct piece *p = &m->piece[(k - 1) % PIECES];

		r = mark(m->x, p->input, p->number);
		k = p->next;
	}
	d->last = 0;
	d->wanted = true;
	return r;
}

static void wait(struct marking *m, struct datagram *d, const struct frame *f)
{
	m->piece[m->n_piece % PIECES] = (struct piece){f->input, f->number, d->last};
	d->last = ++m->n_piece;
}

/* A frame that is a piece of datagrams: it is wanted when another piece of one of them is. */
static int fragment(struct marking *m, const struct frame *f, bool *wanted)
{
	const uint64_t *number;
	size_t n = decoder_fragment_of(m->decoder, &number);
	int r = 0;

	for (size_t i = 0; i < n; i++) {
		struct datagram *d = &m->datagram[number[i] % DATAGRAMS];

		if (d->number != number[i] + 1)
			*d = (struct datagram){.number = number[i] + 1};
		*wanted |= d->wanted;
	}
	for (size_t i = 0; i < n && r == 0; i++) {
		struct datagram *d = &m->datagram[number[i] % DATAGRAMS];

		if (*wanted)
			r = mark_pieces(m, d);
		else
			wait(m, d, f);
	}
	return r;
}

static int one(struct marking *m, const struct frame *f)
{
	struct extract *x = m->x;
	struct marks *marks = &x->marks[f->input];
	struct proof *proof = extract_proof(x, f);
	struct packet k;
	bool wanted = false;
	int r;

	marks->read++;
	if (proof && proof->at.ts_ns == f->ts_ns)
		wanted = proof->met = true;
	if (!f->filtered) {
		if (decode_frame(m->decoder, f->linktype, f->p, f->len, f->wire_len, f->ts_ns,
				 f->number, &k) == DECODE_OK)
			wanted |= packet_wanted(x, &k);
		r = fragment(m, f, &wanted);
		if (r)
			return r;
	}
	if (!wanted)
		return 0;
	if (f->len > marks->longest)
		marks->longest = f->len;
	return mark(x, f->input, f->number);
}

static int take(void *user, const struct batch *b)
{
	struct marking *m = user;
	int r = 0;

	for (size_t i = 0; i < b->n && r == 0; i++)
		r = one(m, &b->f[i]);
	decoder_release(m->decoder);
	return r;
}

/* An input with other packets than the audit had would give packets that prove nothing. */
static int changed(struct extract *x)
{
	const struct result *r = x->a->result;
	const struct proof *p;

	for (size_t i = 0; i < r->n_inputs; i++) {
		const struct result_input *in = &r->inputs[i];
		bool same = in->failed || in->same_as || x->marks[i].read == in->packets;
		struct error *e;

		/* The packets of one number stand side by side, and the first of them is met. */
		VEC_EACH (p, &x->proofs) {
			bool first = p == x->proofs.v || p[-1].at.input != p->at.input ||
				     p[-1].at.number != p->at.number;

			same &= p->at.input != i || !first || p->met;
		}
		if (same)
			continue;
		e = errors_add(&x->errs, false,
			       "'%s' has other packets than when it was judged a moment ago",
			       in->path);
		error_hint(e, "it is still being written, or was replaced meanwhile\n"
			      "wait until its capture has ended, or copy it, and try again");
		return SPAN_INPUT;
	}
	return 0;
}

int extract_mark(struct extract *x)
{
	struct marking *m = calloc(1, sizeof *m);
	int r = -ENOMEM;

	wanted_sort(x);
	if (x->proofs.n)
		qsort(x->proofs.v, x->proofs.n, sizeof *x->proofs.v, proof_order);
	x->marks = calloc(x->a->result->n_inputs + 1, sizeof *x->marks);
	if (m)
		m->decoder = decoder_new();
	if (m && m->decoder && x->marks) {
		m->x = x;
		r = extract_read(x, take, m);
	}
	if (m)
		decoder_free(m->decoder);
	free(m);
	if (r == 0)
		r = changed(x);
	for (size_t i = 0; r == 0 && i < x->a->result->n_inputs; i++)
		if (x->snaplen && x->marks[i].longest > x->snaplen)
			x->snaplen = 0; /* the head of a file may promise too little */
	return r;
}
