// SPDX-License-Identifier: BSD-2-Clause
/* terminal_fallback - a build without ncurses: there is no view, and everything else is there. */
#include "cli/terminal.h"

const char *terminal_unfit(void)
{
	return "this spanaudit was built without ncurses";
}

bool terminal_utf8(void)
{
	return false;
}

bool terminal_open(bool colour)
{
	(void)colour;
	return false;
}

void terminal_close(void)
{
}

int terminal_draw(struct span_screen *s)
{
	(void)s;
	return 0;
}

bool terminal_key(uint32_t *ret)
{
	(void)ret;
	return false;
}
