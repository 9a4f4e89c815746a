// SPDX-License-Identifier: BSD-2-Clause
#include "report/base64.h"

#include <string.h>

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64(const uint8_t *p, size_t n, size_t line, struct out *o)
{
	size_t at = 0;

	for (size_t i = 0; i < n; i += 3) {
		size_t have = n - i < 3 ? n - i : 3;
		uint32_t three = (uint32_t)p[i] << 16 | (have > 1 ? (uint32_t)p[i + 1] << 8 : 0) |
				 (have > 2 ? (uint32_t)p[i + 2] : 0);
		char four[4];

		for (unsigned k = 0; k < 4; k++)
			four[k] = k <= have ? letters[three >> (18 - 6 * k) & 63] : '=';
		out_bytes(o, four, 4);
		at += 4;
		if (line && at == line) {
			out_char(o, '\n');
			at = 0;
		}
	}
	if (line && at)
		out_char(o, '\n');
}

static int value(char c)
{
	const char *z = c ? strchr(letters, c) : NULL;

	return z ? (int)(z - letters) : -1;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

bool base64_read(const char *p, size_t n, struct out *ret)
{
	uint32_t four = 0;
	unsigned have = 0, pad = 0;

	for (size_t i = 0; i < n; i++) {
		int v;

		if (is_blank(p[i]))
			continue;
		v = p[i] == '=' ? 0 : value(p[i]);
		pad += p[i] == '=';
		/* Padding ends it, and is one or two letters. */
		if (v < 0 || pad > 2 || (pad && p[i] != '='))
			return false;
		four = four << 6 | (uint32_t)v;
		if (++have < 4)
			continue;

		const char three[3] = {(char)(four >> 16), (char)(four >> 8), (char)four};

		out_bytes(ret, three, 3 - pad);
		have = 0;
		four = 0;
	}
	return !have && !out_failed(ret);
}
