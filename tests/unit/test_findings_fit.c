// SPDX-License-Identifier: BSD-2-Clause
/* Whether a capture is fit to be judged: each way to spoil one, and what is said of it. */
#include "judge_lab.h"

#include "findings/fit.h"

#define EST STATE_ESTABLISHED
#define PAIR                                                   \
	"hosts:\n"                                             \
	"  - {name: crm01, role: crm-web, addr: 10.20.1.11}\n" \
	"  - {name: sql01, role: sql, addr: 10.20.2.20}\n"

struct spoiled {
	struct lab l;
	struct fit_input in;
	struct gaps gaps;
	struct fit_interface interface[2];
};

static struct spoiled *good(const char *site)
{
	struct spoiled *s = calloc(1, sizeof *s);
	struct conv *c;

	assert_non_null(s);
	s->l = lab_open(site);
	c = lab_conv(&s->l, CRM01, SQL01, TCP, 1433, "tds", EST);
	c->packets[0] = 500;
	c = lab_conv(&s->l, CRM01, SQL01, UDP, 1434, NULL, EST);
	c->vlan = 20;
	s->l.in.coverage.other_proto = 7;
	s->l.in.coverage.tcp_flows = 100;
	s->l.in.coverage.tcp_bytes = 100000;
	s->interface[0] = (struct fit_interface){.name = "span0", .filter = "", .linktype = 1};
	s->in.interfaces = s->interface;
	s->in.n_interfaces = 1;
	return s;
}

static struct fit *look(struct spoiled *s)
{
	struct fit *f;

	lab_judge(&s->l);
	s->in.r = s->l.r;
	s->in.convs = s->l.c;
	s->in.n_convs = s->l.n;
	s->in.window = s->l.in.window;
	s->in.blind = s->l.in.blind;
	s->in.gaps = &s->gaps;
	f = fit_make(&s->in);
	assert_non_null(f);
	return f;
}

static void done(struct spoiled *s, struct fit *f)
{
	fit_free(f);
	lab_close(&s->l);
	gaps_done(&s->gaps);
	free(s);
}

static const struct fit_row *row_of(const struct fit *f, const char *check)
{
	for (size_t i = 0; i < f->n_rows; i++)
		if (!strcmp(f->rows[i].check, check))
			return &f->rows[i];
	fail_msg("no row %s", check);
	return NULL;
}

static bool detailed(const struct fit_row *row, const char *part)
{
	for (size_t i = 0; i < row->n_details; i++)
		if (strstr(row->details[i], part))
			return true;
	return false;
}

static void test_good(void **state)
{
	struct spoiled *s = good(PAIR);
	struct fit *f = look(s);

	(void)state;
	assert_int_equal(f->verdict, FIT_TO_JUDGE);
	assert_string_equal(f->headline,
			    "Fit to judge: nothing in it hides what an audit asks for.");
	for (size_t i = 0; i < f->n_rows; i++) {
		assert_non_null(f->rows[i].figure);
		assert_int_not_equal(f->rows[i].level, FIT_PROBLEM);
	}
	assert_int_equal(f->n_servers, 0);
	done(s, f);
}

static void cut(struct spoiled *s)
{
	s->l.input.caveat = "cut off in packet 77";
}
static void one_way(struct spoiled *s)
{
	s->l.in.coverage.one_way_flows = 51;
}
static void some_one_way(struct spoiled *s)
{
	s->l.in.coverage.one_way_flows = 6;
}
static void few_one_way(struct spoiled *s)
{
	s->l.in.coverage.one_way_flows = 1;
}
static void kernel(struct spoiled *s)
{
	s->l.in.coverage.kernel_drops = 5000;
}
static void kernel_few(struct spoiled *s)
{
	s->l.in.coverage.kernel_drops = 5;
}
static void card(struct spoiled *s)
{
	s->l.in.coverage.interface_drops = 5000;
}
static void mirror(struct spoiled *s)
{
	s->l.in.coverage.tcp_unseen_bytes = 3000;
}
static void mirror_few(struct spoiled *s)
{
	s->l.in.coverage.tcp_unseen_bytes = 30;
}
static void evicted(struct spoiled *s)
{
	s->l.in.n_evicted = s->l.in.coverage.evicted = 1;
}
static void shed(struct spoiled *s)
{
	s->l.in.coverage.heads_shed = 1;
}
static void too_busy(struct spoiled *s)
{
	s->l.in.coverage.shed_packets = 5000;
}
static void busy(struct spoiled *s)
{
	s->l.in.coverage.shed_heads = 1;
}
static void copies(struct spoiled *s)
{
	s->l.in.coverage.duplicates = 50000;
}
static void few_copies(struct spoiled *s)
{
	s->l.in.coverage.duplicates = 5;
}
static void short_window(struct spoiled *s)
{
	s->l.input.last_ns = T(600);
}
static void clock_step(struct spoiled *s)
{
	s->l.input.step_ns = 90 * NS_PER_S;
}
static void undecoded(struct spoiled *s)
{
	s->l.in.coverage.skipped[SKIP_LINKTYPE] = 60000;
}
static void some_bad(struct spoiled *s)
{
	s->l.in.coverage.skipped[SKIP_IP_BAD] = 2000;
}
static void no_icmp(struct spoiled *s)
{
	s->l.in.coverage.other_proto = 0;
}
static void esp(struct spoiled *s)
{
	s->l.in.coverage.notes[NOTE_ESP] = 5;
}
static void sealed(struct spoiled *s)
{
	s->l.in.coverage.answers_sealed = 5;
}

static void no_udp(struct spoiled *s)
{
	s->l.n = 1;
}

static void no_tcp(struct spoiled *s)
{
	s->l.c[0] = s->l.c[1];
	s->l.n = 1;
}

static void no_data(struct spoiled *s)
{
	s->l.c[0].payload[0] = s->l.c[0].payload[1] = 0;
}

static void snapped(struct spoiled *s)
{
	s->l.in.coverage.truncated = 500;
	s->interface[0].snaplen = 68;
	s->l.c[0].app[0].app = APP_NONE;
}

static void snapped_known(struct spoiled *s)
{
	s->l.in.coverage.truncated = 500;
}

static void told_filter(struct spoiled *s)
{
	s->interface[0].filter = "tcp port 1433";
}

static void host_capture(struct spoiled *s)
{
	lab_conv(&s->l, CRM01, "10.20.9.9", TCP, 443, "tls", EST);
	s->l.in.coverage.notes[NOTE_ABOVE_MTU] = 5;
}

static void only_host(struct spoiled *s)
{
	lab_conv(&s->l, CRM01, "10.20.9.9", TCP, 443, "tls", EST);
}

static void empty(struct spoiled *s)
{
	s->l.n = 0;
	s->l.in.coverage = (struct coverage){0};
	s->l.input.first_ns = s->l.input.last_ns = TIME_NONE;
}

static void test_spoiled(void **state)
{
	static const struct {
		const char *name;
		void (*spoil)(struct spoiled *s);
		const char *check;
		enum fit_level level;
		enum fit_verdict verdict;
		const char *part; /* of figure or a detail */
	} rows[] = {
		{"cut", cut, "files", FIT_PROBLEM, FIT_NOT, "1 cut off"},
		{"one-way", one_way, "directions", FIT_PROBLEM, FIT_NOT, "51 of 100"},
		{"some one-way", some_one_way, "directions", FIT_PROBLEM, FIT_FOR_SEEN, "6.00%"},
		{"few one-way", few_one_way, "directions", FIT_NOTE, FIT_TO_JUDGE, "1.00%"},
		{"kernel", kernel, "drops-computer", FIT_PROBLEM, FIT_NOT, "5,000 packets"},
		{"few by kernel", kernel_few, "drops-computer", FIT_NOTE, FIT_TO_JUDGE,
		 "5 packets"},
		{"card", card, "drops-card", FIT_PROBLEM, FIT_NOT, "5,000 packets"},
		{"mirror", mirror, "loss-mirror", FIT_PROBLEM, FIT_NOT, "2.91%"},
		{"few by mirror", mirror_few, "loss-mirror", FIT_NOTE, FIT_TO_JUDGE, "30 bytes"},
		{"evicted", evicted, "loss-spanaudit", FIT_PROBLEM, FIT_NOT, "1 flows"},
		{"shed", shed, "loss-spanaudit", FIT_NOTE, FIT_TO_JUDGE, "not looked at"},
		{"too busy", too_busy, "loss-spanaudit", FIT_PROBLEM, FIT_NOT,
		 "5,000 packets not followed"},
		{"busy", busy, "loss-spanaudit", FIT_NOTE, FIT_TO_JUDGE, "0 packets not followed"},
		{"copies", copies, "copies", FIT_NOTE, FIT_TO_JUDGE, "50.00%"},
		{"few copies", few_copies, "copies", FIT_OK, FIT_TO_JUDGE, "5 of"},
		{"short", short_window, "window", FIT_PROBLEM, FIT_FOR_SEEN, "10 min observed"},
		{"clock", clock_step, "clock", FIT_NOTE, FIT_TO_JUDGE, "back by 1 min 30 s"},
		{"undecoded", undecoded, "content", FIT_PROBLEM, FIT_NOT, "60.00%"},
		{"some bad", some_bad, "content", FIT_NOTE, FIT_TO_JUDGE, "bad-ip-header"},
		{"no ICMP", no_icmp, "filter", FIT_NOTE, FIT_TO_JUDGE, "no ICMP"},
		{"no UDP", no_udp, "filter", FIT_PROBLEM, FIT_FOR_SEEN, "no UDP"},
		{"no TCP", no_tcp, "filter", FIT_PROBLEM, FIT_NOT, "no TCP"},
		{"no data", no_data, "filter", FIT_PROBLEM, FIT_NOT, "not one byte"},
		{"filter", told_filter, "filter", FIT_NOTE, FIT_TO_JUDGE,
		 "on span0: tcp port 1433"},
		{"snapped", snapped, "snap-length", FIT_PROBLEM, FIT_FOR_SEEN, "68 bytes"},
		{"snapped, known", snapped_known, "snap-length", FIT_NOTE, FIT_TO_JUDGE, "500 of"},
		{"host", host_capture, "offload", FIT_PROBLEM, FIT_FOR_SEEN, "5 frames"},
		{"one port", only_host, "filter", FIT_NOTE, FIT_TO_JUDGE, "crm01 (10.20.1.11)"},
		{"ESP", esp, "encrypted", FIT_PROBLEM, FIT_FOR_SEEN, "IPsec 5 packets"},
		{"sealed", sealed, "encrypted", FIT_NOTE, FIT_TO_JUDGE, "answers 5 of"},
		{"empty", empty, "content", FIT_PROBLEM, FIT_NOT, "0 packets"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct spoiled *s = good(PAIR);
		const struct fit_row *row;
		struct fit *f;

		rows[i].spoil(s);
		f = look(s);
		row = row_of(f, rows[i].check);
		if (row->level != rows[i].level || f->verdict != rows[i].verdict ||
		    !(strstr(row->figure, rows[i].part) || detailed(row, rows[i].part)))
			fail_msg("%s: %s, %s, '%s': %s", rows[i].name, fit_level_name(row->level),
				 fit_verdict_name(f->verdict), row->figure, f->headline);
		/* Whatever is wrong has a way out, and bars what it says. */
		assert_true(row->level != FIT_PROBLEM || row->meaning);
		assert_true(row->level != FIT_PROBLEM || strstr(f->headline, row->because));
		/* The audit and this say the same of the input. */
		assert_true(!s->l.r->coverage.poor || f->verdict == FIT_NOT);
		done(s, f);
	}
}

static void test_one_way_ports(void **state)
{
	struct spoiled *s = good(SITE_HOSTS);
	struct conv *c;
	const struct fit_row *row;
	struct fit *f;

	(void)state;
	/* sql01 only receives elsewhere; crm02 only sends; dc01 and dc02 see both and miss one. */
	c = lab_conv(&s->l, CRM02, DC01, TCP, 389, "ldap", STATE_ONE_WAY);
	c->packets[1] = 0;
	c = lab_conv(&s->l, USER, EXCH, TCP, 443, "tls", STATE_ONE_WAY);
	c->packets[1] = 0;
	c = lab_conv(&s->l, USER, VIP, TCP, 443, "tls", STATE_ONE_WAY);
	c->packets[1] = 0;
	lab_conv(&s->l, DC01, DC02, TCP, 445, "smb2", EST);
	c = lab_conv(&s->l, DC01, DC02, TCP, 389, "ldap", STATE_ONE_WAY);
	c->packets[1] = 0;
	s->l.in.coverage.one_way_flows = 4;
	f = look(s);
	row = row_of(f, "directions");
	assert_true(detailed(row, "sending only (rx of the port is mirrored, tx is not): crm02"));
	assert_true(
		detailed(row, "receiving only (tx of the port is mirrored, rx is not): exch01"));
	assert_true(detailed(row, "direct server return): lb01"));
	assert_true(detailed(row, "asymmetric routing): dc01 (10.20.3.30), dc02 (10.20.3.31)"));
	done(s, f);
}

static void test_bursts(void **state)
{
	struct spoiled *s = good(PAIR);
	const struct fit_row *row;
	struct fit *f;

	(void)state;
	s->l.in.coverage.tcp_unseen_bytes = 500;
	for (int i = 0; i < 5; i++)
		assert_int_equal(gaps_add(&s->gaps, T(3600 + 60 * i), i == 3 ? 460 : 10), 0);
	f = look(s);
	row = row_of(f, "loss-mirror");
	assert_true(detailed(row, "from 2024-05-01 01:03:00 UTC, 460 bytes; that is 92.00%"));
	assert_true(detailed(row, "in bursts"));
	done(s, f);
}

static void test_sets(void **state)
{
	static const struct {
		const char *path[3];
		const char *part; /* NULL: nothing is missing */
	} rows[] = {
		{{"r/s_00001_20240501000000.pcap", "r/s_00002_20240501080000.pcap",
		  "r/s_00004_20240501160000.pcap"},
		 "1 missing between r/s_00002_20240501080000.pcap and "
		 "r/s_00004_20240501160000.pcap"},
		{{"s.pcap1", "s.pcap2", "s.pcap12"}, "9 missing between s.pcap2 and s.pcap12"},
		{{"s.pcap1", "s.pcap2", "t.pcap12"}, NULL},
		{{"night-20240501.pcap", "night-20240502.pcap", "night-20240504.pcap"}, NULL},
		{{"dir_00001_20240501000000/a.pcap", "dir_00003_20240501000000/a.pcap", "b"}, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct spoiled *s = good(PAIR);
		struct result_input in[3];
		struct result *r;
		const struct fit_row *row;
		struct fit *f;

		f = look(s);
		r = s->l.r;
		for (int k = 0; k < 3; k++)
			in[k] = (struct result_input){.path = rows[i].path[k],
						      .first_ns = T(k * 8 * 3600),
						      .last_ns = T((k + 1) * 8 * 3600)};
		r->inputs = in;
		r->n_inputs = 3;
		fit_free(f);
		f = fit_make(&s->in);
		assert_non_null(f);
		row = row_of(f, "sets");
		if (rows[i].part && (row->level != FIT_PROBLEM || !detailed(row, rows[i].part)))
			fail_msg("row %zu: %s", i, row->figure);
		if (!rows[i].part && row->level != FIT_OK)
			fail_msg("row %zu: %s", i, row->figure);
		done(s, f);
	}
}

static void test_view(void **state)
{
	struct spoiled *s = good(SITE_HOSTS);
	const struct fit_row *row;
	struct fit *f = look(s);

	(void)state;
	row = row_of(f, "hosts");
	assert_int_equal(row->level, FIT_PROBLEM);
	assert_int_equal(row->bars, FIT_FOR_SEEN);
	assert_true(detailed(row, "crm-web: 1 of 1 seen"));
	assert_true(detailed(row, "gc: 0 of 2 seen; not seen: dc01 (10.20.3.30), dc02"));
	assert_true(detailed(row, "crm-client: 0 addresses of 1 network seen"));
	assert_true(strstr(row->remedy, "exch01 (10.20.4.40)"));
	assert_true(detailed(row_of(f, "pairs"), "crm-web -> dc: no packet"));
	assert_false(detailed(row_of(f, "pairs"), "crm-web -> sql"));
	done(s, f);
}

/* SQL Server answers as one; who answers on 443 may be anybody. */
static void test_guessed_roles(void **state)
{
	struct spoiled *s = good("timezone: UTC\n");
	struct conv *c = lab_conv(&s->l, USER, CRM01, TCP, 443, "tls", EST);
	struct fit *f;

	(void)state;
	c->packets[0] = c->packets[1] = 2000;
	f = look(s);
	assert_int_equal(f->verdict, FIT_FOR_SEEN);
	assert_true(strstr(f->headline, "every role is a guess from traffic"));
	assert_string_equal(row_of(f, "hosts")->figure,
			    "no host is declared; traffic shows 1 role, of 1 address");
	assert_true(strstr(row_of(f, "hosts")->remedy, "spanaudit site suggest"));
	assert_int_equal(f->n_servers, 1);
	assert_string_equal(f->servers[0].services, "443/tcp tls");
	done(s, f);
}

static void test_no_roles(void **state)
{
	struct spoiled *s = good("timezone: UTC\n");
	struct conv *c = lab_conv(&s->l, USER, CRM01, TCP, 443, "tls", EST);
	struct fit *f;

	(void)state;
	c->packets[0] = c->packets[1] = 2000;
	fit_free(look(s));
	s->l.r->n_roles = 0; /* traffic was not asked */
	f = fit_make(&s->in);
	assert_non_null(f);
	assert_int_equal(f->verdict, FIT_FOR_SEEN);
	assert_int_equal(f->n_servers, 2);
	assert_string_equal(f->servers[0].services, "443/tcp tls");
	assert_string_equal(f->servers[1].services, "1433/tcp tds, 1434/udp");
	assert_true(strstr(f->headline, "no host has a role yet"));
	done(s, f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),          cmocka_unit_test(test_spoiled),
		cmocka_unit_test(test_one_way_ports), cmocka_unit_test(test_bursts),
		cmocka_unit_test(test_sets),          cmocka_unit_test(test_view),
		cmocka_unit_test(test_guessed_roles), cmocka_unit_test(test_no_roles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
