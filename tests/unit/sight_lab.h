/* SPDX-License-Identifier: BSD-2-Clause */
/* sight_lab - a stream given to the learner that wants it, and what it then says of hosts, as text.
 */
#ifndef SIGHT_LAB_H
#define SIGHT_LAB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "base/out.h"
#include "build.h"
#include "learn/learn.h"
#include "recognise/recognise.h"

enum { CLIENT = 0, SERVER = 1 };

struct lab {
	struct learn *l;
	struct learn_flow *f;
	uint32_t number;
	struct out told;
	size_t n; /* rows in it */
};

/* A flow from 10.0.0.9 to 10.0.0.2. NULL `f`: nobody wants it. */
static inline struct lab lab_open(uint8_t proto, uint16_t from, uint16_t to, const char *app)
{
	static const struct hash_key key = {1, 2};
	struct lab lab = {.l = learn_new(&(struct learn_options){.key = &key})};
	struct learn_ask q = {.proto = proto,
			      .addr = {A("10.0.0.9"), A("10.0.0.2")},
			      .port = {from, to},
			      .app = *app ? app_by_name(app) : APP_NONE};

	assert_non_null(lab.l);
	assert_true(!*app || q.app != APP_NONE);
	lab.f = learn_open(lab.l, &q);
	return lab;
}

static inline void lab_say(struct lab *lab, unsigned side, const uint8_t *p, size_t n, bool start)
{
	struct evidence at = {.ts_ns = lab->number, .number = lab->number + 1};
	uint8_t *exact = malloc(n ? n : 1); /* its end is the end */

	assert_non_null(exact);
	if (n)
		memcpy(exact, p, n);
	lab->number++;
	learn_bytes(lab->f, side, exact, n, start, &at);
	free(exact);
}

/* "kind about<by name text port code packet*times" a row. Ends the flow. */
static inline const char *lab_told(struct lab *lab)
{
	struct learn_facts facts;
	const struct sighting *s;

	if (lab->f)
		learn_close(lab->f, &facts);
	lab->f = NULL;
	assert_int_equal(learn_stats(lab->l)->memory, 0);
	assert_int_equal(learn_sightings(lab->l, &s, &lab->n), 0);
	out_done(&lab->told);
	lab->told = (struct out){0};
	for (size_t i = 0; i < lab->n; i++) {
		char about[ADDR_TEXT], by[ADDR_TEXT];

		addr_format(&s[i].about, about);
		addr_format(&s[i].by, by);
		out_printf(&lab->told, "%s %s<%s %s %s %u %u %u*%u\n",
			   sighting_kind_name(s[i].kind),
			   addr_is_unspecified(&s[i].about) ? "-" : about,
			   addr_is_unspecified(&s[i].by) ? "-" : by, s[i].name[0] ? s[i].name : "-",
			   s[i].text[0] ? s[i].text : "-", s[i].port, s[i].code, s[i].first.number,
			   (unsigned)s[i].n);
	}
	return out_str(&lab->told);
}

static inline void lab_done(struct lab *lab)
{
	struct learn_facts facts;

	if (lab->f)
		learn_close(lab->f, &facts);
	out_done(&lab->told);
	lab->l = learn_free(lab->l);
}

#endif
