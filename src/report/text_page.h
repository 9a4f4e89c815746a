/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text_page - layout of the text report: one page, a left margin of labels, wrapped text.
 *
 * Only plain ASCII is ours; foreign text passes out_text(). Colour repeats what a word already
 * says and is never the only sign of anything.
 */
#ifndef SPAN_REPORT_TEXT_PAGE_H
#define SPAN_REPORT_TEXT_PAGE_H

#include "report/numbers.h"
#include "report/words.h"

struct page {
	struct out *o;
	const struct result *r;
	const struct report_options *opt;
	unsigned width;
};

enum ink { INK_NONE, INK_BOLD, INK_DIM, INK_GOOD, INK_WARN, INK_BAD };

enum { LABEL = 12 };

void page_ink(const struct page *p, enum ink ink); /* INK_NONE: back to plain */
void page_inked(const struct page *p, enum ink ink, const char *trusted);
/* A blank line, TITLE, a rule of dashes. */
void page_heading(const struct page *p, const char *title);
/* Spaces up to column LABEL after a label of up to LABEL - 1 characters. */
void page_label(const struct page *p, const char *label);
/* label, then text wrapped and indented behind it; nothing without text. A newline in the text is
 * one in the report: sentences of ours only, see page_foreign(). */
void page_row(const struct page *p, const char *label, const char *text);
/* A paragraph from column `indent`. */
void page_text(const struct page *p, size_t indent, const char *text);
/* Text that holds names from outside, from column `indent`, where the cursor already is. */
void page_foreign(const struct page *p, size_t indent, const char *text);
/* "- " and the text. */
void page_item(const struct page *p, const char *text);
/* Whether the result can be trusted, and what limits it. */
void page_trust(const struct page *p);

enum ink severity_ink(enum severity s);

void text_findings(const struct page *p);
void text_rpc(const struct page *p);
void text_rules(const struct page *p);
void text_conversations(const struct page *p);
void text_hosts(const struct page *p);
void text_inputs(const struct page *p);
void text_waivers(const struct page *p);
void text_since(const struct page *p);

#endif
