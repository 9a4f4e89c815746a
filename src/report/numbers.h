/* SPDX-License-Identifier: BSD-2-Clause */
/* numbers - figures for people, the same whatever the locale. */
#ifndef SPAN_REPORT_NUMBERS_H
#define SPAN_REPORT_NUMBERS_H

#include <stdint.h>

enum { NUMBER_TEXT = 48, COUNTED_TEXT = 64 };

/* 1,204,311 */
const char *number(uint64_t n, char buf[NUMBER_TEXT]);
/* "1 packet", "1,204 packets" */
const char *counted(uint64_t n, const char *one, const char *many, char buf[COUNTED_TEXT]);
/* The same with another sign between thousands, of up to three bytes. */
const char *grouped(uint64_t n, const char *comma, char buf[NUMBER_TEXT]);
const char *counted_by(uint64_t n, const char *one, const char *many, const char *comma,
		       char buf[COUNTED_TEXT]);
/* 0.02% of part in whole; "-" of nothing; "< 0.01%" when it would round to none. */
const char *percent(uint64_t part, uint64_t whole, char buf[NUMBER_TEXT]);
/* 3.8 MB, in powers of ten */
const char *size_human(uint64_t bytes, char buf[NUMBER_TEXT]);

#endif
