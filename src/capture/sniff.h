/* SPDX-License-Identifier: BSD-2-Clause */
/* sniff - what a file is, from its first bytes, so that a wrong one is called by its name. */
#ifndef SPAN_CAPTURE_SNIFF_H
#define SPAN_CAPTURE_SNIFF_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* "pcap" or "pcapng". Anything else is NULL and one explained error, about the file called `name`
 * and opened as `path` ("-": standard input). n is 0 for an empty one. */
const char *sniff(const uint8_t *p, size_t n, const char *path, const char *name,
		  struct errors *errs);
/* How many bytes sniff() needs to tell a capture, and to tell everything else. */
enum { SNIFF_CAPTURE = 12, SNIFF_ALL = 512 };

#endif
