/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * result_load - a result document read back whole, so that every format can be made of it anew.
 *
 * What `audit --format json` wrote becomes the struct result that it was written from, as far as a
 * format can see: written as JSON it is the same bytes again, and so is its text. The document is
 * untrusted, see result_read.h; what is loaded keeps every promise of result.h that a format relies
 * on, but that of being true. Times have microseconds. Text stays foreign and raw.
 *
 * A document of an earlier spanaudit lacks members that were added since; they are then none or
 * nought.
 */
#ifndef SPAN_REPORT_RESULT_LOAD_H
#define SPAN_REPORT_RESULT_LOAD_H

#include "base/error.h"
#include "findings/result.h"
#include "report/result_read.h"

struct loaded {
	struct result r; /* its arena owns everything; site is below, matrix is NULL */
	struct site site;
};

/* Reads a document of n bytes, which errors call `name`. 0 (perhaps with a warning kept, when the
 * site's time zone is not known here), RESULT_READ_OTHER_SCHEMA or -EINVAL with an error kept;
 * -ENOMEM. *ret is valid after 0 only; free it with result_unload(). It holds pointers into itself
 * and must stay where it is. */
int result_load(const char *name, const char *p, size_t n, struct errors *errs, struct loaded *ret);
/* The same of a file or pipe, "-" being standard input. RESULT_READ_UNREADABLE when it cannot be
 * opened or read. */
int result_load_file(const char *path, struct errors *errs, struct loaded *ret);
void result_unload(struct loaded *l);

#endif
