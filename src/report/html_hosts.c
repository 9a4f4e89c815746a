// SPDX-License-Identifier: BSD-2-Clause
/* html_hosts - who is who and how that is known; what the report was made from. */
#include <string.h>

#include "report/html_page.h"

enum { HOST_ROWS = 400 };

/* --- hosts ------------------------------------------------------------------------------------ */

static bool is_end(const struct endpoint *e, const struct addr *a)
{
	return e->has_address && addr_equal(&e->address, a);
}

static void contradictions(struct html *h, const struct role_row *row)
{
	for (size_t i = 0; i < h->r->n_findings; i++) {
		const struct finding *f = &h->r->findings[i];

		if (f->kind != KIND_CONTRADICTION ||
		    !(is_end(&f->client, &row->address) || is_end(&f->server, &row->address)))
			continue;
		h_put(h, "<p class=x>contradicted: ");
		h_text(h, f->why);
		h_put(h, " ");
		h_finding_link(h, f);
		h_put(h, "</p>");
	}
	for (size_t i = 0; i < row->n_hidden; i++) { /* not among the findings that are listed */
		h_put(h, "<p class=x>contradicted: ");
		h_text(h, row->hidden[i].why);
		h_put(h, " ");
		h_text(h, row->hidden[i].finding);
		h_put(h, "</p>");
	}
}

static void known_by(struct html *h, const struct role_row *row)
{
	h_text(h, row->known_by);
	if (row->known_by && row->grade && !strstr(row->known_by, "grade"))
		out_printf(h->o, ", grade %c", row->grade);
}

static void facts(struct html *h, const struct role_row *row)
{
	char buf[ADDR_TEXT];

	if (row->is_tied) {
		h_put(h, "the same host as ");
		h_text(h, addr_format(&row->tied_to, buf));
		h_put(h, ": ");
		h_text(h, row->tied_why);
		h_put(h, "<br>");
	}
	for (size_t i = 0; i < row->n_facts; i++) {
		h_put(h, i ? "<br>" : "");
		h_text(h, row->facts[i]);
	}
	contradictions(h, row);
}

static void host(struct html *h, const struct role_row *row)
{
	char buf[ADDR_TEXT];

	h_put(h, "<tr><th scope=row>");
	h_text(h, addr_format(&row->address, buf));
	h_put(h, "<td>");
	h_text(h, row->name);
	if (row->name && row->name_source) {
		h_put(h, " (");
		h_text(h, row->name_source);
		h_put(h, ")");
	}
	h_put(h, "<td>");
	h_roles(h, row->roles);
	h_put(h, "<td>");
	known_by(h, row);
	h_put(h, "<td>");
	facts(h, row);
	h_put(h, "\n");
}

static void nobody(struct html *h)
{
	h_put(h, "<p>No host has a role, so nothing can be held against the papers. Say who is "
		 "who: <code>--role sql=10.0.0.5 --role crm-web=10.0.0.6</code>, or a site file "
		 "(<code>--site</code>).</p>\n");
}

static void table(struct html *h)
{
	static const char *const columns[] = {
		"Address", "Name", "Roles", "Known by", "What traffic shows", NULL};
	size_t shown = 0;

	h_rows(h, "hosts", "Hosts with a role", columns);
	for (size_t i = 0; i < h->r->n_roles && shown < HOST_ROWS; i++) {
		if (!h->r->roles[i].roles)
			continue;
		host(h, &h->r->roles[i]);
		shown++;
	}
	h_rows_end(h);
}

void html_hosts(struct html *h)
{
	size_t with_role = 0, without = 0;

	for (size_t i = 0; i < h->r->n_roles; i++)
		*(h->r->roles[i].roles ? &with_role : &without) += 1;
	h_section(h, "hosts", "Hosts and their roles", with_role);
	if (with_role)
		table(h);
	else
		nobody(h);
	h_put(h, "<p class=note>");
	if (with_role > HOST_ROWS) {
		h_put(h, "and ");
		h_count(h, with_role - HOST_ROWS, "more address", "more addresses");
		h_put(h, " with a role: <code>spanaudit roles FILE</code>. ");
	}
	if (without) {
		h_count(h, without, "address", "addresses");
		h_put(h, " without a role. ");
	}
	h_text(h, word_grades());
	h_put(h, "</p>\n");
	h_section_end(h);
}

/* --- appendix --------------------------------------------------------------------------------- */

static void source(struct html *h, const char *what, const char *name, const char *more,
		   const char *digest)
{
	out_printf(h->o, "<tr><td>%s<th scope=row class=path>", what);
	h_text(h, name);
	h_put(h, "<td>");
	h_text(h, more);
	h_put(h, "<td class=digest>");
	h_text(h, digest ? digest : "not taken");
	h_put(h, "\n");
}

static void sources(struct html *h)
{
	static const char *const columns[] = {"What", "Name", "About it", "SHA-256", NULL};
	const struct result *r = h->r;
	struct out policy = {0};

	h_rows(h, "sources", "What this report was made from", columns);
	for (size_t i = 0; i < r->n_inputs; i++) {
		const struct result_input *in = &r->inputs[i];
		struct out about = {0};
		char buf[NUMBER_TEXT];

		if (in->format)
			out_printf(&about, "%s%s%s", in->format, in->codec ? " in " : "",
				   in->codec ? in->codec : "");
		if (!word_is_live(in))
			out_printf(&about, "%s%s", in->format ? ", " : "",
				   size_human(in->bytes, buf));
		source(h, "input", in->path, out_str(&about), in->sha256);
		h->o->failed |= about.failed;
		out_done(&about);
	}
	for (size_t i = 0; i < r->n_packs; i++) {
		const struct pack_info *k = &r->packs[i];

		source(h, "rule pack", k->name, k->revision, k->sha256);
	}
	if (r->site && r->site->path)
		source(h, "site file", r->site->path, r->site->name,
		       *r->site->sha256 ? r->site->sha256 : NULL);
	for (size_t i = 0; i < r->n_waiver_files; i++)
		source(h, "waivers", r->waiver_files[i].path, NULL, r->waiver_files[i].sha256);
	for (const char *const *z = r->role_options; z && *z; z++)
		source(h, "option", "--role", *z, "");
	if (word_policy(r, &policy))
		source(h, "policy", "replaced", out_str(&policy), "");
	out_done(&policy);
	source(h, "tool", "spanaudit", h->opt->tool_version, "");
	h_rows_end(h);
}

static void glossary(struct html *h)
{
	static const char *const words[][2] = {
		{"packet", "One captured frame, after it was taken out of tunnels."},
		{"flow", "One connection between two ports, from its start to its end."},
		{"conversation", "All flows of one client to one port of one server: the unit "
				 "that is judged."},
		{"client, server", "Who asked and who answered; never source and destination, "
				   "which change with every packet."},
		{"role", "What a host is in the deployment: crm-web, sql, dc and others."},
		{"rule", "One requirement that a vendor's paper states, with the sentence it "
			 "comes from."},
		{"rule pack", "A file with the rules of one paper."},
		{"finding", "One deviation, with a stable id and its evidence."},
		{"waiver", "A recorded exception to a finding: reason, owner, end."},
	};

	h_put(h, "<details><summary><h3>What the words mean</h3></summary>\n<dl class=words>\n");
	for (size_t i = 0; i < N_ELEMENTS(words); i++)
		out_printf(h->o, "<dt>%s<dd>%s\n", words[i][0], words[i][1]);
	for (unsigned k = 0; k < KIND_N; k++) {
		out_printf(h->o, "<dt>%s<dd>", kind_name(k));
		h_text(h, kind_row(k)->meaning);
		h_put(h, "\n");
	}
	h_put(h, "</dl></details>\n");
}

void html_appendix(struct html *h)
{
	h_section(h, "appendix", "Appendix", UINT64_MAX);
	sources(h);
	glossary(h);
	h_section_end(h);
}
