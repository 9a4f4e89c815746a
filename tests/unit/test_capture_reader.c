// SPDX-License-Identifier: BSD-2-Clause
/* The own reader: every kind of file, built field by field, and read in pieces. */
#include "capture_lab.h"

static const size_t steps[] = {0, 1, 13, 100};

/* What stands between the lengths of a record and its packet. */
enum extra { PLAIN, REDHAT, SUSE, NOKIA };

static void put_extra(struct capfile *c, enum extra extra)
{
	if (extra == REDHAT || extra == SUSE)
		cap_put(c, 2, 4), cap_put(c, 0x0800, 2), cap_put(c, 0, 1), cap_put(c, 0, 1);
	if (extra == SUSE)
		cap_put(c, 0xffffff, 4);
	if (extra == NOKIA)
		cap_put(c, 0x9fbfb601, 4);
}

static void every_kind_of_pcap(void **state)
{
	static const struct {
		const char *title;
		uint32_t magic;
		uint16_t major, minor;
		uint32_t network;
		enum extra extra;
		bool swapped; /* the length on the wire is first */
		int64_t unit_ns;
		uint16_t linktype;
		uint8_t front;
		const char *note;
	} rows[] = {
		{"us", US, 2, 4, 1, PLAIN, false, 1000, 1, 0, ""},
		{"ns", NS, 2, 4, 1, PLAIN, false, 1, 1, 0, ""},
		{"fcs", US, 2, 4, 0x54000001, PLAIN, false, 1000, 1, 0, ""},
		{"2.0", US, 2, 0, 1, PLAIN, true, 1000, 1, 0, ""},
		{"2.3 new", US, 2, 3, 1, PLAIN, false, 1000, 1, 0, ""},
		{"2.3 old", US, 2, 3, 1, PLAIN, true, 1000, 1, 0, ""},
		{"dg/ux", US, 543, 0, 1, PLAIN, true, 1000, 1, 0, ""},
		{"2.5", US, 2, 5, 1, PLAIN, false, 1000, 1, 0, ""},
		{"9.1", US, 9, 1, 1, PLAIN, false, 1000, 1, 0, "9.1, is not known"},
		{"red hat", US, 2, 4, 1, REDHAT, false, 1000, 1, 0, ""},
		{"nokia", US, 2, 4, 1, NOKIA, false, 1000, 1, 0, ""},
		{"modified", MODIFIED, 2, 4, 1, REDHAT, false, 1000, 1, 0, ""},
		{"suse", MODIFIED, 2, 4, 1, SUSE, false, 1000, 1, 0, ""},
		{"ixia ns", 0x1c0001ac, 2, 4, 1, PLAIN, false, 1, 1, 0, ""},
		{"ixia us", 0x1c0001ab, 2, 4, 1, PLAIN, false, 1000, 1, 0, ""},
		{"aix", US, 2, 2, 6, PLAIN, true, 1, 1, 0, ""},
		{"aix ring", US, 2, 2, 9, PLAIN, true, 1, 6, 0, ""},
		{"aix fddi", US, 2, 2, 15, PLAIN, true, 1, 10, 3, ""},
		{"aix lo", US, 2, 2, 24, PLAIN, true, 1, 0, 0, ""},
		{"2.2", US, 2, 2, 1, PLAIN, true, 1000, 1, 0, ""},
		{"raw 12", US, 2, 4, 12, PLAIN, false, 1000, 101, 0, ""},
		{"raw 14", US, 2, 4, 14, PLAIN, false, 1000, 14, 0, ""},
		{"atm 11", US, 2, 4, 11, PLAIN, false, 1000, 100, 0, ""},
		{"slip 15", US, 2, 4, 15, PLAIN, false, 1000, 102, 0, ""},
		{"ppp 16", US, 2, 4, 16, PLAIN, false, 1000, 103, 0, ""},
		{"clip 19", US, 2, 4, 19, PLAIN, false, 1000, 106, 0, ""},
		{"loop", US, 2, 4, 108, PLAIN, false, 1000, 108, 0, ""},
		{"sll2", US, 2, 4, 276, PLAIN, false, 1000, 276, 0, ""},
	};
	static struct all a;

	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		for (size_t k = 0; k < 2 * N_ELEMENTS(steps); k++) {
			struct capfile c = {.big = k % 2};
			uint8_t f[100];

			cap_pcap(&c, rows[i].magic, rows[i].major, rows[i].minor, 96,
				 rows[i].network);
			if (rows[i].magic >> 16 == 0x1c00)
				cap_put(&c, 12345, 4);
			for (uint32_t n = 0; n < 5; n++) {
				uint32_t len = 60 + n, wire = 200, t;

				frame(f, sizeof f, 53);
				if (rows[i].swapped)
					t = len, len = wire, wire = t;
				cap_put(&c, 1700000000 + n, 4), cap_put(&c, 999999 - n, 4);
				cap_put(&c, len, 4), cap_put(&c, wire, 4);
				put_extra(&c, rows[i].extra);
				cap_bytes(&c, f, 60 + n);
			}

			struct source *s = open_bytes(&c, c.n, steps[k / 2]);

			read_all(s, &a);
			if (a.n != 5 || s->end != SOURCE_WHOLE)
				fail_msg("%s: %zu frames, %s", rows[i].title, a.n, s->why);
			assert_string_equal(s->format, "pcap");
			assert_string_equal(s->ops->name, "own");
			assert_int_equal(s->snaplen, rows[i].magic == MODIFIED ? 110 : 96);
			assert_non_null(strstr(s->note, rows[i].note));
			assert_int_equal(s->note[0] != 0, rows[i].note[0] != 0);
			for (uint32_t n = 0; n < 5; n++) {
				const uint8_t front = rows[i].front;

				if (a.f[n].len != 60 + n - front)
					fail_msg("%s: %u bytes", rows[i].title, a.f[n].len);
				assert_int_equal(a.f[n].wire_len, 200 - front);
				assert_int_equal(a.f[n].number, n + 1);
				assert_int_equal(a.f[n].linktype, rows[i].linktype);
				assert_true(a.f[n].ts_ns == (1700000000 + n) * NS_PER_S +
								    (999999 - n) * rows[i].unit_ns);
				assert_memory_equal(a.bytes[n], f + front, a.f[n].len);
				assert_false(a.f[n].filtered);
			}
			source_close(s);
			cap_done(&c);
		}
}

/* The all-zero addresses of a loopback interface look like the fields of patched records; so do
 * others. What they are must not depend on how much is there. */
static void plain_records_that_look_patched(void **state)
{
	static const uint8_t odd[][8] = {
		{0, 0, 0, 0, 0, 0, 0, 0},
		{2, 0, 0, 0, 0, 8, 0, 0},
		{2, 0, 0, 0, 0, 2, 2, 0},
		{1, 0xb6, 0xbf, 0x9f, 0, 1, 2, 3},
	};
	static struct all a;

	for (size_t i = 0; i < N_ELEMENTS(odd); i++)
		for (uint32_t records = 1; records < 5; records++) {
			struct capfile c = {0};
			uint8_t f[64];

			frame(f, sizeof f, 80);
			memcpy(f, odd[i], sizeof odd[i]);
			cap_pcap(&c, US, 2, 4, 65535, 1);
			for (uint32_t n = 0; n < records; n++)
				cap_record(&c, n, 0, f, 64, 64);
			for (size_t cut = 0; cut < 64; cut++) {
				struct source *s = open_bytes(&c, c.n - cut, 0);

				read_all(s, &a);
				assert_int_equal(a.n, records - (cut > 0));
				assert_int_equal(s->end, cut ? SOURCE_CUT : SOURCE_WHOLE);
				if (a.n)
					assert_memory_equal(a.bytes[0], f, 64);
				source_close(s);
			}
			cap_done(&c);
		}
}

/* A record beyond the snap length of its file: libpcap cuts there too. */
static void beyond_the_snap_length(void **state)
{
	static struct all a;
	uint8_t f[60];

	frame(f, sizeof f, 53);
	for (int reader = 0; reader < 2; reader++) {
		struct capfile c = {0};
		struct errors errs = {0};
		bool usage = false;

		cap_pcap(&c, US, 2, 4, 40, 1);
		cap_record(&c, 1, 0, f, 60, 60);
		cap_record(&c, 2, 0, f, 30, 60);

		struct source *s = open_input(
			cap_input(c.p, c.n, 0, false),
			&(struct source_options){.reader = reader ? READER_LIBPCAP : READER_AUTO},
			&errs, &usage);

		read_all(s, &a);
		assert_int_equal(a.n, 2);
		assert_int_equal(a.f[0].len, 40);
		assert_int_equal(a.f[0].wire_len, 60);
		assert_int_equal(a.f[1].len, 30);
		source_close(s);
		cap_done(&c);
	}
}

static void times_do_not_overflow(void **state)
{
	/* resolution 0: none is given; seconds offset; time stamp; nanoseconds */
	static const struct {
		int resolution;
		int64_t offset;
		uint64_t t;
		int64_t ns;
	} rows[] = {
		{-1, 0, 1700000000123456, INT64_C(1700000000123456000)},
		{6, 0, 5, 5000},
		{9, 0, 1700000000123456789, INT64_C(1700000000123456789)},
		{0, 0, 17, INT64_C(17000000000)},
		{3, 0, 1700000000123, INT64_C(1700000000123000000)},
		{7, 0, 16999999999999999, INT64_C(1699999999999999900)},
		{12, 0, 1999, 1},
		{19, 0, UINT64_C(10000000000000000000), 1000000000},
		{20, 0, UINT64_C(10000000000000000000), 542101086},
		{127, 0, 1, 0},
		{0x80, 0, 3, INT64_C(3000000000)},
		{0x80 | 1, 0, 3, 1500000000},
		{0x80 | 10, 0, 1025, 1000976562},
		{0x80 | 32, 0, UINT64_C(0x180000000), 1500000000},
		{0x80 | 63, 0, UINT64_C(1) << 62, 500000000},
		{0x80 | 64, 0, 1, 0},
		{6, 1000, 1, INT64_C(1000000001000)},
		{6, -2, 1000000, INT64_C(-1000000000)},
		{9, 0, UINT64_MAX, INT64_MAX},
		{6, 0, UINT64_MAX, INT64_MAX},
		{0, 0, UINT64_MAX, INT64_MAX},
		{6, INT64_MAX, 0, INT64_MAX},
		{6, INT64_MIN, 0, INT64_MIN + 1},
		{9, INT64_MIN, UINT64_MAX, INT64_MIN + 1},
	};
	static struct all a;

	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		for (int big = 0; big < 2; big++) {
			struct capfile c = {.big = big};
			uint8_t resolution = (uint8_t)rows[i].resolution;

			cap_section(&c);
			cap_begin(&c, 1);
			cap_put(&c, 1, 2), cap_put(&c, 0, 2), cap_put(&c, 0, 4);
			cap_option(&c, 2, "eth0", 4);
			if (rows[i].resolution >= 0)
				cap_option(&c, 9, &resolution, 1);
			if (rows[i].offset)
				cap_option_u64(&c, 14, (uint64_t)rows[i].offset);
			cap_option(&c, 0, NULL, 0);
			cap_end(&c);
			cap_enhanced(&c, 0, rows[i].t, "abc", 3, 9);

			struct source *s = open_bytes(&c, c.n, 0);

			read_all(s, &a);
			assert_int_equal(a.n, 1);
			if (a.f[0].ts_ns != rows[i].ns)
				fail_msg("row %zu: %lld", i, (long long)a.f[0].ts_ns);
			assert_int_equal(s->snaplen, FRAME_MAX);
			source_close(s);
			cap_done(&c);
		}

	/* pcap: seconds are unsigned, and a fraction may be what it likes. */
	struct capfile c = {0};

	cap_pcap(&c, US, 2, 3, 100, 1);
	cap_record(&c, UINT32_MAX, UINT32_MAX, "abc", 3, 3);

	struct source *s = open_bytes(&c, c.n, 0);

	read_all(s, &a);
	assert_true(a.f[0].ts_ns == UINT32_MAX * NS_PER_S + UINT32_MAX * INT64_C(1000));
	source_close(s);
	cap_done(&c);
}

static void all_blocks(void **state)
{
	static const struct {
		int64_t ns;
		uint32_t len, wire;
		uint16_t linktype;
	} want[] = {
		{1000000, 60, 90, 1},   {0, 40, 61, 1},         {2000000, 59, 59, 113},
		{3000000, 61, 62, 113}, {4000000, 40, 40, 101}, {5000000, 0, 40, 101},
	};
	static struct all a;
	uint8_t f[61];

	frame(f, sizeof f, 53);
	for (size_t k = 0; k < 2 * N_ELEMENTS(steps); k++) {
		struct capfile c = {0};
		struct marks m = {.n = 0};

		build_all_blocks(&c, &m, k % 2);

		struct source *s = open_bytes(&c, c.n, steps[k / 2]);

		read_all(s, &a);
		assert_int_equal(s->end, SOURCE_WHOLE);
		assert_int_equal(a.n, N_ELEMENTS(want));
		assert_string_equal(s->note, "");
		for (size_t i = 0; i < a.n; i++) {
			assert_true(a.f[i].ts_ns == want[i].ns);
			assert_int_equal(a.f[i].len, want[i].len);
			assert_int_equal(a.f[i].wire_len, want[i].wire);
			assert_int_equal(a.f[i].linktype, want[i].linktype);
			assert_int_equal(a.f[i].number, i + 1);
			assert_memory_equal(a.bytes[i], want[i].linktype == 101 ? f + 14 : f,
					    want[i].len);
		}
		assert_int_equal(s->snaplen, 40);

		struct addr four = addr_v4(0x0a000007);

		assert_int_equal(s->names.n, 3);
		assert_string_equal(s->names.v[0].name, "sql01");
		assert_string_equal(s->names.v[1].name, "sql.lan");
		assert_true(addr_equal(&s->names.v[1].addr, &four));
		assert_string_equal(s->names.v[2].name, "web01");
		assert_int_equal(s->names.v[2].addr.b[0], 0x20);
		assert_int_equal(s->names.v[2].addr.b[15], 7);

		assert_int_equal(s->losses.n, 3);
		assert_int_equal(s->losses.v[0].os, 5); /* what the old packet said */
		assert_int_equal(s->losses.v[1].nic, 11);
		assert_int_equal(s->losses.v[1].os, 12);
		assert_true(s->losses.v[1].start_ns == 7000);
		assert_int_equal(s->losses.v[2].nic, 1);
		assert_true(s->losses.v[2].start_ns == 8000);
		source_close(s);
		cap_done(&c);
	}
}

/* tshark numbers these as packets; they are none. */
static void blocks_with_a_number(void **state)
{
	static const struct {
		uint32_t type;
		bool numbered;
	} rows[] = {
		{9, true},           {0xbad, true},  {0x40000bad, true}, {0x204, true},
		{0x216, true},       {0x221, true},  {10, false},        {7, false},
		{0x80000001, false}, {0x208, false}, {0x217, false},     {0x222, false},
	};
	static struct all a;

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct capfile c = {0};

		cap_section(&c);
		other_block(&c, rows[i].type);
		cap_interface(&c, 1, 0);
		cap_enhanced(&c, 0, 1, "a", 1, 1);
		other_block(&c, rows[i].type);
		cap_enhanced(&c, 0, 2, "b", 1, 1);

		struct source *s = open_bytes(&c, c.n, 0);

		read_all(s, &a);
		assert_int_equal(a.n, 2);
		assert_int_equal(a.f[0].number, rows[i].numbered ? 2 : 1);
		assert_int_equal(a.f[1].number, rows[i].numbered ? 4 : 2);
		source_close(s);
		cap_done(&c);
	}
}

static void losses_of_interfaces(void **state)
{
	static struct all a;
	struct capfile c = {0};

	cap_section(&c);
	for (unsigned i = 0; i < 3; i++) {
		cap_begin(&c, 1);
		cap_put(&c, 1, 2), cap_put(&c, 0, 2), cap_put(&c, 0, 4);
		cap_option(&c, 2,
			   i == 2 ? "a name that is longer than \xc3\xbc is \xc3\xbc \xc3\xbc"
				  : "eth0",
			   i == 2 ? 39 : 4);
		cap_end(&c);
	}
	/* Packets say 7 and 3; the last statistics say 5 and 6, or nothing. */
	for (unsigned i = 0; i < 2; i++) {
		cap_begin(&c, 6);
		cap_put(&c, i ? 2 : 1, 4), cap_put(&c, 0, 8), cap_put(&c, 4, 4), cap_put(&c, 4, 4);
		cap_put(&c, 0, 4);
		cap_option(&c, 1, "a comment", 9);
		cap_option_u64(&c, 4, 7);
		cap_option(&c, 0, NULL, 0);
		cap_end(&c);
		cap_begin(&c, 6);
		cap_put(&c, i ? 2 : 1, 4), cap_put(&c, 0, 8), cap_put(&c, 3, 4), cap_put(&c, 3, 4);
		cap_put(&c, 0, 4);
		cap_option_u64(&c, 4, 3);
		cap_end(&c);
	}
	statistics_block(&c, 1, 9, 1, 1);
	statistics_block(&c, 1, 9, 5, 6);
	statistics_block(&c, 0, 9, 0, 0);
	/* The old packet's way to say that it does not know. */
	old_block(&c, 0, UINT16_MAX, 1, (const uint8_t *)"abcd", 4);

	struct source *s = open_bytes(&c, c.n, 0);

	read_all(s, &a);
	assert_int_equal(a.n, 5);
	assert_int_equal(a.f[1].len, 3);
	assert_int_equal(s->losses.n, 3);
	assert_string_equal(s->losses.v[0].name, "eth0");
	assert_int_equal(s->losses.v[0].nic, 5);
	assert_int_equal(s->losses.v[0].os, 6);
	assert_true(s->losses.v[0].start_ns == 9000);
	assert_string_equal(s->losses.v[1].name, "a name that is longer than \xc3\xbc i");
	assert_int_equal(s->losses.v[1].nic + s->losses.v[1].os, 10);
	assert_true(s->losses.v[1].start_ns == TIME_NONE);
	assert_int_equal(s->losses.v[2].nic + s->losses.v[2].os, 0);
	source_close(s);
	cap_done(&c);
}

/* if_filter, of interfaces that are told apart by it; each kind once. */
static void filters_of_interfaces(void **state)
{
	static const struct {
		const char *value; /* 0: text, 1: instructions */
		unsigned n;
		const char *told;
	} rows[] = {
		{"\0tcp port 1433", 14, "tcp port 1433"},
		{"\0tcp port 1433", 14, NULL}, /* known already */
		{"\1\x28\0\0\0\x0c\0\0\0", 9, "(instructions)"},
		{"\0", 1, ""},
		{NULL, 201, "..."},
	};
	static struct all a;
	char longest[202] = "";
	struct capfile c = {0};
	struct source *s;
	size_t n = 0;

	(void)state;
	memset(longest + 1, 'x', 200);
	memcpy(longest + 124, "\xc3\xbc", 2); /* a character where it is cut */
	cap_section(&c);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		cap_begin(&c, 1);
		cap_put(&c, 1, 2), cap_put(&c, 0, 2), cap_put(&c, 96, 4);
		cap_option(&c, 2, "eth0", 4);
		cap_option(&c, 11, rows[i].value ? rows[i].value : longest, rows[i].n);
		cap_option(&c, 0, NULL, 0);
		cap_end(&c);
	}
	s = open_bytes(&c, c.n, 0);
	read_all(s, &a);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct source_interface *f = &s->interfaces.v[n];

		if (!rows[i].told)
			continue;
		assert_true(n++ < s->interfaces.n);
		assert_string_equal(f->name, "eth0");
		assert_int_equal(f->snaplen, 96);
		if (rows[i].value)
			assert_string_equal(f->filter, rows[i].told);
		else
			assert_string_equal(f->filter + strlen(f->filter) - 3, rows[i].told);
		assert_true(strlen(f->filter) < sizeof f->filter);
		assert_null(strchr(f->filter, '\xc3'));
	}
	assert_int_equal(s->interfaces.n, n);
	source_close(s);
	cap_done(&c);
}

static void names_are_bounded(void **state)
{
	static struct all a;
	struct capfile c = {0};
	char name[80];

	cap_section(&c);
	cap_interface(&c, 1, 0);
	cap_begin(&c, 4);
	/* 62 letters, and a character of two bytes that the end would cut. */
	memset(name, 'n', sizeof name);
	memcpy(name + 62, "\xc3\xbcx", 4);
	cap_put(&c, 1, 2), cap_put(&c, 4 + 66, 2);
	cap_put(&c, 0x0100007f, 4), cap_bytes(&c, name, 66), cap_put(&c, 0, 2);
	/* One without a NUL, and one without a name. */
	cap_put(&c, 1, 2), cap_put(&c, 8, 2), cap_put(&c, 0x0200007f, 4), cap_bytes(&c, "open", 4);
	cap_put(&c, 1, 2), cap_put(&c, 4, 2), cap_put(&c, 0x0300007f, 4);
	cap_end(&c);
	/* And far too many: all the letters of a block, over and over. */
	for (unsigned i = 0; i < 3; i++) {
		cap_begin(&c, 4);
		cap_put(&c, 1, 2), cap_put(&c, 60004, 2), cap_put(&c, 9, 4);
		for (unsigned k = 0; k < 30000; k++)
			cap_bytes(&c, "m", 2);
		cap_end(&c);
	}

	int fd = memfd_create("names", MFD_CLOEXEC);
	struct errors errs = {0};
	bool usage = false;

	assert_int_equal(write(fd, c.p, c.n), c.n);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);

	struct source *s = open_input((struct input){.fd = fd}, NULL, &errs, &usage);

	read_all(s, &a);
	assert_int_equal(s->names.n, SOURCE_NAMES);
	assert_int_equal(strlen(s->names.v[0].name), 62);
	assert_string_equal(s->names.v[1].name, "open");
	assert_string_equal(s->names.v[2].name, "m");
	source_close(s);
	cap_done(&c);
}

static void the_filter_of_each_link_type(void **state)
{
	static struct all a;
	struct capfile c = {0};
	struct errors errs = {0};
	bool usage = false;
	uint8_t f[60];

	cap_section(&c);
	cap_interface(&c, 1, 0);
	cap_interface(&c, 101, 100);
	cap_interface(&c, 1, 200);
	for (uint32_t i = 0; i < 3; i++) {
		frame(f, sizeof f, 53);
		cap_enhanced(&c, i, i, i == 1 ? f + 14 : f, 46, 46);
		frame(f, sizeof f, 80);
		cap_enhanced(&c, i, i, i == 1 ? f + 14 : f, 46, 46);
	}

	static const struct {
		const char *filter;
		uint8_t passes; /* a bit for each packet */
		bool noted;
	} rows[] = {
		{NULL, 0x3f, false},
		{"udp port 53", 0x15, false},
		{"ip", 0x3f, false},
		{"not ip", 0, false},
		{"ether host 00:00:00:00:00:00", 0x33, true},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct source_options opt = {.filter = rows[i].filter};
		struct source *s = open_input(cap_input(c.p, c.n, 0, false), &opt, &errs, &usage);

		assert_non_null(s);
		read_all(s, &a);
		assert_int_equal(a.n, 6);
		for (size_t k = 0; k < 6; k++)
			if (a.f[k].filtered == (rows[i].passes >> k & 1))
				fail_msg("%s: packet %zu", rows[i].filter, k + 1);
		assert_int_equal(s->note[0] != 0, rows[i].noted);
		if (rows[i].noted)
			assert_non_null(strstr(s->note, "link type 101"));
		source_close(s);
	}

	/* What the first interface cannot do is the user's mistake, as with pcap. */
	struct source_options opt = {.filter = "ether host 00:00:00:00:00:00"};

	cap_done(&c);
	cap_section(&c);
	cap_interface(&c, 101, 0);
	cap_interface(&c, 1, 0);
	assert_null(open_input(cap_input(c.p, c.n, 0, false), &opt, &errs, &usage));
	assert_true(usage);
	assert_int_equal(errs.n, 1);
	assert_non_null(strstr(errs.e[0].hint, "Raw IP"));
	errors_done(&errs);
	cap_done(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_pcap),
		cmocka_unit_test(plain_records_that_look_patched),
		cmocka_unit_test(beyond_the_snap_length),
		cmocka_unit_test(times_do_not_overflow),
		cmocka_unit_test(all_blocks),
		cmocka_unit_test(blocks_with_a_number),
		cmocka_unit_test(losses_of_interfaces),
		cmocka_unit_test(filters_of_interfaces),
		cmocka_unit_test(names_are_bounded),
		cmocka_unit_test(the_filter_of_each_link_type),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
