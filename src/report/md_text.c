// SPDX-License-Identifier: BSD-2-Clause
#include "report/md_text.h"

#include <string.h>
#include <strings.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_word(char c)
{
	return is_letter(c) || is_digit(c);
}

static bool is_blank_or_end(char c)
{
	return !c || c == ' ';
}

/* CommonMark 2.1: the characters that a backslash may stand before. */
static bool is_punctuation(char c)
{
	return c > ' ' && c < 0x7f && !is_word(c);
}

/* An entity (2.5): what ends without its semicolon is none. */
static bool begins_entity(const char *z)
{
	size_t n = 1 + (z[1] == '#');

	while (is_word(z[n]))
		n++;
	return n > 1 && z[n] == ';';
}

/* A tag, comment, instruction or autolink (6.5, 6.6). */
static bool begins_tag(const char *z)
{
	return is_letter(z[1]) || (z[1] && strchr("/!?", z[1]) != NULL);
}

/* `before` is the character before z, 0 at the begin. */
static bool means_something(char before, const char *z, enum md_place where)
{
	switch (*z) {
	case '\\': /* what follows the text is not known here */
		return !z[1] || is_punctuation(z[1]);
	case '`':
	case '*':
	case '[': /* without it "]" and "(" are no link, and "!" no image */
	case '~':
		return true;
	case '_': /* within a word it emphasises nothing (6.2) */
		return !is_word(before) || !is_word(z[1]);
	case '|':
		return where == MD_CELL;
	case '#': /* closes a heading (4.2) */
		return is_blank_or_end(before) && !is_word(z[1]);
	case '$': /* begins a formula where tickets know them */
		return !is_word(before) && !is_blank_or_end(z[1]);
	default:
		return false;
	}
}

/* What renderers make links and mentions of without being asked (GFM 6.9) is taken apart. Returns
 * how many bytes of z that was, 0 when it is nothing of the kind. */
static size_t taken_apart(struct out *o, char before, const char *z)
{
	if (strncmp(z, "://", 3) == 0) {
		out_puts(o, "\\[:]//");
		return 3;
	}
	if (strncasecmp(z, "www.", 4) == 0 && !is_word(before)) {
		out_bytes(o, z, 3);
		out_puts(o, "\\[.]");
		return 4;
	}
	if (*z == '@') {
		out_puts(o, "(at)");
		return 1;
	}
	if ((*z == '&' && begins_entity(z)) || (*z == '<' && begins_tag(z))) {
		out_puts(o, *z == '&' ? "&amp;" : "&lt;");
		return 1;
	}
	return 0;
}

void md_text(struct out *o, enum md_place where, const char *z)
{
	char before = '\0';

	while (*z) {
		size_t n = taken_apart(o, before, z);

		if (!n) {
			if (means_something(before, z, where))
				out_char(o, '\\');
			out_char(o, *z);
			n = 1;
		}
		before = z[n - 1];
		z += n;
	}
}

/* Code (6.1) holds everything but a run of backticks as long as its own. */
static void code(struct out *o, const char *z)
{
	size_t longest = 0;

	for (const char *p = z; *p;) {
		size_t n = strspn(p, "`");

		longest = n > longest ? n : longest;
		p += n ? n : strcspn(p, "`");
	}
	out_pad(o, '`', longest + 1);
	out_printf(o, longest ? " %s " : "%s", z);
	out_pad(o, '`', longest + 1);
}

static void one_line(struct out *o, const char *z, size_t n)
{
	struct out safe = {0};

	out_text(&safe, z, n);
	if (strncmp(out_str(&safe), "- {", 3) == 0)
		code(o, out_str(&safe));
	else
		md_text(o, MD_LINE, out_str(&safe));
	o->failed |= safe.failed;
	out_done(&safe);
}

void md_lines(struct out *o, const char *z)
{
	while (*z) {
		size_t n = strcspn(z, "\n");

		one_line(o, z, n);
		z += n;
		if (!*z)
			break;
		out_char(o, ' ');
		z++;
	}
}
