// SPDX-License-Identifier: BSD-2-Clause
/* reading - by how many threads inputs are read, and that they are read again where several could
 * not do it. */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/engine.h"
#include "engine/stats.h"

/* More do not help: one thread reads and decodes for all. */
enum { AUTO_THREADS = 8, AUTO_BYTES = 32 << 20 };

bool engine_is_piped(const char *path)
{
	struct stat st;

	return strcmp(path, "-") == 0 ||
	       (stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode));
}

unsigned engine_processors(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;

	return n < AUTO_THREADS ? (unsigned)n : AUTO_THREADS;
}

/* What a store is told comes from one place in the order of packets, and so do the figures of
 * --stats. What cannot be read twice is read by one thread, too: see hot_gather(). */
static bool one_thread(const struct span_audit *a)
{
	bool once = false;

	for (size_t i = 0; i < a->n_inputs; i++)
		once |= engine_is_piped(a->inputs[i].path);
	return a->store_path || a->stats || a->follow || once;
}

/* Below that, threads take longer to make than they save. */
static bool is_small(const struct span_audit *a)
{
	off_t sum = 0;
	struct stat st;

	for (size_t i = 0; i < a->n_inputs; i++)
		if (stat(a->inputs[i].path, &st) == 0)
			sum += st.st_size;
	return sum < AUTO_BYTES;
}

static unsigned threads_of(const struct span_audit *a)
{
	if (a->threads == 1 || one_thread(a))
		return 1;
	if (a->threads)
		return a->threads;
	return is_small(a) ? 1 : engine_processors();
}

static int read_once(struct span_audit *a, unsigned threads)
{
	int r;

	a->hot = hot_new_threads(a, threads);
	if (!a->hot)
		return -ENOMEM;
	stats_took(a->stats, STAGE_OPEN);
	r = feed_run(a);
	if (r >= 0 && r != SPAN_USAGE) {
		int gathered = hot_gather(a->hot);

		r = gathered ? gathered : r;
	}
	stats_took(a->stats, STAGE_READ);
	return r;
}

int engine_read(struct span_audit *a)
{
	unsigned threads = threads_of(a);
	struct errors_mark mark = errors_mark(&a->errs);
	size_t bytes = a->n_inputs * sizeof *a->inputs;
	struct result_input *before = threads > 1 ? arena_alloc(&a->arena, bytes + 1) : NULL;
	int r;

	if (!before)
		return read_once(a, 1);
	if (bytes)
		memcpy(before, a->inputs, bytes);
	r = read_once(a, threads);
	if (r != -EAGAIN)
		return r;
	/* Once more, as if nothing had been read. */
	a->hot = hot_free(a->hot);
	errors_cut(&a->errs, &mark);
	if (bytes)
		memcpy(a->inputs, before, bytes);
	a->drops_os = a->drops_nic = 0;
	a->drops_told = false;
	a->names = NULL;
	a->interfaces = NULL;
	a->n_names = a->n_interfaces = 0;
	return read_once(a, 1);
}
