// SPDX-License-Identifier: BSD-2-Clause
/*
 * json - the result document, schema spanaudit-result/1 (spanaudit-result-1.schema.json).
 *
 * Members keep their order and their meaning within a version; a version only adds. The document
 * is a function of the result: no clock, no locale, no path that the user did not give.
 */
#include <errno.h>

#include "report/json_members.h"
#include "report/json_sections.h"
#include "report/json_since.h"

static uint64_t observed(const struct result *r)
{
	return r->observed_ns > 0 ? (uint64_t)r->observed_ns : 0;
}

static int write_json(const struct result *r, const struct report_options *opt, struct out *o)
{
	struct jsonw w = {.o = o};

	jsonw_object(&w);
	text_member(&w, "schema", "spanaudit-result/1");
	jsonw_name(&w, "tool");
	jsonw_object_flat(&w);
	text_member(&w, "name", "spanaudit");
	text_member(&w, "version", opt->tool_version);
	jsonw_object_end(&w);
	if (opt->only || r->only) /* a reader must not take a part for the whole */
		text_member(&w, "only", opt->only ? opt->only : r->only);
	if (r->redacted) {
		jsonw_name(&w, "redacted");
		jsonw_bool(&w, true);
	}
	json_run(&w, r);
	json_inputs(&w, r);
	json_site(&w, r);
	json_packs(&w, r);
	text_member(&w, "verdict", word_verdict(r->verdict));
	jsonw_name(&w, "window");
	jsonw_object_flat(&w);
	time_member(&w, "from", r->from_ns);
	time_member(&w, "to", r->to_ns);
	uint_member(&w, "observed_seconds", observed(r) / NS_PER_S);
	uint_member(&w, "observed_ns", observed(r));
	json_asked(&w, r);
	jsonw_object_end(&w);
	json_coverage(&w, &r->coverage);
	json_summary(&w, r);
	json_timeline(&w, &r->timeline);
	json_rules(&w, r);
	jsonw_name(&w, "findings");
	jsonw_array(&w);
	for (size_t i = 0; i < r->n_findings; i++)
		if (word_selected(&r->findings[i], opt))
			json_finding(&w, r, &r->findings[i]);
	jsonw_array_end(&w);
	json_since(&w, &r->since);
	json_waivers(&w, r);
	json_dynamic_rpc(&w, r);
	json_roles(&w, r);
	json_conversations(&w, r);
	jsonw_object_end(&w);
	out_char(o, '\n');
	return out_failed(o) ? -ENOMEM : 0;
}

const struct report_format report_json = {
	.name = "json",
	.suffix = ".json",
	.mime = "application/json",
	.help = "the whole result for programs, schema spanaudit-result/1",
	.write = write_json,
};
