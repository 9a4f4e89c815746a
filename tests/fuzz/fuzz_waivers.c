// SPDX-License-Identifier: BSD-2-Clause
/* Any bytes as a file of waivers, and what it is after one more was appended. */
#include <stdlib.h>
#include <string.h>

#include "base/out.h"
#include "waiver/waiver.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static const char *const kinds[] = {"unexpected", "unexpected-port", "missing", "scan", NULL};

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void check(const struct waiver_set *s)
{
	struct out about = {0};

	for (size_t i = 0; i < s->n; i++) {
		const struct waiver *w = &s->v[i];

		require(*w->id && *w->reason && *w->owner && w->line >= 1);
		require(strlen(w->id) <= WAIVER_ID_MAX);
		require(w->finding ? waiver_finding_id(w->finding) && !w->kind && !w->proto
				   : w->kind != NULL);
		require(!w->proto == !w->port);
		require(waiver_state(w, w->expires_ns) == WAIVER_EXPIRED);
		require(waiver_state(w, w->expires_ns - 1) == WAIVER_EXPIRING);
		waiver_about(w, &about);
		for (size_t k = 0; k < i; k++)
			require(strcmp(s->v[k].id, w->id) != 0);
	}
	out_done(&about);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const struct waiver more = {
		.finding = "F-0123456789ab",
		.reason = "why \"this\" \\ is",
		.owner = "who",
		.expires = "2027-01-01T00:00:00Z",
	};
	struct waiver_set s = {0}, t = {0};
	struct errors errs = {0};
	struct out text = {0}, o = {0};
	char id[WAIVER_ID_MAX + 1];
	bool good = waivers_parse(&s, "fuzz.yaml", (const char *)p, n, kinds, &errs) == 0;

	require(good == (errs.n_errors == 0));
	require(good || !s.n);
	check(&s);
	if (waiver_append("fuzz.yaml", (const char *)p, n, &more, kinds, 0, &text, id, &errs) ==
	    0) {
		require(good || !n);
		require(text.n > n && (!n || memcmp(text.p, p, n) == 0));
		require(waivers_parse(&t, "fuzz.yaml", text.p, text.n, kinds, &errs) == 0);
		require(t.n == s.n + 1 && strcmp(t.v[s.n].id, id) == 0);
		check(&t);
	}
	errors_format(&errs, "spanaudit", &o);
	out_done(&text);
	out_done(&o);
	errors_done(&errs);
	waivers_done(&s);
	waivers_done(&t);
	return 0;
}
