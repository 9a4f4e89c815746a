// SPDX-License-Identifier: BSD-2-Clause
/*
 * prom - the figures of a result for Prometheus, in its text format 0.0.4, to be picked up from a
 * file: the node exporter's textfile collector reads *.prom of a folder.
 *
 * No sample has a time of its own, as that collector demands; when the report is about is a figure.
 */
#include <errno.h>
#include <string.h>

#include "report/report.h"
#include "report/words.h"

struct prom {
	struct out *o;
	const struct result *r;
};

/* The value of a label: a backslash, a quote and a line end are escaped (exposition formats, text).
 */
static void value(struct out *o, const char *z)
{
	struct out safe = {0};

	out_text_z(&safe, z);
	for (const char *p = out_str(&safe); *p; p++) {
		if (*p == '\\' || *p == '"')
			out_char(o, '\\');
		out_char(o, *p);
	}
	o->failed |= safe.failed;
	out_done(&safe);
}

static void family(const struct prom *p, const char *name, const char *help)
{
	out_printf(p->o, "# HELP spanaudit_report_%s %s\n# TYPE spanaudit_report_%s gauge\n", name,
		   help, name);
}

/* `label` NULL: none but the site. */
static void labels(const struct prom *p, const char *name, const char *label, const char *is)
{
	const char *site = p->r->site && p->r->site->name ? p->r->site->name : "";

	out_printf(p->o, "spanaudit_report_%s{site=\"", name);
	value(p->o, site);
	out_char(p->o, '"');
	if (label) {
		out_printf(p->o, ",%s=\"", label);
		value(p->o, is);
		out_char(p->o, '"');
	}
	out_puts(p->o, "} ");
}

static void sample(const struct prom *p, const char *name, const char *label, const char *is,
		   uint64_t n)
{
	labels(p, name, label, is);
	out_uint(p->o, n);
	out_char(p->o, '\n');
}

static void single(const struct prom *p, const char *name, const char *help, uint64_t n)
{
	family(p, name, help);
	sample(p, name, NULL, NULL, n);
}

static uint64_t seconds(int64_t ns)
{
	return ns > 0 ? (uint64_t)ns / NS_PER_S : 0;
}

static void window(const struct prom *p, const struct report_options *opt)
{
	const struct result *r = p->r;
	int64_t missing = 0;

	for (size_t i = 0; i < r->n_missing; i++)
		missing += r->missing[i].to_ns - r->missing[i].from_ns;
	if (opt->now_ns != TIME_NONE)
		single(p, "made_timestamp_seconds", "When the report was made.",
		       seconds(opt->now_ns));
	if (r->from_ns != TIME_NONE) {
		single(p, "window_start_timestamp_seconds", "Time of the first packet.",
		       seconds(r->from_ns));
		single(p, "window_end_timestamp_seconds", "Time of the last packet.",
		       seconds(r->to_ns));
	}
	single(p, "observed_seconds", "Time observed, pauses taken out.", seconds(r->observed_ns));
	single(p, "missing_seconds", "Parts of the time asked for without a packet.",
	       seconds(missing));
}

/* By the counts: a document may list findings of one kind only. */
static int exit_code(const struct result *r, enum severity fail_on)
{
	int code = result_exit_code(r, fail_on);

	for (int s = (int)fail_on; code != 3 && s < SEV_N; s++)
		if (r->n_severity[s])
			return 1;
	return code;
}

static void verdict(const struct prom *p, const struct report_options *opt)
{
	single(p, "exit_code", "0 clean, 1 findings, 3 an input failed, 4 inconclusive.",
	       (uint64_t)exit_code(p->r, opt->fail_on));
	family(p, "verdict", "1 for the verdict that the report came to.");
	for (unsigned v = RESULT_COMPLIANT; v <= RESULT_INCONCLUSIVE; v++)
		sample(p, "verdict", "verdict", word_verdict((enum result_verdict)v),
		       p->r->verdict == (enum result_verdict)v);
}

static void findings(const struct prom *p)
{
	const struct since *s = &p->r->since;

	family(p, "findings", "Findings that no waiver covers, by severity.");
	for (int i = SEV_N - 1; i >= 0; i--)
		sample(p, "findings", "severity", severity_name((enum severity)i),
		       p->r->n_severity[i]);
	single(p, "findings_waived", "Findings that a waiver covers.", p->r->n_waived);
	if (!s->report)
		return;
	family(p, "changes", "Findings against those of the last report.");
	sample(p, "changes", "status", "new", s->n_new);
	sample(p, "changes", "status", "known", s->n_known);
	sample(p, "changes", "status", "worse", s->n_worse);
	sample(p, "changes", "status", "gone", s->n_gone);
	sample(p, "changes", "status", "not-seen", s->n_unseen);
}

static void rules(const struct prom *p)
{
	family(p, "rules", "Rules by result.");
	for (unsigned i = RULE_MET; i <= RULE_NOT_JUDGED; i++)
		sample(p, "rules", "result", word_rule_result((enum rule_result)i),
		       p->r->n_rule_results[i]);
}

static uint64_t inputs_failed(const struct result *r)
{
	uint64_t n = 0;

	for (size_t i = 0; i < r->n_inputs; i++)
		n += r->inputs[i].failed;
	return n;
}

static void traffic(const struct prom *p)
{
	const struct coverage *c = &p->r->coverage;

	family(p, "conversations", "Conversations by verdict.");
	for (unsigned k = 0; k <= KIND_LAST_VERDICT; k++)
		sample(p, "conversations", "verdict", kind_name((enum kind)k), p->r->n_verdict[k]);
	single(p, "packets", "Packets read.", c->packets);
	single(p, "packets_skipped", "Packets that were not understood.", c->packets - c->decoded);
	family(p, "packets_dropped", "Packets dropped before they could be read, by whom.");
	sample(p, "packets_dropped", "by", "kernel", c->kernel_drops);
	sample(p, "packets_dropped", "by", "interface", c->interface_drops);
	single(p, "tcp_bytes", "Bytes of TCP data seen.", c->tcp_bytes);
	single(p, "tcp_unseen_bytes", "Bytes of TCP data acknowledged and never seen.",
	       c->tcp_unseen_bytes);
	family(p, "shed",
	       "Left out because the processor did not keep up: packets of flows that were "
	       "not followed, flows whose first bytes were not kept, streams not read for "
	       "names.");
	sample(p, "shed", "what", "packets", c->shed_packets);
	sample(p, "shed", "what", "heads", c->shed_heads);
	sample(p, "shed", "what", "streams", c->shed_streams);
	single(p, "evicted", "Flows given up for want of memory.", c->evicted);
	single(p, "inputs_failed", "Inputs that could not be read.", inputs_failed(p->r));
}

static void waivers(const struct prom *p)
{
	uint64_t n[WAIVER_EXPIRED + 1] = {0};

	if (!p->r->has_waivers)
		return;
	for (size_t i = 0; i < p->r->n_waivers; i++)
		n[p->r->waivers[i].state]++;
	family(p, "waivers", "Waivers by state.");
	for (unsigned s = WAIVER_ACTIVE; s <= WAIVER_EXPIRED; s++)
		sample(p, "waivers", "state", waiver_state_name((enum waiver_state)s), n[s]);
}

static int write_prom(const struct result *r, const struct report_options *opt, struct out *o)
{
	const struct prom p = {.o = o, .r = r};

	window(&p, opt);
	verdict(&p, opt);
	findings(&p);
	rules(&p);
	traffic(&p);
	waivers(&p);
	return out_failed(o) ? -ENOMEM : 0;
}

const struct report_format report_prom = {
	.name = "prom",
	.suffix = ".prom",
	.mime = "text/plain; version=0.0.4",
	.help = "figures for Prometheus' textfile collector",
	.write = write_prom,
};
