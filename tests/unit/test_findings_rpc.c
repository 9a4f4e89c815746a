// SPDX-License-Identifier: BSD-2-Clause
/* Dynamic RPC without grants: what a bind says, and what can be said without one. */
#include "judge_lab.h"
#include "recognise/rpc_iface.h"

#define EST   STATE_ESTABLISHED
#define SPLIT "deployment: {topology: split}\n" SITE_HOSTS

static struct conv *bound(struct conv *c, const char *iface)
{
	const struct rpc_iface_row *row = rpc_iface_by_name(iface);

	assert_non_null(row);
	c->app[0].app = app_by_name("dcerpc");
	c->app[0].conf = APP_SURE;
	c->payload[0] = c->payload[1] = 100;
	memcpy(conv_more(c)->iface[conv_more(c)->n_iface].uuid, row->uuid, 16);
	c->more->n_iface++;
	return c;
}

static void test_interfaces(void **state)
{
	static const struct {
		const char *client, *server, *iface, *verdict;
	} rows[] = {
		{CRM01, DC01, "lsarpc", "documented-dynamic"},
		{CRM01, DC01, "netlogon", "documented-dynamic"},
		{CRM01, DC01, "drsuapi", "documented-dynamic"},
		{CRM01, DC01, "mgmt", "documented-dynamic"},
		{CRM01, DC01, "frsrpc", "unexpected-protocol"},
		{CRM01, DC01, "spoolss", "unexpected-protocol"},
		{USER, EXCH, "emsmdb", "documented-dynamic"},
		{USER, EXCH, "svcctl", "unexpected-protocol"},
		{CRM01, SQL01, "IXnRemote", "documented-dynamic"},
		{CRM01, SQL01, "winreg", "documented-dynamic"},
		{CRM01, SQL01, "IRemUnknown2", "documented-dynamic"},
		{CRM01, SQL01, "spoolss", "unexpected-protocol"},
		{MON, SQL01, "IWbemServices", "documented-dynamic"},
		{CRM01, SQL01, "IWbemServices", "unexpected-protocol"},
		{MON, CRM01, "svcctl", "documented-dynamic"},
		{USER, CRM01, "svcctl", "unexpected-protocol"},
		{SQL01, CRM01, "IXnRemote", "documented-dynamic"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lab l = lab_open(SPLIT);

		bound(lab_conv(&l, rows[i].client, rows[i].server, TCP, 49700, NULL, EST),
		      rows[i].iface);
		lab_judge(&l);
		if (strcmp(lab_verdict(&l, 49700), rows[i].verdict) != 0)
			fail_msg("%s -> %s %s: %s", rows[i].client, rows[i].server, rows[i].iface,
				 lab_verdict(&l, 49700));
		assert_int_equal(l.r->n_rpc, 1);
		assert_string_equal(l.r->rpc[0].how, "bind");
		if (l.r->n_findings && lab_find(&l, KIND_UNEXPECTED_PROTOCOL, 49700)) {
			const struct finding *f = lab_find(&l, KIND_UNEXPECTED_PROTOCOL, 49700);

			assert_string_equal(f->interface, rows[i].iface);
			assert_true(has_text(f->why, rows[i].iface));
		}
		lab_close(&l);
	}
}

static void test_private_interface_is_shown_by_uuid(void **state)
{
	struct lab l = lab_open(SPLIT);
	struct conv *c = bound(lab_conv(&l, CRM01, DC01, TCP, 49700, NULL, EST), "lsarpc");

	(void)state;
	memcpy(conv_more(c)->iface[0].uuid,
	       "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10", 16);
	lab_judge(&l);
	assert_string_equal(lab_find(&l, KIND_UNEXPECTED_PROTOCOL, 0)->interface,
			    "01020304-0506-0708-090a-0b0c0d0e0f10");
	lab_close(&l);
}

static void test_unexplained(void **state)
{
	static const struct {
		int64_t at_s, mapper_s; /* 0: no conversation with 135 */
		enum flow_state state;
		uint32_t notes;  /* of the mapper's conversation */
		uint64_t unseen; /* bytes of it */
		enum severity severity;
		const char *text;
	} rows[] = {
		{3600, 0, EST, 0, 0, SEV_MEDIUM, "neither a mapper's answer"},
		{300, 0, EST, 0, 0, SEV_LOW, "may predate"},
		{3600, 0, STATE_MID_STREAM, 0, 0, SEV_LOW, "may predate"},
		{3600, 3597, EST, APP_NOTE_RPC_SEALED, 0, SEV_LOW, "the answer is sealed"},
		{3600, 3597, EST, APP_NOTE_RPC_LOST, 0, SEV_LOW, "not all of the mapper's answers"},
		{3600, 3597, EST, 0, 40, SEV_LOW, "not all of the mapper's answers"},
		{3600, 3597, EST, 0, 0, SEV_MEDIUM, "hand out other ports"},
		{300, 297, EST, 0, 0, SEV_LOW, "may predate"},
		{3600, 3500, EST, APP_NOTE_RPC_SEALED, 0, SEV_MEDIUM, "neither a mapper's answer"},
		{3600, 0, STATE_NO_ANSWER, 0, 0, SEV_LOW, "never came about"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lab l = lab_open(SPLIT);
		struct conv *c = lab_conv(&l, CRM01, DC01, TCP, 49667, NULL, rows[i].state);
		const struct finding *f;

		c->first_ns = T(rows[i].at_s);
		c->last_ns = T(rows[i].at_s + 10);
		if (rows[i].mapper_s) {
			c = lab_conv(&l, CRM01, DC01, TCP, 135, "dcerpc-epm", EST);
			c->first_ns = c->last_ns = T(rows[i].mapper_s);
			c->app[0].notes = rows[i].notes;
			c->more->unseen[1] = rows[i].unseen;
		}
		lab_judge(&l);
		f = lab_find(&l, KIND_RPC_UNEXPLAINED, 49667);
		assert_non_null(f);
		if (f->severity != rows[i].severity || !has_text(f->why, rows[i].text))
			fail_msg("row %zu: %u, %s", i, f->severity, f->why);
		assert_int_equal(l.r->n_rpc, 1);
		assert_null(l.r->rpc[0].how);
		lab_close(&l);
	}
}

static void test_one_finding_for_all_ports(void **state)
{
	struct lab l = lab_open(SPLIT);

	(void)state;
	for (uint16_t i = 0; i < 5; i++)
		lab_conv(&l, CRM01, DC01, TCP, (uint16_t)(49667 + i), NULL, EST);
	lab_judge(&l);
	assert_int_equal(lab_count(&l, KIND_RPC_UNEXPLAINED), 1);
	assert_int_equal(lab_find(&l, KIND_RPC_UNEXPLAINED, 0)->folded, 5);
	assert_int_equal(l.r->n_rpc, 5);
	lab_close(&l);
}

static void test_restricted_range(void **state)
{
	struct lab l = lab_open("deployment: {topology: split, rpc: 50000-50100}\n" SITE_HOSTS);

	(void)state;
	bound(lab_conv(&l, CRM01, DC01, TCP, 49700, NULL, EST), "lsarpc");
	bound(lab_conv(&l, CRM01, DC01, TCP, 50050, NULL, EST), "lsarpc");
	lab_conv(&l, CRM01, DC01, TCP, 50051, NULL, EST);
	lab_conv(&l, CRM01, DC01, TCP, 49800, NULL, EST);
	lab_judge(&l);
	assert_string_equal(lab_verdict(&l, 49700), "rpc-out-of-range");
	assert_string_equal(lab_verdict(&l, 50050), "documented-dynamic");
	assert_string_equal(lab_verdict(&l, 50051), "rpc-unexplained");
	assert_string_equal(lab_verdict(&l, 49800), "unexpected-port");
	lab_close(&l);
}

/* DCOM and MSDTC dial back, between servers as a matter of course. */
static void test_call_backs(void **state)
{
	static const struct {
		const char *caller, *called;
		int64_t back_s;
		const char *verdict;
	} rows[] = {
		{CRM01, SQL01, 3900, "documented-dynamic"},
		{CRM01, SQL01, 9000, "rpc-unexplained"},
		{USER, CRM01, 3900, "rpc-unexplained"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lab l = lab_open(SPLIT);
		struct conv *c = lab_conv(&l, rows[i].caller, rows[i].called, TCP, 135,
					  "dcerpc-activation", EST);

		c = lab_conv(&l, rows[i].called, rows[i].caller, TCP, 50123, NULL, EST);
		c->first_ns = T(rows[i].back_s);
		c->last_ns = T(rows[i].back_s + 10);
		lab_judge(&l);
		if (strcmp(lab_verdict(&l, 50123), rows[i].verdict) != 0)
			fail_msg("row %zu: %s", i, lab_verdict(&l, 50123));
		if (strcmp(rows[i].caller, USER) == 0) {
			const struct finding *f = lab_find(&l, KIND_RPC_UNEXPLAINED, 50123);

			assert_int_equal(f->severity, SEV_LOW);
			assert_true(has_text(f->why, "Call-back"));
		}
		lab_close(&l);
	}
}

/* Another protocol in the range is that protocol, not RPC. */
static void test_not_rpc(void **state)
{
	struct lab l = lab_open(SPLIT);

	(void)state;
	lab_conv(&l, CRM01, SQL01, TCP, 51433, "tds", EST);
	lab_conv(&l, CRM01, SQL01, TCP, 51434, "ssh", EST);
	lab_judge(&l);
	assert_string_equal(lab_verdict(&l, 51433), "moved-service");
	assert_string_equal(lab_verdict(&l, 51434), "unexpected-port");
	assert_int_equal(lab_find(&l, KIND_UNEXPECTED_PORT, 51434)->severity, SEV_HIGH);
	assert_int_equal(l.r->n_rpc, 0);
	lab_close(&l);
}

/* The table has every conversation on such a port, in scope or not. */
static void test_rows_out_of_scope(void **state)
{
	struct lab l = lab_open(SPLIT);

	(void)state;
	lab_conv(&l, "10.66.1.1", DC01, TCP, 49667, NULL, EST);
	lab_judge(&l);
	assert_string_equal(lab_verdict(&l, 49667), "out-of-scope");
	assert_int_equal(l.r->n_rpc, 1);
	assert_int_equal(l.r->n_findings - lab_count(&l, KIND_VISIBILITY), 0);
	lab_close(&l);
}

/* What a bind names is RPC wherever it is; the mapper's own ports are known. */
static void test_rows_of_binds_anywhere(void **state)
{
	static const struct {
		uint16_t port;
		const char *app;
		size_t rows;
	} rows[] = {
		{1024, "dcerpc", 1}, {4592, "dcerpc", 1}, {49667, "dcerpc", 1},
		{135, "dcerpc", 0},  {593, "dcerpc", 0},  {445, "smb2", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lab l = lab_open(SPLIT);
		struct conv *c =
			bound(lab_conv(&l, "10.66.1.1", "10.66.1.2", TCP, rows[i].port, NULL, EST),
			      "samr");

		c->app[0].app = app_by_name(rows[i].app);
		lab_judge(&l);
		if (l.r->n_rpc != rows[i].rows)
			fail_msg("port %u: %zu rows", rows[i].port, l.r->n_rpc);
		lab_close(&l);
	}
}

/* A grant that nobody saw may be why a connection runs; it is no reason for one that never did. */
static void test_predates(void **state)
{
	static const struct {
		int64_t at_s;
		enum flow_state state;
		bool started, predates;
	} rows[] = {
		{3600, STATE_MID_STREAM, false, true},  {3600, STATE_ESTABLISHED, false, true},
		{3600, STATE_ESTABLISHED, true, false}, {3600, STATE_REFUSED, false, false},
		{3600, STATE_ONE_WAY, false, false},    {300, STATE_ESTABLISHED, true, true},
		{300, STATE_REFUSED, true, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		for (int scope = 0; scope < 2; scope++) {
			struct lab l = lab_open(SPLIT);
			struct conv *c = lab_conv(&l, scope ? CRM01 : "10.66.1.1", DC01, TCP, 49667,
						  NULL, rows[i].state);
			const char *reason;

			c->first_ns = T(rows[i].at_s);
			c->last_ns = T(rows[i].at_s + 10);
			c->started = rows[i].started;
			lab_judge(&l);
			assert_int_equal(l.r->n_rpc, 1);
			reason = l.r->rpc[0].reason;
			if (!strcmp(reason, "before-capture") != rows[i].predates)
				fail_msg("row %zu, scope %d: %s", i, scope, reason);
			lab_close(&l);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_interfaces),
		cmocka_unit_test(test_private_interface_is_shown_by_uuid),
		cmocka_unit_test(test_unexplained),
		cmocka_unit_test(test_one_finding_for_all_ports),
		cmocka_unit_test(test_restricted_range),
		cmocka_unit_test(test_call_backs),
		cmocka_unit_test(test_not_rpc),
		cmocka_unit_test(test_rows_out_of_scope),
		cmocka_unit_test(test_rows_of_binds_anywhere),
		cmocka_unit_test(test_predates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
