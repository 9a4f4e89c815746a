// SPDX-License-Identifier: BSD-2-Clause
/* The shipped packs against the facts of the papers, field by field: no row lost, none altered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/out.h"
#include "matrix/matrix.h"
#include "matrix/pack.h"
#include "matrix_rows.h"
#include "recognise/recognise.h"
#include "site/site.h"

static const char *const names[] = {"crm-2011", "dynamics-365"};

static char *rules_dir(void)
{
	const char *root = getenv("SPANAUDIT_TEST_SOURCE_ROOT");
	char *z = NULL;

	assert_int_not_equal(asprintf(&z, "%s/rules", root ? root : "."), -1);
	return z;
}

static void no_errors(struct errors *errs)
{
	struct out o = {0};

	errors_format(errs, "test", &o);
	if (errs->n)
		fail_msg("%s", out_str(&o));
	out_done(&o);
	errors_done(errs);
}

static struct matrix *load(const struct site *site)
{
	char *dir = rules_dir();
	const char *const dirs[] = {dir, NULL};
	struct errors errs = {0};
	struct matrix *m = matrix_load(names, 2, dirs, site, &errs);

	free(dir);
	no_errors(&errs);
	assert_non_null(m);
	return m;
}

static uint16_t token(const char *z)
{
	if (strcmp(z, "none-known") == 0)
		return RULE_NONE_KNOWN;
	if (strcmp(z, "esp") == 0)
		return RULE_IP_ESP;
	if (strcmp(z, "ah") == 0)
		return RULE_IP_AH;

	uint16_t app = app_by_name(z);

	assert_int_not_equal(app, APP_NONE);
	return app;
}

static void same_apps(const struct matrix_row *row, const struct rule *r)
{
	unsigned n = 0;

	if (strcmp(row->expected, "-") == 0) {
		assert_true(r->app_any);
		assert_int_equal(r->n_app, 0);
		assert_string_equal(row->also, "");
		return;
	}
	assert_false(r->app_any);
	assert_int_equal(r->app[n++], token(row->expected));

	char *list = strdup(row->also), *rest = list, *one;

	assert_non_null(list);
	while (*list && (one = strsep(&rest, ",")))
		assert_int_equal(r->app[n++], token(one));
	free(list);
	assert_int_equal(r->n_app, n);
}

static void same_service(const struct matrix_row *row, const struct rule *r)
{
	char ports[RULE_PORTS_TEXT];

	if (strcmp(row->proto, "ref") == 0) {
		assert_non_null(r->ref);
		assert_string_equal(r->ref, row->port);
		assert_int_equal(r->port_kind, PORT_REF);
		assert_string_equal(row->port_kind, "");
		return;
	}
	assert_null(r->ref);
	assert_int_equal(r->proto, strcmp(row->proto, "tcp") == 0 ? 6 : 17);
	assert_string_equal(port_list_format(&r->ports, ports), row->port);
	assert_string_equal(rule_port_kind_words()[r->port_kind], row->port_kind);
	assert_int_equal(r->rpc, strcmp(row->port_kind, "range") == 0);
}

static void same_row(const struct matrix_row *row, const struct rule *r)
{
	assert_string_equal(r->id, row->id);
	assert_string_equal(r->product, row->product);
	assert_string_equal(r->section, row->section);
	assert_string_equal(rule_variant_words()[r->variant], row->variant);
	assert_string_equal(r->from_name, row->from);
	assert_string_equal(r->to_name, row->to);
	assert_string_equal(rule_basis_words()[r->basis], row->basis);
	same_service(row, r);
	assert_string_equal(r->config_where, row->configured_in);
	assert_string_equal(rule_need_words()[r->need], row->need);
	assert_string_equal(r->group, row->group);
	same_apps(row, r);
	assert_string_equal(r->provenance_text, row->provenance);
	assert_string_equal(rule_missing_words()[r->when_missing], row->when_missing);

	/* What the table does not have, and every rule must. */
	assert_true(r->from && r->to);
	assert_true(strlen(r->title) > 5);
	assert_true(strlen(r->why) > 5);
	assert_true((*r->if_missing != '\0') == (r->when_missing != MISSING_NEVER));
	assert_string_equal(r->pack, r->id[1] == '1' ? "crm-2011" : "dynamics-365");
	assert_non_null(strstr(r->paper, r->id[1] == '1' ? "Connectivity and Firewall Port"
							 : "Network ports for"));
}

static void every_row_is_a_rule(void **state)
{
	struct site *site = site_new();
	struct matrix *m = load(site);
	size_t n = N_ELEMENTS(matrix_rows);

	assert_int_equal(n, 130);
	assert_int_equal(matrix_n_rules(m), n);
	for (size_t i = 0; i < n; i++) {
		const struct rule *r = matrix_rule_by_id(m, matrix_rows[i].id);

		if (!r)
			fail_msg("%s is lost", matrix_rows[i].id);
		same_row(&matrix_rows[i], r);
		assert_ptr_equal(matrix_rule(m, r->index), r);
	}
	matrix_free(m);
	site_free(site);
}

static const struct matrix_row *row_of(const char *paper, const char *rest)
{
	char id[48];

	snprintf(id, sizeof id, "%s-%s", paper, rest);
	for (size_t i = 0; i < N_ELEMENTS(matrix_rows); i++)
		if (strcmp(matrix_rows[i].id, id) == 0)
			return &matrix_rows[i];
	return NULL;
}

/* What of two rows must be alike for the paper between them to be taken to say the same. */
static void alike(const struct matrix_row *a, const struct matrix_row *b)
{
	assert_string_equal(a->from, b->from);
	assert_string_equal(a->to, b->to);
	assert_string_equal(a->proto, b->proto);
	assert_string_equal(a->port, b->port);
	assert_string_equal(a->need, b->need);
	assert_string_equal(a->group, b->group);
	assert_string_equal(a->expected, b->expected);
	assert_string_equal(a->also, b->also);
	assert_string_equal(a->when_missing, b->when_missing);
}

/* The tables of the paper for 2013 are filled with what the papers before and after it print
 * alike, and every such rule says that it is derived. */
static void the_paper_between(void **state)
{
	char *dir = rules_dir(), *path;
	struct errors errs = {0};
	size_t derived = 0;

	assert_int_not_equal(asprintf(&path, "%s/crm-2013.yaml", dir), -1);

	struct pack *p = pack_load(path, &errs);

	no_errors(&errs);
	assert_non_null(p);
	assert_int_equal(p->n_rules, 31);
	for (size_t i = 0; i < p->n_rules; i++) {
		const struct rule *r = &p->rules[i];
		const struct matrix_row *before, *after;

		assert_int_equal(strncmp(r->id, "S13-", 4), 0);
		before = row_of("S1", r->id + 4);
		after = row_of("S2", r->id + 4);
		assert_non_null(before);
		assert_string_equal(r->from_name, before->from);
		assert_string_equal(r->to_name, before->to);
		if (r->ref)
			assert_string_equal(r->ref, "S13-IWA-*");
		else
			same_service(before, r);
		same_apps(before, r);
		assert_string_equal(rule_need_words()[r->need], before->need);
		assert_string_equal(r->group, before->group);
		assert_string_equal(rule_missing_words()[r->when_missing], before->when_missing);
		if (r->provenance == PROV_STATED)
			continue;
		assert_int_equal(r->provenance, PROV_DERIVED);
		assert_non_null(after);
		alike(before, after);
		derived++;
	}
	assert_int_equal(derived, 28);
	pack_lint(p, &errs);
	no_errors(&errs);
	pack_free(p);
	free(path);
	free(dir);
}

/* Packs list their rules in the order of the papers. */
static void the_order_is_the_papers(void **state)
{
	struct site *site = site_new();
	struct matrix *m = load(site);

	for (size_t i = 0; i < N_ELEMENTS(matrix_rows); i++)
		assert_string_equal(matrix_rule(m, i)->id, matrix_rows[i].id);
	matrix_free(m);
	site_free(site);
}

/* The rows whose port a site can move, by the service at the server. */
static void moved_with(void **state)
{
	static const struct {
		const char *to, *port, *expected;
		enum port_key key;
	} rows[] = {
		{"crm-web", "80", "http", PORT_CRM_HTTP},
		{"crm-web", "5555", "http", PORT_CRM_HTTP},
		{"crm-web", "443", "tls", PORT_CRM_HTTPS},
		{"ssrs", "80", "http", PORT_SSRS_HTTP},
		{"ssrs", "443", "tls", PORT_SSRS_HTTPS},
		{"adfs", "443", "tls", PORT_ADFS_HTTPS},
		{"sql", "1433", "tds", PORT_SQL},
		{"crm-sandbox", "808", "mc-nmf", PORT_SANDBOX},
		{"crm-web", "808", "mc-nmf", PORT_SANDBOX},
		{"crm-orgws", "808", "mc-nmf", PORT_SANDBOX},
		{"any-server", "3389", "rdp", PORT_RDP},
		{"any-server", "3389", "rdp-udp", PORT_RDP},
	};
	struct site *site = site_new();
	struct matrix *m = load(site);
	size_t movable = 0;

	for (size_t i = 0; i < N_ELEMENTS(matrix_rows); i++) {
		const struct matrix_row *row = &matrix_rows[i];
		const struct rule *r = matrix_rule_by_id(m, row->id);
		enum port_key want = PORT_KEY_N;

		for (size_t k = 0; k < N_ELEMENTS(rows); k++)
			if (strcmp(row->to, rows[k].to) == 0 &&
			    strcmp(row->port, rows[k].port) == 0 &&
			    strcmp(row->expected, rows[k].expected) == 0)
				want = rows[k].key;
		if (r->moves_with != want)
			fail_msg("%s moves with %s", r->id, port_key_name(r->moves_with));
		movable += want != PORT_KEY_N;
	}
	assert_int_equal(movable, 33);
	matrix_free(m);
	site_free(site);
}

static void lint_is_content(void **state)
{
	char *dir = rules_dir();

	for (size_t i = 0; i < N_ELEMENTS(names); i++) {
		struct errors errs = {0};
		char *path;

		assert_int_not_equal(asprintf(&path, "%s/%s.yaml", dir, names[i]), -1);

		struct pack *p = pack_load(path, &errs);

		no_errors(&errs);
		assert_string_equal(p->info.name, names[i]);
		pack_lint(p, &errs);
		no_errors(&errs);
		pack_free(p);
		free(path);
	}
	free(dir);
}

/* The answer that an example may expect of the matrix alone, without the judge: what its own rule
 * documents is allowed by it, what is unexpected is allowed by none. */
static void check_example(struct matrix *m, const struct rule_example *x, const struct rule *own)
{
	const struct rule *const *rules;
	struct end client, server;
	bool by_own = false, by_any = false, protocol = false, dynamic = false;

	rule_example_ends(x, &client, &server);

	size_t n = matrix_allowing(m, &client, &server, x->proto, x->server_port, &rules);

	for (size_t i = 0; i < n; i++) {
		bool fits = !rules[i]->rpc && rule_expects(rules[i], x->app);

		by_any |= fits;
		by_own |= fits && rules[i] == own;
		protocol |= !rules[i]->rpc && !fits;
		dynamic |= rules[i]->rpc && rules[i] == own && rule_expects(own, x->app);
	}
	if (own->ref)
		by_own = by_any;

	bool ok;

	if (strcmp(x->verdict, "documented") == 0 || strcmp(x->verdict, "advice") == 0 ||
	    strcmp(x->verdict, "setup-only") == 0)
		ok = by_own;
	else if (strcmp(x->verdict, "unexpected-protocol") == 0)
		ok = protocol && !by_any;
	else if (strcmp(x->verdict, "unexpected-direction") == 0)
		ok = !by_any && matrix_reversed(m, &client, &server, x->proto, x->server_port);
	else if (strcmp(x->verdict, "unexpected-pair") == 0)
		ok = !by_any && !matrix_connects(m, &client, &server) &&
		     matrix_service_at(m, &server, x->proto, x->server_port);
	else if (strcmp(x->verdict, "documented-dynamic") == 0)
		ok = dynamic;
	else if (strncmp(x->verdict, "rpc-", 4) == 0)
		ok = !by_any && own->rpc && n;
	else if (strncmp(x->verdict, "unexpected-", 11) == 0)
		ok = !by_any;
	else
		ok = strcmp(x->verdict, "out-of-scope") == 0 &&
		     !matrix_connects(m, &client, &server);
	if (!ok)
		fail_msg("%s: %s is %s", own->id, x->text, x->verdict);
}

static void examples_hold(void **state)
{
	char *dir = rules_dir();

	for (size_t i = 0; i < N_ELEMENTS(names); i++) {
		const char *const dirs[] = {dir, NULL};
		struct errors errs = {0};
		char *path;

		assert_int_not_equal(asprintf(&path, "%s/%s.yaml", dir, names[i]), -1);

		struct pack *p = pack_load(path, &errs);

		no_errors(&errs);
		assert_true(p->n_examples >= p->n_rules);
		for (size_t k = 0; k < p->n_examples; k++) {
			struct site *site = site_new();

			rule_example_deployment(&p->examples[k], site);

			struct matrix *m = matrix_load(&names[i], 1, dirs, site, &errs);

			no_errors(&errs);
			check_example(m, &p->examples[k], matrix_rule(m, p->example_rule[k]));
			matrix_free(m);
			site_free(site);
		}
		pack_free(p);
		free(path);
	}
	free(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_a_rule),     cmocka_unit_test(the_paper_between),
		cmocka_unit_test(the_order_is_the_papers), cmocka_unit_test(moved_with),
		cmocka_unit_test(lint_is_content),         cmocka_unit_test(examples_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
