// SPDX-License-Identifier: BSD-2-Clause
/*
 * Most conversations of a deployment ask the same few questions: clients of one role, at one host,
 * on one port, with one protocol. What a question came to is kept by all that it was made of, one
 * place for each hash: questions that meet there cost their answers anew, and nothing else, so the
 * hash needs no secret.
 *
 * What somebody was told of (grants), bound (interfaces) or asked for by name is too much to keep.
 */
#include <stdlib.h>
#include <string.h>

#include "findings/work.h"

enum { ANSWERS_BITS = 12 };

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
	struct answer once; /* of what is not kept */
	struct kept kept[1 << ANSWERS_BITS];
};

struct answers *answers_new(void)
{
	return calloc(1, sizeof(struct answers));
}

struct answers *answers_free(struct answers *a)
{
	free(a);
	return NULL;
}

static uint32_t flags_of(const struct ask *q)
{
	const bool flag[] = {
		q->client_public,  q->server_public, q->same_host,
		q->client_linked,  q->server_linked, q->group,
		q->group_sends,    q->sure,          q->established,
		q->payload,        q->snapped,       q->in_setup,
		q->imagined,       q->mid_stream,    q->early,
		q->dialled_mapper, q->called_back,   q->mapper_just_before,
		q->mapper_sealed,  q->mapper_unread,
	};
	uint32_t bits = 0;

	for (size_t i = 0; i < sizeof flag / sizeof *flag; i++)
		bits |= (uint32_t)flag[i] << i;
	return bits;
}

static struct answer_key key_of(const struct ask *q)
{
	return (struct answer_key){
		.client_host = q->client.host,
		.server_host = q->server.host,
		.client = q->client.roles,
		.server = q->server.roles,
		.notes = q->notes,
		.flags = flags_of(q),
		/* Nobody asks for it of a direction that is known. */
		.client_port = q->confidence < LOW_CONFIDENCE ? q->client_port : 0,
		.port = q->port,
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
	key = key_of(q);
	k = place_of(a, &key);
	if (memcmp(&k->key, &key, sizeof key) != 0) {
		k->key = key;
		k->answer.candidate = 0;
		ask_decide(site, m, q, &k->answer.r);
	}
	return &k->answer;
}
