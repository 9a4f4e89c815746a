/* SPDX-License-Identifier: BSD-2-Clause */
/* sniff - what a file is, from its first bytes, so that a wrong one is called by its name. */
#ifndef SPAN_CAPTURE_SNIFF_H
#define SPAN_CAPTURE_SNIFF_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct codec_ops;

/* "pcap" or "pcapng". Anything else is NULL and one explained error, about the file called `name`
 * and opened as `path` ("-": standard input). n is 0 for an empty one. With outer, p are
 * the bytes inside, unpacked: what is compressed once more is an error too. */
const char *sniff(const uint8_t *p, size_t n, const char *path, const char *name,
		  const struct codec_ops *outer, struct errors *errs);
/* How many bytes sniff() needs to tell a capture, and to tell everything else. */
enum { SNIFF_CAPTURE = 12, SNIFF_ALL = 512 };

#endif
