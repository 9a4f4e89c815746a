/* SPDX-License-Identifier: BSD-2-Clause */
/* from_store - what was stored, judged as if it had just been read. */
#ifndef SPAN_ENGINE_FROM_STORE_H
#define SPAN_ENGINE_FROM_STORE_H

#include "engine/engine.h"
#include "store/store.h"

struct from_store;
struct from_store *from_store_free(struct from_store *f);

/* The result held against the last report of the same site in an open store, and what earlier ones
 * said of its findings and rules. What fails is a warning. 0 or -ENOMEM. */
int engine_past(struct span_audit *a, struct store *s, const char *path);

#endif
