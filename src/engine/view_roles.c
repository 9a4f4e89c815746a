// SPDX-License-Identifier: BSD-2-Clause
/* view_roles - who is what, and how that is known: what `spanaudit roles` shows. */
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "engine/engine.h"

static int row_vs(const void *a, const void *b)
{
	return addr_compare(a, &((const struct role_row *)b)->address);
}

roleset engine_roles(const struct span_audit *a, const struct addr *x, const struct host **host)
{
	const struct role_row *row =
		a->result && a->result->n_roles
			? bsearch(x, a->result->roles, a->result->n_roles, sizeof *row, row_vs)
			: NULL;
	const struct infer_host *h = row && row->is_tied ? infer_find(a->inferred, x) : NULL;

	if (h && h->declared && h->declared->roles && (!*host || (*host)->is_network))
		*host = h->declared;
	if (row)
		return row->roles;
	return *host ? (*host)->roles : 0;
}

static void names(struct out *o, roleset roles)
{
	const char *between = "";

	out_char(o, '[');
	for (int r = 0; r < ROLE_N; r++) {
		if (!roles_has(roles, (enum role)r))
			continue;
		out_printf(o, "%s\"%s\"", between, role_name((enum role)r));
		between = ", ";
	}
	out_char(o, ']');
}

static void grade_json(struct out *o, char grade)
{
	if (grade)
		out_printf(o, ", \"grade\": \"%c\"", grade);
	else
		out_puts(o, ", \"grade\": null");
}

static void facts_json(struct out *o, const char *const *fact, size_t n)
{
	out_puts(o, ", \"facts\": [");
	for (size_t i = 0; i < n; i++) {
		out_puts(o, i ? ", " : "");
		out_json_z(o, fact[i]);
	}
	out_char(o, ']');
}

/* What traffic says, whether it is gone by or not: beside a declared role, and of no role at all.
 */
static void known_json(struct out *o, const struct role_row *row)
{
	char time[TIME_TEXT];

	out_puts(o, ", \"traffic\": [");
	for (size_t i = 0; i < row->n_known; i++) {
		const struct role_known *k = &row->known[i];
		const char *between = "";

		out_printf(o, "%s{\"role\": \"%s\"", i ? ", " : "", role_name(k->role));
		grade_json(o, k->grade);
		facts_json(o, k->fact, k->n_fact);
		out_puts(o, ", \"evidence\": [");
		for (unsigned j = 0; j < k->n_fact; j++) {
			if (!k->at[j].number)
				continue;
			out_printf(o, "%s{\"input\": %u, \"packet\": %u, \"time\": \"%s\"}",
				   between, k->at[j].input, k->at[j].number,
				   time_rfc3339(k->at[j].ts_ns, time));
			between = ", ";
		}
		out_puts(o, "]}");
	}
	out_char(o, ']');
}

static void row_json(struct out *o, const struct role_row *row)
{
	char buf[ADDR_TEXT];

	out_printf(o, "{\"address\": \"%s\", \"name\": ", addr_format(&row->address, buf));
	out_json_z(o, row->name);
	if (row->name && row->name_source)
		out_printf(o, ", \"name_source\": \"%s\"", row->name_source);
	out_puts(o, ", \"roles\": ");
	names(o, row->roles);
	out_puts(o, ", \"known_by\": ");
	out_json_z(o, row->known_by);
	grade_json(o, row->grade);
	facts_json(o, row->facts, row->n_facts);
	known_json(o, row);
	out_puts(o, ", \"same_host_as\": ");
	if (row->is_tied) {
		out_printf(o, "{\"address\": \"%s\", \"why\": ", addr_format(&row->tied_to, buf));
		out_json_z(o, row->tied_why);
		out_char(o, '}');
	} else {
		out_puts(o, "null");
	}
	out_puts(o, ", \"said\": ");
	names(o, row->said);
	out_char(o, '}');
}

enum { INDENT = 16 };

static void bullet(struct out *o, const char *z)
{
	struct out text = {0};

	out_text_z(&text, z);
	out_pad(o, ' ', INDENT);
	out_puts(o, "- ");
	out_wrapped(o, out_str(&text), 80, INDENT + 2, INDENT + 2);
	o->failed |= text.failed;
	out_done(&text);
}

static void packet(const struct result *r, struct out *o, const struct evidence *at)
{
	if (!at->number)
		return;
	out_printf(o, " (packet %u", at->number);
	if (r->n_inputs > 1 && at->input < r->n_inputs) {
		out_puts(o, " of ");
		out_text_z(o, r->inputs[at->input].path);
	}
	out_char(o, ')');
}

/* A role that is gone by with what speaks for it, and after all of them the hints. */
static void known_text(const struct result *r, struct out *o, const struct role_row *row,
		       bool gone_by)
{
	for (size_t i = 0; i < row->n_known; i++) {
		const struct role_known *k = &row->known[i];

		if (roles_has(row->roles, k->role) != gone_by)
			continue;
		out_pad(o, ' ', INDENT);
		out_printf(o, "%s, grade %c%s\n", role_name(k->role), k->grade,
			   gone_by                   ? ""
			   : row->roles || row->said ? ", not declared"
						     : ", a hint");
		for (unsigned j = 0; j < k->n_fact; j++) {
			struct out line = {0};

			out_text_z(&line, k->fact[j]);
			packet(r, &line, &k->at[j]);
			out_pad(o, ' ', INDENT);
			out_puts(o, "- ");
			out_wrapped(o, out_str(&line), 80, INDENT + 2, INDENT + 2);
			o->failed |= line.failed;
			out_done(&line);
		}
	}
}

static void contradictions(const struct result *r, struct out *o, const struct role_row *row)
{
	for (size_t i = 0; i < r->n_findings; i++) {
		const struct finding *f = &r->findings[i];
		struct out line = {0};

		if (f->kind != KIND_CONTRADICTION || !f->server.has_address ||
		    !addr_equal(&f->server.address, &row->address))
			continue;
		out_printf(&line, "CONTRADICTION %s: %s", f->id, f->why);
		bullet(o, out_str(&line));
		out_done(&line);
	}
}

static void row_text(const struct result *r, struct out *o, const struct role_row *row)
{
	char buf[ADDR_TEXT];
	struct out line = {0};
	bool guess = row->grade && row->n_known;
	size_t columns;

	out_printf(&line, "%-15s ", addr_format(&row->address, buf));
	columns = line.n;
	out_text_z(&line, row->name ? row->name : "-");
	out_pad(&line, ' ', line.n - columns < 16 ? 16 - (line.n - columns) : 1);
	roles_print(row->roles, &line);
	out_bytes(o, out_str(&line), line.n);
	out_char(o, '\n');
	out_done(&line);
	if (row->known_by || row->roles) {
		out_pad(o, ' ', INDENT);
		out_text_z(o, row->known_by ? row->known_by : "not declared");
		if (row->grade && !(row->known_by && strstr(row->known_by, "grade")))
			out_printf(o, " (grade %c)", row->grade);
		out_char(o, '\n');
	}
	if (row->said) {
		out_pad(o, ' ', INDENT);
		out_puts(o, "declared: ");
		roles_print(row->said, o);
		out_puts(o, row->said == row->roles ? ", as its traffic shows\n" : "\n");
	}
	if (row->is_tied) {
		struct out tie = {0};

		out_printf(&tie, "same host as %s: ", addr_format(&row->tied_to, buf));
		out_text_z(&tie, row->tied_why);
		bullet(o, out_str(&tie));
		out_done(&tie);
	}
	for (size_t i = 0; i < row->n_facts && !guess; i++)
		bullet(o, row->facts[i]);
	if (guess)
		known_text(r, o, row, true);
	known_text(r, o, row, false);
	contradictions(r, o, row);
}

int span_audit_write_roles(const struct span_audit *a, bool json, FILE *f)
{
	struct out o = {0};

	if (!a->result)
		return SPAN_USAGE;
	if (json)
		out_puts(&o, "[\n");
	for (size_t i = 0; i < a->result->n_roles; i++) {
		if (json) {
			out_puts(&o, i ? ",\n" : "");
			row_json(&o, &a->result->roles[i]);
		} else {
			row_text(a->result, &o, &a->result->roles[i]);
		}
	}
	if (json)
		out_puts(&o, "\n]\n");
	else if (!a->result->n_roles)
		out_puts(&o, "No host with a role was seen, and no traffic shows one. Declare "
			     "hosts in a "
			     "site file (-S) or with --role.\n");

	int r = engine_put(&o, f);

	out_done(&o);
	return r;
}
