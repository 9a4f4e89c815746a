/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pcapng_write - frames into a pcapng file (draft-ietf-opsawg-pcapng): one section in little-endian
 * order, an interface for each link type, and packets with their comments. It keeps no frame.
 */
#ifndef SPAN_CAPTURE_PCAPNG_WRITE_H
#define SPAN_CAPTURE_PCAPNG_WRITE_H

#include <stdio.h>

#include "capture/source.h"

struct pcapng_interface_row {
	uint16_t linktype;
	bool before_1970;
};

struct pcapng_writer {
	FILE *file; /* borrowed */
	uint32_t snaplen;
	int err; /* negative errno of the first write that failed */
	VEC(struct pcapng_interface_row) interfaces;
};

/* Writes the head of the file. `application` and `comment` are UTF-8, NULL: none. `snaplen` is what
 * interfaces say, 0: no limit; no frame may be longer. 0 or negative errno. */
int pcapng_write_begin(struct pcapng_writer *w, FILE *file, const char *application,
		       const char *comment, uint32_t snaplen);
/* Appends a frame, with its time in nanoseconds and its length on the wire; `comment` as above. 0
 * or negative errno. */
int pcapng_write_frame(struct pcapng_writer *w, const struct frame *f, const char *comment);
/* Frees what the writer holds; the file stays open. */
void pcapng_write_done(struct pcapng_writer *w);

#endif
