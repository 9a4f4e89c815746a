// SPDX-License-Identifier: BSD-2-Clause
#include "report/figures.h"

#include <stdio.h>

#include "report/numbers.h"
#include "report/words.h"

struct teller {
	figure_fn tell;
	void *user;
};

static void count(const struct teller *t, uint64_t n, const char *meaning)
{
	t->tell(t->user, &(struct figure){.part = n, .meaning = meaning});
}

static void share(const struct teller *t, uint64_t part, uint64_t whole, const char *meaning)
{
	t->tell(t->user,
		&(struct figure){
			.is_share = true, .part = part, .whole = whole, .meaning = meaning});
}

static void duplicates(const struct teller *t, const struct coverage *c)
{
	char buf[120], ratio[NUMBER_TEXT];

	if (!c->duplicates) {
		count(t, 0, "duplicate packets taken out");
		return;
	}
	snprintf(buf, sizeof buf, "duplicate packets taken out, %s of those understood",
		 percent(c->duplicates, c->decoded, ratio));
	count(t, c->duplicates, buf);
	if (c->duplicates_routed)
		count(t, c->duplicates_routed, "of them seen on both sides of a router");
	if (c->duplicates_across)
		count(t, c->duplicates_across, "of them in two inputs: the captures overlap");
}

/* What servers said of their ports. */
static void learned(const struct teller *t, const struct coverage *c)
{
	if (c->answers)
		count(t, c->answers,
		      "answers that hand out ports (endpoint mapper, DCOM, SQL Browser)");
	if (c->answers_sealed)
		count(t, c->answers_sealed, "of them encrypted: what they grant cannot be read");
	if (c->answers_bad)
		count(t, c->answers_bad, "of them malformed");
	if (c->grants)
		count(t, c->grants, "ports and pipes that they grant: spanaudit rpc FILE");
	if (c->streams_cut)
		count(t, c->streams_cut,
		      "streams not read to their end for want of memory: raise --max-memory");
	if (c->learn_refused)
		count(t, c->learn_refused,
		      "streams, or parts of them, not read for what they grant, for want of "
		      "memory: raise --max-memory");
	if (c->grants_shed)
		count(t, c->grants_shed, "grants that found no room in the table");
	if (c->sightings_shed)
		count(t, c->sightings_shed,
		      "names, services and refusals told of hosts that found no room");
	if (c->cards_shed)
		count(t, c->cards_shed,
		      "sights of network cards and their addresses that found no room");
}

void figures_of_coverage(const struct coverage *c, figure_fn tell, void *user)
{
	const struct teller teller = {tell, user}, *t = &teller;
	char buf[160];

	count(t, c->packets, "packets read");
	count(t, c->decoded, "of them understood");
	for (unsigned i = DECODE_OK + 1; i < DECODE_N; i++) {
		if (!c->skipped[i])
			continue;
		snprintf(buf, sizeof buf, "skipped, %s: %s", decode_skip_name(i),
			 decode_skip_help(i));
		count(t, c->skipped[i], buf);
	}
	if (c->other_proto)
		count(t, c->other_proto, "understood, neither TCP nor UDP (ICMP and others)");
	count(t, c->kernel_drops, "dropped by the capturing computer, as the capture itself says");
	count(t, c->interface_drops, "dropped by its network card, as the capture itself says");
	share(t, c->tcp_unseen_bytes, c->tcp_unseen_bytes + c->tcp_bytes,
	      "of TCP data was acknowledged but never seen: the mirror port or the capture lost "
	      "it");
	share(t, c->one_way_flows, c->tcp_flows,
	      "of TCP connections show one direction only: the mirror copies half of the traffic");
	duplicates(t, c);
	if (c->reassembled)
		count(t, c->reassembled, "fragmented datagrams put together");
	if (c->fragments_late)
		count(t, c->fragments_late, "fragmented datagrams never complete");
	if (c->fragments_overlap)
		count(t, c->fragments_overlap,
		      "fragmented datagrams dropped because their fragments overlap");
	if (c->truncated)
		count(t, c->truncated, "packets cut short when stored (snap length)");
	for (unsigned i = 0; i < NOTE_N; i++)
		if (c->notes[i] && i != NOTE_SNAPPED)
			count(t, c->notes[i], word_note_help(i));
	if (c->evicted)
		count(t, c->evicted,
		      "flows given up early for want of memory: raise --max-memory and run again");
	if (c->crowded_flows)
		count(t, c->crowded_flows,
		      "of these, without an answer, of whoever had the most of such: others kept "
		      "theirs");
	if (c->fragments_shed)
		count(t, c->fragments_shed,
		      "fragmented datagrams not put together for want of room");
	if (c->crowded_datagrams)
		count(t, c->crowded_datagrams,
		      "of these, of the sender that had the most of them: others kept theirs");
	if (c->heads_shed)
		count(t, c->heads_shed,
		      "flows whose protocol was not looked at for want of memory");
	if (c->shed_packets)
		count(t, c->shed_packets,
		      "read and not followed, as the processor did not keep up: of new flows only "
		      "some were");
	if (c->shed_heads)
		count(t, c->shed_heads,
		      "flows whose protocol was looked for in one packet alone, for the same "
		      "reason");
	if (c->shed_streams)
		count(t, c->shed_streams, "streams not read for names, for the same reason");
	learned(t, c);
}
