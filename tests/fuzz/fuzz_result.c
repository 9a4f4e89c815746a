// SPDX-License-Identifier: BSD-2-Clause
/* Any bytes as a result document: what is read keeps its promises, nothing is new against itself,
 * and no byte of it reaches a page unescaped. */
#include <stdlib.h>
#include <string.h>

#include "engine/diff.h"
#include "report/report.h"
#include "report/result_load.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void check(const struct read_result *r)
{
	for (size_t i = 0; i < r->n_findings; i++) {
		const struct read_finding *f = &r->findings[i];

		require(f->kind < KIND_N && f->severity < SEV_N && f->state < STATE_N);
		require(f->client.token && f->server.token);
		require(read_result_finding(r, f->id) == f);
	}
	for (size_t i = 0; i < r->n_seen; i++)
		require(read_result_seen(r, r->seen[i]));
	require(r->gap_ppm <= 1000000 && r->one_way_ppm <= 1000000);
	require((r->from_ns == TIME_NONE) == (r->to_ns == TIME_NONE) && r->from_ns <= r->to_ns);
}

/* The rows of conversations are read on demand, and may be what is wrong. */
static void check_convs(const char *p, size_t n)
{
	struct errors errs = {0};
	struct read_result r;

	if (read_result_parse_convs("fuzz.json", p, n, &errs, &r) != 0) {
		require(errs.n_errors == 1);
	} else {
		for (size_t i = 0; i < r.n_convs; i++) {
			const struct read_conv *c = &r.convs[i];

			require(c->verdict <= KIND_LAST_VERDICT && c->state < STATE_N);
			require(c->client.token && c->server.token);
			require((c->proto == 6 || c->proto == 17) &&
				!((c->roles[0] | c->roles[1]) >> ROLE_N));
		}
		read_result_done(&r);
	}
	errors_done(&errs);
}

static void check_inert(const struct out *o)
{
	require(!out_failed(o));
	for (size_t i = 0; i < o->n; i++)
		require((unsigned char)o->p[i] >= 0x20 || o->p[i] == '\n');
}

/* As every format shows it: whatever was read, nothing of it steers a terminal, and as JSON it is a
 * document that can be read again and then stays as it is. */
static void check_formats(const struct result *r)
{
	const struct report_options opt = {
		.width = 80, .only = r->only, .now_ns = TIME_NONE, .fail_on = r->fail_on};
	struct errors errs = {0};
	struct out one = {0}, two = {0};
	struct loaded again;

	for (size_t i = 0; i < report_format_count(); i++) {
		const struct report_format *f = report_format_at(i);

		out_reset(&one);
		require(f->write(r, &opt, &one) == 0);
		for (size_t k = 0; k < one.n; k++)
			require((unsigned char)one.p[k] >= 0x20 || strchr("\r\n\t", one.p[k]));
	}
	out_reset(&one);
	require(report_format_by_name("json")->write(r, &opt, &one) == 0);
	require(result_load("again.json", one.p, one.n, &errs, &again) == 0);
	require(report_format_by_name("json")->write(&again.r, &opt, &two) == 0);
	require(one.n == two.n && memcmp(one.p, two.p, one.n) == 0);
	result_unload(&again);
	errors_done(&errs);
	out_done(&one);
	out_done(&two);
}

static void check_whole(const char *p, size_t n)
{
	struct errors errs = {0};
	struct loaded l;

	if (result_load("fuzz.json", p, n, &errs, &l) != 0) {
		require(errs.n_errors == 1);
	} else {
		check_formats(&l.r);
		result_unload(&l);
	}
	errors_done(&errs);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const struct span_diff_options all = {.all = true};
	struct errors errs = {0};
	struct diff d = {.path = {"old.json", "new.json"}};
	struct out o = {0};
	int r = read_result_parse("fuzz.json", (const char *)p, n, &errs, &d.was);

	require(r == 0 || errs.n_errors == 1);
	check_whole((const char *)p, n);
	if (!r) {
		check(&d.was);
		check_convs((const char *)p, n);
		require(read_result_parse("fuzz.json", (const char *)p, n, &errs, &d.is) == 0);
		require(diff_make(&d) == 0);
		require(d.n_rows == d.n[DIFF_STILL] && !d.n_refusals && !d.n_rules);
		require(!d.coverage_worse);
		require(diff_text(&d, &all, &o) == 0);
		check_inert(&o);
		out_reset(&o);
		require(diff_json(&d, &all, &o) == 0);
		check_inert(&o);
	}
	out_reset(&o);
	errors_format(&errs, "spanaudit", &o);
	check_inert(&o);
	out_done(&o);
	errors_done(&errs);
	diff_done(&d);
	return 0;
}
