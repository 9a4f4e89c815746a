// SPDX-License-Identifier: BSD-2-Clause
/* text_tables - dynamic RPC, rules, conversations by verdict, hosts, inputs. */
#include <stdio.h>
#include <string.h>

#include "report/text_page.h"

enum { SCOPE_ROWS = 20, HOST_ROWS = 60, RPC_ROWS = 100, COUNT = 9 };

/* --- dynamic RPC ------------------------------------------------------------------------------ */

/* The packet, its time, and its file when there are several. */
static void rpc_packet(const struct page *p, const struct evidence *ev, struct out *o)
{
	char buf[TIME_TEXT];

	out_printf(o, "packet %u", ev->number);
	if (p->r->n_inputs > 1 && ev->input < p->r->n_inputs) {
		out_puts(o, " of ");
		out_text_z(o, p->r->inputs[ev->input].path);
	}
	out_printf(o, " (%s)", time_human_tz(ev->ts_ns, site_tz(p->r->site), buf));
}

static void rpc_story(const struct page *p, const struct rpc_row *row, struct out *o)
{
	const char *tie = word_tie(row->tie);

	if (row->n_iface)
		word_interfaces(row->iface, row->n_iface, o);
	else
		out_puts(o, "interface unknown");
	if (row->how || !row->why) /* why says more */
		out_printf(o, "; %s", word_how(row->how));
	if (row->how && row->granted_by.number) {
		out_puts(o, ", ");
		rpc_packet(p, &row->granted_by, o);
	}
	if (*tie)
		out_printf(o, ", %s", tie);
	if (!row->has_state) {
		out_puts(o, row->more ? "" : "; never used");
		return;
	}
	/* A bind is a packet of the conversation itself. */
	if (row->used_by.number && !(row->how && strcmp(row->how, "bind") == 0)) {
		out_puts(o, row->how ? "; used by " : "; begins in ");
		rpc_packet(p, &row->used_by, o);
	}
	out_printf(o, "; %s", flow_state_name(row->state));
}

static void rpc_line(const struct page *p, const struct rpc_row *row)
{
	struct out line = {0};
	char t[8], buf[64];
	int worth = word_rpc_worth(row);

	out_char(p->o, '\n');
	if (row->folded)
		out_printf(p->o, "%s of ", counted(row->folded, "client", "clients", buf));
	word_endpoint(&row->client, p->o);
	out_puts(p->o, row->has_state ? " -> " : " was told of ");
	word_endpoint(&row->server, p->o);
	out_printf(p->o, "  %u/%s", row->port,
		   word_transport(row->proto ? row->proto : IPPROTO_NR_TCP, t));
	if (row->has_verdict) {
		out_puts(p->o, "  ");
		page_inked(p, worth ? INK_GOOD : INK_WARN, kind_name(row->verdict));
	}
	out_char(p->o, '\n');
	rpc_story(p, row, &line);
	page_text(p, 2, out_str(&line));
	if (word_rpc_wants_why(row)) {
		out_pad(p->o, ' ', 2);
		page_foreign(p, 2, row->why);
	}
	p->o->failed |= line.failed;
	out_done(&line);
}

void report_rpc_row(const struct result *r, const struct rpc_row *row, unsigned width,
		    struct out *o)
{
	const struct report_options opt = {.width = width, .now_ns = TIME_NONE};
	const struct page p = {.o = o, .r = r, .opt = &opt, .width = width};

	rpc_line(&p, row);
}

void text_rpc(const struct page *p)
{
	const struct result *r = p->r;
	size_t shown = 0;
	char buf[64];

	page_heading(p, "DYNAMIC RPC");
	page_text(p, 0, word_rpc_about());
	if (!r->n_rpc)
		out_puts(p->o, "none seen\n");
	for (int worth = 0; worth < 3; worth++)
		for (size_t i = 0; i < r->n_rpc && shown < RPC_ROWS; i++) {
			if (word_rpc_worth(&r->rpc[i]) != worth)
				continue;
			rpc_line(p, &r->rpc[i]);
			shown++;
		}
	if (r->n_rpc > shown)
		out_printf(p->o, "\nand %s; 'spanaudit rpc FILE' lists all\n",
			   counted(r->n_rpc - shown, "more", "more", buf));
}

/* --- rules ------------------------------------------------------------------------------------ */

static void rule_line(const struct page *p, const struct rule_row *row, const char *tail)
{
	struct out line = {0};
	size_t n = strlen(row->rule->id);

	out_puts(p->o, "  ");
	out_text_z(p->o, row->rule->id);
	out_pad(p->o, ' ', n < LABEL - 2 ? LABEL - 2 - n : 1);
	out_text_z(&line, row->rule->title && *row->rule->title ? row->rule->title : "-");
	if (tail && *tail) {
		out_puts(&line, "; ");
		out_text_z(&line, tail);
	}
	out_wrapped(p->o, out_str(&line), p->width, LABEL, LABEL);
	p->o->failed |= line.failed;
	out_done(&line);
}

static void rule_group(const struct page *p, enum rule_result result, const char *meaning,
		       enum ink ink)
{
	char buf[64];
	uint64_t n = p->r->n_rule_results[result];

	out_char(p->o, '\n');
	page_ink(p, ink);
	out_printf(p->o, "%s %s", number(n, buf),
		   result == RULE_NOT_JUDGED ? "not judged" : word_rule_result(result));
	page_ink(p, INK_NONE);
	out_puts(p->o, ": ");
	out_puts(p->o, meaning);
	out_char(p->o, '\n');
}

/* Ids only, wrapped: these lists are long and nobody's first interest. */
static void ids_where(const struct page *p, enum rule_result result, const char *reason)
{
	struct out line = {0};

	for (size_t i = 0; i < p->r->n_rules; i++) {
		const struct rule_row *row = &p->r->rules[i];

		if (row->result != result)
			continue;
		if (reason && strcmp(row->reason ? row->reason : "", reason) != 0)
			continue;
		if (line.n)
			out_char(&line, ' ');
		out_text_z(&line, row->rule->id);
	}
	if (line.n)
		page_text(p, 4, out_str(&line));
	p->o->failed |= line.failed;
	out_done(&line);
}

static void by_reason(const struct page *p)
{
	const struct result *r = p->r;

	for (size_t i = 0; i < r->n_rules; i++) {
		const char *reason = r->rules[i].reason ? r->rules[i].reason : "";
		bool again = false;
		uint64_t n = 0;

		if (r->rules[i].result != RULE_NOT_JUDGED)
			continue;
		for (size_t j = 0; j < r->n_rules; j++) {
			if (r->rules[j].result != RULE_NOT_JUDGED ||
			    strcmp(r->rules[j].reason ? r->rules[j].reason : "", reason) != 0)
				continue;
			again |= j < i;
			n++;
		}
		if (again)
			continue;

		struct out line = {0};
		char buf[64];

		out_printf(&line, "%s: ", counted(n, "rule", "rules", buf));
		out_text_z(&line, *reason ? reason : "no reason recorded");
		page_text(p, 2, out_str(&line));
		p->o->failed |= line.failed;
		out_done(&line);
		ids_where(p, RULE_NOT_JUDGED, reason);
	}
}

void text_rules(const struct page *p)
{
	const struct result *r = p->r;
	char buf[64], heading[64];

	snprintf(heading, sizeof heading, "RULES (%s)", number(r->n_rules, buf));
	page_heading(p, heading);
	page_text(p, 0,
		  "One line in a vendor's paper is one rule here; 'spanaudit rules show ID' says "
		  "where "
		  "it stands and what it demands.");

	rule_group(p, RULE_VIOLATED, "demanded, in view, and absent or failed", INK_BAD);
	for (size_t i = 0; i < r->n_rules; i++)
		if (r->rules[i].result == RULE_VIOLATED)
			rule_line(p, &r->rules[i], r->rules[i].reason);
	rule_group(p, RULE_NOT_JUDGED, "this capture cannot say", INK_WARN);
	by_reason(p);
	rule_group(p, RULE_MET, "all that the rule demands was seen working", INK_GOOD);
	for (size_t i = 0; i < r->n_rules; i++) {
		if (r->rules[i].result != RULE_MET)
			continue;
		/* Any member of a group that is seen serves all of them. */
		if (!r->rules[i].conversations && *r->rules[i].rule->group)
			snprintf(buf, sizeof buf, "by another way of group %.32s",
				 r->rules[i].rule->group);
		else
			counted(r->rules[i].conversations, "conversation", "conversations", buf);
		rule_line(p, &r->rules[i], buf);
	}
	rule_group(p, RULE_UNUSED, "allowed, not demanded, not seen; no defect", INK_NONE);
	ids_where(p, RULE_UNUSED, NULL);
	if (r->n_rule_results[RULE_UNUSED])
		page_text(p, 2, word_unused_about());
}

/* --- conversations ---------------------------------------------------------------------------- */

static void out_of_scope(const struct page *p)
{
	const struct result *r = p->r;
	char buf[64], t[8];

	if (!r->n_scope)
		return;
	out_puts(p->o, "\nOut of scope, by role and port (not judged):\n");
	for (size_t i = 0; i < r->n_scope && i < SCOPE_ROWS; i++) {
		const struct scope_row *s = &r->scope[i];

		out_printf(p->o, "%*s  ", COUNT, number(s->conversations, buf));
		roles_print(s->client_roles, p->o);
		out_puts(p->o, " -> ");
		roles_print(s->server_roles, p->o);
		if (s->port)
			out_printf(p->o, "  %u/%s\n", s->port, word_transport(s->proto, t));
		else
			out_puts(p->o, "  dynamic RPC ports\n");
	}
	if (r->n_scope > SCOPE_ROWS)
		out_printf(p->o, "%*s  and %s; the JSON result lists all\n", COUNT, "",
			   counted(r->n_scope - SCOPE_ROWS, "more row", "more rows", buf));
}

void text_conversations(const struct page *p)
{
	const struct result *r = p->r;
	char buf[64], heading[64];

	snprintf(heading, sizeof heading, "CONVERSATIONS (%s)", number(r->n_conversations, buf));
	page_heading(p, heading);
	out_puts(p->o, "A conversation is all that one client said to one server on one port.\n");
	for (unsigned k = 0; k <= KIND_LAST_VERDICT; k++) {
		struct out line = {0};

		if (!r->n_verdict[k])
			continue;
		out_printf(p->o, "%*s  ", COUNT, number(r->n_verdict[k], buf));
		out_printf(&line, "%s: %s", kind_name(k), kind_row(k)->meaning);
		out_wrapped(p->o, out_str(&line), p->width, COUNT + 2, COUNT + 2);
		p->o->failed |= line.failed;
		out_done(&line);
	}
	if (r->n_evicted)
		out_printf(p->o, "%*s  given up for want of memory, not judged\n", COUNT,
			   number(r->n_evicted, buf));
	if (r->n_folded)
		out_printf(p->o, "%*s  of them folded: many clients of one network, one row\n",
			   COUNT, number(r->n_folded, buf));
	out_of_scope(p);
}

/* --- hosts ------------------------------------------------------------------------------------ */

static void host_line(const struct page *p, const struct role_row *row)
{
	struct out line = {0};
	char buf[ADDR_TEXT];

	addr_format(&row->address, buf);
	out_puts(&line, buf);
	if (row->name) {
		out_char(&line, ' ');
		out_text_z(&line, row->name);
		if (row->name_source)
			out_printf(&line, " (%s)", row->name_source);
	}
	out_puts(&line, ": ");
	roles_print(row->roles, &line);
	if (row->known_by) {
		out_puts(&line, " (");
		out_text_z(&line, row->known_by);
		if (row->grade && !strstr(row->known_by, "grade"))
			out_printf(&line, ", grade %c", row->grade);
		out_char(&line, ')');
	}
	out_puts(p->o, "  ");
	out_wrapped(p->o, out_str(&line), p->width, 2, 6);
	p->o->failed |= line.failed;
	out_done(&line);
	for (size_t i = 0; i < row->n_facts; i++) {
		out_pad(p->o, ' ', 6);
		page_foreign(p, 6, row->facts[i]);
	}
}

void text_hosts(const struct page *p)
{
	const struct result *r = p->r;
	size_t shown = 0, with_role = 0, without = 0;
	char buf[64];

	page_heading(p, "HOSTS AND THEIR ROLES");
	for (size_t i = 0; i < r->n_roles; i++) {
		if (!r->roles[i].roles) {
			without++;
			continue;
		}
		with_role++;
		if (shown < HOST_ROWS) {
			host_line(p, &r->roles[i]);
			shown++;
		}
	}
	if (with_role > shown)
		out_printf(p->o, "  and %s with a role: spanaudit roles FILE\n",
			   counted(with_role - shown, "more address", "more addresses", buf));
	if (!with_role)
		page_text(
			p, 0,
			"No host has a role, so nothing can be held against the papers. Say who is "
			"who: --role sql=10.0.0.5 --role crm-web=10.0.0.6, or a site file "
			"(--site).");
	if (without)
		out_printf(p->o, "  %s without a role\n",
			   counted(without, "address", "addresses", buf));
	page_text(p, 0, word_grades());
}

/* --- inputs ----------------------------------------------------------------------------------- */

/* In which order its packets were, when not in that of their times. */
static void input_order(const struct page *p, const struct result_input *in)
{
	char a[64], b[TIME_TEXT];
	struct out line = {0};

	if (!in->late)
		return;
	out_printf(&line, "%s out of order, steps back of up to %s (packet %u): ",
		   counted(in->late, "packet", "packets", a), duration_human(in->step_ns, b),
		   in->step_packet);
	if (in->unsorted)
		out_printf(&line, "%s could not be put in order",
			   counted(in->unsorted, "packet", "packets", a));
	else
		out_puts(&line, "put in order");
	page_text(p, 2, out_str(&line));
	p->o->failed |= line.failed;
	out_done(&line);
}

static void input_lost(const struct page *p, const struct result_interface *i)
{
	char a[NUMBER_TEXT], b[NUMBER_TEXT];
	struct out line = {0};

	if (!i)
		return;
	out_printf(&line, "lost: %s in this computer's buffer, ", number(i->kernel_drops, a));
	if (i->card_told)
		out_printf(&line, "%s at its card; its network stack threw %s away",
			   number(i->card_drops, a), number(i->stack_drops, b));
	else
		out_puts(&line, "what its card lost is not told");
	page_text(p, 2, out_str(&line));
	p->o->failed |= line.failed;
	out_done(&line);
}

/* What it is, how much, and of when. */
static void input_about(const struct page *p, const struct result_input *in)
{
	char a[64], span[TIME_SPAN_TEXT];
	struct out line = {0};

	if (in->format)
		out_puts(&line, in->format);
	if (in->codec)
		out_printf(&line, " in %s", in->codec);
	if (in->format)
		out_puts(&line, ", ");
	if (!word_is_live(in))
		out_printf(&line, "%s, ", size_human(in->bytes, a));
	out_puts(&line, counted(in->packets, "packet", "packets", a));
	if (in->first_ns != TIME_NONE)
		out_printf(&line, ", %s",
			   time_span_human(in->first_ns, in->last_ns, site_tz(p->r->site), span));
	page_text(p, 2, out_str(&line));
	p->o->failed |= line.failed;
	out_done(&line);
}

static void input(const struct page *p, const struct result_input *in)
{
	struct out line = {0};

	out_text_z(p->o, in->path);
	if (in->failed) {
		out_puts(p->o, "  ");
		page_inked(p, INK_BAD, "NOT READ");
	}
	out_char(p->o, '\n');
	input_about(p, in);
	if (in->sha256)
		out_printf(p->o, "  sha256 %s\n", in->sha256);
	input_order(p, in);
	input_lost(p, in->live);
	if (in->same_as) {
		out_puts(&line, "not read: the same bytes as ");
		out_text_z(&line, in->same_as);
		page_text(p, 2, out_str(&line));
	}
	if (in->note)
		page_text(p, 2, in->note);
	if (in->caveat)
		page_text(p, 2, in->caveat);
	p->o->failed |= line.failed;
	out_done(&line);
}

void report_input(const struct result *r, const struct result_input *in, unsigned width,
		  struct out *o)
{
	const struct report_options opt = {.width = width, .now_ns = TIME_NONE};
	const struct page p = {.o = o, .r = r, .opt = &opt, .width = width};

	input(&p, in);
}

void text_inputs(const struct page *p)
{
	const struct result *r = p->r;
	struct out line = {0};

	page_heading(p, "INPUTS");
	for (size_t i = 0; i < r->n_inputs; i++)
		input(p, &r->inputs[i]);
	for (size_t i = 0; i < r->n_packs; i++) {
		const struct pack_info *k = &r->packs[i];

		out_puts(p->o, "rule pack ");
		out_text_z(p->o, k->name);
		out_printf(p->o, "\n  sha256 %s\n", k->sha256);
	}
	if (r->site && r->site->path) {
		out_puts(p->o, "site file ");
		out_text_z(p->o, r->site->path);
		out_char(p->o, '\n');
	}
	for (size_t i = 0; i < r->n_waiver_files; i++) {
		out_puts(p->o, "waivers ");
		out_text_z(p->o, r->waiver_files[i].path);
		out_printf(p->o, "\n  sha256 %s\n", r->waiver_files[i].sha256);
	}
	if (word_policy(r, &line))
		page_text(p, 0, out_str(&line));
	for (const char *const *z = r->role_options; z && *z; z++) {
		out_puts(p->o, "--role ");
		out_text_z(p->o, *z);
		out_char(p->o, '\n');
	}
	p->o->failed |= line.failed;
	out_done(&line);
}
