/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the import share: hosts and networks as the table gave them. */
#ifndef SPAN_SITE_IMPORT_INTERNAL_H
#define SPAN_SITE_IMPORT_INTERNAL_H

#include "base/addr.h"
#include "base/vec.h"
#include "config/csv.h"
#include "roles/roles.h"
#include "site/import.h"

struct import_entry { /* of one name */
	const char *name;
	unsigned line; /* of the first row */
	roleset roles;
	VEC(struct addr) addrs;  /* a host's */
	VEC(struct prefix) nets; /* a network's; never both */
};

struct import {
	const struct csv *csv;
	struct errors *errs;
	struct arena *arena;
	VEC(struct import_entry *) entries; /* in the order of their first rows */
};

/* The roles that a cell names. False after an error. */
bool import_roles(struct import *im, const struct csv_cell *cell, roleset *ret_roles);
/* The site file of these entries. */
void import_write(const struct import *im, struct out *o);

/* A piece of a cell's text. */
struct import_piece {
	const char *text;
	size_t n, offset;
};
/* The text without spaces around it; *p is then within the cell. */
struct import_piece import_trim(const char *text, size_t n, size_t offset);
/* The next piece from *at on that `separators` or a no-break space leave; false at the end. Empty
 * ones are passed over. */
bool import_next(const struct csv_cell *cell, const char *separators, size_t *at,
		 struct import_piece *ret);
/* How much of a piece a message repeats: for %.*s. */
int import_shown(const struct import_piece *p);

#endif
