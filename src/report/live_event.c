// SPDX-License-Identifier: BSD-2-Clause
#include "report/live_event.h"

#include "base/siphash.h"
#include "base/time.h"
#include "report/words.h"

const char *live_status_name(enum live_status s)
{
	static const char *const names[] = {
		[LIVE_NEW] = "new", [LIVE_CHANGED] = "changed", [LIVE_GONE] = "gone"};

	return names[s];
}

static const struct hash_key digest_key = {UINT64_C(0x7370616e61756469), UINT64_C(0x74206c697665)};

static uint64_t text_word(const char *z)
{
	uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a: tells changes, guards nothing */

	for (; z && *z; z++)
		h = (h ^ (uint8_t)*z) * UINT64_C(1099511628211);
	return h;
}

uint64_t report_live_digest(const struct finding *f)
{
	const uint64_t w[] = {
		f->kind,
		f->severity,
		f->has_state ? (uint64_t)f->state + 1 : 0,
		text_word(f->protocol),
		text_word(f->waiver),
		text_word(f->rule ? f->rule->id : NULL),
		text_word(f->attempts.outcome),
	};

	return siphash13_words(w, N_ELEMENTS(w), &digest_key);
}

void report_live_line(const struct finding *f, enum live_status status, struct out *o)
{
	char buf[TIME_TEXT];

	if (f->last_ns != TIME_NONE)
		out_printf(o, "%s ", time_human(f->last_ns, buf));
	out_printf(o, "%s %s %s", live_status_name(status), severity_name(f->severity),
		   kind_name(f->kind));
	if (status != LIVE_GONE) {
		out_char(o, ' ');
		word_conversation(f, o);
	}
	if (f->has_state)
		out_printf(o, " %s", flow_state_name(f->state));
	if (f->waiver)
		out_puts(o, " waived");
	out_printf(o, " %s\n", f->id);
}
