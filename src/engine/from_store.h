/* SPDX-License-Identifier: BSD-2-Clause */
/* from_store - what was stored, judged as if it had just been read. */
#ifndef SPAN_ENGINE_FROM_STORE_H
#define SPAN_ENGINE_FROM_STORE_H

#include "engine/engine.h"
#include "store/store.h"

struct from_store;
struct from_store *from_store_free(struct from_store *f);

#endif
