// SPDX-License-Identifier: BSD-2-Clause
/* Every recogniser against its own messages, everybody else's, all of them cut, and noise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "recognise/rpc_iface.h"
#include "recognise_samples.h"

enum { NOISE_ROUNDS = 100000 };

static const struct recogniser *recogniser_of(uint16_t app)
{
	return recogniser_at((size_t)(app - 1) / 8);
}

static struct payload payload_of(const struct sample *s, const uint8_t *p, size_t n)
{
	return (struct payload){.p = p,
				.n = n,
				.whole_start = true,
				.port = s->port,
				.peer_port = s->peer_port,
				.proto = s->proto};
}

static void check_ifaces(const struct sample *s, const struct facts *f)
{
	char uuid[RPC_UUID_TEXT], text[64];
	uint8_t n = 0;

	for (size_t k = 0; k < N_ELEMENTS(s->iface) && s->iface[k]; k++, n++) {
		assert_true(f->n_iface > k);
		snprintf(text, sizeof text, "%s %u.%u", rpc_uuid_format(f->iface[k].uuid, uuid),
			 f->iface[k].major, f->iface[k].minor);
		assert_string_equal(text, s->iface[k]);
	}
	assert_int_equal(f->n_iface, n);
}

static void own_messages(void **state)
{
	uint8_t buf[SAMPLE_MAX];

	for (size_t i = 0; i < N_ELEMENTS(samples); i++) {
		const struct sample *s = &samples[i];
		uint16_t app = app_by_name(s->app);
		size_t n = sample_bytes(s, buf);
		struct payload in = payload_of(s, buf, n);
		struct facts f = {0};

		assert_int_not_equal(app, APP_NONE);

		const struct recogniser *r = recogniser_of(app);
		enum verdict v = r->probe(&in, &f);

		if (v != s->verdict || f.speaker != s->speaker || f.notes != s->notes ||
		    strcmp(f.name, s->name ? s->name : "") ||
		    strcmp(r->apps[f.variant].name, s->app))
			fail_msg("%s: verdict %d speaker %d notes %x name '%s' app %s", s->label, v,
				 f.speaker, f.notes, f.name, r->apps[f.variant].name);
		check_ifaces(s, &f);
	}
}

/* What is declared of beginnings is no more than a short cut: probe says no to all others. */
static void no_to_others(const struct recogniser *r, const uint8_t *p, size_t n, uint8_t proto,
			 bool cut)
{
	struct payload in = {.p = p, .n = n, .whole_start = true, .cut = cut, .proto = proto};
	struct facts f = {0};
	enum verdict v;

	if ((r->proto && r->proto != proto) || recogniser_begins(r, &in))
		return;
	v = r->probe(&in, &f);
	/* A datagram does not grow. */
	if (v == VERDICT_MORE && proto == PROTO_UDP && !cut)
		v = VERDICT_NO;
	if (v != VERDICT_NO || f.notes)
		fail_msg("%s: %u bytes from %02x %02x: verdict %d", r->word, (unsigned)n, p[0],
			 n > 1 ? p[1] : 0, v);
}

static void at_all_lengths(const struct recogniser *r, const uint8_t *p, size_t n, size_t changed)
{
	const size_t some[] = {changed + 1, 4, 8, 12, 16, 33, n};

	for (size_t i = 0; i < N_ELEMENTS(some); i++) {
		if (some[i] <= changed || some[i] > n)
			continue;
		no_to_others(r, p, some[i], PROTO_TCP, false);
		no_to_others(r, p, some[i], PROTO_UDP, i & 1);
	}
}

/* All messages, zeros and ones, with each of their first bytes changed. */
static void first_bytes(void **state)
{
	enum { SOME = 23 };

	for (size_t k = 0; k < N_ELEMENTS(samples) + 2; k++) {
		const struct recogniser *own = NULL;
		uint8_t buf[SAMPLE_MAX];
		size_t n = 96;

		memset(buf, k == N_ELEMENTS(samples) ? 0 : 0xff, n);
		if (k < N_ELEMENTS(samples)) {
			n = sample_bytes(&samples[k], buf);
			own = recogniser_of(app_by_name(samples[k].app));
		}
		for (size_t i = 0; i < recogniser_count(); i++) {
			const struct recogniser *r = recogniser_at(i);

			for (size_t at = 0; at < RECOGNISER_BYTES && at < n; at++) {
				uint8_t was = buf[at];

				for (unsigned v = 0; v < 256; v += r == own ? 1 : SOME) {
					buf[at] = (uint8_t)v;
					at_all_lengths(r, buf, n, at);
				}
				buf[at] = was;
			}
		}
	}
}

/* Each pair of first bytes, before a message of its own, and before zeros. */
static void first_pairs(void **state)
{
	for (size_t i = 0; i < recogniser_count(); i++) {
		const struct recogniser *r = recogniser_at(i);
		uint8_t buf[SAMPLE_MAX], zeros[SAMPLE_MAX] = {0};
		size_t k = 0, n;

		while (recogniser_of(app_by_name(samples[k].app)) != r)
			k++;
		n = sample_bytes(&samples[k], buf);
		for (unsigned pair = 0; pair < 1U << 16; pair++) {
			uint8_t proto = r->proto ? r->proto : pair & 1 ? PROTO_TCP : PROTO_UDP;

			buf[0] = zeros[0] = (uint8_t)(pair >> 8);
			buf[1] = zeros[1] = (uint8_t)pair;
			no_to_others(r, buf, 2, proto, true);
			no_to_others(r, buf, n, proto, false);
			no_to_others(r, zeros, 40, proto, false);
		}
	}
}

/* A beginning that is declared for too few of its own messages would leave them unrecognised. */
static void own_beginnings(void **state)
{
	uint8_t buf[SAMPLE_MAX];

	for (size_t i = 0; i < N_ELEMENTS(samples); i++) {
		const struct sample *s = &samples[i];
		size_t n = sample_bytes(s, buf);
		struct payload in = payload_of(s, buf, n);

		if (s->verdict >= VERDICT_LIKELY &&
		    !recogniser_begins(recogniser_of(app_by_name(s->app)), &in))
			fail_msg("%s: out of the question by its first bytes", s->label);
	}
}

/* Asks all but the sample's own recogniser, with bytes that end where the allocation does. */
static void strangers(const struct sample *s, const uint8_t *p, size_t n, bool cut)
{
	const struct recogniser *own = recogniser_of(app_by_name(s->app));

	for (size_t i = 0; i < recogniser_count(); i++) {
		const struct recogniser *r = recogniser_at(i);
		struct payload in = payload_of(s, p, n);
		struct facts f = {0}, g = {0};
		enum verdict v = VERDICT_NO, w = VERDICT_NO;

		if (r->proto && r->proto != s->proto)
			continue;
		in.cut = cut;
		if (n || r->probe)
			v = r->probe(&in, &f);
		in.whole_start = false;
		if (r->resume)
			w = r->resume(&in, &g);
		assert_true(f.n_iface <= FACT_IFACES && g.n_iface <= FACT_IFACES);
		assert_non_null(memchr(f.name, 0, sizeof f.name));
		if (r == own || (s->also && !strcmp(r->word, s->also)) ||
		    (s->prefix && !strcmp(r->word, s->prefix)))
			continue;
		if (v >= VERDICT_LIKELY || w == VERDICT_SURE)
			fail_msg("%s, %zu bytes: %s says %d and %d", s->label, n, r->word, v, w);
	}
}

static void others_messages_and_cut_ones(void **state)
{
	uint8_t buf[SAMPLE_MAX];

	for (size_t i = 0; i < N_ELEMENTS(samples); i++) {
		size_t n = sample_bytes(&samples[i], buf);

		for (size_t k = 0; k <= n; k++) {
			uint8_t *exact = malloc(k ? k : 1);

			assert_non_null(exact);
			memcpy(exact, buf, k);
			strangers(&samples[i], exact, k, false);
			strangers(&samples[i], exact, k, true);
			free(exact);
		}
	}
}

static void every_protocol_has_both_sides(void **state)
{
	for (size_t i = 0; i < recogniser_count(); i++) {
		const struct recogniser *r = recogniser_at(i);
		bool client = false, server = false, one_way = false;

		for (size_t v = 0; v < N_ELEMENTS(r->apps) && r->apps[v].name; v++)
			for (size_t k = 0; k < N_ELEMENTS(samples); k++) {
				if (strcmp(samples[k].app, r->apps[v].name))
					continue;
				client |= samples[k].speaker != SPEAKER_SERVER;
				server |= samples[k].speaker != SPEAKER_CLIENT;
				one_way |= samples[k].notes & APP_NOTE_UNANSWERED_KIND;
			}
		if (!client || !(server || one_way))
			fail_msg("%s lacks a sample", r->word);
		assert_true(r->min > 0 && *r->spec && r->apps[0].name);
	}
}

/* xorshift: the same noise in every run */
static uint64_t next(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

static void noise(void **state)
{
	uint64_t x = 0x9e3779b97f4a7c15u;
	uint8_t buf[256];
	size_t likely = 0;

	for (size_t round = 0; round < NOISE_ROUNDS; round++) {
		/* the lengths that some protocol waits for among them */
		static const size_t lengths[] = {1, 2, 5, 8, 12, 16, 28, 48, 68, 80, 120, 250};
		size_t n =
			round % 3 ? next(&x) % sizeof buf : lengths[next(&x) % N_ELEMENTS(lengths)];

		for (size_t i = 0; i < n; i++)
			buf[i] = (uint8_t)(next(&x) >> 24);
		/* every fourth one small numbers, as headers have */
		if (round % 4 == 0)
			for (size_t i = 0; i < n; i++)
				buf[i] &= 0x0f;
		for (size_t i = 0; i < recogniser_count(); i++) {
			const struct recogniser *r = recogniser_at(i);
			struct payload in = {.p = buf,
					     .n = n,
					     .whole_start = true,
					     .proto = r->proto    ? r->proto
						      : round % 2 ? PROTO_TCP
								  : PROTO_UDP};
			struct facts f = {0};
			enum verdict v = r->probe(&in, &f);

			likely += v == VERDICT_LIKELY && n >= 8 && round % 4;
			if (v == VERDICT_SURE)
				fail_msg("round %zu: %zu random bytes are %s", round, n, r->word);
			if (r->resume && r->resume(&in, &f) == VERDICT_SURE)
				fail_msg("round %zu: %zu random bytes resume %s", round, n,
					 r->word);
		}
	}
	print_message("%zu of %d likely\n", likely, NOISE_ROUNDS);
	assert_true(likely < NOISE_ROUNDS / 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_messages),
		cmocka_unit_test(first_bytes),
		cmocka_unit_test(first_pairs),
		cmocka_unit_test(own_beginnings),
		cmocka_unit_test(others_messages_and_cut_ones),
		cmocka_unit_test(every_protocol_has_both_sides),
		cmocka_unit_test(noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
