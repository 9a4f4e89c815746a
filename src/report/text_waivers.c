// SPDX-License-Identifier: BSD-2-Clause
/* The waivers of the text report: those that need somebody first, then what each covers. */
#include <stdio.h>

#include "base/time.h"
#include "report/text_page.h"

/* Nothing left to look after. */
static bool settled(const struct waiver_row *w)
{
	return w->state == WAIVER_ACTIVE && w->findings;
}

static void one(const struct page *p, const struct waiver_row *w)
{
	const char *state = w->state == WAIVER_EXPIRED ? "expired" : "active";
	enum ink ink = w->state == WAIVER_EXPIRED ? INK_BAD : INK_WARN;
	char time[TIME_TEXT], buf[64];
	struct out line = {0};

	out_text_z(p->o, w->id);
	out_puts(p->o, "  ");
	if (settled(w))
		out_puts(p->o, state);
	else
		page_inked(p, ink,
			   w->findings || w->state == WAIVER_EXPIRED ? state : "covers nothing");
	out_puts(p->o, "  ");
	page_foreign(p, 2, w->about);
	out_printf(&line, "%s %s", w->state == WAIVER_EXPIRED ? "expired on" : "until",
		   time_human_tz(w->expires_ns, site_tz(p->r->site), time));
	if (w->state == WAIVER_EXPIRING)
		out_printf(&line, ", in %d days or less", WAIVER_SOON_DAYS);
	out_puts(&line, "; ");
	out_text_z(&line, w->owner);
	if (w->ticket) {
		out_puts(&line, ", ");
		out_text_z(&line, w->ticket);
	}
	out_puts(&line, ": ");
	out_text_z(&line, w->reason);
	page_text(p, 2, out_str(&line));
	out_reset(&line);
	if (!w->findings)
		out_printf(&line, "Covers nothing. %s", w->note ? w->note : "");
	else if (w->state == WAIVER_EXPIRED)
		out_printf(&line, "%s again.",
			   counted(w->findings, "finding counts", "findings count", buf));
	else
		out_printf(&line, "%s.",
			   counted(w->findings, "finding covered", "findings covered", buf));
	page_text(p, 2, out_str(&line));
	p->o->failed |= line.failed;
	out_done(&line);
}

void text_waivers(const struct page *p)
{
	const struct result *r = p->r;
	char heading[64], buf[NUMBER_TEXT];

	if (!r->n_waivers)
		return;
	snprintf(heading, sizeof heading, "WAIVERS (%s)", number(r->n_waivers, buf));
	page_heading(p, heading);
	for (int done = 0; done < 2; done++)
		for (size_t i = 0; i < r->n_waivers; i++)
			if (settled(&r->waivers[i]) == done)
				one(p, &r->waivers[i]);
}
