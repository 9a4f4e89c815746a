/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * judge_lab - conversations made by hand, a small site, both papers, and what the judge makes of
 * them. Included once by each test of the judge.
 */
#ifndef SPAN_TESTS_JUDGE_LAB_H
#define SPAN_TESTS_JUDGE_LAB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/out.h"
#include "base/time.h"
#include "build.h"
#include "findings/judge.h"
#include "lab_rows.h"
#include "recognise/recognise.h"
#include "site/site.h"

enum { TCP = 6, UDP = 17, LAB_MAX = 4096 };

#define HOUR (INT64_C(3600) * NS_PER_S)
#define T0   (INT64_C(1714521600) * NS_PER_S) /* 2024-05-01 00:00 UTC */
#define T(s) (T0 + (int64_t)(s)*NS_PER_S)

/* The deployment that most cases use. */
#define SITE_HOSTS                                                                      \
	"hosts:\n"                                                                      \
	"  - {name: crm01, role: crm-web, addr: [10.20.1.11, \"2001:db8:20:1::11\"]}\n" \
	"  - {name: crm02, role: crm-async, addr: 10.20.1.12}\n"                        \
	"  - {name: sql01, role: sql, addr: 10.20.2.20}\n"                              \
	"  - {name: dc01, role: gc, addr: [10.20.3.30, \"2001:db8:20:3::30\"]}\n"       \
	"  - {name: dc02, role: gc, addr: 10.20.3.31}\n"                                \
	"  - {name: exch01, role: exchange, addr: 10.20.4.40}\n"                        \
	"  - {name: lb01, role: nlb, addr: 10.20.1.100}\n"                              \
	"  - {name: mon01, role: monitor, addr: 10.20.9.90}\n"                          \
	"  - {name: scan01, role: scanner, addr: 10.20.9.91}\n"                         \
	"networks:\n"                                                                   \
	"  - {name: users, role: crm-client, cidr: 10.30.0.0/16}\n"

#define CRM01   "10.20.1.11"
#define CRM02   "10.20.1.12"
#define SQL01   "10.20.2.20"
#define DC01    "10.20.3.30"
#define DC02    "10.20.3.31"
#define EXCH    "10.20.4.40"
#define VIP     "10.20.1.100"
#define MON     "10.20.9.90"
#define SCANNER "10.20.9.91"
#define USER    "10.30.1.5"

struct lab {
	struct site *site;
	struct matrix *m;
	struct conv *c;
	struct lab_rows *rows; /* of each, room for all that there may be */
	size_t n;
	struct judge_input in;
	struct result_input input;
	struct window window;
	struct blind_set blind; /* in.blind points here when a case fills it */
	struct infer *infer;
	struct result *r;
	struct addr *ends;
};

static inline void lab_errors(struct errors *errs)
{
	struct out o = {0};

	errors_format(errs, "lab", &o);
	if (errs->n_errors)
		fail_msg("%s", out_str(&o));
	out_done(&o);
	errors_done(errs);
}

/* `body` is the inside of a site file. */
static inline struct lab lab_open(const char *body)
{
	struct lab l = {0};
	struct errors errs = {0};
	struct out src = {0};
	const char *root = getenv("SPANAUDIT_TEST_SOURCE_ROOT");
	char *dir = NULL;

	out_puts(&src, "spanaudit: site/1\nname: lab\n");
	out_puts(&src, body);
	l.site = site_parse("site.yaml", out_str(&src), src.n, &errs);
	lab_errors(&errs);
	out_done(&src);
	assert_non_null(l.site);
	assert_int_not_equal(asprintf(&dir, "%s/rules", root ? root : "."), -1);
	errs = (struct errors){0};
	l.m = matrix_load(l.site->rules, l.site->n_rules, (const char *const[]){dir, NULL}, l.site,
			  &errs);
	lab_errors(&errs);
	free(dir);
	assert_non_null(l.m);
	l.c = calloc(LAB_MAX, sizeof *l.c);
	l.rows = calloc(LAB_MAX, sizeof *l.rows);
	assert_non_null(l.c);
	assert_non_null(l.rows);
	l.input = (struct result_input){
		.path = "night.pcap", .packets = 100000, .first_ns = T0, .last_ns = T0 + 25 * HOUR};
	l.in = (struct judge_input){.site = l.site,
				    .matrix = l.m,
				    .n_inputs = 1,
				    .coverage = {.packets = 100000},
				    .fail_on = SEV_MEDIUM};
	return l;
}

static inline void lab_close(struct lab *l)
{
	result_free(l->r);
	infer_free(l->infer);
	window_done(&l->window);
	blind_done(&l->blind);
	matrix_free(l->m);
	site_free(l->site);
	free(l->c);
	free(l->ends);
	free(l->rows);
}

/* One flow an hour into the window. `app` NULL: no bytes were recognised (nor sent). */
static inline struct conv *lab_conv(struct lab *l, const char *client, const char *server,
				    uint8_t proto, uint16_t port, const char *app,
				    enum flow_state state)
{
	struct lab_rows *rows = &l->rows[l->n];
	struct conv *c = &l->c[l->n++];
	bool good = state <= STATE_ONE_WAY;

	assert_true(l->n <= LAB_MAX);
	*c = (struct conv){
		.client = A(client),
		.server = A(server),
		.proto = proto,
		.port = port,
		.reason = DIR_SYN,
		.state = state,
		.group = false,
		.flows = 1,
		.packets = {5, good ? 5 : 0},
		.bytes = {500, good ? 500 : 0},
		.first_ns = T(3600),
		.last_ns = T(3660),
		.ok_last_ns = good ? T(3600) : TIME_NONE,
		.client_port_min = 50000,
		.client_port_max = 50000,
		.started = state != STATE_MID_STREAM,
	};
	lab_rows_lend(c, rows);
	c->by_state[state] = 1;
	c->app[0] = (struct conv_app){.flows = 1};
	c->app[0].by_state[state] = 1;
	c->n_app = 1;
	if (app) {
		c->app[0].app = app_by_name(app);
		if (c->app[0].app == APP_NONE)
			fail_msg("no protocol is called %s", app);
		c->app[0].conf = APP_SURE;
		c->payload[0] = c->payload[1] = c->app[0].payload[0] = c->app[0].payload[1] = 100;
	}
	c->app[0].ev[0] = (struct evidence){c->first_ns, 0, (uint32_t)l->n * 10};
	c->app[0].n_ev = 1;
	if (good) {
		c->ok_ev[0] = c->app[0].ev[0];
		c->n_ok_ev = 1;
	} else {
		c->fail->first_ns = T(3600);
		c->fail->last_ns = T(3660);
		c->fail->n = 1;
		c->fail->tries = 3;
		c->fail->ev[0] = c->app[0].ev[0];
		c->fail->n_ev = 1;
	}
	return c;
}

static inline int lab_order(const void *a, const void *b)
{
	const struct conv *x = a, *y = b;
	int d = addr_compare(&x->client, &y->client);

	if (!d)
		d = addr_compare(&x->server, &y->server);
	if (!d)
		d = (int)x->proto - (int)y->proto;
	return d ? d : (int)x->port - (int)y->port;
}

/* Tests say what was skipped or copied; the rest of the packets is in flows. */
static inline void lab_balance(struct coverage *c)
{
	c->decoded = c->packets;
	for (int i = DECODE_OK + 1; i < DECODE_N; i++)
		c->decoded -= c->skipped[i];
	c->flow_packets = c->decoded - c->other_proto - c->duplicates - c->shed_packets;
}

static inline struct result *lab_judge(struct lab *l)
{
	const char *why = "";

	qsort(l->c, l->n, sizeof *l->c, lab_order);
	l->in.inputs = &l->input;
	window_done(&l->window);
	if (l->input.first_ns != TIME_NONE) {
		for (int64_t ts = l->input.first_ns; ts < l->input.last_ns; ts += HOUR / 2)
			assert_int_equal(window_add(&l->window, ts), 0);
		assert_int_equal(window_add(&l->window, l->input.last_ns), 0);
	}
	l->in.window = l->in.n_inputs ? &l->window : NULL;
	l->in.convs = l->c;
	l->in.n_convs = l->n;
	l->in.ends = lab_ends(&l->ends, l->c, l->n);
	result_free(l->r);
	infer_free(l->infer);
	l->infer = infer_make(&(struct infer_input){.inventory = l->site->inventory,
						    .convs = l->c,
						    .n_convs = l->n,
						    .ends = l->in.ends,
						    .grants = l->in.grants,
						    .n_grants = l->in.n_grants});
	assert_non_null(l->infer);
	l->in.infer = l->infer;
	lab_balance(&l->in.coverage);
	l->r = judge(&l->in);
	assert_non_null(l->r);
	if (!result_balances(l->r, &why))
		fail_msg("%s", why);
	return l->r;
}

/* The verdict of the conversation to this port (of the first such in order). */
static inline const char *lab_verdict(const struct lab *l, uint16_t port)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->c[i].port == port)
			return kind_name((enum kind)l->r->verdict_of[i]);
	return "none";
}

static inline const struct finding *lab_find(const struct lab *l, enum kind kind, uint16_t port)
{
	for (size_t i = 0; i < l->r->n_findings; i++)
		if (l->r->findings[i].kind == kind && (!port || l->r->findings[i].port == port))
			return &l->r->findings[i];
	return NULL;
}

static inline size_t lab_count(const struct lab *l, enum kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < l->r->n_findings; i++)
		n += l->r->findings[i].kind == kind;
	return n;
}

static inline const struct rule_row *lab_rule(const struct lab *l, const char *id)
{
	for (size_t i = 0; i < l->r->n_rules; i++)
		if (!strcmp(l->r->rules[i].rule->id, id))
			return &l->r->rules[i];
	fail_msg("no rule %s", id);
	return NULL;
}

static inline const char *lab_result_word(enum rule_result r)
{
	static const char *const words[] = {"met", "violated", "unused", "not-judged"};

	return words[r];
}

/* For a test that fails: everything that came out. */
static inline void lab_dump(const struct lab *l)
{
	static const char *const sev[] = {"info", "low", "medium", "high", "critical"};

	for (size_t i = 0; i < l->r->n_findings; i++) {
		const struct finding *f = &l->r->findings[i];

		print_message("%s %s %s %u/%u %s\n   why: %s\n   do: %s\n   near: %s %s\n   %s\n",
			      f->id, sev[f->severity], kind_name(f->kind), f->proto, f->port,
			      f->rule ? f->rule->id : "-", f->why, f->advice ? f->advice : "-",
			      f->nearest ? f->nearest->id : "-",
			      f->nearest_why_not ? f->nearest_why_not : "-",
			      f->tshark ? f->tshark : "-");
	}
	for (size_t i = 0; i < l->r->n_rules; i++)
		print_message("%s %s %s\n", l->r->rules[i].rule->id,
			      lab_result_word(l->r->rules[i].result),
			      l->r->rules[i].reason ? l->r->rules[i].reason : "");
}

static inline bool has_text(const char *text, const char *part)
{
	return text && strstr(text, part);
}

#endif
