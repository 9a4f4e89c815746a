// SPDX-License-Identifier: BSD-2-Clause
/* outputs - one report on standard output, and in as many files and formats as were asked for. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "cli/cli.h"
#include "cli/opt.h"

struct one {
	const struct outputs *what;
	const char *format;
	struct span_write_options how;
};

static int write_one(void *user, FILE *f)
{
	const struct one *one = user;

	return one->what->write(one->what->source, one->format, &one->how, f);
}

int outputs_list(void)
{
	for (size_t i = 0; span_format_name(i); i++)
		printf("%-6s %-7s %s\n", span_format_name(i), span_format_suffix(i),
		       span_format_help(i));
	return EXIT_CLEAN;
}

/* NULL after having said why: a name that promises another format must not get ours. */
static const char *format_of(const char *path, const struct options *o)
{
	const char *format = span_format_for_path(path);
	const char *slash = strrchr(path, '/');

	if (strcmp(path, "-") == 0) {
		say("The report always goes there, unless -q is given; --format chooses its form.",
		    "'-o -' would be standard output");
		return NULL;
	}
	if (format)
		return format;
	if (o->format)
		return o->format;
	if (!strchr(slash ? slash + 1 : path, '.'))
		return "text";

	struct out hint = {0};

	out_puts(&hint, "These are known:");
	for (size_t i = 0; span_format_name(i); i++)
		out_printf(&hint, " %s", span_format_suffix(i));
	out_puts(&hint, ". For another name say the format: --format text");
	say(out_str(&hint), "the suffix of '%s' is not one of a report", path);
	out_done(&hint);
	return NULL;
}

const char *pinned_now(const struct options *o, char *buf, bool *ret_bad)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	char *end;
	long long s;

	*ret_bad = false;
	if (o->now || !epoch || !*epoch)
		return o->now;
	errno = 0;
	s = strtoll(epoch, &end, 10);
	*ret_bad = errno || *end || s < 0 || s > INT64_MAX / NS_PER_S;
	return *ret_bad ? NULL : time_rfc3339(s * NS_PER_S, buf);
}

int outputs_check(const struct options *o)
{
	char made[TIME_TEXT];
	bool bad;

	for (size_t i = 0; i < o->outputs.n; i++) {
		if (!format_of(o->outputs.v[i], o))
			return EXIT_USAGE;
		for (size_t j = 0; j < i; j++) {
			if (strcmp(o->outputs.v[i], o->outputs.v[j]) != 0)
				continue;
			say("One would replace the other. Give each report a name of its own.",
			    "-o '%s' was given twice", o->outputs.v[i]);
			return EXIT_USAGE;
		}
	}
	pinned_now(o, made, &bad);
	if (bad)
		say("It is taken for the time of this run: seconds since 1970, as date +%s prints "
		    "them. Correct it or unset it.",
		    "SOURCE_DATE_EPOCH is '%s', which is no such time",
		    getenv("SOURCE_DATE_EPOCH"));
	return bad ? EXIT_USAGE : 0;
}

int outputs_write(const struct options *o, const struct outputs *what, int code)
{
	char made[TIME_TEXT];
	bool bad;
	struct one one = {
		.what = what,
		.format = o->format     ? o->format
			  : what->usual ? what->usual
					: "text",
		.how = {.width = term_width(),
			.colour = term_colour(o),
			.only = o->only,
			.fail_on = o->fail_on,
			.made = pinned_now(o, made, &bad)},
	};
	if (!o->quiet && !what->told) {
		int r = write_one(&one, stdout);

		if (r)
			code = say_status(NULL, r, o);
	}
	/* Files are the same wherever they are made: no colour, 80 columns. */
	one.how.colour = SPAN_COLOUR_NONE;
	one.how.width = 0;
	for (size_t i = 0; i < o->outputs.n; i++) {
		const char *path = o->outputs.v[i];
		int r;

		one.format = format_of(path, o);
		r = what->kept ? file_write_kept(&what->kept[i], write_one, &one)
			       : file_write(path, write_one, &one);
		if (r != 0)
			code = EXIT_FAILED;
	}
	return code;
}
