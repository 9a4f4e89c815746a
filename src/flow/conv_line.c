// SPDX-License-Identifier: BSD-2-Clause
/*
 * conv_line - flows wait in a line for their conversations, while there is room for all of them.
 *
 * A flow that ends asks for what nobody looked at for a while: two addresses, a place in a table, a
 * conversation. Of a line of them each is fetched while the others are, where one alone would wait
 * for one after the other.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "flow/conv_table.h"

/* More than a flow without interfaces and pipes can make of a table. */
enum { FLOW_ROOM = 4096 };

static bool ample(const struct conv_table *t)
{
	size_t n = t->convs.n + t->waiting.n + t->attempts.n + t->n_line;

	return n + CONV_LINE < t->o.max_conversations &&
	       (!t->o.max_memory ||
		conv_table_memory(t) + (size_t)CONV_LINE * FLOW_ROOM < t->o.max_memory);
}

bool conv_line_takes(struct conv_table *t, const struct conv_facts *f)
{
	if (f->n_iface || f->n_pipe || f->bind || !ample(t))
		return false;
	if (!t->flows)
		t->flows = calloc(CONV_LINE, sizeof *t->flows);
	return t->flows;
}

int conv_line_put(struct conv_table *t, const struct flow_done *d, const struct conv_facts *f,
		  bool directed, bool group)
{
	struct waiting_flow *w = &t->flows[t->n_flow];
	uint16_t vlan = conv_key_vlan(t, d->vlan);

	w->d = *d;
	w->f = *f;
	w->directed = directed;
	w->group = group;
	w->name[0] = '\0';
	if (f->name)
		memcpy(w->name, f->name, strnlen(f->name, sizeof w->name - 1) + 1);
	w->name[sizeof w->name - 1] = '\0';
	w->f.name = f->name ? w->name : NULL;
	for (unsigned k = 0; k < 2; k++) {
		w->tag[k] = end_tag(&t->addrs, &d->addr[k], vlan);
		end_fetch_slot(&t->addrs, w->tag[k]);
	}
	return ++t->n_flow < CONV_LINE ? 0 : conv_line_flush(t);
}

static int numbers(struct conv_table *t, struct waiting_flow *w)
{
	const struct flow_done *d = &w->d;
	uint16_t vlan = conv_key_vlan(t, d->vlan);

	w->key = (struct conv_key){
		.client = end_number_tagged(&t->addrs, &d->addr[0], vlan, w->tag[0], true),
		.server = end_number_tagged(&t->addrs, &d->addr[1], vlan, w->tag[1], true),
		.port = d->port[1],
		.proto = d->proto,
		.cport = w->directed ? -1 : d->port[0],
	};
	if (w->key.client == END_NONE || w->key.server == END_NONE)
		return -ENOMEM;
	w->key_tag = conv_key_tag(t, &w->key);
	conv_set_fetch_slot(w->directed ? &t->convs : &t->waiting, w->key_tag);
	return 0;
}

static int into(struct conv_table *t, struct waiting_flow *w)
{
	int err;
	struct conv *c = conv_set_get_tagged(t, w->directed ? &t->convs : &t->waiting, &w->key,
					     w->key_tag, true, &err);

	return c ? conv_put_flow(t, c, &w->key, &w->d, &w->f, w->group) : err;
}

static int all_into(struct conv_table *t, unsigned n)
{
	int err = 0;

	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 0; k < 2; k++)
			end_fetch(&t->addrs, t->flows[i].tag[k]);
	for (unsigned i = 0; i < n && err == 0; i++)
		err = numbers(t, &t->flows[i]);
	for (unsigned i = 0; i < n && err == 0; i++)
		conv_set_fetch(t->flows[i].directed ? &t->convs : &t->waiting, t->flows[i].key_tag);
	for (unsigned i = 0; i < n && err == 0; i++)
		err = into(t, &t->flows[i]);
	return err;
}

int conv_line_flush(struct conv_table *t)
{
	unsigned n = t->n_flow;
	int err = 0;

	if (!n)
		return 0;
	t->n_flow = 0;
	if (ample(t))
		return all_into(t, n);
	/* What a table may have was made less in the meantime. */
	for (unsigned i = 0; i < n && err == 0; i++) {
		struct waiting_flow *w = &t->flows[i];

		err = conv_add_now(t, &w->d, &w->f, w->directed, w->group);
	}
	return err;
}
