// SPDX-License-Identifier: BSD-2-Clause
/* figures - the counters of a coverage by name, as the store keeps them. */
#include <stdio.h>
#include <string.h>

#include "store/db.h"

/* Not in here: grants and sightings, which are counted when all of them are known, and what was
 * dropped, which is a run's. */
#define FIGURES(X)                                                                               \
	X(packets)                                                                               \
	X(decoded)                                                                               \
	X(other_proto)                                                                           \
	X(tcp_unseen_bytes)                                                                      \
	X(tcp_bytes)                                                                             \
	X(one_way_flows)                                                                         \
	X(tcp_flows) X(flow_packets) X(duplicates) X(duplicates_routed) X(duplicates_across)     \
		X(duplicates_crowded) X(truncated) X(heads_shed) X(streams) X(streams_cut)       \
			X(learn_refused) X(answers) X(answers_sealed) X(answers_bad)             \
				X(grants_shed) X(sightings_shed) X(cards_shed) X(reassembled)    \
					X(fragments_late) X(fragments_overlap) X(fragments_shed) \
						X(evicted) X(shed_packets) X(shed_heads)         \
							X(shed_streams) X(crowded_flows)         \
								X(crowded_datagrams)

static const struct {
	const char *name;
	size_t offset;
} rows[] = {
#define X(member) {#member, offsetof(struct coverage, member)},
	FIGURES(X)
#undef X
};

static const char *const notes[NOTE_N] = {
	[NOTE_BAD_CHECKSUM] = "bad-checksum",
	[NOTE_ABOVE_MTU] = "above-mtu",
	[NOTE_SNAPPED] = "snapped",
	[NOTE_FRAGMENT] = "fragment",
	[NOTE_ESP] = "esp",
	[NOTE_AH] = "ah",
	[NOTE_TUNNEL] = "tunnel",
	[NOTE_AGGREGATE] = "aggregate",
};

size_t figures_count(void)
{
	return N_ELEMENTS(rows) + (DECODE_N - 1) + NOTE_N;
}

struct figure figure_at(size_t i)
{
	struct figure f = {{0}, 0};

	if (i < N_ELEMENTS(rows)) {
		snprintf(f.name, sizeof f.name, "%s", rows[i].name);
		f.offset = rows[i].offset;
		return f;
	}
	i -= N_ELEMENTS(rows);
	if (i < DECODE_N - 1) {
		snprintf(f.name, sizeof f.name, "skipped.%s",
			 decode_skip_name((enum decode_skip)(i + 1)));
		f.offset = offsetof(struct coverage, skipped) + (i + 1) * sizeof(uint64_t);
		return f;
	}
	i -= DECODE_N - 1;
	snprintf(f.name, sizeof f.name, "note.%s", notes[i]);
	f.offset = offsetof(struct coverage, notes) + i * sizeof(uint64_t);
	return f;
}

bool figure_by_name(const char *name, struct figure *ret)
{
	for (size_t i = 0; i < figures_count(); i++) {
		*ret = figure_at(i);
		if (!strcmp(ret->name, name))
			return true;
	}
	return false;
}
