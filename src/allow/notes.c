// SPDX-License-Identifier: BSD-2-Clause
#include "allow/notes.h"

#include <inttypes.h>
#include <string.h>

#include "base/proto.h"
#include "base/time.h"

enum { WIDTH = 96, NAMES = 12, STRAYS = 20, EPM = 135 };

void note_ascii(struct out *o, const char *z)
{
	for (; *z; z++) {
		if (*z >= ' ' && *z <= '~')
			out_char(o, *z);
		else
			out_printf(o, "\\x%02x", (unsigned char)*z);
	}
}

static void hang(struct out *o, const char *indent, const char *text, const char *first,
		 const char *later)
{
	const char *lead = first;
	size_t room = WIDTH - 8 * strlen(indent) - strlen(first);

	while (*text) {
		size_t n = strlen(text);

		if (n > room) {
			for (n = room; n && text[n] != ' '; n--)
				;
			/* A word longer than a line stays whole. */
			if (!n)
				n = strcspn(text, " ");
		}
		out_puts(o, indent);
		out_puts(o, "# ");
		out_puts(o, lead);
		out_bytes(o, text, n);
		out_char(o, '\n');
		text += n;
		text += *text == ' ';
		lead = later;
	}
}

void note(struct out *o, const char *indent, const char *text)
{
	hang(o, indent, text, "", "");
}

static void blank(struct out *o)
{
	out_puts(o, "#\n");
}

static const char *times(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static void packs(const struct allow_list *l, struct out *t)
{
	for (size_t i = 0; i < matrix_n_packs(l->matrix); i++) {
		const struct pack_info *p = matrix_pack(l->matrix, i);

		out_puts(t, i ? ", " : "");
		note_ascii(t, p->name);
		out_puts(t, " (");
		note_ascii(t, p->revision);
		out_puts(t, ")");
	}
}

static void head_observed(const struct allow_list *l, struct out *o)
{
	const struct result *r = l->observed;
	struct out t = {0};
	char buf[TIME_SPAN_TEXT];
	size_t unused = 0;

	for (size_t i = 0; i < l->n_on; i++)
		unused += !l->line[i].use.used;
	out_printf(&t, "Observed: %" PRIu64 " conversation%s", r->n_conversations,
		   times(r->n_conversations));
	if (r->from_ns != TIME_NONE && r->n_conversations)
		out_printf(&t, ", %s",
			   time_span_human(r->from_ns, r->to_ns, site_tz(l->site), buf));
	out_puts(&t, ", in");
	for (size_t i = 0; i < r->n_inputs; i++) {
		out_puts(&t, i ? ", " : " ");
		note_ascii(&t, r->inputs[i].path);
		out_puts(&t, r->inputs[i].failed ? " (could not be read)" : "");
	}
	out_printf(&t,
		   ". Of %zu lines %zu went unused in this; they are on the list all the same, "
		   "because what is quiet tonight may be needed tomorrow.",
		   l->n_on, unused);
	if (r->coverage.inconclusive)
		out_puts(&t, " The audit of these captures is inconclusive: they do not show all "
			     "that was said, so unused says little.");
	blank(o);
	note(o, "", out_str(&t));
	out_done(&t);
}

void note_head(const struct allow_list *l, struct out *o)
{
	struct out t = {0};

	out_puts(&t, "Allow list of spanaudit");
	if (l->site->name && *l->site->name) {
		out_puts(&t, " for the site '");
		note_ascii(&t, l->site->name);
		out_char(&t, '\'');
	}
	if (l->site->path) {
		out_puts(&t, ", of ");
		note_ascii(&t, l->site->path);
	}
	out_puts(&t, ": what these rules let through between its hosts, and nothing else: ");
	packs(l, &t);
	out_char(&t, '.');
	if (l->setup)
		out_puts(&t, " With what only Setup does (--setup): take it away when the "
			     "installation is done.");
	note(o, "", out_str(&t));
	out_done(&t);
	if (l->observed)
		head_observed(l, o);
}

/* --- what is not on the list -------------------------------------------------------------------
 */

static size_t count_off(const struct allow_list *l, enum allow_off off)
{
	size_t n = 0;

	for (size_t i = l->n_on; i < l->n_line; i++)
		n += l->line[i].s.off == off;
	return n;
}

/* Two classes may ask each other's mapper, and no rule gives them ports behind it. */
static bool mapper_alone(const struct allow_list *l)
{
	for (size_t i = 0; i < l->n_class * l->n_class; i++) {
		bool mapper = false, ports = false;

		for (size_t e = 0; e < l->cell[i].n; e++) {
			const struct allow_service *s = &l->cell[i].v[e].s;

			mapper |= s->proto == IPPROTO_NR_TCP && !s->rpc && s->port.lo <= EPM &&
				  s->port.hi >= EPM && s->off == ALLOW_ON;
			ports |= s->rpc && s->off == ALLOW_ON;
		}
		if (mapper && !ports)
			return true;
	}
	return false;
}

static size_t hosts_of(const struct allow_list *l, enum role role)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n_class; i++)
		n += roles_has(l->class[i].end.roles, role) ? l->class[i].n : 0;
	return n;
}

static void item(struct out *o, const char *text)
{
	hang(o, "", text, "- ", "  ");
}

static void item_egress(const struct site_egress *e, struct out *o)
{
	struct out t = {0};

	out_puts(&t, "Declared egress: ");
	roles_print(e->from, &t);
	out_printf(&t, " to %u/%s", e->port, allow_proto_name(e->proto));
	for (size_t i = 0; i < e->n_names; i++) {
		out_puts(&t, i ? ", " : " of ");
		note_ascii(&t, e->names[i]);
	}
	out_puts(&t, ". A packet filter knows no names: send it through a proxy, or add the "
		     "addresses.");
	item(o, out_str(&t));
	out_done(&t);
}

static void stray_end(struct out *t, const struct host *h, const struct addr *a)
{
	char buf[ADDR_TEXT];

	if (h && !h->is_network)
		note_ascii(t, h->name);
	else
		out_puts(t, addr_format(a, buf));
}

static void item_strays(const struct allow_list *l, struct out *o)
{
	struct out t = {0};

	blank(o);
	note(o, "",
	     "Seen in the captures, accepted by the audit, and stopped by this list. Before you "
	     "load "
	     "it: hosts that nobody declared belong into the site file, ports that a server handed "
	     "out into a rule of your own, or here.");
	for (size_t i = 0; i < l->n_stray && i < STRAYS; i++) {
		const struct allow_stray *s = &l->stray[i];

		out_reset(&t);
		stray_end(&t, s->client, &s->conv->client);
		out_puts(&t, " -> ");
		stray_end(&t, s->server, &s->conv->server);
		out_printf(&t, " %u/%s: %s", s->conv->port, allow_proto_name(s->conv->proto),
			   kind_name(s->verdict));
		if (!s->client || !s->server)
			out_puts(&t, s->client ? ", server not in the site file"
					       : ", client not in the site file");
		item(o, out_str(&t));
	}
	if (l->n_stray > STRAYS) {
		out_reset(&t);
		out_printf(&t,
			   "and %zu more: spanaudit flows verdict=documented-dynamic, "
			   "verdict=documented",
			   l->n_stray - STRAYS);
		item(o, out_str(&t));
	}
	out_done(&t);
}

void note_missing(const struct allow_list *l, struct out *o)
{
	note(o, "", "Not on the list:");
	if (count_off(l, ALLOW_SETUP))
		item(o, "What only Setup does: switched off below. Export with --setup for the "
			"time of an installation.");
	if (count_off(l, ALLOW_OLD_RPC))
		item(o, "Dynamic RPC of Windows before Vista, 1025-5000: switched off below, "
			"because every service between these ports would be open with it.");
	if (mapper_alone(l))
		item(o, "Dynamic RPC between hosts whose rules name no range for it. The endpoint "
			"mapper (135) is documented among all servers; DCOM, MSDTC and remote "
			"administration behind it get ports that no paper gives. `spanaudit rpc` "
			"shows which are in use.");
	if (l->site->sql == SQL_NAMED_DYNAMIC)
		item(o,
		     "The port of a named instance that SQL Browser hands out anew at each start "
		     "(sql: named-dynamic). Fix it, and write it under `ports: {sql: ...}`.");
	if (hosts_of(l, ROLE_SQL) > 1)
		item(o,
		     "Nodes of one SQL Server among themselves (5022, 3343, 445, 135): the audit "
		     "tolerates that, no rule has it.");
	if (hosts_of(l, ROLE_MONITOR))
		item(o,
		     "Probes by role monitor, which the audit tolerates without a rule. The pack "
		     "windows-tolerated has rules for monitoring.");
	for (size_t i = 0; i < l->site->n_egress; i++)
		item_egress(&l->site->egress[i], o);
	if (l->n_ignored)
		item(o, "Hosts and networks of role ignore.");
	item(o, "Hosts that the site file does not name, clients too; broadcast and multicast; and "
		"all that has nothing to do with the deployment.");
	if (l->n_stray)
		item_strays(l, o);
}

void note_rpc(const struct allow_list *l, const char *indent, struct out *o)
{
	if (l->site->rpc.n) {
		note(o, indent, "Dynamic RPC: the range that the site file gives (rpc).");
		return;
	}
	note(o, indent,
	     "Dynamic RPC: the range of Windows Vista and Server 2008 on (KB929851). It can be "
	     "narrowed on each server, under HKLM\\SOFTWARE\\Microsoft\\Rpc\\Internet (KB154596), "
	     "and "
	     "by fixed ports for replication and Netlogon (KB224196). Then write the range as "
	     "`deployment: {rpc: LO-HI}` into the site file, and export again.");
}

/* --- lines -------------------------------------------------------------------------------------
 */

static void group(const struct allow_list *l, const struct allow_group *g, struct out *t)
{
	size_t n = 0;

	out_puts(t, g->name);
	out_puts(t, " (");
	for (size_t c = 0; c < l->n_class; c++) {
		const struct allow_class *k = &l->class[c];

		if (!g->has[c])
			continue;
		if (k->internet)
			out_puts(t, n++ ? ", the internet" : "the internet");
		for (size_t i = 0; i < k->n; i++) {
			/* A network may have a name for several ranges. */
			if (i && strcmp(k->member[i]->name, k->member[i - 1]->name) == 0)
				continue;
			if (n++ >= NAMES)
				continue;
			out_puts(t, n > 1 ? ", " : "");
			note_ascii(t, k->member[i]->name);
		}
	}
	if (n > NAMES)
		out_printf(t, " and %zu more", n - NAMES);
	out_char(t, ')');
}

void note_ends(const struct allow_list *l, const struct allow_line *line, const char *indent,
	       struct out *o)
{
	struct out t = {0};

	group(l, line->from, &t);
	out_puts(&t, " to ");
	group(l, line->to, &t);
	note(o, indent, out_str(&t));
	out_done(&t);
}

static void observed(const struct allow_list *l, const struct allow_use *u, const char *indent,
		     struct out *o)
{
	struct out t = {0};
	char buf[TIME_TEXT];

	if (u->used)
		out_printf(&t, "observed: %" PRIu64 " conversation%s, last %s", u->used,
			   times(u->used), time_human_tz(u->last_ns, site_tz(l->site), buf));
	else
		out_puts(&t, "unused in this capture");
	if (u->tried)
		out_printf(&t, "; %" PRIu64 "%s tried in vain", u->tried, u->used ? " more" : "");
	note(o, indent, out_str(&t));
	out_done(&t);
}

void note_line(const struct allow_list *l, const struct allow_line *line, const char *indent,
	       struct out *o)
{
	struct out t = {0};

	note_ascii(&t, line->main_rule->title);
	if (line->s.verdict == KIND_TOLERATED)
		out_puts(&t, " (tolerated)");
	else if (line->main_rule->need == NEED_LEGACY)
		out_puts(&t, " (legacy)");
	note(o, indent, out_str(&t));
	out_done(&t);
	if (l->observed && line->s.off == ALLOW_ON)
		observed(l, &line->use, indent, o);
}

bool note_rules(const struct allow_line *line, size_t most, struct out *o)
{
	size_t before = o->n;

	for (size_t i = 0; i < line->n_rule; i++) {
		const char *id = line->rule[i]->id;
		size_t room = most - (i + 1 < line->n_rule ? 4 : 0); /* for " ..." */

		if (o->n - before + (i ? 1 : 0) + strlen(id) > room) {
			out_puts(o, i ? " ..." : "...");
			return false;
		}
		out_puts(o, i ? " " : "");
		/* Ids are words, whoever wrote the pack: nothing else is let into a string. */
		for (; *id; id++)
			out_char(o, (*id >= 'a' && *id <= 'z') || (*id >= 'A' && *id <= 'Z') ||
						    (*id >= '0' && *id <= '9') || strchr("._-", *id)
					    ? *id
					    : '_');
	}
	return true;
}

void note_ports(const struct allow_line *line, const char *between, struct out *o)
{
	for (size_t i = 0; i < line->n_port; i++) {
		out_puts(o, i ? between : "");
		out_printf(o, "%u", line->port[i].lo);
		if (line->port[i].hi != line->port[i].lo)
			out_printf(o, "-%u", line->port[i].hi);
	}
}

const char *note_off(enum allow_off off)
{
	switch (off) {
	case ALLOW_SETUP:
		return "Only Setup does this: switched off.";
	case ALLOW_OLD_RPC:
		return "Only for servers of Windows before Vista: switched off.";
	default:
		return "";
	}
}
