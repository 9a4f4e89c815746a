/* SPDX-License-Identifier: BSD-2-Clause */
/* infer_lab - conversations, grants, sightings and cards made by hand, and what they say of hosts.
 */
#ifndef SPAN_TESTS_INFER_LAB_H
#define SPAN_TESTS_INFER_LAB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/time.h"
#include "build.h"
#include "infer/infer.h"
#include "infer/sign.h"
#include "lab_rows.h"
#include "recognise/recognise.h"
#include "recognise/rpc_iface.h"

enum { TCP = 6, UDP = 17, LAB_MAX = 4096 };
#define T(s) ((int64_t)(1714521600 + (s)) * NS_PER_S)

struct lab {
	struct inventory *inv;
	struct conv *c;
	struct lab_rows *rows;
	struct grant g[16];
	struct sighting s[64];
	struct card card[64];
	struct addr card_addr[64][CARD_ADDRS];
	struct cluster_host cluster[4];
	size_t n, n_g, n_s, n_card, n_cluster;
	struct infer *f;
	struct addr *ends;
};

static inline struct lab lab_open(void)
{
	struct lab l = {.inv = inventory_new(),
			.c = calloc(LAB_MAX, sizeof(struct conv)),
			.rows = calloc(LAB_MAX, sizeof(struct lab_rows))};

	assert_non_null(l.inv);
	assert_non_null(l.c);
	assert_non_null(l.rows);
	return l;
}

static inline void lab_close(struct lab *l)
{
	infer_free(l->f);
	inventory_free(l->inv);
	free(l->c);
	free(l->ends);
	free(l->rows);
}

/* A declared host, or with a '/' a network. */
static inline struct host *lab_host(struct lab *l, const char *name, roleset roles, const char *a,
				    const char *b)
{
	struct arena *m = inventory_arena(l->inv);
	struct addr *addr = arena_alloc(m, 2 * sizeof *addr);
	struct prefix *net = arena_alloc(m, sizeof *net);
	struct host h = {.name = name, .declared = roles, .addr = addr};
	const struct host *other;
	struct host *mine;

	h.is_network = strchr(a, '/') != NULL;
	if (h.is_network) {
		assert_true(prefix_parse(a, net));
		h.net = net;
	} else {
		addr[h.n_addr++] = A(a);
		if (b)
			addr[h.n_addr++] = A(b);
	}
	mine = inventory_add(l->inv, &h, &other);
	assert_non_null(mine);
	inventory_close(l->inv);
	return mine;
}

/* An answered conversation with payload both ways. */
static inline struct conv *lab_conv(struct lab *l, const char *client, const char *server,
				    uint8_t proto, uint16_t port, const char *app)
{
	struct lab_rows *rows = &l->rows[l->n];
	struct conv *c = &l->c[l->n++];

	assert_true(l->n <= LAB_MAX);
	*c = (struct conv){.client = A(client),
			   .server = A(server),
			   .proto = proto,
			   .port = port,
			   .reason = DIR_SYN,
			   .flows = 1,
			   .packets = {5, 5},
			   .payload = {100, 100},
			   .first_ns = T(l->n),
			   .last_ns = T(l->n + 1),
			   .n_app = 1,
			   .n_ok_ev = 1};
	lab_rows_lend(c, rows);
	c->by_state[STATE_ESTABLISHED] = 1;
	c->ok_ev[0] = (struct evidence){c->first_ns, 0, (uint32_t)l->n};
	c->app[0] = (struct conv_app){.flows = 1,
				      .payload = {100, 100},
				      .n_ev = 1,
				      .app = app ? app_by_name(app) : APP_NONE,
				      .conf = app ? APP_SURE : APP_UNSURE};
	c->app[0].by_state[STATE_ESTABLISHED] = 1;
	c->app[0].ev[0] = c->ok_ev[0];
	if (app && c->app[0].app == APP_NONE)
		fail_msg("no protocol is called %s", app);
	return c;
}

static inline void lab_failed(struct conv *c)
{
	c->state = STATE_NO_ANSWER;
	c->payload[0] = c->payload[1] = c->app[0].payload[0] = c->app[0].payload[1] = 0;
	c->by_state[STATE_ESTABLISHED] = c->app[0].by_state[STATE_ESTABLISHED] = 0;
	c->by_state[STATE_NO_ANSWER] = c->app[0].by_state[STATE_NO_ANSWER] = 1;
}

static inline struct sighting *lab_sight(struct lab *l, enum sighting_kind kind, const char *about,
					 const char *by, const char *name, const char *text)
{
	struct sighting *s = &l->s[l->n_s++];

	*s = (struct sighting){.kind = kind, .n = 1, .first = {T(l->n_s), 0, (uint32_t)l->n_s}};
	if (about)
		s->about = A(about);
	if (by)
		s->by = A(by);
	snprintf(s->name, sizeof s->name, "%s", name ? name : "");
	snprintf(s->text, sizeof s->text, "%s", text ? text : "");
	return s;
}

/* An address more of a card; call it with the addresses of one card in any order. */
static inline void lab_card(struct lab *l, const char *mac, const char *addr)
{
	struct addr a = A(addr);
	struct card *c = NULL;
	unsigned b[6], at = 0;
	uint8_t bytes[6];

	assert_int_equal(sscanf(mac, "%x:%x:%x:%x:%x:%x", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5]),
			 6);
	for (int i = 0; i < 6; i++)
		bytes[i] = (uint8_t)b[i];
	for (size_t i = 0; i < l->n_card; i++)
		if (!memcmp(l->card[i].mac, bytes, 6))
			c = &l->card[i];
	if (!c) {
		c = &l->card[l->n_card];
		c->addr = l->card_addr[l->n_card++];
	}
	memcpy(c->mac, bytes, 6);
	while (at < c->n && memcmp(&c->addr[at], &a, sizeof a) < 0)
		at++;
	memmove(&c->addr[at + 1], &c->addr[at], (c->n - at) * sizeof a);
	c->addr[at] = a;
	c->n++;
}

static inline int lab_card_order(const void *a, const void *b)
{
	return memcmp(((const struct card *)a)->mac, ((const struct card *)b)->mac, 6);
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

/* Along all addresses in order, the same is found as by a search for each. */
static inline void lab_walk(const struct lab *l, const struct ends *e)
{
	struct infer_walk w = {0};

	for (size_t i = 0; i < e->n; i++)
		assert_ptr_equal(infer_walk(l->f, &w, &e->addr[i]), infer_find(l->f, &e->addr[i]));
}

static inline void lab_infer(struct lab *l)
{
	struct ends ends;

	infer_free(l->f);
	qsort(l->c, l->n, sizeof *l->c, lab_order);
	qsort(l->card, l->n_card, sizeof *l->card, lab_card_order);
	ends = lab_ends(&l->ends, l->c, l->n);
	l->f = infer_make(&(struct infer_input){.inventory = l->inv,
						.convs = l->c,
						.n_convs = l->n,
						.ends = ends,
						.grants = l->g,
						.n_grants = l->n_g,
						.sightings = l->s,
						.n_sightings = l->n_s,
						.cards = l->card,
						.n_cards = l->n_card,
						.clusters = l->cluster,
						.n_clusters = l->n_cluster});
	assert_non_null(l->f);
	lab_walk(l, &ends);
}

/* 'A' ... 'D', '-' when traffic does not say so. */
static inline char lab_grade(const struct lab *l, const char *addr, enum role role)
{
	struct addr a = A(addr);
	const struct infer_role *r = infer_role_of(infer_find(l->f, &a), role);

	return r ? r->grade : '-';
}

static inline bool lab_same(const struct lab *l, const char *x, const char *y)
{
	struct addr a = A(x), b = A(y);
	const struct infer_host *h = infer_find(l->f, &a);

	return h && h == infer_find(l->f, &b);
}

#endif
