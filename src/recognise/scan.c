// SPDX-License-Identifier: BSD-2-Clause
#include "recognise/scan.h"

#include <string.h>

static uint8_t fold_case(uint8_t c, bool fold)
{
	return fold && c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

enum verdict scan_text(struct rd *r, const char *text, bool fold)
{
	size_t n = rd_left(r), i = 0;

	for (; text[i]; i++) {
		if (i == n)
			return VERDICT_MORE;
		if (fold_case(r->p[i], fold) != fold_case((uint8_t)text[i], fold))
			return VERDICT_NO;
	}
	rd_skip(r, i);
	return VERDICT_SURE;
}

enum verdict scan_one_of(struct rd *r, const char *const *texts, bool fold, size_t *ret_i)
{
	enum verdict all = VERDICT_NO;
	struct rd t = *r;
	uint8_t first = rd_u8(&t);
	/* Bits in which the first byte of a text that is there cannot differ. */
	uint8_t bits = rd_short(&t) ? 0 : fold ? (uint8_t)~0x20 : 0xff;

	for (size_t i = 0; texts[i]; i++) {
		if (((uint8_t)texts[i][0] ^ first) & bits)
			continue; /* nearly always */

		enum verdict v = scan_text(r, texts[i], fold);

		if (v == VERDICT_SURE) {
			*ret_i = i;
			return v;
		}
		if (v == VERDICT_MORE)
			all = v;
	}
	return all;
}

bool scan_line(struct rd *r, struct rd *ret)
{
	struct rd t = *r;
	size_t left = rd_left(r);
	const uint8_t *p = rd_take(&t, left);
	const uint8_t *end = p && left ? memchr(p, '\n', left) : NULL;

	if (!end) {
		*ret = rd_sub(r, left);
		return false;
	}

	size_t n = (size_t)(end - p);

	t = *r;
	rd_skip(&t, n + 1);
	*ret = rd_sub(r, n && end[-1] == '\r' ? n - 1 : n);
	*r = t;
	return true;
}

bool scan_has(struct rd r, const char *text)
{
	const uint8_t first = fold_case((uint8_t)text[0], true);
	const size_t n = strlen(text);

	for (; rd_left(&r) >= n; rd_skip(&r, 1)) {
		const uint8_t *p = r.p;

		while (p <= r.end - n && fold_case(*p, true) != first)
			p++; /* nearly always: this is the loop that costs */
		if (p > r.end - n)
			return false;
		rd_skip(&r, (size_t)(p - r.p));

		struct rd t = r;

		if (scan_text(&t, text, true) == VERDICT_SURE)
			return true;
	}
	return false;
}

static bool all_between(struct rd r, uint8_t last)
{
	while (rd_left(&r)) {
		uint8_t c = rd_u8(&r);

		if ((c < 0x20 && c != '\t') || c == 0x7f || c > last)
			return false;
	}
	return true;
}

bool scan_printable(struct rd r)
{
	return all_between(r, 0x7e);
}

bool scan_readable(struct rd r)
{
	return all_between(r, 0xff);
}

enum verdict scan_digits(struct rd *r, size_t n, uint32_t *ret)
{
	uint32_t v = 0;

	while (n--) {
		if (!rd_left(r))
			return VERDICT_MORE;

		uint8_t c = rd_u8(r);

		if (c < '0' || c > '9')
			return VERDICT_NO;
		v = v * 10 + (c - '0');
	}
	*ret = v;
	return VERDICT_SURE;
}

void scan_name(struct facts *f, struct rd r)
{
	size_t n = 0;

	memset(f->name, 0, sizeof f->name);
	while (rd_left(&r) && n + 1 < sizeof f->name) {
		uint8_t c = rd_u8(&r);

		if (c <= 0x20 || c > 0x7e)
			break;
		f->name[n++] = (char)c;
	}
}

/* A length in `ret`; the tag was taken. */
static enum verdict ber_length(struct rd *r, uint32_t *ret)
{
	uint8_t first = rd_u8(r);
	uint8_t n = first & 0x7f;
	uint32_t len = 0;

	if (rd_short(r))
		return VERDICT_MORE;
	if (!(first & 0x80)) {
		*ret = first;
		return VERDICT_SURE;
	}
	/* 80 is the indefinite form, which DER and LDAP (RFC 4511 5.1) forbid. */
	if (n == 0 || n > 4)
		return VERDICT_NO;
	while (n--)
		len = len << 8 | rd_u8(r);
	if (rd_short(r))
		return VERDICT_MORE;
	*ret = len;
	return VERDICT_SURE;
}

enum verdict ber_open(struct rd *r, uint8_t tag, uint32_t *ret_len)
{
	uint8_t t = rd_u8(r);

	if (rd_short(r))
		return VERDICT_MORE;
	if (t != tag)
		return VERDICT_NO;
	return ber_length(r, ret_len);
}

enum verdict ber_int(struct rd *r, uint8_t tag, uint32_t *ret)
{
	uint32_t n = 0, v = 0;
	enum verdict ok = ber_open(r, tag, &n);

	if (ok != VERDICT_SURE)
		return ok;
	if (n < 1 || n > 4)
		return VERDICT_NO;
	while (n--)
		v = v << 8 | rd_u8(r);
	if (rd_short(r))
		return VERDICT_MORE;
	*ret = v;
	return VERDICT_SURE;
}

enum verdict ber_bytes(struct rd *r, uint8_t tag, struct rd *ret)
{
	uint32_t n = 0;
	enum verdict ok = ber_open(r, tag, &n);

	if (ok != VERDICT_SURE)
		return ok;
	if (n > rd_left(r)) {
		*ret = rd_sub(r, rd_left(r));
		r->short_ = true; /* what follows the element is not here */
		return VERDICT_SURE;
	}
	*ret = rd_sub(r, n);
	return VERDICT_SURE;
}

void scan_uuid(struct rd *r, bool little, uint8_t ret[16])
{
	uint32_t d1 = rd_u32(r, little);
	uint16_t d2 = rd_u16(r, little), d3 = rd_u16(r, little);

	for (int i = 0; i < 4; i++)
		ret[i] = (uint8_t)(d1 >> (24 - 8 * i));
	for (int i = 0; i < 2; i++) {
		ret[4 + i] = (uint8_t)(d2 >> (8 - 8 * i));
		ret[6 + i] = (uint8_t)(d3 >> (8 - 8 * i));
	}
	for (int i = 8; i < 16; i++)
		ret[i] = rd_u8(r);
}
