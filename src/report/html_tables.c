// SPDX-License-Identifier: BSD-2-Clause
/* html_tables - what is missing or blocked and what the firewall says of it, dynamic RPC, waivers.
 */
#include <string.h>

#include "report/html_page.h"

enum { RPC_ROWS = 400, MISSING_ROWS = 400 };

/* --- missing and blocked ---------------------------------------------------------------------- */

static bool of_attempts(const struct html *h, const struct finding *f)
{
	return f->attempts.outcome && word_selected(f, h->opt);
}

static void signs(struct html *h, unsigned s)
{
	static const struct {
		unsigned sign;
		const char *word;
	} rows[] = {
		{REFUSAL_TTL, "its time to live differs from the server's"},
		{REFUSAL_MAC, "it came from another network card"},
		{REFUSAL_SEQUENCE, "its sequence number does not fit"},
	};
	const char *before = ": ";

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		if (!(s & rows[i].sign))
			continue;
		h_put(h, before);
		h_put(h, rows[i].word);
		before = ", ";
	}
}

/* What came back, and from whom: the two that look alike are never told apart. */
static void outcome(struct html *h, const struct attempts *a)
{
	static const char *const rows[][3] = {
		{"never-tried", "\xe2\x97\x8b", "never tried"},
		{"no-answer", "\xe2\x8a\x98",
		 "no answer: a filter drops it silently, or nothing listens"},
		{"refused", "\xe2\x9c\x96", "refused (RST)"},
		{"rejected", "\xe2\x9c\x96", "rejected (ICMP)"},
		{"half-open", "\xe2\x97\x90", "answered, but never completed"},
		{"other-protocol", "\xe2\x89\xa0", "another protocol answers there"},
	};
	char buf[ADDR_TEXT];

	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		if (strcmp(rows[i][0], a->outcome) == 0)
			out_printf(h->o, "<span aria-hidden=true>%s</span> %s", rows[i][1],
				   rows[i][2]);
	if (a->has_address) {
		h_put(h, " by ");
		h_text(h, addr_format(&a->by_address, buf));
	}
	if (a->by && strcmp(a->by, "server") == 0)
		h_put(h, a->has_address ? ", the server itself" : " by the server itself");
	else if (a->by && strcmp(a->by, "device") == 0)
		h_put(h, a->has_address ? ", a device on the path" : " by a device on the path");
	signs(h, a->signs);
}

static void missing_row(struct html *h, const struct finding *f)
{
	h_put(h, "<tr><td>");
	h_severity(h, f->severity);
	out_printf(h->o, "<td>%s<th scope=row>", kind_name(f->kind));
	h_conversation(h, f);
	h_put(h, "<td>");
	if (f->rule) {
		h_put(h, "<a href=\"#r-");
		h_id(h, f->rule->id);
		h_put(h, "\">");
		h_text(h, f->rule->id);
		h_put(h, "</a> ");
		h_text(h, f->rule->title);
	}
	h_put(h, "<td>");
	outcome(h, &f->attempts);
	h_put(h, "<td class=num>");
	h_number(h, f->attempts.attempts);
	h_put(h, "<td>");
	h_time(h, f->attempts.last_ns);
	h_put(h, "<td>");
	h_finding_link(h, f);
	h_put(h, "\n");
}

void html_missing(struct html *h)
{
	static const char *const columns[] = {"Severity",   "Kind",           "Who",
					      "Rule",       "What came back", "Tries",
					      "Last tried", "Finding",        NULL};
	const struct result *r = h->r;
	uint64_t n = 0, done = 0;

	for (size_t i = 0; i < r->n_findings; i++)
		n += of_attempts(h, &r->findings[i]);
	h_section(h, "missing", "Missing and blocked", n);
	if (!n) {
		h_p(h, "Nothing that could be judged is missing, and nothing that was tried "
		       "failed.");
		h_section_end(h);
		return;
	}
	h_p(h, "What the papers demand and was not seen, and what was tried and did not go "
	       "through, with what came back. A filter that drops and a host that stays silent "
	       "look alike, so no answer is never called more than that.");
	h_rows(h, "missing", "Missing and blocked traffic", columns);
	for (size_t i = 0; i < r->n_findings && done < MISSING_ROWS; i++) {
		if (!of_attempts(h, &r->findings[i]))
			continue;
		missing_row(h, &r->findings[i]);
		done++;
	}
	h_rows_end(h);
	h_more(h, n, done, "more", "more", " under <a href=\"#findings\">Findings</a>");
	h_section_end(h);
}

/* --- dynamic RPC ------------------------------------------------------------------------------ */

static void packet(struct html *h, const struct evidence *ev)
{
	if (!ev->number)
		return;
	out_printf(h->o, "packet %u", ev->number);
	if (h->r->n_inputs > 1 && ev->input < h->r->n_inputs) {
		h_put(h, " of ");
		h_text(h, h->r->inputs[ev->input].path);
	}
	h_put(h, " (");
	h_time(h, ev->ts_ns);
	h_put(h, ")");
}

static void granted(struct html *h, const struct rpc_row *row)
{
	const char *tie = word_tie(row->tie);

	if (row->how || !row->why)
		h_text(h, word_how(row->how));
	if (row->how && row->granted_by.number) {
		h_put(h, ", ");
		packet(h, &row->granted_by);
	}
	if (*tie) {
		h_put(h, ", ");
		h_put(h, tie);
	}
	if (word_rpc_wants_why(row)) {
		h_put(h, row->how ? "<br>" : "");
		h_text(h, row->why);
	}
}

static void rpc_row(struct html *h, const struct rpc_row *row)
{
	h_put(h, word_rpc_worth(row) ? "<tr><th scope=row>" : "<tr class=look><th scope=row>");
	if (row->folded) {
		h_count(h, row->folded, "client of ", "clients of ");
	}
	h_endpoint(h, &row->client);
	h_put(h, row->has_state ? H_ARROW : " was told of ");
	h_endpoint(h, &row->server);
	h_put(h, "<td>");
	h_service(h, row->proto ? row->proto : IPPROTO_NR_TCP, row->port);
	h_put(h, "<td>");
	if (row->n_iface)
		word_interfaces(row->iface, row->n_iface, h_words(h)), h_words_end(h);
	else
		h_put(h, "unknown");
	h_put(h, "<td>");
	granted(h, row);
	h_put(h, "<td>");
	if (row->has_state) {
		out_printf(h->o, "<span class=%s>%s</span>",
			   word_rpc_failed(row->state) ? "x" : "st", flow_state_name(row->state));
		if (row->used_by.number && !(row->how && strcmp(row->how, "bind") == 0)) {
			h_put(h, row->how ? ", used by " : ", begins in ");
			packet(h, &row->used_by);
		}
	} else {
		h_put(h, row->more ? "" : "never used");
	}
	h_put(h, "<td>");
	if (row->has_verdict)
		out_printf(h->o, "<span class=%s>%s</span>",
			   row->verdict <= KIND_TOLERATED ? "f" : "x", kind_name(row->verdict));
	h_put(h, "\n");
}

void html_rpc(struct html *h)
{
	static const char *const columns[] = {
		"Client and server", "Port", "Interface", "Known by", "State", "Verdict", NULL};
	const struct result *r = h->r;
	size_t shown = 0;

	h_section(h, "rpc", "Dynamic RPC", r->n_rpc);
	h_p(h, word_rpc_about());
	if (!r->n_rpc) {
		h_p(h, "none seen");
		h_section_end(h);
		return;
	}
	h_rows(h, "rpc", "Ports that servers handed out, and their use", columns);
	for (int worth = 0; worth < 3; worth++)
		for (size_t i = 0; i < r->n_rpc && shown < RPC_ROWS; i++) {
			if (word_rpc_worth(&r->rpc[i]) != worth)
				continue;
			rpc_row(h, &r->rpc[i]);
			shown++;
		}
	h_rows_end(h);
	h_more(h, r->n_rpc, shown, "more", "more", "; <code>spanaudit rpc FILE</code> lists all");
	h_section_end(h);
}

/* --- waivers ---------------------------------------------------------------------------------- */

static bool settled(const struct waiver_row *w)
{
	return w->state == WAIVER_ACTIVE && w->findings;
}

static void state_of_waiver(struct html *h, const struct waiver_row *w)
{
	if (w->state == WAIVER_EXPIRED)
		h_put(h, "<span class=x>expired</span>");
	else if (!w->findings)
		h_put(h, "<span class=m>covers nothing</span>");
	else if (w->state == WAIVER_EXPIRING)
		out_printf(h->o, "<span class=m>active</span>, ends in %d days or less",
			   WAIVER_SOON_DAYS);
	else
		h_put(h, "<span class=f>active</span>");
}

static void waiver_covers(struct html *h, const struct waiver_row *w)
{
	if (!w->findings) {
		h_put(h, "nothing. ");
		h_text(h, w->note);
	} else if (w->state == WAIVER_EXPIRED) {
		h_count(h, w->findings, "finding counts again", "findings count again");
	} else {
		h_count(h, w->findings, "finding", "findings");
	}
}

static void waiver_row(struct html *h, const struct waiver_row *w)
{
	h_put(h, "<tr><th scope=row>");
	h_text(h, w->id);
	h_put(h, "<td>");
	state_of_waiver(h, w);
	h_put(h, "<td>");
	h_text(h, w->about);
	h_put(h, "<td>");
	h_text(h, w->reason);
	h_put(h, "<td>");
	h_owner(h, w);
	h_put(h, "<td>");
	h_time(h, w->expires_ns);
	h_put(h, "<td>");
	waiver_covers(h, w);
	h_put(h, "\n");
}

void html_waivers(struct html *h)
{
	static const char *const columns[] = {"Waiver", "State", "About",  "Reason",
					      "Who",    "Until", "Covers", NULL};
	const struct result *r = h->r;

	if (!r->has_waivers)
		return;
	h_section(h, "waivers", "Waivers", r->n_waivers);
	if (!r->n_waivers) {
		h_p(h, "none in the files given");
		h_section_end(h);
		return;
	}
	h_rows(h, "waivers", "Recorded exceptions", columns);
	for (int done = 0; done < 2; done++)
		for (size_t i = 0; i < r->n_waivers; i++)
			if (settled(&r->waivers[i]) == done)
				waiver_row(h, &r->waivers[i]);
	h_rows_end(h);
	h_section_end(h);
}
