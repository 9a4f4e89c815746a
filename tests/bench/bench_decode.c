// SPDX-License-Identifier: BSD-2-Clause
/*
 * bench_decode - what the decoder costs: ns per packet.
 *
 *   bench_decode [PACKETS]
 *
 * of the captures that gen.h names, by the short way for plain packets and by the layers alone. The
 * frames lie in memory in a row, as they do behind the reader.
 */
#include <inttypes.h>
#include <stdio.h>

#include "decode/decode.h"

#include "clock.h"
#include "frames.h"

enum { ETHERNET = 1, BATCH = 64 };

/* Returns ns a packet, or a negative number when what came out is not what was put in. */
static double run(const char *kind, uint32_t packets, bool layers)
{
	static struct packet made[BATCH];
	struct decoder *d = decoder_new();
	struct frames f = {0};
	const uint8_t *p;
	uint32_t len, n = 0;
	double spent = -1;

	if (d && frames_make(&f, kind, packets)) {
		double from = bench_cpu_s();

		if (layers)
			decoder_layers_only(d);
		while ((p = frames_next(&f, &len))) {
			n++;
			decode_frame(d, ETHERNET, p, len, len, n * INT64_C(1000), n,
				     &made[n % BATCH]);
			if (n % BATCH == 0)
				decoder_release(d);
		}
		decoder_end(d);
		spent = bench_cpu_s() - from;
		if (decoder_stats(d)->by[DECODE_OK] != packets)
			spent = -1;
	}
	free(f.bytes);
	decoder_free(d);
	return n ? spent * 1e9 / n : -1;
}

int main(int argc, char **argv)
{
	static const char *const kinds[] = {"mixed", "bulk", "scan", "fragments"};
	uint32_t packets = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 300000;

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		double short_way = run(kinds[i], packets, false);
		double layers = run(kinds[i], packets, true);

		if (short_way < 0 || layers < 0) {
			fprintf(stderr, "bench_decode: %s was not decoded whole\n", kinds[i]);
			return 1;
		}
		printf("%-10s %8" PRIu32 " packets %6.1f ns per packet, by the layers %6.1f\n",
		       kinds[i], packets, short_way, layers);
	}
	return 0;
}
