/* SPDX-License-Identifier: BSD-2-Clause */
/* path - a whole audit in this process, with the site of this folder and all rule packs, and what
 * it takes. BENCH_RULES and BENCH_SITE say where those are. */
#ifndef SPAN_TESTS_BENCH_PATH_H
#define SPAN_TESTS_BENCH_PATH_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <spanaudit/spanaudit.h>

#include "clock.h"
#include "gen.h"

#define PATH_TEMPLATE "/tmp/spanaudit-bench-XXXXXX"

static bool path_audit(const char *path)
{
	struct span_audit *a = span_audit_new();
	FILE *f = fopen("/dev/null", "w");
	bool ok = a && f && span_audit_rules_dir(a, BENCH_RULES) == SPAN_OK &&
		  span_audit_site(a, BENCH_SITE) == SPAN_OK &&
		  span_audit_file(a, path) == SPAN_OK && span_audit_run(a) == SPAN_OK &&
		  span_audit_write(a, "json", NULL, f) == SPAN_OK;

	if (a && !ok)
		span_audit_errors(a, stderr);
	span_audit_free(a);
	if (f)
		fclose(f);
	return ok;
}

static int path_by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Makes a capture under a new name, which is then in `path`; the caller unlinks it. */
static bool path_make(struct gen *g, char path[], const char *kind, uint64_t packets)
{
	int fd = mkstemp(path);
	FILE *f = fd >= 0 ? fdopen(fd, "wb") : NULL;
	bool ok = f && gen_capture(g, f, kind, packets);

	if (f)
		fclose(f);
	if (fd >= 0 && !ok)
		unlink(path);
	return ok;
}

#endif
