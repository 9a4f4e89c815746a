// SPDX-License-Identifier: BSD-2-Clause
#include "report/live_event.h"

#include "base/time.h"
#include "report/words.h"

const char *live_status_name(enum live_status s)
{
	static const char *const names[] = {
		[LIVE_NEW] = "new", [LIVE_CHANGED] = "changed", [LIVE_GONE] = "gone"};

	return names[s];
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
