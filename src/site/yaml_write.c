// SPDX-License-Identifier: BSD-2-Clause
#include "site/yaml_write.h"

#include <string.h>
#include <strings.h>

#include "base/cpu.h"

/* Words that other readers of YAML take for something else than text. */
static bool special(const char *z)
{
	static const char *const words[] = {"true", "false", "yes",  "no", "on",
					    "off",  "null",  "none", "y",  "n"};

	for (size_t i = 0; i < N_ELEMENTS(words); i++)
		if (strcasecmp(z, words[i]) == 0)
			return true;
	return false;
}

static bool letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool needs_quotes(const char *z)
{
	if (!letter(*z) || special(z))
		return true;
	for (; *z; z++)
		if (!letter(*z) && !(*z >= '0' && *z <= '9') && !strchr("-_.", *z))
			return true;
	return false;
}

/* YAML 1.1 5.1: U+FFFE and U+FFFF are not printable, and stand as escapes (5.7). */
static bool escaped(const char *z)
{
	return (unsigned char)z[0] == 0xef && (unsigned char)z[1] == 0xbf &&
	       ((unsigned char)z[2] == 0xbe || (unsigned char)z[2] == 0xbf);
}

void yaml_put_text(struct out *o, const char *z)
{
	if (!needs_quotes(z)) {
		out_puts(o, z);
		return;
	}
	out_char(o, '"');
	for (; *z; z++) {
		if (escaped(z)) {
			out_puts(o, (unsigned char)z[2] == 0xbe ? "\\ufffe" : "\\uffff");
			z += 2;
			continue;
		}
		if (*z == '"' || *z == '\\')
			out_char(o, '\\');
		out_char(o, *z);
	}
	out_char(o, '"');
}

void yaml_put_roles(struct out *o, roleset set)
{
	bool many = (set & (set - 1)) != 0;

	out_puts(o, many ? ", role: [" : ", role: ");
	roles_print(set, o);
	out_puts(o, many ? "]" : "");
}

void yaml_put_place(struct out *o, const char *z)
{
	bool six = strchr(z, ':') != NULL;

	out_puts(o, six ? "\"" : "");
	out_puts(o, z);
	out_puts(o, six ? "\"" : "");
}
