/* SPDX-License-Identifier: BSD-2-Clause */
/* savefile - capture files read with libpcap. */
#ifndef SPAN_CAPTURE_SAVEFILE_H
#define SPAN_CAPTURE_SAVEFILE_H

#include "capture/input.h"
#include "capture/source.h"

/* Takes *in over, whatever happens. `format` is what sniff() said, `name` what errors call the
 * file. See source_open() for the rest. */
struct source *savefile_open(const struct input *in, const char *format, const char *name,
			     const struct source_options *opt, struct errors *errs,
			     bool *ret_usage);

#endif
