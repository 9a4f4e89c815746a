// SPDX-License-Identifier: BSD-2-Clause
/*
 * terminal - ncurses: what span_screen_draw() puts goes onto the terminal, keys come from it.
 *
 * The process has one terminal, so what is kept of it is static here, as ncurses has it.
 */
#include "cli/terminal.h"

#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

enum { ESCAPE_MS = 25, CAP_TEXT = 64 };

/* What a signal handler needs to leave a terminal behind that can be used: known before, since
 * nothing may be asked then. */
static struct {
	bool open;
	struct termios before;
	char leave[3][CAP_TEXT]; /* colours off, cursor on, the other screen */
	SCREEN *screen;
} here;

/* --- fatal signals ---------------------------------------------------------------------------- */

static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGQUIT};
enum { FATAL = sizeof fatal / sizeof *fatal };
static struct sigaction before[FATAL];

static void on_fatal(int number)
{
	for (size_t i = 0; here.open && i < 3; i++)
		if (write(STDOUT_FILENO, here.leave[i], strlen(here.leave[i])) < 0)
			break;
	tcsetattr(STDIN_FILENO, TCSANOW, &here.before);
	here.open = false;
	for (size_t i = 0; i < FATAL; i++)
		if (fatal[i] == number)
			sigaction(number, &before[i], NULL);
	raise(number);
}

static void on_fatal_listen(void)
{
	struct sigaction sa = {.sa_handler = on_fatal};

	for (size_t i = 0; i < FATAL; i++)
		sigaction(fatal[i], &sa, &before[i]);
}

static void on_fatal_forget(void)
{
	for (size_t i = 0; i < FATAL; i++)
		sigaction(fatal[i], &before[i], NULL);
}

/* terminfo(3X): NULL or -1 when there is none. */
static bool is_there(const char *z)
{
	return z && (intptr_t)z != -1;
}

static void remember(size_t i, const char *name)
{
	const char *z = tigetstr(name);

	*here.leave[i] = '\0';
	if (is_there(z) && strlen(z) < CAP_TEXT)
		memcpy(here.leave[i], z, strlen(z) + 1);
}

/* --- the terminal ----------------------------------------------------------------------------- */

const char *terminal_unfit(void)
{
	const char *cup;
	int err;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return "standard input and output are no terminal";
	if (!getenv("TERM") || setupterm(NULL, STDOUT_FILENO, &err) != OK)
		return "the terminal is of no known kind (TERM)";
	cup = tigetstr("cup");
	if (!is_there(cup))
		return "text cannot be put at places of this terminal (TERM)";
	return NULL;
}

bool terminal_utf8(void)
{
	setlocale(LC_CTYPE, "");
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

static void colours(bool wanted)
{
	if (!wanted || !has_colors() || start_color() == ERR)
		return;
	use_default_colors();
	init_pair(SPAN_PAINT_GOOD, COLOR_GREEN, -1);
	init_pair(SPAN_PAINT_WARN, COLOR_YELLOW, -1);
	init_pair(SPAN_PAINT_BAD, COLOR_RED, -1);
}

bool terminal_open(bool colour)
{
	setlocale(LC_CTYPE, "");
	if (tcgetattr(STDIN_FILENO, &here.before) != 0)
		return false;
	here.screen = newterm(NULL, stdout, stdin);
	if (!here.screen)
		return false;
	remember(0, "sgr0");
	remember(1, "cnorm");
	remember(2, "rmcup");
	here.open = true;
	on_fatal_listen();
	colours(colour);
	raw(); /* Ctrl-C is a key: it ends in order */
	noecho();
	nonl();
	curs_set(0);
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(ESCAPE_MS);
	return true;
}

void terminal_close(void)
{
	if (!here.open)
		return;
	here.open = false;
	endwin();
	on_fatal_forget();
	delscreen(here.screen);
	here.screen = NULL;
}

/* --- drawing ---------------------------------------------------------------------------------- */

static attr_t attributes(unsigned paint)
{
	static const attr_t of[] = {
		[SPAN_PAINT_PLAIN] = A_NORMAL, [SPAN_PAINT_STRONG] = A_BOLD,
		[SPAN_PAINT_DIM] = A_DIM,      [SPAN_PAINT_GOOD] = A_BOLD,
		[SPAN_PAINT_WARN] = A_BOLD,    [SPAN_PAINT_BAD] = A_BOLD,
	};
	attr_t marked = paint & SPAN_PAINT_MARKED ? A_REVERSE : A_NORMAL;

	paint &= ~(unsigned)SPAN_PAINT_MARKED;
	return paint < SPAN_PAINT_N ? of[paint] | marked : marked;
}

static short pair(unsigned paint)
{
	paint &= ~(unsigned)SPAN_PAINT_MARKED;
	return paint >= SPAN_PAINT_GOOD && paint < SPAN_PAINT_N && has_colors() ? (short)paint : 0;
}

static void put(void *user, unsigned row, unsigned column, unsigned paint, const char *text)
{
	(void)user;
	attr_set(attributes(paint), pair(paint), NULL);
	mvaddstr((int)row, (int)column, text);
}

int terminal_draw(struct span_screen *s)
{
	int height, width, r;

	getmaxyx(stdscr, height, width);
	attr_set(A_NORMAL, 0, NULL);
	erase();
	r = span_screen_draw(s, (unsigned)height, (unsigned)width, put, NULL);
	refresh();
	return r;
}

/* --- keys ------------------------------------------------------------------------------------- */

static uint32_t key_of(wint_t c)
{
	static const struct {
		wint_t curses;
		uint32_t key;
	} keys[] = {
		{KEY_UP, SPAN_KEY_UP},         {KEY_DOWN, SPAN_KEY_DOWN},
		{KEY_LEFT, SPAN_KEY_LEFT},     {KEY_RIGHT, SPAN_KEY_RIGHT},
		{KEY_PPAGE, SPAN_KEY_PAGE_UP}, {KEY_NPAGE, SPAN_KEY_PAGE_DOWN},
		{KEY_HOME, SPAN_KEY_HOME},     {KEY_END, SPAN_KEY_END},
		{KEY_ENTER, SPAN_KEY_ENTER},   {KEY_BACKSPACE, SPAN_KEY_BACKSPACE},
		{KEY_BTAB, SPAN_KEY_BACK_TAB},
	};

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (keys[i].curses == c)
			return keys[i].key;
	return 0;
}

static uint32_t character(wint_t c)
{
	switch (c) {
	case '\r':
	case '\n':
		return SPAN_KEY_ENTER;
	case 0x1b:
		return SPAN_KEY_ESCAPE;
	case 0x08:
	case 0x7f:
		return SPAN_KEY_BACKSPACE;
	case '\t':
		return SPAN_KEY_TAB;
	case 'L' & 0x1f: /* what somebody else wrote over it goes */
		clearok(stdscr, TRUE);
		return 0;
	case 'Z' & 0x1f:
		endwin();
		raise(SIGTSTP);
		clearok(stdscr, TRUE);
		return 0;
	default:
		return (uint32_t)c;
	}
}

bool terminal_key(uint32_t *ret)
{
	wint_t c;

	switch (get_wch(&c)) {
	case KEY_CODE_YES:
		*ret = key_of(c);
		break;
	case OK:
		*ret = character(c);
		break;
	default:
		return false;
	}
	return *ret != 0;
}
