// SPDX-License-Identifier: BSD-2-Clause
/* Files that are cut, damaged, or cannot be read on, and what is said of them. */
#include "capture_lab.h"

static void check_cut(const struct capfile *c, const struct marks *m, size_t len, size_t step)
{
	static struct all a;
	size_t frames = 0;
	bool whole = false, packet = true;
	struct source *s = open_bytes(c, len, step);

	for (size_t i = 0; i < m->n; i++) {
		frames += m->is_frame[i] && m->at[i] <= len;
		whole |= m->at[i] == len;
	}
	for (size_t i = m->n; i-- > 0;)
		if (m->at[i] > len)
			/* Without its type nobody knows. */
			packet = m->is_packet[i] || (i > 0 && len - m->at[i - 1] < 4);
	read_all(s, &a);
	if (a.n != frames)
		fail_msg("%zu bytes: %zu frames, not %zu", len, a.n, frames);
	assert_int_equal(s->end, whole ? SOURCE_WHOLE : SOURCE_CUT);
	if (!whole) {
		char want[80];

		snprintf(want, sizeof want,
			 packet ? "the file ends in the middle of packet %zu"
				: "the file ends in the middle of a block that follows packet %zu",
			 frames + packet);
		assert_string_equal(s->why, want);
	}
	source_close(s);
}

static void cut_at_every_byte(void **state)
{
	for (unsigned kind = 0; kind < 6; kind++) {
		struct capfile c = {.big = kind % 2};
		struct marks m = {.n = 0};
		uint8_t f[60];

		frame(f, sizeof f, 53);
		if (kind < 2) {
			build_all_blocks(&c, &m, kind);
		} else {
			cap_pcap(&c, kind < 4 ? US : NS, 2, kind < 4 ? 4 : 3, 65535, 1);
			m.header = c.n;
			mark(&m, &c, false, true);
			for (uint32_t i = 0; i < 3; i++)
				cap_record(&c, i, i, f, i * 30, 60), mark(&m, &c, true, true);
		}
		for (size_t len = 4; len <= c.n; len++) {
			struct errors errs = {0};
			bool usage = false;

			if (len >= m.header && !(kind < 2 && len > m.header && len < m.at[1])) {
				check_cut(&c, &m, len, 0);
				check_cut(&c, &m, len, 1);
				continue;
			}
			assert_null(open_input(cap_input(c.p, len, 0, false), NULL, &errs, &usage));
			assert_int_equal(errs.n, 1);
			assert_non_null(strstr(errs.e[0].what, "ends inside its own header"));
			assert_false(usage);
			errors_done(&errs);
		}
		cap_done(&c);
	}
}

/* Begins with a section, an interface and a packet; then comes what is wrong, and two more. */
enum damage {
	TRAILER,
	NO_INTERFACE,
	NO_INTERFACE_OLD,
	LONG_PACKET,
	LONG_SIMPLE,
	HUGE_PACKET,
	TINY_BLOCK,
	TINY_PACKET,
	HUGE_BLOCK,
	NO_ORDER,
	MAJOR,
	INTERFACE_OPTIONS,
	UNPADDED, /* from here on nothing is lost */
	MINOR,
	MAJOR_WITH_LENGTH,
	PACKET_OPTIONS,
	STRAY_STATISTICS,
	BROKEN_NAMES,
	BROKEN_STATISTICS,
	DAMAGES,
};

static void put_damage(struct capfile *c, enum damage d, const uint8_t *f)
{
	switch (d) {
	case TRAILER:
		cap_enhanced(c, 0, 2, f, 60, 60);
		c->p[c->n - 1] ^= 1;
		break;
	case NO_INTERFACE:
		cap_enhanced(c, 1, 2, f, 60, 60);
		break;
	case NO_INTERFACE_OLD:
		old_block(c, 1, 0, 2, f, 60);
		break;
	case LONG_PACKET:
		cap_enhanced(c, 0, 2, f, 60, 60);
		c->p[c->big ? c->n - 4 - 60 - 5 : c->n - 4 - 60 - 8] += 4;
		break;
	case LONG_SIMPLE:
		simple_block(c, 61, f, 56);
		break;
	case HUGE_PACKET:
		cap_begin(c, 6);
		cap_put(c, 0, 12), cap_put(c, FRAME_MAX + 1, 4), cap_put(c, 0, 4);
		for (uint32_t i = 0; i <= FRAME_MAX / 1024; i++)
			for (size_t k = 0; k < 256; k++)
				cap_put(c, 0, 4);
		cap_end(c);
		break;
	case TINY_BLOCK:
		cap_put(c, 77, 4), cap_put(c, 8, 4);
		break;
	case TINY_PACKET:
		cap_begin(c, 6), cap_put(c, 0, 16), cap_end(c);
		break;
	case HUGE_BLOCK:
		cap_put(c, 77, 4), cap_put(c, 200 << 20, 4), cap_put(c, 0, 4);
		break;
	case NO_ORDER:
		put_section(c, 0x1a2b3c4e, 1, 0, UINT64_MAX);
		break;
	case MAJOR:
		put_section(c, 0x1a2b3c4d, 2, 0, UINT64_MAX);
		break;
	case INTERFACE_OPTIONS:
		cap_begin(c, 1);
		cap_put(c, 1, 2), cap_put(c, 0, 6), cap_put(c, 2, 2), cap_put(c, 200, 2);
		cap_end(c);
		break;
	case UNPADDED:
		cap_enhanced(c, 0, 2, f, 57, 57);
		/* Some programs leave the filling out of the length. */
		c->p[c->block + (c->big ? 7 : 4)] -= 3;
		c->p[c->n - (c->big ? 1 : 4)] -= 3;
		break;
	case MINOR:
		put_section(c, 0x1a2b3c4d, 1, 5, UINT64_MAX);
		cap_interface(c, 1, 0);
		break;
	case MAJOR_WITH_LENGTH:
		put_section(c, 0x1a2b3c4d, 2, 0, 1000);
		for (size_t i = 0; i < 250; i++)
			cap_put(c, 0x06060606, 4);
		cap_section(c);
		cap_interface(c, 1, 0);
		break;
	case PACKET_OPTIONS:
		cap_begin(c, 6);
		cap_put(c, 0, 4), cap_put(c, 7, 8), cap_put(c, 4, 4), cap_put(c, 4, 4);
		cap_put(c, 0, 4), cap_put(c, 1, 2), cap_put(c, 99, 2);
		cap_end(c);
		break;
	case STRAY_STATISTICS:
		statistics_block(c, 1, 1, 2, 3);
		break;
	case BROKEN_NAMES:
		cap_begin(c, 4), cap_put(c, 1, 2), cap_put(c, 99, 2), cap_put(c, 0, 8), cap_end(c);
		cap_begin(c, 4), cap_put(c, 1, 2), cap_put(c, 2, 2), cap_put(c, 0, 4), cap_end(c);
		cap_begin(c, 4), cap_end(c);
		break;
	case BROKEN_STATISTICS:
		cap_begin(c, 5), cap_put(c, 0, 12), cap_put(c, 5, 2), cap_put(c, 8, 2), cap_end(c);
		break;
	case DAMAGES:
		break;
	}
}

static void damaged_blocks(void **state)
{
	static const struct {
		const char *why;
		size_t frames; /* of the damaged block */
	} rows[DAMAGES] = {
		[TRAILER] = {"the two lengths of a block are 92 and ", 0},
		[NO_INTERFACE] = {"a packet of interface 1, which was not described", 0},
		[NO_INTERFACE_OLD] = {"a packet of interface 1, which was not described", 0},
		[LONG_PACKET] = {"a packet of 64 bytes in a block of 92", 0},
		[LONG_SIMPLE] = {"a packet of 61 bytes in a block of 72", 0},
		[HUGE_PACKET] = {"a packet of 262145 bytes", 0},
		[TINY_BLOCK] = {"a block of 8 bytes", 0},
		[TINY_PACKET] = {"a packet block of 28 bytes", 0},
		[HUGE_BLOCK] = {"a block of 209715200 bytes", 0},
		[NO_ORDER] = {"a section in no byte order", 0},
		[MAJOR] = {"a section in version 2.0 of the pcapng format", 0},
		[INTERFACE_OPTIONS] = {"options of an interface that are longer", 0},
		[UNPADDED] = {NULL, 1},
		[PACKET_OPTIONS] = {NULL, 1},
	};
	static struct all a;

	for (size_t i = 0; i < DAMAGES; i++)
		for (int big = 0; big < 2; big++) {
			struct capfile c = {.big = big};
			uint8_t f[61];

			frame(f, sizeof f, 53);
			cap_section(&c);
			cap_interface(&c, 1, 0);
			cap_enhanced(&c, 0, 1, f, 60, 60);
			put_damage(&c, i, f);
			cap_enhanced(&c, 0, 3, f, 60, 60);
			cap_enhanced(&c, 0, 4, f, 60, 60);

			/* Too long for cap_input(). */
			int fd = memfd_create("damaged", MFD_CLOEXEC);
			struct input in = {.fd = fd};
			struct errors errs = {0};
			bool usage = false;

			assert_int_equal(write(fd, c.p, c.n), c.n);
			assert_int_equal(lseek(fd, 0, SEEK_SET), 0);

			struct source *s = open_input(in, NULL, &errs, &usage);

			assert_non_null(s);
			read_all(s, &a);
			if (!rows[i].why) {
				if (a.n != 3 + rows[i].frames || s->end != SOURCE_WHOLE)
					fail_msg("row %zu: %zu frames, %s", i, a.n, s->why);
				assert_int_equal(s->note[0] != 0, i == MAJOR_WITH_LENGTH);
			} else {
				if (a.n != 1 || s->end != SOURCE_DAMAGED ||
				    !strstr(s->why, rows[i].why))
					fail_msg("row %zu: %zu frames, %s", i, a.n, s->why);
				assert_non_null(
					strstr(s->why, "what follows packet 1 makes no sense: "));
			}
			source_close(s);
			cap_done(&c);
		}
}

static void headers_that_make_no_sense(void **state)
{
	struct {
		struct capfile c;
		const char *what;
	} rows[5] = {{{0}, "its version of the pcap format is 1.4"},
		     {{0}, "a section in version 3.0 of the pcapng format"},
		     {{0}, "a section in version 3.0 of the pcapng format"},
		     {{0}, "a packet of interface 0, which was not described"},
		     {{0}, "a block of 16 bytes"}};

	cap_pcap(&rows[0].c, US, 1, 4, 65535, 1);
	put_section(&rows[1].c, 0x1a2b3c4d, 3, 0, UINT64_MAX);
	put_section(&rows[2].c, 0x1a2b3c4d, 3, 0, 0);
	cap_section(&rows[3].c);
	simple_block(&rows[3].c, 4, (const uint8_t *)"abcd", 4);
	cap_begin(&rows[4].c, 0x0a0d0d0a), cap_put(&rows[4].c, 0x1a2b3c4d, 4);
	cap_end(&rows[4].c);
	cap_put(&rows[4].c, 0, 16);
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct errors errs = {0};
		bool usage = false;

		assert_null(open_input(cap_input(rows[i].c.p, rows[i].c.n, 0, false), NULL, &errs,
				       &usage));
		assert_int_equal(errs.n, 1);
		if (!strstr(errs.e[0].what, rows[i].what))
			fail_msg("%s", errs.e[0].what);
		assert_non_null(strchr(errs.e[0].hint, '\n'));
		assert_string_equal(errs.e[0].file, "f");
		assert_false(usage);
		errors_done(&errs);
		cap_done(&rows[i].c);
	}
}

static void damaged_records(void **state)
{
	static const uint32_t lengths[] = {FRAME_MAX + 1, 0x7fffffff, UINT32_MAX};
	static struct all a;

	for (size_t i = 0; i < N_ELEMENTS(lengths); i++) {
		struct capfile c = {0};
		char want[100];

		cap_pcap(&c, US, 2, 4, 65535, 1);
		cap_record(&c, 1, 0, "abc", 3, 3);
		cap_put(&c, 0, 8), cap_put(&c, lengths[i], 4), cap_put(&c, 9, 4);
		cap_record(&c, 1, 0, "abc", 3, 3);

		struct source *s = open_bytes(&c, c.n, 0);

		read_all(s, &a);
		assert_int_equal(a.n, 1);
		assert_int_equal(s->end, SOURCE_DAMAGED);
		snprintf(want, sizeof want,
			 "what follows packet 1 makes no sense: a length of %u bytes", lengths[i]);
		assert_string_equal(s->why, want);
		source_close(s);
		cap_done(&c);
	}
}

static void how_reading_ends(void **state)
{
	static struct all a;
	struct capfile c = {0};
	struct errors errs = {0};
	bool usage = false;

	cap_pcap(&c, US, 2, 4, 65535, 1);
	cap_record(&c, 1, 0, "0123456789012345678901234567890123456789", 40, 40);

	/* A compressed file that stops early. */
	struct source *s = open_input(cap_input(c.p, c.n, 0, true), NULL, &errs, &usage);

	read_all(s, &a);
	assert_int_equal(a.n, 1);
	assert_int_equal(s->end, SOURCE_CUT);
	assert_string_equal(s->why, "the copy stream stops before its end");
	source_close(s);

	/* A file that cannot be read on: a folder has no bytes. */
	struct input in = {.fd = open("/", O_RDONLY | O_CLOEXEC), .n_head = c.n};

	memcpy(in.head, c.p, c.n);
	s = open_input(in, NULL, &errs, &usage);
	read_all(s, &a);
	assert_int_equal(a.n, 1);
	assert_int_equal(s->end, SOURCE_FAILED);
	assert_non_null(strstr(s->why, "reading it failed after 1 packets: "));
	source_close(s);

	in = (struct input){.fd = open("/", O_RDONLY | O_CLOEXEC), .n_head = 20};
	memcpy(in.head, c.p, 20);
	assert_null(open_input(in, NULL, &errs, &usage));
	assert_int_equal(errs.n, 1);
	assert_non_null(strstr(errs.e[0].what, "cannot read it: "));
	errors_done(&errs);
	cap_done(&c);
}

/* What libpcap's reader will not read, and that it says who does. */
static void refusals_of_libpcap(void **state)
{
	enum { LINKTYPES, SNAPLENS, VERSION, ARCHAIC, NG_VERSION, IXIA, KINDS };
	static const char *const what[KINDS] = {
		[LINKTYPES] = "different link types",
		[SNAPLENS] = "different snap lengths",
		[VERSION] = "version of the pcap format",
		[ARCHAIC] = "version of the pcap format",
		[NG_VERSION] = "version of the pcapng format",
		[IXIA] = "kind of pcap file",
	};
	static struct all a;

	for (int kind = 0; kind < KINDS; kind++)
		for (int late = 0; late < 2; late++) {
			struct capfile c = {0};
			struct source_options opt = {.reader = READER_LIBPCAP};
			struct errors errs = {0};
			bool usage = false;

			if (kind == VERSION || kind == ARCHAIC || kind == IXIA) {
				cap_pcap(&c, kind == IXIA ? 0x1c0001ab : US,
					 kind == ARCHAIC ? 1 : 2, 7, 65535, 1);
				if (late) {
					cap_done(&c);
					continue;
				}
			} else {
				if (kind == NG_VERSION && !late)
					put_section(&c, 0x1a2b3c4d, 1, 9, UINT64_MAX);
				else
					cap_section(&c);
				cap_interface(&c, 1, 65535);
				if (late)
					cap_enhanced(&c, 0, 1, "abcd", 4, 4);
				if (kind == NG_VERSION && late)
					put_section(&c, 0x1a2b3c4d, 2, 0, UINT64_MAX);
				cap_interface(&c, kind == LINKTYPES ? 113 : 1,
					      kind == SNAPLENS ? 1000 : 65535);
				cap_enhanced(&c, 0, 2, "abcd", 4, 4);
			}

			struct source *s =
				open_input(cap_input(c.p, c.n, 0, false), &opt, &errs, &usage);

			if (late) {
				if (!s)
					fail_msg("%d: %s", kind, errs.e[0].what);
				read_all(s, &a);
				assert_int_equal(a.n, 1);
				assert_int_equal(s->end, SOURCE_DAMAGED);
				if (!strstr(s->why, what[kind]))
					fail_msg("%s", s->why);
				source_close(s);
			} else {
				if (s)
					fail_msg("%d is read", kind);
				assert_int_equal(errs.n, 1);
				if (!strstr(errs.e[0].what, what[kind]))
					fail_msg("%s", errs.e[0].what);
				assert_non_null(strstr(errs.e[0].hint, "own reader"));
				assert_non_null(strstr(errs.e[0].hint, "`--reader libpcap`"));
			}
			errors_done(&errs);
			cap_done(&c);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cut_at_every_byte),          cmocka_unit_test(damaged_blocks),
		cmocka_unit_test(headers_that_make_no_sense), cmocka_unit_test(damaged_records),
		cmocka_unit_test(how_reading_ends),           cmocka_unit_test(refusals_of_libpcap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
