// SPDX-License-Identifier: BSD-2-Clause
/* Compressed captures: whole, joined, padded, cut, damaged, too large, and what only looks so. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "capture/codec.h"
#include "capture/input.h"
#include "capture/source.h"
#include "pack.h"

enum { LARGE = 3 << 20, SMALL = 300 };

struct bytes {
	uint8_t *p;
	size_t n, cap;
};

static void append(struct bytes *b, const void *p, size_t n)
{
	if (b->n + n >= b->cap) {
		b->cap = 2 * (b->n + n) + 64;
		b->p = realloc(b->p, b->cap);
		assert_non_null(b->p);
	}
	if (n)
		memcpy(b->p + b->n, p, n);
	b->n += n;
}

static bool append_packed(struct bytes *b, const char *codec, const void *p, size_t n)
{
	uint8_t *packed;
	size_t size = pack(codec, p, n, &packed);

	append(b, packed, size);
	free(packed);
	return size > 0;
}

/* Bytes that compress somewhat, the same each time. */
static uint8_t *content(size_t n)
{
	uint8_t *p = malloc(n + 1);
	uint32_t x = 12345;

	assert_non_null(p);
	for (size_t i = 0; i < n; i++) {
		x = x * 1664525 + 1013904223;
		p[i] = x >> 28 ? (uint8_t)(i >> 6) : (uint8_t)(x >> 20);
	}
	return p;
}

static int memory_file(const void *p, size_t n)
{
	int fd = memfd_create("capture", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, p, n), n);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static struct input open_packed(const struct bytes *b, const char *codec)
{
	struct input in = {.fd = memory_file(b->p, b->n)};
	const struct codec_ops *ops;

	assert_int_equal(input_codec(&in, &ops), 0);
	assert_non_null(ops);
	assert_string_equal(ops->name, codec);
	assert_int_equal(input_unpack(&in, ops), 0);
	return in;
}

/* Reads `step` bytes at a time to the end; returns how that was. */
static int drain(struct input *in, size_t step, struct bytes *ret)
{
	uint8_t *buf = malloc(step);
	ssize_t got;

	assert_non_null(buf);
	while ((got = input_read(in, buf, step)) > 0) {
		assert_true((size_t)got <= step);
		append(ret, buf, (size_t)got);
	}
	/* The end stays what it was. */
	assert_int_equal(input_read(in, buf, step), got);
	free(buf);
	return (int)got;
}

/* The body once for each that was built in; `name` is its name. */
#define EACH_CODEC(name)                                                                  \
	for (size_t i_ = 0; codec_name(i_); i_++)                                         \
		for (const char *name = codec_built_in(i_) ? codec_name(i_) : NULL; name; \
		     name = NULL)

static void whole_in_steps_of_any_size(void **state)
{
	static const size_t steps[] = {13, 4096, 1 << 20, 2 * LARGE};
	uint8_t *want = content(LARGE);

	EACH_CODEC(codec)
	for (size_t i = 0; i < N_ELEMENTS(steps); i++) {
		struct bytes file = {0}, got = {0};

		assert_true(append_packed(&file, codec, want, LARGE));

		struct input in = open_packed(&file, codec);

		assert_int_equal(input_peek(&in, INPUT_PEEK), 0);
		assert_int_equal(in.n_head, INPUT_PEEK);
		assert_memory_equal(in.head, want, INPUT_PEEK);
		assert_true(in.at < file.n || file.n <= CODEC_BUFFER);
		assert_int_equal(drain(&in, steps[i], &got), 0);
		assert_int_equal(got.n, LARGE);
		assert_memory_equal(got.p, want, LARGE);
		assert_int_equal(in.at, file.n);
		assert_false(in.cut);
		input_done(&in);
		free(got.p);
		free(file.p);
	}
	free(want);
}

static void as_it_is(void **state)
{
	uint8_t *want = content(LARGE);
	struct bytes got = {0};
	struct input in = {.fd = memory_file(want, LARGE)};
	const struct codec_ops *ops;

	assert_int_equal(input_codec(&in, &ops), 0);
	assert_null(ops);
	assert_int_equal(input_peek(&in, 100), 0);
	assert_int_equal(drain(&in, 5000, &got), 0);
	assert_int_equal(got.n, LARGE);
	assert_memory_equal(got.p, want, LARGE);
	assert_int_equal(in.at, LARGE);
	input_done(&in);
	free(got.p);
	free(want);
}

static void one_after_another(void **state)
{
	static const uint8_t zeros[1024];
	uint8_t *want = content(1000);

	EACH_CODEC(codec)
	{
		struct bytes file = {0}, got = {0};

		append_packed(&file, codec, want, 400);
		append_packed(&file, codec, want, 0);
		append_packed(&file, codec, want + 400, 1);
		append(&file, zeros, 512);
		append_packed(&file, codec, want + 401, 599);
		append(&file, zeros, sizeof zeros);

		struct input in = open_packed(&file, codec);

		assert_int_equal(drain(&in, 64, &got), 0);
		assert_int_equal(got.n, 1000);
		assert_memory_equal(got.p, want, 1000);
		assert_int_equal(in.at, file.n);
		input_done(&in);
		free(got.p);
		free(file.p);
	}
	free(want);
}

/* RFC 8878 3.1.2: zstd and lz4 have frames that say nothing; some programs begin with one. */
static void frames_of_user_data(void **state)
{
	static const char *const names[] = {"zstd", "lz4"};
	static const uint8_t short_one[] = {0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 'u', 's', 'e', 'r'};
	uint8_t *long_one = calloc(1, 8 + 100000), *want = content(1000);

	memcpy(long_one, "\x5f\x2a\x4d\x18\xa0\x86\1\0", 8); /* 100000 */
	for (size_t i = 0; i < N_ELEMENTS(names); i++) {
		struct bytes file = {0}, got = {0};

		append(&file, short_one, sizeof short_one);
		append(&file, long_one, 8 + 100000);
		if (!append_packed(&file, names[i], want, 1000)) {
			free(file.p);
			continue;
		}
		append(&file, short_one, sizeof short_one);

		struct input in = open_packed(&file, names[i]);

		assert_int_equal(drain(&in, 64, &got), 0);
		assert_int_equal(got.n, 1000);
		assert_memory_equal(got.p, want, 1000);
		assert_int_equal(in.at, file.n);
		input_done(&in);
		free(got.p);
		free(file.p);
	}
	/* Alone, or before something else, they are no capture. */
	for (size_t n = 4; n <= sizeof short_one; n++) {
		struct input in = {.fd = memory_file(short_one, n)};
		const struct codec_ops *ops;

		assert_int_equal(input_codec(&in, &ops), -EBADMSG);
		assert_null(ops);
		input_done(&in);
	}
	free(want);
	free(long_one);
}

static void cut_at_every_byte(void **state)
{
	uint8_t *want = content(SMALL);

	EACH_CODEC(codec)
	{
		struct bytes whole = {0};

		append_packed(&whole, codec, want, SMALL);

		size_t first = whole.n;

		append_packed(&whole, codec, want, SMALL);
		for (size_t n = 6; n <= whole.n; n++) {
			struct bytes file = {.p = whole.p, .n = n}, got = {0};
			struct input in = open_packed(&file, codec);
			int r = drain(&in, 4096, &got);
			size_t head = got.n < SMALL ? got.n : SMALL;

			if (n == first || n == whole.n) {
				assert_int_equal(r, 0);
				assert_int_equal(got.n, n == first ? SMALL : 2 * SMALL);
				assert_false(in.cut);
			} else {
				assert_int_equal(r, -ENODATA);
				assert_true(in.cut);
				assert_int_equal(in.read_errno, 0);
				assert_non_null(strstr(in.why, codec));
				assert_non_null(strstr(in.why, "stops before its end"));
			}
			if (n >= first)
				assert_true(got.n >= SMALL);
			if (head)
				assert_memory_equal(got.p, want, head);
			if (got.n > SMALL)
				assert_memory_equal(got.p + SMALL, want, got.n - SMALL);
			input_done(&in);
			free(got.p);
		}
		free(whole.p);
	}
	free(want);
}

/* No flipped bit goes unnoticed: what ends well is what was packed. */
static void every_bit_matters(void **state)
{
	uint8_t *want = content(SMALL);

	EACH_CODEC(codec)
	{
		struct bytes file = {0};
		size_t damaged = 0;

		append_packed(&file, codec, want, SMALL);
		for (size_t bit = 8 * 6; bit < 8 * file.n; bit++) {
			struct bytes got = {0};

			file.p[bit / 8] ^= (uint8_t)(1 << bit % 8);

			struct input in = open_packed(&file, codec);
			int r = drain(&in, 4096, &got);

			if (r == 0) {
				assert_int_equal(got.n, SMALL);
				assert_memory_equal(got.p, want, SMALL);
			} else if (r == -EBADMSG) {
				damaged++;
				assert_int_equal(in.read_errno, EBADMSG);
				assert_non_null(strstr(in.why, codec));
			} else {
				assert_int_equal(r, -ENODATA);
			}
			input_done(&in);
			file.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
			free(got.p);
		}
		assert_true(damaged > 4 * file.n);
		free(file.p);
	}
	free(want);
}

static void something_behind(void **state)
{
	uint8_t *want = content(SMALL);

	EACH_CODEC(codec)
	{
		struct bytes file = {0}, got = {0};

		append_packed(&file, codec, want, SMALL);
		append(&file, "\0\0the end of the tape", 21);

		struct input in = open_packed(&file, codec);

		assert_int_equal(drain(&in, 4096, &got), -EBADMSG);
		assert_int_equal(got.n, SMALL);
		assert_memory_equal(got.p, want, SMALL);
		assert_non_null(strstr(in.why, "behind the end"));
		assert_false(codec_beyond(in.codec));
		input_done(&in);
		free(got.p);
		free(file.p);
	}
	free(want);
}

/* RFC 8878 3.1.1.1.2: a window of 128 MiB, and one of 256. */
static void windows_of_zstd(void **state)
{
	static const struct {
		const char *descriptor;
		int want;
	} rows[] = {{"\x88", 0}, {"\x90", -EBADMSG}, {"\xa8", -EBADMSG}};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct bytes file = {0};
		struct bytes got = {0};

		append(&file, "\x28\xb5\x2f\xfd\0", 5);
		append(&file, rows[i].descriptor, 1);
		append(&file, "\x29\0\0hello", 8); /* the last block, raw, 5 bytes */

		struct input in = open_packed(&file, "zstd");

		assert_int_equal(drain(&in, 64, &got), rows[i].want);
		assert_int_equal(got.n, rows[i].want ? 0 : 5);
		assert_int_equal(codec_beyond(in.codec), rows[i].want < 0);
		if (rows[i].want < 0)
			assert_non_null(strstr(in.why, "zstdcat --long=31"));
		free(got.p);
		input_done(&in);
		free(file.p);
	}
}

/* The .xz file format 3.1 and 5.3.1: the dictionary's size is a byte of the block header. */
static void windows_of_xz(void **state)
{
	enum { STREAM_HEADER = 12 };
	static const struct {
		uint8_t size;
		int want;
	} rows[] = {{30, 5}, {32, -EBADMSG}, {39, -EBADMSG}};
	uint8_t *packed, buf[64];
	size_t n = pack("xz", "hello", 5, &packed);

	for (size_t i = 0; n && i < N_ELEMENTS(rows); i++) {
		uint8_t *block = packed + STREAM_HEADER;
		size_t size = 4 * (size_t)block[0];
		struct bytes file = {.p = packed, .n = n};

		/* The filter LZMA2, with one byte of properties. */
		uint8_t *filter = memmem(block, size, "\x21\1", 2);

		assert_non_null(filter);
		filter[2] = rows[i].size;
		for (unsigned k = 0; k < 4; k++)
			block[size + k] = (uint8_t)(crc32(0, block, (uInt)size) >> 8 * k);

		struct input in = open_packed(&file, "xz");

		assert_int_equal(input_read(&in, buf, sizeof buf), rows[i].want);
		assert_int_equal(codec_beyond(in.codec), rows[i].want < 0);
		if (rows[i].want < 0)
			assert_non_null(strstr(in.why, "`xzcat`"));
		input_done(&in);
	}
	free(packed);
}

static struct source *open_file(const char *path, struct errors *errs)
{
	bool usage = false;
	struct source *s = source_open(path, NULL, errs, &usage);

	assert_false(usage);
	return s;
}

static char path[64];

static const char *write_file(const struct bytes *b)
{
	int fd;

	snprintf(path, sizeof path, "/tmp/spanaudit-test-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, b->p, b->n), b->n);
	close(fd);
	return path;
}

static void refused(const struct bytes *b, const char *what, const char *hint)
{
	struct errors errs = {0};

	assert_null(open_file(write_file(b), &errs));
	assert_int_equal(errs.n, 1);
	if (!strstr(errs.e[0].what, what))
		fail_msg("\"%s\" without \"%s\"", errs.e[0].what, what);
	if (!strstr(errs.e[0].hint, hint))
		fail_msg("\"%s\" without \"%s\"", errs.e[0].hint, hint);
	assert_non_null(strchr(errs.e[0].hint, '\n'));
	assert_string_equal(errs.e[0].file, path);
	errors_done(&errs);
	unlink(path);
}

/* A gibibyte of zeros is a mebibyte of gzip: the first bytes are enough. */
static void a_bomb_is_answered_at_once(void **state)
{
	enum { PIECE = 16 << 20, PIECES = 64 };
	uint8_t *zeros = calloc(1, PIECE);
	struct bytes file = {0}, piece = {0};

	append_packed(&piece, "gzip", zeros, PIECE);
	for (unsigned i = 0; i < PIECES; i++)
		append(&file, piece.p, piece.n);

	struct input in = open_packed(&file, "gzip");

	assert_int_equal(input_peek(&in, INPUT_PEEK), 0);
	assert_int_equal(in.n_head, INPUT_PEEK);
	assert_true(in.at <= INPUT_PEEK + CODEC_BUFFER);
	input_done(&in);
	refused(&file, "inside the gzip compression: not a capture file: it begins with 00 00",
		"capinfos");
	free(zeros);
	free(piece.p);
	free(file.p);
}

static struct bytes capture(unsigned packets)
{
	static const uint8_t header[] = {0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0,
					 0,    0,    0,    0,    0, 0, 1, 0, 1, 0, 0, 0};
	struct bytes b = {0};

	append(&b, header, sizeof header);
	for (unsigned i = 0; i < packets; i++) {
		uint8_t record[16 + 60] = {[0] = (uint8_t)i,
					   [1] = (uint8_t)(i >> 8),
					   [2] = (uint8_t)(i >> 16),
					   [8] = 60,
					   [12] = 60};

		append(&b, record, sizeof record);
	}
	return b;
}

static size_t count(struct source *s)
{
	struct batch b;
	size_t n = 0;

	while (assert_int_equal(source_next(s, &b), 0), b.n)
		n += b.n;
	return n;
}

static void as_a_source(void **state)
{
	struct bytes whole = capture(20000);

	EACH_CODEC(codec)
	{
		struct bytes file = {0};
		struct errors errs = {0};

		append_packed(&file, codec, whole.p, whole.n);

		struct source *s = open_file(write_file(&file), &errs);

		assert_non_null(s);
		assert_string_equal(s->codec, codec);
		assert_string_equal(s->format, "pcap");
		assert_int_equal(s->size, file.n);
		assert_int_equal(count(s), 20000);
		assert_int_equal(s->end, SOURCE_WHOLE);
		assert_int_equal(s->at, file.n);
		source_close(s);
		unlink(path);

		/* Cut: what came before counts, and it is said. */
		file.n -= 5;
		s = open_file(write_file(&file), &errs);
		assert_non_null(s);
		assert_true(count(s) <= 20000);
		assert_int_equal(s->end, SOURCE_CUT);
		assert_non_null(strstr(s->why, "stops before its end"));
		source_close(s);
		unlink(path);
		errors_done(&errs);
		free(file.p);
	}

	struct errors errs = {0};
	struct source *s = open_file(write_file(&whole), &errs);

	assert_non_null(s);
	assert_null(s->codec);
	source_close(s);
	unlink(path);
	free(whole.p);
}

static void damage_ends_a_source(void **state)
{
	struct bytes whole = capture(20000), file = {0};
	struct errors errs = {0};

	append_packed(&file, "gzip", whole.p, whole.n);
	file.p[file.n - 8] ^= 1; /* of the CRC */

	struct source *s = open_file(write_file(&file), &errs);

	assert_non_null(s);
	assert_int_equal(count(s), 20000);
	assert_int_equal(s->end, SOURCE_DAMAGED);
	assert_non_null(strstr(s->why, "the gzip stream is damaged"));
	source_close(s);
	unlink(path);
	errors_done(&errs);
	free(whole.p);
	free(file.p);
}

static void one_layer_only(void **state)
{
	struct bytes whole = capture(3);

	EACH_CODEC(codec)
	{
		struct bytes once = {0}, twice = {0}, text = {0}, nothing = {0}, archive = {0};
		uint8_t tar[512] = "capture.pcap";

		append_packed(&once, codec, whole.p, whole.n);
		append_packed(&twice, codec, once.p, once.n);
		append_packed(&text, codec, "No. Time Source\n1 0.0 10.0.0.1\n", 31);
		append_packed(&nothing, codec, "", 0);
		memcpy(tar + 257, "ustar", 5);
		append_packed(&archive, codec, tar, sizeof tar);
		refused(&twice, "compressed with", "one layer is unpacked, not two");
		refused(&text, "this is a text file", "tcpdump -w");
		refused(&nothing, "there is nothing (0 bytes)", "record it again");
		refused(&archive, "this is a tar archive", "tar -xf /tmp/");
		free(once.p);
		free(twice.p);
		free(text.p);
		free(nothing.p);
		free(archive.p);
	}
	free(whole.p);
}

static void one_that_was_left_out(void **state)
{
	static const struct {
		const char *name, *magic;
		size_t n;
	} rows[] = {{"gzip", "\x1f\x8b\x08\0\0\0\0\0\0\3", 10},
		    {"zstd", "\x28\xb5\x2f\xfd\4\0\0\0", 6},
		    {"lz4", "\x04\x22\x4d\x18\x64\x40\xa7", 7},
		    {"xz",
		     "\xfd"
		     "7zXZ\0\0\1",
		     8}};
	size_t i;

	for (i = 0; codec_name(i); i++) {
		struct bytes file = {0};

		assert_true(i < N_ELEMENTS(rows));
		assert_string_equal(codec_name(i), rows[i].name);
		append(&file, rows[i].magic, rows[i].n);
		if (codec_built_in(i))
			refused(&file, "stops before its end", "copy it again");
		else
			refused(&file, "was built without", "and build spanaudit again");
		free(file.p);
	}
	assert_int_equal(i, N_ELEMENTS(rows));
	assert_true(codec_built_in(0) && codec_built_in(1));
	assert_false(codec_built_in(i));
}

static void from_a_slow_pipe(void **state)
{
	struct bytes whole = capture(500);

	EACH_CODEC(codec)
	{
		struct bytes file = {0};
		int ends[2], saved = dup(STDIN_FILENO), status;
		struct errors errs = {0};

		append_packed(&file, codec, whole.p, whole.n);
		assert_int_equal(pipe(ends), 0);

		pid_t child = fork();

		if (child == 0) {
			close(ends[0]);
			for (size_t at = 0; at < file.n; at++)
				if (write(ends[1], file.p + at, 1) != 1)
					_exit(1);
			_exit(0);
		}
		close(ends[1]);
		assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
		close(ends[0]);

		struct source *s = open_file("-", &errs);

		assert_non_null(s);
		assert_string_equal(s->codec, codec);
		assert_int_equal(count(s), 500);
		assert_int_equal(s->end, SOURCE_WHOLE);
		assert_int_equal(s->at, file.n);
		source_close(s);
		assert_int_equal(dup2(saved, STDIN_FILENO), STDIN_FILENO);
		close(saved);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
		free(file.p);
	}
	free(whole.p);
}

struct growing {
	int fd;
	const struct bytes *b;
	size_t at;
};

/* Three bytes more each time it is asked. */
static bool grow(void *user)
{
	struct growing *g = user;
	size_t n = g->b->n - g->at < 3 ? g->b->n - g->at : 3;

	if (!n)
		return false;
	assert_int_equal(pwrite(g->fd, g->b->p + g->at, n, (off_t)g->at), n);
	g->at += n;
	return true;
}

static void the_end_is_asked_for(void **state)
{
	struct bytes whole = capture(100);

	EACH_CODEC(codec)
	{
		struct bytes file = {0}, got = {0};

		append_packed(&file, codec, whole.p, whole.n);

		struct growing g = {.fd = memfd_create("growing", MFD_CLOEXEC), .b = &file};
		struct input in = {.fd = g.fd, .wait = grow, .wait_user = &g};
		const struct codec_ops *ops;

		assert_int_equal(input_codec(&in, &ops), 0);
		assert_non_null(ops);
		assert_int_equal(input_unpack(&in, ops), 0);
		assert_int_equal(drain(&in, 4096, &got), 0);
		assert_int_equal(got.n, whole.n);
		assert_memory_equal(got.p, whole.p, whole.n);
		input_done(&in);
		free(got.p);
		free(file.p);
	}
	free(whole.p);
}

static void a_read_that_fails(void **state)
{
	struct input in = {.fd = open("/", O_RDONLY | O_DIRECTORY)};
	uint8_t buf[16];

	assert_true(in.fd >= 0);
	assert_int_equal(input_read(&in, buf, sizeof buf), -EISDIR);
	assert_int_equal(in.read_errno, EISDIR);
	assert_int_equal(input_peek(&in, 12), -EISDIR);
	input_done(&in);
	assert_int_equal(in.fd, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_in_steps_of_any_size),
		cmocka_unit_test(as_it_is),
		cmocka_unit_test(one_after_another),
		cmocka_unit_test(frames_of_user_data),
		cmocka_unit_test(cut_at_every_byte),
		cmocka_unit_test(every_bit_matters),
		cmocka_unit_test(something_behind),
		cmocka_unit_test(windows_of_zstd),
		cmocka_unit_test(windows_of_xz),
		cmocka_unit_test(a_bomb_is_answered_at_once),
		cmocka_unit_test(as_a_source),
		cmocka_unit_test(damage_ends_a_source),
		cmocka_unit_test(one_layer_only),
		cmocka_unit_test(one_that_was_left_out),
		cmocka_unit_test(from_a_slow_pipe),
		cmocka_unit_test(the_end_is_asked_for),
		cmocka_unit_test(a_read_that_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
