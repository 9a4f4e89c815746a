/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * live_scrape - figures for Prometheus over HTTP, on a loopback address and in one thread: the loop
 * that takes packets looks after it when it is time.
 */
#ifndef SPAN_ENGINE_LIVE_SCRAPE_H
#define SPAN_ENGINE_LIVE_SCRAPE_H

#include "base/error.h"

struct scrape;

/* Listens at "127.0.0.1:PORT" or "[::1]:PORT". 0, SPAN_USAGE for another text or a build without
 * it, SPAN_INPUT when nobody can listen there, each with errors kept; -ENOMEM. */
int scrape_open(const char *at, struct errors *errs, struct scrape **ret);
struct scrape *scrape_close(struct scrape *s);
/* Readable when there is something to do. */
int scrape_fd(const struct scrape *s);
/* Takes requests and answers them, as far as that goes without waiting. */
void scrape_turn(struct scrape *s);
/* What is answered from now on: the file's bytes. The descriptor is its own then. */
void scrape_give(struct scrape *s, int fd);

#endif
