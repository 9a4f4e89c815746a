// SPDX-License-Identifier: BSD-2-Clause
/*
 * nftables, nft(8): one table with a chain for what is documented, and one that a router hooks into
 * its forwarding. Addresses are named sets, so that a line stays short whatever the site holds.
 */
#include <string.h>

#include "allow/notes.h"

/* A comment of a rule is at most 128 bytes, NFT_USERDATA_MAXLEN and its header aside. */
enum { COMMENT = 120 };

/* The host or network that is exactly this; NULL. */
static const struct host *whose(const struct allow_list *l, const struct span *s)
{
	const struct inventory *inv = l->site->inventory;
	unsigned bits;

	if (addr_equal(&s->lo, &s->hi))
		return inventory_find(inv, &s->lo);
	if (!span_is_prefix(s, &bits))
		return NULL;
	bits += addr_is_v4(&s->lo) ? 96 : 0;
	for (size_t i = 0; i < inventory_count(inv); i++) {
		const struct host *h = inventory_at(inv, i);

		if (h->is_network && h->net->bits == bits && addr_equal(&h->net->addr, &s->lo))
			return h;
	}
	return NULL;
}

static void elements(struct out *o, const struct allow_list *l, const struct span *v, size_t n)
{
	out_puts(o, "\t\telements = {\n");
	for (size_t i = 0; i < n; i++) {
		const struct host *h = whose(l, &v[i]);

		out_puts(o, "\t\t\t");
		span_print(&v[i], o);
		out_char(o, ',');
		if (h) {
			out_puts(o, " # ");
			note_ascii(o, h->name);
		}
		out_char(o, '\n');
	}
	out_puts(o, "\t\t}\n");
}

static bool ranges(const struct span *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!addr_equal(&v[i].lo, &v[i].hi))
			return true;
	return false;
}

static void set(struct out *o, const struct allow_list *l, const char *name, char family,
		const struct span *v, size_t n)
{
	out_printf(o, "\tset %s_v%c {\n\t\ttype ipv%c_addr\n", name, family, family);
	if (ranges(v, n))
		out_puts(o, "\t\tflags interval\n");
	if (n)
		elements(o, l, v, n);
	out_puts(o, "\t}\n\n");
}

static void group_sets(struct out *o, const struct allow_list *l, const struct allow_group *g)
{
	size_t four = spans_v4(&g->at);

	if (four)
		set(o, l, g->name, '4', g->at.v, four);
	if (g->at.n > four)
		set(o, l, g->name, '6', g->at.v + four, g->at.n - four);
}

static bool any_rpc(const struct allow_list *l)
{
	for (size_t i = 0; i < l->n_line; i++)
		if (allow_is_site_rpc(l, &l->line[i]))
			return true;
	return false;
}

static void rpc_set(struct out *o, const struct allow_list *l)
{
	if (!any_rpc(l))
		return;
	note_rpc(l, "\t", o);
	out_puts(o, "\tset rpc_dynamic {\n\t\ttype inet_service\n\t\tflags interval\n"
		    "\t\telements = { ");
	for (size_t i = 0; i < l->n_rpc; i++) {
		out_printf(o, i ? ", %u" : "%u", l->rpc[i].lo);
		if (l->rpc[i].hi != l->rpc[i].lo)
			out_printf(o, "-%u", l->rpc[i].hi);
	}
	out_puts(o, " }\n\t}\n\n");
}

static void match(struct out *o, const struct allow_list *l, const struct allow_line *line,
		  char family)
{
	const char *ip = family == '6' ? "ip6" : "ip";

	out_printf(o, "%s saddr @%s_v%c %s daddr @%s_v%c ", ip, line->from->name, family, ip,
		   line->to->name, family);
	if (!line->n_port) {
		out_printf(o, "meta l4proto %s", allow_proto_name(line->s.proto));
		return;
	}
	out_printf(o, "%s dport ", allow_proto_name(line->s.proto));
	if (allow_is_site_rpc(l, line)) {
		out_puts(o, "@rpc_dynamic");
		return;
	}
	out_puts(o, line->n_port > 1 ? "{ " : "");
	note_ports(line, ", ", o);
	out_puts(o, line->n_port > 1 ? " }" : "");
}

static void rule(struct out *o, const struct allow_list *l, const struct allow_line *line)
{
	size_t four[2] = {spans_v4(&line->from->at), spans_v4(&line->to->at)};
	bool has[2] = {four[0] && four[1], line->from->at.n > four[0] && line->to->at.n > four[1]};
	struct out ids = {0};

	if (!has[0] && !has[1])
		return;
	note_line(l, line, "\t\t", o);
	if (!note_rules(line, COMMENT, &ids)) {
		struct out all = {0};

		note_rules(line, SIZE_MAX, &all);
		note(o, "\t\t", out_str(&all));
		out_done(&all);
	}
	for (int i = 0; i < 2; i++) {
		if (!has[i])
			continue;
		out_puts(o, line->s.off == ALLOW_ON ? "\t\t" : "\t\t#off ");
		match(o, l, line, i ? '6' : '4');
		out_puts(o, " counter accept comment \"");
		out_puts(o, out_str(&ids));
		out_puts(o, "\"\n");
	}
	out_done(&ids);
}

/* Between the same ends, and both on or both off. */
static bool same_part(const struct allow_line *a, const struct allow_line *b)
{
	return a->from == b->from && a->to == b->to && a->s.off == b->s.off;
}

static void documented(struct out *o, const struct allow_list *l)
{
	out_puts(o, "\tchain documented {\n");
	for (size_t i = 0; i < l->n_line; i++) {
		const struct allow_line *line = &l->line[i];

		if (!i || !same_part(line - 1, line)) {
			out_puts(o, i ? "\n" : "");
			note_ends(l, line, "\t\t", o);
			if (line->s.off != ALLOW_ON)
				note(o, "\t\t", note_off(line->s.off));
		}
		rule(o, l, line);
	}
	out_puts(o, "\t}\n\n");
}

static const char *const warning[] = {
	"CAREFUL. The chain 'forward' drops what is not on the list (policy drop): the list is "
	"meant "
	"for a router or firewall that stands between these hosts and carries nothing else. On one "
	"that carries more, uncomment the line for other traffic in it first. Wherever it is "
	"loaded: "
	"try it with 'policy accept', look at the counter of 'not on the list' for some days, and "
	"keep a console that does not pass through it.",
	"",
	"Check it: nft -c -f FILE. Load it: nft -f FILE, which replaces the table inet spanaudit, "
	"and nothing else. Use so far: nft list table inet spanaudit. Take it away: nft delete "
	"table "
	"inet spanaudit.",
	"",
	"Other tables stay in force: a packet passes when all of them let it. The answers to what "
	"is "
	"allowed pass by the state of the connection, as do ICMP errors about it. Lines that begin "
	"with #off are switched off: take the word away to have them.",
};

static const char forward[] =
	"\tchain forward {\n"
	"\t\ttype filter hook forward priority filter; policy drop;\n"
	"\t\tct state established,related counter accept\n"
	"\t\t# Without these, paths with a smaller MTU hang (RFC 1191, RFC 4890 4.3.1).\n"
	"\t\ticmp type { destination-unreachable, time-exceeded, parameter-problem } accept\n"
	"\t\ticmpv6 type { destination-unreachable, packet-too-big, time-exceeded, "
	"parameter-problem } accept\n"
	"\t\tjump documented\n"
	"\t\t# For a router that carries other traffic too: what has no end at the site passes.\n"
	"\t\t#off ip saddr != @site_v4 ip daddr != @site_v4 accept\n"
	"\t\t#off ip6 saddr != @site_v6 ip6 daddr != @site_v6 accept\n"
	"\t\t# To see what is dropped:\n"
	"\t\t#off limit rate 10/minute log prefix \"spanaudit: \"\n"
	"\t\tcounter comment \"not on the list\"\n"
	"\t}\n";

static const char host_chains[] =
	"\n"
	"\t# On a Linux host of the site itself (a load balancer, say) these chains take the place "
	"of\n"
	"\t# 'forward'. Neighbour discovery must pass there (RFC 4890 4.4.1), and so must your own "
	"way\n"
	"\t# in, which no paper gives.\n"
	"\t#off chain input {\n"
	"\t#off \ttype filter hook input priority filter; policy drop;\n"
	"\t#off \tiif lo accept\n"
	"\t#off \tct state established,related accept\n"
	"\t#off \ticmp type { destination-unreachable, time-exceeded, parameter-problem } accept\n"
	"\t#off \ticmpv6 type { destination-unreachable, packet-too-big, time-exceeded, "
	"parameter-problem, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } accept\n"
	"\t#off \tjump documented\n"
	"\t#off }\n"
	"\t#off chain output {\n"
	"\t#off \ttype filter hook output priority filter; policy drop;\n"
	"\t#off \toif lo accept\n"
	"\t#off \tct state established,related accept\n"
	"\t#off \ticmpv6 type { packet-too-big, nd-router-solicit, nd-neighbor-solicit, "
	"nd-neighbor-advert } accept\n"
	"\t#off \tjump documented\n"
	"\t#off }\n";

static void write(const struct allow_list *l, struct out *o)
{
	size_t four;

	out_puts(o, "#!/usr/sbin/nft -f\n");
	note_head(l, o);
	out_puts(o, "#\n");
	for (size_t i = 0; i < sizeof warning / sizeof warning[0]; i++) {
		if (*warning[i])
			note(o, "", warning[i]);
		else
			out_puts(o, "#\n");
	}
	out_puts(o, "#\n");
	note_missing(l, o);
	out_puts(o, "\ntable inet spanaudit\ndelete table inet spanaudit\n"
		    "table inet spanaudit {\n");
	for (size_t i = 0; i < l->n_group; i++)
		group_sets(o, l, &l->group[i]);
	note(o, "\t", "All that the site file names.");
	four = spans_v4(&l->everybody);
	set(o, l, "site", '4', l->everybody.v, four);
	set(o, l, "site", '6', l->everybody.v + four, l->everybody.n - four);
	rpc_set(o, l);
	documented(o, l);
	out_puts(o, forward);
	out_puts(o, host_chains);
	out_puts(o, "}\n");
}

const struct allow_format allow_nft = {
	.name = "nft",
	.help = "nftables: a table for a router between the hosts",
	.write = write,
};
