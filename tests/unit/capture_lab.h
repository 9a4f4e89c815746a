/* SPDX-License-Identifier: BSD-2-Clause */
/* capture_lab - what the tests of the readers share: open what was built, read it to its end. */
#ifndef SPAN_TESTS_CAPTURE_LAB_H
#define SPAN_TESTS_CAPTURE_LAB_H

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
#include <unistd.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "base/time.h"
#include "capfile.h"
#include "capture/keep.h"
#include "capture/reader.h"
#include "capture/savefile.h"
#include "capture/sniff.h"

enum { US = 0xa1b2c3d4, NS = 0xa1b23c4d, MODIFIED = 0xa1b2cd34 };

/* An Ethernet frame of IPv4 and UDP as far as headers go, to port 53 or 80; n bytes. */
static inline void frame(uint8_t *p, size_t n, uint16_t port)
{
	static const uint8_t head[] = {0, 0, 0,    0, 0, 0,  0,  0, 0, 0, 0,  0,
				       8, 0, 0x45, 0, 0, 60, 0,  1, 0, 0, 64, 17,
				       0, 0, 10,   0, 0, 1,  10, 0, 0, 2, 0,  99};

	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(i * 7);
	memcpy(p, head, n < sizeof head ? n : sizeof head);
	if (n > 37) {
		p[36] = (uint8_t)(port >> 8);
		p[37] = (uint8_t)port;
	}
}

static inline struct source *open_input(struct input in, const struct source_options *opt,
					struct errors *errs, bool *ret_usage)
{
	static const struct source_options none;
	const char *format;

	if (!opt)
		opt = &none;
	assert_int_equal(input_peek(&in, SNIFF_CAPTURE), 0);
	format = sniff(in.head, in.n_head, "f", "f", NULL, errs);
	if (!format) {
		input_done(&in);
		return NULL;
	}
	return opt->reader == READER_LIBPCAP ? savefile_open(&in, format, "f", opt, errs, ret_usage)
					     : reader_open(&in, format, "f", opt, errs, ret_usage);
}

static inline struct source *open_bytes(const struct capfile *c, size_t n, size_t step)
{
	struct errors errs = {0};
	bool usage = false;
	struct source *s = open_input(cap_input(c->p, n, step, false), NULL, &errs, &usage);

	if (!s)
		fail_msg("%s", errs.n ? errs.e[0].what : "no error told");
	assert_int_equal(errs.n, 0);
	return s;
}

/* All frames, copied into one array with their bytes. */
struct all {
	struct frame f[300];
	uint8_t bytes[300][128];
	size_t n;
};

static inline void read_all(struct source *s, struct all *a)
{
	struct batch b;

	a->n = 0;
	while (assert_int_equal(s->end, SOURCE_MORE), assert_int_equal(source_next(s, &b), 0), b.n)
		for (size_t i = 0; i < b.n; i++, a->n++) {
			assert_true(a->n < N_ELEMENTS(a->f));
			a->f[a->n] = b.f[i];
			memcpy(a->bytes[a->n], b.f[i].p, b.f[i].len < 128 ? b.f[i].len : 128);
		}
	assert_int_not_equal(s->end, SOURCE_MORE);
	assert_int_equal(s->why[0] != '\0', s->end != SOURCE_WHOLE);
	/* The end stays the end. */
	assert_int_equal(source_next(s, &b), 0);
	assert_int_equal(b.n, 0);
}

static inline void simple_block(struct capfile *c, uint32_t wire, const uint8_t *p, uint32_t n)
{
	cap_begin(c, 3);
	cap_put(c, wire, 4);
	cap_bytes(c, p, n);
	cap_end(c);
}

static inline void old_block(struct capfile *c, uint16_t id, uint16_t drops, uint64_t t,
			     const uint8_t *p, uint32_t n)
{
	cap_begin(c, 2);
	cap_put(c, id, 2), cap_put(c, drops, 2);
	cap_put(c, t >> 32, 4), cap_put(c, t & UINT32_MAX, 4);
	cap_put(c, n, 4), cap_put(c, n + 1, 4);
	cap_bytes(c, p, n);
	cap_end(c);
}

static inline void statistics_block(struct capfile *c, uint32_t id, uint64_t start, uint64_t nic,
				    uint64_t os)
{
	cap_begin(c, 5);
	cap_put(c, id, 4), cap_put(c, 0, 8);
	cap_put(c, 2, 2), cap_put(c, 8, 2), cap_put(c, start >> 32, 4);
	cap_put(c, start & UINT32_MAX, 4);
	cap_option_u64(c, 4, 1000);
	cap_option_u64(c, 5, nic);
	cap_option_u64(c, 7, os);
	cap_option(c, 0, NULL, 0);
	cap_end(c);
}

static inline void other_block(struct capfile *c, uint32_t type)
{
	cap_begin(c, type);
	cap_put(c, 32473, 4), cap_bytes(c, "whatever it says", 16);
	cap_end(c);
}

static inline void put_section(struct capfile *c, uint32_t magic, uint16_t major, uint16_t minor,
			       uint64_t length)
{
	cap_begin(c, 0x0a0d0d0a);
	cap_put(c, magic, 4), cap_put(c, major, 2), cap_put(c, minor, 2), cap_put(c, length, 8);
	cap_end(c);
}

static inline void names_block(struct capfile *c)
{
	static const uint8_t v6[16] = {0x20, 1, 0xd, 0xb8, [15] = 7};

	cap_begin(c, 4);
	cap_put(c, 1, 2), cap_put(c, 4 + 14, 2);
	cap_bytes(c, "\x0a\0\0\7sql01\0sql.lan", 18), cap_put(c, 0, 2);
	cap_put(c, 9, 2), cap_put(c, 3, 2), cap_bytes(c, "???", 3), cap_put(c, 0, 1);
	cap_put(c, 2, 2), cap_put(c, 16 + 6, 2);
	cap_bytes(c, v6, 16), cap_bytes(c, "web01\0", 6), cap_put(c, 0, 2);
	cap_put(c, 0, 4);
	cap_end(c);
}

/* Ends of what a file is made of. */
struct marks {
	size_t at[40];
	bool is_frame[40], is_packet[40];
	size_t n, header; /* the first of them that opens */
};

static inline void mark(struct marks *m, const struct capfile *c, bool is_frame, bool is_packet)
{
	m->at[m->n] = c->n;
	m->is_packet[m->n] = is_packet;
	m->is_frame[m->n++] = is_frame;
}

/* Two sections of different byte orders, all blocks, three kinds of interfaces. */
static inline void build_all_blocks(struct capfile *c, struct marks *m, bool big)
{
	uint8_t f[61];

	frame(f, sizeof f, 53);
	c->big = big;
	cap_section(c), mark(m, c, false, false);
	m->header = c->n;
	cap_interface(c, 1, 40), mark(m, c, false, false);
	cap_enhanced(c, 0, 1000, f, 60, 90), mark(m, c, true, true);
	names_block(c), mark(m, c, false, false);
	simple_block(c, 61, f, 40), mark(m, c, true, true);
	cap_interface(c, 113, 0), mark(m, c, false, false);
	cap_enhanced(c, 1, 2000, f, 59, 59), mark(m, c, true, true);
	other_block(c, 10), mark(m, c, false, false);
	old_block(c, 1, 5, 3000, f, 61), mark(m, c, true, true);
	statistics_block(c, 0, 7, 11, 12), mark(m, c, false, false);
	other_block(c, 0x80001234), mark(m, c, false, false);
	c->big = !big;
	cap_section(c), mark(m, c, false, false);
	cap_interface(c, 101, 0), mark(m, c, false, false);
	cap_enhanced(c, 0, 4000, f + 14, 40, 40), mark(m, c, true, true);
	cap_enhanced(c, 0, 5000, NULL, 0, 40), mark(m, c, true, true);
	statistics_block(c, 0, 8, 1, 2), mark(m, c, false, false);
}

#endif
