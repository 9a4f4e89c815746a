// SPDX-License-Identifier: BSD-2-Clause
/* The learner of tickets and refusals; the input is drawn in sight_check.h. */
#include "sight_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	sight_check_run(p, n, 50000, 88, "kerberos");
	return 0;
}
