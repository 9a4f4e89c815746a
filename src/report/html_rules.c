// SPDX-License-Identifier: BSD-2-Clause
/* html_rules - what every rule came to, and what was not judged and why; conversations by verdict.
 */
#include <string.h>

#include "report/html_page.h"

enum { SCOPE_ROWS = 60 };

/* --- rules ------------------------------------------------------------------------------------ */

static void paper(struct html *h, const struct rule *u)
{
	h_text(h, u->paper);
	if (u->section && *u->section) {
		h_put(h, ", section ");
		h_text(h, u->section);
	}
}

static void cited(struct html *h, const struct rule_row *row)
{
	h_put(h, "<tr id=\"r-");
	h_id(h, row->rule->id);
	h_put(h, "\"><th scope=row>");
	h_text(h, row->rule->id);
	h_put(h, "<td>");
	h_text(h, row->rule->title);
	h_put(h, "<td>");
}

static void what_came_of_it(struct html *h, const struct rule_row *row)
{
	/* Any member of a group that is seen serves all of them. */
	if (row->result == RULE_MET && !row->conversations && *row->rule->group) {
		h_put(h, "by another way of group ");
		h_text(h, row->rule->group);
	} else if (row->result == RULE_MET) {
		h_count(h, row->conversations, "conversation", "conversations");
	} else if (row->result == RULE_UNUSED && !row->reason && row->has_seen) {
		h_put(h, "not in this time; before, last seen until ");
		h_time(h, row->seen_ns);
	} else {
		h_text(h, row->result == RULE_UNUSED && !row->reason ? "never" : row->reason);
	}
}

static void group(struct html *h, enum rule_result result, const char *class_name,
		  const char *title, const char *meaning, const char *column)
{
	const char *const columns[] = {"Rule", "Title", column, "Paper", NULL};
	uint64_t n = h->r->n_rule_results[result];

	out_printf(h->o, "<details%s class=group><summary><h3><span class=%s>",
		   result == RULE_VIOLATED && n ? " open" : "", class_name);
	h_number(h, n);
	out_printf(h->o, " %s</span>: %s</h3></summary>\n", title, meaning);
	if (n) {
		h_rows(h, "rules", title, columns);
		for (size_t i = 0; i < h->r->n_rules; i++) {
			if (h->r->rules[i].result != result)
				continue;
			cited(h, &h->r->rules[i]);
			what_came_of_it(h, &h->r->rules[i]);
			h_put(h, "<td>");
			paper(h, h->r->rules[i].rule);
			h_put(h, "\n");
		}
		h_rows_end(h);
	}
	if (n && result == RULE_UNUSED)
		h_p(h, word_unused_about());
	h_put(h, "</details>\n");
}

static const char *reason_of(const struct rule_row *row)
{
	return row->reason && *row->reason ? row->reason : "no reason recorded";
}

static bool not_judged_for(const struct rule_row *row, const char *reason)
{
	return row->result == RULE_NOT_JUDGED && strcmp(reason_of(row), reason) == 0;
}

/* True when an earlier rule has the same reason. */
static bool told(const struct result *r, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (not_judged_for(&r->rules[k], reason_of(&r->rules[i])))
			return true;
	return false;
}

static void reasons(struct html *h)
{
	const struct result *r = h->r;

	h_put(h, "<ul class=reasons>\n");
	for (size_t i = 0; i < r->n_rules; i++) {
		uint64_t n = 0;

		if (r->rules[i].result != RULE_NOT_JUDGED || told(r, i))
			continue;
		for (size_t k = i; k < r->n_rules; k++)
			n += not_judged_for(&r->rules[k], reason_of(&r->rules[i]));
		h_put(h, "<li><b>");
		h_count(h, n, "rule", "rules");
		h_put(h, "</b>: ");
		h_text(h, reason_of(&r->rules[i]));
		h_put(h, "</li>\n");
	}
	h_put(h, "</ul>\n");
}

void html_rules(struct html *h)
{
	const uint64_t *n = h->r->n_rule_results;

	h_section(h, "rules", "Rules, and what was not judged", h->r->n_rules);
	h_put(h, "<p>One line in a vendor's paper is one rule here; <code>spanaudit rules show "
		 "ID</code> says where it stands and what it demands.</p>\n");
	group(h, RULE_VIOLATED, "x", "violated", "demanded, in view, and absent or failed", "Why");
	if (n[RULE_NOT_JUDGED]) {
		h_put(h, "<h3><span class=u>");
		h_number(h, n[RULE_NOT_JUDGED]);
		h_put(h, " not judged</span>: this capture cannot say</h3>\n");
		reasons(h);
	}
	group(h, RULE_NOT_JUDGED, "u", "not judged", "each with its reason", "Reason");
	group(h, RULE_MET, "f", "met", "all that the rule demands was seen working", "Seen");
	group(h, RULE_UNUSED, "no", "unused", "allowed, not demanded, not seen; no defect", "Seen");
	h_section_end(h);
}

/* --- conversations ---------------------------------------------------------------------------- */

static void verdict_row(struct html *h, uint64_t n, const char *name, const char *meaning)
{
	h_put(h, "<tr><td class=num>");
	h_number(h, n);
	out_printf(h->o, "<th scope=row>%s<td>", name);
	h_text(h, meaning);
	h_put(h, "\n");
}

static void scope(struct html *h)
{
	static const char *const columns[] = {"Conversations", "Roles", "Service", NULL};
	const struct result *r = h->r;

	if (!r->n_scope)
		return;
	h_put(h, "<details><summary><h3>Out of scope, by role and port (not judged)</h3>"
		 "</summary>\n");
	h_rows(h, "figures", "Out of scope", columns);
	for (size_t i = 0; i < r->n_scope && i < SCOPE_ROWS; i++) {
		const struct scope_row *s = &r->scope[i];

		h_put(h, "<tr><td class=num>");
		h_number(h, s->conversations);
		h_put(h, "<th scope=row>");
		h_roles(h, s->client_roles);
		h_put(h, H_ARROW);
		h_roles(h, s->server_roles);
		h_put(h, "<td>");
		if (s->port)
			h_service(h, s->proto, s->port);
		else
			h_put(h, "dynamic RPC ports");
		h_put(h, "\n");
	}
	h_rows_end(h);
	h_more(h, r->n_scope, SCOPE_ROWS, "more row", "more rows", "; the JSON result lists all");
	h_put(h, "</details>\n");
}

void html_traffic(struct html *h)
{
	static const char *const columns[] = {"Conversations", "Verdict", "What it means", NULL};
	const struct result *r = h->r;

	h_section(h, "traffic", "Conversations", r->n_conversations);
	h_p(h, "A conversation is all that one client said to one server on one port.");
	h_rows(h, "figures", "Conversations by verdict", columns);
	for (unsigned k = 0; k <= KIND_LAST_VERDICT; k++)
		if (r->n_verdict[k])
			verdict_row(h, r->n_verdict[k], kind_name(k), kind_row(k)->meaning);
	if (r->n_evicted)
		verdict_row(h, r->n_evicted, "given up", "for want of memory, not judged");
	if (r->n_folded)
		verdict_row(h, r->n_folded, "folded",
			    "of them: many clients of one network, one row");
	h_rows_end(h);
	scope(h);
	h_section_end(h);
}
