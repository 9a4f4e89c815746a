// SPDX-License-Identifier: BSD-2-Clause
#include "report/numbers.h"

#include <inttypes.h>
#include <stdio.h>

const char *grouped(uint64_t n, const char *comma, char buf[NUMBER_TEXT])
{
	char digits[24];
	int len = snprintf(digits, sizeof digits, "%" PRIu64, n);
	size_t at = 0;

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			for (const char *z = comma; *z && at < NUMBER_TEXT - 2; z++)
				buf[at++] = *z;
		buf[at++] = digits[i];
	}
	buf[at] = '\0';
	return buf;
}

const char *number(uint64_t n, char buf[NUMBER_TEXT])
{
	return grouped(n, ",", buf);
}

const char *counted_by(uint64_t n, const char *one, const char *many, const char *comma,
		       char buf[COUNTED_TEXT])
{
	char digits[NUMBER_TEXT];

	snprintf(buf, COUNTED_TEXT, "%s %s", grouped(n, comma, digits), n == 1 ? one : many);
	return buf;
}

const char *counted(uint64_t n, const char *one, const char *many, char buf[COUNTED_TEXT])
{
	return counted_by(n, one, many, ",", buf);
}

const char *percent(uint64_t part, uint64_t whole, char buf[NUMBER_TEXT])
{
	while (part >> 43) { /* keeps the product below 2^64 */
		part >>= 1;
		whole >>= 1;
	}
	if (!whole)
		return "-";

	uint64_t basis = part * 10000 / whole;

	if (!basis && part)
		return "< 0.01%";
	snprintf(buf, NUMBER_TEXT, "%" PRIu64 ".%02" PRIu64 "%%", basis / 100, basis % 100);
	return buf;
}

const char *size_human(uint64_t bytes, char buf[NUMBER_TEXT])
{
	static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB", "PB", "EB"};
	unsigned unit = 0;
	uint64_t tenths = 0;

	while (bytes >= 1000) {
		tenths = bytes % 1000 / 100;
		bytes /= 1000;
		unit++;
	}
	if (!unit)
		snprintf(buf, NUMBER_TEXT, "%" PRIu64 " %s", bytes, units[0]);
	else
		snprintf(buf, NUMBER_TEXT, "%" PRIu64 ".%" PRIu64 " %s", bytes, tenths,
			 units[unit]);
	return buf;
}
