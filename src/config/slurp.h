/* SPDX-License-Identifier: BSD-2-Clause */
/* slurp - a whole configuration file in memory, and what to say when it cannot be read. */
#ifndef SPAN_CONFIG_SLURP_H
#define SPAN_CONFIG_SLURP_H

#include <stddef.h>

#include "base/error.h"

/* Reads at most `cap` bytes of a file or pipe; "-" is standard input where `dash` allows it. The
 * bytes are malloc()ed; NULL after an error, which is in *errs. */
char *config_slurp(const char *path, bool dash, size_t cap, size_t *ret_n, struct errors *errs);

#endif
