// SPDX-License-Identifier: BSD-2-Clause
#include "pack.h"

size_t pack_xz(const void *p, size_t n, uint8_t **ret)
{
	*ret = NULL;
	return 0;
}
