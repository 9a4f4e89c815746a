// SPDX-License-Identifier: BSD-2-Clause
/*
 * html_matrix - who talks to whom: sets of roles of clients by those of servers, as a map.
 *
 * A cell says four things at most, each by a sign, a word and a number, the colour last: as
 * documented, to look at, missing, and not judged.
 */
#include "report/html_page.h"
#include "report/role_map.h"

/* Depth of colour, 1 to 4, by powers of eight. */
static unsigned depth(uint64_t n)
{
	unsigned d = 1;

	while (n >= 8 && d < 4) {
		n /= 8;
		d++;
	}
	return d;
}

static void count(struct html *h, const char *class_name, uint64_t n, const char *word)
{
	if (!n)
		return;
	out_printf(h->o, "<span class=%s>", class_name);
	h_number(h, n);
	/* Read out, not shown: the sign before the number says it to the eye. */
	out_printf(h->o, "<span class=vh> %s</span></span>", word);
}

static void cell(struct html *h, const struct role_cell *c)
{
	const char *kind = c->odd ? "odd" : c->missing ? "mis" : c->fine ? "fine" : NULL;

	if (kind)
		out_printf(h->o, "<td class=%s%u>", kind,
			   depth(c->odd       ? c->odd
				 : c->missing ? c->missing
					      : c->fine));
	else if (c->open)
		h_put(h, "<td class=un>");
	else
		h_put(h, "<td class=no>\xc2\xb7<span class=vh> nothing seen</span>");
	count(h, "f", c->fine, "as documented");
	count(h, "x", c->odd, "to look at");
	count(h, "m", c->missing, "missing");
	count(h, "u", c->open, "not judged");
	h_put(h, "</td>");
}

static void table(struct html *h, const struct role_map *m)
{
	h_put(h, "<div class=\"scroll map\" tabindex=0 role=region aria-label=\"Map of roles\">"
		 "<table class=map>\n<caption>Conversations by the roles of their ends: clients "
		 "down, servers across</caption>\n<thead><tr><td></td>");
	for (size_t k = 0; k < m->n[1]; k++) {
		h_put(h, "<th scope=col>");
		h_roles(h, m->side[1][k]);
		h_put(h, "</th>");
	}
	h_put(h, "</tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < m->n[0]; i++) {
		h_put(h, "<tr><th scope=row>");
		h_roles(h, m->side[0][i]);
		h_put(h, "</th>");
		for (size_t k = 0; k < m->n[1]; k++)
			cell(h, &m->cell[i][k]);
		h_put(h, "</tr>\n");
	}
	h_put(h, "</tbody></table></div>\n");
}

void html_matrix(struct html *h)
{
	struct role_map m;

	role_map_fill(&m, h->r);
	h_section(h, "matrix", "Who talks to whom", UINT64_MAX);
	if (!m.n[0] || !m.n[1]) {
		h_p(h, "No conversation is in scope, so there is nothing to show here.");
		h_section_end(h);
		return;
	}
	table(h, &m);
	h_put(h, "<ul class=legend><li><span class=f>n</span> as documented or tolerated</li>"
		 "<li><span class=x>n</span> to look at</li>"
		 "<li><span class=m>n</span> findings of missing traffic</li>"
		 "<li><span class=u>n</span> demands that this capture could not judge</li>"
		 "<li><span class=no>\xc2\xb7</span> nothing seen</li></ul>\n<p class=note>");
	h_count(h, h->r->n_out_of_scope, "conversation is", "conversations are");
	h_put(h, " out of scope and not in this map.");
	if (m.left_out) {
		h_put(h, " ");
		h_count(h, m.left_out, "more conversation is", "more conversations are");
		h_put(h, " between roles that found no room in it.");
	}
	if (m.left_open) {
		h_put(h, " ");
		h_count(h, m.left_open, "demand that was not judged is",
			"demands that were not judged are");
		h_put(h, " not in it either: no host is known that could serve it, or there was no "
			 "room.");
	}
	h_put(h, "</p>\n");
	h_section_end(h);
}
