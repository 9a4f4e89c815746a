/* SPDX-License-Identifier: BSD-2-Clause */
/* reader - spanaudit's own reader of pcap and pcapng, files and streams alike. */
#ifndef SPAN_CAPTURE_READER_H
#define SPAN_CAPTURE_READER_H

#include "capture/input.h"
#include "capture/source.h"

/* Takes *in over, whatever happens. `format` is what sniff() said, `name` what errors call the
 * file. See source_open() for the rest. */
struct source *reader_open(const struct input *in, const char *format, const char *name,
			   const struct source_options *opt, struct errors *errs, bool *ret_usage);

#endif
