// SPDX-License-Identifier: BSD-2-Clause
/*
 * near - the word that was probably meant.
 *
 * Optimal string alignment distance (Damerau-Levenshtein where no piece is edited twice): a swap
 * of neighbours is one slip, as it is for the one who typed it. Distances are in thirds of an edit,
 * so that a forgotten or added ending (`address` for `addr`) weighs less than another spelling.
 */
#include <string.h>

#include "config/yaml.h"

enum { LONGEST = 48, EDIT = 3, ENDING = 1, ENDINGS = 6, COMMON = 3 };

static char plain(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	return c == '_' || c == ' ' ? '-' : c;
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* ret_prefix: the least distance of the whole b to some beginning of a, plus the ending's weight.
 */
static unsigned distance(const char *a, size_t na, const char *b, size_t nb, unsigned *ret_prefix)
{
	unsigned rows[3][LONGEST + 1];
	unsigned *two = rows[0], *one = rows[1], *now = rows[2];

	*ret_prefix = ~0U;
	for (size_t j = 0; j <= nb; j++)
		one[j] = (unsigned)j * EDIT;
	for (size_t i = 1; i <= na; i++) {
		now[0] = (unsigned)i * EDIT;
		for (size_t j = 1; j <= nb; j++) {
			char x = plain(a[i - 1]), y = plain(b[j - 1]);
			unsigned d = least(one[j], now[j - 1]) + EDIT;

			d = least(d, one[j - 1] + (x == y ? 0 : EDIT));
			if (i > 1 && j > 1 && x == plain(b[j - 2]) && y == plain(a[i - 2]))
				d = least(d, two[j - 2] + EDIT);
			now[j] = d;
		}
		if (i >= COMMON)
			*ret_prefix = least(*ret_prefix,
					    now[nb] + least((unsigned)(na - i) * ENDING, ENDINGS));

		unsigned *spare = two;

		two = one;
		one = now;
		now = spare;
	}
	return one[nb];
}

const char *did_you_mean(const char *text, const char *const *words)
{
	size_t n = strnlen(text, LONGEST + 1);
	const char *best = NULL;
	unsigned best_d = ~0U;

	if (n < 2 || n > LONGEST)
		return NULL;
	for (; *words; words++) {
		size_t w = strnlen(*words, LONGEST + 1);
		unsigned longer_text, longer_word;

		if (w > LONGEST)
			continue;

		unsigned d = distance(text, n, *words, w, &longer_text);

		if (w >= COMMON)
			d = least(d, longer_text);
		distance(*words, w, text, n, &longer_word);
		if (n >= COMMON)
			d = least(d, longer_word);

		/* One slip in three letters, three at most; a word of two letters may swap them. */
		size_t slips = (n > w ? n : w) / 3;
		unsigned limit = EDIT * (unsigned)(slips < 1 ? 1 : slips > 3 ? 3 : slips);

		if (d <= limit && d < best_d) {
			best = *words;
			best_d = d;
		}
	}
	return best;
}
