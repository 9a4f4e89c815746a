// SPDX-License-Identifier: BSD-2-Clause
/* term - what standard output is, and what its owner wants. */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/opt.h"

unsigned term_width(void)
{
	const char *z = getenv("COLUMNS");
	struct winsize w;

	if (z && *z >= '0' && *z <= '9') {
		unsigned long n = strtoul(z, NULL, 10);

		if (n >= 40 && n <= 10000)
			return (unsigned)n;
	}
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col >= 40)
		return w.ws_col;
	return 80;
}

enum span_colour term_colour(const struct options *o)
{
	const char *no = getenv("NO_COLOR");
	const char *force = getenv("CLICOLOR_FORCE");
	const char *term = getenv("TERM");

	if (o->color && strcmp(o->color, "always") == 0)
		return SPAN_COLOUR_ANSI;
	if (o->color && strcmp(o->color, "never") == 0)
		return SPAN_COLOUR_NONE;
	if (no && *no)
		return SPAN_COLOUR_NONE;
	if (force && *force && strcmp(force, "0") != 0)
		return SPAN_COLOUR_ANSI;
	if (!isatty(STDOUT_FILENO) || !term || strcmp(term, "dumb") == 0)
		return SPAN_COLOUR_NONE;
	return SPAN_COLOUR_ANSI;
}
