/* SPDX-License-Identifier: BSD-2-Clause */
/* vec - a growing array. `struct { T *v; size_t n, cap; }` is the whole type: VEC(T). */
#ifndef SPAN_BASE_VEC_H
#define SPAN_BASE_VEC_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define VEC(T)                 \
	struct {               \
		T *v;          \
		size_t n, cap; \
	}

/* Room for one more. False when there is no memory; the vector is then as before. */
static inline bool vec_grow_(void **v, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return true;

	size_t want = *cap ? *cap * 2 : 8;

	if (want > SIZE_MAX / size)
		return false;

	void *p = realloc(*v, want * size);

	if (!p)
		return false;
	*v = p;
	*cap = want;
	return true;
}

#define vec_grow(vec) vec_grow_((void **)&(vec)->v, (vec)->n, &(vec)->cap, sizeof *(vec)->v)
/* Appends a copy of x; false when there is no memory. */
#define vec_push(vec, x)  (vec_grow(vec) ? ((vec)->v[(vec)->n++] = (x), true) : false)
#define vec_done(vec)     (free((vec)->v), (vec)->v = NULL, (vec)->n = (vec)->cap = 0)
#define VEC_EACH(it, vec) for ((it) = (vec)->v; (it) && (it) < (vec)->v + (vec)->n; (it)++)

#endif
