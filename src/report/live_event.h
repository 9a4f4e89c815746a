/* SPDX-License-Identifier: BSD-2-Clause */
/* live_event - one finding as it is found: an event for log stores, a line for people. */
#ifndef SPAN_REPORT_LIVE_EVENT_H
#define SPAN_REPORT_LIVE_EVENT_H

#include "base/out.h"
#include "findings/result.h"

enum live_status { LIVE_NEW, LIVE_CHANGED, LIVE_GONE };
const char *live_status_name(enum live_status s); /* "new" "changed" "gone" */

/* Of what makes an event when it changes; counters grow with every packet and are no news. */
uint64_t report_live_digest(const struct finding *f);
/* An event as the NDJSON format has it, with spanaudit.status; in ndjson.c. Of one that is gone
 * only id, kind and severity are known. */
void report_live_event(const struct result *r, const struct finding *f, enum live_status status,
		       const char *version, struct out *o);
/* "2024-05-01 03:12:09 new high unexpected-port 10.0.0.6 -> 10.0.0.5:22/tcp F-..." */
void report_live_line(const struct finding *f, enum live_status status, struct out *o);

/* What happened to the run itself, as an event of the same kind of log. `action` is a word. */
struct live_notice {
	int64_t ns;
	const char *action; /* "policy" "changed" "lost" "trouble" */
	bool failed;
	const char *text;
};
void report_live_notice(const struct result *r, const struct live_notice *n, const char *version,
			struct out *o);

#endif
