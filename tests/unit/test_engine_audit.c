// SPDX-License-Identifier: BSD-2-Clause
/* The public interface as a program uses it: two audits side by side, the same bytes whatever the
 * secret of the hash tables, the order of files or a split; and what happens without a run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <spanaudit/spanaudit.h>

#include "base/cpu.h"
#include "build.h"

enum { SERVERS = 3, SESSIONS = 40 };

struct tmp {
	char dir[64];
	char path[3][80]; /* the whole capture, its first half, its second */
};

static void put32(FILE *f, uint32_t v)
{
	assert_int_equal(fwrite(&v, 4, 1, f), 1);
}

static FILE *pcap_create(const char *path)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	put32(f, 0xa1b2c3d4);
	put32(f, 4 << 16 | 2);
	put32(f, 0);
	put32(f, 0);
	put32(f, 262144);
	put32(f, 1);
	return f;
}

/* TCP sessions of clients to SQL, web and a port that nobody documents, SYN to FIN. */
static void write_capture(struct tmp *t)
{
	FILE *f[3];
	unsigned n = 0;

	for (int i = 0; i < 3; i++)
		f[i] = pcap_create(t->path[i]);
	for (unsigned s = 0; s < SESSIONS; s++) {
		static const uint16_t ports[SERVERS] = {1433, 443, 2222};
		char client[32], server[32];

		snprintf(client, sizeof client, "10.20.1.%u", 11 + s % 5);
		snprintf(server, sizeof server, "10.20.2.%u", 20 + s % SERVERS);
		for (unsigned k = 0; k < 5; k++, n++) {
			static const uint8_t flags[] = {TCP_SYN, TCP_SYN | TCP_ACK, TCP_ACK,
							TCP_ACK | TCP_FIN, TCP_ACK | TCP_FIN};
			bool back = k == 1 || k == 4;
			struct build b = {
				.src = back ? server : client,
				.dst = back ? client : server,
				.sport = back ? ports[s % SERVERS] : (uint16_t)(50000 + s),
				.dport = back ? (uint16_t)(50000 + s) : ports[s % SERVERS],
				.proto = IPPROTO_NR_TCP,
				.flags = flags[k],
				.seq = back ? 9000 + (k == 4) : 100 + (k > 1),
				.ack = back    ? 101 + (k == 4)
				       : k > 1 ? 9001
					       : 0,
			};
			uint8_t frame[256];
			size_t len = build_frame(&b, frame, sizeof frame);

			for (int i = 0; i < 3; i++) {
				if (i && (n < SESSIONS * 5 / 2) != (i == 1))
					continue;
				put32(f[i], 1700000000 + n);
				put32(f[i], 0);
				put32(f[i], (uint32_t)len);
				put32(f[i], (uint32_t)len);
				assert_int_equal(fwrite(frame, len, 1, f[i]), 1);
			}
		}
	}
	for (int i = 0; i < 3; i++)
		fclose(f[i]);
}

static int setup(void **state)
{
	struct tmp *t = calloc(1, sizeof *t);
	char dir[] = "/tmp/spanaudit-test-XXXXXX";

	if (!mkdtemp(dir))
		return -1;
	snprintf(t->dir, sizeof t->dir, "%s", dir);
	for (int i = 0; i < 3; i++)
		snprintf(t->path[i], sizeof t->path[i], "%s/%d.pcap", dir, i);
	write_capture(t);
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct tmp *t = *state;

	for (int i = 0; i < 3; i++)
		unlink(t->path[i]);
	rmdir(t->dir);
	free(t);
	return 0;
}

static struct span_audit *an_audit(uint64_t secret)
{
	struct span_audit *a = span_audit_new();

	assert_non_null(a);
	span_audit_hash_key(a, secret, ~secret);
	assert_int_equal(span_audit_role(a, "crm-full=10.20.1.11,10.20.1.12,10.20.1.13"), SPAN_OK);
	assert_int_equal(span_audit_role(a, "sql=10.20.2.20"), SPAN_OK);
	return a;
}

static void run(struct span_audit *a)
{
	int r = span_audit_run(a);

	if (r)
		span_audit_errors(a, stderr);
	assert_int_equal(r, SPAN_OK);
}

/* Owned by the caller. */
static char *flows(struct span_audit *a)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	assert_int_equal(span_audit_write_flows(a, NULL, true, f, stderr), SPAN_OK);
	fclose(f);
	return text;
}

static char *report(struct span_audit *a, const char *format)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	assert_int_equal(span_audit_write(a, format, NULL, f), SPAN_OK);
	fclose(f);
	return text;
}

static void two_audits_in_one_process(void **state)
{
	struct tmp *t = *state;
	struct span_audit *a = an_audit(1), *b = an_audit(0xfeedfacecafebeef);

	span_audit_file(a, t->path[0]);
	span_audit_file(b, t->path[0]);
	run(a);
	run(b);

	/* Different secrets, same bytes, in every format. */
	for (size_t i = 0; span_format_name(i); i++) {
		char *x = report(a, span_format_name(i)), *y = report(b, span_format_name(i));

		assert_string_equal(x, y);
		free(x);
		free(y);
	}
	span_audit_free(a);

	char *y = flows(b); /* the other one still stands */

	assert_non_null(strstr(y, "\"server_port\": 2222"));
	free(y);
	span_audit_free(b);
}

/* Owned by the caller. */
static char *stats(struct span_audit *a)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	assert_int_equal(span_audit_write_stats(a, f), SPAN_OK);
	fclose(f);
	return text;
}

static void who_counts_time_sees_the_same(void **state)
{
	static const char *const words[] = {
		"of 200 packets by stage",
		"\n  read and order",
		"\n  decode",
		"\n  copies",
		"\n  flow table",
		"\n  ends of flows",
		"\n  roles",
		"\n  judge",
		"\n  report",
		"\n  all",
		"of 40 flows",
	};
	struct tmp *t = *state;
	struct span_audit *a = an_audit(1), *b = an_audit(2);

	assert_int_equal(span_audit_stats(a, true), SPAN_OK);
	span_audit_file(a, t->path[0]);
	span_audit_file(b, t->path[0]);
	run(a);
	run(a); /* anew, not on top */
	run(b);

	char *x = report(a, "json"), *y = report(b, "json");

	assert_string_equal(x, y);
	free(x);
	free(y);
	x = stats(a);
	for (size_t i = 0; i < N_ELEMENTS(words); i++)
		if (!strstr(x, words[i]))
			fail_msg("'%s' is not in:\n%s", words[i], x);
	free(x);
	y = stats(b);
	assert_string_equal(y, "");
	free(y);
	assert_int_equal(span_audit_stats(a, false), SPAN_OK);
	x = stats(a);
	assert_string_equal(x, "");
	free(x);
	span_audit_free(a);
	span_audit_free(b);
}

static void a_split_does_not_show(void **state)
{
	struct tmp *t = *state;
	struct span_audit *a = an_audit(1), *b = an_audit(2), *c = an_audit(3);

	span_audit_file(a, t->path[0]);
	span_audit_file(b, t->path[1]);
	span_audit_file(b, t->path[2]);
	span_audit_file(c, t->path[2]); /* in the wrong order on purpose */
	span_audit_file(c, t->path[1]);
	run(a);
	run(b);
	run(c);

	char *x = flows(a), *y = flows(b), *z = flows(c);

	assert_string_equal(x, y);
	assert_string_equal(x, z);
	free(x);
	free(y);
	free(z);
	y = report(b, "json");
	z = report(c, "json");
	assert_string_equal(y, z);
	free(y);
	free(z);
	span_audit_free(a);
	span_audit_free(b);
	span_audit_free(c);
}

static void an_audit_can_run_again(void **state)
{
	struct tmp *t = *state;
	struct span_audit *a = an_audit(1);

	span_audit_file(a, t->path[0]);
	run(a);

	char *x = report(a, "json");

	run(a);

	char *y = report(a, "json");

	assert_string_equal(x, y);
	free(x);
	free(y);
	span_audit_free(a);
}

static void mistakes_are_told(void **state)
{
	struct tmp *t = *state;
	struct span_audit *a = an_audit(1);
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	assert_int_equal(span_audit_write(a, "text", NULL, f), SPAN_USAGE); /* before a run */
	span_audit_filter(a, "tcp prot 80");
	span_audit_file(a, t->path[0]);
	assert_int_equal(span_audit_run(a), SPAN_USAGE);
	span_audit_errors(a, f);
	fflush(f);
	assert_non_null(strstr(text, "tcp prot 80"));
	fclose(f);
	free(text);
	span_audit_free(a);

	a = an_audit(1);
	span_audit_file(a, "/nonexistent/night.pcap");
	span_audit_file(a, t->path[0]);
	assert_int_equal(span_audit_run(a), SPAN_INPUT);
	assert_int_equal(span_audit_exit_code(a, "medium"), 3);
	assert_int_equal(span_audit_exit_code(a, "dire"), SPAN_USAGE);
	text = flows(a); /* the other file was read */
	assert_non_null(strstr(text, "10.20.2.20"));
	free(text);
	span_audit_free(a);

	a = an_audit(1);
	assert_int_equal(span_audit_role(a, "king=10.0.0.1"), SPAN_OK);
	assert_int_equal(span_audit_run(a), SPAN_USAGE);
	span_audit_free(a);
	assert_null(span_audit_free(NULL));
}

/* SSH to SQL Server is a medium finding or worse; whether it fails the audit is the caller's word.
 */
static void the_bar_decides_the_verdict(void **state)
{
	static const struct {
		const char *fail_on, *says;
		int code;
	} rows[] = {
		{"low", "\"findings\"", 1},
		{"critical", "\"compliant\"", 0},
		{"never", "\"findings\"", 0},
	};
	struct tmp *t = *state;

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct span_audit *a = an_audit(1);
		char *json, *text;

		assert_int_equal(span_audit_fail_on(a, rows[i].fail_on), SPAN_OK);
		span_audit_file(a, t->path[0]);
		run(a);
		json = report(a, "json");
		text = strstr(json, "\"verdict\": ");
		assert_non_null(text);
		assert_memory_equal(text + strlen("\"verdict\": "), rows[i].says,
				    strlen(rows[i].says));
		assert_int_equal(span_audit_exit_code(a, rows[i].fail_on), rows[i].code);
		free(json);
		span_audit_free(a);
	}
}

/* With room for next to nothing the report must not take what it forgot for what was not there. */
static void want_of_memory_is_no_evidence(void **state)
{
	struct tmp *t = *state;
	struct span_audit *a = an_audit(1);
	char *json;

	span_audit_max_memory(a, 4096);
	span_audit_file(a, t->path[0]);
	run(a);
	json = report(a, "json");
	assert_null(strstr(json, "\"missing\""));
	assert_non_null(strstr(json, "found no room in memory"));
	assert_int_equal(span_audit_exit_code(a, "critical"), 4);
	free(json);
	span_audit_free(a);
}

static void explains_without_packets(void **state)
{
	struct span_audit *a = an_audit(1);
	static const struct {
		const char *what;
		int status;
		const char *says;
	} rows[] = {
		{"crm-full -> sql:1433/tcp", SPAN_OK, "documented"},
		{"10.20.1.11 -> 10.20.2.20:22/tcp", SPAN_OK, "unexpected-port"},
		{"crm-full -> sql:1433", SPAN_USAGE, "CLIENT -> SERVER:PORT/tcp"},
		{"crm-full -> squirrel:1433/tcp", SPAN_USAGE, "server"},
		{"F-000000000000", SPAN_USAGE, "capture files"},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		char *text = NULL;
		size_t n = 0;
		FILE *f = open_memstream(&text, &n);

		assert_int_equal(span_audit_explain(a, rows[i].what, 80, f, f), rows[i].status);
		fclose(f);
		if (!strstr(text, rows[i].says))
			fail_msg("'%s' gave: %s", rows[i].what, text);
		free(text);
	}
	span_audit_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_audits_in_one_process),
		cmocka_unit_test(who_counts_time_sees_the_same),
		cmocka_unit_test(a_split_does_not_show),
		cmocka_unit_test(an_audit_can_run_again),
		cmocka_unit_test(mistakes_are_told),
		cmocka_unit_test(the_bar_decides_the_verdict),
		cmocka_unit_test(want_of_memory_is_no_evidence),
		cmocka_unit_test(explains_without_packets),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
