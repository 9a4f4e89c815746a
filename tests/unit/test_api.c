// SPDX-License-Identifier: BSD-2-Clause
/* The shared library as another program sees it: every function of the public headers is exported,
 * and an audit can be made with them alone. */
#include <spanaudit/spanaudit.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void every_function_is_there(void **state)
{
	typedef void any(void);
	any *const functions[] = {
		(any *)span_audit_digest_all,   (any *)span_audit_errors,
		(any *)span_audit_exit_code,    (any *)span_audit_explain,
		(any *)span_audit_fail_on,      (any *)span_audit_file,
		(any *)span_audit_filter,       (any *)span_audit_free,
		(any *)span_audit_hash_key,     (any *)span_audit_inputs_read,
		(any *)span_audit_max_memory,   (any *)span_audit_new,
		(any *)span_audit_progress,     (any *)span_audit_role,
		(any *)span_audit_rules,        (any *)span_audit_rules_dir,
		(any *)span_audit_rules,        (any *)span_audit_rules_path,
		(any *)span_audit_reader,       (any *)span_audit_vlan_key,
		(any *)span_audit_follow,       (any *)span_audit_stop,
		(any *)span_audit_run,          (any *)span_audit_site,
		(any *)span_audit_strict_input, (any *)span_audit_write,
		(any *)span_audit_write_flows,  (any *)span_audit_write_roles,
		(any *)span_audit_write_rpc,    (any *)span_features,
		(any *)span_format_for_path,    (any *)span_format_help,
		(any *)span_format_name,        (any *)span_format_suffix,
		(any *)span_hint_code,          (any *)span_hint_says,
		(any *)span_hint_when,          (any *)span_kind_meaning,
		(any *)span_kind_name,          (any *)span_kind_remedy,
		(any *)span_kind_severity,      (any *)span_role_name,
		(any *)span_rules_lint,         (any *)span_rules_list,
		(any *)span_rules_show,         (any *)span_rules_test,
		(any *)span_site_lint,          (any *)span_version,
		(any *)span_site_import,        (any *)span_write_hints,
		(any *)span_write_kinds,        (any *)span_write_protocols,
		(any *)span_write_roles_help,   (any *)span_diff,
		(any *)span_report_open,        (any *)span_report_free,
		(any *)span_report_write,       (any *)span_report_only,
		(any *)span_report_exit_code,   (any *)span_report_redact,
		(any *)span_audit_redact,       (any *)span_report_verify,
	};

	for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
		assert_true(functions[i] != NULL);
}

static void a_first_audit(void **state)
{
	const char *root = getenv("SPANAUDIT_TEST_SOURCE_ROOT");
	struct span_audit *a = span_audit_new();
	char path[4096], *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	snprintf(path, sizeof path, "%s/pcaps/sample-site.yaml", root ? root : ".");
	assert_int_equal(span_audit_site(a, path), SPAN_OK);
	snprintf(path, sizeof path, "%s/pcaps/sample.pcap", root ? root : ".");
	assert_int_equal(span_audit_file(a, path), SPAN_OK);
	assert_int_equal(span_audit_run(a), SPAN_OK);
	assert_int_equal(span_audit_write(a, "text", NULL, f), SPAN_OK);
	fclose(f);
	assert_non_null(strstr(text, "NOT COMPLIANT"));
	assert_int_equal(span_audit_exit_code(a, "medium"), 1);
	free(text);
	span_audit_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_function_is_there),
		cmocka_unit_test(a_first_audit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
