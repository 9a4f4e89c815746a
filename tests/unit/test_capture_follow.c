// SPDX-License-Identifier: BSD-2-Clause
/*
 * Writers of every habit, in a thread of their own, and a reader that must get every packet once.
 * No time is asserted; what does not come lets the test run into its limit.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "base/time.h"
#include "capture/folder.h"
#include "capture/follow.h"
#include "capture/ring.h"
#include "capture/source.h"
#include "pack.h"

enum { RECORD = 16 + 60, HEADER = 24, LIMIT_S = 120 };

static char folder[64];

static int make_folder(void **state)
{
	alarm(LIMIT_S);
	snprintf(folder, sizeof folder, "/tmp/spanaudit-test-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char command[100];

	alarm(0);
	snprintf(command, sizeof command, "rm -rf %s", folder);
	return system(command);
}

static const char *in_folder(const char *name, char path[200])
{
	snprintf(path, 200, "%s/%s", folder, name);
	return path;
}

/* ------------------------------------------------------------------ writers */

static void put_le32(uint8_t *p, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static void make_header(uint8_t p[HEADER])
{
	memcpy(p, "\xd4\xc3\xb2\xa1\2\0\4\0\0\0\0\0\0\0\0\0\0\0\1\0\1\0\0\0", HEADER);
}

/* Packet k was at second k. */
static void make_record(uint8_t p[RECORD], uint32_t k)
{
	memset(p, 0, RECORD);
	put_le32(p, k);
	put_le32(p + 8, 60);
	put_le32(p + 12, 60);
	put_le32(p + 16, k * 2654435761U);
}

static int create(const char *name, int flags)
{
	char path[200];
	int fd = open(in_folder(name, path), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);

	if (fd < 0)
		abort();
	return fd;
}

static void put(int fd, const void *p, size_t n)
{
	if (write(fd, p, n) != (ssize_t)n)
		abort();
}

/* Packets from..to-1, `step` bytes at a time, 0: all at once. */
static void put_packets(int fd, uint32_t from, uint32_t to, size_t step)
{
	for (uint32_t k = from; k < to; k++) {
		uint8_t p[RECORD];

		make_record(p, k);
		for (size_t at = 0; at < RECORD; at += step ? step : RECORD) {
			size_t n = step && step < RECORD - at ? step : RECORD - at;

			put(fd, p + at, n);
		}
	}
}

static void put_file(const char *name, uint32_t from, uint32_t to)
{
	uint8_t header[HEADER];
	int fd = create(name, O_TRUNC);

	make_header(header);
	put(fd, header, HEADER);
	put_packets(fd, from, to, 0);
	close(fd);
}

static void pause_ms(unsigned ms)
{
	usleep(ms * 1000);
}

static void drop(const char *name)
{
	char path[200];

	unlink(in_folder(name, path));
}

static void move(const char *from, const char *to)
{
	char a[200], b[200];

	if (rename(in_folder(from, a), in_folder(to, b)) < 0)
		abort();
}

/* ------------------------------------------------------------------ the reader */

struct reading {
	int stop_fd;
	struct follow *f;
	pthread_t writer;
	uint32_t seen[4096]; /* how often packet k came */
	uint32_t n, stop_at; /* packets; ends by itself at that many */
	bool in_order;
	int64_t last_ns;
	size_t n_files;
	char names[400]; /* of the files, with a space behind each */
	struct follow_stats stats;
};

static struct follow_options quick(int stop_fd)
{
	return (struct follow_options){
		.stop_fd = stop_fd, .poll_ms = 20, .settle_ms = 400, .quiet_ms = 1500};
}

static void stop(const struct reading *r)
{
	uint64_t one = 1;

	assert_int_equal(write(r->stop_fd, &one, sizeof one), sizeof one);
}

static void take_frames(struct reading *r, const struct batch *b)
{
	for (size_t i = 0; i < b->n; i++) {
		int64_t k = b->f[i].ts_ns / NS_PER_S;

		assert_true(k >= 0 && k < (int64_t)N_ELEMENTS(r->seen));
		r->seen[k]++;
		r->n++;
		if (b->f[i].ts_ns < r->last_ns)
			r->in_order = false;
		r->last_ns = b->f[i].ts_ns;
	}
	if (r->n >= r->stop_at)
		stop(r);
}

static void read_one(struct reading *r, const char *path)
{
	struct source_options opt = {.wait = follow_wait, .wait_user = r->f};
	struct errors errs = {0};
	bool usage = false;
	struct source *s = source_open(path, &opt, &errs, &usage);
	struct batch b;

	if (s) {
		while (assert_int_equal(source_next(s, &b), 0), b.n)
			take_frames(r, &b);
		/* Nothing is cut that was waited for. */
		if (!follow_stopped(r->f) && s->end == SOURCE_CUT)
			fail_msg("%s: %s", path, s->why);
	}
	source_close(s);
	errors_done(&errs);
}

static void begin(struct reading *r, uint32_t stop_at)
{
	*r = (struct reading){.stop_fd = eventfd(0, EFD_CLOEXEC),
			      .stop_at = stop_at,
			      .in_order = true,
			      .last_ns = TIME_NONE};
	assert_true(r->stop_fd >= 0);
}

/* Follows until stop_at packets came, while writer() runs (NULL: nothing does). */
static void follow_all(struct reading *r, const char *path, uint32_t stop_at,
		       void *(*writer)(void *))
{
	struct follow_options opt;
	const char *next;
	int got;

	begin(r, stop_at);
	opt = quick(r->stop_fd);
	assert_int_equal(follow_new(path, &opt, &r->f), 0);
	if (writer)
		assert_int_equal(pthread_create(&r->writer, NULL, writer, r), 0);
	while ((got = follow_next(r->f, &next)) == 1) {
		size_t n = strlen(r->names);

		snprintf(r->names + n, sizeof r->names - n, "%s ", strrchr(next, '/') + 1);
		r->n_files++;
		read_one(r, next);
	}
	assert_int_equal(got, 0);
	assert_true(follow_stopped(r->f));
	if (writer)
		pthread_join(r->writer, NULL);
	r->stats = *follow_stats(r->f);
	assert_int_equal(r->stats.files, r->n_files);
	assert_null(follow_free(r->f));
	close(r->stop_fd);
}

static void each_once(const struct reading *r, uint32_t from, uint32_t to)
{
	for (uint32_t k = 0; k < N_ELEMENTS(r->seen); k++)
		if (r->seen[k] != (k >= from && k < to))
			fail_msg("packet %u came %u times (files: %s)", k, r->seen[k], r->names);
}

/* ------------------------------------------------------------------ one file */

static void *byte_by_byte(void *user)
{
	uint8_t header[HEADER];
	int fd = create("grows.pcap", O_APPEND);

	make_header(header);
	for (size_t i = 0; i < HEADER; i++)
		put(fd, header + i, 1);
	put_packets(fd, 0, 50, 1);
	pause_ms(50);
	put_packets(fd, 50, 60, 7);
	close(fd);
	return NULL;
}

static void a_file_that_grows(void **state)
{
	struct reading r;
	char path[200];

	close(create("grows.pcap", O_TRUNC));
	follow_all(&r, in_folder("grows.pcap", path), 60, byte_by_byte);
	each_once(&r, 0, 60);
	assert_int_equal(r.n_files, 1);
	assert_int_equal(r.stats.overwritten, 0);
}

static void *replace_it(void *user)
{
	int old = create("a.pcap", O_APPEND);

	put_packets(old, 10, 20, 0);
	pause_ms(50);
	move("a.pcap", "a.pcap.1");
	pause_ms(50);
	/* Its writer still holds it. */
	put_packets(old, 20, 25, 0);
	close(old);
	pause_ms(100);
	put_file("new", 25, 40);
	move("new", "a.pcap");
	return NULL;
}

static void a_file_that_is_replaced(void **state)
{
	struct reading r;
	char path[200];

	put_file("a.pcap", 0, 10);
	follow_all(&r, in_folder("a.pcap", path), 40, replace_it);
	each_once(&r, 0, 40);
	assert_true(r.in_order);
	assert_string_equal(r.names, "a.pcap a.pcap ");
	assert_int_equal(r.stats.overwritten, 0);
}

static void *begin_anew(void *user)
{
	struct reading *r = user;

	while (__atomic_load_n(&r->n, __ATOMIC_RELAXED) < 10)
		pause_ms(5);
	put_file("b.pcap", 10, 13);
	return NULL;
}

static void a_file_that_is_begun_anew(void **state)
{
	struct reading r;
	char path[200];

	put_file("b.pcap", 0, 10);
	follow_all(&r, in_folder("b.pcap", path), 13, begin_anew);
	each_once(&r, 0, 13);
	assert_string_equal(r.names, "b.pcap b.pcap ");
	assert_int_equal(r.stats.overwritten, 1);
}

static void stop_at_once(void **state)
{
	struct reading r;
	char path[200];
	struct follow_options opt;
	const char *next;

	put_file("c.pcap", 0, 10);
	begin(&r, 10);
	opt = quick(r.stop_fd);
	assert_int_equal(follow_new(in_folder("c.pcap", path), &opt, &r.f), 0);
	assert_int_equal(follow_next(r.f, &next), 1);
	stop(&r);
	assert_false(follow_wait(r.f));
	assert_true(follow_stopped(r.f));
	assert_int_equal(follow_next(r.f, &next), 0);
	follow_free(r.f);
	close(r.stop_fd);
}

static void what_cannot_be_followed(void **state)
{
	struct follow_options opt = quick(-1);
	struct follow *f;
	char path[200];

	assert_int_equal(follow_new(in_folder("nothing", path), &opt, &f), -ENOENT);
	assert_null(f);
	assert_int_equal(mkfifo(in_folder("pipe", path), 0600), 0);
	assert_int_equal(follow_new(path, &opt, &f), -EINVAL);
	assert_null(f);
	assert_null(follow_free(NULL));
}

/* ------------------------------------------------------------------ rings */

/* dumpcap -b files:3: a number and the time in each name, the oldest is deleted, and each packet
 * is there in pieces for a while. */
static void *like_dumpcap(void *user)
{
	uint8_t header[HEADER];
	struct reading *r = user;

	make_header(header);
	for (unsigned i = 0; i < 8; i++) {
		char name[64], old[64];
		int fd;

		snprintf(name, sizeof name, "x_%05u_2024050112%04u.pcap", i + 1, i * 10);
		fd = create(name, O_TRUNC);
		put(fd, header, HEADER);
		put_packets(fd, i * 10, i * 10 + 10, i % 2 ? 11 : 0);
		close(fd);
		/* Never before it was read: nothing may be lost. */
		while (__atomic_load_n(&r->n, __ATOMIC_RELAXED) < i * 10 + 10)
			pause_ms(5);
		if (i >= 3) {
			snprintf(old, sizeof old, "x_%05u_2024050112%04u.pcap", i - 2,
				 (i - 3) * 10);
			drop(old);
		}
	}
	return NULL;
}

static void a_ring_of_dumpcap(void **state)
{
	struct reading r;

	follow_all(&r, folder, 80, like_dumpcap);
	each_once(&r, 0, 80);
	assert_true(r.in_order);
	assert_int_equal(r.n_files, 8);
	assert_int_equal(r.stats.lost, 0);
	assert_int_equal(r.stats.late, 0);
}

/* tcpdump -W 3: x0 x1 x2 x0 ..., each begun anew in place. */
static void *like_tcpdump_w(void *user)
{
	struct reading *r = user;

	for (unsigned i = 0; i < 9; i++) {
		char name[64];

		snprintf(name, sizeof name, "x%u", i % 3);
		put_file(name, i * 10, i * 10 + 10);
		while (__atomic_load_n(&r->n, __ATOMIC_RELAXED) < i * 10 + 10)
			pause_ms(5);
	}
	return NULL;
}

static void a_ring_that_uses_names_again(void **state)
{
	struct reading r;

	follow_all(&r, folder, 90, like_tcpdump_w);
	each_once(&r, 0, 90);
	assert_true(r.in_order);
	assert_string_equal(r.names, "x0 x1 x2 x0 x1 x2 x0 x1 x2 ");
	assert_int_equal(r.stats.lost, 0);
	assert_int_equal(r.stats.overwritten, 0);
}

/* tcpdump -C: x x1 x2 ... x10 x11, all there before it begins, and one more that grows. */
static void *one_more(void *user)
{
	int fd = create("x11", O_APPEND);

	pause_ms(50);
	put_packets(fd, 60, 70, 5);
	close(fd);
	return NULL;
}

static void numbers_are_numbers(void **state)
{
	struct reading r;

	/* Empty captures have no time: what is left is the name. */
	put_file("x", 0, 5);
	for (unsigned i = 1; i < 12; i++) {
		char name[64];

		snprintf(name, sizeof name, "x%u", i);
		put_file(name, i * 5, i * 5 + 5);
	}
	follow_all(&r, folder, 70, one_more);
	each_once(&r, 0, 70);
	assert_true(r.in_order);
	assert_string_equal(r.names, "x x1 x2 x3 x4 x5 x6 x7 x8 x9 x10 x11 ");
	assert_int_equal(r.stats.late, 0);
}

/* tcpdump -G with strftime(3): no number, and not in the order of letters. */
static void names_of_times(void **state)
{
	static const char *const names[] = {"cap-23:59:50", "cap-00:00:00", "cap-00:00:10"};
	struct reading r;

	for (unsigned i = 0; i < N_ELEMENTS(names); i++)
		put_file(names[i], i * 10, i * 10 + 10);
	follow_all(&r, folder, 30, NULL);
	each_once(&r, 0, 30);
	assert_true(r.in_order);
}

static void *overtake(void *user)
{
	struct reading *r = user;

	while (__atomic_load_n(&r->n, __ATOMIC_RELAXED) < 10)
		pause_ms(5);
	/* x1 and x2 come while x0 still grows, and go, or are begun anew, before their turn. */
	int fd = create("x0", O_APPEND);

	put_file("x1", 20, 30);
	put_file("x2", 30, 40);
	for (unsigned i = 0; i < 20; i++) {
		put_packets(fd, 10 + i / 2, 10 + i / 2 + i % 2, 0);
		pause_ms(10);
	}
	drop("x1");
	put_file("x2", 50, 55);
	close(fd);
	return NULL;
}

static void what_was_gone_before_its_turn(void **state)
{
	struct reading r;

	put_file("x0", 0, 10);
	follow_all(&r, folder, 25, overtake);
	for (uint32_t k = 0; k < 60; k++)
		assert_int_equal(r.seen[k], k < 20 || (k >= 50 && k < 55));
	assert_int_equal(r.stats.lost, 2);
	assert_true(strcmp(r.stats.lost_name, "x1") == 0 || strcmp(r.stats.lost_name, "x2") == 0);
}

static void *pack_it(void *user)
{
	struct reading *r = user;
	char path[200];
	uint8_t whole[HEADER + 10 * RECORD], *packed;
	size_t n;
	int fd;

	while (__atomic_load_n(&r->n, __ATOMIC_RELAXED) < 10)
		pause_ms(5);
	put_file("x1", 10, 15);
	/* tcpdump -z gzip: for a while both are there, and then the packed one. */
	fd = open(in_folder("x0", path), O_RDONLY);
	if (read(fd, whole, sizeof whole) != sizeof whole)
		abort();
	close(fd);
	n = pack("gzip", whole, sizeof whole, &packed);
	fd = create("x0.gz", O_TRUNC);
	put(fd, packed, n / 2);
	pause_ms(100);
	put(fd, packed + n / 2, n - n / 2);
	close(fd);
	drop("x0");
	pause_ms(100);
	put_file("x2", 15, 20);
	free(packed);
	return NULL;
}

static void what_is_packed_comes_once(void **state)
{
	struct reading r;

	put_file("x0", 0, 10);
	follow_all(&r, folder, 20, pack_it);
	each_once(&r, 0, 20);
	assert_string_equal(r.names, "x0 x1 x2 ");
	assert_int_equal(r.stats.lost, 0);
}

static void *rename_them(void *user)
{
	struct reading *r = user;

	while (__atomic_load_n(&r->n, __ATOMIC_RELAXED) < 10)
		pause_ms(5);
	move("x0", "done-x0");
	pause_ms(60);
	put_file("x1", 10, 15);
	while (__atomic_load_n(&r->n, __ATOMIC_RELAXED) < 15)
		pause_ms(5);
	move("done-x0", "older-x0");
	move("x1", "done-x1");
	pause_ms(60);
	put_file("x2", 15, 20);
	return NULL;
}

static void another_name_is_no_other_file(void **state)
{
	struct reading r;

	put_file("x0", 0, 10);
	follow_all(&r, folder, 20, rename_them);
	each_once(&r, 0, 20);
	assert_int_equal(r.n_files, 3);
	assert_int_equal(r.stats.lost, 0);
}

/* link(2) and unlink(2), as some programs rename; the second name never is a second file. */
static void *link_them(void *user)
{
	struct reading *r = user;
	char a[200], b[200];

	while (__atomic_load_n(&r->n, __ATOMIC_RELAXED) < 10)
		pause_ms(5);
	if (link(in_folder("x0", a), in_folder("old-0", b)) < 0)
		abort();
	pause_ms(60);
	put_file("x1", 10, 15);
	while (__atomic_load_n(&r->n, __ATOMIC_RELAXED) < 15)
		pause_ms(5);
	drop("x0");
	pause_ms(60);
	put_file("x2", 15, 20);
	return NULL;
}

static void a_second_name_is_no_second_file(void **state)
{
	struct reading r;

	put_file("x0", 0, 10);
	follow_all(&r, folder, 20, link_them);
	each_once(&r, 0, 20);
	assert_string_equal(r.names, "x0 x1 x2 ");
	assert_int_equal(r.stats.lost, 0);
}

static void *foreign_ones(void *user)
{
	char path[200];
	int fd = create("x1.tmp", O_TRUNC);
	uint8_t header[HEADER];

	make_header(header);
	close(create("empty", O_TRUNC));
	put(create("notes.txt", O_TRUNC), "the firewall was changed at noon\n", 33);
	mkdir(in_folder("below", path), 0700);
	put_file("below/y.pcap", 3000, 3010);
	put_file(".hidden", 3100, 3110);
	/* Not yet a capture: the first bytes come one by one. */
	for (size_t i = 0; i < HEADER; i++) {
		put(fd, header + i, 1);
		pause_ms(4);
	}
	put_packets(fd, 10, 20, 13);
	close(fd);
	move("x1.tmp", "x1");
	return NULL;
}

static void other_files_are_passed_over(void **state)
{
	struct reading r;

	put_file("x0", 0, 10);
	follow_all(&r, folder, 20, foreign_ones);
	each_once(&r, 0, 20);
	assert_int_equal(r.n_files, 2);
	assert_int_equal(r.stats.foreign, 1);
	assert_string_equal(r.stats.foreign_name, "notes.txt");
	assert_int_equal(r.stats.lost, 0);
}

/* Two interfaces into one folder: each packet of both, though one file is read at a time. */
static void *two_rings(void *user)
{
	uint8_t header[HEADER];
	int a = -1, b = -1;

	make_header(header);
	for (unsigned i = 0; i < 30; i++) {
		char name[64];

		if (i % 10 == 0) {
			if (a >= 0) {
				close(a);
				close(b);
			}
			snprintf(name, sizeof name, "lan_%05u.pcap", i / 10);
			a = create(name, O_TRUNC);
			snprintf(name, sizeof name, "dmz_%05u.pcap", i / 10);
			b = create(name, O_TRUNC);
			put(a, header, HEADER);
			put(b, header, HEADER);
		}
		put_packets(a, 2 * i, 2 * i + 1, 0);
		put_packets(b, 2 * i + 1, 2 * i + 2, 0);
		pause_ms(10);
	}
	close(a);
	close(b);
	return NULL;
}

static void two_rings_in_one_folder(void **state)
{
	struct reading r;

	follow_all(&r, folder, 60, two_rings);
	each_once(&r, 0, 60);
	assert_int_equal(r.n_files, 6);
	assert_int_equal(r.stats.late, 0);
}

static void series(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} rows[] = {
		{"x", "x1", true},
		{"x9", "x10", true},
		{"x0", "x0.gz", true},
		{"x_00001_20240501120000.pcapng", "x_00002_20240501130000.pcapng", true},
		{"cap-2024-05-01_23:59", "cap-2024-05-02_00:00", true},
		{"lan_1.pcap", "dmz_1.pcap", false},
		{"x1.pcap", "x1.pcapng", false},
		{"1", "22", true},
		{"a1b", "a1c", false},
		{"a", "", false},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		assert_int_equal(ring_same_series(rows[i].a, rows[i].b), rows[i].same);
		assert_int_equal(ring_same_series(rows[i].b, rows[i].a), rows[i].same);
	}
}

/* ------------------------------------------------------------------ plain folders */

static void the_captures_of_a_folder(void **state)
{
	struct dir_captures d;
	char path[200], want[200];
	uint8_t *packed;
	size_t n = pack("gzip", "\xd4\xc3\xb2\xa1\2\0\4\0\0\0\0\0\0\0\0\0\0\0\1\0\1\0\0\0", 24,
			&packed);
	static const char *const names[] = {"b.pcap", "ring_2", "ring_10", "z.dat"};
	static const char *const others[] = {"empty.pcap", "notes.txt"};
	int fd;

	put_file("ring_10", 0, 1);
	put_file("ring_2", 0, 1);
	put_file("b.pcap", 0, 0);
	put_file(".hidden.pcap", 0, 1);
	fd = create("z.dat", O_TRUNC);
	put(fd, packed, n);
	close(fd);
	free(packed);
	fd = create("notes.txt", O_TRUNC);
	put(fd, "noon\n", 5);
	close(fd);
	close(create("empty.pcap", O_TRUNC));
	assert_int_equal(mkfifo(in_folder("pipe", path), 0600), 0);
	assert_int_equal(mkdir(in_folder("below", path), 0700), 0);
	put_file("below/y.pcap", 0, 1);
	assert_int_equal(symlink("below/y.pcap", in_folder("link.pcap", path)), 0);
	unlink(path);

	assert_int_equal(dir_captures(folder, &d), 0);
	assert_int_equal(d.paths.n, N_ELEMENTS(names));
	for (size_t i = 0; i < d.paths.n; i++)
		assert_string_equal(d.paths.v[i], in_folder(names[i], want));
	assert_int_equal(d.skipped.n, N_ELEMENTS(others));
	for (size_t i = 0; i < d.skipped.n; i++)
		assert_string_equal(d.skipped.v[i], others[i]);
	assert_int_equal(d.n_folders, 1);
	dir_captures_done(&d);

	assert_int_equal(dir_captures(in_folder("nothing", path), &d), -ENOENT);
	dir_captures_done(&d);
	assert_int_equal(dir_captures(in_folder("z.dat", path), &d), -ENOTDIR);
	dir_captures_done(&d);
}

int main(void)
{
#define IN_FOLDER(t) cmocka_unit_test_setup_teardown(t, make_folder, remove_folder)
	const struct CMUnitTest tests[] = {
		IN_FOLDER(a_file_that_grows),
		IN_FOLDER(a_file_that_is_replaced),
		IN_FOLDER(a_file_that_is_begun_anew),
		IN_FOLDER(stop_at_once),
		IN_FOLDER(what_cannot_be_followed),
		IN_FOLDER(a_ring_of_dumpcap),
		IN_FOLDER(a_ring_that_uses_names_again),
		IN_FOLDER(numbers_are_numbers),
		IN_FOLDER(names_of_times),
		IN_FOLDER(what_was_gone_before_its_turn),
		IN_FOLDER(what_is_packed_comes_once),
		IN_FOLDER(another_name_is_no_other_file),
		IN_FOLDER(a_second_name_is_no_second_file),
		IN_FOLDER(other_files_are_passed_over),
		IN_FOLDER(two_rings_in_one_folder),
		cmocka_unit_test(series),
		IN_FOLDER(the_captures_of_a_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
