// SPDX-License-Identifier: BSD-2-Clause
/*
 * A live run inside this process, which keeps its rights: leaks and undefined behaviour show here.
 * In a network namespace of its own; skipped where there may be none.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include <spanaudit/spanaudit.h>

#include "base/cpu.h"
#include "base/time.h"

enum { SKIPPED = 77, PORT = 1433 };

/* What was told, by kind. */
struct told {
	struct span_audit *a;
	unsigned n[8];
	char last[8][512];
};

static void notice(void *user, enum span_live_notice what, const char *text)
{
	struct told *t = user;

	t->n[what]++;
	snprintf(t->last[what], sizeof t->last[what], "%s", text);
	if (what == SPAN_LIVE_JUDGED)
		span_audit_stop(t->a);
}

static bool own_network(void)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd;
	bool up;

	if (unshare(CLONE_NEWNET) < 0)
		return false;
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	up = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &lo) == 0;
	if (fd >= 0)
		close(fd);
	return up;
}

/* Datagrams to a port of this host where nobody listens: the kernel answers each with ICMP. They
 * wait in the ring, so a run that begins later has them. */
static void talk(unsigned n)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(PORT),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_true(fd >= 0);
	for (unsigned i = 0; i < n; i++)
		(void)!sendto(fd, &i, sizeof i, 0, (const struct sockaddr *)(const void *)&to,
			      sizeof to);
	close(fd);
}

static void set_rules(struct span_audit *a)
{
	const char *root = getenv("SPANAUDIT_TEST_SOURCE_ROOT");
	char path[4096];

	snprintf(path, sizeof path, "%s/rules", root ? root : ".");
	assert_int_equal(span_audit_rules_dir(a, path), SPAN_OK);
}

/* The talk, without what the kernel answers. */
static const char only_talk[] = "udp and dst port 1433";

static struct span_audit *opened(struct span_live_options *o, struct told *t)
{
	static const char *const names[] = {"lo"};
	struct span_audit *a = span_audit_new();

	assert_non_null(a);
	*t = (struct told){.a = a};
	o->interfaces = names;
	o->n_interfaces = 1;
	o->notice = notice;
	o->user = t;
	set_rules(a);
	assert_int_equal(span_audit_filter(a, only_talk), SPAN_OK);
	assert_int_equal(span_live_open(a, o), SPAN_OK);
	return a;
}

static json_t *document(const struct span_audit *a)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);
	json_t *j;

	assert_non_null(f);
	assert_int_equal(span_audit_write(a, "json", NULL, f), 0);
	fclose(f);
	j = json_loadb(text, n, 0, NULL);
	free(text);
	assert_non_null(j);
	return j;
}

static json_int_t packets(const json_t *j)
{
	return json_integer_value(json_object_get(json_object_get(j, "coverage"), "packets"));
}

/* Ended by a number of packets: not one more. */
static void ends_at_a_number(void **state)
{
	struct span_live_options o = {
		.packets = 25, .events_fd = -1, .lines_fd = -1, .messages_fd = -1};
	struct told t;
	struct span_audit *a = opened(&o, &t);
	json_t *j;

	(void)state;
	talk(100);
	assert_int_equal(span_live_run(a), 0);
	j = document(a);
	assert_int_equal(packets(j), 25);
	json_decref(j);
	assert_int_equal(t.n[SPAN_LIVE_STARTED], 1);
	span_audit_free(a);
}

/* Judged while it runs, by a child; then asked, and stopped by what it was told. */
static void is_judged_while_it_runs(void **state)
{
	char path[] = "/tmp/spanaudit-live-XXXXXX";
	struct span_live_options o = {.every_ns = NS_PER_S / 4, .lines_fd = -1, .messages_fd = -1};
	char line[65536] = "";
	struct told t;
	struct span_audit *a;
	json_t *j, *e;
	FILE *f;

	(void)state;
	o.events_fd = mkstemp(path);
	assert_true(o.events_fd >= 0);
	a = opened(&o, &t);
	talk(40);
	span_live_ask(a);
	assert_int_equal(span_live_run(a), 0);
	assert_int_equal(t.n[SPAN_LIVE_TROUBLE], 0);
	assert_true(t.n[SPAN_LIVE_JUDGED] >= 1);
	assert_int_equal(t.n[SPAN_LIVE_COUNTERS], 1);
	assert_non_null(strstr(t.last[SPAN_LIVE_COUNTERS], "lo (up): "));
	j = document(a);
	assert_int_equal(packets(j), 40);
	f = fopen(path, "re");
	assert_non_null(f);
	while (fgets(line, sizeof line, f)) {
		e = json_loads(line, 0, NULL);
		assert_non_null(e);
		assert_non_null(json_object_get(json_object_get(e, "spanaudit"), "status"));
		json_decref(e);
	}
	fclose(f);
	assert_int_equal(json_array_size(json_object_get(j, "inputs")), 1);
	json_decref(j);
	close(o.events_fd);
	unlink(path);
	span_audit_free(a);
}

/* Stopped before it began: what waits in the kernel is still read. */
static void what_waits_is_read(void **state)
{
	struct span_live_options o = {.events_fd = -1, .lines_fd = -1, .messages_fd = -1};
	struct told t;
	struct span_audit *a = opened(&o, &t);
	json_t *j;

	(void)state;
	talk(1000);
	span_audit_stop(a);
	assert_int_equal(span_live_run(a), 0);
	j = document(a);
	assert_int_equal(packets(j), 1000);
	json_decref(j);
	span_audit_free(a);
}

/* Opened and never run; and what cannot be opened. */
static void is_closed_unrun(void **state)
{
	static const char *const nowhere[] = {"nosuch0"};
	struct span_live_options o = {.events_fd = -1, .lines_fd = -1, .messages_fd = -1};
	struct told t;
	struct span_audit *a = opened(&o, &t);

	(void)state;
	talk(10);
	span_audit_free(a);
	a = span_audit_new();
	assert_non_null(a);
	o.interfaces = nowhere;
	set_rules(a);
	assert_int_equal(span_live_open(a, &o), SPAN_INPUT);
	span_audit_free(a);
}

static void limits_are_not_mixed(void **state)
{
	struct span_live_options o = {.duration_ns = NS_PER_S / 5,
				      .packets = 1000000,
				      .events_fd = -1,
				      .lines_fd = -1,
				      .messages_fd = -1};
	struct told t;
	struct span_audit *a = opened(&o, &t);
	json_t *j;

	(void)state;
	assert_int_equal(span_live_run(a), 0);
	j = document(a);
	assert_int_equal(packets(j), 0);
	assert_string_equal(json_string_value(json_object_get(j, "verdict")), "inconclusive");
	json_decref(j);
	span_audit_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends_at_a_number),     cmocka_unit_test(is_judged_while_it_runs),
		cmocka_unit_test(what_waits_is_read),   cmocka_unit_test(is_closed_unrun),
		cmocka_unit_test(limits_are_not_mixed),
	};

	if (!own_network()) {
		puts("skipped: no right to make a network namespace");
		return SKIPPED;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
