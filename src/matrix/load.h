/* SPDX-License-Identifier: BSD-2-Clause */
/* load - from the name of a rule pack to its file. */
#ifndef SPAN_MATRIX_LOAD_H
#define SPAN_MATRIX_LOAD_H

#include "matrix/pack.h"

/* A name is searched as NAME.yaml in `dirs` (NULL-terminated), a path (it has a slash or ends in
 * .yaml) is opened as it is. NULL after an error. */
struct pack *pack_find(const char *name, const char *const *dirs, struct errors *errs);

#endif
