// SPDX-License-Identifier: BSD-2-Clause
/*
 * csv - findings as a table for spreadsheets: RFC 4180, UTF-8, one row a finding.
 *
 * Columns are only added, at the end. Text is foreign, and a spreadsheet runs what begins like a
 * formula, so such a cell begins with an apostrophe, which makes it text; control characters and
 * line ends are shown as what they are, so that a row is a line.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "report/words.h"

static const char columns[] =
	"id,severity,kind,waived_by,client,client_address,client_roles,server,server_address,"
	"server_roles,transport,port,protocol,state,rule,rule_pack,first,last,flows,tries,folded,"
	"why,do,hints,evidence,extract";

/* What a spreadsheet takes for the beginning of a formula, also behind spaces and in the wide forms
 * that East Asian versions accept. */
static bool is_formula(const char *z)
{
	static const char *const wide[] = {"\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d",
					   "\xef\xbc\xa0"};

	z += strspn(z, " ");
	for (size_t i = 0; i < N_ELEMENTS(wide); i++)
		if (strncmp(z, wide[i], strlen(wide[i])) == 0)
			return true;
	return *z && strchr("=+-@|%", *z);
}

/* Harmless text; the comma or line end behind it is the caller's. */
static void cell(struct out *o, const char *z)
{
	out_char(o, '"');
	if (is_formula(z))
		out_char(o, '\'');
	for (; *z; z++) {
		if (*z == '"')
			out_char(o, '"');
		out_char(o, *z);
	}
	out_char(o, '"');
}

static void foreign(struct out *o, const char *z)
{
	struct out safe = {0};

	out_text_z(&safe, z ? z : "");
	cell(o, out_str(&safe));
	o->failed |= safe.failed;
	out_done(&safe);
	out_char(o, ',');
}

static void when(struct out *o, int64_t ns)
{
	char buf[TIME_TEXT];

	foreign(o, ns == TIME_NONE ? "" : time_rfc3339(ns, buf));
}

static void endpoint(struct out *o, const struct endpoint *e)
{
	struct out line = {0};
	char buf[ADDR_TEXT];

	word_endpoint(e, &line);
	cell(o, out_str(&line));
	out_char(o, ',');
	foreign(o, e->network ? e->network : e->has_address ? addr_format(&e->address, buf) : "");
	out_reset(&line);
	if (e->roles)
		roles_print(e->roles, &line);
	cell(o, out_str(&line));
	out_char(o, ',');
	o->failed |= line.failed;
	out_done(&line);
}

static void service(struct out *o, const struct finding *f)
{
	char buf[8];

	foreign(o, f->proto ? word_transport(f->proto, buf) : "");
	if (f->port)
		out_printf(o, "%u", f->port);
	out_char(o, ',');
	foreign(o, f->protocol);
	foreign(o, f->has_state ? flow_state_name(f->state) : "");
}

static void packets(struct out *o, const struct result *r, const struct finding *f)
{
	struct out line = {0};

	for (unsigned i = 0; i < f->n_ev; i++) {
		if (f->ev[i].input >= r->n_inputs)
			continue;
		out_puts(&line, line.n ? "; " : "");
		out_text_z(&line, r->inputs[f->ev[i].input].path);
		out_printf(&line, " %" PRIu32, f->ev[i].number);
	}
	cell(o, out_str(&line));
	out_char(o, ',');
	o->failed |= line.failed;
	out_done(&line);
}

static void row(struct out *o, const struct result *r, const struct finding *f)
{
	struct out line = {0};

	foreign(o, f->id);
	foreign(o, severity_name(f->severity));
	foreign(o, kind_name(f->kind));
	foreign(o, f->waiver);
	endpoint(o, &f->client);
	endpoint(o, &f->server);
	service(o, f);
	foreign(o, f->rule ? f->rule->id : "");
	foreign(o, f->rule ? f->rule->pack : "");
	when(o, f->first_ns);
	when(o, f->last_ns);
	out_printf(o, "%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",", f->flows, f->tries, f->folded);
	foreign(o, f->why);
	foreign(o, f->advice);
	for (const struct hint *h = f->hints; h; h = h->next) {
		out_puts(&line, line.n ? " " : "");
		out_text_z(&line, h->row->code);
	}
	cell(o, out_str(&line));
	out_char(o, ',');
	packets(o, r, f);
	out_reset(&line);
	word_extract(r, f, ' ', &line);
	cell(o, out_str(&line));
	out_puts(o, "\r\n");
	o->failed |= line.failed;
	out_done(&line);
}

static int write_csv(const struct result *r, const struct report_options *opt, struct out *o)
{
	out_puts(o, columns);
	out_puts(o, "\r\n");
	for (size_t i = 0; i < r->n_findings; i++)
		if (word_selected(&r->findings[i], opt))
			row(o, r, &r->findings[i]);
	return out_failed(o) ? -ENOMEM : 0;
}

const struct report_format report_csv = {
	.name = "csv",
	.suffix = ".csv",
	.mime = "text/csv",
	.help = "findings as a table for spreadsheets, one row each",
	.write = write_csv,
};
