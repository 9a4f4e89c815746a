// SPDX-License-Identifier: BSD-2-Clause
/* What is written can be read: by both readers, with every field as it was given. */
#include "capture/pcapng_write.h"
#include "capture_lab.h"

static uint8_t bytes[9100];

static const struct frame frames[] = {
	{.ts_ns = 1714550400123456789, .len = 60, .wire_len = 60, .linktype = 1},
	{.ts_ns = 1714550400123456790, .len = 61, .wire_len = 1514, .linktype = 1},
	{.ts_ns = 0, .len = 0, .wire_len = 9, .linktype = 1},
	{.ts_ns = INT64_MAX, .len = 9001, .wire_len = 9001, .linktype = 1},
	{.ts_ns = 1, .len = 62, .wire_len = 62, .linktype = 1},
	/* libpcap reads no further */
	{.ts_ns = 2, .len = 63, .wire_len = 63, .linktype = 101},
	{.ts_ns = -1, .len = 42, .wire_len = 42, .linktype = 1},
	{.ts_ns = -1714550400123456789, .len = 42, .wire_len = 42, .linktype = 101},
	{.ts_ns = 3, .len = 42, .wire_len = 42, .linktype = 101},
};
enum { ALIKE = 5 };

static void write_frames(struct capfile *c, size_t n, const char *const *comment, uint32_t snaplen)
{
	struct pcapng_writer w;
	char *p = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&p, &size);

	assert_non_null(f);
	assert_int_equal(pcapng_write_begin(&w, f, "a program", "a comment of all", snaplen), 0);
	for (size_t i = 0; i < n; i++) {
		struct frame x = frames[i];

		x.p = bytes + i;
		assert_int_equal(pcapng_write_frame(&w, &x, comment ? comment[i % 4] : NULL), 0);
	}
	pcapng_write_done(&w);
	assert_int_equal(fclose(f), 0);
	cap_bytes(c, p, size);
	free(p);
}

static void read_back(const struct capfile *c, size_t n, enum source_reader reader)
{
	const struct source_options opt = {.reader = reader};
	struct errors errs = {0};
	bool usage = false;
	struct source *s = open_input(cap_input(c->p, c->n, 0, false), &opt, &errs, &usage);
	struct batch b;
	size_t i = 0;

	assert_non_null(s);
	assert_string_equal(s->format, "pcapng");
	while (assert_int_equal(source_next(s, &b), 0), b.n) {
		for (size_t k = 0; k < b.n; k++, i++) {
			const struct frame *f = &b.f[k];

			assert_in_range(i, 0, n - 1);
			assert_true(f->ts_ns == frames[i].ts_ns);
			assert_int_equal(f->number, i + 1);
			assert_int_equal(f->linktype, frames[i].linktype);
			assert_int_equal(f->len, frames[i].len);
			assert_int_equal(f->wire_len, frames[i].wire_len);
			assert_memory_equal(f->p, bytes + i, f->len);
		}
	}
	assert_int_equal(i, n);
	assert_int_equal(s->end, SOURCE_WHOLE);
	source_close(s);
	errors_done(&errs);
}

static void both_readers(void **state)
{
	static const char *const comment[4] = {"x", "three", NULL, "four"};

	for (int with = 0; with < 2; with++) {
		struct capfile all = {0}, alike = {0};

		write_frames(&all, N_ELEMENTS(frames), with ? comment : NULL, 0);
		read_back(&all, N_ELEMENTS(frames), READER_AUTO);
		write_frames(&alike, ALIKE, with ? comment : NULL, FRAME_MAX);
		read_back(&alike, ALIKE, READER_AUTO);
		read_back(&alike, ALIKE, READER_LIBPCAP);
		cap_done(&all);
		cap_done(&alike);
	}
}

/* Byte for byte, as the format wants it. */
static void layout(void **state)
{
	struct capfile got = {0}, want = {.block = 0};
	struct pcapng_writer w;
	char *p = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&p, &size);
	struct frame x = {
		.ts_ns = 0x123456789ab, .p = bytes, .len = 5, .wire_len = 6, .linktype = 1};

	assert_int_equal(pcapng_write_begin(&w, f, "tool", "c", 96), 0);
	assert_int_equal(pcapng_write_frame(&w, &x, "four"), 0);
	assert_int_equal(pcapng_write_frame(&w, &x, NULL), 0);
	pcapng_write_done(&w);
	fclose(f);
	cap_bytes(&got, p, size);
	free(p);

	cap_begin(&want, 0x0a0d0d0a);
	cap_put(&want, 0x1a2b3c4d, 4);
	cap_put(&want, 1, 2);
	cap_put(&want, 0, 2);
	cap_put(&want, UINT64_MAX, 8);
	cap_option(&want, 1, "c", 1);
	cap_option(&want, 4, "tool", 4);
	cap_option(&want, 0, "", 0);
	cap_end(&want);
	cap_begin(&want, 1);
	cap_put(&want, 1, 2);
	cap_put(&want, 0, 2);
	cap_put(&want, 96, 4);
	cap_option(&want, 9, "\t", 1);
	cap_option(&want, 0, "", 0);
	cap_end(&want);
	for (int i = 0; i < 2; i++) {
		cap_begin(&want, 6);
		cap_put(&want, 0, 4);
		cap_put(&want, 0x123, 4);
		cap_put(&want, 0x456789ab, 4);
		cap_put(&want, 5, 4);
		cap_put(&want, 6, 4);
		cap_bytes(&want, bytes, 5);
		cap_put(&want, 0, 3);
		if (i == 0) {
			cap_option(&want, 1, "four", 4);
			cap_option(&want, 0, "", 0);
		}
		cap_end(&want);
	}
	assert_int_equal(got.n, want.n);
	assert_memory_equal(got.p, want.p, want.n);
	cap_done(&got);
	cap_done(&want);
}

/* An option has 16 bits of length: a longer comment ends with a whole character. */
static void long_comment(void **state)
{
	enum { N = 70000 };
	char *z = malloc(N + 1);
	struct capfile c = {0};
	const char *const comment[4] = {z, z, z, z};

	for (size_t i = 0; i < N; i += 2)
		memcpy(z + i, "\xc3\xa9", 2);
	z[N] = '\0';
	write_frames(&c, 1, comment, 0);
	read_back(&c, 1, READER_AUTO);
	z[65532] = '\0';
	assert_non_null(memmem(c.p, c.n, z, 65532));
	cap_done(&c);
	free(z);
}

static void full_disk(void **state)
{
	struct pcapng_writer w;
	FILE *f = fopen("/dev/full", "we");
	struct frame x = frames[0];

	if (!f)
		skip();
	setvbuf(f, NULL, _IONBF, 0);
	x.p = bytes;
	assert_int_equal(pcapng_write_begin(&w, f, "tool", NULL, 0), -ENOSPC);
	assert_int_equal(pcapng_write_frame(&w, &x, NULL), -ENOSPC);
	pcapng_write_done(&w);
	fclose(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_readers),
		cmocka_unit_test(layout),
		cmocka_unit_test(long_comment),
		cmocka_unit_test(full_disk),
	};

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 31 >> 3);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
