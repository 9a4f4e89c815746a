/* SPDX-License-Identifier: BSD-2-Clause */
/* arena - memory that lives and dies together: configuration, result documents. */
#ifndef SPAN_BASE_ARENA_H
#define SPAN_BASE_ARENA_H

#include <stddef.h>

#include "base/cpu.h"

struct arena_block;
struct bank;
struct arena {
	struct arena_block *last;
	size_t bytes;      /* of its blocks */
	struct bank *bank; /* where large blocks come from and go to; NULL: the system */
};

void arena_done(struct arena *a);
/* What `from` holds lives as long as `to` from now on; `from` is empty. */
void arena_join(struct arena *to, struct arena *from);
/* Zeroed, aligned for anything. NULL when there is no memory. */
void *arena_alloc(struct arena *a, size_t n);
char *arena_strdup(struct arena *a, const char *z);
char *arena_strndup(struct arena *a, const char *p, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF(2, 3);

#endif
