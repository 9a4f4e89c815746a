// SPDX-License-Identifier: BSD-2-Clause
/* verify - what is said of an HTML report that was held against the result inside it. */
#include <spanaudit/report.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "report/doc.h"
#include "report/html_verify.h"
#include "report/numbers.h"
#include "report/result_load.h"
#include "report/words.h"

#include "config.h"

static void source(const char *label, const char *path, const char *sha256, struct out *o)
{
	out_printf(o, "%s ", label);
	out_text_z(o, path);
	out_puts(o, "\n         sha256 ");
	out_text_z(o, sha256 && *sha256 ? sha256 : "not taken");
	out_char(o, '\n');
}

static void sources(const struct html_verified *v, struct out *o)
{
	struct loaded *l = calloc(1, sizeof *l);
	struct errors errs = {0};

	if (l && result_load("the embedded result", v->json.p, v->json.n, &errs, l) == 0) {
		const struct result *r = &l->r;

		out_printf(o, "verdict  %s\n", word_verdict(r->verdict));
		for (size_t i = 0; i < r->n_inputs; i++)
			source("input   ", r->inputs[i].path, r->inputs[i].sha256, o);
		if (r->site && r->site->path)
			source("site    ", r->site->path, r->site->sha256, o);
		for (size_t i = 0; i < r->n_waiver_files; i++)
			source("waivers ", r->waiver_files[i].path, r->waiver_files[i].sha256, o);
		result_unload(l);
	}
	free(l);
	errors_done(&errs);
}

static void document(const struct html_verified *v, struct out *o)
{
	char buf[NUMBER_TEXT];

	out_printf(o, "result   sha256 %s, %s bytes\n", v->sha256, number(v->json.n, buf));
	sources(v, o);
}

static void line(const char *label, const struct out *text, struct out *o)
{
	out_puts(o, label);
	out_text(o, text->p ? text->p : "", text->n);
	out_char(o, '\n');
}

static void altered_page(const struct html_verified *v, struct out *o)
{
	char buf[NUMBER_TEXT];

	out_printf(
		o,
		"ALTERED. The page says something else than the result inside it, from line %s on",
		number(v->line, buf));
	if (v->part.n) {
		out_puts(o, " (");
		out_text(o, v->part.p, v->part.n);
		out_char(o, ')');
	}
	out_puts(o, ".\n");
	line("page     ", &v->is, o);
	line("result   ", &v->ought, o);
	out_puts(o,
		 "The embedded result is whole: 'spanaudit report' of it writes the true page.\n");
}

static void tell(const struct html_verified *v, struct out *o)
{
	switch (v->state) {
	case HTML_INTACT:
		out_puts(o,
			 "INTACT. The page is what spanaudit makes of the result inside it, byte "
			 "for byte.\n");
		document(v, o);
		out_puts(o,
			 "That the result is true of a capture only the capture can show: compare "
			 "its sha256.\n");
		return;
	case HTML_CUT_OFF:
		out_puts(o,
			 "CUT OFF. The file ends before the report does. Copy it again from where "
			 "it was written.\n");
		return;
	case HTML_DATA:
		out_printf(o,
			   "ALTERED. The result inside the page %s: it was changed or damaged, so "
			   "nothing in this file can be relied on. Get the report again from where "
			   "it was written.\n",
			   v->why);
		return;
	case HTML_PAGE:
		altered_page(v, o);
		return;
	case HTML_OTHER_MAKER:
		out_puts(o,
			 "NOT COMPARED. Another version of spanaudit wrote the page, and only that "
			 "one can make it again; this is " SPAN_VERSION
			 ". The result inside is whole.\n");
		document(v, o);
		return;
	case HTML_UNREADABLE:
		out_puts(o,
			 "NOT COMPARED. The result inside the page is whole, and this version of "
			 "spanaudit cannot read it.\n");
		return;
	case HTML_NO_REPORT:
		break;
	}
}

static int status_of(enum html_state s)
{
	switch (s) {
	case HTML_INTACT:
		return SPAN_VERIFY_INTACT;
	case HTML_OTHER_MAKER:
	case HTML_UNREADABLE:
		return SPAN_VERIFY_NOT_COMPARED;
	case HTML_NO_REPORT:
		return SPAN_USAGE;
	default:
		return SPAN_VERIFY_ALTERED;
	}
}

static int no_report(const char *path, FILE *err)
{
	struct out o = {0};
	int r;

	out_puts(&o, "spanaudit: '");
	out_text_z(&o, path);
	out_puts(&o, "' is not an HTML report of spanaudit\n"
		     "  Give the file that 'spanaudit audit -o REPORT.html' wrote.\n");
	r = engine_put(&o, err);
	out_done(&o);
	return r == -ENOMEM ? r : SPAN_USAGE;
}

static int verify(const char *path, const struct out *page, struct errors *errs, struct out *ret)
{
	struct html_verified v;
	int r = html_verify(page->p ? page->p : "", page->n, SPAN_VERSION, errs, &v);

	if (r == 0) {
		r = status_of(v.state);
		if (r != SPAN_USAGE) {
			out_text_z(ret, path);
			out_puts(ret, ": ");
			tell(&v, ret);
		}
	}
	html_verified_done(&v);
	return r;
}

int span_report_verify(const char *path, FILE *f, FILE *err)
{
	struct errors errs = {0};
	struct doc d = {.name = path, .errs = &errs, .where = ""};
	struct out page = {0}, words = {0}, wrong = {0};
	int r = doc_slurp(&d, path, &page);

	if (r == RESULT_READ_UNREADABLE || r == -EINVAL)
		r = SPAN_INPUT;
	if (r == 0)
		r = verify(path, &page, &errs, &words);
	errors_format(&errs, "spanaudit", &wrong);
	if (engine_put(&wrong, err) == -ENOMEM)
		r = -ENOMEM;
	if (r == SPAN_USAGE)
		r = no_report(path, err);
	if (r >= 0 && f) {
		int e = engine_put(&words, f);

		r = e ? e : r;
	}
	out_done(&page);
	out_done(&words);
	out_done(&wrong);
	errors_done(&errs);
	return r;
}
