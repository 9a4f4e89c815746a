/* SPDX-License-Identifier: BSD-2-Clause */
/* capfile - capture files for tests, built field by field, and inputs that are read from memory. */
#ifndef SPAN_TESTS_CAPFILE_H
#define SPAN_TESTS_CAPFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/input.h"

struct capfile {
	uint8_t *p;
	size_t n, cap;
	bool big;     /* byte order of what is put next */
	size_t block; /* offset of the block that is open */
};

void cap_bytes(struct capfile *c, const void *p, size_t n);
/* A number of `size` bytes. */
void cap_put(struct capfile *c, uint64_t v, unsigned size);
void cap_done(struct capfile *c);

void cap_pcap(struct capfile *c, uint32_t magic, unsigned major, unsigned minor, uint32_t snaplen,
	      uint32_t network);
void cap_record(struct capfile *c, uint32_t seconds, uint32_t fraction, const void *p, uint32_t len,
		uint32_t wire);

/* pcapng: what is put between the two is the body. */
void cap_begin(struct capfile *c, uint32_t type);
void cap_end(struct capfile *c);
void cap_option(struct capfile *c, uint16_t code, const void *p, size_t n);
void cap_option_u64(struct capfile *c, uint16_t code, uint64_t v);
void cap_section(struct capfile *c);
/* Without options; cap_begin(c, 1) for others. */
void cap_interface(struct capfile *c, uint16_t linktype, uint32_t snaplen);
void cap_enhanced(struct capfile *c, uint32_t id, uint64_t t, const void *p, uint32_t len,
		  uint32_t wire);

/* A copy of the bytes as an input, which hands out at most `step` of them at once (0: all). `cut`:
 * as if they were a compressed file that stops early. */
struct input cap_input(const uint8_t *p, size_t n, size_t step, bool cut);

#endif
