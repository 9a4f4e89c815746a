// SPDX-License-Identifier: BSD-2-Clause
#include "report/text_page.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ECMA-48 8.3.117 SGR */
void page_ink(const struct page *p, enum ink ink)
{
	static const char *const sgr[] = {
		[INK_NONE] = "\x1b[0m",    [INK_BOLD] = "\x1b[1m",    [INK_DIM] = "\x1b[2m",
		[INK_GOOD] = "\x1b[1;32m", [INK_WARN] = "\x1b[1;33m", [INK_BAD] = "\x1b[1;31m",
	};

	if (p->opt->colour)
		out_puts(p->o, sgr[ink]);
}

void page_inked(const struct page *p, enum ink ink, const char *trusted)
{
	page_ink(p, ink);
	out_puts(p->o, trusted);
	page_ink(p, INK_NONE);
}

void page_heading(const struct page *p, const char *title)
{
	out_char(p->o, '\n');
	page_inked(p, INK_BOLD, title);
	out_char(p->o, '\n');
	out_pad(p->o, '-', p->width);
	out_char(p->o, '\n');
}

void page_label(const struct page *p, const char *label)
{
	size_t n = strlen(label);

	page_inked(p, INK_BOLD, label);
	out_pad(p->o, ' ', n < LABEL ? LABEL - n : 1);
}

void page_row(const struct page *p, const char *label, const char *text)
{
	if (!text || !*text)
		return;
	page_label(p, label);
	out_wrapped(p->o, text, p->width, LABEL, LABEL);
}

void page_text(const struct page *p, size_t indent, const char *text)
{
	out_pad(p->o, ' ', indent);
	out_wrapped(p->o, text, p->width, indent, indent);
}

void page_item(const struct page *p, const char *text)
{
	out_puts(p->o, "  - ");
	page_foreign(p, 4, text);
}

void page_foreign(const struct page *p, size_t indent, const char *text)
{
	struct out line = {0};

	out_text_z(&line, text); /* a newline from outside must not begin a line of ours */
	out_wrapped(p->o, out_str(&line), p->width, indent, indent);
	p->o->failed |= line.failed;
	out_done(&line);
}

enum ink severity_ink(enum severity s)
{
	static const enum ink inks[] = {
		[SEV_INFO] = INK_DIM, [SEV_LOW] = INK_BOLD,     [SEV_MEDIUM] = INK_WARN,
		[SEV_HIGH] = INK_BAD, [SEV_CRITICAL] = INK_BAD, [SEV_NONE] = INK_NONE,
	};

	return inks[s];
}

void page_trust(const struct page *p)
{
	const struct coverage *c = &p->r->coverage;

	page_heading(p, "CAN YOU TRUST THIS REPORT?");
	page_text(p, 0, word_trust(c));
	if (c->inconclusive && c->inconclusive_why)
		page_item(p, c->inconclusive_why);
	for (size_t i = 0; i < c->n_caveats; i++)
		if (word_is_news(c, i))
			page_item(p, c->caveats[i]);
}
