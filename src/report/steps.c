// SPDX-License-Identifier: BSD-2-Clause
/* steps - what to do first, as every format that begins with it has it. */
#include <string.h>

#include "report/words.h"

enum { PORTS = 8, IDS = 8 };

bool word_is_among(const struct word_steps *s, const struct finding *f)
{
	if (!word_asks(f) || !word_selected(f, s->opt))
		return false;
	return !s->news || !s->r->since.report || f->status == STATUS_NEW || f->worse;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_end(const struct endpoint *a, const struct endpoint *b)
{
	if (a->host && b->host) /* whichever of its addresses it is */
		return same_text(a->host, b->host) && same_text(a->network, b->network);
	if (a->has_address != b->has_address ||
	    (a->has_address && !addr_equal(&a->address, &b->address)))
		return false;
	return same_text(a->network, b->network) && a->host == b->host && a->roles == b->roles;
}

static bool same_step(const struct finding *a, const struct finding *b)
{
	if (a->kind != b->kind || a->severity != b->severity || a->status != b->status ||
	    a->worse != b->worse)
		return false;
	return a->port && b->port && a->advice && same_text(a->advice, b->advice) &&
	       same_end(&a->client, &b->client) && same_end(&a->server, &b->server);
}

static bool is_told(const struct word_steps *s, const struct finding *f)
{
	for (unsigned i = 0; i < s->n; i++)
		if (same_step(s->step[i], f))
			return true;
	return false;
}

const struct finding *word_step(struct word_steps *s)
{
	while (s->n < WORD_STEPS && s->at < s->r->n_findings) {
		const struct finding *f = &s->r->findings[s->at++];

		if (!word_is_among(s, f) || is_told(s, f))
			continue;
		s->step[s->n++] = f;
		for (const struct finding *g = f; g; g = word_step_more(s, g))
			s->listed++;
		return f;
	}
	return NULL;
}

const struct finding *word_step_more(const struct word_steps *s, const struct finding *f)
{
	for (size_t i = (size_t)(f - s->r->findings) + 1; i < s->r->n_findings; i++)
		if (word_is_among(s, &s->r->findings[i]) && same_step(f, &s->r->findings[i]))
			return &s->r->findings[i];
	return NULL;
}

void word_step_who(const struct word_steps *s, const struct finding *f, const char *arrow,
		   struct out *o)
{
	unsigned n = 1;
	char buf[8];

	word_conversation_by(f, arrow, o);
	for (f = word_step_more(s, f); f; f = word_step_more(s, f))
		if (++n <= PORTS)
			out_printf(o, ", %u/%s", f->port, word_transport(f->proto, buf));
	if (n > PORTS)
		out_printf(o, " and %u more", n - PORTS);
}

void word_step_ids(const struct word_steps *s, const struct finding *f, struct out *o)
{
	const char *status = word_status(f);
	unsigned n = 1;

	out_puts(o, f->id);
	for (f = word_step_more(s, f); f; f = word_step_more(s, f))
		if (++n <= IDS)
			out_printf(o, ", %s", f->id);
	if (n > IDS)
		out_printf(o, " and %u more", n - IDS);
	out_puts(o, status);
}

uint64_t word_steps_left(const struct word_steps *s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s->r->n_findings; i++)
		n += word_is_among(s, &s->r->findings[i]);
	return n - s->listed;
}
