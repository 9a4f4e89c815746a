// SPDX-License-Identifier: BSD-2-Clause
/*
 * view_doctor - is the capture fit to be judged: what `spanaudit doctor` shows. findings/fit.h
 * makes the rows from the result of an audit; here they become text or JSON.
 *
 * The subject is files, or interfaces: then live_doctor.c has more rows.
 */
#include <errno.h>
#include <string.h>

#include "engine/engine.h"
#include "engine/live_run.h"
#include "report/jsonw.h"
#include "report/text_page.h"

#include "config.h"

enum { LEVEL = 10, TITLE = 17, BODY = LEVEL };

static struct fit *fit_of(const struct span_audit *a)
{
	struct fit *fit = fit_make(&(struct fit_input){
		.r = a->result,
		.convs = a->convs,
		.n_convs = a->n_convs,
		.window = hot_window(a->hot),
		.blind = hot_blind(a->hot),
		.gaps = hot_gaps(a->hot),
		.interfaces = a->interfaces,
		.n_interfaces = a->n_interfaces,
		.drops_told = a->drops_told,
	});

	return fit && live_doctor(a, fit) < 0 ? fit_free(fit) : fit;
}

/* ------------------------------------------------------------------ JSON */

static void text(struct jsonw *w, const char *name, const char *z)
{
	jsonw_name(w, name);
	jsonw_text(w, z);
}

static void count(struct jsonw *w, const char *name, uint64_t n)
{
	jsonw_name(w, name);
	jsonw_uint(w, n);
}

static void ratio(struct jsonw *w, const char *name, uint64_t part, uint64_t whole)
{
	jsonw_name(w, name);
	jsonw_ratio(w, part, whole);
}

/* The figures that a script would ask for, once and by name. */
static void figures(struct jsonw *w, const struct result *r)
{
	const struct coverage *c = &r->coverage;

	jsonw_name(w, "figures");
	jsonw_object(w);
	count(w, "packets", c->packets);
	count(w, "decoded", c->decoded);
	count(w, "tcp_connections", c->tcp_flows);
	count(w, "one_way_connections", c->one_way_flows);
	ratio(w, "one_way_ratio", c->one_way_flows, c->tcp_flows);
	count(w, "duplicates", c->duplicates);
	count(w, "kernel_drops", c->kernel_drops);
	count(w, "interface_drops", c->interface_drops);
	count(w, "tcp_unseen_bytes", c->tcp_unseen_bytes);
	ratio(w, "tcp_gap_ratio", c->tcp_unseen_bytes, c->tcp_unseen_bytes + c->tcp_bytes);
	count(w, "evicted", c->evicted);
	count(w, "truncated", c->truncated);
	count(w, "above_mtu", c->notes[NOTE_ABOVE_MTU]);
	count(w, "bad_checksum", c->notes[NOTE_BAD_CHECKSUM]);
	count(w, "esp", c->notes[NOTE_ESP]);
	count(w, "observed_seconds",
	      r->observed_ns > 0 ? (uint64_t)(r->observed_ns / NS_PER_S) : 0);
	jsonw_object_end(w);
}

static void json_row(struct jsonw *w, const struct fit_row *row)
{
	jsonw_object(w);
	text(w, "check", row->check);
	text(w, "result", fit_level_name(row->level));
	text(w, "allows", fit_verdict_name(row->bars));
	text(w, "figure", row->figure);
	text(w, "meaning", row->meaning);
	text(w, "remedy", row->remedy);
	jsonw_name(w, "details");
	jsonw_array(w);
	for (size_t i = 0; i < row->n_details; i++)
		jsonw_text(w, row->details[i]);
	jsonw_array_end(w);
	jsonw_object_end(w);
}

static void json_servers(struct jsonw *w, const struct fit *fit)
{
	char buf[ADDR_TEXT];

	jsonw_name(w, "servers");
	jsonw_array(w);
	for (size_t i = 0; i < fit->n_servers; i++) {
		const struct fit_server *s = &fit->servers[i];

		jsonw_object_flat(w);
		text(w, "address", addr_format(&s->addr, buf));
		count(w, "packets", s->packets);
		count(w, "conversations", s->clients);
		text(w, "services", s->services);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

static void doctor_json(const struct span_audit *a, const struct fit *fit, struct out *o)
{
	const struct result *r = a->result;
	struct jsonw w = {.o = o};

	jsonw_object(&w);
	text(&w, "schema", "spanaudit-doctor/1");
	jsonw_name(&w, "tool");
	jsonw_object_flat(&w);
	text(&w, "name", "spanaudit");
	text(&w, "version", SPAN_VERSION);
	jsonw_object_end(&w);
	text(&w, "subject", a->live ? "interfaces" : "files");
	jsonw_name(&w, "inputs");
	jsonw_array(&w);
	for (size_t i = 0; i < r->n_inputs; i++) {
		const struct result_input *in = &r->inputs[i];

		jsonw_object_flat(&w);
		text(&w, "path", in->path);
		count(&w, "packets", in->packets);
		jsonw_name(&w, "failed");
		jsonw_bool(&w, in->failed);
		count(&w, "tcp_connections", in->tcp_flows);
		count(&w, "one_way_connections", in->one_way_flows);
		count(&w, "tcp_unseen_bytes", in->tcp_unseen_bytes);
		jsonw_object_end(&w);
	}
	jsonw_array_end(&w);
	jsonw_name(&w, "window");
	jsonw_object_flat(&w);
	jsonw_name(&w, "from");
	jsonw_time(&w, r->from_ns);
	jsonw_name(&w, "to");
	jsonw_time(&w, r->to_ns);
	jsonw_object_end(&w);
	text(&w, "verdict", fit_verdict_name(fit->verdict));
	text(&w, "headline", fit->headline);
	figures(&w, r);
	jsonw_name(&w, "checks");
	jsonw_array(&w);
	for (size_t i = 0; i < fit->n_rows; i++)
		json_row(&w, &fit->rows[i]);
	jsonw_array_end(&w);
	json_servers(&w, fit);
	jsonw_object_end(&w);
	out_char(o, '\n');
}

/* ------------------------------------------------------------------ text */

static const enum ink inks[] = {
	[FIT_OK] = INK_GOOD,
	[FIT_NOTE] = INK_WARN,
	[FIT_PROBLEM] = INK_BAD,
};

static void title(const struct page *p, const struct fit *fit, bool live)
{
	static const struct {
		const char *sign;
		enum ink ink;
	} rows[] = {
		[FIT_TO_JUDGE] = {"[OK] FIT TO JUDGE", INK_GOOD},
		[FIT_FOR_SEEN] = {"[?] FIT IN PART", INK_WARN},
		[FIT_NOT] = {"[X] NOT FIT", INK_BAD},
	};

	page_inked(p, INK_BOLD,
		   live ? "spanaudit " SPAN_VERSION " - is what comes in fit to be judged?"
			: "spanaudit " SPAN_VERSION " - is this capture fit to be judged?");
	out_puts(p->o, "\n\n");
	page_inked(p, rows[fit->verdict].ink, rows[fit->verdict].sign);
	out_char(p->o, '\n');
	page_foreign(p, 0, fit->headline);
}

/* Problems first; a remedy that several rows share stands once. */
static void remedies(const struct page *p, const struct fit *fit)
{
	unsigned n = 0;

	page_heading(p, "WHAT TO CHANGE");
	for (int level = FIT_PROBLEM; level > FIT_OK; level--)
		for (size_t i = 0; i < fit->n_rows; i++) {
			const struct fit_row *row = &fit->rows[i];
			struct out line = {0};

			if ((int)row->level != level || !row->remedy)
				continue;
			out_printf(p->o, "%2u ", ++n);
			out_puts(&line, row->title);
			out_puts(&line, ": ");
			out_puts(&line, row->remedy);
			page_foreign(p, 3, out_str(&line));
			p->o->failed |= line.failed;
			out_done(&line);
		}
	if (!n)
		out_puts(p->o, "Nothing.\n");
}

static void check(const struct page *p, const struct fit_row *row)
{
	const char *level = fit_level_name(row->level);

	page_inked(p, inks[row->level], level);
	out_pad(p->o, ' ', LEVEL - strlen(level));
	page_inked(p, INK_BOLD, row->title);
	out_pad(p->o, ' ', TITLE - strlen(row->title));
	page_foreign(p, LEVEL + TITLE, row->figure);
	if (row->meaning) {
		out_pad(p->o, ' ', BODY);
		page_foreign(p, BODY, row->meaning);
	}
	for (size_t i = 0; i < row->n_details; i++) {
		out_pad(p->o, ' ', BODY);
		out_puts(p->o, "- ");
		page_foreign(p, BODY + 2, row->details[i]);
	}
}

static void servers(const struct page *p, const struct fit *fit)
{
	char buf[ADDR_TEXT], n[NUMBER_TEXT];

	if (!fit->n_servers)
		return;
	page_heading(p, "SERVERS WITHOUT A ROLE, BUSIEST FIRST");
	for (size_t i = 0; i < fit->n_servers; i++) {
		const struct fit_server *s = &fit->servers[i];
		struct out line = {0};

		out_printf(p->o, "%-15s ", addr_format(&s->addr, buf));
		out_printf(&line, "%s packets: ", number(s->packets, n));
		out_puts(&line, s->services);
		page_foreign(p, 16, out_str(&line));
		p->o->failed |= line.failed;
		out_done(&line);
	}
}

static void doctor_text(const struct span_audit *a, const struct fit *fit,
			const struct span_write_options *opt, struct out *o)
{
	const struct report_options ro = {.colour = opt && opt->colour == SPAN_COLOUR_ANSI};
	unsigned width = opt && opt->width ? opt->width : 80;
	const struct page page = {
		.o = o,
		.r = a->result,
		.opt = &ro,
		.width = width < 80    ? 80
			 : width > 120 ? 120
				       : width,
	};

	title(&page, fit, a->live);
	remedies(&page, fit);
	page_heading(&page, "CHECKS");
	for (size_t i = 0; i < fit->n_rows; i++)
		check(&page, &fit->rows[i]);
	servers(&page, fit);
}

int span_audit_doctor(const struct span_audit *a, bool json, const struct span_write_options *opt,
		      FILE *f, enum span_fitness *ret)
{
	struct fit *fit;
	struct out o = {0};
	int r;

	if (!a->result)
		return SPAN_USAGE;
	fit = fit_of(a);
	if (!fit)
		return -ENOMEM;
	if (json)
		doctor_json(a, fit, &o);
	else
		doctor_text(a, fit, opt, &o);
	r = f ? engine_put(&o, f) : 0;
	*ret = fit->verdict == FIT_TO_JUDGE   ? SPAN_FIT
	       : fit->verdict == FIT_FOR_SEEN ? SPAN_FIT_FOR_SEEN
					      : SPAN_NOT_FIT;
	out_done(&o);
	fit_free(fit);
	return r;
}
