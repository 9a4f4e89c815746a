// SPDX-License-Identifier: BSD-2-Clause
/* Window, caveats, verdict of the whole, exit code. */
#include "judge_lab.h"

#define EST STATE_ESTABLISHED
#define PAIR                                                   \
	"hosts:\n"                                             \
	"  - {name: crm01, role: crm-web, addr: 10.20.1.11}\n" \
	"  - {name: sql01, role: sql, addr: 10.20.2.20}\n"

static struct lab clean(void)
{
	struct lab l = lab_open(PAIR);

	lab_conv(&l, CRM01, SQL01, TCP, 1433, "tds", EST);
	return l;
}

static void test_clean(void **state)
{
	struct lab l = clean();

	(void)state;
	lab_judge(&l);
	assert_int_equal(l.r->verdict, RESULT_COMPLIANT);
	assert_int_equal(result_exit_code(l.r, SEV_MEDIUM), 0);
	assert_int_equal(l.r->coverage.n_caveats, 0);
	lab_close(&l);
}

enum spoil {
	EMPTY,
	CUT,
	LOSSY,
	KERNEL,
	EVICTED,
	UNDECODED,
	ONE_WAY,
	FEW,
	SNAPPED,
	SHED,
	ESP,
	SOME_UNDECODED,
	CLOCK,
	STRANGE_CLOCK,
	QUIET_CLOCK,
	UNTIMED,
	TWICE,
	NOTED,
	COPY,
	FRAGMENTS,
	CROWDED,
	BUSY,
	TOO_BUSY,
	SPOILS,
};

static void spoil(struct lab *l, enum spoil how)
{
	struct coverage *c = &l->in.coverage;

	switch (how) {
	case EMPTY:
		c->packets = c->decoded = 0;
		l->n = 0;
		break;
	case CUT:
		l->input.caveat = "cut off in packet 77";
		break;
	case LOSSY:
		c->tcp_unseen_bytes = 2;
		c->tcp_bytes = 98;
		break;
	case KERNEL:
		c->kernel_drops = 5000;
		break;
	case EVICTED:
		l->in.n_evicted = 1;
		break;
	case UNDECODED:
		c->skipped[SKIP_LINKTYPE] = 60000;
		break;
	case ONE_WAY:
		c->tcp_flows = 10;
		c->one_way_flows = 6;
		break;
	case FEW:
		c->packets = 10;
		break;
	case SNAPPED:
		c->truncated = 5;
		break;
	case SHED:
		c->heads_shed = 5;
		break;
	case ESP:
		c->notes[NOTE_ESP] = 5;
		break;
	case SOME_UNDECODED:
		c->skipped[SKIP_IP_BAD] = 45000; /* much, but not most */
		break;
	case CLOCK:
		l->input.late = 7;
		l->input.unsorted = 2;
		l->input.step_ns = 90 * NS_PER_S;
		l->input.step_packet = 4711;
		break;
	case QUIET_CLOCK:
		l->input.late = 1;
		l->input.step_ns = 2 * NS_PER_S;
		l->input.step_packet = 9;
		break;
	case UNTIMED:
		l->input.untimed = 4;
		break;
	case TWICE:
		l->input.same_as = "night.pcap";
		break;
	case STRANGE_CLOCK:
		l->input.strange_time = 3;
		break;
	case NOTED:
		l->input.note = "the filter does not fit interface 2";
		break;
	case COPY:
		l->input.same_as = "other.pcap";
		break;
	case CROWDED:
		c->duplicates = 10;
		c->duplicates_crowded = 2;
		break;
	case FRAGMENTS:
		c->fragments_shed = 1;
		break;
	case BUSY:
		c->shed_heads = 3;
		c->shed_streams = 1;
		break;
	case TOO_BUSY: /* which the packets read hold already */
		c->shed_packets = 3000;
		break;
	case SPOILS:
		break;
	}
}

static void test_never_green(void **state)
{
	static const struct {
		enum spoil how;
		bool inconclusive;
		const char *text;
	} rows[] = {
		{EMPTY, true, "no packet"},
		{CUT, true, "night.pcap: cut off in packet 77."},
		{LOSSY, true, "lost 2.00 %"},
		{KERNEL, true, "lost 4.76 %"},
		{EVICTED, true, "1 conversation found no room"},
		{UNDECODED, true, "60000 of 100000 packets could not be decoded"},
		{ONE_WAY, true, "one-way"},
		{FEW, true, "fewer than the site file asks for (1000)"},
		{SNAPPED, false, "snap length"},
		{SHED, false, "for want of memory"},
		{ESP, false, "IPsec"},
		{SOME_UNDECODED, false, "see the reasons"},
		{CLOCK, false, "back by up to 1 min 30 s (packet 4711), and 2 packets stay out of"},
		{STRANGE_CLOCK, false, "3 packets have times before 1970 or after 2099"},
		{QUIET_CLOCK, false, "back by up to 2 s (packet 9): the clock"},
		{UNTIMED, false, "4 packets have no time"},
		{TWICE, false, "night.pcap was named twice"},
		{NOTED, false, "night.pcap: the filter does not fit interface 2."},
		{COPY, false, "night.pcap holds the same bytes as other.pcap"},
		{FRAGMENTS, false, "1 fragmented datagram was not put together"},
		{CROWDED, false, "Copies of 2 packets may have been counted again"},
		{BUSY, false,
		 "of 3 flows the protocol was looked for in one packet alone, and 1 stream was"},
		{TOO_BUSY, true, "lost 3.00 %"},
	};

	(void)state;
	assert_int_equal(sizeof rows / sizeof rows[0], SPOILS);
	for (size_t i = 0; i < SPOILS; i++) {
		struct lab l = lab_open("limits: {min-packets: 1000}\n" PAIR);
		bool said = false;

		lab_conv(&l, CRM01, SQL01, TCP, 1433, "tds", EST);
		spoil(&l, rows[i].how);
		lab_judge(&l);
		for (size_t k = 0; k < l.r->coverage.n_caveats; k++)
			said |= has_text(l.r->coverage.caveats[k], rows[i].text);
		if (!said)
			fail_msg("row %zu: '%s' was not said, but '%s'", i, rows[i].text,
				 l.r->coverage.n_caveats ? l.r->coverage.caveats[0] : "nothing");
		assert_int_equal(l.r->coverage.inconclusive, rows[i].inconclusive);
		assert_int_equal(l.r->verdict,
				 rows[i].inconclusive ? RESULT_INCONCLUSIVE : RESULT_COMPLIANT);
		assert_int_equal(result_exit_code(l.r, SEV_MEDIUM), rows[i].inconclusive ? 4 : 0);
		assert_int_equal(result_exit_code(l.r, SEV_NONE), 0);
		l.in.strict_input = true;
		lab_judge(&l);
		assert_true(l.r->coverage.inconclusive);
		lab_close(&l);
	}
}

static void test_nothing_judged(void **state)
{
	static const struct {
		const char *app, *why;
	} rows[] = {
		{NULL, "no host has a role"},
		{"tds", "roles of too few hosts"}, /* known by its answer */
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lab l = lab_open("deployment: {topology: full}\n");

		lab_conv(&l, CRM01, SQL01, TCP, 1433, rows[i].app, EST);
		lab_judge(&l);
		assert_int_equal(l.r->verdict, RESULT_INCONCLUSIVE);
		if (!has_text(l.r->coverage.inconclusive_why, rows[i].why))
			fail_msg("%s", l.r->coverage.inconclusive_why);
		lab_close(&l);
	}
}

static void test_exit_codes(void **state)
{
	static const struct {
		bool finding, lossy, failed;
		enum severity fail_on;
		int code;
	} rows[] = {
		{false, false, false, SEV_MEDIUM, 0}, {true, false, false, SEV_MEDIUM, 1},
		{true, true, false, SEV_MEDIUM, 1},   {false, true, false, SEV_MEDIUM, 4},
		{true, true, true, SEV_MEDIUM, 3},    {true, true, true, SEV_NONE, 3},
		{true, true, false, SEV_NONE, 0},     {true, false, false, SEV_CRITICAL, 0},
		{true, true, false, SEV_CRITICAL, 4}, {true, false, false, SEV_HIGH, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lab l = clean();

		if (rows[i].finding) /* high */
			lab_conv(&l, CRM01, SQL01, TCP, 22, "ssh", EST);
		if (rows[i].lossy)
			spoil(&l, LOSSY);
		l.input.failed = rows[i].failed;
		lab_judge(&l);
		if (result_exit_code(l.r, rows[i].fail_on) != rows[i].code)
			fail_msg("row %zu: %d", i, result_exit_code(l.r, rows[i].fail_on));
		lab_close(&l);
	}
}

/* Packets that the window put in order are no caveat. */
static void test_sorted_again(void **state)
{
	struct lab l = clean();

	(void)state;
	l.input.late = 50;
	l.input.step_ns = 1000;
	lab_judge(&l);
	assert_int_equal(l.r->verdict, RESULT_COMPLIANT);
	assert_int_equal(l.r->coverage.n_caveats, 0);
	lab_close(&l);
}

/* A name from the capture shows beside the address, and a host of the site file keeps its own. */
static void test_passive_names(void **state)
{
	struct lab l = clean();
	const struct passive_name name = {A(SQL01), "sql01.contoso.example"};

	(void)state;
	l.in.names = &name;
	l.in.n_names = 1;
	lab_judge(&l);
	assert_int_equal(l.r->n_convs, 1);
	assert_string_equal(l.r->convs[0].server.name, "sql01.contoso.example");
	assert_null(l.r->convs[0].client.name);
	lab_close(&l);
}

static void test_nothing_at_all(void **state)
{
	struct lab l = lab_open(PAIR);

	(void)state;
	l.in.n_inputs = 0;
	l.in.coverage = (struct coverage){0};
	lab_judge(&l);
	assert_int_equal(l.r->from_ns, TIME_NONE);
	assert_int_equal(l.r->verdict, RESULT_INCONCLUSIVE);
	assert_int_equal(l.r->n_conversations, 0);
	lab_close(&l);
}

static void test_balance_notices(void **state)
{
	struct lab l = clean();
	const char *why = NULL;

	(void)state;
	lab_judge(&l);
	l.r->n_folded++;
	assert_false(result_balances(l.r, &why));
	assert_non_null(why);
	l.r->n_folded--;
	l.r->n_severity[SEV_LOW]++;
	assert_false(result_balances(l.r, NULL));
	lab_close(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clean),          cmocka_unit_test(test_never_green),
		cmocka_unit_test(test_nothing_judged), cmocka_unit_test(test_exit_codes),
		cmocka_unit_test(test_sorted_again),   cmocka_unit_test(test_passive_names),
		cmocka_unit_test(test_nothing_at_all), cmocka_unit_test(test_balance_notices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
