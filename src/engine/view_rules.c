// SPDX-License-Identifier: BSD-2-Clause
/* view_rules - rule packs and site files on their own: list, show, lint, test. */
#include <spanaudit/rules.h>

#include <errno.h>
#include <string.h>

#include "config/yaml.h"
#include "engine/engine.h"
#include "matrix/pack.h"
#include "recognise/recognise.h"
#include "site/import.h"

static void service(struct out *o, const struct rule *r, const struct port_list *ports)
{
	if (r->ref) {
		out_puts(o, "as ");
		out_text_z(o, r->ref);
		return;
	}
	for (unsigned i = 0; i < ports->n; i++) {
		out_puts(o, i ? "," : "");
		out_printf(o, "%u", ports->r[i].lo);
		if (ports->r[i].hi != ports->r[i].lo)
			out_printf(o, "-%u", ports->r[i].hi);
	}
	out_printf(o, "/%s", r->proto == IPPROTO_NR_TCP ? "tcp" : "udp");
}

static void apps(struct out *o, const struct rule *r)
{
	for (unsigned i = 0; i < r->n_app; i++) {
		out_puts(o, i ? ", " : "");
		out_puts(o, r->app[i] == RULE_NONE_KNOWN ? "no known protocol"
			    : r->app[i] == RULE_IP_ESP   ? "esp"
			    : r->app[i] == RULE_IP_AH    ? "ah"
							 : app_name(r->app[i]));
	}
	if (!r->n_app)
		out_puts(o, "any");
}

static void list_json(struct out *o, const struct matrix *m, const struct rule *r)
{
	struct port_list ports = rule_ports(m, r, NULL);
	struct out text = {0};

	out_puts(o, "{\"id\": ");
	out_json_z(o, r->id);
	out_puts(o, ", \"pack\": ");
	out_json_z(o, r->pack);
	out_puts(o, ", \"title\": ");
	out_json_z(o, r->title);
	out_printf(o, ", \"from\": \"%s\", \"to\": \"%s\", \"service\": ", r->from_name,
		   r->to_name);
	service(&text, r, &ports);
	out_json_z(o, out_str(&text));
	out_reset(&text);
	apps(&text, r);
	out_puts(o, ", \"app\": ");
	out_json_z(o, out_str(&text));
	out_printf(o, ", \"need\": \"%s\", \"when_missing\": \"%s\", \"group\": ",
		   rule_need_words()[r->need], rule_missing_words()[r->when_missing]);
	out_json_z(o, *r->group ? r->group : NULL);
	out_printf(o, ", \"variant\": \"%s\", \"provenance\": \"%s\", \"direction\": \"%s\"",
		   rule_variant_words()[r->variant], rule_provenance_words()[r->provenance],
		   rule_basis_words()[r->basis]);
	out_puts(o, ", \"paper\": ");
	out_json_z(o, r->paper);
	out_puts(o, ", \"section\": ");
	out_json_z(o, r->section);
	out_char(o, '}');
	out_done(&text);
}

int span_rules_list(struct span_audit *a, bool json, FILE *f)
{
	struct out o = {0};
	int r = engine_prepare(a);

	if (r)
		return r;
	if (json)
		out_puts(&o, "[\n");
	for (size_t i = 0; i < matrix_n_rules(a->matrix); i++) {
		const struct rule *rule = matrix_rule(a->matrix, i);

		if (json) {
			out_puts(&o, i ? ",\n" : "");
			list_json(&o, a->matrix, rule);
			continue;
		}

		struct port_list ports = rule_ports(a->matrix, rule, NULL);
		struct out text = {0};

		service(&text, rule, &ports);
		out_printf(&o, "%-11s %-12s -> %-12s %-16s %-11s %s\n", rule->id, rule->from_name,
			   rule->to_name, out_str(&text), rule_need_words()[rule->need],
			   rule_missing_words()[rule->when_missing]);
		out_done(&text);
	}
	out_puts(&o, json ? "\n]\n" : "");
	r = engine_put(&o, f);
	out_done(&o);
	return r;
}

static void field(struct out *o, const char *name, const char *value, unsigned width)
{
	if (!value || !*value)
		return;
	out_printf(o, "%-14s ", name);
	out_wrapped(o, value, width, 15, 15);
}

static void show(struct out *o, const struct span_audit *a, const struct rule *r, unsigned width)
{
	struct port_list now = rule_ports(a->matrix, r, NULL);
	struct out text = {0};
	const char *why = NULL;

	out_text_z(o, r->id);
	out_puts(o, "  ");
	out_text_z(o, r->title);
	out_puts(o, "\n\n");
	field(o, "from", r->from_name, width);
	field(o, "to", r->to_name, width);
	out_printf(&text, "%s", rule_basis_words()[r->basis]);
	if (r->basis == BASIS_UNSTATED)
		out_puts(&text, ": the paper does not say who calls whom, so both are accepted");
	field(o, "direction", out_str(&text), width);
	out_reset(&text);
	service(&text, r, &now);
	if (now.n != r->ports.n || memcmp(now.r, r->ports.r, now.n * sizeof now.r[0]) != 0) {
		out_puts(&text, " at this site (documented: ");
		service(&text, r, &r->ports);
		out_char(&text, ')');
	}
	field(o, "service", out_str(&text), width);
	out_reset(&text);
	apps(&text, r);
	field(o, "protocol", out_str(&text), width);
	field(o, "configured in", r->config_where, width);
	field(o, "moves with", r->moves_with < PORT_KEY_N ? port_key_name(r->moves_with) : NULL,
	      width);
	field(o, "need", rule_need_words()[r->need], width);
	field(o, "if missing", rule_missing_words()[r->when_missing], width);
	field(o, "any-of group", r->group, width);
	field(o, "variant", rule_variant_words()[r->variant], width);
	if (rule_demanded(a->matrix, r, &why))
		field(o, "demanded here", "yes, as far as \"if missing\" demands", width);
	else
		field(o, "demanded here", why ? why : "no", width);
	out_reset(&text);
	out_printf(&text, "%s, \"%s\"", r->paper, r->section);
	field(o, "paper", out_str(&text), width);
	field(o, "product", r->product, width);
	field(o, "provenance", rule_provenance_words()[r->provenance], width);
	field(o, "why", r->why, width);
	field(o, "what to check", r->if_missing, width);
	out_reset(&text);
	out_printf(&text, "%s:%u", r->file, r->line);
	field(o, "defined in", out_str(&text), width);
	out_done(&text);
}

int span_rules_show(struct span_audit *a, const char *id, unsigned width, FILE *f)
{
	struct out o = {0};
	int r = engine_prepare(a);

	if (r)
		return r;

	const struct rule *rule = matrix_rule_by_id(a->matrix, id);

	if (!rule) {
		struct error *e = errors_add(&a->errs, false,
					     "there is no rule '%s' in the packs in force", id);
		size_t n = matrix_n_rules(a->matrix);
		const char **ids = arena_alloc(&a->arena, (n + 1) * sizeof *ids);

		for (size_t i = 0; ids && i < n; i++)
			ids[i] = matrix_rule(a->matrix, i)->id;

		const char *near = ids ? did_you_mean(id, ids) : NULL;

		if (near)
			error_hint(e, "did you mean '%s'?", near);
		else
			error_hint(e, "`spanaudit rules list` lists all of them");
		return SPAN_USAGE;
	}
	show(&o, a, rule, width ? width : 80);
	r = engine_put(&o, f);
	out_done(&o);
	return r;
}

int span_rules_lint(struct span_audit *a, const char *path, FILE *f)
{
	struct pack *p = pack_load(path, &a->errs);
	struct matrix *m;
	size_t before;

	if (!p)
		return SPAN_USAGE;
	before = a->errs.n_warnings;
	pack_lint(p, &a->errs);
	m = engine_matrix_of(a, path);
	fprintf(f, "%s: %zu rules, %zu examples, %zu warnings\n", path, p->n_rules, p->n_examples,
		a->errs.n_warnings - before);
	matrix_free(m);
	pack_free(p);
	return m && !a->errs.n_errors ? SPAN_OK : SPAN_USAGE;
}

static enum kind ask(const struct span_audit *a, struct matrix *m, const struct rule_example *ex,
		     struct judge_answer *ret)
{
	struct judge_question q = {
		.proto = ex->proto,
		.client_port = ex->client_port,
		.port = ex->server_port,
		.app = ex->app,
		.state = STATE_ESTABLISHED,
		.in_setup = ex->in_setup,
	};

	rule_example_ends(ex, &q.client, &q.server);
	rule_example_deployment(ex, a->site);
	judge_one(a->site, m, &q, ret);
	return ret->verdict;
}

int span_rules_test(struct span_audit *a, const char *path, FILE *f, size_t *ret_failed)
{
	struct matrix *m = engine_matrix_of(a, path); /* finds a pack by name, too */
	struct pack *p = m ? pack_load(matrix_pack(m, 0)->path, &a->errs) : NULL;
	struct out o = {0};
	size_t failed = 0;
	int r = SPAN_USAGE;

	if (!p)
		goto out;
	for (size_t i = 0; i < p->n_examples; i++) {
		const struct rule_example *ex = &p->examples[i];
		struct judge_answer answer;

		if (!strcmp(kind_name(ask(a, m, ex, &answer)), ex->verdict))
			continue;
		failed++;
		out_text_z(&o, path);
		out_printf(&o, ":%u:%u: ", ex->line, ex->column);
		out_text_z(&o, ex->text);
		out_printf(&o, ": expected %s, got %s", ex->verdict, kind_name(answer.verdict));
		if (answer.rule)
			out_printf(&o, " by %s", answer.rule->id);
		else if (answer.why_not)
			out_printf(&o, " (nearest %s: %s)",
				   answer.nearest ? answer.nearest->id : "-", answer.why_not);
		out_char(&o, '\n');
	}
	out_text_z(&o, path);
	out_printf(&o, ": %zu rules, %zu examples, %zu failed\n", p->n_rules, p->n_examples,
		   failed);
	*ret_failed = failed;
	r = engine_put(&o, f);
out:
	out_done(&o);
	matrix_free(m);
	pack_free(p);
	return r;
}

int span_site_lint(struct span_audit *a, const char *path, FILE *f)
{
	int r = span_audit_site(a, path);

	if (r)
		return r;
	r = engine_prepare(a);
	if (r)
		return r;

	size_t hosts = 0, networks = 0;

	for (size_t i = 0; i < inventory_count(a->site->inventory); i++) {
		if (inventory_at(a->site->inventory, i)->is_network)
			networks++;
		else
			hosts++;
	}
	fprintf(f, "%s: %zu hosts, %zu networks, %zu rules in force, %zu warnings\n", path, hosts,
		networks, matrix_n_rules(a->matrix), a->errs.n_warnings);
	return SPAN_OK;
}

int span_site_import(struct span_audit *a, const char *path, FILE *f)
{
	struct out yaml = {0};
	int r = site_import(path, &a->errs, &yaml);

	if (!r)
		r = engine_put(&yaml, f);
	else if (r > 0)
		r = SPAN_USAGE;
	out_done(&yaml);
	return r;
}
