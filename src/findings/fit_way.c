// SPDX-License-Identifier: BSD-2-Clause
/* The way from the wire into the file: both directions, each packet once, none lost. */
#include "findings/fit_work.h"

#include <stdlib.h>
#include <string.h>

#include "base/proto.h"

/* ------------------------------------------------------------------ both directions */

static bool only_sends(const struct fit_host *h)
{
	return h->one_way && h->sent && !h->got;
}

static bool only_gets(const struct fit_host *h)
{
	return h->one_way && h->got && !h->sent && !roles_has(h->roles, ROLE_NLB);
}

/* A virtual address to which users talk, and whose answers the real servers send past the load
 * balancer. */
static bool direct_return(const struct fit_host *h)
{
	return h->one_way && h->got && !h->sent && roles_has(h->roles, ROLE_NLB);
}

/* Both directions with some, one with others that are seen both ways too. */
static bool astray(const struct fit_host *h)
{
	return h->astray * 10 > h->tcp_flows;
}

/* What the switch calls rx is what it receives: what the host sends. */
static void ports_said(struct fit_work *w, struct fit_row *row)
{
	static const struct {
		bool (*pick)(const struct fit_host *h);
		const char *text;
	} rows[] = {
		{only_sends, "seen sending only (rx of the port is mirrored, tx is not)"},
		{only_gets, "seen receiving only (tx of the port is mirrored, rx is not)"},
		{direct_return,
		 "load balancer whose servers answer past it (direct server return)"},
		{astray, "both directions with some hosts, one with others (answers take another "
			 "way: asymmetric routing)"},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		const char *names = fit_names(w, rows[i].pick);

		if (names)
			fit_detail(w, row, arena_printf(w->a, "%s: %s", rows[i].text, names));
	}
}

struct vlan_way {
	uint16_t vlan;
	uint64_t flows, one_way;
};

static int by_vlan(const void *a, const void *b)
{
	const struct vlan_way *x = a, *y = b;

	return (int)x->vlan - (int)y->vlan;
}

/* Only where VLANs differ: one of them mirrored badly drowns in the sum. */
static void vlans_said(struct fit_work *w, struct fit_row *row)
{
	struct vlan_way *v = arena_alloc(w->a, (w->in->n_convs + 1) * sizeof *v);
	size_t n = 0, k = 0;

	if (!v) {
		w->failed = true;
		return;
	}
	for (size_t i = 0; i < w->in->n_convs; i++) {
		const struct conv *c = &w->in->convs[i];

		if (c->proto == IPPROTO_NR_TCP)
			v[n++] = (struct vlan_way){c->vlan, c->flows, c->by_state[STATE_ONE_WAY]};
	}
	if (!n)
		return;
	qsort(v, n, sizeof *v, by_vlan);
	for (size_t i = 1; i < n; i++) {
		if (v[i].vlan != v[k].vlan) {
			v[++k] = v[i];
		} else {
			v[k].flows += v[i].flows;
			v[k].one_way += v[i].one_way;
		}
	}
	for (size_t i = 0; k && i <= k; i++)
		if (v[i].one_way * 10 > v[i].flows)
			fit_detail(w, row,
				   arena_printf(w->a, "%s: %s of %s connections one-way",
						v[i].vlan ? arena_printf(w->a, "VLAN %u", v[i].vlan)
							  : "untagged",
						fit_n(w, v[i].one_way), fit_n(w, v[i].flows)));
}

/* A file is what one sensor wrote. */
static void inputs_one_way(struct fit_work *w, struct fit_row *row)
{
	for (size_t i = 0; w->r->n_inputs > 1 && i < w->r->n_inputs; i++) {
		const struct result_input *in = &w->r->inputs[i];

		if (in->one_way_flows * 10 > in->tcp_flows)
			fit_detail(w, row,
				   arena_printf(w->a, "%s: %s of %s connections one-way", in->path,
						fit_n(w, in->one_way_flows),
						fit_n(w, in->tcp_flows)));
	}
}

static const char remedy_directions[] =
	"Mirror both directions of the port (Cisco: `monitor session 1 source interface IF both`), "
	"or both ports where answers take another way. Two mirrors may be captured into two files: "
	"name both, they are read as one.";

void fit_directions(struct fit_work *w)
{
	const struct coverage *c = w->c;
	struct fit_row *row = fit_row(w, "directions", "Directions");

	if (!row)
		return;
	row->figure = arena_printf(w->a, "%s of %s TCP connections show one direction only (%s)",
				   fit_n(w, c->one_way_flows), fit_n(w, c->tcp_flows),
				   fit_share(w, c->one_way_flows, c->tcp_flows));
	if (!c->one_way_flows)
		return;
	ports_said(w, row);
	vlans_said(w, row);
	inputs_one_way(w, row);
	fit_note(row,
		 "Of these nobody can say whether they were answered. They count neither as "
		 "refused nor as lost.",
		 remedy_directions);
	if (coverage_one_way(c))
		fit_bars(row, FIT_NOT,
			 arena_printf(w->a,
				      "the mirror is one-way: %s of the connections show one "
				      "direction only",
				      fit_share(w, c->one_way_flows, c->tcp_flows)));
	else if (c->one_way_flows * 20 > c->tcp_flows)
		fit_bars(row, FIT_FOR_SEEN,
			 arena_printf(w->a, "%s of the connections show one direction only",
				      fit_share(w, c->one_way_flows, c->tcp_flows)));
}

/* ------------------------------------------------------------------ copies */

void fit_copies(struct fit_work *w)
{
	const struct coverage *c = w->c;
	struct fit_row *row = fit_row(w, "copies", "Copies");

	if (!row)
		return;
	row->figure =
		arena_printf(w->a, "%s of %s packets are copies (%s)", fit_n(w, c->duplicates),
			     fit_n(w, c->decoded), fit_share(w, c->duplicates, c->decoded));
	if (c->duplicates_routed)
		fit_detail(w, row,
			   arena_printf(w->a, "%s were seen on both sides of a router",
					fit_n(w, c->duplicates_routed)));
	if (c->duplicates_across)
		fit_detail(w, row,
			   arena_printf(w->a, "%s stand in two files: the captures overlap",
					fit_n(w, c->duplicates_across)));
	if (c->duplicates_crowded && c->duplicates)
		fit_detail(w, row,
			   arena_printf(w->a,
					"copies of %s may have been counted again: the mirror "
					"was too fast to remember all of them",
					fit_n(w, c->duplicates_crowded)));
	if (c->duplicates * 100 < c->decoded || !c->duplicates)
		return;
	if (c->duplicates_routed * 2 > c->duplicates)
		fit_note(row,
			 "The mirror takes packets before and behind a router. Each counts once, "
			 "so no verdict changes; but they take the room of others on the mirror "
			 "port.",
			 "Mirror the ports or VLANs on one side of the router.");
	else if (c->duplicates_across * 2 > c->duplicates)
		fit_note(row, "Two captures hold the same packets. Each counts once.", NULL);
	else
		fit_note(row,
			 "The mirror takes most packets where they enter the switch and again "
			 "where they leave it. Each counts once, so no verdict changes; but they "
			 "take the room of others on the mirror port, which then loses.",
			 "Where the ports of both ends, or a whole VLAN, are mirrored, mirror rx "
			 "only: each packet enters the switch once.");
}

/* ------------------------------------------------------------------ loss */

static bool above_limit(const struct fit_work *w, double loss)
{
	return loss > site_max_loss(w->site);
}

static void bar_loss(struct fit_work *w, struct fit_row *row, double loss, const char *who)
{
	if (above_limit(w, loss))
		fit_bars(row, FIT_NOT,
			 arena_printf(w->a, "%s lost %s, the limit is %s", who,
				      percent_text(w->a, loss),
				      percent_text(w->a, site_max_loss(w->site))));
}

static double dropped(const struct coverage *c)
{
	double lost = (double)c->kernel_drops + (double)c->interface_drops;

	return lost > 0 ? lost / (lost + (double)c->packets) : 0;
}

static void drops(struct fit_work *w, const char *check, const char *title, uint64_t n,
		  const char *meaning, const char *remedy, bool decides)
{
	struct fit_row *row = fit_row(w, check, title);

	if (!row)
		return;
	if (!n && !w->in->drops_told) {
		row->figure = "the files do not say (pcapng can, and dumpcap writes it)";
		return;
	}
	row->figure = arena_printf(w->a, "%s packets", fit_n(w, n));
	if (!n)
		return;
	fit_note(row, meaning, remedy);
	if (decides) /* one limit for both */
		bar_loss(w, row, dropped(w->c), "the capturing computer with its card");
}

static void worst_minute(struct fit_work *w, struct fit_row *row)
{
	const struct gaps *g = w->in->gaps;
	const struct gap_minute *worst = NULL;
	int64_t all = 0;
	size_t n = 0;

	for (size_t i = 0; g && i < g->minutes.n; i++) {
		const struct gap_minute *m = &g->minutes.v[i];

		if (m->bytes <= 0 || __builtin_add_overflow(all, m->bytes, &all))
			continue;
		n++;
		if (!worst || m->bytes > worst->bytes)
			worst = m;
	}
	if (!worst)
		return;
	fit_detail(w, row,
		   arena_printf(w->a, "worst %s: from %s, %s; that is %s of what was lost in %s",
				g->seconds == 60 ? "minute" : fit_span(w, g->seconds * NS_PER_S),
				fit_time(w, worst->at * g->seconds * NS_PER_S),
				fit_bytes(w, (uint64_t)worst->bytes),
				fit_share(w, (uint64_t)worst->bytes, (uint64_t)all),
				fit_counted(w, n, "such stretch", "such stretches")));
	if (n > 3)
		fit_detail(w, row,
			   worst->bytes > all / 2
				   ? "in bursts: a buffer or a port was full at that time"
				   : "at all times: the mirror never carries everything");
}

static void mirror_loss(struct fit_work *w)
{
	const struct coverage *c = w->c;
	struct fit_row *row = fit_row(w, "loss-mirror", "Lost: mirror");
	uint64_t all = c->tcp_unseen_bytes + c->tcp_bytes;
	double loss = all ? (double)c->tcp_unseen_bytes / (double)all : 0;

	if (!row)
		return;
	row->figure = arena_printf(w->a, "%s of %s of TCP data were never seen (%s)",
				   fit_bytes(w, c->tcp_unseen_bytes), fit_bytes(w, all),
				   fit_share(w, c->tcp_unseen_bytes, all));
	if (!c->tcp_unseen_bytes)
		return;
	worst_minute(w, row);
	for (size_t i = 0; w->r->n_inputs > 1 && i < w->r->n_inputs; i++) {
		const struct result_input *in = &w->r->inputs[i];

		if (in->tcp_unseen_bytes)
			fit_detail(w, row,
				   arena_printf(w->a, "%s: %s (%s)", in->path,
						fit_bytes(w, in->tcp_unseen_bytes),
						fit_share(w, in->tcp_unseen_bytes,
							  in->tcp_unseen_bytes + in->tcp_bytes)));
	}
	fit_note(row,
		 "It was acknowledged, so it arrived; the mirror port, or the capture without "
		 "telling, lost it.",
		 "A mirror port carries no more than its own speed: both directions of a busy "
		 "1 Gbit/s port are 2 Gbit/s and do not fit into one of 1 Gbit/s. Mirror fewer "
		 "ports or VLANs, into a faster port, or use a TAP. On the capturing computer: a "
		 "larger buffer (dumpcap -B 256), no other work, a local disk.");
	bar_loss(w, row, loss, "the mirror");
}

/* What a live run left out; `too`: behind what memory did. */
static void time_loss(struct fit_work *w, struct fit_row *row, bool too)
{
	const struct coverage *c = w->c;

	if (!(c->shed_packets + c->shed_heads + c->shed_streams))
		return;
	row->figure = arena_printf(w->a, "%s; %s packets not followed for want of time",
				   row->figure, fit_n(w, c->shed_packets));
	fit_detail(w, row,
		   arena_printf(w->a, "%s flows whose protocol was looked for in one packet alone",
				fit_n(w, c->shed_heads)));
	fit_detail(w, row,
		   arena_printf(w->a, "%s streams not read for names", fit_n(w, c->shed_streams)));
	fit_note(row,
		 too ? "spanaudit itself had neither room nor time for them; the capture is not to "
		       "blame."
		     : "The processor did not keep up; the capture is not to blame.",
		 too ? "Raise --max-memory; a faster or less busy computer, a run for each "
		       "interface, or less in the filter (-f)."
		     : "A faster or less busy computer, a run for each interface, or less in the "
		       "filter "
		       "(-f).");
	if (above_limit(w, (double)c->shed_packets / (double)c->packets))
		fit_bars(row, FIT_NOT, "too many packets were read and not followed");
}

static void our_loss(struct fit_work *w)
{
	const struct coverage *c = w->c;
	struct fit_row *row = fit_row(w, "loss-spanaudit", "Lost: spanaudit");
	const struct {
		uint64_t n;
		const char *what;
	} rows[] = {
		{c->evicted, "flows given up early"},
		{c->heads_shed, "flows whose protocol was not looked at"},
		{c->streams_cut + c->learn_refused, "RPC streams not read to their end"},
		{c->grants_shed, "grants not kept"},
		{c->sightings_shed, "things told of hosts not kept"},
		{c->cards_shed, "sights of network cards not kept"},
		{c->fragments_shed, "fragmented datagrams not put together"},
	};
	uint64_t sum = 0;

	if (!row)
		return;
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		sum += rows[i].n;
		if (rows[i].n)
			fit_detail(w, row,
				   arena_printf(w->a, "%s %s", fit_n(w, rows[i].n), rows[i].what));
	}
	row->figure =
		sum ? arena_printf(w->a, "%s things given up for want of memory", fit_n(w, sum))
		    : "nothing given up for want of memory";
	if (sum)
		fit_note(row, "spanaudit itself had no room for them; the capture is not to blame.",
			 "Raise --max-memory.");
	time_loss(w, row, sum);
	if (w->r->n_evicted)
		fit_bars(row, FIT_NOT, "conversations found no room in memory");
}

void fit_loss(struct fit_work *w)
{
	drops(w, "drops-computer", "Lost: computer", w->c->kernel_drops,
	      "The capturing computer was too slow: packets waited in its buffer and were thrown "
	      "away.",
	      "A larger buffer (tcpdump -B 262144 in KiB, dumpcap -B 256 in MiB), a local and fast "
	      "disk, no name resolution (-n), less in the filter; or cut packets with -s 512, "
	      "which still shows protocols.",
	      w->c->kernel_drops);
	drops(w, "drops-card", "Lost: card", w->c->interface_drops,
	      "The network card had no room: packets came faster than the computer fetched them.",
	      "Larger rings (ethtool -G IF rx 4096), more queues, or a faster card and computer.",
	      !w->c->kernel_drops);
	mirror_loss(w);
	our_loss(w);
}
