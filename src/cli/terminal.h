/* SPDX-License-Identifier: BSD-2-Clause */
/* terminal - the one place that knows of ncurses: draws a span_screen, and reads keys. */
#ifndef SPAN_CLI_TERMINAL_H
#define SPAN_CLI_TERMINAL_H

#include <spanaudit/screen.h>

#include <stdbool.h>
#include <stdint.h>

/* Why there can be no view here, a clause; NULL: there can. */
const char *terminal_unfit(void);
/* It shows more than ASCII. */
bool terminal_utf8(void);
/* Takes the terminal; what fatal signals leave behind is put right as well. False: it cannot be
 * had. */
bool terminal_open(bool colour);
/* As it was before; harmless when it is not open. */
void terminal_close(void);
/* 0 or -ENOMEM. */
int terminal_draw(struct span_screen *s);
/* The next key that is there, without waiting; false: none, or the size has changed (then draw). */
bool terminal_key(uint32_t *ret);

#endif
