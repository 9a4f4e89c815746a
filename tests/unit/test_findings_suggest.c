// SPDX-License-Identifier: BSD-2-Clause
/* Text that documents findings: it is what the readers of packs and site files take, and with it
 * the finding is gone. */
#include <unistd.h>

#include "judge_lab.h"
#include "matrix/pack.h"
#include "recognise/rpc_iface.h"

#define EST   STATE_ESTABLISHED
#define SPLIT "deployment: {topology: split, rpc: 50000-50100}\n" SITE_HOSTS

static void pack_text(struct out *o, const char *rule)
{
	out_puts(o, "spanaudit: rules/1\nname: local\nsources:\n  local: {title: \"x\"}\nrules:\n");
	while (*rule) {
		size_t n = strcspn(rule, "\n");

		out_puts(o, "  ");
		out_bytes(o, rule, n);
		out_char(o, '\n');
		rule += n + (rule[n] == '\n');
	}
}

/* `rules lint` has nothing to say of it, not even a warning. */
static void lint(const char *rule)
{
	struct errors errs = {0};
	struct out o = {0}, said = {0};
	struct pack *p;

	pack_text(&o, rule);
	p = pack_parse("local.yaml", out_str(&o), o.n, &errs);
	if (p)
		pack_lint(p, &errs);
	errors_format(&errs, "lint", &said);
	if (!p || errs.n)
		fail_msg("%s\n%s", out_str(&said), out_str(&o));
	pack_free(p);
	out_done(&o);
	out_done(&said);
	errors_done(&errs);
}

static void test_rules(void **state)
{
	static const struct {
		const char *client, *server;
		uint8_t proto;
		uint16_t port;
		const char *app;
		enum kind kind;
		const char *from, *to, *says;
	} rows[] = {
		{CRM01, SQL01, TCP, 22, "ssh", KIND_UNEXPECTED_PORT, "from: crm-web", "to: sql",
		 "app: ssh"},
		{CRM01, SQL01, UDP, 9999, NULL, KIND_UNEXPECTED_PORT, "from: crm-web", "to: sql",
		 "service: {proto: udp, port: 9999}\n  app: \"-\""},
		{USER, SQL01, TCP, 445, "smb2", KIND_UNEXPECTED_PAIR, "from: crm-client", "to: sql",
		 "app: smb2"},
		{SQL01, CRM01, TCP, 1433, "tds", KIND_UNEXPECTED_DIRECTION, "from: sql",
		 "to: crm-web", "app: tds"},
		{USER, CRM01, TCP, 443, "ssh", KIND_UNEXPECTED_PROTOCOL, "from: crm-client",
		 "to: crm-web", "port: 443}\n  app: ssh"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lab l = lab_open(SPLIT);
		const struct finding *f;
		char path[] = "/tmp/spanaudit-suggest-XXXXXX.yaml", body[4096];
		struct out text = {0};
		FILE *file;

		lab_conv(&l, rows[i].client, rows[i].server, rows[i].proto, rows[i].port,
			 rows[i].app, EST);
		f = lab_judge(&l) ? lab_find(&l, rows[i].kind, rows[i].port) : NULL;
		assert_non_null(f);
		assert_string_equal(f->suggest_in, "pack");
		assert_string_equal(f->suggest_under, "rules");
		if (!has_text(f->suggest, rows[i].from) || !has_text(f->suggest, rows[i].to) ||
		    !has_text(f->suggest, rows[i].says))
			fail_msg("%s", f->suggest);
		lint(f->suggest);

		/* With the rule, the same traffic is documented. */
		file = fdopen(mkstemps(path, 5), "w");
		assert_non_null(file);
		pack_text(&text, f->suggest);
		fputs(out_str(&text), file);
		fclose(file);
		out_done(&text);
		lab_close(&l);
		snprintf(body, sizeof body, "rules: [dynamics-365, crm-2011, %s]\n" SPLIT, path);
		l = lab_open(body);
		unlink(path);
		lab_conv(&l, rows[i].client, rows[i].server, rows[i].proto, rows[i].port,
			 rows[i].app, EST);
		lab_judge(&l);
		assert_string_equal(lab_verdict(&l, rows[i].port), "documented");
		lab_close(&l);
	}
}

static void test_interface(void **state)
{
	struct lab l = lab_open("deployment: {topology: split}\n" SITE_HOSTS);
	struct conv *c = lab_conv(&l, CRM01, DC01, TCP, 49667, "dcerpc", EST);
	const struct rpc_iface_row *row = rpc_iface_by_name("svcctl");
	const struct finding *f;

	(void)state;
	assert_non_null(row);
	memcpy(conv_more(c)->iface[0].uuid, row->uuid, sizeof row->uuid);
	conv_more(c)->iface[0].major = row->major;
	c->more->n_iface = 1;
	f = lab_judge(&l) ? lab_find(&l, KIND_UNEXPECTED_PROTOCOL, 0) : NULL;
	assert_non_null(f);
	assert_string_equal(f->suggest_in, "pack");
	assert_true(has_text(f->suggest, "interfaces: [svcctl]"));
	lint(f->suggest);
	lab_close(&l);
}

static void test_site_lines(void **state)
{
	static const struct {
		const char *client, *server;
		uint8_t proto;
		uint16_t port;
		const char *app;
		enum kind kind;
		const char *under, *text; /* text NULL: nothing but a waiver */
	} rows[] = {
		{CRM01, SQL01, TCP, 51433, "tds", KIND_MOVED_SERVICE, "hosts",
		 "- {name: sql01, role: [sql], addr: \"10.20.2.20\", ports: {sql: 51433}}"},
		{CRM01, "10.99.9.9", TCP, 8080, "http", KIND_UNEXPECTED_ENDPOINT, "hosts",
		 "- {name: NAME, role: [ROLE], addr: \"10.99.9.9\"}"},
		{CRM01, "10.99.9.9", UDP, 123, "ntp", KIND_UNEXPECTED_ENDPOINT, "hosts",
		 "- {name: NAME, role: [ntp], addr: \"10.99.9.9\"}"},
		{CRM01, "13.1.1.1", TCP, 443, "tls", KIND_UNEXPECTED_ENDPOINT, "egress",
		 "- {from: [crm-web], service: 443/tcp, names: [\"*.example.com\"], why: \"...\"}"},
		{CRM01, SQL01, UDP, 1434, "ssrp", KIND_SETUP_ONLY, "setup, in deployment",
		 "- {from: 2024-05-01T01:00:00Z, to: 2024-05-01T01:01:01Z}"},
		{"93.184.216.34", SQL01, TCP, 1433, "tds", KIND_UNEXPECTED_ENDPOINT, NULL, NULL},
		{CRM01, "13.1.1.1", TCP, 25, "smtp", KIND_UNEXPECTED_ENDPOINT, NULL, NULL},
		{CRM01, "9.9.9.9", UDP, 123, "ntp", KIND_UNEXPECTED_ENDPOINT, NULL, NULL},
		{CRM01, DC01, TCP, 50001, NULL, KIND_RPC_UNEXPLAINED, NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lab l = lab_open(SPLIT);
		const struct finding *f;

		lab_conv(&l, rows[i].client, rows[i].server, rows[i].proto, rows[i].port,
			 rows[i].app, EST);
		f = lab_judge(&l) ? lab_find(&l, rows[i].kind, rows[i].port) : NULL;
		if (!f)
			lab_dump(&l);
		assert_non_null(f);
		if (!rows[i].text) {
			if (f->suggest)
				fail_msg("row %zu: %s", i, f->suggest);
			lab_close(&l);
			continue;
		}
		assert_non_null(f->suggest);
		assert_string_equal(f->suggest_in, "site");
		assert_string_equal(f->suggest_under, rows[i].under);
		assert_string_equal(f->suggest, rows[i].text);
		lab_close(&l);
	}
}

/* A name out of a capture cannot leave its quotes. */
static void test_hostile_names(void **state)
{
	struct lab l = lab_open(SPLIT);
	struct conv *c = lab_conv(&l, CRM01, "13.1.1.1", TCP, 443, "tls", EST);
	const struct finding *f;

	(void)state;
	strcpy(conv_more(c)->name[0], "a\"], why: \"");
	strcpy(conv_more(c)->name[1], "fine.example");
	strcpy(conv_more(c)->name[2], "new\nline");
	c->more->n_name = 3;
	f = lab_judge(&l) ? lab_find(&l, KIND_UNEXPECTED_ENDPOINT, 443) : NULL;
	assert_non_null(f);
	assert_true(has_text(f->suggest, "names: [\"fine.example\"],"));
	lab_close(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_interface),
		cmocka_unit_test(test_site_lines),
		cmocka_unit_test(test_hostile_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
