// SPDX-License-Identifier: BSD-2-Clause
/* Site files drafted from conversations made by hand: what stands in them can be read back. */
#include "judge_lab.h"

#include "suggest/suggest.h"

struct drafted {
	char *text;
	struct suggest_figures f;
	struct site *site; /* the text, read */
};

static struct drafted draft(struct lab *l, const struct infer_name *names, size_t n_names)
{
	struct infer *f;
	struct drafted d = {0};
	struct out o = {0};
	struct errors errs = {0};
	const char *paths[] = {"night \"1\".pcap\n- x: y"};

	qsort(l->c, l->n, sizeof *l->c, lab_order);
	f = infer_make(&(struct infer_input){.inventory = l->site->inventory,
					     .convs = l->c,
					     .n_convs = l->n,
					     .ends = lab_ends(&l->ends, l->c, l->n),
					     .names = names,
					     .n_names = n_names});
	assert_non_null(f);
	assert_int_equal(suggest_write(&(struct suggest_input){.infer = f,
							       .site = l->site,
							       .convs = l->c,
							       .n_convs = l->n,
							       .paths = paths,
							       .n_paths = 1,
							       .from_ns = T0,
							       .to_ns = T(60)},
				       &o, &d.f),
			 0);
	d.text = strdup(out_str(&o));
	assert_non_null(d.text);
	d.site = site_parse("drafted.yaml", d.text, o.n, &errs);
	if (!d.site || errs.n_errors)
		fail_msg("%s", d.text);
	errors_done(&errs);
	out_done(&o);
	infer_free(f);
	return d;
}

static void drafted_done(struct drafted *d)
{
	site_free(d->site);
	free(d->text);
}

static void has(const struct drafted *d, const char *want)
{
	if (!strstr(d->text, want))
		fail_msg("no '%s' in\n%s", want, d->text);
}

/* Without a site file. */
static struct lab alone(void)
{
	struct lab l = lab_open("");

	l.site->path = NULL;
	return l;
}

static void nothing(void **state)
{
	struct lab l = alone();
	struct drafted d = draft(&l, NULL, 0);

	has(&d, "Nothing was seen");
	assert_int_equal(d.f.hosts + d.f.networks + d.f.guesses, 0);
	assert_int_equal(inventory_count(d.site->inventory), 0);
	drafted_done(&d);
	lab_close(&l);
}

static void hosts_and_ports(void **state)
{
	struct lab l = alone();
	struct drafted d;
	struct addr a = A(SQL01);
	const struct host *h;

	lab_conv(&l, CRM01, SQL01, TCP, 51433, "tds", STATE_ESTABLISHED);
	lab_conv(&l, CRM01, EXCH, TCP, 1433, "tds", STATE_ESTABLISHED);
	lab_conv(&l, CRM02, EXCH, TCP, 1434, "tds", STATE_ESTABLISHED);
	lab_conv(&l, CRM02, DC01, TCP, 88, "kerberos", STATE_NO_ANSWER); /* nobody was there */
	d = draft(&l, NULL, 0);
	assert_int_equal(d.f.hosts, 2);
	h = inventory_find(d.site->inventory, &a);
	assert_non_null(h);
	assert_true(roles_has(h->roles, ROLE_SQL));
	assert_int_equal(h->ports[PORT_SQL].n, 1);
	assert_int_equal(h->ports[PORT_SQL].r[0].lo, 51433);
	has(&d, "ports: {sql: 51433}}");
	has(&d, "beside the documented one. If both are"); /* two at once: nobody can tell */
	has(&d, "host-10-20-2-20");
	drafted_done(&d);
	lab_close(&l);
}

/* The front end is a guess, and all that hangs on it. */
static void guesses(void **state)
{
	struct lab l = alone();
	struct drafted d;

	lab_conv(&l, CRM01, SQL01, TCP, 1433, "tds", STATE_ESTABLISHED);
	lab_conv(&l, CRM01, EXCH, TCP, 110, "pop3", STATE_ESTABLISHED);
	lab_conv(&l, USER, CRM01, TCP, 443, "tls", STATE_ESTABLISHED);
	lab_conv(&l, "8.8.8.8", CRM01, TCP, 443, "tls", STATE_ESTABLISHED);
	d = draft(&l, NULL, 0);
	has(&d, "#? - {name: host-10-20-1-11, role: [crm-web, crm-router], addr: [10.20.1.11]}");
	has(&d, "#? - {name: clients-10-30-1, role: crm-client, cidr: 10.30.1.0/24}");
	has(&d, "#? mail: router");
	has(&d, "  auth: iwa\n");
	has(&d, "#? auth: ifd");
	assert_null(strstr(d.text, "8.8.8"));
	assert_int_equal(d.site->auth, AUTH_IWA);
	drafted_done(&d);
	lab_close(&l);
}

/* A front end that is proved and polls mailboxes: nothing of it is a guess. */
static void mail_of_a_front_end(void **state)
{
	struct lab l = alone();
	struct drafted d;

	lab_conv(&l, CRM01, SQL01, TCP, 1433, "tds", STATE_ESTABLISHED);
	lab_conv(&l, CRM01, EXCH, TCP, 110, "pop3", STATE_ESTABLISHED);
	lab_conv(&l, USER, CRM01, TCP, 80, "http", STATE_ESTABLISHED)->app[0].signs = SIGN_CRM_PAGE;
	d = draft(&l, NULL, 0);
	has(&d, "  - {name: host-10-20-1-11, role: [crm-web, crm-router], addr: [10.20.1.11]}");
	has(&d, "  mail: router\n");
	has(&d, "server-side-sync, and crm-email in place of crm-router");
	has(&d, "  - {name: clients-10-30-1, role: crm-client, cidr: 10.30.1.0/24}");
	assert_null(strstr(d.text, "#? -"));
	assert_int_equal(d.f.guesses, 0);
	drafted_done(&d);
	lab_close(&l);

	/* Said to be the other way of mail: traffic does not tell, so there is nothing to say. */
	for (int other = 0; other < 2; other++) {
		l = lab_open(other ? "hosts:\n  - {name: c, role: [crm-web, crm-email], "
				     "addr: 10.20.1.11}\n"
				   : "hosts:\n  - {name: c, role: crm-web, addr: 10.20.1.11}\n");
		lab_conv(&l, CRM01, EXCH, TCP, 110, "pop3", STATE_ESTABLISHED);
		lab_conv(&l, USER, CRM01, TCP, 80, "http", STATE_ESTABLISHED)->app[0].signs =
			SIGN_CRM_PAGE;
		d = draft(&l, NULL, 0);
		assert_int_equal(strstr(d.text, "shows a role that it is not given") == NULL,
				 other);
		drafted_done(&d);
		lab_close(&l);
	}
}

static void only_the_rest(void **state)
{
	struct lab l = lab_open("hosts:\n  - {name: sql01, role: sql, addr: 10.20.2.20}\n");
	struct drafted d;

	lab_conv(&l, CRM01, SQL01, TCP, 1433, "tds", STATE_ESTABLISHED);
	lab_conv(&l, CRM01, EXCH, TCP, 1433, "tds", STATE_ESTABLISHED);
	d = draft(&l, NULL, 0);
	assert_int_equal(d.f.hosts, 1);
	assert_null(strstr(d.text, "10.20.2.20"));
	drafted_done(&d);
	lab_close(&l);
}

static void hostile_names(void **state)
{
	static const char *const evil[] = {
		"sql\", role: dc}\n  - {name: x",
		"#? - {name: y}",
		"\x01\xff\xfe",
		"no",
		"12",
		"a.b.c",
		"= cmd",
		"- x",
		"\u202e-abc",
	};

	for (size_t i = 0; i < sizeof evil / sizeof evil[0]; i++) {
		struct lab l = alone();
		struct infer_name name = {A(SQL01), evil[i]};
		struct drafted d;

		lab_conv(&l, CRM01, SQL01, TCP, 1433, "tds", STATE_ESTABLISHED);
		d = draft(&l, &name, 1);
		assert_int_equal(inventory_count(d.site->inventory), 1);
		assert_int_equal(inventory_at(d.site->inventory, 0)->declared, ROLE_BIT(ROLE_SQL));
		for (const char *z = d.text; *z; z++)
			if ((unsigned char)*z < ' ' && *z != '\n')
				fail_msg("%s", d.text);
		drafted_done(&d);
		lab_close(&l);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing),       cmocka_unit_test(hosts_and_ports),
		cmocka_unit_test(guesses),       cmocka_unit_test(mail_of_a_front_end),
		cmocka_unit_test(only_the_rest), cmocka_unit_test(hostile_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
