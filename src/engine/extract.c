// SPDX-License-Identifier: BSD-2-Clause
/* Whose packets are asked for, and the file that they are written into. */
#include "engine/extract.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/proto.h"
#include "capture/pcapng_write.h"
#include "engine/question.h"
#include "report/report.h"
#include "report/words.h"

#include "config.h"

enum { MAPPER_PORT = 135, BROWSER_PORT = 1434 };

struct job {
	struct extract x;
	VEC(const struct finding *) findings;
	struct question question; /* when there is no finding */
	const char *what;
	struct pcapng_writer writer;
	struct out text;
};

static int refuse(struct job *j, const char *why, const char *hint)
{
	struct out what = {0};

	out_text_z(&what, j->what);
	error_hint(errors_add(&j->x.errs, false, "cannot extract '%s': %s", out_str(&what), why),
		   "%s", hint);
	out_done(&what);
	return SPAN_USAGE;
}

/* ------------------------------------------------------------------ whose packets */

static bool want_behind(struct job *j, const struct behind *b)
{
	const struct behind_ends e = behind_ends(&j->x.a->result->ends, b);
	struct wanted w = {*e.client, *e.server, e.port, e.proto, j->x.a->vlan_key ? e.vlan : 0};

	return vec_push(&j->x.wanted, w);
}

static bool want(struct job *j, const struct conv *c)
{
	return want_behind(j, &(struct behind){.conv = c});
}

/* The conversation with whoever hands out ports, in which this answer was. */
static bool want_answer(struct job *j, const struct grant *g)
{
	const struct span_audit *a = j->x.a;

	for (size_t i = 0; i < a->n_convs; i++) {
		const struct conv *c = &a->convs[i];

		if (addr_equal(&c->client, &g->client) && addr_equal(&c->server, &g->server) &&
		    ((c->proto == IPPROTO_NR_TCP && c->port == MAPPER_PORT) ||
		     (c->proto == IPPROTO_NR_UDP && c->port == BROWSER_PORT)) &&
		    c->first_ns <= g->first.ts_ns && c->last_ns >= g->first.ts_ns && !want(j, c))
			return false;
	}
	return true;
}

static bool want_finding(struct job *j, const struct finding *f)
{
	const struct span_audit *a = j->x.a;

	if (!vec_push(&j->findings, f))
		return false;
	for (const struct behind *b = f->behind; b; b = b->next)
		if (!want_behind(j, b))
			return false;
	for (uint8_t i = 0; i < f->n_ev; i++) {
		struct proof p = {
			.at = f->ev[i], .finding = f, .index = (uint8_t)(i + 1), .n = f->n_ev};

		if (!vec_push(&j->x.proofs, p))
			return false;
		for (size_t k = 0; k < a->n_grants; k++)
			if (a->grants[k].first.input == f->ev[i].input &&
			    a->grants[k].first.number == f->ev[i].number &&
			    !want_answer(j, &a->grants[k]))
				return false;
	}
	return true;
}

static int by_id(struct job *j)
{
	size_t n;
	const struct finding *f = question_finding(j->x.a->result, j->what, &n);

	if (n == 0)
		return refuse(j, "these captures give no such finding",
			      "an id holds for one fact, judged with the same site file and rules\n"
			      "the audit of these captures with them lists the ids: give --site, "
			      "--role and --rules here as there");
	if (n > 1)
		return refuse(j, "several findings begin like this",
			      "an id may be cut short as long as it fits one finding only\n"
			      "give more of it");
	if (!want_finding(j, f))
		return -ENOMEM;
	if (!j->x.wanted.n && !j->x.proofs.n)
		return refuse(j, "no packet is behind it",
			      "it tells of something that was not captured\n"
			      "`spanaudit explain` with this id tells what was looked for");
	return 0;
}

static int unexpected(struct job *j)
{
	const struct result *r = j->x.a->result;

	for (size_t i = 0; i < r->n_findings; i++)
		if (!strncmp(kind_name(r->findings[i].kind), "unexpected-", 11) &&
		    !want_finding(j, &r->findings[i]))
			return -ENOMEM;
	if (!j->findings.n)
		return refuse(j, "these captures give no unexpected-* finding",
			      "all traffic in scope is allowed, or has findings of other kinds\n"
			      "the audit lists the findings; name one of them");
	return 0;
}

static int by_question(struct job *j)
{
	const struct span_audit *a = j->x.a;
	const char *bad = question_parse(a, j->what, &j->question);

	if (bad)
		return refuse(j,
			      strstr(j->what, "->")
				      ? "that is no connection"
				      : "it is neither the id of a finding, nor the word "
					"unexpected, nor a connection",
			      bad);
	for (size_t i = 0; i < a->n_convs; i++)
		if (question_matches(&j->question, a, &a->convs[i]) && !want(j, &a->convs[i]))
			return -ENOMEM;
	if (!j->x.wanted.n)
		return refuse(j, "these captures hold no such conversation",
			      "the client stands before the arrow, and the port is the server's\n"
			      "`spanaudit flows` with these captures lists what they hold");
	return 0;
}

/* What a pipe gave is gone. */
static int readable_again(struct job *j)
{
	const struct result *r = j->x.a->result;
	struct stat st;

	for (size_t i = 0; i < r->n_inputs; i++) {
		const struct result_input *in = &r->inputs[i];

		if (in->failed || in->same_as)
			continue;
		if (!strcmp(in->path, "-") || (stat(in->path, &st) == 0 && !S_ISREG(st.st_mode)))
			return refuse(j, "a pipe or standard input cannot be read twice",
				      "the packets are taken from the inputs after they were "
				      "judged\nwrite the capture into a file first, and name that "
				      "file");
	}
	return 0;
}

/* ------------------------------------------------------------------ what is written */

static void input_name(struct job *j, uint32_t input)
{
	out_text_z(&j->text, j->x.a->result->inputs[input].path);
}

static const char *section_comment(struct job *j)
{
	const struct result *r = j->x.a->result;
	struct out *o = &j->text;
	size_t n = 0;

	out_reset(o);
	for (size_t i = 0; i < j->findings.n; i++) {
		const struct finding *f = j->findings.v[i];

		out_printf(o, "%s %s: ", f->id, kind_name(f->kind));
		word_conversation(f, o);
		out_char(o, '\n');
	}
	if (!j->findings.n) {
		out_text_z(o, j->what);
		out_char(o, '\n');
	}
	out_puts(o, "out of ");
	for (size_t i = 0; i < r->n_inputs; i++) {
		if (r->inputs[i].failed || r->inputs[i].same_as)
			continue;
		out_puts(o, n++ ? ", " : "");
		input_name(j, (uint32_t)i);
	}
	return out_str(o);
}

static const char *packet_comment(struct job *j, const struct frame *f)
{
	struct out *o = &j->text;
	const struct proof *p = extract_proof(&j->x, f);

	out_reset(o);
	for (; p && p < j->x.proofs.v + j->x.proofs.n && p->at.input == f->input &&
	       p->at.number == f->number;
	     p++)
		out_printf(o, "%s %s: evidence %u of %u; ", p->finding->id,
			   kind_name(p->finding->kind), p->index, p->n);
	input_name(j, f->input);
	out_printf(o, " packet %u", f->number);
	return out_str(o);
}

static int write_batch(void *user, const struct batch *b)
{
	struct job *j = user;
	int r = 0;

	for (size_t i = 0; i < b->n && r == 0; i++) {
		if (!extract_marked(&j->x, &b->f[i]))
			continue;
		r = pcapng_write_frame(&j->writer, &b->f[i], packet_comment(j, &b->f[i]));
		if (out_failed(&j->text))
			r = -ENOMEM;
	}
	return r;
}

static int write_all(struct job *j, FILE *f)
{
	const char *comment = section_comment(j);
	int r = pcapng_write_begin(&j->writer, f, "spanaudit " SPAN_VERSION, comment, j->x.snaplen);

	if (out_failed(&j->text))
		r = -ENOMEM;
	if (r == 0)
		r = extract_read(&j->x, write_batch, j);
	pcapng_write_done(&j->writer);
	return r;
}

static int choose(struct job *j)
{
	if (!strncmp(j->what, "F-", 2))
		return by_id(j);
	if (!strcmp(j->what, "unexpected"))
		return unexpected(j);
	return by_question(j);
}

static void job_done(struct job *j)
{
	if (j->x.marks)
		for (size_t i = 0; i < j->x.a->result->n_inputs; i++)
			free(j->x.marks[i].bits);
	free(j->x.marks);
	vec_done(&j->x.wanted);
	vec_done(&j->x.proofs);
	vec_done(&j->findings);
	errors_done(&j->x.errs);
	out_done(&j->text);
}

int span_audit_extract(struct span_audit *a, const char *what, FILE *f, struct span_extracted *ret,
		       FILE *err)
{
	struct job j = {.x = {.a = a}, .what = what};
	int r;

	*ret = (struct span_extracted){0};
	if (!a->result)
		return SPAN_USAGE;
	r = readable_again(&j);
	if (r == 0)
		r = choose(&j);
	if (r == 0)
		r = extract_mark(&j.x);
	if (r == 0)
		r = write_all(&j, f);
	if (r == 0)
		*ret = (struct span_extracted){.packets = j.x.packets,
					       .conversations = j.x.wanted.n,
					       .findings = j.findings.n};
	if (r > 0) {
		struct out o = {0};

		errors_format(&j.x.errs, "spanaudit", &o);
		engine_put(&o, err);
		out_done(&o);
	}
	job_done(&j);
	return r;
}
