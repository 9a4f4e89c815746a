// SPDX-License-Identifier: BSD-2-Clause
/*
 * append - one more waiver behind those that a file has.
 *
 * What people wrote stays as it is, comments and order too: text is added at the end, and the whole
 * is read again before anybody gets it.
 */
#include <stdio.h>
#include <string.h>

#include "config/yaml.h"
#include "waiver/waiver.h"

static void quoted(struct out *o, const char *key, const char *z, unsigned indent)
{
	if (!z)
		return;
	out_pad(o, ' ', indent + 2);
	out_printf(o, "%s: \"", key);
	for (; *z; z++) {
		if (*z == '"' || *z == '\\')
			out_char(o, '\\');
		out_char(o, *z);
	}
	out_puts(o, "\"\n");
}

void waiver_entry(struct out *o, const struct waiver *w, unsigned indent)
{
	out_pad(o, ' ', indent);
	out_printf(o, "- id: %s\n", w->id);
	out_pad(o, ' ', indent + 2);
	out_printf(o, "finding: {id: %s}\n", w->finding);
	quoted(o, "reason", w->reason, indent);
	quoted(o, "owner", w->owner, indent);
	quoted(o, "approved-by", w->approved_by, indent);
	quoted(o, "ticket", w->ticket, indent);
	out_pad(o, ' ', indent + 2);
	out_printf(o, "expires: %s\n", w->expires);
}

static void next_id(const struct waiver_set *s, int64_t now_ns, char ret[WAIVER_ID_MAX + 1])
{
	char time[TIME_TEXT], begin[16];
	unsigned last = 0;
	size_t n;

	snprintf(begin, sizeof begin, "W-%.4s-", time_rfc3339(now_ns, time));
	n = strlen(begin);
	for (size_t i = 0; i < s->n; i++) {
		const char *z = s->v[i].id;
		unsigned v = 0;

		if (strncmp(z, begin, n) != 0)
			continue;
		for (z += n; *z >= '0' && *z <= '9' && v < 100000000; z++)
			v = v * 10 + (unsigned)(*z - '0');
		if (!*z && v > last)
			last = v;
	}
	snprintf(ret, WAIVER_ID_MAX + 1, "%s%03u", begin, last + 1);
}

/* The column of the dash of the last entry; false when the list is not one of dashes. */
static bool dash_column(const char *src, size_t n, const struct waiver *last, unsigned *ret_indent)
{
	const char *p = src;
	unsigned spaces = 0;

	for (unsigned line = 1; line < last->line; line++) {
		p = memchr(p, '\n', n - (size_t)(p - src));
		if (!p)
			return false;
		p++;
	}
	while ((size_t)(p - src) + spaces < n && p[spaces] == ' ')
		spaces++;
	*ret_indent = spaces;
	return (size_t)(p - src) + spaces < n && p[spaces] == '-';
}

/* Texts that quotes cannot hold; what else is wrong with them the reader says. */
static bool entry_ok(const struct waiver *w, struct errors *errs)
{
	const struct {
		const char *option, *text;
	} texts[] = {{"reason", w->reason},
		     {"owner", w->owner},
		     {"approved-by", w->approved_by},
		     {"ticket", w->ticket}};
	bool ok = true;
	int64_t ns;

	for (size_t i = 0; i < N_ELEMENTS(texts); i++) {
		const char *z = texts[i].text;
		struct out shown = {0};
		bool plain;

		if (!z)
			continue;
		/* What a terminal must not get stands in no file that people read. */
		out_text_z(&shown, z);
		plain = strcmp(out_str(&shown), z) == 0;
		out_done(&shown);
		if (*z && *z != ' ' && z[strlen(z) - 1] != ' ' && plain)
			continue;
		error_hint(errors_add(errs, false, "--%s must be one line of text, not empty",
				      texts[i].option),
			   "write it in UTF-8, without line breaks or control characters, and "
			   "without spaces around it");
		ok = false;
	}
	if (!waiver_finding_id(w->finding)) {
		error_hint(
			errors_add(errs, false, "'%.60s' is not the id of a finding", w->finding),
			"give it in full, F- and 12 hexadecimal digits, as the report has it");
		ok = false;
	}
	if (!time_parse(w->expires, &ns)) {
		error_hint(errors_add(errs, false, "--expires: '%.60s' is not a time with a zone",
				      w->expires),
			   "write date, time and offset: 2024-09-30T23:59:59+02:00");
		ok = false;
	}
	return ok;
}

static int cannot(struct errors *errs, const char *name)
{
	struct error *e = errors_add(errs, false, "nothing can be added at the end of this file");

	error_place(e, name, 0, 0, 0);
	error_hint(e, "its list is written in brackets, or another key stands behind it: let "
		      "'waivers:' come last, with one '- ' line for each entry");
	return 1;
}

int waiver_append(const char *name, const char *src, size_t n, const struct waiver *w,
		  const char *const *kinds, int64_t now_ns, struct out *ret_text,
		  char ret_id[WAIVER_ID_MAX + 1], struct errors *errs)
{
	struct waiver_set before = {0}, after = {0};
	struct errors unread = {0};
	struct waiver entry = *w;
	unsigned indent = 2;
	int r = 1;

	if (!entry_ok(w, errs))
		return 1;
	if (n && waivers_parse(&before, name, src, n, kinds, errs) != 0)
		goto out;
	if (before.n && !dash_column(src, n, &before.v[before.n - 1], &indent)) {
		r = cannot(errs, name);
		goto out;
	}
	if (!entry.id) {
		next_id(&before, now_ns, ret_id);
		entry.id = ret_id;
	} else {
		snprintf(ret_id, WAIVER_ID_MAX + 1, "%s", entry.id);
	}
	if (n)
		out_bytes(ret_text, src, n);
	else
		out_puts(ret_text, "spanaudit: waivers/1\nwaivers:\n");
	if (n && src[n - 1] != '\n')
		out_char(ret_text, '\n');
	waiver_entry(ret_text, &entry, indent);
	if (out_failed(ret_text)) {
		errors_add(errs, false, "out of memory");
		goto out;
	}
	if (waivers_parse(&after, name, ret_text->p, ret_text->n, kinds, &unread) != 0 ||
	    after.n != before.n + 1 || strcmp(after.v[before.n].id, entry.id) != 0 ||
	    strcmp(after.v[before.n].reason, entry.reason) != 0)
		r = cannot(errs, name);
	else
		r = 0;
out:
	errors_done(&unread);
	waivers_done(&before);
	waivers_done(&after);
	return r;
}
