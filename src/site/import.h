/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * import - a site file out of a table of hosts (config/csv.h) with the columns name, address, role.
 *
 * Rows of one name are one host. An address with a prefix length makes a network. What cannot be
 * taken as it stands is an error at its cell; nothing is guessed.
 */
#ifndef SPAN_SITE_IMPORT_H
#define SPAN_SITE_IMPORT_H

#include "base/error.h"
#include "base/out.h"

/* Appends the site file that says what the table at `path` ("-": standard input) says. 0; 1 with
 * errors in *errs and nothing appended; -ENOMEM. Warnings are in *errs too. */
int site_import(const char *path, struct errors *errs, struct out *ret_yaml);
/* The same for a table in memory. */
int site_import_text(const char *name, const char *src, size_t n, struct errors *errs,
		     struct out *ret_yaml);

#endif
