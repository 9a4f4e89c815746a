// SPDX-License-Identifier: BSD-2-Clause
#include "base/out.h"

#include "base/cpu.h"
#include "base/dec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void out_done(struct out *o)
{
	free(o->p);
	*o = (struct out){0};
}

void out_reset(struct out *o)
{
	o->n = 0;
	if (o->p)
		o->p[0] = '\0';
}

void out_take(struct out *o)
{
	enum { MUCH = 128 * 1024 }; /* fits the second level of the cache */

	if (!o->take || o->n < MUCH || o->failed)
		return;
	o->failed = o->take(o->user, o->p, o->n) != 0;
	out_reset(o);
}

const char *out_str(const struct out *o)
{
	return o->p ? o->p : "";
}

static bool room(struct out *o, size_t n)
{
	if (o->failed)
		return false;
	if (n < o->cap - o->n)
		return true;

	size_t want = o->cap ? o->cap : 256;

	while (want - o->n <= n) {
		if (want > SIZE_MAX / 2) {
			o->failed = true;
			return false;
		}
		want *= 2;
	}

	char *p = realloc(o->p, want);

	if (!p) {
		o->failed = true;
		return false;
	}
	o->p = p;
	o->cap = want;
	return true;
}

void out_bytes(struct out *o, const void *p, size_t n)
{
	if (!n || !room(o, n))
		return;
	memcpy(o->p + o->n, p, n);
	o->n += n;
	o->p[o->n] = '\0';
}

void out_pad(struct out *o, char c, size_t n)
{
	if (!n || !room(o, n))
		return;
	memset(o->p + o->n, c, n);
	o->n += n;
	o->p[o->n] = '\0';
}

void out_uint(struct out *o, uint64_t n)
{
	char text[DEC_MAX] = {0};

	out_bytes(o, text, (size_t)(dec_put(text, n) - text));
}

void out_vprintf(struct out *o, const char *fmt, va_list ap)
{
	size_t left = o->failed ? 0 : o->cap - o->n;
	va_list again;

	va_copy(again, ap);

	int n = vsnprintf(left ? o->p + o->n : NULL, left, fmt, ap);

	if (n >= 0 && (size_t)n < left) {
		o->n += (size_t)n;
	} else if (n >= 0 && room(o, (size_t)n)) {
		vsnprintf(o->p + o->n, (size_t)n + 1, fmt, again);
		o->n += (size_t)n;
	} else {
		o->failed = true;
		if (left)
			o->p[o->n] = '\0';
	}
	va_end(again);
}

void out_printf(struct out *o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	out_vprintf(o, fmt, ap);
	va_end(ap);
}

/* One code point of UTF-8 (RFC 3629 4: shortest form, no surrogates, at most U+10FFFF). Returns
 * its length, or 0 when the byte at p begins none. */
static size_t utf8(const unsigned char *p, size_t n, uint32_t *ret_cp)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t len = p[0] < 0x80             ? 1
		     : (p[0] & 0xe0) == 0xc0 ? 2
		     : (p[0] & 0xf0) == 0xe0 ? 3
		     : (p[0] & 0xf8) == 0xf0 ? 4
					     : 0;

	if (!len || len > n)
		return 0;

	uint32_t cp = len == 1 ? p[0] : p[0] & (0x7fu >> len);

	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		cp = cp << 6 | (p[i] & 0x3f);
	}
	if (cp < least[len] || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		return 0;
	*ret_cp = cp;
	return len;
}

/* What a byte needs no look at more than itself for. */
enum { IN_TEXT = 1, IN_JSON = 2 };

/* Printable ASCII; inside a JSON string, without what ends or escapes it (RFC 8259 7). */
static uint8_t plain_in(unsigned char c)
{
	if (c < 0x20 || c >= 0x7f)
		return 0;
	return c == '"' || c == '\\' ? IN_TEXT : IN_TEXT | IN_JSON;
}

/* All of eight bytes are plain. */
static bool eight_plain(const unsigned char *p, bool json)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), high = ones << 7;
	uint64_t x, odd;

	memcpy(&x, p, sizeof x);
	odd = x | (x - ones * 0x20) | ((x ^ ones * 0x7f) - ones);
	if (json)
		odd |= ((x ^ ones * '"') - ones) | ((x ^ ones * '\\') - ones);
	return !(odd & high);
}

/* How many bytes at the start are plain. */
static size_t plain(const unsigned char *p, size_t n, uint8_t where)
{
	size_t i = 0;

	while (n - i >= 8 && eight_plain(p + i, where == IN_JSON))
		i += 8;
	while (i < n && plain_in(p[i]) & where)
		i++;
	return i;
}

struct span {
	uint32_t lo, hi;
};

static bool in_spans(uint32_t cp, const struct span *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (cp >= s[i].lo && cp <= s[i].hi)
			return true;
	return false;
}

/* Characters that steer a terminal or reorder a line instead of showing themselves. */
static bool steers(uint32_t cp)
{
	static const struct span set[] = {
		{0x00, 0x1f},       {0x7f, 0x9f},     {0xad, 0xad},        {0x61c, 0x61c},
		{0x180e, 0x180e},   {0x200b, 0x200f}, {0x2028, 0x202e},    {0x2060, 0x206f},
		{0xfe00, 0xfe0f},   {0xfeff, 0xfeff}, {0xfff0, 0xfffb},    {0x1d173, 0x1d17a},
		{0xe0000, 0xe0fff}, {0xe000, 0xf8ff}, {0xf0000, 0x10ffff},
	};

	if ((cp & 0xfffe) == 0xfffe || (cp >= 0xfdd0 && cp <= 0xfdef))
		return true; /* noncharacters (Unicode 23.7): markup may not hold them */
	return in_spans(cp, set, N_ELEMENTS(set));
}

void out_text(struct out *o, const char *p, size_t n)
{
	const unsigned char *u = (const unsigned char *)p;

	for (size_t i = 0; i < n;) {
		uint32_t cp;
		size_t len = plain(u + i, n - i, IN_TEXT);

		if (len) {
			out_bytes(o, p + i, len);
			i += len;
			continue;
		}
		len = utf8(u + i, n - i, &cp);
		if (!len || (len == 1 && steers(cp)))
			out_printf(o, "\\x%02x", u[i]);
		else if (steers(cp))
			out_printf(o, "\\u{%x}", cp);
		else
			out_bytes(o, p + i, len);
		i += len ? len : 1;
	}
}

void out_text_z(struct out *o, const char *z)
{
	out_text(o, z, strlen(z));
}

/* The five characters that mean something to a parser of markup, in any place where text can stand
 * (WHATWG HTML 13.1.2.3 and 13.1.4, XML 1.0 2.4). */
static const char *markup(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&#34;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void out_html(struct out *o, const char *p, size_t n)
{
	struct out safe = {0};

	out_text(&safe, p, n);
	for (const char *z = out_str(&safe); *z;) {
		size_t plain = strcspn(z, "&<>\"'");

		out_bytes(o, z, plain);
		z += plain;
		if (*z)
			out_puts(o, markup(*z++));
	}
	o->failed |= safe.failed;
	out_done(&safe);
}

void out_html_z(struct out *o, const char *z)
{
	out_html(o, z, strlen(z));
}

/* As nearly every one is: nothing in it is escaped. */
static void quoted(struct out *o, const char *p, size_t n)
{
	char *to;

	if (n > SIZE_MAX / 2 || !room(o, n + 2))
		return;
	to = o->p + o->n;
	*to++ = '"';
	if (n)
		memcpy(to, p, n);
	to[n] = '"';
	to[n + 1] = '\0';
	o->n += n + 2;
}

void out_json(struct out *o, const char *p, size_t n)
{
	const unsigned char *u = (const unsigned char *)p;
	size_t first = plain(u, n, IN_JSON);

	if (likely(first == n)) {
		quoted(o, p, n);
		return;
	}
	out_char(o, '"');
	for (size_t i = 0; i < n;) {
		uint32_t cp;
		size_t len = plain(u + i, n - i, IN_JSON);

		if (len) {
			out_bytes(o, p + i, len);
			i += len;
			continue;
		}
		len = utf8(u + i, n - i, &cp);
		if (!len)
			out_printf(o, "\\\\x%02x", u[i]); /* the text that out_text() makes of it */
		else if (cp == '"' || cp == '\\')
			out_printf(o, "\\%c", (int)cp);
		else if (cp == '\n')
			out_puts(o, "\\n");
		else if (cp == '\t')
			out_puts(o, "\\t");
		else if (steers(cp) && cp <= 0xffff)
			out_printf(o, "\\u%04x", cp);
		else if (steers(cp)) /* a surrogate pair (RFC 8259 7) */
			out_printf(o, "\\u%04x\\u%04x", 0xd7c0 + (cp >> 10), 0xdc00 + (cp & 0x3ff));
		else
			out_bytes(o, p + i, len);
		i += len ? len : 1;
	}
	out_char(o, '"');
}

void out_json_z(struct out *o, const char *z)
{
	if (z)
		out_json(o, z, strlen(z));
	else
		out_puts(o, "null");
}

/* East Asian wide and emoji, by Unicode's East_Asian_Width W and F; combining marks take none. */
static unsigned columns_of(uint32_t cp)
{
	static const struct span wide[] = {
		{0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0x33ff}, {0x3400, 0x4dbf},
		{0x4e00, 0x9fff},   {0xa000, 0xa4cf},   {0xac00, 0xd7a3}, {0xf900, 0xfaff},
		{0xfe30, 0xfe6f},   {0xff00, 0xff60},   {0xffe0, 0xffe6}, {0x1f300, 0x1f64f},
		{0x1f900, 0x1f9ff}, {0x20000, 0x3fffd},
	};
	static const struct span none[] = {
		{0x300, 0x36f},   {0x483, 0x489},   {0x591, 0x5bd},
		{0x610, 0x61a},   {0x64b, 0x65f},   {0x1ab0, 0x1aff},
		{0x1dc0, 0x1dff}, {0x20d0, 0x20ff}, {0xfe20, 0xfe2f},
	};

	if (cp < 0x300)
		return 1;
	if (in_spans(cp, none, N_ELEMENTS(none)))
		return 0;
	return in_spans(cp, wide, N_ELEMENTS(wide)) ? 2 : 1;
}

size_t out_columns(const char *p, size_t n)
{
	const unsigned char *u = (const unsigned char *)p;
	size_t columns = 0;

	for (size_t i = 0; i < n;) {
		uint32_t cp;
		size_t len = utf8(u + i, n - i, &cp);

		columns += len ? columns_of(cp) : 1;
		i += len ? len : 1;
	}
	return columns;
}

void out_wrapped(struct out *o, const char *z, size_t width, size_t first, size_t indent)
{
	size_t at = first;
	bool start = true;

	for (const char *p = z; *p;) {
		if (*p == '\n') {
			out_char(o, '\n');
			out_pad(o, ' ', indent);
			at = indent;
			start = true;
			p++;
			continue;
		}
		if (*p == ' ') {
			p++;
			continue;
		}

		size_t n = strcspn(p, " \n");
		struct out word = {0};

		out_text(&word, p, n);

		size_t columns = out_columns(out_str(&word), word.n);

		if (!start && at + 1 + columns > width) {
			out_char(o, '\n');
			out_pad(o, ' ', indent);
			at = indent;
		} else if (!start) {
			out_char(o, ' ');
			at++;
		}
		out_bytes(o, out_str(&word), word.n);
		out_done(&word);
		at += columns;
		start = false;
		p += n;
	}
	out_char(o, '\n');
}
