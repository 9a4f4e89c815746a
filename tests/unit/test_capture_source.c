// SPDX-License-Identifier: BSD-2-Clause
/* Files and pipes of every kind: the good ones to the last frame, the bad ones by their name. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "base/time.h"
#include "build.h"
#include "capture/source.h"

struct bytes {
	uint8_t *p;
	size_t n, cap;
	bool big;
};

static void raw(struct bytes *b, const void *p, size_t n)
{
	if (b->n + n > b->cap) {
		b->cap = 2 * (b->n + n);
		b->p = realloc(b->p, b->cap);
		assert_non_null(b->p);
	}
	if (n)
		memcpy(b->p + b->n, p, n);
	b->n += n;
}

static void word(struct bytes *b, uint64_t v, unsigned size)
{
	for (unsigned i = 0; i < size; i++) {
		uint8_t c = (uint8_t)(v >> 8 * (b->big ? size - 1 - i : i));

		raw(b, &c, 1);
	}
}

static void pcap_header(struct bytes *b, uint32_t magic, uint32_t snaplen, uint32_t linktype)
{
	word(b, magic, 4), word(b, 2, 2), word(b, 4, 2), word(b, 0, 8);
	word(b, snaplen, 4), word(b, linktype, 4);
}

static void pcap_record(struct bytes *b, uint32_t s, uint32_t fraction, const void *p, uint32_t len,
			uint32_t wire)
{
	word(b, s, 4), word(b, fraction, 4), word(b, len, 4), word(b, wire, 4);
	raw(b, p, len);
}

static void block(struct bytes *b, uint32_t type, const struct bytes *body)
{
	uint32_t pad = (uint32_t)(-body->n & 3), n = (uint32_t)body->n + pad + 12;

	word(b, type, 4), word(b, n, 4);
	raw(b, body->p, body->n);
	word(b, 0, pad);
	word(b, n, 4);
}

static void section(struct bytes *b)
{
	struct bytes body = {.big = b->big};

	word(&body, 0x1a2b3c4d, 4), word(&body, 1, 2), word(&body, 0, 2);
	word(&body, UINT64_MAX, 8);
	block(b, 0x0a0d0d0a, &body);
	free(body.p);
}

static void interface(struct bytes *b, uint16_t linktype, uint32_t snaplen)
{
	struct bytes body = {.big = b->big};

	word(&body, linktype, 2), word(&body, 0, 2), word(&body, snaplen, 4);
	block(b, 1, &body);
	free(body.p);
}

static void enhanced(struct bytes *b, uint32_t interface_id, uint64_t us, const void *p,
		     uint32_t len)
{
	struct bytes body = {.big = b->big};

	word(&body, interface_id, 4), word(&body, us >> 32, 4), word(&body, us & 0xffffffff, 4);
	word(&body, len, 4), word(&body, len, 4);
	raw(&body, p, len);
	block(b, 6, &body);
	free(body.p);
}

static size_t tcp_frame(uint16_t dport, uint8_t *buf, size_t cap)
{
	const struct build k = {.src = "10.0.0.1",
				.dst = "10.0.0.2",
				.sport = 4000,
				.dport = dport,
				.proto = 6,
				.flags = TCP_SYN};

	return build_frame(&k, buf, cap);
}

static char folder[64];

static int make_folder(void **state)
{
	snprintf(folder, sizeof folder, "/tmp/spanaudit-test-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char command[100];

	snprintf(command, sizeof command, "rm -rf %s", folder);
	return system(command);
}

static const char *in_folder(const char *name)
{
	static char path[200];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

static const char *write_file(const char *name, const void *p, size_t n)
{
	const char *path = in_folder(name);
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
	return path;
}

static struct source *open_good(const char *path, const char *filter)
{
	struct errors errs = {0};
	struct source_options opt = {.filter = filter};
	bool usage = false;
	struct source *s = source_open(path, &opt, &errs, &usage);

	if (!s)
		fail_msg("%s: %s", path, errs.n ? errs.e[0].what : "no error told");
	assert_int_equal(errs.n, 0);
	assert_false(usage);
	return s;
}

/* Reads to the end; returns the number of frames, and the last one's time. */
static size_t drain(struct source *s, int64_t *ret_last_ns)
{
	struct batch b;
	size_t n = 0;

	while (assert_int_equal(source_next(s, &b), 0), b.n) {
		for (size_t i = 0; i < b.n; i++) {
			assert_int_equal(b.f[i].number, ++n);
			if (ret_last_ns)
				*ret_last_ns = b.f[i].ts_ns;
		}
		assert_int_equal(s->end, SOURCE_MORE);
	}
	assert_int_not_equal(s->end, SOURCE_MORE);
	return n;
}

static void both_byte_orders_and_both_resolutions(void **state)
{
	static const struct {
		uint32_t magic;
		bool big;
		uint32_t fraction;
		int64_t ns;
	} rows[] = {
		{0xa1b2c3d4, false, 999999, 999999000},
		{0xa1b2c3d4, true, 999999, 999999000},
		{0xa1b23c4d, false, 999999999, 999999999},
		{0xa1b23c4d, true, 999999999, 999999999},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct bytes b = {.big = rows[i].big};
		uint8_t frame[100];
		uint32_t n = (uint32_t)tcp_frame(443, frame, sizeof frame);
		struct batch batch;

		pcap_header(&b, rows[i].magic, 65535, 1);
		pcap_record(&b, 1700000000, rows[i].fraction, frame, n, n + 9);
		pcap_record(&b, 0xf0000000, 0, frame, n,
			    1); /* past 2038, and a wire length too small */

		struct source *s = open_good(write_file("order.pcap", b.p, b.n), NULL);

		assert_string_equal(s->format, "pcap");
		assert_int_equal(s->snaplen, 65535);
		assert_int_equal(s->size, b.n);
		assert_int_equal(source_next(s, &batch), 0);
		assert_int_equal(batch.n, 2);
		assert_true(batch.f[0].ts_ns == 1700000000 * NS_PER_S + rows[i].ns);
		assert_int_equal(batch.f[0].linktype, 1);
		assert_int_equal(batch.f[0].len, n);
		assert_int_equal(batch.f[0].wire_len, n + 9);
		assert_memory_equal(batch.f[0].p, frame, n);
		assert_false(batch.f[0].filtered);
		assert_true(batch.f[1].ts_ns == INT64_C(0xf0000000) * NS_PER_S);
		assert_int_equal(batch.f[1].wire_len, n);
		assert_int_equal(source_next(s, &batch), 0);
		assert_int_equal(batch.n, 0);
		assert_int_equal(s->end, SOURCE_WHOLE);
		assert_string_equal(s->why, "");
		assert_int_equal(s->at, b.n);
		/* And again: the end stays the end. */
		assert_int_equal(source_next(s, &batch), 0);
		assert_int_equal(batch.n, 0);
		assert_null(source_close(s));
		free(b.p);
	}
	assert_null(source_close(NULL));
}

static void pcapng_in_both_byte_orders(void **state)
{
	for (int big = 0; big < 2; big++) {
		struct bytes b = {.big = big};
		uint8_t frame[100];
		uint32_t n = (uint32_t)tcp_frame(443, frame, sizeof frame);
		int64_t last = 0;

		section(&b);
		interface(&b, 1, 0);
		for (unsigned i = 0; i < 100; i++)
			enhanced(&b, 0, UINT64_C(1700000000000000) + i, frame, n);

		struct source *s = open_good(write_file("ng.pcapng", b.p, b.n), NULL);

		assert_string_equal(s->format, "pcapng");
		assert_int_equal(drain(s, &last), 100);
		assert_int_equal(s->end, SOURCE_WHOLE);
		assert_true(last == INT64_C(1700000000000099000));
		source_close(s);
		free(b.p);
	}
}

static void link_types_are_those_of_files(void **state)
{
	static const uint16_t types[] = {0, 1, 9, 101, 108, 113, 147, 228, 229, 276};

	for (size_t i = 0; i < N_ELEMENTS(types); i++) {
		struct bytes b = {0};
		struct batch batch;

		pcap_header(&b, 0xa1b2c3d4, 65535, types[i]);
		pcap_record(&b, 1, 0, "x", 1, 1);

		struct source *s = open_good(write_file("types.pcap", b.p, b.n), NULL);

		assert_int_equal(source_next(s, &batch), 0);
		assert_int_equal(batch.n, 1);
		assert_int_equal(batch.f[0].linktype, types[i]);
		source_close(s);
		free(b.p);
	}
}

/* Frames larger than a batch's usual memory, up to the largest snap length, mixed with small ones.
 */
static void large_frames_fit(void **state)
{
	enum { LARGE = 262144, MANY = 200 };
	struct bytes b = {0};
	uint8_t *frame = malloc(LARGE);
	struct batch batch;
	size_t n = 0, batches = 0;

	for (size_t i = 0; i < LARGE; i++)
		frame[i] = (uint8_t)(i * 7 >> 3);
	pcap_header(&b, 0xa1b2c3d4, LARGE, 1);
	for (uint32_t i = 0; i < MANY; i++)
		pcap_record(&b, i, 0, frame + i % 3, i % 3 ? 60 + i : LARGE, LARGE);

	struct source *s = open_good(write_file("large.pcap", b.p, b.n), NULL);

	while (assert_int_equal(source_next(s, &batch), 0), batch.n) {
		batches++;
		for (size_t i = 0; i < batch.n; i++, n++) {
			assert_int_equal(batch.f[i].len, n % 3 ? 60 + n : LARGE);
			assert_memory_equal(batch.f[i].p, frame + n % 3, batch.f[i].len);
			assert_int_equal(batch.f[i].number, n + 1);
		}
	}
	assert_int_equal(n, MANY);
	assert_true(batches > MANY / BATCH_FRAMES + 1);
	assert_int_equal(s->end, SOURCE_WHOLE);
	source_close(s);
	free(frame);
	free(b.p);
}

static void cut_at_every_byte(void **state)
{
	struct bytes files[2] = {{0}, {0}};
	uint8_t frame[100];
	uint32_t n = (uint32_t)tcp_frame(443, frame, sizeof frame);
	size_t end_of[2][4];

	pcap_header(&files[0], 0xa1b2c3d4, 65535, 1);
	section(&files[1]);
	interface(&files[1], 1, 65535);
	for (unsigned f = 0; f < 2; f++)
		end_of[f][0] = files[f].n;
	for (unsigned i = 1; i <= 3; i++) {
		pcap_record(&files[0], i, 0, frame, n, n);
		enhanced(&files[1], 0, i, frame, n);
		for (unsigned f = 0; f < 2; f++)
			end_of[f][i] = files[f].n;
	}
	for (unsigned f = 0; f < 2; f++) {
		for (size_t len = end_of[f][0]; len <= files[f].n; len++) {
			struct source *s = open_good(write_file("cut.pcap", files[f].p, len), NULL);
			size_t whole = 0;

			while (whole < 3 && end_of[f][whole + 1] <= len)
				whole++;
			assert_int_equal(drain(s, NULL), whole);
			if (len == end_of[f][whole]) {
				assert_int_equal(s->end, SOURCE_WHOLE);
			} else {
				char want[80];

				assert_int_equal(s->end, SOURCE_CUT);
				snprintf(want, sizeof want,
					 "the file ends in the middle of packet %zu", whole + 1);
				assert_string_equal(s->why, want);
			}
			source_close(s);
		}
		/* In the header itself nothing can be read; but a section alone is a file of no
		 * packets. */
		for (size_t len = 4; len < end_of[f][0]; len++) {
			struct errors errs = {0};
			bool usage = false;
			struct source *s = source_open(write_file("cut.pcap", files[f].p, len),
						       NULL, &errs, &usage);

			if (f == 1 && len == 28) {
				assert_non_null(s);
				assert_int_equal(drain(s, NULL), 0);
				assert_int_equal(s->end, SOURCE_WHOLE);
				source_close(s);
			} else {
				assert_null(s);
				assert_int_equal(errs.n, 1);
				assert_non_null(
					strstr(errs.e[0].what, "ends inside its own header"));
				assert_non_null(errs.e[0].hint);
				assert_false(usage);
			}
			errors_done(&errs);
		}
		free(files[f].p);
	}
}

static void no_packets_is_no_error(void **state)
{
	struct bytes b = {0};

	pcap_header(&b, 0xa1b2c3d4, 65535, 1);

	struct source *s = open_good(write_file("none.pcap", b.p, b.n), "tcp");

	assert_int_equal(drain(s, NULL), 0);
	assert_int_equal(s->end, SOURCE_WHOLE);
	source_close(s);
	free(b.p);
}

static void damage_in_the_middle(void **state)
{
	struct bytes b = {0};
	uint8_t frame[100];
	uint32_t n = (uint32_t)tcp_frame(443, frame, sizeof frame);

	pcap_header(&b, 0xa1b2c3d4, 65535, 1);
	pcap_record(&b, 1, 0, frame, n, n);
	pcap_record(&b, 1, 0, frame, n, n);
	for (unsigned i = 0; i < 200; i++)
		word(&b, 0xfffefdfc, 4);

	struct source *s = open_good(write_file("damaged.pcap", b.p, b.n), NULL);

	assert_int_equal(drain(s, NULL), 2);
	assert_int_equal(s->end, SOURCE_DAMAGED);
	assert_non_null(strstr(s->why, "follows packet 2"));
	source_close(s);
	free(b.p);
}

static void the_filter_counts_what_it_refuses(void **state)
{
	struct bytes b = {0};
	struct batch batch;
	size_t yes = 0, no = 0;

	pcap_header(&b, 0xa1b2c3d4, 65535, 1);
	for (uint16_t i = 0; i < 150; i++) {
		uint8_t frame[100];
		uint32_t n = (uint32_t)tcp_frame(i % 3 ? 443 : 80, frame, sizeof frame);

		pcap_record(&b, i, 0, frame, n, n);
	}

	struct source *s = open_good(write_file("filter.pcap", b.p, b.n), "tcp dst port 443");

	while (assert_int_equal(source_next(s, &batch), 0), batch.n)
		for (size_t i = 0; i < batch.n; i++) {
			assert_int_equal(batch.f[i].number, yes + no + 1);
			assert_int_equal(batch.f[i].filtered, (yes + no) % 3 == 0);
			batch.f[i].filtered ? no++ : yes++;
		}
	assert_int_equal(yes, 100);
	assert_int_equal(no, 50);
	source_close(s);
	free(b.p);
}

static void bad_filters_are_the_users(void **state)
{
	static const struct {
		uint32_t linktype;
		const char *filter, *what;
	} rows[] = {
		{1, "tcp prot 80", "syntax error"},
		{1, "port", "syntax error"},
		{1, "net 1.2.3.4/40", "mask length"},
		{1, "tcp and (port 80", "syntax error"},
		{101, "ether host 02:00:00:00:00:01", "only on ethernet"},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct bytes b = {0};
		struct source_options opt = {.filter = rows[i].filter};
		struct errors errs = {0};
		bool usage = false;

		pcap_header(&b, 0xa1b2c3d4, 65535, rows[i].linktype);
		assert_null(source_open(write_file("f.pcap", b.p, b.n), &opt, &errs, &usage));
		assert_true(usage);
		assert_int_equal(errs.n, 1);
		assert_non_null(strstr(errs.e[0].what, rows[i].filter));
		if (!strstr(errs.e[0].what, rows[i].what))
			fail_msg("%s: %s", rows[i].filter, errs.e[0].what);
		assert_non_null(strstr(errs.e[0].hint, "pcap-filter(7)"));
		errors_done(&errs);
		free(b.p);
	}

	/* Also where there is no interface to compile it for. */
	struct bytes b = {0};
	struct source_options opt = {.filter = "tcp prot 80"};
	struct errors errs = {0};
	bool usage = false;

	section(&b);
	assert_null(source_open(write_file("f.pcapng", b.p, b.n), &opt, &errs, &usage));
	assert_true(usage);
	errors_done(&errs);
	free(b.p);
}

static void refuses(const char *path, const char *what, const char *hint)
{
	struct errors errs = {0};
	bool usage = false;

	assert_null(source_open(path, NULL, &errs, &usage));
	assert_false(usage);
	assert_int_equal(errs.n, 1);
	assert_int_equal(errs.n_errors, 1);
	if (!strstr(errs.e[0].what, what))
		fail_msg("%s: \"%s\" without \"%s\"", path, errs.e[0].what, what);
	/* The cause and what to do about it are two lines. */
	assert_non_null(errs.e[0].hint);
	assert_non_null(strchr(errs.e[0].hint, '\n'));
	if (!strstr(errs.e[0].hint, hint))
		fail_msg("%s: \"%s\" without \"%s\"", path, errs.e[0].hint, hint);
	assert_string_equal(errs.e[0].file, strcmp(path, "-") ? path : "standard input");
	errors_done(&errs);
}

#define ETL_BUFFER_HEADER                                  \
	"\0\0\1\0\x30\2\0\0\x30\2\0\0\0\0\0\0"             \
	"\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" \
	"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

static void every_wrong_file_has_its_own_words(void **state)
{
	static const struct {
		const char *name;
		const char *bytes;
		size_t n;
		const char *what, *hint;
	} rows[] = {
#define ROW(name, bytes, what, hint) {name, bytes, sizeof bytes - 1, what, hint}
		ROW("empty.pcap", "", "is empty (0 bytes)", "record it again"),
		ROW("list.txt", "No. Time Source\n1 0.0 10.0.0.1\n", "text file", "tcpdump -w"),
		ROW("utf16.txt", "\xff\xfeN\0o\0.\0", "text file", "tcpdump -w"),
		ROW("umlaut.txt",
		    "\xc3\xbc"
		    "ber die \xc3\x84nderung der Regeln",
		    "text file", "tcpdump -w"),
		ROW("a.pcap.gz", "\x1f\x8b\x08\0\0\0\0\0\0\3", "gzip stream stops before its end",
		    "copy it again"),
		ROW("a.zst", "\x28\xb5\x2f\xfd\4", "zstd stream stops before its end",
		    "copy it again"),
		ROW("header.zst", "\x28\xb5\x2f\xfd\x08\0\0\0\0", "the zstd stream is damaged",
		    "`zstdcat --long=31 "),
		ROW("old.lz4", "\x02\x21\x4c\x18\0\0\0\0", "legacy format", "`lz4cat "),
		ROW("a.bz2", "BZh91AY&SY\0\0\0", "bzip2", "`bzcat "),
		ROW("a.zip", "PK\3\4\x14\0\0\0", "ZIP archive", "`unzip -p "),
		ROW("a.snoop", "snoop\0\0\0\0\0\0\2", "snoop", "editcap -F pcapng"),
		ROW("a.cap", "GMBU\0\2\0\0", "Network Monitor 2", "editcap -F pcapng"),
		ROW("1.cap", "RTSS\1\1\1\0", "Network Monitor 1", "editcap -F pcapng"),
		ROW("sniffer.caz", "XCP\000001.100", "Windows Sniffer", "editcap -F pcapng"),
		ROW("xray.cap", "VL\0\0", "NetXRay 1", "editcap -F pcapng"),
		ROW("dos.enc", "TRSNIFF data    \x1a", "DOS Sniffer", "editcap -F pcapng"),
		ROW("ip.trace", "iptrace 1.0\0", "AIX iptrace capture", "editcap -F pcapng"),
		ROW("ip2.trace", "iptrace 2.0\0", "AIX iptrace 2", "editcap -F pcapng"),
		ROW("hp.TRC000", "TR\0\x64\0\0\0\0\0\0\0\x80", "HP-UX nettl", "editcap -F pcapng"),
		ROW("hp9.TRC000", "\0\0\0\1\0\0\0\0\0\7\xd0\0", "HP-UX 9", "editcap -F pcapng"),
		ROW("omni.pkt", "\177ver\0\0\0", "OmniPeek", "editcap -F pcapng"),
		ROW("a.cscpkt", "cpse\1\0", "Capsa", "editcap -F pcapng"),
		ROW("a.rf5", "\0\0\2\0\x12\5\0\x10", "K12", "editcap -F pcapng"),
		ROW("a.eyesdn", "EyeSDN", "EyeSDN", "editcap -F pcapng"),
		ROW("k12.txt", "+---------+---------------+----------+\n", "K12 text",
		    "editcap -F pcapng"),
		ROW("ns1.cap", "\x01\0\x34\0\0\0\0\0NetScaler Performance Data\0", "version 1.0",
		    "editcap -F pcapng"),
		ROW("ns2.cap", "\x01\x32\0\0NetScaler V20 Performance Data\0", "version 2.0",
		    "editcap -F pcapng"),
		ROW("ns35.cap", "\x01\x32\0\0Netscaler V35 Performance Data\0", "version 3.5",
		    "editcap -F pcapng"),
		ROW("iseries.txt", " COMMUNICATIONS TRACE       Title: x\n", "IBM i",
		    "editcap -F pcapng"),
		ROW("pktmon.txt",
		    "[00]0F20.1B3C::2024-05-01 10:00:00.1 [Microsoft-Windows-PktMon] "
		    "Component 9",
		    "pktmon printed", "pktmon etl2pcap"),
		ROW("a.pdml", "<?xml version=\"1.0\"?>\n<pdml version=\"0\">\n", "PDML",
		    "printed from"),
		ROW("report.cab", "MSCF\0\0\0\0", "Windows cabinet", "etl2pcapng"),
		ROW("System.evtx", "ElfFile\0\0\0", "event log", "pktmon start"),
		ROW("a.matp", "\1\2\3\4\0\0", "Message Analyzer file", "export it as .cap"),
		ROW("a.erf", "\1\2\3\4\0\0", "Endace ERF", "editcap -F pcapng"),
		ROW("trace.etl", ETL_BUFFER_HEADER "\2\0\2\xc0", "Windows event trace",
		    "pktmon etl2pcap"),
		ROW("renamed.pcap", ETL_BUFFER_HEADER "\2\0\1\xc0", "Windows event trace",
		    "etl2pcapng"),
		ROW("old.ETL", "\0\0\0\0\1\2\3\4", "Windows event trace", "etl2pcapng"),
		ROW("junk.pcap", "\x12\x34\x56\x78\0\0\0\0\0\0\0\0\0", "begins with 12 34 56 78",
		    "capinfos"),
		ROW("tiny.pcap", "\0\1", "only 2 bytes", "capinfos"),
		ROW("short.pcap", "\xd4\xc3\xb2\xa1\2\0", "ends inside its own header",
		    "copy it again"),
		ROW("version.pcap",
		    "\xd4\xc3\xb2\xa1\x01\0\x04\0\0\0\0\0\0\0\0\0\xff\xff\0\0\1\0\0\0",
		    "version of the pcap format is 1.4", "capinfos"),
		ROW("order.pcapng", "\x0a\x0d\x0d\x0a\x1c\0\0\0\0\0\0\0", "not a capture file",
		    "capinfos"),
#undef ROW
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		refuses(write_file(rows[i].name, rows[i].bytes, rows[i].n), rows[i].what,
			rows[i].hint);
	refuses(in_folder("nothing-here.pcap"), "no such file", "ls");
	refuses(in_folder("list.txt/x.pcap"), "part of the path is not a folder", "ls");
	refuses(folder, "this is a folder", "*.pcap*");
}

static void an_unreadable_file(void **state)
{
	if (geteuid() == 0) {
		/* root may read everything: ask as somebody else. */
		pid_t child;
		int status;
		const char *path = write_file("secret.pcap", "x", 1);

		assert_int_equal(chmod(path, 0), 0);
		assert_int_equal(chmod(folder, 0755), 0);
		child = fork();
		if (child == 0) {
			struct errors errs = {0};
			bool usage = false;

			if (setresuid(65534, 65534, 65534) < 0)
				_exit(2);
			_exit(source_open(path, NULL, &errs, &usage) == NULL && errs.n == 1 &&
					      strstr(errs.e[0].what, "permission denied") &&
					      strstr(errs.e[0].hint, "ls -l")
				      ? 0
				      : 1);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
	} else {
		const char *path = write_file("secret.pcap", "x", 1);

		assert_int_equal(chmod(path, 0), 0);
		refuses(path, "permission denied", "ls -l");
	}
}

/* Standard input becomes a pipe into which a child writes `step` bytes at a time. */
static pid_t feed(const struct bytes *b, size_t step, int *ret_saved)
{
	int ends[2];
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		close(ends[0]);
		for (size_t at = 0; at < b->n; at += step) {
			size_t n = b->n - at < step ? b->n - at : step;

			if (write(ends[1], b->p + at, n) != (ssize_t)n)
				_exit(1);
		}
		_exit(0);
	}
	close(ends[1]);
	*ret_saved = dup(STDIN_FILENO);
	assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
	close(ends[0]);
	return child;
}

static void restore(pid_t child, int saved)
{
	int status;

	assert_int_equal(dup2(saved, STDIN_FILENO), STDIN_FILENO);
	close(saved);
	assert_int_equal(waitpid(child, &status, 0), child);
}

static void standard_input(void **state)
{
	static const size_t steps[] = {1, 7, 4096};

	for (size_t i = 0; i < N_ELEMENTS(steps); i++) {
		struct bytes b = {0};
		uint8_t frame[100];
		uint32_t n = (uint32_t)tcp_frame(443, frame, sizeof frame);
		int saved;

		pcap_header(&b, 0xa1b2c3d4, 65535, 1);
		for (unsigned k = 0; k < 100; k++)
			pcap_record(&b, k, 0, frame, n, n);

		pid_t child = feed(&b, steps[i], &saved);
		struct source *s = open_good("-", NULL);

		assert_string_equal(s->path, "-");
		assert_int_equal(s->size, 0);
		assert_int_equal(drain(s, NULL), 100);
		assert_int_equal(s->end, SOURCE_WHOLE);
		source_close(s);
		restore(child, saved);
		free(b.p);
	}
}

static void wrong_things_on_standard_input(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *what, *hint;
	} rows[] = {
		{"", 0, "ended before the first byte", "tcpdump"},
		{"tcpdump: eth0: no such device\n", 30, "text file", "tcpdump -w"},
		{"BZh91AY&SY", 10, "bzip2", "| bzcat | spanaudit audit -"},
		{"\x1f\x8b\x08\0\0\0\0\0", 8, "gzip stream stops", "copy it again"},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct bytes b = {0};
		int saved;

		raw(&b, rows[i].bytes, rows[i].n);

		pid_t child = feed(&b, 3, &saved);

		refuses("-", rows[i].what, rows[i].hint);
		restore(child, saved);
		free(b.p);
	}
}

static void a_named_pipe(void **state)
{
	struct bytes b = {0};
	const char *path = in_folder("pipe");
	uint8_t frame[100];
	uint32_t n = (uint32_t)tcp_frame(443, frame, sizeof frame);
	pid_t child;
	int status;

	pcap_header(&b, 0xa1b2c3d4, 65535, 1);
	for (unsigned k = 0; k < 70; k++)
		pcap_record(&b, k, 0, frame, n, n);
	assert_int_equal(mkfifo(path, 0600), 0);
	child = fork();
	if (child == 0) {
		int fd = open(path, O_WRONLY);

		_exit(write(fd, b.p, b.n) == (ssize_t)b.n ? 0 : 1);
	}

	struct source *s = open_good(path, NULL);

	assert_int_equal(drain(s, NULL), 70);
	assert_int_equal(s->end, SOURCE_WHOLE);
	source_close(s);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	free(b.p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_byte_orders_and_both_resolutions),
		cmocka_unit_test(pcapng_in_both_byte_orders),
		cmocka_unit_test(link_types_are_those_of_files),
		cmocka_unit_test(large_frames_fit),
		cmocka_unit_test(cut_at_every_byte),
		cmocka_unit_test(no_packets_is_no_error),
		cmocka_unit_test(damage_in_the_middle),
		cmocka_unit_test(the_filter_counts_what_it_refuses),
		cmocka_unit_test(bad_filters_are_the_users),
		cmocka_unit_test(every_wrong_file_has_its_own_words),
		cmocka_unit_test(an_unreadable_file),
		cmocka_unit_test(standard_input),
		cmocka_unit_test(wrong_things_on_standard_input),
		cmocka_unit_test(a_named_pipe),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
