// SPDX-License-Identifier: BSD-2-Clause
/*
 * Windows Defender Firewall with Advanced Security, as a PowerShell script with a part for each
 * server: New-NetFirewallRule of the NetSecurity module. The script is ASCII: Windows PowerShell
 * reads a file without a byte order mark in the machine's code page, where bytes of UTF-8 can turn
 * into quotes.
 */
#include <string.h>

#include "allow/notes.h"
#include "base/proto.h"
#include "base/rd.h"

enum { TITLE = 200 };

/* A string that says nothing but its text: in single quotes the quote itself is doubled, and has no
 * other meaning. */
static void quoted(struct out *o, const char *z)
{
	struct out t = {0};

	note_ascii(&t, z);
	out_char(o, '\'');
	for (const char *p = out_str(&t); *p; p++) {
		if (*p == '\'')
			out_char(o, '\'');
		out_char(o, *p);
	}
	out_char(o, '\'');
	out_done(&t);
}

static void variable(struct out *o, const struct allow_group *g)
{
	out_printf(o, "$%s = @(", g->name);
	for (size_t i = 0; i < g->at.n; i++) {
		out_puts(o, i ? ",\n\t'" : "\n\t'");
		span_print(&g->at.v[i], o);
		out_char(o, '\'');
	}
	out_puts(o, ")\n");
}

static void rule(struct out *o, const struct allow_list *l, const struct allow_line *line)
{
	struct out title = {0}, ports = {0};

	note_line(l, line, "\t\t", o);
	out_puts(o, line->s.off == ALLOW_ON ? "\t\t" : "\t\t#off ");
	note_ports(line, ", ", &ports);
	out_printf(&title, "spanaudit %s%s%s ", allow_proto_name(line->s.proto),
		   line->n_port ? " " : "", out_str(&ports));
	note_rules(line, TITLE, &title);
	out_puts(o, "New-NetFirewallRule @common -DisplayName ");
	quoted(o, out_str(&title));
	if (line->s.proto == IPPROTO_NR_TCP || line->s.proto == IPPROTO_NR_UDP) {
		out_printf(o, " -Protocol %s -LocalPort ",
			   line->s.proto == IPPROTO_NR_TCP ? "TCP" : "UDP");
		if (allow_is_site_rpc(l, line)) {
			out_puts(o, "$rpc_dynamic");
		} else {
			out_puts(o, "@(");
			for (size_t i = 0; i < line->n_port; i++) {
				struct allow_line one = {.port = &line->port[i], .n_port = 1};

				out_puts(o, i ? ", '" : "'");
				note_ports(&one, "", o);
				out_char(o, '\'');
			}
			out_char(o, ')');
		}
	} else {
		out_printf(o, " -Protocol %u", line->s.proto);
	}
	out_printf(o, " -RemoteAddress $%s | Out-Null\n", line->from->name);
	out_done(&ports);
	out_done(&title);
}

/* Somebody else than the server itself is among the clients, and has an address of its family. */
static bool reached(const struct allow_line *line, const struct spans *own)
{
	bool four = spans_v4(own) > 0, six = own->n > spans_v4(own);

	for (size_t i = 0; i < line->from->at.n; i++) {
		const struct span *s = &line->from->at.v[i];
		bool v4 = addr_is_v4(&s->lo);

		if ((v4 ? four : six) && !(addr_equal(&s->lo, &s->hi) && spans_has(own, &s->lo)))
			return true;
	}
	return false;
}

static void server(struct out *o, const struct allow_list *l, const struct allow_class *c,
		   const struct host *h)
{
	const struct allow_line *last = NULL;
	struct spans own = {0};
	struct out roles = {0};

	if (!allow_member_spans(l, h, &own))
		o->failed = true;
	for (size_t i = 0; i < l->n_line && !o->failed; i++) {
		const struct allow_line *line = &l->line[i];

		if (!line->to->has[c->index] || !reached(line, &own))
			continue;
		if (!last) {
			out_puts(o, "\t");
			quoted(o, h->name);
			out_puts(o, " {\n");
			out_printf(&roles, "Role ");
			roles_print(h->declared ? h->declared : h->roles, &roles);
			out_puts(&roles, h->is_network ? ": on every host of the network." : ".");
			note(o, "\t\t", out_str(&roles));
		}
		if (line->s.off != ALLOW_ON && (!last || last->s.off != line->s.off))
			note(o, "\t\t", note_off(line->s.off));
		rule(o, l, line);
		last = line;
	}
	if (last)
		out_puts(o, "\t}\n");
	out_done(&roles);
	spans_done(&own);
}

static const char *const warning[] = {
	"Run it on each server, as administrator: .\\FILE.ps1. It takes the part that is named "
	"after "
	"the computer; where the site file has another name, .\\FILE.ps1 -HostName 'name'. It "
	"replaces the rules of the group spanaudit, and touches no others.",
	"",
	"CAREFUL. Windows keeps the rules that it has: a service stays open that another rule "
	"opens. "
	"List those: Get-NetFirewallRule -Direction Inbound -Action Allow -Enabled True. And it "
	"blocks nothing unless the profile does: Get-NetFirewallProfile | Format-Table Name, "
	"Enabled, DefaultInboundAction. Your own way in (remote management) must be among the "
	"rules "
	"before you change that. What the server itself opens is not limited by this. Lines that "
	"begin with #off are switched off: take the word away to have them.",
};

static const char begin[] = "param([string] $HostName = $env:COMPUTERNAME)\n"
			    "$ErrorActionPreference = 'Stop'\n"
			    "$common = @{Group = 'spanaudit'; Direction = 'Inbound'; Action = "
			    "'Allow'; Profile = 'Any'}\n\n";

static const char before_parts[] =
	"\nGet-NetFirewallRule -Group 'spanaudit' -ErrorAction SilentlyContinue | "
	"Remove-NetFirewallRule\n"
	"switch ($HostName) {\n";

static const char end[] =
	"\tdefault { throw \"no server is called '$HostName' here: give -HostName\" }\n"
	"}\n";

static void script(const struct allow_list *l, struct out *o)
{
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
	out_puts(o, "\n#Requires -RunAsAdministrator\n");
	out_puts(o, begin);
	for (size_t i = 0; i < l->n_group; i++)
		variable(o, &l->group[i]);
	note_rpc(l, "", o);
	out_puts(o, "$rpc_dynamic = @(");
	for (size_t i = 0; i < l->n_rpc; i++) {
		out_printf(o, i ? ", '%u" : "'%u", l->rpc[i].lo);
		if (l->rpc[i].hi != l->rpc[i].lo)
			out_printf(o, "-%u", l->rpc[i].hi);
		out_char(o, '\'');
	}
	out_puts(o, ")\n");
	out_puts(o, before_parts);
	for (size_t c = 0; c < l->n_class; c++)
		for (size_t i = 0; i < l->class[c].n; i++)
			server(o, l, &l->class[c], l -> class[c].member[i]);
	out_puts(o, end);
}

static void write(const struct allow_list *l, struct out *o)
{
	struct out text = {0};

	script(l, &text);
	o->failed |= text.failed;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\n')
			out_char(o, '\r');
		out_char(o, text.p[i]);
	}
	out_done(&text);
}

const struct allow_format allow_windows = {
	.name = "windows",
	.help = "PowerShell: inbound rules of each server's Windows firewall",
	.write = write,
};
