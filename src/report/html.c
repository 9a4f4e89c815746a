// SPDX-License-Identifier: BSD-2-Clause
/*
 * html - the report to be filed: one file that needs nothing else, to be read, printed and checked.
 *
 * Style and script are files of their own (html.css, html.js), put in at build time. The page's
 * policy names both by their digests and allows nothing else, so that what a capture or a site file
 * may hold could not act even if it came through unescaped. Without the script everything can be
 * read; it filters and sorts, and opens what is closed before the page is printed.
 */
#include "report/html_page.h"

#include <errno.h>
#include <sha256.h>
#include <stdlib.h>
#include <string.h>

#include "report/base64.h"
#include "report/html_assets.h"
#include "report/result_load.h"
#include "report/summary.h"

enum {
	PAGE_BYTES = 990000, /* a page of a thousand findings has less than a megabyte */
	TERSE = 150,
	SPARSE = 400,
	PACKED = 19, /* bytes of the document for one of the page, about */
};

/* CSP 3, 2.3.1 hash-source: the digest of the element's text, in base64. */
static void digest_of(struct html *h, const char *text, size_t n)
{
	uint8_t digest[SHA256_DIGEST_LENGTH];
	SHA2_CTX sha;

	SHA256Init(&sha);
	SHA256Update(&sha, (const uint8_t *)text, n);
	SHA256Final(digest, &sha);
	h_put(h, "'sha256-");
	base64(digest, sizeof digest, 0, h->o);
	h_put(h, "'");
}

static const char *site_name(const struct result *r)
{
	return r->site && r->site->name && *r->site->name ? r->site->name : NULL;
}

static void head(struct html *h)
{
	h_put(h, "<!DOCTYPE html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n"
		 "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; "
		 "style-src ");
	digest_of(h, html_css, sizeof html_css - 1);
	h_put(h, "; script-src ");
	digest_of(h, html_js, sizeof html_js - 1);
	h_put(h, "; base-uri 'none'; form-action 'none'\">\n"
		 "<meta name=viewport content=\"width=device-width, initial-scale=1\">\n"
		 "<meta name=color-scheme content=\"light dark\">\n"
		 "<meta name=referrer content=no-referrer>\n"
		 "<meta name=generator content=\"spanaudit ");
	h_text(h, h->opt->tool_version);
	h_put(h, "\">\n<title>");
	if (site_name(h->r)) {
		h_text(h, site_name(h->r));
		h_put(h, " \xe2\x80\x93 ");
	}
	h_put(h, "Dynamics CRM network audit</title>\n<style>");
	out_bytes(h->o, html_css, sizeof html_css - 1);
	h_put(h, "</style>\n</head>\n");
}

static void fact(void *user, const char *label, const char *line)
{
	struct html *h = user;

	h_put(h, "<div><dt>");
	h_text(h, label);
	h_put(h, "</dt><dd>");
	h_text(h, line);
	h_put(h, "</dd></div>\n");
}

static void cover(struct html *h)
{
	char buf[TIME_SPAN_TEXT];

	h_put(h, h->terse ? "<body class=many>" : "<body>");
	h_put(h, "\n<a class=skip href=\"#verdict\">Skip to the verdict</a>\n"
		 "<header>\n<p class=brand>spanaudit");
	if (h->opt->tool_version) {
		h_put(h, " ");
		h_text(h, h->opt->tool_version);
	}
	h_put(h, "</p>\n<h1>Dynamics CRM network audit</h1>\n<p class=what>");
	h_put(h, "<span>");
	if (site_name(h->r)) {
		h_put(h, "Site <b>");
		h_text(h, site_name(h->r));
		h_put(h, "</b>");
	} else {
		h_put(h, h->r->site && h->r->site->path ? "Site without a name" : "No site file");
	}
	h_put(h, "</span>");
	if (h->r->from_ns != TIME_NONE) {
		h_put(h, "<span class=when>");
		h_text(h, time_span_human(h->r->from_ns, h->r->to_ns, site_tz(h->r->site), buf));
		h_put(h, "</span>");
	}
	h_put(h, "</p>\n</header>\n");
}

static void contents(struct html *h)
{
	static const char *const rows[][2] = {
		{"verdict", "Verdict"},
		{"first", "What to do first"},
		{"since", "Since the last report"},
		{"trust", "Can you trust this report?"},
		{"matrix", "Who talks to whom"},
		{"findings", "Findings"},
		{"missing", "Missing and blocked"},
		{"rpc", "Dynamic RPC"},
		{"timeline", "Timeline"},
		{"waivers", "Waivers"},
		{"rules", "Rules, and what was not judged"},
		{"traffic", "Conversations"},
		{"hosts", "Hosts and their roles"},
		{"appendix", "Appendix"},
	};

	h_put(h, "<nav aria-label=Sections><ol>\n");
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		bool absent = (strcmp(rows[i][0], "waivers") == 0 && !h->r->has_waivers) ||
			      (strcmp(rows[i][0], "since") == 0 && !h->r->since.report);

		if (!absent)
			out_printf(h->o, "<li><a href=\"#%s\">%s</a></li>\n", rows[i][0],
				   rows[i][1]);
	}
	h_put(h, "</ol></nav>\n");
}

static void before_findings(struct html *h)
{
	head(h);
	cover(h);
	contents(h);
	h_put(h, "<main>\n");
	html_verdict(h);
	h_put(h, "<section id=summary aria-label=\"What was looked at\"><dl class=facts>\n");
	h->o->failed |= !summary_of(h->r, H_COMMA, fact, h);
	h_put(h, "</dl></section>\n");
	html_since(h);
	html_trust(h);
	html_matrix(h);
}

static void behind_findings(struct html *h)
{
	html_missing(h);
	html_rpc(h);
	html_timeline(h);
	html_waivers(h);
	html_rules(h);
	html_traffic(h);
	html_hosts(h);
	html_appendix(h);
	h_put(h, "</main>\n");
}

static int end(struct html *h, const struct out *json)
{
	int r = html_embed(h, json);

	h_put(h, "<script>");
	out_bytes(h->o, html_js, sizeof html_js - 1);
	h_put(h, "</script>\n</body>\n</html>\n");
	return r;
}

/* What stands behind the findings is written before them, so that they can be told what room the
 * rest leaves. What the document takes is estimated: how well it is packed may differ by the
 * version of a library, and what is shown must not. */
static int render(const struct result *r, const struct report_options *opt, const struct out *json,
		  struct out *o)
{
	struct out behind = {0};
	struct html page = {
		.o = o,
		.r = r,
		.opt = opt,
		.terse = r->n_findings > TERSE,
		.sparse = r->n_findings > SPARSE,
	};
	size_t from = o->n, rest;
	int e;

	before_findings(&page);
	page.o = &behind;
	behind_findings(&page);
	page.o = o;
	rest = o->n - from + behind.n + json->n / PACKED + sizeof html_js;
	page.room = rest < PAGE_BYTES ? PAGE_BYTES - rest : 0;
	html_findings(&page);
	out_bytes(o, behind.p, behind.n);
	e = end(&page, json);
	o->failed |= behind.failed;
	out_done(&behind);
	out_done(&page.words);
	return e ? e : out_failed(o) ? -ENOMEM : 0;
}

/* The page is made from the document that it carries, not from what the document was made of: so
 * it can be made again by whoever has the page. */
static int write_html(const struct result *r, const struct report_options *opt, struct out *o)
{
	const struct report_format *format = report_format_by_name("json");
	struct loaded *l = calloc(1, sizeof *l);
	struct errors errs = {0};
	struct out json = {0};
	int e = l && format ? format->write(r, opt, &json) : -ENOMEM;

	if (e)
		goto out;
	e = result_load("the result", json.p, json.n, &errs, l);
	if (e == 0) {
		e = render(&l->r, opt, &json, o);
		result_unload(l);
	} else if (e != -ENOMEM) { /* larger than what is read back: a page all the same */
		e = render(r, opt, &json, o);
	}
	errors_done(&errs);
out:
	out_done(&json);
	free(l);
	return e;
}

const struct report_format report_html = {
	.name = "html",
	.suffix = ".html",
	.mime = "text/html",
	.help = "a report to be filed: one page that needs nothing else",
	.write = write_html,
};
