// SPDX-License-Identifier: BSD-2-Clause
/* view_roles - who is what, and how that is known: what `spanaudit roles` shows. */
#include <string.h>

#include "engine/engine.h"

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

static void row_json(struct out *o, const struct role_row *row)
{
	char buf[ADDR_TEXT];

	out_printf(o, "{\"address\": \"%s\", \"name\": ", addr_format(&row->address, buf));
	out_json_z(o, row->name);
	out_puts(o, ", \"roles\": ");
	names(o, row->roles);
	out_puts(o, ", \"known_by\": ");
	out_json_z(o, row->known_by);
	if (row->grade)
		out_printf(o, ", \"grade\": \"%c\"", row->grade);
	else
		out_puts(o, ", \"grade\": null");
	out_puts(o, ", \"facts\": [");
	for (size_t i = 0; i < row->n_facts; i++) {
		out_puts(o, i ? ", " : "");
		out_json_z(o, row->facts[i]);
	}
	out_puts(o, "]}");
}

static void row_text(struct out *o, const struct role_row *row)
{
	char buf[ADDR_TEXT];
	struct out line = {0};
	size_t columns;

	out_printf(&line, "%-15s ", addr_format(&row->address, buf));
	columns = line.n;
	out_text_z(&line, row->name ? row->name : "-");
	out_pad(&line, ' ', line.n - columns < 16 ? 16 - (line.n - columns) : 1);
	roles_print(row->roles, &line);
	out_bytes(o, out_str(&line), line.n);
	out_puts(o, "\n                ");
	out_text_z(o, row->known_by ? row->known_by : "not declared");
	if (row->grade)
		out_printf(o, " (grade %c)", row->grade);
	out_char(o, '\n');
	for (size_t i = 0; i < row->n_facts; i++) {
		out_puts(o, "                - ");
		out_wrapped(o, row->facts[i], 80, 18, 18);
	}
	out_done(&line);
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
			row_text(&o, &a->result->roles[i]);
		}
	}
	if (json)
		out_puts(&o, "\n]\n");
	else if (!a->result->n_roles)
		out_puts(&o,
			 "No host with a role was seen. Declare hosts in a site file (-S) or with "
			 "--role.\n");

	int r = engine_put(&o, f);

	out_done(&o);
	return r;
}
