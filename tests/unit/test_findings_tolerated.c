// SPDX-License-Identifier: BSD-2-Clause
/* Packs that only tolerate: the shipped one, and that what the papers say comes first. */
#include <unistd.h>

#include "judge_lab.h"
#include "matrix/pack.h"
#include "recognise/rpc_iface.h"

#define SITE     "deployment: {auth: iwa, topology: split}\n" SITE_HOSTS
#define SWITCHED "rules: [dynamics-365, crm-2011, windows-tolerated]\n" SITE

static char *shipped(const char *name)
{
	const char *root = getenv("SPANAUDIT_TEST_SOURCE_ROOT");
	char *z = NULL;

	assert_int_not_equal(asprintf(&z, "%s/rules/%s.yaml", root ? root : ".", name), -1);
	return z;
}

/* A pack in a file of its own, for it may stand beside others by its path. Free with unlink. */
static void write_pack(char path[], const char *text)
{
	int fd = mkstemps(path, 5);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

/* The verdicts of examples are held by `rules test`; this is that none of them came out for another
 * reason, as traffic between two shared servers does, which is out of scope. */
static void test_every_rule_allows_an_example(void **state)
{
	struct errors errs = {0};
	struct site *site = site_new();
	char *path = shipped("windows-tolerated");
	struct pack *p = pack_load(path, &errs);
	struct matrix *m = matrix_load((const char *const[]){path}, 1, NULL, site, &errs);

	(void)state;
	lab_errors(&errs);
	assert_non_null(p);
	assert_non_null(m);
	assert_true(p->informational);
	assert_true(p->n_rules > 30);
	for (size_t i = 0; i < p->n_rules; i++) {
		const struct rule *r = matrix_rule(m, i);
		bool shown = false;

		assert_string_equal(r->id, p->rules[i].id);
		assert_int_equal(r->need, NEED_TOLERATED);
		assert_int_equal(r->when_missing, MISSING_NEVER);
		for (size_t k = 0; k < p->n_examples; k++) {
			const struct rule_example *x = &p->examples[k];
			struct end client, server;

			if (p->example_rule[k] != i)
				continue;
			rule_example_deployment(x, site);
			rule_example_ends(x, &client, &server);
			shown = shown ||
				(rule_allows(m, r, &client, &server, x->proto, x->server_port) &&
				 rule_expects(r, x->app));
		}
		if (!shown)
			fail_msg("%s allows none of its examples", r->id);
	}
	matrix_free(m);
	pack_free(p);
	site_free(site);
	free(path);
}

static const struct {
	const char *client, *server;
	uint8_t proto;
	uint16_t port;
	const char *app, *without, *with;
} rows[] = {
	{MON, CRM01, TCP, 5985, "http", "unexpected-port", "tolerated"},
	{MON, CRM01, TCP, 5985, "ssh", "unexpected-port", "unexpected-port"},
	{USER, CRM01, TCP, 5986, NULL, "unexpected-port", "unexpected-port"},
	{MON, SQL01, TCP, 135, "dcerpc-epm", "unexpected-pair", "tolerated"},
	{CRM01, MON, TCP, 5723, NULL, "unexpected-port", "tolerated"},
	{MON, CRM01, TCP, 5723, NULL, "unexpected-port", "unexpected-direction"},
	{CRM01, MON, TCP, 1688, "dcerpc", "unexpected-port", "tolerated"},
	{USER, SQL01, TCP, 2383, NULL, "unexpected-port", "tolerated"},
	{VIP, SQL01, TCP, 59999, NULL, "rpc-unexplained", "tolerated"},
	{CRM01, DC01, UDP, 67, "dhcp", "unexpected-port", "tolerated"},
	/* In scope because a paper connects users with the mail server. */
	{USER, EXCH, TCP, 993, "tls", "unexpected-port", "tolerated"},
	/* The papers' own, whatever is tolerated beside them. */
	{CRM01, SQL01, TCP, 1433, "tds", "documented", "documented"},
	{CRM01, SQL01, TCP, 135, "dcerpc-epm", "documented", "documented"},
	{USER, CRM01, TCP, 443, "tls", "documented", "documented"},
	{CRM01, CRM02, TCP, 808, "mc-nmf", "unexpected-port", "unexpected-port"},
	/* Shells and file transfer stay what they are. */
	{MON, SQL01, TCP, 22, "ssh", "unexpected-port", "unexpected-port"},
	{CRM01, MON, TCP, 21, "ftp", "unexpected-port", "unexpected-port"},
	{MON, SQL01, TCP, 23, "telnet", "unexpected-port", "unexpected-port"},
	{MON, CRM01, TCP, 5900, "vnc", "unexpected-port", "unexpected-port"},
	{MON, SQL01, TCP, 445, "smb2", "unexpected-pair", "unexpected-pair"},
};

static void test_with_and_without(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *want[] = {rows[i].without, rows[i].with};

		for (int on = 0; on < 2; on++) {
			struct lab l = lab_open(on ? SWITCHED : SITE);

			lab_conv(&l, rows[i].client, rows[i].server, rows[i].proto, rows[i].port,
				 rows[i].app, STATE_ESTABLISHED);
			lab_judge(&l);
			if (strcmp(lab_verdict(&l, rows[i].port), want[on]) != 0)
				fail_msg("%s -> %s:%u %s is %s, not %s", rows[i].client,
					 rows[i].server, rows[i].port, on ? "with" : "without",
					 lab_verdict(&l, rows[i].port), want[on]);
			lab_close(&l);
		}
	}
}

/* Nothing that a pack tolerates is demanded, and nothing of it can be blocked. */
static void test_no_finding_when_it_fails(void **state)
{
	struct lab l = lab_open(SWITCHED);

	(void)state;
	lab_conv(&l, MON, CRM01, TCP, 5985, NULL, STATE_NO_ANSWER);
	lab_conv(&l, CRM01, MON, TCP, 5723, NULL, STATE_REFUSED);
	lab_judge(&l);
	assert_int_equal(l.r->n_verdict[KIND_TOLERATED], 2);
	assert_int_equal(lab_count(&l, KIND_BLOCKED), 0);
	for (size_t i = 0; i < l.r->n_rules; i++)
		if (l.r->rules[i].rule->informational)
			assert_int_not_equal(l.r->rules[i].result, RULE_VIOLATED);
	lab_close(&l);
}

/* Claims users have no business on a database server; the pack says so itself. */
static void test_cubes_with_claims(void **state)
{
	struct lab l = lab_open("rules: [dynamics-365, crm-2011, windows-tolerated]\n"
				"deployment: {auth: claims, topology: split}\n" SITE_HOSTS);

	(void)state;
	lab_conv(&l, USER, SQL01, TCP, 2383, NULL, STATE_ESTABLISHED);
	lab_judge(&l);
	assert_string_equal(lab_verdict(&l, 2383), "unexpected-port");
	lab_close(&l);
}

#define RPC_RULE                                                                            \
	"sources: {p: {title: t}}\nrules:\n"                                                \
	"  - {id: %s, title: t, from: monitor, to: sql, service: {port: 49152-65535, rpc: " \
	"{interfaces: [%s]}}, %s source: {paper: p}, why: w}\n"

static enum kind asked(const char *const *packs, size_t n)
{
	struct errors errs = {0};
	struct site *site = site_new();
	struct matrix *m = matrix_load(packs, n, NULL, site, &errs);
	struct judge_question q = {
		.client = {.roles = ROLE_BIT(ROLE_MONITOR)},
		.server = {.roles = ROLE_BIT(ROLE_SQL)},
		.client_port = 50000,
		.proto = TCP,
		.port = 49670,
		.app = app_by_name("dcerpc"),
		.state = STATE_ESTABLISHED,
	};
	struct judge_answer a;

	lab_errors(&errs);
	assert_non_null(m);
	judge_one(site, m, &q, &a);
	matrix_free(m);
	site_free(site);
	return a.verdict;
}

/* Dynamic RPC by the word of such a pack is tolerated too; a paper's comes first in any order. */
static void test_dynamic_rpc(void **state)
{
	char soft[] = "/tmp/spanaudit-soft-XXXXXX.yaml", firm[] = "/tmp/spanaudit-firm-XXXXXX.yaml";
	char text[1024];

	(void)state;
	snprintf(text, sizeof text,
		 "spanaudit: rules/1\nname: soft\ninformational: true\n" RPC_RULE, "SOFT-1",
		 "svcctl", "");
	write_pack(soft, text);
	snprintf(text, sizeof text, "spanaudit: rules/1\nname: firm\n" RPC_RULE, "FIRM-1", "svcctl",
		 "need: optional,");
	write_pack(firm, text);
	assert_int_equal(asked((const char *const[]){soft}, 1), KIND_TOLERATED);
	assert_int_equal(asked((const char *const[]){firm}, 1), KIND_DOCUMENTED_DYNAMIC);
	assert_int_equal(asked((const char *const[]){soft, firm}, 2), KIND_DOCUMENTED_DYNAMIC);
	assert_int_equal(asked((const char *const[]){firm, soft}, 2), KIND_DOCUMENTED_DYNAMIC);
	unlink(soft);
	unlink(firm);
}

/* The same of a bind that was read, on a port that nobody granted: which interface it is decides
 * between the packs. */
static void test_bound_interface(void **state)
{
	static const struct {
		const char *soft, *firm, *verdict;
	} binds[] = {
		{"trksvr", "svcctl", "tolerated"},
		{"trksvr", "trksvr", "documented-dynamic"},
		{"svcctl", "trksvr", "documented-dynamic"},
		{"svcctl", "svcctl", "unexpected-protocol"},
	};
	const struct rpc_iface_row *row = rpc_iface_by_name("trksvr");

	(void)state;
	assert_non_null(row);
	for (size_t i = 0; i < sizeof binds / sizeof *binds; i++) {
		char soft[] = "/tmp/spanaudit-soft-XXXXXX.yaml";
		char firm[] = "/tmp/spanaudit-firm-XXXXXX.yaml";
		char text[2048];

		snprintf(text, sizeof text,
			 "spanaudit: rules/1\nname: soft\ninformational: true\n" RPC_RULE, "SOFT-1",
			 binds[i].soft, "");
		write_pack(soft, text);
		snprintf(text, sizeof text, "spanaudit: rules/1\nname: firm\n" RPC_RULE, "FIRM-1",
			 binds[i].firm, "need: optional,");
		write_pack(firm, text);
		snprintf(text, sizeof text, "rules: [%s, %s]\n" SITE, soft, firm);

		struct lab l = lab_open(text);
		struct conv *c = lab_conv(&l, MON, SQL01, TCP, 49670, "dcerpc", STATE_ESTABLISHED);

		memcpy(conv_more(c)->iface[0].uuid, row->uuid, sizeof conv_more(c)->iface[0].uuid);
		c->more->n_iface = 1;
		lab_judge(&l);
		if (strcmp(lab_verdict(&l, 49670), binds[i].verdict) != 0)
			fail_msg("soft %s, firm %s: %s", binds[i].soft, binds[i].firm,
				 lab_verdict(&l, 49670));
		lab_close(&l);
		unlink(soft);
		unlink(firm);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_rule_allows_an_example),
		cmocka_unit_test(test_with_and_without),
		cmocka_unit_test(test_no_finding_when_it_fails),
		cmocka_unit_test(test_cubes_with_claims),
		cmocka_unit_test(test_dynamic_rpc),
		cmocka_unit_test(test_bound_interface),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
