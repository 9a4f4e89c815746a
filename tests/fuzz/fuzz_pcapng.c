// SPDX-License-Identifier: BSD-2-Clause
/*
 * The own reader, pcapng:
 *
 *   pieces(8) | the file
 */
#include <stdint.h>

#include "reader_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	if (n)
		check_reader(p[0], p + 1, n - 1, "pcapng");
	return 0;
}
