// SPDX-License-Identifier: BSD-2-Clause
/* learn - which learner reads which stream, what they may take, and what they found. */
#include "learn/learn.h"

#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "learn/learner.h"
#include "recognise/recognise.h"

#define X(id) extern const struct learner learner_##id;
#include "learn/learners.h"
#undef X

static const struct learner *const all[] = {
#define X(id) &learner_##id,
#include "learn/learners.h"
#undef X
	NULL, /* a build may have none */
};

static const size_t MEMORY = (size_t)64 << 20;

struct learn {
	const struct learn_tap *tap;
	struct grants *grants;
	struct sightings *sightings;
	struct learn_flow *open; /* streams that are read */
	size_t max_memory;
	bool spare;
	struct learn_stats stats;
};

size_t learner_count(void)
{
	return N_ELEMENTS(all) - 1;
}

const struct learner *learner_at(size_t i)
{
	return i < learner_count() ? all[i] : NULL;
}

struct learn *learn_new(const struct learn_options *o)
{
	struct learn *l = calloc(1, sizeof *l);

	if (!l)
		return NULL;
	/* Half for what is read now, half for what was learned. */
	l->max_memory = (o->max_memory ? o->max_memory : MEMORY) / 2;
	l->tap = o->tap;
	l->grants = grants_new(o->key, l->max_memory / 2);
	l->sightings = sightings_new(o->key, l->max_memory / 2);
	return l->grants && l->sightings ? l : learn_free(l);
}

struct learn *learn_free(struct learn *l)
{
	struct learn_facts unread;

	if (!l)
		return NULL;
	while (l->open) /* a run that ended by an error */
		learn_close(l->open, &unread);
	grants_free(l->grants);
	sightings_free(l->sightings);
	free(l);
	return NULL;
}

const struct learn_stats *learn_stats(const struct learn *l)
{
	return &l->stats;
}

void *learn_take(struct learn *l, size_t n)
{
	void *p = n <= l->max_memory && l->stats.memory <= l->max_memory - n ? calloc(1, n) : NULL;

	if (!p) {
		l->stats.refused++;
		return NULL;
	}
	l->stats.memory += n;
	if (l->stats.memory > l->stats.memory_max)
		l->stats.memory_max = l->stats.memory;
	return p;
}

void learn_give(struct learn *l, void *p, size_t n)
{
	if (!p)
		return;
	l->stats.memory -= n;
	free(p);
}

void learn_spare(struct learn *l, bool names)
{
	l->spare = names;
}

static const struct learner *learner_for(const struct learn_ask *q)
{
	const char *app = app_name(q->app);

	for (size_t i = 0; i < learner_count(); i++)
		if (all[i]->wants(q, app))
			return all[i];
	return NULL;
}

bool learn_wants(const struct learn_ask *q)
{
	return learner_for(q);
}

struct learn_flow *learn_open(struct learn *l, const struct learn_ask *q)
{
	const struct learner *learner = learner_for(q);

	if (!learner)
		return NULL;
	if (l->spare && learner->names_only) {
		l->stats.spared += !q->last;
		return NULL;
	}

	struct learn_flow *f = learn_take(l, sizeof *f);

	if (!f)
		return NULL;
	f->learner = learner;
	f->l = l;
	f->proto = q->proto;
	memcpy(f->addr, q->addr, sizeof f->addr);
	memcpy(f->port, q->port, sizeof f->port);
	f->facts.client_side = -1;
	if (!learner->open(f)) {
		learn_give(l, f, sizeof *f);
		return NULL;
	}
	f->next = l->open;
	if (f->next)
		f->next->prev = f;
	l->open = f;
	l->stats.flows++;
	return f;
}

bool learn_bytes(struct learn_flow *f, unsigned side, const uint8_t *p, size_t n, bool start,
		 const struct evidence *at)
{
	if (!f->enough)
		f->learner->bytes(f, side, p, n, start, at);
	return !f->enough;
}

bool learn_gap(struct learn_flow *f, unsigned side, uint64_t n)
{
	if (!f->enough && f->learner->gap)
		f->learner->gap(f, side, n);
	return !f->enough;
}

const struct learn_facts *learn_end(struct learn_flow *f)
{
	f->learner->close(f);
	return &f->facts;
}

void learn_free_flow(struct learn_flow *f)
{
	*(f->prev ? &f->prev->next : &f->l->open) = f->next;
	if (f->next)
		f->next->prev = f->prev;
	learn_give(f->l, f, sizeof *f);
}

void learn_close(struct learn_flow *f, struct learn_facts *ret_facts)
{
	*ret_facts = *learn_end(f);
	learn_free_flow(f);
}

int learn_client_side(const struct learn_flow *f)
{
	return f->facts.client_side;
}

const struct learn_facts *learn_so_far(const struct learn_flow *f)
{
	return &f->facts;
}

void learn_put_grant(struct learn *l, const struct grant *g)
{
	if (!grants_put(l->grants, g))
		l->stats.grants_shed += g->n;
}

void learn_put_sighting(struct learn *l, const struct sighting *s)
{
	if (!sightings_put(l->sightings, s))
		l->stats.sightings_shed += s->n;
}

int learn_grants(struct learn *l, const struct grant **ret_grants, size_t *ret_n)
{
	return grants_sorted(l->grants, ret_grants, ret_n);
}

int learn_sightings(struct learn *l, const struct sighting **ret_sightings, size_t *ret_n)
{
	return sightings_sorted(l->sightings, ret_sightings, ret_n);
}

int learn_absorb(struct learn *l, struct learn *from)
{
	const struct grant *g;
	const struct sighting *s;
	size_t n;
	int r = learn_grants(from, &g, &n);

	for (size_t i = 0; r == 0 && i < n; i++)
		learn_put_grant(l, &g[i]);
	r = r ? r : learn_sightings(from, &s, &n);
	for (size_t i = 0; r == 0 && i < n; i++)
		learn_put_sighting(l, &s[i]);
	return r;
}

bool learn_fits(const struct learn *l, size_t memory)
{
	return memory <= l->max_memory;
}

void learn_room(const struct learn *l, struct learn_room *ret_most, struct learn_room *ret_taken)
{
	ret_most->flows = l->max_memory;
	ret_taken->flows = l->stats.memory;
	ret_taken->grants = grants_taken(l->grants, &ret_most->grants);
	ret_taken->sightings = sightings_taken(l->sightings, &ret_most->sightings);
}

void learn_limit(struct learn *l, const struct learn_room *most)
{
	l->max_memory = most->flows;
	grants_limit(l->grants, most->grants);
	sightings_limit(l->sightings, most->sightings);
}

void learn_told(struct learn *l, const struct sighting *s, const struct evidence *at)
{
	l->stats.sightings++;
	l->stats.sightings_shed += !sightings_add(l->sightings, s, at);
	if (l->tap)
		l->tap->sighted(l->tap->user, s, at);
}

void learn_iface_add(struct learn_flow *f, const uint8_t uuid[16], uint16_t major, uint16_t minor,
		     bool refused)
{
	struct learn_facts *k = &f->facts;

	for (uint8_t i = 0; i < k->n_iface; i++) {
		struct learn_iface *one = &k->iface[i];

		if (!memcmp(one->uuid, uuid, sizeof one->uuid) && one->major == major &&
		    one->minor == minor) {
			one->refused &= refused;
			return;
		}
	}
	if (k->n_iface == LEARN_IFACES)
		return;

	struct learn_iface *one = &k->iface[k->n_iface++];

	memcpy(one->uuid, uuid, sizeof one->uuid);
	one->major = major;
	one->minor = minor;
	one->refused = refused;
}

void learn_granted(struct learn_flow *f, unsigned server_side, const struct granted *g,
		   bool assumed, const struct evidence *at)
{
	const struct grant one = {.server = f->addr[server_side],
				  .client = f->addr[!server_side],
				  .g = *g,
				  .first = *at,
				  .last_ns = at->ts_ns,
				  .n = 1,
				  .assumed = assumed};

	if (!grants_put(f->l->grants, &one))
		f->l->stats.grants_shed++;
	if (f->l->tap)
		f->l->tap->granted(f->l->tap->user, &one);
}

void learn_sighted(struct learn_flow *f, const struct sighting *s, const struct evidence *at)
{
	learn_told(f->l, s, at);
}

void learn_answered(struct learn_flow *f, enum learn_answer what)
{
	f->l->stats.answers++;
	f->l->stats.sealed += what == LEARN_ANSWER_SEALED;
	f->l->stats.bad += what == LEARN_ANSWER_BAD;
	if (what == LEARN_ANSWER_SEALED)
		f->facts.sealed = true;
}
