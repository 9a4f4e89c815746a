/* SPDX-License-Identifier: BSD-2-Clause */
/* reports - what reports over a store said, and when: the newest documents, and the findings. */
#ifndef SPAN_STORE_REPORTS_H
#define SPAN_STORE_REPORTS_H

#include "store/store.h"

enum { REPORT_DOCUMENTS = 32 }; /* of one site that are kept */

/* The document of the latest report of this site about a time that began before from_ns. 1; 0 when
 * there is none; negative errno. ret_made: when it was made. */
int store_last_report(struct store *s, const char *site, int64_t from_ns, struct out *ret,
		      int64_t *ret_made);
/* What the reports of this site about times that began before from_ns say of the result's findings
 * and rules, into the result. 0 or negative errno. */
int store_tell_past(struct store *s, const char *site, int64_t from_ns, struct result *r);
/* Remembers a report, in the place of one about the same time. */
struct store_report {
	const struct result *r;
	const char *site, *tool, *verdict;
	const char *document; /* as JSON, n octets */
	size_t n;
	int exit_code;
	int64_t made_ns;
};
int store_put_report(struct store *s, const struct store_report *p);

#endif
