// SPDX-License-Identifier: BSD-2-Clause
#include "base/siphash.h"

#include <sys/random.h>
#include <time.h>

struct hash_key hash_key_random(void)
{
	struct hash_key k;

	if (getrandom(&k, sizeof k, 0) == (ssize_t)sizeof k)
		return k;

	/* No kernel randomness (an old chroot): weaker, but results never depend on the key. */
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (struct hash_key){(uint64_t)ts.tv_nsec * 0x9e3779b97f4a7c15,
				 (uint64_t)ts.tv_sec ^ (uint64_t)(uintptr_t)&k};
}
