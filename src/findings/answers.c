// SPDX-License-Identifier: BSD-2-Clause
/*
 * Most conversations of a deployment ask the same few questions: clients of one role, at one host,
 * on one port, with one protocol. What a question came to is kept by all that it was made of, one
 * place for each hash: questions that meet there cost their answers anew, and nothing else, so the
 * hash needs no secret.
 *
 * A port is kept as its class: ports that no rule, line of the site file or word of the judge tells
 * apart have one. Who called is not known of many conversations, and then the client's port is part
 * of the question, a new one each time.
 *
 * What somebody was told of (grants), bound (interfaces) or asked for by name is too much to keep.
 */
#include <stdlib.h>
#include <string.h>

#include "findings/work.h"

enum {
	ANSWERS_BITS = 12,
	OWN_CLASS =
		8192, /* below, each port is one of its own: those that the judge knows by number */
};

struct answer_key { /* compared as bytes: no padding */
	const struct host *client_host, *server_host;
	roleset client, server;
	uint32_t notes, flags;
	uint16_t client_port, port, sql_port, app;
	uint8_t proto, confidence, used, unused[5];
};
_Static_assert(sizeof(struct answer_key) == 48, "compared as bytes: no padding");
_Static_assert(sizeof(struct ask) == 120, "is the new member in the key?");

struct kept {
	struct answer_key key; /* used 0: nothing is kept here */
	struct answer answer;
};

struct answers {
	VEC(uint32_t) bounds; /* ports where a class begins, ascending */
	struct answer once;   /* of what is not kept */
	struct kept kept[1 << ANSWERS_BITS];
};

/* ------------------------------------------------------------------ classes of ports */

static bool bound_add(struct answers *a, uint32_t port)
{
	return port <= OWN_CLASS || vec_push(&a->bounds, port);
}

static bool bounds_of_hosts(struct answers *a, const struct inventory *v)
{
	for (size_t i = 0; i < inventory_count(v); i++)
		for (unsigned key = 0; key < PORT_KEY_N; key++) {
			const struct port_list *l = &inventory_at(v, i)->ports[key];

			for (unsigned k = 0; k < l->n; k++)
				if (!bound_add(a, l->r[k].lo) ||
				    !bound_add(a, (uint32_t)l->r[k].hi + 1))
					return false;
		}
	return true;
}

static int bound_order(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static bool bounds_make(struct answers *a, const struct site *site, const struct matrix *m)
{
	const uint32_t *of_rules;
	size_t n = matrix_port_bounds(m, &of_rules), k = 0;
	bool ok = vec_push(&a->bounds, OWN_CLASS) && bounds_of_hosts(a, site->inventory);

	for (size_t i = 0; ok && i < n; i++)
		ok = bound_add(a, of_rules[i]);
	for (size_t i = 0; ok && i < site->n_egress; i++)
		ok = bound_add(a, site->egress[i].port) && bound_add(a, site->egress[i].port + 1U);
	if (!ok)
		return false;
	qsort(a->bounds.v, a->bounds.n, sizeof *a->bounds.v, bound_order);
	for (size_t i = 0; i < a->bounds.n; i++)
		if (!k || a->bounds.v[i] != a->bounds.v[k - 1])
			a->bounds.v[k++] = a->bounds.v[i];
	a->bounds.n = k;
	return true;
}

/* The first port of its class. */
static uint16_t class_of(const struct answers *a, uint16_t port)
{
	const uint32_t *v = a->bounds.v;

	if (port < OWN_CLASS)
		return port;
	for (size_t n = a->bounds.n; n > 1; n -= n / 2)
		v = v[n / 2] <= port ? v + n / 2 : v;
	return (uint16_t)*v;
}

/* ------------------------------------------------------------------ answers */

struct answers *answers_new(const struct site *site, const struct matrix *m)
{
	struct answers *a = calloc(1, sizeof *a);

	return a && bounds_make(a, site, m) ? a : answers_free(a);
}

struct answers *answers_free(struct answers *a)
{
	if (a)
		vec_done(&a->bounds);
	free(a);
	return NULL;
}

static uint32_t flags_of(const struct ask *q)
{
	uint32_t bits = 0;

	/* Without a loop: this is asked for each conversation. */
#define FLAG(name) bits = bits << 1 | q->name
	FLAG(client_public);
	FLAG(server_public);
	FLAG(same_host);
	FLAG(client_linked);
	FLAG(server_linked);
	FLAG(group);
	FLAG(group_sends);
	FLAG(sure);
	FLAG(established);
	FLAG(payload);
	FLAG(snapped);
	FLAG(in_setup);
	FLAG(imagined);
	FLAG(mid_stream);
	FLAG(early);
	FLAG(dialled_mapper);
	FLAG(called_back);
	FLAG(mapper_just_before);
	FLAG(mapper_sealed);
	FLAG(mapper_unread);
#undef FLAG
	return bits;
}

static struct answer_key key_of(const struct answers *a, const struct ask *q)
{
	return (struct answer_key){
		.client_host = q->client.host,
		.server_host = q->server.host,
		.client = q->client.roles,
		.server = q->server.roles,
		.notes = q->notes,
		.flags = flags_of(q),
		/* Nobody asks for it of a direction that is known. */
		.client_port = q->confidence < LOW_CONFIDENCE ? class_of(a, q->client_port) : 0,
		.port = class_of(a, q->port),
		.sql_port = q->sql_port,
		.app = q->app,
		.proto = q->proto,
		.confidence = (uint8_t)q->confidence,
		.used = 1,
	};
}

static struct kept *place_of(struct answers *a, const struct answer_key *k)
{
	uint64_t word[6], h = 0;

	memcpy(word, k, sizeof word);
	for (size_t i = 0; i < 6; i++)
		h = (h ^ word[i]) * UINT64_C(0x9e3779b97f4a7c15);
	return &a->kept[h >> (64 - ANSWERS_BITS)];
}

struct answer *answers_decide(struct answers *a, const struct site *site, struct matrix *m,
			      const struct ask *q)
{
	struct answer_key key;
	struct kept *k;

	if (q->hit || q->n_iface || q->n_names) {
		a->once.candidate = 0;
		ask_decide(site, m, q, &a->once.r);
		return &a->once;
	}
	key = key_of(a, q);
	k = place_of(a, &key);
	if (memcmp(&k->key, &key, sizeof key) != 0) {
		k->key = key;
		k->answer.candidate = 0;
		ask_decide(site, m, q, &k->answer.r);
	}
	return &k->answer;
}
