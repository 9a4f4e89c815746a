/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * html_page - how the HTML report is written: markup of ours, and text of everybody.
 *
 * h_put() takes markup that stands in this program's source and nothing else. All other text, ours
 * or not, enters through h_text() and its like, which escape; an identifier enters through h_id(),
 * which lets nothing through that could end a name. There is no third way in.
 */
#ifndef SPAN_REPORT_HTML_PAGE_H
#define SPAN_REPORT_HTML_PAGE_H

#include "report/numbers.h"
#include "report/words.h"

/* U+202F NARROW NO-BREAK SPACE, between thousands (ISO 80000-1 7.3.1). */
#define H_COMMA "\xe2\x80\xaf"

#define H_ARROW " \xe2\x86\x92 "

enum { HTML_FINDINGS = 1000 }; /* rows at most, the worst ones */

struct html {
	struct out *o;
	const struct result *r;
	const struct report_options *opt;
	struct out words; /* what h_words() lends */
	size_t room;      /* bytes that findings may take */
	bool terse;       /* many findings: what was said in full once is pointed at afterwards */
	bool sparse;      /* so many that only what differs between them is said of each */
};

void h_put(struct html *h, const char *markup);
void h_text(struct html *h, const char *text); /* NULL: nothing */
/* Sentences of ours, in which a newline is one in the report; names in them were made harmless when
 * they were put in. */
void h_lines(struct html *h, const char *text, size_t n);
/* For a value of an id or of a link to one: letters, digits and hyphens, the rest as a hyphen. */
void h_id(struct html *h, const char *name);
/* Text that words.h and its like write: begin, let them write, end. */
struct out *h_words(struct html *h);
void h_words_end(struct html *h);

void h_number(struct html *h, uint64_t n);
void h_count(struct html *h, uint64_t n, const char *one, const char *many);
void h_time(struct html *h, int64_t ns);
/* Who answers for a waiver, approved by whom, under which ticket. */
void h_owner(struct html *h, const struct waiver_row *w);
void h_endpoint(struct html *h, const struct endpoint *e);
void h_roles(struct html *h, roleset roles);
/* "crmweb02 → sqlcl01 22/tcp (ssh)" */
void h_conversation(struct html *h, const struct finding *f);
/* A link to a finding, called by its id. */
void h_finding_link(struct html *h, const struct finding *f);
/* "22/tcp" */
void h_service(struct html *h, uint8_t proto, uint16_t port);
/* A severity: its word, with its sign and colour. */
void h_severity(struct html *h, enum severity s);
const char *h_severity_class(enum severity s);

/* <section> with its heading; `n` stands beside the title unless it is UINT64_MAX. */
void h_section(struct html *h, const char *id, const char *title, uint64_t n);
void h_section_end(struct html *h);
/* A paragraph of text. */
void h_p(struct html *h, const char *text);
/* A table that scrolls by itself where it is wider than the page; `columns` are headings of ours,
 * NULL-terminated. The body is the caller's. */
void h_table(struct html *h, const char *class_name, const char *caption,
	     const char *const *columns);
void h_table_end(struct html *h);
/* The same with one body. */
void h_rows(struct html *h, const char *class_name, const char *caption,
	    const char *const *columns);
void h_rows_end(struct html *h);
/* A line about the rows beyond those shown, and where they are; nothing when all are. */
void h_more(struct html *h, uint64_t all, uint64_t shown, const char *one, const char *many,
	    const char *where);

void html_verdict(struct html *h);
void html_trust(struct html *h);
void html_matrix(struct html *h);
void html_findings(struct html *h);
void html_missing(struct html *h);
void html_rpc(struct html *h);
void html_timeline(struct html *h);
void html_waivers(struct html *h);
void html_since(struct html *h);
void html_rules(struct html *h);
void html_traffic(struct html *h);
void html_hosts(struct html *h);
void html_appendix(struct html *h);
/* The result document inside the page, and the words about it. */
int html_embed(struct html *h, const struct out *json);

#endif
