/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bpf - the user's packet filter, compiled once for each link type that an input has.
 *
 * libpcap's own filter of files drops what it refuses without a word; here the frames keep their
 * number and are counted, so the program is run by the reader.
 */
#ifndef SPAN_CAPTURE_BPF_H
#define SPAN_CAPTURE_BPF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "capture/source.h"

struct bpf_program;

/* A compiled filter of one link type. NULL program: none of its frames passes. */
struct bpf {
	uint16_t linktype;
	struct bpf_program *program;
};

struct bpf_set {
	char *text; /* NULL: no filter, everything passes */
	VEC(struct bpf *) compiled;
};

/* A copy of text, which may be NULL. False: no memory. */
bool bpf_init(struct bpf_set *set, const char *text);
/* For the first interface of an input, or (linktype < 0) an input that has none. False: the words
 * are wrong or ask for what this link type does not have; one explained error, and *ret_usage. */
bool bpf_first(struct bpf_set *set, int linktype, struct errors *errs, bool *ret_usage);
/* For any interface; the same one for the same link type. A link type that the filter cannot be
 * compiled for lets nothing pass, and s->note says so. NULL: no memory. */
const struct bpf *bpf_of(struct bpf_set *set, uint16_t linktype, struct source *s);
bool bpf_passes(const struct bpf *b, const uint8_t *p, uint32_t len, uint32_t wire_len);
void bpf_done(struct bpf_set *set);

#endif
