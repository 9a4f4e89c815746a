// SPDX-License-Identifier: BSD-2-Clause
#include "report/words.h"

#include <stdio.h>
#include <string.h>

#include "recognise/rpc_iface.h"

const char *word_verdict(enum result_verdict v)
{
	static const char *const words[] = {
		[RESULT_COMPLIANT] = "compliant",
		[RESULT_FINDINGS] = "findings",
		[RESULT_INCONCLUSIVE] = "inconclusive",
	};

	return words[v];
}

const char *word_rule_result(enum rule_result r)
{
	static const char *const words[] = {
		[RULE_MET] = "met",
		[RULE_VIOLATED] = "violated",
		[RULE_UNUSED] = "unused",
		[RULE_NOT_JUDGED] = "not-judged",
	};

	return words[r];
}

static const struct {
	const char *word, *help;
} notes[NOTE_N] = {
	[NOTE_BAD_CHECKSUM] = {"bad_checksum",
			       "wrong checksum: normal in captures taken on a host, whose network "
			       "card fills it in later"},
	[NOTE_ABOVE_MTU] = {"above_mtu", "larger than a wire allows: merged by the network card "
					 "(offload), counted once"},
	[NOTE_SNAPPED] = {"snapped", "stored shorter than sent (snap length)"},
	[NOTE_FRAGMENT] = {"fragment", "IP fragments, put back to their first part"},
	[NOTE_ESP] = {"esp", "IPsec ESP: encrypted, cannot be judged"},
	[NOTE_AH] = {"ah", "IPsec AH: signed, readable"},
	[NOTE_TUNNEL] = {"tunnel", "taken out of a tunnel"},
	[NOTE_AGGREGATE] = {"aggregate",
			    "Wi-Fi frames with several packets in them, of which one is "
			    "looked at"},
};

const char *word_note(enum decode_note n)
{
	return notes[n].word;
}

const char *word_note_help(enum decode_note n)
{
	return notes[n].help;
}

const char *word_transport(uint8_t proto, char buf[8])
{
	if (proto == IPPROTO_NR_TCP)
		return "tcp";
	if (proto == IPPROTO_NR_UDP)
		return "udp";
	snprintf(buf, 8, "ip%u", proto);
	return buf;
}

const char *word_uuid(const uint8_t u[16], char buf[UUID_TEXT])
{
	snprintf(buf, UUID_TEXT,
		 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", u[0], u[1],
		 u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11], u[12], u[13], u[14],
		 u[15]);
	return buf;
}

const char *word_interface(const uint8_t uuid[16])
{
	const struct rpc_iface_row *row = rpc_iface_find(uuid);

	return row ? row->name : NULL;
}

bool word_selected(const struct finding *f, const struct report_options *opt)
{
	if (!opt->only)
		return true;

	const char *name = kind_name(f->kind);
	size_t n = strlen(opt->only);

	return strncmp(name, opt->only, n) == 0 && (name[n] == '\0' || name[n] == '-');
}

void word_endpoint(const struct endpoint *e, struct out *o)
{
	char buf[ADDR_TEXT];

	if (e->host)
		out_text_z(o, e->host);
	else if (e->network)
		out_text_z(o, e->network);
	else if (e->has_address)
		out_puts(o, addr_format(&e->address, buf));
	else if (e->roles)
		roles_print(e->roles, o);
	else
		out_puts(o, "any host");
}

static bool is_anything(const struct endpoint *e)
{
	return e->host || e->network || e->has_address || e->roles;
}

void word_conversation(const struct finding *f, struct out *o)
{
	char buf[8];

	if (!is_anything(&f->client) && !is_anything(&f->server) && !f->port) {
		out_puts(o, "the whole capture");
		return;
	}
	if (is_anything(&f->client) || f->port)
		word_endpoint(&f->client, o);
	if (is_anything(&f->server) || f->port) {
		if (is_anything(&f->client) || f->port)
			out_puts(o, " -> ");
		word_endpoint(&f->server, o);
	}
	if (f->port)
		out_printf(o, " %u/%s", f->port, word_transport(f->proto, buf));
	if (f->protocol && *f->protocol) {
		out_puts(o, " (");
		out_text_z(o, f->protocol);
		out_char(o, ')');
	}
}

static bool shell_quoted(struct out *o, const char *z)
{
	for (const char *p = z; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return false;
	if (*z &&
	    z[strspn(z,
		     "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._+-:@%")] ==
		    '\0') {
		if (*z == '-') /* else it reads as an option */
			out_puts(o, "./");
		out_text_z(o, z);
		return true;
	}
	out_char(o, '\'');
	for (const char *p = z; *p;) {
		size_t n = strcspn(p, "'");

		out_text(o, p, n);
		p += n;
		if (*p) {
			out_puts(o, "'\\''");
			p++;
		}
	}
	out_char(o, '\'');
	return true;
}

void word_extract(const struct result *r, const struct finding *f, struct out *o)
{
	struct out line = {0};

	if (!f->tshark || !f->n_ev || f->ev[0].input >= r->n_inputs)
		return;

	const char *path = r->inputs[f->ev[0].input].path;

	if (strcmp(path, "-") == 0)
		path = "FILE"; /* standard input is gone; the reader names the capture it came from
				*/
	out_puts(&line, "tshark -r ");
	if (shell_quoted(&line, path)) {
		out_puts(&line, " -Y '");
		out_text_z(&line, f->tshark);
		out_char(&line, '\'');
		out_puts(o, out_str(&line));
	}
	o->failed |= line.failed;
	out_done(&line);
}
