// SPDX-License-Identifier: BSD-2-Clause
/*
 * text - the report for people, 80 to 120 columns.
 *
 * The first screen decides: the verdict, what was looked at, what to do first, and whether to
 * believe it. Details follow in the order in which one would ask for them.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "report/text_page.h"

enum { FIRST_FINDINGS = 5 };

/* Findings that ask for something: not waived, above info. */
static bool asks(const struct finding *f)
{
	return !f->waiver && f->severity > SEV_INFO && f->severity < SEV_N;
}

static void title(const struct page *p)
{
	const struct site *s = p->r->site;
	struct out left = {0}, right = {0};

	out_puts(&left, "spanaudit");
	if (p->opt->tool_version) {
		out_char(&left, ' ');
		out_text_z(&left, p->opt->tool_version);
	}
	out_puts(&left, " - Dynamics CRM network audit");
	if (s && s->name && *s->name) {
		out_puts(&right, "site ");
		out_text_z(&right, s->name);
	} else if (!s || !s->path) {
		out_puts(&right, "no site file");
	}

	size_t used = out_columns(out_str(&left), left.n) + out_columns(out_str(&right), right.n);

	page_inked(p, INK_BOLD, out_str(&left));
	if (right.n) {
		if (used + 2 <= p->width)
			out_pad(p->o, ' ', p->width - used);
		else
			out_char(p->o, '\n');
		out_puts(p->o, out_str(&right));
	}
	out_char(p->o, '\n');
	p->o->failed |= left.failed || right.failed;
	out_done(&left);
	out_done(&right);
}

/* "2 high, 1 low" */
static void severities(const struct page *p, struct out *o)
{
	char buf[NUMBER_TEXT];
	bool some = false;

	for (int s = SEV_N - 1; s >= 0; s--) {
		if (!p->r->n_severity[s])
			continue;
		out_printf(o, "%s%s %s", some ? ", " : "", number(p->r->n_severity[s], buf),
			   severity_name((enum severity)s));
		some = true;
	}
	if (p->r->n_waived)
		out_printf(o, "%s%s waived", some ? ", " : "", number(p->r->n_waived, buf));
	if (!some && !p->r->n_waived)
		out_puts(o, "no findings");
}

static bool below_the_bar(const struct result *r)
{
	uint64_t n = 0;

	for (int s = SEV_LOW; s < SEV_N; s++)
		n += r->n_severity[s];
	return n > 0;
}

static void verdict(const struct page *p)
{
	static const struct {
		const char *sign, *meaning;
		enum ink ink;
	} rows[] = {
		[RESULT_COMPLIANT] =
			{"[OK] COMPLIANT",
			 "What was seen is what the papers document, and everything they "
			 "demand that could be judged was seen.",
			 INK_GOOD},
		[RESULT_FINDINGS] =
			{"[X] NOT COMPLIANT",
			 "Traffic differs from what the papers document; the findings below "
			 "say where.",
			 INK_BAD},
		[RESULT_INCONCLUSIVE] =
			{"[?] INCONCLUSIVE",
			 "Too little could be seen or judged to say that the deployment "
			 "is as documented.",
			 INK_WARN},
	};
	const struct coverage *c = &p->r->coverage;

	out_char(p->o, '\n');
	page_inked(p, rows[p->r->verdict].ink, rows[p->r->verdict].sign);
	out_puts(p->o, "   ");
	severities(p, p->o);
	out_char(p->o, '\n');
	if (p->r->verdict == RESULT_COMPLIANT && below_the_bar(p->r))
		page_text(p, 0,
			  "No finding is severe enough to fail this audit (--fail-on); the lesser "
			  "ones stand below.");
	else if (p->r->verdict == RESULT_COMPLIANT && p->r->n_waived)
		page_text(p, 0,
			  "What differs from the papers is waived; who answers for it stands with "
			  "each finding.");
	else
		page_text(p, 0, rows[p->r->verdict].meaning);
	if (p->r->verdict == RESULT_INCONCLUSIVE && c->inconclusive_why)
		page_row(p, "Because", c->inconclusive_why);
	out_char(p->o, '\n');
}

static uint64_t failed_inputs(const struct result *r)
{
	uint64_t n = 0;

	for (size_t i = 0; i < r->n_inputs; i++)
		n += r->inputs[i].failed;
	return n;
}

static void rpc_summary(const struct result *r, struct out *o)
{
	struct rpc_figures n;
	char buf[64];

	if (!r->n_rpc) {
		out_puts(o, "none seen");
		return;
	}
	word_rpc_figures(r, &n);
	out_printf(
		o, "%s on high ports: ",
		counted(n.mapped + n.bound + n.unexplained, "conversation", "conversations", buf));
	out_printf(o, "%s explained", number(n.mapped + n.bound, buf));
	if (n.mapped + n.bound) {
		out_printf(o, " (%s by the answer that grants the port, ", number(n.mapped, buf));
		out_printf(o, "%s by their own bind)", number(n.bound, buf));
	}
	out_printf(o, ", %s unexplained", number(n.unexplained, buf));
	if (n.unused)
		out_printf(o, "; %s granted and never used",
			   counted(n.unused, "port", "ports", buf));
}

/* "2 active, 1 expiring, 1 expired, 1 covering nothing; 3 findings waived" */
static void waiver_summary(const struct result *r, struct out *o)
{
	uint64_t n[WAIVER_EXPIRED + 1] = {0}, idle = 0;
	char buf[64];

	if (!r->n_waivers) {
		out_puts(o, "none in the files given");
		return;
	}
	for (size_t i = 0; i < r->n_waivers; i++) {
		n[r->waivers[i].state]++;
		idle += !r->waivers[i].findings;
	}
	out_printf(o, "%s active", number(n[WAIVER_ACTIVE] + n[WAIVER_EXPIRING], buf));
	if (n[WAIVER_EXPIRING])
		out_printf(o, " (%s within %d days of its end)", number(n[WAIVER_EXPIRING], buf),
			   WAIVER_SOON_DAYS);
	out_printf(o, ", %s expired", number(n[WAIVER_EXPIRED], buf));
	out_printf(o, ", %s covering nothing; ", number(idle, buf));
	out_printf(o, "%s waived", counted(r->n_waived, "finding", "findings", buf));
}

static void read_what(const struct page *p)
{
	const struct result *r = p->r;
	struct out line = {0};
	char a[64], b[64], span[TIME_SPAN_TEXT];
	uint64_t failed = failed_inputs(r);

	out_printf(&line, "%s in %s", counted(r->coverage.packets, "packet", "packets", a),
		   counted(r->n_inputs, "input", "inputs", b));
	if (failed)
		out_printf(&line, ", %s NOT READ (see Inputs)", number(failed, a));
	page_row(p, "Read", out_str(&line));
	out_reset(&line);

	if (r->from_ns == TIME_NONE)
		out_puts(&line, "no packet has a time: nothing was observed");
	else
		out_printf(&line, "%s, %s observed",
			   time_span_human(r->from_ns, r->to_ns, site_tz(r->site), span),
			   duration_human(r->observed_ns, a));
	page_row(p, "Window", out_str(&line));
	out_reset(&line);

	out_printf(&line, "%s", counted(r->n_rules, "rule", "rules", a));
	for (size_t i = 0; r->matrix && i < matrix_n_packs(r->matrix); i++) {
		const struct pack_info *k = matrix_pack(r->matrix, i);

		out_puts(&line, i ? ", " : " of ");
		out_text_z(&line, k->name);
		if (k->revision && *k->revision) {
			out_puts(&line, " (");
			out_text_z(&line, k->revision);
			out_char(&line, ')');
		}
	}
	out_printf(&line, ": %s met", number(r->n_rule_results[RULE_MET], a));
	out_printf(&line, ", %s violated", number(r->n_rule_results[RULE_VIOLATED], a));
	out_printf(&line, ", %s unused", number(r->n_rule_results[RULE_UNUSED], a));
	out_printf(&line, ", %s not judged", number(r->n_rule_results[RULE_NOT_JUDGED], a));
	page_row(p, "Rules", out_str(&line));
	out_reset(&line);

	uint64_t fine = r->n_verdict[KIND_DOCUMENTED] + r->n_verdict[KIND_DOCUMENTED_DYNAMIC] +
			r->n_verdict[KIND_TOLERATED];

	out_printf(&line, "%s: ", counted(r->n_conversations, "conversation", "conversations", a));
	out_printf(&line, "%s as documented or tolerated, ", number(fine, a));
	out_printf(&line, "%s out of scope, ", number(r->n_verdict[KIND_OUT_OF_SCOPE], a));

	uint64_t rest = 0;

	for (unsigned k = 0; k <= KIND_LAST_VERDICT; k++)
		rest += r->n_verdict[k];
	rest -= fine + r->n_verdict[KIND_OUT_OF_SCOPE] + r->n_scan;
	out_printf(&line, "%s to look at", number(rest, a));
	if (r->n_scan)
		out_printf(&line, ", %s",
			   counted(r->n_scan, "attempt of a scan", "attempts of scans", a));
	page_row(p, "Traffic", out_str(&line));
	out_reset(&line);

	rpc_summary(r, &line);
	page_row(p, "Dynamic RPC", out_str(&line));
	out_reset(&line);

	if (r->has_waivers) {
		waiver_summary(r, &line);
		page_row(p, "Waivers", out_str(&line));
		out_reset(&line);
	}

	const struct coverage *c = &r->coverage;

	out_printf(&line, "%s dropped by the capturing computer, ", number(c->kernel_drops, a));
	out_printf(&line, "%s by its network card, ", number(c->interface_drops, a));
	out_printf(&line, "%s of TCP data never seen, ",
		   percent(c->tcp_unseen_bytes, c->tcp_unseen_bytes + c->tcp_bytes, a));
	out_printf(&line, "%s skipped, ", counted(c->packets - c->decoded, "packet", "packets", a));
	out_printf(&line, "%s given up for want of memory",
		   counted(c->evicted, "flow", "flows", a));
	page_row(p, "Lost", out_str(&line));
	p->o->failed |= line.failed;
	out_done(&line);
}

enum { STEP = 12 }; /* column of its text */

static void first_step(const struct page *p, const struct finding *f, unsigned i)
{
	const char *severity = severity_label(f->severity);
	struct out line = {0};

	out_printf(p->o, "%u ", i);
	page_inked(p, severity_ink(f->severity), severity);
	out_pad(p->o, ' ', STEP - 2 - strlen(severity));
	out_printf(&line, "%s: ", kind_name(f->kind));
	word_conversation(f, &line);
	out_wrapped(p->o, out_str(&line), p->width, STEP, STEP);
	out_reset(&line);
	if (f->advice) { /* its first sentence; the rest stands with the finding */
		const char *stop = strstr(f->advice, ". ");

		out_bytes(&line, f->advice,
			  stop ? (size_t)(stop - f->advice) + 1 : strlen(f->advice));
		out_char(&line, ' ');
	}
	out_printf(&line, "[%s]", f->id);
	page_text(p, STEP, out_str(&line));
	p->o->failed |= line.failed;
	out_done(&line);
}

static void nothing_first(const struct page *p)
{
	const struct coverage *c = &p->r->coverage;

	if (p->opt->only) {
		page_text(p, 0, "Nothing of this kind asks for action.");
	} else if (p->r->verdict == RESULT_INCONCLUSIVE) {
		page_text(p, 0, "No finding asks for action. Before this is settled, none can:");
		page_item(p, c->inconclusive_why ? c->inconclusive_why : "see the caveats below");
	} else {
		page_text(p, 0, "Nothing: no finding asks for action.");
	}
}

static void first_steps(const struct page *p)
{
	unsigned shown = 0;
	uint64_t more = 0;

	page_heading(p, "WHAT TO DO FIRST");
	for (size_t i = 0; i < p->r->n_findings; i++) {
		const struct finding *f = &p->r->findings[i];

		if (!asks(f) || !word_selected(f, p->opt))
			continue;
		if (shown == FIRST_FINDINGS) {
			more++;
			continue;
		}
		shown++;
		first_step(p, f, shown);
	}
	if (!shown)
		nothing_first(p);
	if (more) {
		char buf[NUMBER_TEXT];

		out_printf(p->o, "   and %s more under Findings\n", number(more, buf));
	}
}

static void figure(const struct page *p, uint64_t n, const char *meaning)
{
	char buf[NUMBER_TEXT];

	out_printf(p->o, "%15s  ", number(n, buf));
	out_wrapped(p->o, meaning, p->width, 17, 17);
}

static void share(const struct page *p, uint64_t part, uint64_t whole, const char *meaning)
{
	char buf[NUMBER_TEXT];

	out_printf(p->o, "%15s  ", percent(part, whole, buf));
	out_wrapped(p->o, meaning, p->width, 17, 17);
}

static void duplicates(const struct page *p, const struct coverage *c)
{
	char buf[120], ratio[NUMBER_TEXT];

	if (!c->duplicates) {
		figure(p, 0, "duplicate packets taken out");
		return;
	}
	snprintf(buf, sizeof buf, "duplicate packets taken out, %s of those understood",
		 percent(c->duplicates, c->decoded, ratio));
	figure(p, c->duplicates, buf);
	if (c->duplicates_routed)
		figure(p, c->duplicates_routed, "of them seen on both sides of a router");
	if (c->duplicates_across)
		figure(p, c->duplicates_across, "of them in two inputs: the captures overlap");
}

/* What servers said of their ports. */
static void learned(const struct page *p, const struct coverage *c)
{
	if (c->answers)
		figure(p, c->answers,
		       "answers that hand out ports (endpoint mapper, DCOM, SQL Browser)");
	if (c->answers_sealed)
		figure(p, c->answers_sealed, "of them encrypted: what they grant cannot be read");
	if (c->answers_bad)
		figure(p, c->answers_bad, "of them malformed");
	if (c->grants)
		figure(p, c->grants, "ports and pipes that they grant: spanaudit rpc FILE");
	if (c->streams_cut)
		figure(p, c->streams_cut,
		       "streams not read to their end for want of memory: raise --max-memory");
	if (c->learn_refused)
		figure(p, c->learn_refused,
		       "streams, or parts of them, not read for what they grant, for want of "
		       "memory: raise --max-memory");
	if (c->grants_shed)
		figure(p, c->grants_shed, "grants that found no room in the table");
	if (c->sightings_shed)
		figure(p, c->sightings_shed,
		       "names, services and refusals told of hosts that found no room");
	if (c->cards_shed)
		figure(p, c->cards_shed,
		       "sights of network cards and their addresses that found no room");
}

static void trust(const struct page *p)
{
	const struct coverage *c = &p->r->coverage;
	char buf[160];

	page_heading(p, "CAN YOU TRUST THIS REPORT?");
	page_text(p, 0,
		  c->inconclusive     ? "Only in part:"
		  : c->n_caveats == 1 ? "Yes, with a caveat:"
		  : c->n_caveats != 0 ? "Yes, with caveats:"
				      : "Yes: nothing was lost that could change the verdict.");
	if (c->inconclusive && c->inconclusive_why)
		page_item(p, c->inconclusive_why);
	for (size_t i = 0; i < c->n_caveats; i++)
		if (!c->inconclusive || !c->inconclusive_why ||
		    strcmp(c->caveats[i], c->inconclusive_why) != 0)
			page_item(p, c->caveats[i]);

	figure(p, c->packets, "packets read");
	figure(p, c->decoded, "of them understood");
	for (unsigned i = DECODE_OK + 1; i < DECODE_N; i++) {
		if (!c->skipped[i])
			continue;
		snprintf(buf, sizeof buf, "skipped, %s: %s", decode_skip_name(i),
			 decode_skip_help(i));
		figure(p, c->skipped[i], buf);
	}
	if (c->other_proto)
		figure(p, c->other_proto, "understood, neither TCP nor UDP (ICMP and others)");
	figure(p, c->kernel_drops, "dropped by the capturing computer, as the capture itself says");
	figure(p, c->interface_drops, "dropped by its network card, as the capture itself says");
	share(p, c->tcp_unseen_bytes, c->tcp_unseen_bytes + c->tcp_bytes,
	      "of TCP data was acknowledged but never seen: the mirror port or the capture lost "
	      "it");
	share(p, c->one_way_flows, c->tcp_flows,
	      "of TCP connections show one direction only: the mirror copies half of the traffic");
	duplicates(p, c);
	if (c->reassembled)
		figure(p, c->reassembled, "fragmented datagrams put together");
	if (c->fragments_late)
		figure(p, c->fragments_late, "fragmented datagrams never complete");
	if (c->fragments_overlap)
		figure(p, c->fragments_overlap,
		       "fragmented datagrams dropped because their fragments overlap");
	if (c->truncated)
		figure(p, c->truncated, "packets cut short when stored (snap length)");
	for (unsigned i = 0; i < NOTE_N; i++)
		if (c->notes[i] && i != NOTE_SNAPPED)
			figure(p, c->notes[i], word_note_help(i));
	if (c->evicted)
		figure(p, c->evicted,
		       "flows given up early for want of memory: raise --max-memory and run again");
	if (c->heads_shed)
		figure(p, c->heads_shed,
		       "flows whose protocol was not looked at for want of memory");
	learned(p, c);
}

static void hints(const struct page *p)
{
	page_heading(p, "MORE");
	out_puts(p->o, "one finding in full     spanaudit explain F-... FILE\n"
		       "every conversation      spanaudit flows FILE\n"
		       "what the words mean     spanaudit help kinds, spanaudit help roles\n"
		       "for programs            spanaudit audit --format json FILE\n");
}

static int write_text(const struct result *r, const struct report_options *opt, struct out *o)
{
	unsigned width = opt->width ? opt->width : 80;
	struct page page = {
		.o = o,
		.r = r,
		.opt = opt,
		.width = width < 80    ? 80
			 : width > 120 ? 120
				       : width,
	};
	const struct page *p = &page;

	title(p);
	verdict(p);
	read_what(p);
	first_steps(p);
	trust(p);
	text_findings(p);
	text_waivers(p);
	text_rpc(p);
	text_rules(p);
	text_conversations(p);
	text_hosts(p);
	text_inputs(p);
	hints(p);
	return out_failed(o) ? -ENOMEM : 0;
}

const struct report_format report_text = {
	.name = "text",
	.suffix = ".txt",
	.mime = "text/plain",
	.help = "a report for people, 80 columns",
	.write = write_text,
};
