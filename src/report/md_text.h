/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * md_text - text inside a line of Markdown, so that it stays text and stays readable: a mail shows
 * the source.
 *
 * A character is escaped where CommonMark 0.31 or GitHub's dialect (GFM 0.29) could read it as
 * markup at that place, and nowhere else. Text stands behind words of ours on the same line, so
 * what means something at the begin of a line only (lists, headings, quotes) needs nothing.
 */
#ifndef SPAN_REPORT_MD_TEXT_H
#define SPAN_REPORT_MD_TEXT_H

#include "base/out.h"

enum md_place { MD_LINE, MD_CELL }; /* in a line; in a cell of a table */

/* Text that out_text() has made harmless, or our own. */
void md_text(struct out *o, enum md_place where, const char *z);
/* Sentences of ours that may have lines for a file in them: those that begin with "- {" become
 * code, other ends of lines a blank. */
void md_lines(struct out *o, const char *z);

#endif
