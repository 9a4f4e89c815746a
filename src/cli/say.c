// SPDX-License-Identifier: BSD-2-Clause
/* say - messages of the command line on standard error. */
#include <errno.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/opt.h"

void say(const char *hint, const char *fmt, ...)
{
	struct out text = {0}, line = {0};
	va_list ap;

	va_start(ap, fmt);
	out_vprintf(&text, fmt, ap);
	va_end(ap);
	out_puts(&line, "spanaudit: ");
	out_text(&line, out_str(&text), text.n); /* arguments may hold escape sequences */
	out_char(&line, '\n');
	while (hint && *hint) {
		size_t n = strcspn(hint, "\n");

		out_reset(&text);
		out_bytes(&text, hint, n);
		out_puts(&line, "  ");
		out_wrapped(&line, out_str(&text), 80, 2, 2);
		hint += n + (hint[n] == '\n');
	}
	fputs(out_str(&line), stderr);
	out_done(&text);
	out_done(&line);
}

enum { WORD_MAX = 32 };

/* Restricted Damerau-Levenshtein distance: one for a wrong, missing, extra or swapped letter. */
static unsigned distance(const char *a, size_t n, const char *b, size_t m)
{
	unsigned d[3][WORD_MAX + 1];

	for (size_t j = 0; j <= m; j++)
		d[0][j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++) {
		unsigned *now = d[i % 3], *prev = d[(i + 2) % 3], *before = d[(i + 1) % 3];

		now[0] = (unsigned)i;
		for (size_t j = 1; j <= m; j++) {
			unsigned best = prev[j - 1] + (a[i - 1] != b[j - 1]);

			if (prev[j] + 1 < best)
				best = prev[j] + 1;
			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			now[j] = best;
		}
	}
	return d[n % 3][m];
}

const char *nearest_word(const char *word, const char *(*at)(size_t i))
{
	size_t n = strlen(word);
	const char *best = NULL, *it;
	unsigned best_d = 0;

	if (n < 2 || n > WORD_MAX)
		return NULL;
	for (size_t i = 0; (it = at(i)) != NULL; i++) {
		size_t m = strlen(it);

		if (m > WORD_MAX)
			continue;

		unsigned d = distance(word, n, it, m);

		if (m > n && n >= 3 && strncmp(word, it, n) == 0)
			d = 1; /* a beginning */
		if (!best || d < best_d) {
			best = it;
			best_d = d;
		}
	}
	return best && best_d <= (n < 4 ? 1U : n / 3 + (n % 3 == 2)) ? best : NULL;
}

int say_status(const struct span_audit *a, int status, const struct options *o)
{
	if (a && (status || !o->quiet))
		span_audit_errors(a, stderr);
	if (!status)
		return 0;
	if (status == SPAN_USAGE)
		return EXIT_USAGE;
	if (status == SPAN_INPUT)
		return EXIT_FAILED;
	if (ferror(stdout))
		return stdout_failed(status);
	if (status == -ENOMEM)
		say("Give the process more, or make the tables smaller: --max-memory 256M.",
		    "out of memory");
	else
		say("The result, if any, is not complete.", "the run stopped: %s",
		    strerror(-status));
	return EXIT_FAILED;
}
