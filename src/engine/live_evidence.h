/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * live_evidence - packets around findings: what came last is kept in memory, and who judges writes
 * of it what belongs to a finding that it tells: DIR/F-0123456789ab.pcapng.
 */
#ifndef SPAN_ENGINE_LIVE_EVIDENCE_H
#define SPAN_ENGINE_LIVE_EVIDENCE_H

#include "capture/source.h"
#include "engine/engine.h"

enum {
	EVIDENCE_MEMORY_MIB = 64,  /* of packets, the newest */
	EVIDENCE_PACKETS = 2000,   /* in a file */
	EVIDENCE_FILES = 20,       /* of one judgement */
	EVIDENCE_FOLDER_MIB = 256, /* then the oldest files go */
};

struct live_evidence;
/* NULL without memory. `dir` is borrowed. */
struct live_evidence *live_evidence_new(const char *dir);
void live_evidence_keep(struct live_evidence *e, const struct batch *b);
/* Writes what there is of the finding's hosts and port; `ends` are its result's. False: it could
 * not be written. */
bool live_evidence_write(struct live_evidence *e, const struct ends *ends, const struct finding *f);
struct live_evidence *live_evidence_free(struct live_evidence *e);

#endif
