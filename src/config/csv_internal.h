/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the table reader share. */
#ifndef SPAN_CONFIG_CSV_INTERNAL_H
#define SPAN_CONFIG_CSV_INTERNAL_H

#include "config/csv.h"

/* Fills src and src_n from a file's bytes. False after an error. */
bool csv_text(struct csv *c, const char *src, size_t n, struct arena *a, struct errors *errs);
/* An error at bytes of the source; n counts from `offset`, and ends with the line. */
struct error *csv_error_at(const struct csv *c, size_t offset, size_t n, struct errors *errs,
			   const char *fmt, ...) PRINTF(5, 6);

#endif
