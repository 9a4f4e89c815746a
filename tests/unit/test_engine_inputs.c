// SPDX-License-Identifier: BSD-2-Clause
/* Several inputs as one capture: which are read, in which order, and what stands beside their
 * packets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <spanaudit/spanaudit.h>

#include "base/cpu.h"
#include "build.h"

struct room {
	char dir[64];
};

static int enter(void **state)
{
	struct room *r = calloc(1, sizeof *r);

	assert_non_null(r);
	snprintf(r->dir, sizeof r->dir, "/tmp/spanaudit-inputs-XXXXXX");
	assert_non_null(mkdtemp(r->dir));
	*state = r;
	return 0;
}

static int leave(void **state)
{
	struct room *r = *state;
	char command[128];

	snprintf(command, sizeof command, "rm -r %s", r->dir);
	assert_int_equal(system(command), 0);
	free(r);
	return 0;
}

static void put32(FILE *f, uint32_t v)
{
	assert_int_equal(fwrite(&v, 4, 1, f), 1);
}

static FILE *create(const struct room *r, const char *name, char path[128])
{
	FILE *f;

	snprintf(path, 128, "%s/%s", r->dir, name);
	f = fopen(path, "wb");
	assert_non_null(f);
	return f;
}

/* A SYN to SQL at each second of [from, to). */
static size_t syn(unsigned n, uint8_t *frame, size_t cap)
{
	struct build b = {.src = "10.20.1.11",
			  .dst = "10.20.2.20",
			  .sport = (uint16_t)(50000 + n),
			  .dport = 1433,
			  .proto = IPPROTO_NR_TCP,
			  .flags = TCP_SYN,
			  .seq = n};

	return build_frame(&b, frame, cap);
}

static void pcap(const struct room *r, const char *name, unsigned from, unsigned to)
{
	char path[128];
	FILE *f = create(r, name, path);

	put32(f, 0xa1b2c3d4);
	put32(f, 4 << 16 | 2);
	put32(f, 0);
	put32(f, 0);
	put32(f, 262144);
	put32(f, 1);
	for (unsigned n = from; n < to; n++) {
		uint8_t frame[128];
		uint32_t len = (uint32_t)syn(n, frame, sizeof frame);

		put32(f, 1700000000 + n);
		put32(f, 0);
		put32(f, len);
		put32(f, len);
		assert_int_equal(fwrite(frame, len, 1, f), 1);
	}
	fclose(f);
}

/* One packet, and a statistics block with a start time, interface drops and system drops
 * (draft-ietf-opsawg-pcapng 4.6). */
static void pcapng(const struct room *r, const char *name, unsigned n, uint64_t start, uint64_t nic,
		   uint64_t os)
{
	enum { ISB = 5, IF_NAME = 2, ISB_STARTTIME = 2, ISB_IFDROP = 5, ISB_OSDROP = 7 };
	uint8_t frame[128];
	uint32_t len = (uint32_t)syn(n, frame, sizeof frame), pad = -len & 3;
	uint64_t us = (uint64_t)(1700000000 + n) * 1000000;
	char path[128];
	FILE *f = create(r, name, path);

	put32(f, 0x0a0d0d0a);
	put32(f, 28);
	put32(f, 0x1a2b3c4d);
	put32(f, 1);
	put32(f, UINT32_MAX);
	put32(f, UINT32_MAX);
	put32(f, 28);
	put32(f, 1);
	put32(f, 32);
	put32(f, 1);
	put32(f, 0);
	put32(f, 4 << 16 | IF_NAME);
	assert_int_equal(fwrite("eth0", 4, 1, f), 1);
	put32(f, 0);
	put32(f, 32);
	put32(f, 6);
	put32(f, 32 + len + pad);
	put32(f, 0);
	put32(f, (uint32_t)(us >> 32));
	put32(f, (uint32_t)us);
	put32(f, len);
	put32(f, len);
	assert_int_equal(fwrite(frame, len, 1, f), 1);
	assert_int_equal(fwrite("\0\0\0", 1, pad, f), pad);
	put32(f, 32 + len + pad);
	put32(f, ISB);
	put32(f, 24 + 3 * 12 + 4);
	put32(f, 0);
	put32(f, (uint32_t)(us >> 32));
	put32(f, (uint32_t)us);
	put32(f, 8 << 16 | ISB_STARTTIME);
	put32(f, (uint32_t)(start >> 32));
	put32(f, (uint32_t)start);
	put32(f, 8 << 16 | ISB_IFDROP);
	put32(f, (uint32_t)nic);
	put32(f, (uint32_t)(nic >> 32));
	put32(f, 8 << 16 | ISB_OSDROP);
	put32(f, (uint32_t)os);
	put32(f, (uint32_t)(os >> 32));
	put32(f, 0);
	put32(f, 24 + 3 * 12 + 4);
	fclose(f);
}

/* The result document of an audit of these names in the room; to be freed. */
static char *audit(const struct room *r, const char *const *names, size_t n, int want)
{
	const char *root = getenv("SPANAUDIT_TEST_SOURCE_ROOT");
	struct span_audit *a = span_audit_new();
	char path[256], *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(a);
	snprintf(path, sizeof path, "%s/rules", root ? root : ".");
	assert_int_equal(span_audit_rules_dir(a, path), SPAN_OK);
	assert_int_equal(span_audit_role(a, "sql=10.20.2.20"), SPAN_OK);
	for (size_t i = 0; i < n; i++) {
		snprintf(path, sizeof path, "%s/%s", r->dir, names[i]);
		assert_int_equal(span_audit_file(a, path), SPAN_OK);
	}
	assert_int_equal(span_audit_run(a), want);
	assert_int_equal(span_audit_write(a, "json", NULL, f), SPAN_OK);
	fclose(f);
	span_audit_free(a);
	return text;
}

static void wants(const struct room *r, const char *const *names, size_t n, const char *text)
{
	char *got = audit(r, names, n, SPAN_OK);

	if (!strstr(got, text))
		fail_msg("'%s' is not in\n%s", text, got);
	free(got);
}

#define WANTS(r, text, ...)                          \
	wants(r, (const char *const[]){__VA_ARGS__}, \
	      sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *), text)

static void test_whatever_the_order(void **state)
{
	const struct room *r = *state;

	pcap(r, "a.pcap", 0, 10);
	pcap(r, "b.pcap", 10, 20);
	pcap(r, "c.pcap", 20, 30);

	static const char *const order[][3] = {{"a.pcap", "b.pcap", "c.pcap"},
					       {"c.pcap", "a.pcap", "b.pcap"},
					       {"b.pcap", "c.pcap", "a.pcap"}};
	char *first = audit(r, order[0], 3, SPAN_OK);

	assert_non_null(strstr(first, "\"packets\": 30"));
	for (size_t i = 1; i < N_ELEMENTS(order); i++) {
		char *other = audit(r, order[i], 3, SPAN_OK);

		assert_string_equal(first, other);
		free(other);
	}
	free(first);
	WANTS(r, "\"packets\": 30", "?.pcap");
	WANTS(r, "\"packets\": 20", "[bc].pcap");
}

static void test_same_bytes(void **state)
{
	const struct room *r = *state;

	pcap(r, "a.pcap", 0, 10);
	pcap(r, "copy.pcap", 0, 10);
	pcap(r, "empty.pcap", 0, 0);
	pcap(r, "quiet.pcap", 0, 0);
	WANTS(r, "\"packets\": 10,\n    \"decoded\": 10", "copy.pcap", "a.pcap");
	WANTS(r, "holds the same bytes as", "copy.pcap", "a.pcap");
	WANTS(r, "\"packets\": 10,\n    \"decoded\": 10", "a.pcap", "a.pcap");
	/* Files without packets are alike, and no copies. */

	char *got =
		audit(r, (const char *const[]){"a.pcap", "empty.pcap", "quiet.pcap"}, 3, SPAN_OK);

	assert_null(strstr(got, "holds the same bytes as"));
	free(got);
}

static void test_overlap(void **state)
{
	const struct room *r = *state;

	pcap(r, "a.pcap", 0, 10);
	pcap(r, "b.pcap", 6, 20);
	WANTS(r, "\"duplicates\": 4,", "b.pcap", "a.pcap");
	WANTS(r, "\"duplicates_across_inputs\": 4,", "b.pcap", "a.pcap");
}

/* The counters of a rotated set are one counter; those of two captures add up. */
static void test_drops(void **state)
{
	const struct room *r = *state;

	pcapng(r, "a.pcapng", 0, 1000, 5, 70);
	pcapng(r, "b.pcapng", 1, 1000, 9, 70);
	pcapng(r, "c.pcapng", 2, 2000, 1, 0);
	WANTS(r, "\"drops\": {\"kernel\": 70, \"interface\": 9}", "b.pcapng", "a.pcapng");
	WANTS(r, "\"drops\": {\"kernel\": 70, \"interface\": 10}", "a.pcapng", "b.pcapng",
	      "c.pcapng");
}

static void test_pipe(void **state)
{
	const struct room *r = *state;
	char path[128], command[512];

	pcap(r, "a.pcap", 0, 10);
	snprintf(path, sizeof path, "%s/pipe", r->dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	snprintf(command, sizeof command, "cat %s/a.pcap > %s &", r->dir, path);
	assert_int_equal(system(command), 0);
	WANTS(r, "\"packets\": 10,", "pipe");
}

/* What cannot be read is said; the rest is judged. */
static void test_missing(void **state)
{
	const struct room *r = *state;
	char *got;

	pcap(r, "a.pcap", 0, 10);
	got = audit(r, (const char *const[]){"a.pcap", "*.pcapng"}, 2, SPAN_INPUT);
	assert_non_null(strstr(got, "\"failed\": true"));
	assert_non_null(strstr(got, "\"decoded\": 10"));
	free(got);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_whatever_the_order),
		TEST(test_same_bytes),
		TEST(test_overlap),
		TEST(test_drops),
		TEST(test_pipe),
		TEST(test_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
