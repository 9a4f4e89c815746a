// SPDX-License-Identifier: BSD-2-Clause
#include "report/report.h"

#include <string.h>

#define X(word) extern const struct report_format report_##word;
#include "report/formats.h"
#undef X

static const struct report_format *const formats[] = {
#define X(word) &report_##word,
#include "report/formats.h"
#undef X
};

enum { FORMATS = sizeof formats / sizeof formats[0] };

size_t report_format_count(void)
{
	return FORMATS;
}

const struct report_format *report_format_at(size_t i)
{
	return i < FORMATS ? formats[i] : NULL;
}

const struct report_format *report_format_by_name(const char *name)
{
	for (size_t i = 0; i < FORMATS; i++)
		if (strcmp(formats[i]->name, name) == 0)
			return formats[i];
	return NULL;
}

const struct report_format *report_format_by_path(const char *path)
{
	size_t n = strlen(path);

	for (size_t i = 0; i < FORMATS; i++) {
		size_t m = strlen(formats[i]->suffix);

		/* ".json" alone is a hidden file without suffix. */
		if (n > m && path[n - m - 1] != '/' &&
		    strcmp(path + n - m, formats[i]->suffix) == 0)
			return formats[i];
	}
	return NULL;
}
