// SPDX-License-Identifier: BSD-2-Clause
/*
 * bench_recognise - what it costs to ask what the first bytes of a flow are: ns per question.
 *
 *   bench_recognise [QUESTIONS]
 *
 * One side has bytes, the other none yet, as when the first payload of a connection is shown.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "recognise/recognise.h"

#include "clock.h"

static const struct {
	const char *name, *app; /* what it must be told to be; "" nothing */
	const char *bytes;
	size_t n;
	uint8_t proto;
	uint16_t port;
} rows[] = {
#define BYTES(s) (s), sizeof(s) - 1
	{"HTTP request", "http", BYTES("GET /crm/main.aspx HTTP/1.1\r\nHost: crm01\r\n\r\n"), 6,
	 80},
	{"SMB2 negotiate", "smb2",
	 BYTES("\0\0\0\x6a\xfeSMB\x40\0\0\0\0\0\0\0\0\0\x1f\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff"
	       "\xfe"
	       "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x24\0\1\0\1\0\0\0\0\0\0\0"
	       "\1\2\3\4\5\6\7\x8\x9\xa\xb\xc\xd\xe\xf\x10\0\0\0\0\0\0\0\0\x02\x02"),
	 6, 445},
	{"DNS query", "dns", BYTES("\x12\x34\1\0\0\1\0\0\0\0\0\0\5crm01\7contoso\5local\0\0\1\0\1"),
	 17, 53},
	{"unknown, text", "", BYTES("a line of text that is nothing in particular\r\n"), 6, 4000},
	{"unknown, bytes", "",
	 BYTES("\0\x07\x0e\x15\x1c\x23\x2a\x31\x38\x3f\x46\x4d\x54\x5b\x62\x69\x70\x77\x7e\x85"), 6,
	 4000},
};

int main(int argc, char **argv)
{
	uint32_t n = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
	struct recognise_table table;

	recognise_table_init(&table);
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct recognition r;
		struct payload side[2] = {{.p = (const uint8_t *)rows[i].bytes,
					   .n = rows[i].n,
					   .whole_start = true,
					   .port = 50000,
					   .peer_port = rows[i].port},
					  {.port = rows[i].port, .peer_port = 50000}};
		double from = bench_cpu_s();

		for (uint32_t k = 0; k < n; k++) {
			struct recognise_memo memo = {0};

			recognise_again(&table, NULL, &memo, side, rows[i].proto, false, &r);
		}
		from = bench_cpu_s() - from;
		if (strcmp(app_name(r.conf == APP_UNSURE ? APP_NONE : r.app), rows[i].app) != 0) {
			fprintf(stderr, "bench_recognise: %s was taken for '%s'\n", rows[i].name,
				app_name(r.app));
			return 1;
		}
		printf("%-14s %8" PRIu32 " questions %7.1f ns per question\n", rows[i].name, n,
		       from * 1e9 / n);
	}
	return 0;
}
