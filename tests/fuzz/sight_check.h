/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sight_check - input for the learners that tell of hosts, and what must hold of their sightings.
 *
 * The input begins with one byte: 1 for TCP. Then pieces, each after two bytes of its own:
 *
 *   flags(1): 1 from the server, 2 more follow, 4 a gap of that length instead   length(1) * 8
 */
#ifndef SIGHT_CHECK_H
#define SIGHT_CHECK_H

#include <stdlib.h>
#include <string.h>

#include "base/rd.h"
#include "learn/learn.h"
#include "recognise/recognise.h"

static inline void sight_check_rows(struct learn *l)
{
	const struct sighting *s;
	size_t n;

	if (learn_sightings(l, &s, &n) < 0)
		abort();
	for (size_t i = 0; i < n; i++) {
		const char *const text[2] = {s[i].name, s[i].text};

		for (unsigned k = 0; k < 2; k++) {
			if (!memchr(text[k], 0, SIGHTING_NAME))
				abort();
			for (const char *c = text[k]; *c; c++)
				if (*c <= ' ' || *c > '~')
					abort();
		}
		for (const char *c = s[i].name; *c; c++)
			if (*c >= 'A' && *c <= 'Z')
				abort();
		if (!s[i].n || !s[i].first.number || (unsigned)s[i].kind >= SIGHT_KIND_N)
			abort();
		if (!s[i].name[0] && !s[i].text[0])
			abort();
	}
	if (learn_stats(l)->memory)
		abort();
}

static inline void sight_check_run(const uint8_t *p, size_t n, uint16_t from, uint16_t to,
				   const char *app)
{
	static const struct hash_key key = {0};
	struct rd r = rd_over(p, n);
	const struct learn_ask q = {
		.proto = rd_u8(&r) & 1 ? PROTO_TCP : PROTO_UDP,
		.addr = {{{[10] = 0xff, 0xff, 10, 0, 0, 9}}, {{[10] = 0xff, 0xff, 10, 0, 0, 2}}},
		.port = {from, to},
		.app = app_by_name(app)};
	struct learn *l = learn_new(&(struct learn_options){.key = &key});
	struct learn_flow *f = l ? learn_open(l, &q) : NULL;
	struct learn_facts facts;
	uint32_t number = 0;
	bool start[2] = {true, true};

	if (!l || q.app == APP_NONE)
		abort();
	for (uint8_t more = 2; f && more && rd_left(&r) && number < 64;) {
		uint8_t flags = rd_u8(&r);
		unsigned side = flags & 1;
		size_t len = rd_u8(&r) * (size_t)8;

		more = flags & 2;
		if (flags & 4 && q.proto == PROTO_TCP) {
			learn_gap(f, side, len);
			start[side] = false;
			continue;
		}
		if (!more || len > rd_left(&r))
			len = rd_left(&r);

		uint8_t *exact = malloc(len ? len : 1); /* its end is the end */
		const uint8_t *bytes = rd_take(&r, len);
		struct evidence at = {.number = ++number};

		if (!exact)
			abort();
		if (bytes)
			memcpy(exact, bytes, len);
		learn_bytes(f, side, exact, len, start[side] || q.proto == PROTO_UDP, &at);
		start[side] = false;
		free(exact);
	}
	if (f)
		learn_close(f, &facts);
	sight_check_rows(l);
	learn_free(l);
}

#endif
