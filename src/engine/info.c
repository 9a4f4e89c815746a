// SPDX-License-Identifier: BSD-2-Clause
/* info - what this build is: version, features, formats, recognisers, kinds, roles. */
#include <spanaudit/info.h>

#include <string.h>

#include "engine/engine.h"
#include "recognise/recognise.h"
#include "report/report.h"

#include "config.h"

const char *span_version(void)
{
	return SPAN_VERSION;
}

const char *span_features(void)
{
	return "+PCAP " SPAN_PCAP_VERSION " +YAML " SPAN_YAML_VERSION " +JSON " SPAN_JANSSON_VERSION
	       " " SPAN_CODECS " +SQLITE +LIVE " SPAN_SECCOMP " " SPAN_NCURSES " " SPAN_HTTP;
}

const char *span_format_name(size_t i)
{
	return i < report_format_count() ? report_format_at(i)->name : NULL;
}

const char *span_format_suffix(size_t i)
{
	return i < report_format_count() ? report_format_at(i)->suffix : NULL;
}

const char *span_format_help(size_t i)
{
	return i < report_format_count() ? report_format_at(i)->help : NULL;
}

const char *span_format_for_path(const char *path)
{
	const struct report_format *f = report_format_by_path(path);

	return f ? f->name : NULL;
}

const char *span_kind_name(size_t i)
{
	return i < KIND_N ? kind_row((enum kind)i)->name : NULL;
}

const char *span_kind_severity(size_t i)
{
	if (i >= KIND_N)
		return NULL;

	enum severity s = kind_row((enum kind)i)->severity;

	return s == SEV_NONE ? "" : severity_name(s);
}

const char *span_kind_meaning(size_t i)
{
	return i < KIND_N ? kind_row((enum kind)i)->meaning : NULL;
}

const char *span_kind_remedy(size_t i)
{
	if (i >= KIND_N)
		return NULL;

	const char *z = kind_row((enum kind)i)->remedy;

	return z ? z : "";
}

const char *span_role_name(size_t i)
{
	return i < ROLE_N ? role_name((enum role)i) : NULL;
}

static const char *transport(uint8_t proto)
{
	return proto == IPPROTO_NR_TCP ? "tcp" : proto == IPPROTO_NR_UDP ? "udp" : "any";
}

int span_write_protocols(bool json, FILE *f)
{
	struct out o = {0};
	bool first = true;

	out_puts(&o, json ? "[\n" : "");
	for (size_t i = 0; i < recogniser_count(); i++) {
		const struct recogniser *r = recogniser_at(i);

		for (size_t v = 0; v < N_ELEMENTS(r->apps) && r->apps[v].name; v++) {
			if (json) {
				out_printf(&o,
					   "%s{\"name\": \"%s\", \"title\": ", first ? "" : ",\n",
					   r->apps[v].name);
				out_json_z(&o, r->apps[v].title);
				out_printf(&o, ", \"transport\": \"%s\", \"checked_against\": ",
					   transport(r->proto));
				out_json_z(&o, r->spec);
				out_char(&o, '}');
			} else {
				out_printf(&o, "%-18s %-4s %s\n%24s", r->apps[v].name,
					   transport(r->proto), r->apps[v].title, "");
				out_wrapped(&o, r->spec, 80, 24, 24);
			}
			first = false;
		}
	}
	out_puts(&o, json ? "\n]\n" : "");

	int r = engine_put(&o, f);

	out_done(&o);
	return r;
}

const char *span_hint_code(size_t i)
{
	return hint_at(i) ? hint_at(i)->code : NULL;
}

const char *span_hint_when(size_t i)
{
	return hint_at(i) ? hint_at(i)->when : NULL;
}

const char *span_hint_says(size_t i)
{
	return hint_at(i) ? hint_at(i)->says : NULL;
}

int span_write_hints(unsigned width, FILE *f)
{
	const struct hint_row *row;
	struct out o = {0};
	int r;

	for (size_t i = 0; (row = hint_at(i)); i++) {
		out_printf(&o, "%s%s\n  ", i ? "\n" : "", row->code);
		out_wrapped(&o, row->when, width, 2, 2);
		out_puts(&o, "  ");
		out_wrapped(&o, row->says, width, 2, 2);
	}
	r = engine_put(&o, f);
	out_done(&o);
	return r;
}

int span_write_kinds(unsigned width, FILE *f)
{
	struct out o = {0};

	for (int k = 0; k < KIND_N; k++) {
		const struct kind_row *row = kind_row((enum kind)k);

		out_printf(&o, "%s (%s)\n    ", row->name,
			   row->severity == SEV_NONE ? "no finding" : severity_name(row->severity));
		out_wrapped(&o, row->meaning, width, 4, 4);
		if (row->remedy && *row->remedy) {
			out_puts(&o, "    ");
			out_wrapped(&o, row->remedy, width, 4, 4);
		}
	}

	int r = engine_put(&o, f);

	out_done(&o);
	return r;
}

int span_write_roles_help(unsigned width, FILE *f)
{
	static const char *const tiers[] = {"core", "shared", "outer"};
	struct out o = {0};

	for (int r = 0; r < ROLE_N; r++) {
		out_printf(&o, "%-12s %-7s ", role_name((enum role)r),
			   tiers[role_tier((enum role)r)]);
		out_wrapped(&o, role_help((enum role)r), width, 21, 21);
	}
	out_puts(&o, "\nGroups that rules use:\n");
	for (int g = 0; g < GROUP_N; g++) {
		out_printf(&o, "%-20s ", role_group_name((enum role_group)g));

		struct out list = {0};

		roles_print(role_end_set(role_group_name((enum role_group)g)), &list);
		out_wrapped(&o, out_str(&list), width, 21, 21);
		out_done(&list);
	}

	int r = engine_put(&o, f);

	out_done(&o);
	return r;
}
