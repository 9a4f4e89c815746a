/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * live_write - the packets of a live run in pcapng files beside: one, or a ring of them as dumpcap
 * makes it (NAME_00001_20240501120000.pcapng).
 *
 * Files are opened when all rights are gone, in a folder that stays one to write in. When a file
 * cannot be written any more, writing ends, which is told, and the run goes on.
 */
#ifndef SPAN_ENGINE_LIVE_WRITE_H
#define SPAN_ENGINE_LIVE_WRITE_H

#include "capture/source.h"
#include "engine/engine.h"

struct live_write;
/* Makes the first file. 0, SPAN_INPUT with words kept, negative errno. */
int live_write_open(struct span_audit *a);
void live_write_batch(struct span_audit *a, const struct batch *b);
/* Begins the next file when it is time, and hands over what waits. */
void live_write_turn(struct span_audit *a, int64_t now_ns);
/* Ends the file. NULL is fine; returns NULL. */
struct live_write *live_write_close(struct live_write *w);

#endif
