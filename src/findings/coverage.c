// SPDX-License-Identifier: BSD-2-Clause
/*
 * Can the result be trusted? A report over an empty, cut or lossy capture is never green: what
 * could have hidden a problem makes it inconclusive, what only limits it is a caveat.
 */
#include <stdlib.h>
#include <string.h>

#include "findings/demand.h"
#include "findings/work.h"

enum { CAVEATS = 64 };
/* Network cards and their queues put packets out of order by milliseconds, not more. */
#define CLOCK_STEP (1 * NS_PER_S)

double coverage_loss(const struct coverage *c)
{
	double tcp = 0, drops = 0;
	uint64_t all = c->tcp_unseen_bytes + c->tcp_bytes;
	uint64_t lost = c->kernel_drops + c->interface_drops;

	if (all)
		tcp = (double)c->tcp_unseen_bytes / (double)all;
	/* What was read and not followed is as good as lost. */
	if (lost + c->shed_packets)
		drops = (double)(lost + c->shed_packets) / (double)(lost + c->packets);
	return tcp > drops ? tcp : drops;
}

double site_max_loss(const struct site *s)
{
	double limit = 0.01;

	for (size_t i = 0; i < s->n_sensors; i++)
		if (!i || s->sensors[i].max_loss < limit)
			limit = s->sensors[i].max_loss;
	return limit;
}

bool coverage_one_way(const struct coverage *c)
{
	return c->tcp_flows && c->one_way_flows * 2 > c->tcp_flows;
}

uint64_t coverage_undecoded(const struct coverage *c)
{
	uint64_t bad = 0;

	for (int i = 0; i < DECODE_N; i++)
		if (i != DECODE_OK && i != SKIP_FILTERED && i != SKIP_NOT_IP)
			bad += c->skipped[i];
	return bad;
}

/* ------------------------------------------------------------------ window */

void window_make(struct work *w)
{
	const struct window *seen = w->in->window;
	struct result *r = w->r;

	r->from_ns = r->to_ns = TIME_NONE;
	if (seen && seen->spans.n) {
		r->from_ns = seen->spans.v[0].from_ns;
		r->to_ns = seen->spans.v[seen->spans.n - 1].to_ns;
		r->observed_ns = window_observed(seen);
	}
	asked_hold(w);
}

/* ------------------------------------------------------------------ caveats */

struct said {
	const char *v[CAVEATS];
	size_t n;
	const char *fatal; /* the first that makes the result inconclusive */
};

static void say(struct said *s, bool inconclusive, const char *text)
{
	if (inconclusive && !s->fatal)
		s->fatal = text;
	if (s->n < CAVEATS)
		s->v[s->n++] = text;
}

/* Packets that the window put in order are nothing to worry about; a clock that was set is. */
static void times_said(struct work *w, struct said *s, const struct result_input *in)
{
	char span[TIME_TEXT];

	if (in->untimed)
		say(s, false,
		    arena_printf(w->a, "%s: %s no time and got that of the one before.", in->path,
				 text_counted(w->a, in->untimed, "packet has", "packets have")));
	if (!in->unsorted && in->step_ns >= CLOCK_STEP)
		say(s, false,
		    arena_printf(w->a,
				 "%s: times go back by up to %s (packet %u): the clock of the "
				 "capturing computer was set, or captures were joined. The packets "
				 "were put in the order of their times.",
				 in->path, duration_human(in->step_ns, span), in->step_packet));
	if (in->unsorted)
		say(s, false,
		    arena_printf(w->a,
				 "%s: the clock of the capture jumped: times go back by up to %s "
				 "(packet %u), and %s out of order.",
				 in->path, duration_human(in->step_ns, span), in->step_packet,
				 text_counted(w->a, in->unsorted, "packet stays", "packets stay")));
	if (in->strange_time)
		say(s, false,
		    arena_printf(w->a,
				 "%s: %s before 1970 or after 2099: the clock of the capturing "
				 "computer was wrong, or the file is damaged.",
				 in->path,
				 text_counted(w->a, in->strange_time, "packet has a time",
					      "packets have times")));
}

static void inputs_said(struct work *w, struct said *s)
{
	const struct result *r = w->r;
	size_t cut = 0, strange = 0;

	if (w->in->lost_input)
		say(s, true, arena_strdup(w->a, w->in->lost_input));
	for (size_t i = 0; i < w->in->n_caveats; i++)
		say(s, w->in->caveats[i].inconclusive, arena_strdup(w->a, w->in->caveats[i].text));
	for (size_t i = 0; i < r->n_inputs; i++) {
		const struct result_input *in = &r->inputs[i];

		if (in->failed)
			say(s, true,
			    arena_printf(w->a,
					 "%s could not be read; nothing of it is in this result.",
					 in->path));
		if (in->caveat && ++cut <= 16)
			say(s, true, arena_printf(w->a, "%s: %s.", in->path, in->caveat));
	}
	for (size_t i = 0; i < r->n_inputs && strange < 16; i++) {
		const struct result_input *in = &r->inputs[i];

		strange += in->note || in->same_as || in->unsorted || in->strange_time ||
			   in->untimed || in->step_ns >= CLOCK_STEP;
		if (in->note)
			say(s, false, arena_printf(w->a, "%s: %s.", in->path, in->note));
		if (in->same_as)
			say(s, false,
			    strcmp(in->path, in->same_as) == 0
				    ? arena_printf(w->a, "%s was named twice and read once.",
						   in->path)
				    : arena_printf(
					      w->a,
					      "%s holds the same bytes as %s; they were read once.",
					      in->path, in->same_as));
		times_said(w, s, in);
	}
	if (cut > 16)
		say(s, true,
		    arena_printf(w->a, "%zu more inputs have caveats of their own.", cut - 16));
}

static void packets_said(struct work *w, struct said *s)
{
	const struct coverage *c = &w->r->coverage;
	uint64_t bad = coverage_undecoded(c), seen = c->packets - c->skipped[SKIP_FILTERED];

	if (!c->packets) {
		say(s, true,
		    w->in->asked.given ? "There is no packet of the time asked for in the input."
				       : "There is no packet in the input.");
		return;
	}
	if (bad && bad * 2 > seen)
		say(s, true,
		    arena_printf(w->a, "%llu of %llu packets could not be decoded.",
				 (unsigned long long)bad, (unsigned long long)seen));
	else if (bad * 100 > seen)
		say(s, false,
		    arena_printf(w->a,
				 "%llu of %llu packets could not be decoded; see the reasons.",
				 (unsigned long long)bad, (unsigned long long)seen));
	if (c->packets < w->site->min_packets)
		say(s, true,
		    arena_printf(w->a, "%llu packets are fewer than the site file asks for (%llu).",
				 (unsigned long long)c->packets,
				 (unsigned long long)w->site->min_packets));
}

static void missing_said(struct work *w, struct said *s)
{
	for (size_t i = 0; w->r->coverage.packets && i < w->r->n_missing; i++)
		say(s, true, asked_lacks(w, i));
}

/* What a live run left out, in the order in which it does. */
static void time_said(struct work *w, struct said *s)
{
	const struct coverage *c = &w->r->coverage;

	if (c->shed_heads + c->shed_streams)
		say(s, false,
		    arena_printf(
			    w->a,
			    "The processor did not keep up: of %s the protocol was looked for "
			    "in one packet alone, and %s not read for names.",
			    text_counted(w->a, c->shed_heads, "flow", "flows"),
			    text_counted(w->a, c->shed_streams, "stream was", "streams were")));
	if (c->shed_packets)
		say(s, false,
		    arena_printf(
			    w->a,
			    "The processor did not keep up: %s read and not followed, since only "
			    "some of the new flows were. What these were about is not in here.",
			    text_counted(w->a, c->shed_packets, "packet was", "packets were")));
}

static void loss_said(struct work *w, struct said *s)
{
	const struct coverage *c = &w->r->coverage;
	double loss = coverage_loss(c), limit = site_max_loss(w->site);

	if (loss > limit)
		say(s, true,
		    arena_printf(w->a,
				 "The capture lost %s of what it should hold; the limit is %s.",
				 percent_text(w->a, loss), percent_text(w->a, limit)));
	else if (c->kernel_drops || c->interface_drops)
		say(s, false,
		    arena_printf(w->a, "%llu packets were dropped before they could be read.",
				 (unsigned long long)c->kernel_drops + c->interface_drops));
	time_said(w, s);
	if (w->in->n_evicted)
		say(s, true,
		    arena_printf(
			    w->a, "%s found no room in memory and were not judged.",
			    text_counted(w->a, w->in->n_evicted, "conversation", "conversations")));
	if (c->evicted > w->in->n_evicted)
		say(s, false,
		    arena_printf(
			    w->a,
			    "%s ended early for want of memory; their later packets count as new "
			    "ones.",
			    text_counted(w->a, c->evicted - w->in->n_evicted, "flow was",
					 "flows were")));
	/* Only where there are copies at all: else nothing was missed. */
	if (c->duplicates && c->duplicates_crowded)
		say(s, false,
		    arena_printf(
			    w->a,
			    "Copies of %s may have been counted again: the mirror was too fast to "
			    "remember all of them.",
			    text_counted(w->a, c->duplicates_crowded, "packet", "packets")));
	if (c->fragments_shed)
		say(s, false,
		    arena_printf(w->a, "%s not put together for want of room.",
				 text_counted(w->a, c->fragments_shed, "fragmented datagram was",
					      "fragmented datagrams were")));
	if (c->heads_shed)
		say(s, false,
		    arena_printf(w->a, "The protocol of %s was not looked at for want of memory.",
				 text_counted(w->a, c->heads_shed, "flow", "flows")));
	if (coverage_one_way(c))
		say(s, true,
		    arena_printf(
			    w->a,
			    "Of %llu of %llu TCP flows only one direction was visible: the mirror "
			    "is one-way.",
			    (unsigned long long)c->one_way_flows,
			    (unsigned long long)c->tcp_flows));
	if (c->truncated)
		say(s, false,
		    arena_printf(
			    w->a,
			    "%s cut to the capture's snap length; protocols may stay unrecognised.",
			    text_counted(w->a, c->truncated, "packet was", "packets were")));
	if (c->notes[NOTE_ESP])
		say(s, false,
		    arena_printf(
			    w->a, "%s IPsec (ESP): what is inside cannot be judged.",
			    text_counted(w->a, c->notes[NOTE_ESP], "packet is", "packets are")));
	if (w->in->blind && w->in->blind->more)
		say(s, false,
		    arena_printf(
			    w->a,
			    "More than %d pairs of hosts use IPsec (ESP). What the others hide "
			    "may be called missing.",
			    BLIND_PAIRS));
}

/* What servers said about their ports, and could not be read. It hides grants, so what they would
 * have explained stands as unexplained: a limit, and no reason to distrust the rest. */
static void answers_said(struct work *w, struct said *s)
{
	const struct coverage *c = &w->r->coverage;

	if (c->answers_sealed)
		say(s, false,
		    arena_printf(w->a,
				 "%s of endpoint mappers and object resolvers %s encrypted: the "
				 "ports in them are known only where a bind names them.",
				 text_counted(w->a, c->answers_sealed, "answer", "answers"),
				 c->answers_sealed == 1 ? "is" : "are"));
	if (c->answers_bad)
		say(s, false,
		    arena_printf(w->a,
				 "%s of endpoint mappers, object resolvers or SQL Browser could "
				 "not be read: malformed, or parts are missing.",
				 text_counted(w->a, c->answers_bad, "answer", "answers")));
	if (c->learn_refused || c->streams_cut)
		say(s, false,
		    arena_printf(w->a,
				 "%s not read to the end for want of room: ports granted in them "
				 "may stand as unexplained.",
				 text_counted(w->a, c->learn_refused + c->streams_cut,
					      "RPC stream was", "RPC streams were")));
	if (c->grants_shed)
		say(s, false,
		    arena_printf(w->a,
				 "%s not kept for want of room: their ports may stand as "
				 "unexplained.",
				 text_counted(w->a, c->grants_shed, "grant was", "grants were")));
}

/* What was told of hosts, and which card has which address: who is what, and what hosts are
 * called, is taken from it. Without some of it a role may stay unknown, none becomes wrong. */
static void hosts_said(struct work *w, struct said *s)
{
	const struct coverage *c = &w->r->coverage;

	if (c->sightings_shed)
		say(s, false,
		    arena_printf(w->a,
				 "%s told of hosts (names, services, tickets, refusals) found no "
				 "room: names and roles may stay unknown.",
				 text_counted(w->a, c->sightings_shed, "thing", "things")));
	if (c->cards_shed)
		say(s, false,
		    arena_printf(w->a,
				 "%s of network cards and their addresses found no room: addresses "
				 "of one host may stand as several hosts.",
				 text_counted(w->a, c->cards_shed, "sight", "sights")));
}

bool site_declares_roles(const struct site *s)
{
	for (size_t i = 0; i < inventory_count(s->inventory); i++) {
		const struct host *h = inventory_at(s->inventory, i);

		if (h->known_by != KNOWN_TRAFFIC && h->roles & ~ROLE_BIT(ROLE_IGNORE))
			return true;
	}
	return false;
}

/* Traffic shows what at least one host is. */
static bool somebody_guessed(const struct work *w)
{
	for (size_t i = 0; i < w->r->n_roles; i++)
		if (w->r->roles[i].roles)
			return true;
	return false;
}

/* What nothing answers by nature proves no more than that somebody speaks. */
static bool nothing_judged(const struct work *w)
{
	const struct result *r = w->r;

	return r->n_rule_results[RULE_MET] == w->demands->met_alone &&
	       !r->n_rule_results[RULE_VIOLATED];
}

void coverage_judge(struct work *w)
{
	struct result *r = w->r;
	struct said s = {0};
	const char **v;

	inputs_said(w, &s);
	packets_said(w, &s);
	missing_said(w, &s);
	loss_said(w, &s);
	answers_said(w, &s);
	hosts_said(w, &s);
	r->coverage.poor = s.fatal || (w->in->strict_input && s.n);
	r->coverage.unjudged = r->coverage.packets && nothing_judged(w);
	if (r->coverage.unjudged)
		say(&s, true,
		    inventory_count(w->site->inventory)
			    ? "No rule could be judged; the table of rules says why for each."
		    : somebody_guessed(w)
			    ? "No rule could be judged: traffic alone shows the roles of too few "
			      "hosts. Name the hosts in a site file, or with --role for a first "
			      "look."
			    : "No rule could be judged: no host has a role. Name the hosts in a "
			      "site file, or with --role for a first look.");
	else if (r->coverage.packets && !site_declares_roles(w->site))
		say(&s, true,
		    "Every role is a guess from traffic, which can show deviations, but not that "
		    "all is as documented. Let spanaudit site suggest draft a site file, correct "
		    "it, and give it with --site.");
	v = s.n ? arena_alloc(w->a, s.n * sizeof *v) : NULL;
	if (s.n && !v) {
		w->failed = true;
		return;
	}
	for (size_t i = 0; i < s.n; i++)
		v[i] = s.v[i];
	r->coverage.caveats = v;
	r->coverage.n_caveats = s.n;
	r->coverage.inconclusive = s.fatal || (w->in->strict_input && s.n);
	r->coverage.inconclusive_why = s.fatal ? s.fatal : r->coverage.inconclusive ? s.v[0] : NULL;
}
