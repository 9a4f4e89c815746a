// SPDX-License-Identifier: BSD-2-Clause
/*
 * junit - the result as a test report, for build servers that show such (JUnit's XML as Ant writes
 * it).
 *
 * A suite per rule pack has a case per rule; a suite "findings" has a case per finding that no case
 * of a rule stands for; a suite "inputs" has a case per input, and one for whether enough was seen.
 * What makes the exit code 1 is a failure, what makes it 3 or 4 an error, and nothing else is
 * either: what is not judged, not used, waived, or less severe than --fail-on is skipped, with the
 * reason.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "report/words.h"

enum outcome { PASSED, FAILED, ERROR, SKIPPED, OUTCOMES };

struct suite {
	const struct result *r;
	const struct report_options *opt;
	struct out cases; /* written before the element that counts them is opened */
	const char *name;
	uint64_t n[OUTCOMES];
};

static void attribute(struct out *o, const char *name, const char *z)
{
	out_printf(o, " %s=\"", name);
	out_html_z(o, z);
	out_char(o, '"');
}

/* A case and what it came to; `name`, `message` and `body` are foreign, the last two may be NULL.
 */
static void test_case(struct suite *s, const char *name, enum outcome outcome, const char *type,
		      const char *message, const char *body)
{
	static const char *const elements[] = {
		[FAILED] = "failure", [ERROR] = "error", [SKIPPED] = "skipped"};
	struct out *o = &s->cases;

	s->n[outcome]++;
	out_puts(o, "    <testcase");
	attribute(o, "classname", s->name);
	attribute(o, "name", name);
	out_puts(o, " time=\"0\"");
	if (outcome == PASSED) {
		out_puts(o, "/>\n");
		return;
	}
	out_printf(o, ">\n      <%s", elements[outcome]);
	if (outcome != SKIPPED)
		attribute(o, "type", type);
	attribute(o, "message", message ? message : "");
	if (body && *body) {
		out_char(o, '>');
		out_html_z(o, body);
		out_printf(o, "</%s>\n    </testcase>\n", elements[outcome]);
	} else {
		out_puts(o, "/>\n    </testcase>\n");
	}
}

/* --- rules -------------------------------------------------------------------------------------
 */

static bool counts(const struct suite *s, const struct finding *f)
{
	return !f->waiver && f->severity >= s->opt->fail_on && f->severity < SEV_N;
}

/* Of the kinds that make a rule violated. */
static bool is_demand(const struct finding *f)
{
	return f->kind == KIND_MISSING || f->kind == KIND_RPC_BLOCKED;
}

/* The finding is what came of this rule: its own, or one of the group that it is a member of. */
static bool comes_of(const struct finding *f, const struct rule *u)
{
	if (!is_demand(f))
		return false;
	if (f->rule == u)
		return true;
	return f->group && *f->group && u->group && strcmp(f->group, u->group) == 0;
}

/* Also without a finding to show: the document may list those of another kind only. */
static bool rule_fails(const struct suite *s, const struct rule *u)
{
	bool found = false;

	for (size_t i = 0; i < s->r->n_findings; i++) {
		const struct finding *f = &s->r->findings[i];

		if (!word_selected(f, s->opt) || !comes_of(f, u))
			continue;
		if (counts(s, f))
			return true;
		found = true;
	}
	return !found && s->opt->fail_on <= SEV_MEDIUM;
}

static void one_finding(const struct finding *f, struct out *o)
{
	struct out line = {0};

	out_printf(o, "%s %s %s ", f->id, word_severity(f->severity), kind_name(f->kind));
	word_conversation(f, &line);
	out_puts(o, out_str(&line));
	if (f->why) {
		out_puts(o, ". ");
		out_puts(o, f->why);
	}
	if (f->advice) {
		out_puts(o, " Do: ");
		out_puts(o, f->advice);
	}
	o->failed |= line.failed;
	out_done(&line);
}

static void violated(struct suite *s, const struct rule_row *row, const char *name)
{
	struct out body = {0};

	for (size_t i = 0; i < s->r->n_findings; i++) {
		const struct finding *f = &s->r->findings[i];

		if (!word_selected(f, s->opt) || !comes_of(f, row->rule))
			continue;
		out_puts(&body, body.n ? " " : "");
		one_finding(f, &body);
	}
	test_case(s, name, rule_fails(s, row->rule) ? FAILED : SKIPPED, "violated",
		  row->reason ? row->reason : "demanded, in view, and absent or failed",
		  out_str(&body));
	s->cases.failed |= body.failed;
	out_done(&body);
}

static void rule(struct suite *s, const struct rule_row *row)
{
	const struct rule *u = row->rule;
	struct out name = {0};

	out_puts(&name, u->id);
	out_char(&name, ' ');
	out_puts(&name, u->title ? u->title : "");
	switch (row->result) {
	case RULE_MET:
		test_case(s, out_str(&name), PASSED, NULL, NULL, NULL);
		break;
	case RULE_VIOLATED:
		violated(s, row, out_str(&name));
		break;
	case RULE_UNUSED:
		test_case(s, out_str(&name), SKIPPED, NULL,
			  "unused: allowed, not demanded, not seen", NULL);
		break;
	case RULE_NOT_JUDGED:
		test_case(s, out_str(&name), SKIPPED, NULL,
			  row->reason ? row->reason : "not judged", NULL);
		break;
	}
	s->cases.failed |= name.failed;
	out_done(&name);
}

static void pack(struct suite *s)
{
	for (size_t i = 0; i < s->r->n_rules; i++)
		if (strcmp(s->r->rules[i].rule->pack, s->name) == 0)
			rule(s, &s->r->rules[i]);
}

/* --- findings and inputs ------------------------------------------------------------------------
 */

/* The case of a rule stands for it. */
static bool told_by_rule(const struct suite *s, const struct finding *f)
{
	for (size_t i = 0; is_demand(f) && i < s->r->n_rules; i++)
		if (s->r->rules[i].result == RULE_VIOLATED && comes_of(f, s->r->rules[i].rule))
			return true;
	return false;
}

static void finding(struct suite *s, const struct finding *f)
{
	struct out name = {0}, body = {0}, message = {0};
	enum outcome outcome = counts(s, f) ? FAILED : SKIPPED;

	out_printf(&name, "%s %s: ", f->id, kind_name(f->kind));
	word_conversation(f, &name);
	one_finding(f, &body);
	if (f->waiver)
		out_printf(&message, "waived by %s", f->waiver);
	else if (outcome == FAILED)
		out_puts(&message, f->why ? f->why : kind_row(f->kind)->meaning);
	else
		out_printf(&message, "%s, less severe than what fails this audit",
			   severity_name(f->severity));
	test_case(s, out_str(&name), outcome, kind_name(f->kind), out_str(&message),
		  out_str(&body));
	s->cases.failed |= name.failed || body.failed || message.failed;
	out_done(&name);
	out_done(&body);
	out_done(&message);
}

static void findings(struct suite *s)
{
	for (size_t i = 0; i < s->r->n_findings; i++) {
		const struct finding *f = &s->r->findings[i];

		if (word_selected(f, s->opt) && !told_by_rule(s, f))
			finding(s, f);
	}
}

static void inputs(struct suite *s)
{
	const struct coverage *c = &s->r->coverage;
	bool poor = c->inconclusive && s->opt->fail_on < SEV_NONE;

	for (size_t i = 0; i < s->r->n_inputs; i++) {
		const struct result_input *in = &s->r->inputs[i];

		test_case(s, in->path, in->failed ? ERROR : PASSED, "unreadable",
			  in->caveat ? in->caveat : "could not be read", NULL);
	}
	test_case(s, "enough was seen to be judged",
		  !c->inconclusive ? PASSED
		  : poor           ? ERROR
				   : SKIPPED,
		  "inconclusive", c->inconclusive_why ? c->inconclusive_why : "inconclusive", NULL);
}

/* --- the document -------------------------------------------------------------------------------
 */

/* Without a zone, which the format has no place for: UTC. */
static void timestamp(struct out *o, const struct result *r)
{
	char buf[TIME_TEXT];

	time_rfc3339(r->to_ns == TIME_NONE ? 0 : r->to_ns, buf);
	buf[strlen("2024-05-01T03:00:00")] = '\0';
	attribute(o, "timestamp", buf);
}

static void properties(struct suite *s, struct out *o)
{
	struct {
		const char *name, *value;
	} rows[] = {
		{"verdict", word_verdict(s->r->verdict)},
		{"tool", s->opt->tool_version ? s->opt->tool_version : ""},
		{"site", s->r->site && s->r->site->name ? s->r->site->name : ""},
	};

	out_puts(o, "    <properties>\n");
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		out_puts(o, "      <property");
		attribute(o, "name", rows[i].name);
		attribute(o, "value", rows[i].value);
		out_puts(o, "/>\n");
	}
	out_puts(o, "    </properties>\n");
}

static void suite(struct out *o, const struct suite *from, const char *name, unsigned id,
		  void (*fill)(struct suite *s))
{
	struct suite s = {.r = from->r, .opt = from->opt, .name = name};

	fill(&s);
	out_printf(o, "  <testsuite id=\"%u\"", id);
	attribute(o, "package", "spanaudit");
	attribute(o, "name", name);
	timestamp(o, s.r);
	out_printf(o,
		   " hostname=\"localhost\" tests=\"%" PRIu64 "\" failures=\"%" PRIu64
		   "\" errors=\"%" PRIu64 "\" skipped=\"%" PRIu64 "\" time=\"0\">\n",
		   s.n[PASSED] + s.n[FAILED] + s.n[ERROR] + s.n[SKIPPED], s.n[FAILED], s.n[ERROR],
		   s.n[SKIPPED]);
	properties(&s, o);
	out_bytes(o, out_str(&s.cases), s.cases.n);
	out_puts(o, "    <system-out/>\n    <system-err/>\n  </testsuite>\n");
	o->failed |= s.cases.failed;
	out_done(&s.cases);
}

static int write_junit(const struct result *r, const struct report_options *opt, struct out *o)
{
	const struct suite from = {.r = r, .opt = opt};
	unsigned id = 0;

	out_puts(o, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
	for (size_t i = 0; i < r->n_packs; i++)
		suite(o, &from, r->packs[i].name, id++, pack);
	suite(o, &from, "findings", id++, findings);
	suite(o, &from, "inputs", id++, inputs);
	out_puts(o, "</testsuites>\n");
	return out_failed(o) ? -ENOMEM : 0;
}

const struct report_format report_junit = {
	.name = "junit",
	.suffix = ".xml",
	.mime = "application/xml",
	.help = "a test report for build servers (JUnit XML)",
	.write = write_junit,
};
