// SPDX-License-Identifier: BSD-2-Clause
/* Built without libseccomp. */
#include "engine/live_calls.h"

#include <errno.h>

int live_calls_confine(bool connects, bool serves)
{
	return -ENOSYS;
}
