// SPDX-License-Identifier: BSD-2-Clause
/* The protocols of one conversation, against sums and sorts over all its flows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants the four above. */
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/time.h"
#include "flow/conv.h"
#include "rng.h"
#include "same_conv.h"

enum { FLOWS = 7, ROUNDS = 20000 };

struct one {
	struct flow_done d;
	struct conv_facts f;
	bool ok;
};

static struct conv_table *table(uint64_t secret)
{
	const struct hash_key key = {secret, ~secret};
	struct conv_table *t = conv_table_new(&(struct conv_options){.key = &key});

	assert_non_null(t);
	return t;
}

/* Mostly of one protocol; number tells its packets from those of others. */
static struct one any_flow(uint64_t r, uint32_t number)
{
	static const enum flow_state state[] = {STATE_ESTABLISHED, STATE_ESTABLISHED,
						STATE_MID_STREAM,  STATE_ONE_WAY,
						STATE_NO_ANSWER,   STATE_REFUSED};
	struct one o = {
		.d = {.addr = {addr_v4(0x0a000001), addr_v4(0x0a000002)},
		      .port = {(uint16_t)(4000 + number), 443},
		      .proto = IPPROTO_NR_TCP,
		      .directed = r & 1,
		      .reason = r & 1 ? DIR_SYN : DIR_FIRST,
		      .payload = {r >> 4 & 1, r >> 5 & 1},
		      .first_ns = (int64_t)(r >> 6 & 7),
		      .last_ns = (int64_t)(r >> 6 & 7),
		      .n_ev = (uint8_t)(1 + (r >> 9 & 3) % EVIDENCE_N),
		      .tries = 1,
		      .refusal_ns = TIME_NONE},
		.f = {.app = (uint16_t)(1 + ((r >> 11 & 7) == 0)),
		      .conf = (uint8_t)(r >> 14 & 1),
		      .notes = 1u << (r >> 15 & 7),
		      .signs = 1u << (r >> 18 & 7),
		      .telling = (r >> 21 & 15) == 0},
	};

	o.d.state = state[(r >> 1 & 7) % N_ELEMENTS(state)];
	for (uint32_t i = 0; i < o.d.n_ev; i++)
		o.d.ev[i] = (struct evidence){o.d.first_ns + i, 0, 10 * number + i};
	o.ok = o.d.state == STATE_ESTABLISHED ||
	       (o.d.state == STATE_MID_STREAM && o.d.payload[0] && o.d.payload[1]);
	return o;
}

static int by_evidence(const void *a, const void *b)
{
	return evidence_before(a, b) ? -1 : evidence_before(b, a);
}

struct want {
	struct evidence ev[FLOWS * EVIDENCE_N];
	size_t n;
};

static void want_more(struct want *w, const struct flow_done *d)
{
	for (unsigned i = 0; i < d->n_ev; i++)
		w->ev[w->n++] = d->ev[i];
	qsort(w->ev, w->n, sizeof *w->ev, by_evidence);
}

static void hold_first(const struct want *w, const struct evidence *ev, uint8_t n)
{
	assert_int_equal(n, w->n < EVIDENCE_N ? w->n : EVIDENCE_N);
	assert_memory_equal(ev, w->ev, n * sizeof *ev);
}

static void hold_app(const struct conv_app *a, const struct one *v, size_t n)
{
	struct want w = {.n = 0};
	struct conv_app sum = {.app = a->app};

	for (size_t i = 0; i < n; i++) {
		const struct one *o = &v[i];
		const struct evidence *last = &o->d.ev[o->d.n_ev - 1];

		if (o->f.app != a->app)
			continue;
		want_more(&w, &o->d);
		sum.flows++;
		sum.by_state[o->d.state]++;
		sum.payload[0] += o->d.payload[0];
		sum.payload[1] += o->d.payload[1];
		sum.conf = o->f.conf > sum.conf ? o->f.conf : sum.conf;
		sum.notes |= o->f.notes;
		sum.signs |= o->f.signs;
		if (o->f.telling && (!sum.told || evidence_before(last, &sum.tell)))
			sum.tell = *last;
		sum.told |= o->f.telling;
	}
	hold_first(&w, a->ev, a->n_ev);
	sum.n_ev = a->n_ev;
	memcpy(sum.ev, a->ev, sizeof sum.ev);
	assert_memory_equal(a, &sum, sizeof sum);
}

static void hold(const struct conv *c, const struct one *v, size_t n)
{
	struct want ok = {.n = 0}, all = {.n = 0};
	struct conv_app room;
	bool told = false, led;

	for (size_t i = 0; i < n; i++) {
		if (v[i].ok)
			want_more(&ok, &v[i].d);
		want_more(&all, &v[i].d);
		told |= v[i].f.telling;
	}
	assert_int_equal(c->flows, n);
	hold_first(&ok, c->ok_ev, c->n_ok_ev);
	for (unsigned i = 0; i < c->n_app; i++) {
		hold_app(conv_app(c, i, &room), v, n);
		assert_int_equal(conv_app_at(c, i), conv_app(c, i, &room)->app);
	}
	/* A row is there when there must be one. */
	led = !memcmp(ok.ev, all.ev, c->n_ok_ev * sizeof *ok.ev);
	assert_int_equal(c->alone, c->n_app == 1 && !told && led);
}

static int put_row(void *user, const struct conv *c, bool waiting)
{
	return conv_table_put(user, c, waiting);
}

static const struct conv *finished(struct conv_table *t)
{
	const struct conv *c;
	size_t n;

	assert_int_equal(conv_table_finish(t, &c, &n, NULL), 0);
	assert_int_equal(n, 1);
	return c;
}

static void test_any_flows(void **state)
{
	uint64_t seed = 0x10e;
	unsigned alone = 0;

	(void)state;
	for (uint32_t round = 0; round < ROUNDS; round++) {
		struct conv_table *t = table(round), *parts[2] = {table(round), table(round)};
		struct one v[FLOWS];
		size_t n = 1 + rng(&seed) % FLOWS;
		uint64_t directed = rng(&seed) & 1;

		for (uint32_t i = 0; i < n; i++) {
			v[i] = any_flow((rng(&seed) & ~UINT64_C(1)) | directed, i);
			assert_int_equal(conv_table_add(t, &v[i].d, &v[i].f), 0);
		}
		/* From the last, and in two parts. */
		for (size_t i = n; i-- > 0;)
			assert_int_equal(conv_table_add(parts[i & 1], &v[i].d, &v[i].f), 0);
		assert_int_equal(conv_table_each(parts[0], put_row, parts[1]), 0);

		const struct conv *a = finished(t), *b = finished(parts[1]);

		hold(a, v, n);
		assert_true(same_conv(a, b));
		alone += a->alone;
		conv_table_free(t);
		conv_table_free(parts[0]);
		conv_table_free(parts[1]);
	}
	assert_in_range(alone, ROUNDS / 8, ROUNDS / 8 * 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_any_flows)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
