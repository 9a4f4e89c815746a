// SPDX-License-Identifier: BSD-2-Clause
#include "report/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cpu.h"
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

static bool below_the_bar(const struct result *r)
{
	uint64_t n = 0;

	for (int s = SEV_LOW; s < SEV_N; s++)
		n += r->n_severity[s];
	return n > 0;
}

const char *word_verdict_says(const struct result *r)
{
	switch (r->verdict) {
	case RESULT_FINDINGS:
		return "Traffic differs from what the papers document; the findings below say "
		       "where.";
	case RESULT_INCONCLUSIVE:
		return "Too little could be seen or judged to say that the deployment is as "
		       "documented.";
	case RESULT_COMPLIANT:
		break;
	}
	if (below_the_bar(r))
		return "No finding is severe enough to fail this audit (--fail-on); the lesser "
		       "ones stand below.";
	if (r->n_waived)
		return "What differs from the papers is waived; who answers for it stands with "
		       "each finding.";
	return "What was seen is what the papers document, and everything they demand that could "
	       "be judged was seen.";
}

const char *word_trust(const struct coverage *c)
{
	if (c->inconclusive)
		return "Only in part:";
	if (c->n_caveats == 1)
		return "Yes, with a caveat:";
	if (c->n_caveats)
		return "Yes, with caveats:";
	return "Yes: nothing was lost that could change the verdict.";
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

const char *word_interface(const uint8_t uuid[16])
{
	const struct rpc_iface_row *row = rpc_iface_find(uuid);

	return row ? row->name : NULL;
}

void word_interfaces(const struct rpc_iface *iface, size_t n, struct out *o)
{
	char buf[RPC_UUID_TEXT];

	for (size_t i = 0; i < n; i++) {
		const char *name = word_interface(iface[i].uuid);

		out_puts(o, i ? ", " : "");
		out_puts(o, name ? name : rpc_uuid_format(iface[i].uuid, buf));
	}
}

static const char *phrase(const char *const (*rows)[2], size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(rows[i][0], word) == 0)
			return rows[i][1];
	return word;
}

const char *word_how(const char *how)
{
	static const char *const rows[][2] = {
		{"epm", "granted by an endpoint mapper answer"},
		{"epm-lookup", "listed in an endpoint mapper answer"},
		{"oxid", "granted by an OXID resolver answer"},
		{"activation", "granted by a DCOM activation"},
		{"sql-browser", "told by SQL Browser"},
		{"sql-dac", "told by SQL Browser (DAC)"},
		{"bind", "named by its own bind"},
	};

	return how ? phrase(rows, N_ELEMENTS(rows), how) : "no grant and no bind was seen";
}

const char *word_tie(const char *tie)
{
	static const char *const rows[][2] = {
		{"same-client", ""},
		{"other-client", "given to another client"},
		{"later", "given after it was used"},
		{"other-address", "given by another address of the server"},
		{"alias", "for an address that the answer names"},
		{"expired", "given long before"},
		{"assumed", "read without its bind, known by its form"},
	};

	return tie ? phrase(rows, N_ELEMENTS(rows), tie) : "";
}

void word_rpc_figures(const struct result *r, struct rpc_figures *ret)
{
	*ret = (struct rpc_figures){0};
	for (size_t i = 0; i < r->n_rpc; i++) {
		const struct rpc_row *row = &r->rpc[i];

		if (!row->has_state)
			ret->unused++;
		else if (!row->how)
			ret->unexplained++;
		else if (strcmp(row->how, "bind") == 0)
			ret->bound++;
		else
			ret->mapped++;
	}
}

/* It was tried, and never went through: the finding would be rpc-blocked. */
bool word_rpc_failed(enum flow_state s)
{
	return s == STATE_HALF_OPEN || s == STATE_REJECTED || s == STATE_REFUSED ||
	       s == STATE_NO_ANSWER;
}

/* What a reader should look at first is 0. */
int word_rpc_worth(const struct rpc_row *row)
{
	if (!row->has_state)
		return 2;
	if (!row->how || word_rpc_failed(row->state))
		return 0;
	return row->has_verdict && row->verdict > KIND_TOLERATED ? 0 : 1;
}

bool word_rpc_wants_why(const struct rpc_row *row)
{
	if (!row->why)
		return false;
	return !row->how || row->more ||
	       (row->has_state && row->tie && strcmp(row->tie, "same-client") != 0);
}

const char *word_rpc_about(void)
{
	return "Windows services are given a high port when they start; a client asks the "
	       "server's endpoint mapper (port 135) for it. A high port is as documented when "
	       "that answer, or the service's own greeting (bind), was seen.";
}

const char *word_unused_about(void)
{
	return "If they stay unused over weeks, the firewall may close them (least privilege).";
}

const char *word_grades(void)
{
	return "Grades: A proved by its own traffic, B strong, C likely, D a hint; what the site "
	       "file or an option declares has none.";
}

const struct waiver_row *word_waiver(const struct result *r, const struct finding *f)
{
	for (size_t i = 0; f->waiver && i < r->n_waivers; i++)
		if (strcmp(r->waivers[i].id, f->waiver) == 0)
			return &r->waivers[i];
	return NULL;
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

void word_conversation_by(const struct finding *f, const char *arrow, struct out *o)
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
			out_puts(o, arrow);
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

void word_conversation(const struct finding *f, struct out *o)
{
	word_conversation_by(f, " -> ", o);
}

/* ------------------------------------------------------------------ findings */

uint64_t word_all_findings(const struct result *r)
{
	uint64_t n = r->n_waived;

	for (int s = 0; s < SEV_N; s++)
		n += r->n_severity[s];
	return n;
}

const char *word_severity(enum severity s)
{
	static const char *const labels[] = {
		[SEV_INFO] = "INFO", [SEV_LOW] = "LOW",           [SEV_MEDIUM] = "MEDIUM",
		[SEV_HIGH] = "HIGH", [SEV_CRITICAL] = "CRITICAL", [SEV_NONE] = "-",
	};

	return labels[s];
}

const char *word_state(enum flow_state s)
{
	static const char *const words[STATE_N] = {
		[STATE_ESTABLISHED] = "established",
		[STATE_MID_STREAM] = "already running when the capture began",
		[STATE_ONE_WAY] = "only one direction visible",
		[STATE_HALF_OPEN] = "answered, but never completed",
		[STATE_REJECTED] = "rejected by an ICMP message",
		[STATE_REFUSED] = "refused by a reset (RST)",
		[STATE_NO_ANSWER] = "tried, nothing came back",
	};

	return words[s];
}

const char *word_reason(enum dir_reason r)
{
	static const char *const words[DIR_N] = {
		[DIR_SYN] = "the handshake was seen",
		[DIR_MESSAGE] = "it spoke the client's part of the protocol",
		[DIR_LEARNED] = "the other end serves this port to others",
		[DIR_PORT] = "only the other end's port is a documented service",
		[DIR_FAN_IN] = "several peers use the other end's port",
		[DIR_FIRST] = "a guess, it sent the first packet seen",
	};

	return words[r];
}

void word_known(const struct endpoint *e, struct out *o)
{
	char buf[ADDR_TEXT];

	word_endpoint(e, o);
	if (e->host && (e->network || e->has_address)) {
		out_puts(o, " (");
		if (e->network)
			out_text_z(o, e->network);
		else
			out_puts(o, addr_format(&e->address, buf));
		out_char(o, ')');
	}
	if (e->name && !e->host) {
		out_puts(o, ", named ");
		out_text_z(o, e->name);
		if (e->name_source)
			out_printf(o, " (%s)", e->name_source);
		out_char(o, ',');
	}
	if (!e->roles) {
		out_puts(o, " has no role");
		return;
	}
	out_puts(o, " is ");
	roles_print(e->roles, o);
	if (e->known_by) {
		out_puts(o, ", known by ");
		out_text_z(o, e->known_by);
	}
}

const char *word_status(const struct finding *f)
{
	if (f->status == STATUS_NONE)
		return "";
	if (f->worse)
		return ", worse than it was";
	return f->status == STATUS_NEW ? ", new" : ", known";
}

bool word_past(const struct finding_past *p, const struct tz *z, struct out *o)
{
	unsigned n = (unsigned)__builtin_popcount(p->recent);
	char buf[TIME_TEXT];

	if (!p->n_recent || !p->reports)
		return false;
	if (p->n_recent == 1)
		out_puts(o, n ? "in the report before" : "not in the report before");
	else
		out_printf(o, "in %u of the last %u reports", n, p->n_recent);
	out_printf(o, ", first in that of %.10s", time_human_tz(p->first_ns, z, buf));
	return true;
}

bool word_asks(const struct finding *f)
{
	return !f->waiver && f->severity > SEV_INFO && f->severity < SEV_N;
}

bool word_is_news(const struct coverage *c, size_t caveat)
{
	return !c->inconclusive || !c->inconclusive_why ||
	       strcmp(c->caveats[caveat], c->inconclusive_why) != 0;
}

/* ------------------------------------------------------------------ commands */

static bool is_hex(char c)
{
	return c && strchr("0123456789abcdef", c);
}

/* "\xff" in a text may stand for a byte that a document could not keep. */
static bool stands_for_bytes(const char *z)
{
	while ((z = strstr(z, "\\x")) != NULL) {
		z += 2;
		if (is_hex(z[0]) && is_hex(z[1]))
			return true;
	}
	return false;
}

/* A name that reports must change to be harmless is none that a command could use. */
static bool speakable(const char *z)
{
	struct out o = {0};
	bool same;

	out_text_z(&o, z);
	same = !o.failed && strcmp(out_str(&o), z) == 0 && !stands_for_bytes(z);
	out_done(&o);
	return same;
}

static bool shell_quoted(struct out *o, const char *z)
{
	if (!speakable(z))
		return false;
	if (*z &&
	    z[strspn(z,
		     "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._+-:@%,=")] ==
		    '\0') {
		out_puts(o, z);
		return true;
	}
	out_char(o, '\'');
	for (const char *p = z; *p;) {
		size_t n = strcspn(p, "'");

		out_bytes(o, p, n);
		p += n;
		if (*p) {
			out_puts(o, "'\\''");
			p++;
		}
	}
	out_char(o, '\'');
	return true;
}

/* A file: never an option, whatever it is called. */
static bool shell_file(struct out *o, const char *z)
{
	if (*z == '-' && speakable(z))
		out_puts(o, "./");
	return shell_quoted(o, z);
}

enum { FILES_NAMED = 16 };

/* Why a command does not name the files of the run. */
enum unnamed { NAMED, UNNAMED_PIPE, UNNAMED_MANY, UNNAMED_WORDS, UNNAMED_LIVE };

static size_t n_files(const struct result *r)
{
	size_t n = 0;

	while (r->told.files && r->told.files[n])
		n++;
	return r->told.files ? n : r->n_inputs;
}

static const char *file_at(const struct result *r, size_t i)
{
	return r->told.files ? r->told.files[i] : r->inputs[i].path;
}

bool word_is_live(const struct result_input *in)
{
	return in->format && strcmp(in->format, "live") == 0;
}

static enum unnamed unnamed(const struct result *r)
{
	bool piped = r->told.piped;
	size_t n = n_files(r);

	if (r->n_inputs && word_is_live(&r->inputs[0]))
		return UNNAMED_LIVE;

	for (size_t i = 0; i < n; i++)
		piped |= strcmp(file_at(r, i), "-") == 0;
	if (piped)
		return UNNAMED_PIPE;
	if (n > FILES_NAMED)
		return UNNAMED_MANY;
	for (size_t i = 0; i < n; i++)
		if (!speakable(file_at(r, i)))
			return UNNAMED_WORDS;
	return NAMED;
}

const char *word_extract_note(const struct result *r)
{
	switch (unnamed(r)) {
	case UNNAMED_PIPE:
		return "save the capture as FILE first: a pipe or standard input cannot be read "
		       "twice";
	case UNNAMED_MANY:
		return "FILE stands for the captures of this run, all of them";
	case UNNAMED_WORDS:
		return "FILE stands for the captures of this run: the name of one holds what no "
		       "report can show";
	case UNNAMED_LIVE:
		return "FILE stands for a capture of that time: a live run keeps no packets";
	case NAMED:
		break;
	}
	return NULL;
}

void word_extract(const struct result *r, const struct finding *f, char sep, struct out *o)
{
	const char *const *z = r->told.options;

	if ((!f->n_ev && !f->behind) || r->redacted)
		return;
	if (f->extract) {
		out_text_z(o, f->extract);
		return;
	}
	out_puts(o, "spanaudit extract ");
	out_puts(o, f->id);
	for (; z && *z; z++) {
		bool valued = strcmp(*z, "--vlan-key") != 0;

		out_char(o, sep);
		out_puts(o, *z);
		if (!valued)
			continue;
		out_char(o, ' ');
		if (!shell_quoted(o, *++z))
			out_puts(o, "TEXT");
	}
	for (size_t i = 0; unnamed(r) == NAMED && i < n_files(r); i++) {
		out_char(o, sep);
		shell_file(o, file_at(r, i));
	}
	if (unnamed(r) != NAMED)
		out_printf(o, "%cFILE", sep);
	out_printf(o, "%c-w f-%s.pcapng", sep, f->id + 2);
}

void word_tshark(const struct result *r, const struct finding *f, struct out *o)
{
	struct out line = {0};

	if (!f->tshark || !f->n_ev || f->ev[0].input >= r->n_inputs)
		return;

	const struct result_input *in = &r->inputs[f->ev[0].input];
	const char *path = in->path;

	if (strcmp(path, "-") == 0 || word_is_live(in))
		path = "FILE"; /* standard input is gone; the reader names the capture it came from
				*/
	out_puts(&line, "tshark -r ");
	if (shell_file(&line, path)) {
		out_puts(&line, " -Y '");
		out_text_z(&line, f->tshark);
		out_char(&line, '\'');
		out_puts(o, out_str(&line));
	}
	o->failed |= line.failed;
	out_done(&line);
}

/* ------------------------------------------------------------------ what to write */

const char *word_suggest_in(const struct finding *f)
{
	return f->suggest ? f->suggest_in : "waivers";
}

const char *word_suggest_under(const struct finding *f)
{
	return f->suggest ? f->suggest_under : "waivers";
}

void word_accept(const struct finding *f, struct out *o)
{
	bool pack = f->suggest && strcmp(f->suggest_in, "pack") == 0;

	out_printf(o, "with a %s, shown by spanaudit explain %s",
		   pack         ? "rule in a pack"
		   : f->suggest ? "site-file line"
				: "waiver",
		   f->id);
}

void word_suggestion(const struct finding *f, struct out *o)
{
	if (f->suggest) {
		out_puts(o, f->suggest);
		return;
	}
	out_printf(o,
		   "- id: W-%s\n"
		   "  finding: {id: %s}\n"
		   "  reason: \"why this is accepted\"\n"
		   "  owner: \"who answers for it\"\n"
		   "  expires: YYYY-MM-DDT23:59:59Z\n",
		   f->id + 2, f->id);
}

bool word_policy(const struct result *r, struct out *o)
{
	char buf[TIME_TEXT];

	if (!r->told.reloads)
		return false;
	out_reset(o);
	out_printf(o,
		   "Rules, site file and waivers were replaced %" PRIu64
		   " time%s while packets were taken, last at %s: all of it is judged by these.",
		   r->told.reloads, r->told.reloads == 1 ? "" : "s",
		   time_human_tz(r->told.policy_ns, site_tz(r->site), buf));
	return true;
}
