/* SPDX-License-Identifier: BSD-2-Clause */
/* redact_map - what becomes of an address, a name, a text. Private to redact. */
#ifndef SPAN_REPORT_REDACT_MAP_H
#define SPAN_REPORT_REDACT_MAP_H

#include "base/addr.h"
#include "base/arena.h"
#include "base/out.h"
#include "base/siphash.h"
#include "base/vec.h"

struct mask {
	struct arena *arena; /* gets the new texts */
	const struct hash_key *key;
	VEC(const char *) names; /* as found; sorted in lower case, each once, by mask_ready() */
	VEC(const char *) odd;   /* those that are no single word */
	bool failed;
};

/* A name that text may hold; NULL is fine. */
void mask_learn(struct mask *m, const char *name);
void mask_ready(struct mask *m);
void mask_done(struct mask *m);

struct addr mask_addr(const struct mask *m, const struct addr *a);
/* "F-" and 12 digits. */
void mask_id(const struct mask *m, char id[16]);
/* NULL stays NULL. A name as a whole, whatever it looks like. */
const char *mask_name(struct mask *m, const char *name);
/* The same for a file: its suffix stays. */
const char *mask_file(struct mask *m, const char *path);
/* Words that people wrote: who or what they mean, not what they say. */
const char *mask_word(struct mask *m, const char *kind, const char *word);
const char *mask_text(struct mask *m, const char *text);

#endif
