// SPDX-License-Identifier: BSD-2-Clause
/*
 * What libyaml complains about, said to people who write YAML twice a year: the slip that is
 * behind it, at the place where it was made. Read rows[] first.
 */
#include <string.h>

#include "config/yaml_internal.h"

struct at { /* where the parser stood */
	const struct yfile *f;
	size_t problem, context;
};

static const char *line_of(const struct at *w, size_t offset)
{
	const char *p = w->f->src + (offset < w->f->src_n ? offset : w->f->src_n);

	while (p > w->f->src && p[-1] != '\n' && p[-1] != '\r')
		p--;
	return p;
}

static char at_char(const struct at *w)
{
	return w->problem < w->f->src_n ? w->f->src[w->problem] : '\0';
}

static bool tab(const struct at *w)
{
	const char *p = line_of(w, w->problem);

	p += strspn(p, " ");
	return *p == '\t' && (size_t)(p - w->f->src) <= w->problem;
}

/* An address that begins with a colon, where a value should be. */
static bool colon_value(const struct at *w)
{
	return at_char(w) == ':';
}

/* UTF-16 halves, which JSON writers put down for characters above U+FFFF (RFC 8259 7). */
static bool surrogate(const struct at *w)
{
	const char *p = w->f->src + w->problem;
	const char *end = w->f->src + w->f->src_n;

	while (p > w->f->src && p[-1] != '\\')
		p--;
	return end - p > 3 && (*p == 'u' || *p == 'U') && (p[1] == 'd' || p[1] == 'D') &&
	       p[2] != '\0' && strchr("89abcdefABCDEF", p[2]);
}

/* A line `name:value`: no space, so no key. The word must begin the line (after "- "). */
static bool glued(const char *p)
{
	p += strspn(p, " -");

	size_t n = strspn(p, "abcdefghijklmnopqrstuvwxyz0123456789_-");

	return n && p[n] == ':' && p[n + 1] && !strchr(" \r\n", p[n + 1]);
}

static bool glued_here(const struct at *w)
{
	return glued(line_of(w, w->context));
}

static bool glued_before(const struct at *w)
{
	const char *p = line_of(w, w->problem);

	if (p == w->f->src)
		return false;
	p--;
	if (*p == '\n' && p > w->f->src && p[-1] == '\r')
		p--;
	return glued(line_of(w, (size_t)(p - w->f->src)));
}

static bool indented_more(const struct at *w)
{
	const char *p = line_of(w, w->problem), *before = p - 1;

	if (p == w->f->src)
		return false;
	if (before > w->f->src && *before == '\n' && before[-1] == '\r')
		before--;
	before = line_of(w, (size_t)(before - w->f->src));
	return strspn(p, " ") > strspn(before, " ");
}

static bool in_quotes(const struct at *w)
{
	size_t before = w->problem;

	while (before > 0 && w->f->src[before - 1] == ' ')
		before--;
	return before > 0 && strchr("\"'", w->f->src[before - 1]) != NULL;
}

static bool closing(const struct at *w)
{
	return at_char(w) == ']' || at_char(w) == '}';
}

static bool comma(const struct at *w)
{
	return at_char(w) == ',';
}

static bool backquote_or_at(const struct at *w)
{
	return at_char(w) == '@' || at_char(w) == '`' || at_char(w) == '%';
}

static bool directive(const struct at *w)
{
	const char *p = line_of(w, w->problem);

	return *p == '%';
}

static const struct row {
	const char *problem; /* in libyaml's message; NULL any */
	const char *context; /* in its context; NULL any */
	bool (*test)(const struct at *w);
	bool at_context;
	const char *what, *hint;
} rows[] = {
	{NULL, "directive", NULL, true, "a directive (%YAML, %TAG) is not part of strict YAML",
	 "remove the line"},
	{"cannot start any token", NULL, tab, false, "a tab indents this line",
	 "indent with spaces"},
	{"tab character that violates", NULL, NULL, false, "a tab indents this line",
	 "indent with spaces"},
	{"cannot start any token", NULL, directive, false,
	 "a directive (%YAML, %TAG) is not part of strict YAML", "remove the line"},
	{"cannot start any token", NULL, backquote_or_at, false,
	 "a text cannot begin with this character", "put the text in quotes"},
	{"Unicode character escape", NULL, surrogate, false,
	 "half a character: a surrogate escape (\\ud800 to \\udfff)",
	 "write the character itself in UTF-8"},
	{"hexdecimal number", NULL, NULL, true, "a backslash in double quotes begins an escape",
	 "use single quotes: 'C:\\dir'"},
	{"unknown escape", NULL, NULL, true, "a backslash in double quotes begins an escape",
	 "use single quotes: 'C:\\dir'"},
	{"Unicode character escape", NULL, NULL, true, "no such character: a bad \\u escape",
	 "write the character itself in UTF-8"},
	{NULL, "quoted scalar", NULL, true, "a quote that is opened here is not closed",
	 "close it, or remove it"},
	{NULL, "an alias", NULL, true, "a bare * begins an alias, which strict YAML leaves out",
	 "put the text in quotes"},
	{NULL, "an anchor", NULL, true, "a bare & begins an anchor, which strict YAML leaves out",
	 "put the text in quotes"},
	{NULL, "a tag", NULL, true, "a bare ! begins a tag, which strict YAML leaves out",
	 "put the text in quotes"},
	{NULL, "block scalar", NULL, true, "a block of text (| or >) is not well-formed",
	 "indent its lines with spaces, or use quotes"},
	{"expected node content", NULL, colon_value, false,
	 "a value cannot begin with a colon here", "put IPv6 addresses in quotes"},
	{"expected node content", NULL, closing, false, "this bracket closes nothing that is open",
	 "remove it, or open it first: [ goes with ], { with }"},
	{"expected node content", NULL, comma, false, "a value is missing before this comma",
	 "write a value, or remove the comma"},
	{"unexpected ':'", NULL, NULL, false, "a colon without a value behind it",
	 "write a space and a value after the colon"},
	{"could not find expected ':'", NULL, glued_here, true,
	 "a key without a space after its colon", "write a space after the colon"},
	{"could not find expected ':'", NULL, NULL, true, "a line without a key",
	 "write 'key: value', or indent it as part of the text above"},
	{"mapping values are not allowed", NULL, glued_before, false,
	 "a key where a text goes on: the line above is no key",
	 "write a space after the colon of the line above"},
	{"mapping values are not allowed", NULL, indented_more, false,
	 "a key is indented below a line that has a value already",
	 "indent it like the line above, or remove the value there"},
	{"mapping values are not allowed", NULL, NULL, false, "a second colon in one line",
	 "put a text with ': ' in quotes"},
	{"expected ',' or ']'", NULL, NULL, true, "a list that is opened here is not closed",
	 "close it with ], and put commas between its values"},
	{"expected ',' or '}'", NULL, NULL, true, "a map that is opened here is not closed",
	 "close it with }, and put commas between its pairs"},
	{"block sequence entries", NULL, NULL, false, "a list cannot begin in the line of its key",
	 "begin it in the next line, or write [a, b]"},
	{"expected '-' indicator", NULL, NULL, false, "a key among the items of a list",
	 "begin the line with '- ', or indent it like the key of the list"},
	{"expected key", NULL, colon_value, false, "a key is missing before this colon",
	 "write a word before it; put IPv6 addresses in quotes"},
	{"expected key", NULL, in_quotes, false, "text goes on after the closing quote",
	 "put all of it in the quotes"},
	{"expected key", NULL, NULL, false, "this line is indented like none above it",
	 "begin the keys of one map, or the dashes of one list, in the same column"},
	{"document start", NULL, NULL, false, "something follows the end of the document",
	 "begin all top keys in the first column; keep one document in a file"},
	{"block mapping", NULL, NULL, false, "a key cannot begin here",
	 "put it in a line of its own"},
};

static bool fits(const struct row *r, const yaml_parser_t *p, const struct at *w)
{
	const char *problem = p->problem ? p->problem : "";
	const char *context = p->context ? p->context : "";

	if (r->problem && !strstr(problem, r->problem))
		return false;
	if (r->context && !strstr(context, r->context))
		return false;
	return !r->test || r->test(w);
}

void yaml_syntax_error(const struct yfile *f, const yaml_parser_t *p, size_t problem,
		       size_t context, struct errors *errs)
{
	struct at w = {.f = f, .problem = problem, .context = context};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		if (!fits(&rows[i], p, &w))
			continue;
		error_hint(yaml_error_at(f, rows[i].at_context ? context : problem, 1, errs, "%s",
					 rows[i].what),
			   "%s", rows[i].hint);
		return;
	}
	error_hint(yaml_error_at(f, problem, 1, errs, "this is not YAML: %s",
				 p->problem ? p->problem : "unknown reason"),
		   "compare with the examples in spanaudit-site(5)");
}
