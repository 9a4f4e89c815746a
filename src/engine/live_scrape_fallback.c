// SPDX-License-Identifier: BSD-2-Clause
/* Built without libmicrohttpd. */
#include "engine/live_scrape.h"

#include <spanaudit/spanaudit.h>

#include <stddef.h>
#include <unistd.h>

int scrape_open(const char *at, struct errors *errs, struct scrape **ret)
{
	(void)at;
	*ret = NULL;
	error_hint(errors_add(errs, false, "this build does not answer over HTTP"),
		   "it was made without libmicrohttpd\nwrite a file instead: --metrics FILE");
	return SPAN_USAGE;
}

struct scrape *scrape_close(struct scrape *s)
{
	(void)s;
	return NULL;
}

int scrape_fd(const struct scrape *s)
{
	(void)s;
	return -1;
}

void scrape_turn(struct scrape *s)
{
	(void)s;
}

void scrape_give(struct scrape *s, int fd)
{
	(void)s;
	close(fd);
}
