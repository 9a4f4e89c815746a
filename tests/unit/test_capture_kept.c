// SPDX-License-Identifier: BSD-2-Clause
/* How long frames stay, what they cost, and how soon they come. */
#include "capture/codec.h"
#include "capture/stream.h"
#include "capture_lab.h"

static uint64_t sum_of(const uint8_t *p, size_t n)
{
	uint64_t h = 1469598103934665603u;

	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * 1099511628211u;
	return h;
}

/* Every frame is looked at again before KEEP_FRAMES more have been handed out. */
static void frames_stay(void **state)
{
	enum { FRAMES = 3000 };
	static uint8_t f[FRAME_MAX];

	for (size_t i = 0; i < sizeof f; i++)
		f[i] = (uint8_t)(i * i >> 7);
	for (unsigned kind = 0; kind < 4; kind++) {
		struct capfile c = {0};
		char path[32];
		int fd = memfd_create("frames", MFD_CLOEXEC);
		struct errors errs = {0};
		bool usage = false, ng = kind % 2;
		static struct {
			const uint8_t *p;
			uint32_t len;
			uint64_t sum;
		} held[KEEP_FRAMES];
		struct batch b;
		size_t n = 0;

		if (ng)
			cap_section(&c), cap_interface(&c, 1, 0);
		else
			cap_pcap(&c, US, 2, 4, FRAME_MAX, 1);
		for (uint32_t i = 0; i < FRAMES; i++) {
			/* Small ones, with a burst of large ones now and then. */
			uint32_t len = i % 700 > 690 ? FRAME_MAX - i % 5 : 40 + i % 1400;

			if (ng)
				cap_enhanced(&c, 0, i, f + i % 7, len - 7, len);
			else
				cap_record(&c, i, 0, f + i % 7, len - 7, len);
		}
		assert_int_equal(write(fd, c.p, c.n), c.n);
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);

		struct source *s = source_open(
			path,
			&(struct source_options){.reader = kind < 2 ? READER_AUTO : READER_LIBPCAP},
			&errs, &usage);

		assert_non_null(s);
		assert_string_equal(s->ops->name, kind < 2 ? "own" : "libpcap");
		for (;;) {
			assert_int_equal(source_next(s, &b), 0);
			if (!b.n)
				break;
			for (size_t i = 0; i < b.n; i++, n++) {
				held[n % KEEP_FRAMES].p = b.f[i].p;
				held[n % KEEP_FRAMES].len = b.f[i].len;
				held[n % KEEP_FRAMES].sum = sum_of(b.f[i].p, b.f[i].len);
			}
			/* Those that may go with the next batch. */
			for (size_t k = n; k < n + BATCH_FRAMES; k++)
				if (k >= KEEP_FRAMES)
					assert_true(sum_of(held[k % KEEP_FRAMES].p,
							   held[k % KEEP_FRAMES].len) ==
						    held[k % KEEP_FRAMES].sum);
		}
		assert_int_equal(n, FRAMES);
		assert_int_equal(s->end, SOURCE_WHOLE);
		source_close(s);
		close(fd);
		cap_done(&c);
	}
}

/* Only link types that have them know records above FRAME_MAX; their frames end there. */
static void records_larger_than_frames(void **state)
{
	for (unsigned kind = 0; kind < 4; kind++) {
		enum { DBUS = 231, LARGE = 5 << 20 };
		struct capfile c = {.big = kind & 1};
		uint8_t *f = calloc(1, LARGE);
		int fd = memfd_create("large", MFD_CLOEXEC);
		struct errors errs = {0};
		bool usage = false;
		struct batch b;
		size_t n = 0;

		f[0] = 'D';
		if (kind & 2) {
			cap_section(&c), cap_interface(&c, DBUS, 0);
			for (uint32_t i = 0; i < 3; i++)
				cap_enhanced(&c, 0, i, f, i == 1 ? LARGE : 60, LARGE);
			/* A block that nobody knows may be large, too. */
			cap_begin(&c, 0x80000001), cap_bytes(&c, f, LARGE), cap_end(&c);
			cap_enhanced(&c, 0, 3, f, 60, LARGE);
		} else {
			cap_pcap(&c, US, 2, 4, 0, DBUS);
			for (uint32_t i = 0; i < 4; i++)
				cap_record(&c, i, 0, f, i == 1 ? LARGE : 60, LARGE);
		}
		assert_int_equal(write(fd, c.p, c.n), c.n);
		for (size_t cut = 0; cut < 2; cut++) {
			struct input in = {.fd = dup(fd)};

			n = 0;
			/* In the large record, which was handed out as far as it goes. */
			if (cut)
				assert_int_equal(ftruncate(fd, LARGE / 2), 0);
			assert_int_equal(lseek(fd, 0, SEEK_SET), 0);

			struct source *s = open_input(in, NULL, &errs, &usage);

			assert_non_null(s);
			while (assert_int_equal(source_next(s, &b), 0), b.n)
				for (size_t i = 0; i < b.n; i++) {
					assert_int_equal(b.f[i].number, ++n);
					assert_int_equal(b.f[i].len, n == 2 ? FRAME_MAX : 60);
					assert_int_equal(b.f[i].wire_len, LARGE);
					assert_int_equal(b.f[i].p[0], 'D');
					assert_int_equal(b.f[i].p[b.f[i].len - 1], 0);
				}
			assert_int_equal(n, cut ? 2 : 4);
			assert_int_equal(s->end, cut ? SOURCE_CUT : SOURCE_WHOLE);
			if (cut)
				assert_string_equal(s->why,
						    "the file ends in the middle of packet 2");
			source_close(s);
		}
		close(fd);
		free(f);
		cap_done(&c);
	}
}

/* What a header claims is not allocated: memory grows as bytes arrive. */
static void claims_cost_nothing(void **state)
{
	enum { CLAIM = 4 << 20, MANY = CODEC_BUFFER };
	static const uint8_t bytes[MANY];
	struct input in = cap_input(bytes, MANY, 1000, false);
	struct stream s = {.in = &in};
	int r;

	while ((r = stream_more(&s, CLAIM)) > 0)
		assert_true(s.keep.newest->cap <= 2 * MANY);
	assert_int_equal(r, 0);
	assert_int_equal(stream_left(&s), MANY);
	stream_done(&s);
	input_done(&in);

	/* The same of whole records, which are cut off. */
	for (int ng = 0; ng < 2; ng++) {
		struct capfile c = {0};
		static struct all a;

		if (ng) {
			cap_section(&c), cap_interface(&c, 231, 0);
			cap_put(&c, 6, 4), cap_put(&c, 100 << 20, 4), cap_put(&c, 0, 12);
			cap_put(&c, 100000000, 4), cap_put(&c, 100000000, 4);
		} else {
			cap_pcap(&c, US, 2, 4, 0, 231);
			cap_put(&c, 0, 8), cap_put(&c, 100 << 20, 4), cap_put(&c, 100 << 20, 4);
		}
		cap_put(&c, 0, 100);

		struct source *k = open_bytes(&c, c.n, 1);

		read_all(k, &a);
		assert_int_equal(a.n, 0);
		assert_int_equal(k->end, SOURCE_CUT);
		source_close(k);
		cap_done(&c);
	}
}

/* With only half of the next record there, the one before comes out: or this never ends. */
static void a_slow_pipe_yields_each_packet(void **state)
{
	alarm(60);
	for (unsigned kind = 0; kind < 4; kind++) {
		bool ng = kind & 1;
		struct capfile c = {0};
		struct errors errs = {0};
		bool usage = false;
		size_t at[12], written = 0;
		char path[32];
		uint8_t f[60];
		int ends[2];

		frame(f, sizeof f, 53);
		if (kind & 2) /* like records of another kind, but not for long */
			f[20] = 4;
		if (ng)
			cap_section(&c), cap_interface(&c, 1, 0);
		else
			cap_pcap(&c, US, 2, 4, 65535, 1);
		for (uint32_t i = 0; i < 10; i++) {
			if (ng)
				cap_enhanced(&c, 0, i, f, 60, 60);
			else
				cap_record(&c, i, 0, f, 60, 60);
			at[i] = c.n;
		}
		at[10] = c.n;
		assert_int_equal(pipe(ends), 0);
		snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);

		struct source *s = NULL;

		for (uint32_t i = 0; i < 10; i++) {
			size_t to = (at[i] + at[i + 1]) / 2;
			struct batch b;

			assert_int_equal(write(ends[1], c.p + written, to - written), to - written);
			written = to;
			if (!s)
				s = source_open(path, NULL, &errs, &usage);
			assert_non_null(s);
			assert_int_equal(source_next(s, &b), 0);
			assert_int_equal(b.n, 1);
			assert_int_equal(b.f[0].number, i + 1);
			assert_memory_equal(b.f[0].p, f, 60);
		}
		close(ends[1]);

		struct batch b;

		assert_int_equal(source_next(s, &b), 0);
		assert_int_equal(b.n, 0);
		assert_int_equal(s->end, SOURCE_WHOLE);
		source_close(s);
		close(ends[0]);
		cap_done(&c);
	}
	alarm(0);
}

struct growing {
	const struct capfile *c;
	size_t written, to, step;
	int fd;
	unsigned asked;
};

static bool grow(void *user)
{
	struct growing *g = user;
	size_t n = g->to - g->written < g->step ? g->to - g->written : g->step;

	g->asked++;
	if (n == 0)
		return false;
	assert_int_equal(pwrite(g->fd, g->c->p + g->written, n, (off_t)g->written), n);
	g->written += n;
	return true;
}

static void a_growing_file_is_waited_for(void **state)
{
	uint8_t f[60];

	frame(f, sizeof f, 53);
	for (unsigned kind = 0; kind < 16; kind++) {
		bool ng = kind & 1, libpcap = kind & 2, cut = kind & 4;
		struct capfile c = {0};
		struct errors errs = {0};
		bool usage = false;
		char path[32];

		if (ng)
			cap_section(&c), cap_interface(&c, 1, 0);
		else
			cap_pcap(&c, US, 2, 4, 65535, 1);
		for (uint32_t i = 0; i < 10; i++) {
			if (ng)
				cap_enhanced(&c, 0, i, f, 60, 60);
			else
				cap_record(&c, i, 0, f, 60, 60);
		}

		struct growing g = {.c = &c,
				    .to = cut ? c.n - 5 : c.n,
				    .step = kind & 8 ? 1 : 70,
				    .fd = memfd_create("growing", MFD_CLOEXEC)};
		struct source_options opt = {.reader = libpcap ? READER_LIBPCAP : READER_AUTO,
					     .wait = grow,
					     .wait_user = &g};
		struct batch b;
		size_t n = 0;

		snprintf(path, sizeof path, "/proc/self/fd/%d", g.fd);
		struct source *s = source_open(path, &opt, &errs, &usage);

		assert_non_null(s);
		while (assert_int_equal(source_next(s, &b), 0), b.n) {
			n += b.n;
			/* Nothing is held back while the file is waited for. */
			assert_true(b.n <= 2);
			assert_memory_equal(b.f[0].p, f, 60);
		}
		assert_int_equal(n, cut ? 9 : 10);
		assert_int_equal(s->end, cut ? SOURCE_CUT : SOURCE_WHOLE);
		assert_true(g.asked > g.to / g.step);
		source_close(s);
		close(g.fd);
		cap_done(&c);
	}
}

/* A buffer of so many bytes, full of so many frames, which are handed out. */
static struct keep_buffer *fill(struct keep *k, size_t cap, size_t frames)
{
	struct keep_buffer *b;

	keep_begin(k);
	b = keep_next(k, cap);
	assert_non_null(b);
	keep_put(k, frames);
	return b;
}

/* Buffers of a burst of large frames wait for the next one, but not those of very large ones. */
static void bursts_take_the_same_buffers(void **state)
{
	enum { CAP = 1 << 17, LARGE = 4 << 20, FEW = 5 };
	struct keep k = {0};
	struct keep_buffer *large;
	uint8_t *was[FEW];

	for (size_t i = 0; i < FEW; i++)
		was[i] = fill(&k, CAP, KEEP_FRAMES / FEW)->mem;
	for (size_t i = 0; i < 2; i++)
		fill(&k, CAP, KEEP_FRAMES);
	large = fill(&k, LARGE, KEEP_FRAMES);
	fill(&k, CAP, KEEP_FRAMES);
	fill(&k, CAP, KEEP_FRAMES);
	assert_in_range(k.n_spare, FEW - 3, FEW + 3);
	for (const struct keep_buffer *b = k.spare; b; b = b->next)
		assert_ptr_not_equal(b, large);
	for (size_t i = 0; i < 2; i++) {
		const uint8_t *p = fill(&k, CAP, 1)->mem;
		bool known = false;

		for (size_t j = 0; j < FEW; j++)
			known |= p == was[j];
		assert_true(known);
	}
	for (size_t i = 0; i < 100; i++)
		fill(&k, CAP, 1);
	for (size_t i = 0; i < 3; i++)
		fill(&k, CAP, KEEP_FRAMES);
	assert_in_range(k.n_spare, FEW, 8);
	keep_done(&k);
	assert_null(k.spare);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bursts_take_the_same_buffers),
		cmocka_unit_test(frames_stay),
		cmocka_unit_test(records_larger_than_frames),
		cmocka_unit_test(claims_cost_nothing),
		cmocka_unit_test(a_slow_pipe_yields_each_packet),
		cmocka_unit_test(a_growing_file_is_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
