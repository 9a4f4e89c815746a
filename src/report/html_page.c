// SPDX-License-Identifier: BSD-2-Clause
#include "report/html_page.h"

#include <string.h>

void h_put(struct html *h, const char *markup)
{
	out_puts(h->o, markup);
}

void h_text(struct html *h, const char *text)
{
	if (text)
		out_html_z(h->o, text);
}

void h_lines(struct html *h, const char *text, size_t n)
{
	for (size_t i = 0; i < n;) {
		const char *end = memchr(text + i, '\n', n - i);
		size_t len = end ? (size_t)(end - text) - i : n - i;

		out_html(h->o, text + i, len);
		i += len;
		if (i < n) {
			h_put(h, "<br>");
			i++;
		}
	}
}

void h_id(struct html *h, const char *name)
{
	for (const char *z = name; *z; z++) {
		bool plain = (*z >= 'a' && *z <= 'z') || (*z >= 'A' && *z <= 'Z') ||
			     (*z >= '0' && *z <= '9');

		out_char(h->o, plain ? *z : '-');
	}
}

struct out *h_words(struct html *h)
{
	out_reset(&h->words);
	return &h->words;
}

/* What is harmless on a terminal stays as it is when it is made harmless once more. */
void h_words_end(struct html *h)
{
	h->o->failed |= h->words.failed;
	out_html(h->o, out_str(&h->words), h->words.n);
}

void h_number(struct html *h, uint64_t n)
{
	char buf[NUMBER_TEXT];

	out_puts(h->o, grouped(n, H_COMMA, buf));
}

void h_count(struct html *h, uint64_t n, const char *one, const char *many)
{
	char buf[COUNTED_TEXT];

	out_puts(h->o, counted_by(n, one, many, H_COMMA, buf));
}

void h_time(struct html *h, int64_t ns)
{
	char buf[TIME_TEXT];

	if (ns != TIME_NONE)
		out_puts(h->o, time_human_tz(ns, site_tz(h->r->site), buf));
}

void h_owner(struct html *h, const struct waiver_row *w)
{
	h_text(h, w->owner);
	if (w->approved_by) {
		h_put(h, ", approved by ");
		h_text(h, w->approved_by);
	}
	if (w->ticket) {
		h_put(h, ", ");
		h_text(h, w->ticket);
	}
}

void h_endpoint(struct html *h, const struct endpoint *e)
{
	word_endpoint(e, h_words(h));
	h_words_end(h);
}

void h_roles(struct html *h, roleset roles)
{
	roles_print(roles, h_words(h));
	h_words_end(h);
}

void h_conversation(struct html *h, const struct finding *f)
{
	word_conversation_by(f, H_ARROW, h_words(h));
	h_words_end(h);
}

void h_finding_link(struct html *h, const struct finding *f)
{
	h_put(h, "<a href=\"#");
	h_id(h, f->id);
	h_put(h, "\">");
	h_text(h, f->id);
	h_put(h, "</a>");
}

void h_service(struct html *h, uint8_t proto, uint16_t port)
{
	char buf[8];

	if (port)
		out_printf(h->o, "%u/%s", port, word_transport(proto, buf));
}

const char *h_severity_class(enum severity s)
{
	static const char *const names[] = {
		[SEV_INFO] = "s0", [SEV_LOW] = "s1",      [SEV_MEDIUM] = "s2",
		[SEV_HIGH] = "s3", [SEV_CRITICAL] = "s4", [SEV_NONE] = "s0",
	};

	return names[s];
}

void h_severity(struct html *h, enum severity s)
{
	out_printf(h->o, "<b class=%s>%s</b>", h_severity_class(s), severity_name(s));
}

void h_section(struct html *h, const char *id, const char *title, uint64_t n)
{
	out_printf(h->o, "\n<section id=%s aria-labelledby=%s-h>\n<h2 id=%s-h>%s", id, id, id,
		   title);
	if (n != UINT64_MAX) {
		h_put(h, " <span class=n>");
		h_number(h, n);
		h_put(h, "</span>");
	}
	h_put(h, "</h2>\n");
}

void h_section_end(struct html *h)
{
	h_put(h, "</section>\n");
}

void h_p(struct html *h, const char *text)
{
	h_put(h, "<p>");
	h_text(h, text);
	h_put(h, "</p>\n");
}

void h_table(struct html *h, const char *class_name, const char *caption,
	     const char *const *columns)
{
	out_printf(h->o,
		   "<div class=\"scroll %s\" tabindex=0 role=region aria-label=\"%s\">"
		   "<table class=%s>\n<caption>%s</caption>\n<thead><tr>",
		   class_name, caption, class_name, caption);
	for (; *columns; columns++)
		out_printf(h->o, "<th scope=col>%s</th>", *columns);
	h_put(h, "</tr></thead>\n");
}

void h_table_end(struct html *h)
{
	h_put(h, "</table></div>\n");
}

void h_rows(struct html *h, const char *class_name, const char *caption, const char *const *columns)
{
	h_table(h, class_name, caption, columns);
	h_put(h, "<tbody>\n");
}

void h_rows_end(struct html *h)
{
	h_put(h, "</tbody>\n");
	h_table_end(h);
}

void h_more(struct html *h, uint64_t all, uint64_t shown, const char *one, const char *many,
	    const char *where)
{
	if (all <= shown)
		return;
	h_put(h, "<p class=note>and ");
	h_count(h, all - shown, one, many);
	out_printf(h->o, "%s</p>\n", where);
}
