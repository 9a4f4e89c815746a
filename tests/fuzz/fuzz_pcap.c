// SPDX-License-Identifier: BSD-2-Clause
/*
 * The own reader, pcap:
 *
 *   pieces(8) magic(8, an index) | the file behind its magic
 */
#include <stdint.h>

#include "base/cpu.h"
#include "reader_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const uint32_t magics[] = {0xa1b2c3d4, 0xa1b23c4d, 0xa1b2cd34, 0x1c0001ac,
					  0x1c0001ab};

	if (n < 2)
		return 0;

	unsigned which = p[1] % (2 * N_ELEMENTS(magics));
	struct capfile c = {.big = which % 2};

	cap_put(&c, magics[which / 2], 4);
	cap_bytes(&c, p + 2, n - 2);
	check_reader(p[0], c.p, c.n, "pcap");
	cap_done(&c);
	return 0;
}
