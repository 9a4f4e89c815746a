// SPDX-License-Identifier: BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/time.h"
#include "report/report.h"
#include "report/text_page.h"
#include "sample.h"

static void render(const struct sample *s, const struct report_options *opt, struct out *o)
{
	const struct report_format *f = report_format_by_name("text");

	assert_non_null(f);
	out_reset(o);
	assert_int_equal(f->write(&s->r, opt, o), 0);
}

static const struct report_options plain = {
	.width = 80, .tool_version = "1.2.3", .now_ns = TIME_NONE};

/* What each part must say; a word here is a promise to readers. */
static void test_says(void **state)
{
	static const char *const words[] = {
		"[X] NOT COMPLIANT   1 high, 1 medium, 1 info, 1 waived",
		"90,000 packets in 2 inputs, 1 NOT READ",
		"4 rules: 1 met, 1 violated, 1 unused, 1 not judged",
		"1 HIGH      unexpected-port:",
		"[F-7c1e00000001]",
		"1,204 by its network card",
		"Dynamic RPC 3 conversations on high ports: 2 explained (1 by the answer that",
		"grants the port, 1 by their own bind), 1 unexplained; 1 port granted",
		"  Nearest   S1-CMP-02 CRM servers open SQL sessions; no match: same roles, but",
		"known by",
		"(100% sure)",
		"  Evidence  a.pcapng: packet 88120 88121; it's b.pcap: packet 7\n",
		"tshark -r a.pcapng -Y 'ip.addr==10.20.1.12 && tcp.port==22'\n",
		"contradiction  waived by W-2024-017",
		"the whole capture",
		"begins in packet 13 of it's b.pcap (2024-05-01 03:00:00\n  UTC); established\n",
		"  no grant, of ev\\x1b",
		"  50003/udp  documented-dynamic\n  interface unknown; granted by an OXID resolver",
		" given to another client;",
		"  lsarpc, 01020300-0000-0000-0000-000000000000; named by its own bind, packet 12",
		" was told of 10.20.3.2  50001/tcp\n",
		"  nor 3 more ports\n",
		"1 rule: no sensor sees these hosts",
		"sha256 0123456789abcdef",
		"  1 address without a role",
		"--role sql=10.20.2.20",
	};
	struct sample s;
	struct out o = {0};

	sample_make(&s);
	render(&s, &plain, &o);
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (!strstr(out_str(&o), words[i]))
			fail_msg("the report does not say: %s", words[i]);
	/* A waived finding is no work. */
	const char *first = strstr(out_str(&o), "WHAT TO DO FIRST");
	const char *trust = strstr(out_str(&o), "CAN YOU TRUST");

	assert_true(first && trust && first < trust);
	assert_true(strstr(first, "F-aaaa00000003") > trust);
	out_done(&o);
}

static void check_bytes(const char *z, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)z[i];

		if (c != '\n' && (c < 0x20 || c > 0x7e))
			fail_msg("byte %02x at %zu in the plain report", c, i);
	}
}

/* Hostile names are inert: ours is ASCII, theirs was made so. */
static void test_inert(void **state)
{
	struct sample s;
	struct out o = {0};

	sample_make(&s);
	render(&s, &plain, &o);
	check_bytes(out_str(&o), o.n);
	assert_non_null(strstr(out_str(&o), "ev\\x1b[31mil\"'\\u{202e}\\xff<b>\\x0ax"));
	out_done(&o);
}

/* The longest line that may be broken at a space keeps to the width. */
static void test_width(void **state)
{
	static const unsigned widths[] = {80, 100, 120};
	struct sample s;
	struct out o = {0};

	sample_make(&s);
	for (unsigned w = 0; w < 3; w++) {
		struct report_options opt = plain;

		opt.width = widths[w];
		render(&s, &opt, &o);
		for (const char *z = out_str(&o); *z;) {
			size_t n = strcspn(z, "\n");

			if (n > widths[w])
				fail_msg("%zu columns of %u: %.*s", n, widths[w], (int)n, z);
			z += n + (z[n] == '\n');
		}
	}
	out_done(&o);
}

/* Colour adds only escape sequences: without them the bytes are the same. */
static void test_colour(void **state)
{
	struct report_options opt = plain;
	struct sample s;
	struct out o = {0}, bare = {0}, without = {0};
	size_t coloured = 0;

	sample_make(&s);
	opt.colour = true;
	render(&s, &opt, &o);
	render(&s, &plain, &bare);
	for (const char *z = out_str(&o); *z;) {
		if (*z == '\x1b') {
			coloured++;
			z += strcspn(z, "m") + 1;
			continue;
		}
		out_char(&without, *z++);
	}
	assert_true(coloured > 10);
	assert_string_equal(out_str(&without), out_str(&bare));
	out_done(&o);
	out_done(&bare);
	out_done(&without);
}

static void test_verdicts(void **state)
{
	static const struct {
		enum result_verdict verdict;
		const char *says, *trust;
		bool inconclusive;
	} rows[] = {
		{RESULT_COMPLIANT, "\n[OK] COMPLIANT ", "Yes: nothing was lost", false},
		{RESULT_FINDINGS, "\n[X] NOT COMPLIANT ", "Yes: nothing was lost", false},
		{RESULT_INCONCLUSIVE, "\n[?] INCONCLUSIVE ", "Only in part", true},
	};
	struct sample s;
	struct out o = {0};

	for (unsigned i = 0; i < 3; i++) {
		sample_make(&s);
		s.r.verdict = rows[i].verdict;
		s.r.coverage.n_caveats = 0;
		s.r.coverage.inconclusive = rows[i].inconclusive;
		s.r.coverage.inconclusive_why = rows[i].inconclusive ? "too short" : NULL;
		render(&s, &plain, &o);
		assert_non_null(strstr(out_str(&o), rows[i].says));
		assert_non_null(strstr(out_str(&o), rows[i].trust));
	}
	out_done(&o);
}

static void test_only(void **state)
{
	struct report_options opt = plain;
	struct sample s;
	struct out o = {0};

	sample_make(&s);
	opt.only = "unexpected"; /* a family */
	render(&s, &opt, &o);
	assert_non_null(strstr(out_str(&o), "FINDINGS (1 of 4: only unexpected)"));
	assert_non_null(strstr(out_str(&o), "F-7c1e00000001  HIGH"));
	assert_null(strstr(out_str(&o), "F-11d000000002"));
	assert_non_null(strstr(out_str(&o), "1 high, 1 medium, 1 info")); /* figures of all */
	opt.only = "unexp"; /* neither a kind nor a family */
	render(&s, &opt, &o);
	assert_non_null(strstr(out_str(&o), "FINDINGS (0 of 4"));
	out_done(&o);
}

static void test_empty(void **state)
{
	struct result r = {
		.from_ns = TIME_NONE, .to_ns = TIME_NONE, .verdict = RESULT_INCONCLUSIVE};
	struct out o = {0};

	assert_int_equal(report_format_by_name("text")->write(&r, &plain, &o), 0);
	assert_non_null(strstr(out_str(&o), "nothing was observed"));
	assert_non_null(strstr(out_str(&o), "No host has a role"));
	check_bytes(out_str(&o), o.n);
	out_done(&o);
}

static void test_numbers(void **state)
{
	char buf[64];

	assert_string_equal(number(0, buf), "0");
	assert_string_equal(number(999, buf), "999");
	assert_string_equal(number(1000, buf), "1,000");
	assert_string_equal(number(UINT64_MAX, buf), "18,446,744,073,709,551,615");
	assert_string_equal(counted(1, "packet", "packets", buf), "1 packet");
	assert_string_equal(counted(0, "packet", "packets", buf), "0 packets");
	assert_string_equal(percent(0, 0, buf), "-");
	assert_string_equal(percent(0, 5, buf), "0.00%");
	assert_string_equal(percent(1, 1000000, buf), "< 0.01%");
	assert_string_equal(percent(5, 5, buf), "100.00%");
	assert_string_equal(percent(UINT64_MAX / 2, UINT64_MAX, buf), "49.99%");
	assert_string_equal(size_human(999, buf), "999 bytes");
	assert_string_equal(size_human(1000, buf), "1.0 kB");
	assert_string_equal(size_human(3849999, buf), "3.8 MB");
}

/* The command must survive a shell, whatever the file is called. */
static void test_tshark(void **state)
{
	static const struct {
		const char *path, *line;
	} rows[] = {
		{"a.pcap", "tshark -r a.pcap -Y 'x'"},
		{"it's b.pcap", "tshark -r 'it'\\''s b.pcap' -Y 'x'"},
		{"-x.pcap", "tshark -r ./-x.pcap -Y 'x'"},
		{"$(reboot).pcap", "tshark -r '$(reboot).pcap' -Y 'x'"},
		{"-", "tshark -r FILE -Y 'x'"},
		{"a\nb.pcap", ""},
		{"", "tshark -r '' -Y 'x'"},
	};
	struct finding f = {.tshark = "x", .n_ev = 1};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct result_input in = {.path = rows[i].path};
		struct result r = {.inputs = &in, .n_inputs = 1};
		struct out o = {0};

		word_tshark(&r, &f, &o);
		assert_string_equal(out_str(&o), rows[i].line);
		out_done(&o);
	}
}

/* With what the run was given, and a word for what no shell could be given. */
static void test_extract(void **state)
{
	static const char many[] = "FILE stands for the captures of this run, all of them";
	static const char piped[] = "save the capture as FILE first: a pipe or standard input "
				    "cannot be read twice";
	static const struct {
		const char *options[10], *files[18];
		bool piped;
		const char *words, *note;
	} rows[] = {
		{{NULL}, {"a.pcap"}, false, "a.pcap", NULL},
		{{"--site", "site.yaml", "--vlan-key"},
		 {"a.pcap", "b/"},
		 false,
		 "--site site.yaml|--vlan-key|a.pcap|b/",
		 NULL},
		{{"--rules-dir", "my rules", "--rules", "$(x)", "--role", "sql=10.0.0.5,10.0.0.6",
		  "--filter", "not port 22"},
		 {"*.pcap"},
		 false,
		 "--rules-dir 'my rules'|--rules '$(x)'|--role sql=10.0.0.5,10.0.0.6|--filter "
		 "'not port 22'|'*.pcap'",
		 NULL},
		{{NULL},
		 {"it's.pcap", "-w.pcap", "- -.pcap", "a;b", "`x`", "", "\xc3\xa4.pcap"},
		 false,
		 "'it'\\''s.pcap'|./-w.pcap|./'- -.pcap'|'a;b'|'`x`'|''|'\xc3\xa4.pcap'",
		 NULL},
		{{NULL}, {"-"}, false, "FILE", piped},
		{{NULL}, {"a.pcap", "fifo"}, true, "FILE", piped},
		/* What a report must change to show it is not the name any more. */
		{{NULL}, {"a\nb.pcap"}, false, "FILE", "no report can show"},
		{{NULL}, {"a\x1b[2J.pcap"}, false, "FILE", "no report can show"},
		{{NULL}, {"\xff.pcap"}, false, "FILE", "no report can show"},
		{{NULL}, {"\xe2\x80\xae.pcap"}, false, "FILE", "no report can show"},
		{{"--site", "a\nb"}, {"a.pcap"}, false, "--site TEXT|a.pcap", NULL},
		{{NULL},
		 {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15",
		  "16", "17"},
		 false,
		 "FILE",
		 many},
	};
	struct finding f = {.id = "F-0123456789ab", .n_ev = 1};
	struct result none = {0};
	struct out o = {0};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct result r = {.told = {rows[i].options, rows[i].files, rows[i].piped}};
		const char *note = word_extract_note(&r);
		char line[512];

		snprintf(line, sizeof line,
			 "spanaudit extract F-0123456789ab|%s|-w f-0123456789ab.pcapng",
			 rows[i].words);
		out_reset(&o);
		word_extract(&r, &f, '|', &o);
		assert_string_equal(out_str(&o), line);
		if (!rows[i].note != !note || (note && !strstr(note, rows[i].note)))
			fail_msg("%s: %s", rows[i].words, note ? note : "no note");
	}
	/* There is no packet to write. */
	f.n_ev = 0;
	out_reset(&o);
	word_extract(&none, &f, ' ', &o);
	assert_string_equal(out_str(&o), "");
	out_done(&o);
}

static void test_formats(void **state)
{
	assert_ptr_equal(report_format_by_path("x.json"), report_format_by_name("json"));
	assert_ptr_equal(report_format_by_path("a.b/x.txt"), report_format_by_name("text"));
	assert_null(report_format_by_path(".json"));
	assert_null(report_format_by_path("a/.json"));
	assert_null(report_format_by_path("json"));
	assert_null(report_format_by_path("x.json.gz"));
	assert_null(report_format_by_name("docx"));
	assert_null(report_format_at(report_format_count()));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_says),     cmocka_unit_test(test_inert),
		cmocka_unit_test(test_width),    cmocka_unit_test(test_colour),
		cmocka_unit_test(test_verdicts), cmocka_unit_test(test_only),
		cmocka_unit_test(test_empty),    cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_tshark),   cmocka_unit_test(test_extract),
		cmocka_unit_test(test_formats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
