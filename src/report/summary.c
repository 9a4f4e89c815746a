// SPDX-License-Identifier: BSD-2-Clause
#include "report/summary.h"

#include "report/numbers.h"
#include "report/words.h"

struct summary {
	const struct result *r;
	const char *comma;
	struct out line;
	char buf[COUNTED_TEXT];
};

static const char *n(struct summary *s, uint64_t number)
{
	return grouped(number, s->comma, s->buf);
}

static const char *many(struct summary *s, uint64_t number, const char *one, const char *more)
{
	return counted_by(number, one, more, s->comma, s->buf);
}

static void read_line(struct summary *s)
{
	const struct result *r = s->r;
	uint64_t failed = 0;

	for (size_t i = 0; i < r->n_inputs; i++)
		failed += r->inputs[i].failed;
	out_puts(&s->line, many(s, r->coverage.packets, "packet", "packets"));
	out_printf(&s->line, " in %s", many(s, r->n_inputs, "input", "inputs"));
	if (failed)
		out_printf(&s->line, ", %s NOT READ (see Inputs)", n(s, failed));
}

static void window_line(struct summary *s)
{
	const struct result *r = s->r;
	char span[TIME_SPAN_TEXT], long_[TIME_TEXT];

	if (r->from_ns == TIME_NONE)
		out_puts(&s->line, "no packet has a time: nothing was observed");
	else
		out_printf(&s->line, "%s, %s observed",
			   time_span_human(r->from_ns, r->to_ns, site_tz(r->site), span),
			   duration_human(r->observed_ns, long_));
}

static void rules_line(struct summary *s)
{
	const struct result *r = s->r;

	out_puts(&s->line, many(s, r->n_rules, "rule", "rules"));
	for (size_t i = 0; i < r->n_packs; i++) {
		const struct pack_info *k = &r->packs[i];

		out_puts(&s->line, i ? ", " : " of ");
		out_text_z(&s->line, k->name);
		if (k->revision && *k->revision) {
			out_puts(&s->line, " (");
			out_text_z(&s->line, k->revision);
			out_char(&s->line, ')');
		}
	}
	out_printf(&s->line, ": %s met", n(s, r->n_rule_results[RULE_MET]));
	out_printf(&s->line, ", %s violated", n(s, r->n_rule_results[RULE_VIOLATED]));
	out_printf(&s->line, ", %s unused", n(s, r->n_rule_results[RULE_UNUSED]));
	out_printf(&s->line, ", %s not judged", n(s, r->n_rule_results[RULE_NOT_JUDGED]));
}

static void traffic_line(struct summary *s)
{
	const struct result *r = s->r;
	uint64_t fine = r->n_verdict[KIND_DOCUMENTED] + r->n_verdict[KIND_DOCUMENTED_DYNAMIC] +
			r->n_verdict[KIND_TOLERATED];
	uint64_t rest = 0;

	for (unsigned k = 0; k <= KIND_LAST_VERDICT; k++)
		rest += r->n_verdict[k];
	rest -= fine + r->n_verdict[KIND_OUT_OF_SCOPE] + r->n_scan;
	out_printf(&s->line, "%s: ", many(s, r->n_conversations, "conversation", "conversations"));
	out_printf(&s->line, "%s as documented or tolerated, ", n(s, fine));
	out_printf(&s->line, "%s out of scope, ", n(s, r->n_verdict[KIND_OUT_OF_SCOPE]));
	out_printf(&s->line, "%s to look at", n(s, rest));
	if (r->n_scan)
		out_printf(&s->line, ", %s",
			   many(s, r->n_scan, "attempt of a scan", "attempts of scans"));
}

static void rpc_line(struct summary *s)
{
	struct rpc_figures f;

	if (!s->r->n_rpc) {
		out_puts(&s->line, "none seen");
		return;
	}
	word_rpc_figures(s->r, &f);
	out_printf(&s->line, "%s on high ports: ",
		   many(s, f.mapped + f.bound + f.unexplained, "conversation", "conversations"));
	out_printf(&s->line, "%s explained", n(s, f.mapped + f.bound));
	if (f.mapped + f.bound) {
		out_printf(&s->line, " (%s by the answer that grants the port, ", n(s, f.mapped));
		out_printf(&s->line, "%s by their own bind)", n(s, f.bound));
	}
	out_printf(&s->line, ", %s unexplained", n(s, f.unexplained));
	if (f.unused)
		out_printf(&s->line, "; %s granted and never used",
			   many(s, f.unused, "port", "ports"));
}

/* "2 active, 1 expiring, 1 expired, 1 covering nothing; 3 findings waived" */
static void waiver_line(struct summary *s)
{
	const struct result *r = s->r;
	uint64_t by[WAIVER_EXPIRED + 1] = {0}, idle = 0;

	if (!r->n_waivers) {
		out_puts(&s->line, "none in the files given");
		return;
	}
	for (size_t i = 0; i < r->n_waivers; i++) {
		by[r->waivers[i].state]++;
		idle += !r->waivers[i].findings;
	}
	out_printf(&s->line, "%s active", n(s, by[WAIVER_ACTIVE] + by[WAIVER_EXPIRING]));
	if (by[WAIVER_EXPIRING])
		out_printf(&s->line, " (%s within %d days of its end)", n(s, by[WAIVER_EXPIRING]),
			   WAIVER_SOON_DAYS);
	out_printf(&s->line, ", %s expired", n(s, by[WAIVER_EXPIRED]));
	out_printf(&s->line, ", %s covering nothing; ", n(s, idle));
	out_printf(&s->line, "%s waived", many(s, r->n_waived, "finding", "findings"));
}

/* "2 new, 5 known (1 of them worse), 1 gone, 1 not seen any more" */
static void since_line(struct summary *s)
{
	const struct since *t = &s->r->since;

	out_printf(&s->line, "%s new, ", n(s, t->n_new));
	out_printf(&s->line, "%s known", n(s, t->n_known));
	if (t->n_worse)
		out_printf(&s->line, " (%s worse than before)", n(s, t->n_worse));
	out_printf(&s->line, ", %s gone", n(s, t->n_gone));
	if (t->n_unseen)
		out_printf(&s->line, ", %s not seen any more", n(s, t->n_unseen));
	out_puts(&s->line, " since ");
	out_text_z(&s->line, t->report);
}

static void lost_line(struct summary *s)
{
	const struct coverage *c = &s->r->coverage;
	char share[NUMBER_TEXT];

	out_printf(&s->line, "%s dropped by the capturing computer, ", n(s, c->kernel_drops));
	out_printf(&s->line, "%s by its network card, ", n(s, c->interface_drops));
	out_printf(&s->line, "%s of TCP data never seen, ",
		   percent(c->tcp_unseen_bytes, c->tcp_unseen_bytes + c->tcp_bytes, share));
	out_printf(&s->line, "%s skipped, ", many(s, c->packets - c->decoded, "packet", "packets"));
	out_printf(&s->line, "%s given up for want of memory",
		   many(s, c->evicted, "flow", "flows"));
	if (c->shed_packets)
		out_printf(&s->line, ", %s not followed for want of time",
			   many(s, c->shed_packets, "packet", "packets"));
}

bool summary_of(const struct result *r, const char *comma, summary_fn tell, void *user)
{
	static const struct {
		const char *label;
		void (*line)(struct summary *s);
	} rows[] = {
		{"Read", read_line},       {"Window", window_line},   {"Rules", rules_line},
		{"Traffic", traffic_line}, {"Dynamic RPC", rpc_line}, {"Waivers", waiver_line},
		{"Changes", since_line},   {"Lost", lost_line},
	};
	struct summary s = {.r = r, .comma = comma};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		if (rows[i].line == waiver_line && !r->has_waivers)
			continue;
		if (rows[i].line == since_line && !r->since.report)
			continue;
		out_reset(&s.line);
		rows[i].line(&s);
		tell(user, rows[i].label, out_str(&s.line));
	}
	bool whole = !s.line.failed;

	out_done(&s.line);
	return whole;
}
