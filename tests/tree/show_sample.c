// SPDX-License-Identifier: BSD-2-Clause
/* Prints the sample result in a format: show_sample json|text [WIDTH [colour [KIND]]]. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "report/report.h"
#include "sample.h"

int main(int argc, char **argv)
{
	static struct sample sample;
	const struct report_format *f = argc > 1 ? report_format_by_name(argv[1]) : NULL;
	struct report_options opt = {
		.tool_version = "1.2.3",
		.width = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 80,
		.colour = argc > 3 && strcmp(argv[3], "colour") == 0,
		.only = argc > 4 ? argv[4] : NULL,
		.now_ns = TIME_NONE,
	};
	struct out o = {0};

	if (!f)
		return 2;
	sample_make(&sample);
	if (f->write(&sample.r, &opt, &o) != 0)
		return 3;
	fwrite(out_str(&o), 1, o.n, stdout);
	out_done(&o);
	return 0;
}
