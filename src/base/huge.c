// SPDX-License-Identifier: BSD-2-Clause
#include "base/huge.h"

#include <stdint.h>
#include <sys/mman.h>

void *huge_get(size_t n)
{
	uint8_t *p = mmap(NULL, n + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);
	size_t off;

	if (p == MAP_FAILED)
		return NULL;
	off = (HUGE_PAGE - (uintptr_t)p % HUGE_PAGE) % HUGE_PAGE;
	if (off)
		munmap(p, off);
	munmap(p + off + n, HUGE_PAGE - off);
#ifdef MADV_HUGEPAGE
	(void)madvise(p + off, n, MADV_HUGEPAGE); /* a hint: not every system has them */
#endif
	return p + off;
}

void *huge_resize(void *p, size_t was, size_t n)
{
	void *to;

	if (mremap(p, was, n, 0) != MAP_FAILED)
		return p;
	/* Only what stays a multiple of their size stays huge pages. */
	to = huge_get(n);
	if (!to)
		return NULL;
	if (mremap(p, was, n, MREMAP_MAYMOVE | MREMAP_FIXED, to) == MAP_FAILED) {
		huge_put(to, n);
		return NULL;
	}
	return to;
}

void huge_hint(void *p, size_t n)
{
	/* Of so many the heap asks the system each time, and gives them back when they are freed.
	 */
	enum { LARGE = 32 << 20 };
	size_t off = (HUGE_PAGE - (uintptr_t)p % HUGE_PAGE) % HUGE_PAGE;

	if (!p || n < LARGE)
		return;
#ifdef MADV_HUGEPAGE
	(void)madvise((uint8_t *)p + off, (n - off) / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
#endif
}

void huge_put(void *p, size_t n)
{
	if (p)
		munmap(p, n);
}
