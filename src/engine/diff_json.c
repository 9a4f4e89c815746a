// SPDX-License-Identifier: BSD-2-Clause
/* diff_json - the comparison for programs, schema spanaudit-diff/1 (spanaudit(1), COMPARING). */
#include <errno.h>

#include "engine/diff.h"
#include "report/jsonw.h"
#include "report/words.h"

static void uint_member(struct jsonw *w, const char *name, uint64_t n)
{
	jsonw_name(w, name);
	jsonw_uint(w, n);
}

static void time_member(struct jsonw *w, const char *name, int64_t ns)
{
	jsonw_name(w, name);
	jsonw_time(w, ns);
}

static void run(struct jsonw *w, const char *name, const char *path, const struct read_result *r)
{
	jsonw_name(w, name);
	jsonw_object(w);
	text_member(w, "path", path);
	text_member(w, "verdict", word_verdict(r->verdict));
	text_member(w, "site", r->site);
	text_member(w, "only", r->only);
	jsonw_name(w, "window");
	jsonw_object_flat(w);
	time_member(w, "from", r->from_ns);
	time_member(w, "to", r->to_ns);
	uint_member(w, "observed_seconds", r->observed_s);
	jsonw_object_end(w);
	jsonw_name(w, "inputs");
	jsonw_array(w);
	for (size_t i = 0; i < r->n_inputs; i++) {
		jsonw_object_flat(w);
		text_member(w, "path", r->inputs[i].path);
		text_member(w, "sha256", r->inputs[i].sha256);
		uint_member(w, "packets", r->inputs[i].packets);
		jsonw_name(w, "failed");
		jsonw_bool(w, r->inputs[i].failed);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
	jsonw_name(w, "rules_packs");
	jsonw_array(w);
	for (size_t i = 0; i < r->n_packs; i++) {
		jsonw_object_flat(w);
		text_member(w, "name", r->packs[i].name);
		text_member(w, "revision", r->packs[i].revision);
		text_member(w, "sha256", r->packs[i].sha256);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
	jsonw_object_end(w);
}

/* What it was and what it is, side by side; null where there was or is none. */
static void side(struct jsonw *w, const char *name, const struct read_finding *f)
{
	jsonw_name(w, name);
	if (!f) {
		jsonw_null(w);
		return;
	}
	jsonw_object_flat(w);
	text_member(w, "kind", kind_name(f->kind));
	text_member(w, "severity", severity_name(f->severity));
	text_member(w, "rule", f->rule);
	text_member(w, "client", f->client.token);
	text_member(w, "server", f->server.token);
	text_member(w, "transport", f->transport);
	jsonw_name(w, "port");
	if (f->port)
		jsonw_uint(w, f->port);
	else
		jsonw_null(w);
	text_member(w, "interface", f->interface);
	text_member(w, "state", f->has_state ? flow_state_name(f->state) : NULL);
	text_member(w, "why", f->why);
	text_member(w, "waiver", f->waiver);
	jsonw_object_end(w);
}

static void words(struct jsonw *w, const char *name, uint32_t changes)
{
	static const char *const names[] = {
		[CHANGE_SEVERITY] = "severity", [CHANGE_STATE] = "state",
		[CHANGE_WAIVER] = "waiver",     [CHANGE_KIND] = "kind",
		[CHANGE_RULE] = "rule",         [CHANGE_SERVICE] = "port",
		[CHANGE_WHY] = "why",
	};

	jsonw_name(w, name);
	jsonw_array_flat(w);
	for (unsigned c = 0; c < CHANGE_N; c++)
		if (changes & 1U << c)
			jsonw_text(w, names[c]);
	jsonw_array_end(w);
}

static void findings(struct jsonw *w, const struct diff *d)
{
	jsonw_name(w, "findings");
	jsonw_array(w);
	for (size_t i = 0; i < d->n_rows; i++) {
		const struct diff_row *row = &d->rows[i];

		jsonw_object(w);
		text_member(w, "id", row->is ? row->is->id : row->was->id);
		text_member(w, "change", diff_class_name(row->class));
		words(w, "changed", row->changes);
		words(w, "worse", row->worse);
		text_member(w, "reason", row->reason);
		side(w, "old", row->was);
		side(w, "new", row->is);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

static void rules(struct jsonw *w, const struct diff *d)
{
	jsonw_name(w, "rules");
	jsonw_array(w);
	for (size_t i = 0; i < d->n_rules; i++) {
		const struct diff_rule *row = &d->rules[i];
		const struct read_rule *u = row->is ? row->is : row->was;

		jsonw_object_flat(w);
		text_member(w, "pack", u->pack);
		text_member(w, "id", u->id);
		text_member(w, "old", row->was ? word_rule_result(row->was->result) : NULL);
		text_member(w, "new", row->is ? word_rule_result(row->is->result) : NULL);
		text_member(w, "reason", row->is ? row->is->reason : NULL);
		jsonw_name(w, "worse");
		jsonw_bool(w, row->rank < 2);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

static void coverage(struct jsonw *w, const struct diff *d)
{
	static const char *const names[] = {
		[FIGURE_KERNEL] = "kernel_drop_ratio", [FIGURE_INTERFACE] = "interface_drop_ratio",
		[FIGURE_GAP] = "tcp_gap_ratio",        [FIGURE_ONE_WAY] = "one_way_ratio",
		[FIGURE_SKIPPED] = "skipped_ratio",    [FIGURE_EVICTED] = "evicted",
	};

	jsonw_name(w, "coverage");
	jsonw_object(w);
	for (unsigned f = 0; f < FIGURE_N; f++) {
		uint64_t a = diff_figure(&d->was, f), b = diff_figure(&d->is, f);

		jsonw_name(w, names[f]);
		jsonw_object_flat(w);
		jsonw_name(w, "old");
		if (f == FIGURE_EVICTED)
			jsonw_uint(w, a);
		else
			jsonw_ratio(w, a, 1000000);
		jsonw_name(w, "new");
		if (f == FIGURE_EVICTED)
			jsonw_uint(w, b);
		else
			jsonw_ratio(w, b, 1000000);
		jsonw_name(w, "worse");
		jsonw_bool(w, d->figure_worse[f]);
		jsonw_object_end(w);
	}
	jsonw_name(w, "new_caveats");
	jsonw_array(w);
	for (size_t i = 0; i < d->n_caveats; i++)
		jsonw_text(w, d->caveats[i]);
	jsonw_array_end(w);
	jsonw_name(w, "worse");
	jsonw_bool(w, d->coverage_worse);
	jsonw_object_end(w);
}

void diff_json_changes(struct jsonw *w, const struct diff *d)
{
	jsonw_name(w, "summary");
	jsonw_object_flat(w);
	for (unsigned c = 0; c < DIFF_CLASS_N; c++)
		uint_member(w, diff_class_name(c), d->n[c]);
	jsonw_object_end(w);
	findings(w, d);
	rules(w, d);
}

int diff_json(const struct diff *d, const struct span_diff_options *opt, struct out *o)
{
	struct jsonw w = {.o = o};

	(void)opt; /* programs get all */
	jsonw_object(&w);
	text_member(&w, "schema", "spanaudit-diff/1");
	jsonw_name(&w, "worse");
	jsonw_bool(&w, d->n[DIFF_NEW] || d->n[DIFF_WORSE]);
	run(&w, "old", d->path[0], &d->was);
	run(&w, "new", d->path[1], &d->is);
	jsonw_name(&w, "incomparable");
	jsonw_array(&w);
	for (size_t i = 0; i < d->n_refusals; i++)
		jsonw_text(&w, d->refusals[i].what);
	jsonw_array_end(&w);
	diff_json_changes(&w, d);
	coverage(&w, d);
	jsonw_object_end(&w);
	out_char(o, '\n');
	return out_failed(o) ? -ENOMEM : 0;
}
