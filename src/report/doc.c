// SPDX-License-Identifier: BSD-2-Clause
#include "report/doc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "report/result_read.h"
#include "report/words.h"

static const char schema_word[] = "spanaudit-result/1";
static const char schema_stem[] = "spanaudit-result/";

/* --- what is checked before anything is built from it -------------------------------------------
 */

struct shape {
	unsigned line, column, depth;
	size_t values;
	bool quoted, escaped;
};

static const char *refuse_byte(struct shape *s, char c)
{
	if (s->quoted) {
		if (s->escaped)
			s->escaped = false;
		else if (c == '\\')
			s->escaped = true;
		else if (c == '"')
			s->quoted = false;
		return NULL;
	}
	switch (c) {
	case '"':
		s->quoted = true;
		return NULL;
	case '[':
	case '{':
		if (++s->depth > RESULT_READ_DEPTH)
			return "lists and objects are nested too deeply";
		break;
	case ']':
	case '}':
		s->depth -= s->depth > 0;
		return NULL;
	case ',':
		break;
	default:
		return NULL;
	}
	return ++s->values > RESULT_READ_VALUES ? "there are too many values" : NULL;
}

/* RFC 8259 section 9 lets a parser limit size and depth. The parser's own limit of depth is far
 * above what its freeing by recursion should meet, and it has none of memory. */
static int check_shape(struct doc *d, const char *p, size_t n)
{
	struct shape s = {.line = 1, .column = 0};

	for (size_t i = 0; i < n; i++) {
		const char *what;

		s.column++;
		what = refuse_byte(&s, p[i]);
		if (what) {
			struct error *e = errors_add(d->errs, false, "%s", what);

			error_place(e, d->name, s.line, s.column, 1);
			error_hint(e, "No result of spanaudit is like that: the file is another "
				      "one, or was changed.\n"
				      "Give what 'spanaudit audit --format json' wrote.");
			return -EINVAL;
		}
		if (p[i] == '\n') {
			s.line++;
			s.column = 0;
		}
	}
	return 0;
}

/* --- values ---------------------------------------------------------------------------------- */

void doc_wrong(struct doc *d, const char *member, const char *what)
{
	struct error *e;

	if (d->error)
		return;
	d->error = -EINVAL;
	if (!*d->where)
		e = errors_add(d->errs, false, "'%s' %s", member, what);
	else if (!*member)
		e = errors_add(d->errs, false, "row %zu of '%s' %s", d->at + 1, d->where, what);
	else
		e = errors_add(d->errs, false, "'%s' in row %zu of '%s' %s", member, d->at + 1,
			       d->where, what);
	error_place(e, d->name, 0, 0, 1);
	error_hint(e, "The file was changed since it was written, or a newer spanaudit wrote it.\n"
		      "Write it again: spanaudit audit --format json");
}

void doc_no_memory(struct doc *d)
{
	if (!d->error)
		d->error = -ENOMEM;
}

void *doc_alloc(struct doc *d, size_t n)
{
	void *p = d->error ? NULL : arena_alloc(d->arena, n ? n : 1);

	if (!p)
		doc_no_memory(d);
	return p;
}

const json_t *doc_member(struct doc *d, const json_t *o, const char *name, bool needed)
{
	const json_t *v = json_object_get(o, name);

	if (needed && !v)
		doc_wrong(d, name, "is missing");
	return json_is_null(v) ? NULL : v;
}

const char *doc_keep(struct doc *d, const char *name, const json_t *v)
{
	const char *z;

	if (!json_is_string(v)) {
		doc_wrong(d, name, "is no text");
		return NULL;
	}
	if (json_string_length(v) > RESULT_READ_TEXT) {
		doc_wrong(d, name, "is longer than any text of a result");
		return NULL;
	}
	z = arena_strndup(d->arena, json_string_value(v), json_string_length(v));
	if (!z)
		doc_no_memory(d);
	return z;
}

const char *doc_text(struct doc *d, const json_t *o, const char *name, bool needed)
{
	const json_t *v = doc_member(d, o, name, needed);

	return v ? doc_keep(d, name, v) : NULL;
}

const char *doc_given(struct doc *d, const json_t *o, const char *name)
{
	const char *z = doc_text(d, o, name, true);

	if (!z && !d->error)
		doc_wrong(d, name, "is null");
	return z ? z : "";
}

uint64_t doc_count(struct doc *d, const json_t *o, const char *name)
{
	const json_t *v = doc_member(d, o, name, true);

	if (d->error)
		return 0;
	if (!v || !json_is_integer(v) || json_integer_value(v) < 0) {
		doc_wrong(d, name, "is no count");
		return 0;
	}
	return (uint64_t)json_integer_value(v);
}

uint64_t doc_count_or_0(struct doc *d, const json_t *o, const char *name)
{
	return doc_member(d, o, name, false) ? doc_count(d, o, name) : 0;
}

uint32_t doc_ratio(struct doc *d, const json_t *o, const char *name)
{
	const json_t *v = doc_member(d, o, name, true);

	if (!v)
		return 0;
	if (!json_is_number(v) || !(json_number_value(v) >= 0 && json_number_value(v) <= 1)) {
		doc_wrong(d, name, "is no share between 0 and 1");
		return 0;
	}
	return (uint32_t)(json_number_value(v) * 1e6 + 0.5);
}

bool doc_flag(struct doc *d, const json_t *o, const char *name)
{
	const json_t *v = doc_member(d, o, name, true);

	if (!d->error && !json_is_boolean(v))
		doc_wrong(d, name, "is neither true nor false");
	return json_is_true(v);
}

int64_t doc_time(struct doc *d, const json_t *o, const char *name)
{
	const char *z = doc_text(d, o, name, true);
	int64_t ns = TIME_NONE;

	if (z && !time_parse(z, &ns))
		doc_wrong(d, name, "is no time (RFC 3339)");
	return ns;
}

unsigned doc_choice(struct doc *d, const char *name, const char *z, const char *(*word)(unsigned i),
		    unsigned n)
{
	for (unsigned i = 0; z && i < n; i++)
		if (strcmp(word(i), z) == 0)
			return i;
	doc_wrong(d, name, "is a word that this spanaudit does not know");
	return 0;
}

unsigned doc_word(struct doc *d, const json_t *o, const char *name, const char *(*word)(unsigned i),
		  unsigned n)
{
	const char *z = doc_given(d, o, name);

	return d->error ? 0 : doc_choice(d, name, z, word, n);
}

const char *doc_severity_at(unsigned i)
{
	return severity_name((enum severity)i);
}

const char *doc_kind_at(unsigned i)
{
	return kind_name((enum kind)i);
}

const char *doc_state_at(unsigned i)
{
	return flow_state_name((enum flow_state)i);
}

const char *doc_rule_result_at(unsigned i)
{
	return word_rule_result((enum rule_result)i);
}

const char *doc_verdict_at(unsigned i)
{
	return word_verdict((enum result_verdict)i);
}

const json_t *doc_object(struct doc *d, const json_t *o, const char *name)
{
	const json_t *v = doc_member(d, o, name, true);

	if (!d->error && !json_is_object(v))
		doc_wrong(d, name, "is no object");
	return d->error ? NULL : v;
}

const json_t *doc_list(struct doc *d, const json_t *o, const char *name, size_t size, void *ret)
{
	const json_t *v = doc_member(d, o, name, true);

	if (!d->error && !json_is_array(v))
		doc_wrong(d, name, "is no list");
	else if (!d->error && json_array_size(v) > RESULT_READ_ROWS)
		doc_wrong(d, name, "has more rows than any result");
	if (d->error || !json_array_size(v))
		return NULL;

	if (!size)
		return v;

	void *p = doc_alloc(d, json_array_size(v) * size);

	*(void **)ret = p;
	return p ? v : NULL;
}

const json_t *doc_row(struct doc *d, const json_t *v, const char *name, size_t i)
{
	const json_t *o;

	if (d->error || !v || i >= json_array_size(v)) {
		d->where = "";
		return NULL;
	}
	d->where = name;
	d->at = i;
	o = json_array_get(v, i);
	if (!json_is_object(o)) {
		doc_wrong(d, "", "is no object");
		return NULL;
	}
	return o;
}

const json_t *doc_item(struct doc *d, const json_t *v, const char *name, size_t i)
{
	const json_t *o;

	if (d->error || !v || i >= json_array_size(v))
		return NULL;
	o = json_array_get(v, i);
	if (json_is_object(o))
		return o;
	doc_wrong(d, name, "has something else than objects in it");
	return NULL;
}

const char *const *doc_texts(struct doc *d, const json_t *o, const char *name, bool needed,
			     size_t *ret_n)
{
	const json_t *v = doc_member(d, o, name, needed);
	size_t n = v ? json_array_size(v) : 0;
	const char **texts;

	if (ret_n)
		*ret_n = 0;
	if (!v || d->error)
		return NULL;
	if (!json_is_array(v) || n > RESULT_READ_ROWS) {
		doc_wrong(d, name,
			  json_is_array(v) ? "has more rows than any result" : "is no list");
		return NULL;
	}
	texts = doc_alloc(d, (n + 1) * sizeof *texts);
	for (size_t i = 0; texts && i < n; i++)
		texts[i] = doc_keep(d, name, json_array_get(v, i));
	if (d->error)
		return NULL;
	if (ret_n)
		*ret_n = n;
	return texts;
}

/* --- the document ---------------------------------------------------------------------------- */

static int no_result(struct doc *d, const char *what, const char *hint)
{
	struct error *e = errors_add(d->errs, false, "%s", what);

	error_place(e, d->name, 0, 0, 1);
	error_hint(e, "%s", hint);
	return -EINVAL;
}

static int check_schema(struct doc *d, const json_t *top)
{
	const char *z = json_string_value(json_object_get(top, "schema"));

	if (z && strcmp(z, schema_word) == 0)
		return 0;
	if (z && strncmp(z, schema_stem, strlen(schema_stem)) == 0) {
		no_result(
			d, "this result has another schema than spanaudit-result/1",
			"Another version of spanaudit wrote it. Judge the capture again with this "
			"one.");
		return RESULT_READ_OTHER_SCHEMA;
	}
	return no_result(d, "this is JSON, but no result of spanaudit",
			 "Its 'schema' is not spanaudit-result/1. Views (flows, rpc) are no "
			 "results.\n"
			 "Make one: spanaudit audit --format json night.pcap > night.json");
}

static int not_json(struct doc *d, size_t n, const json_error_t *at)
{
	struct error *e;

	if (json_error_code(at) == json_error_out_of_memory)
		return -ENOMEM;
	if (!n)
		return no_result(d, "the file is empty",
				 "The run that should have written it failed. Write it again: "
				 "spanaudit audit -o night.json");
	e = errors_add(d->errs, false, "this is not JSON: %s", at->text);
	error_place(e, d->name, at->line > 0 ? (unsigned)at->line : 0,
		    at->column > 0 ? (unsigned)at->column : 0, 1);
	if (json_error_code(at) == json_error_premature_end_of_input)
		error_hint(e, "The file was cut off, or is still being written.\n"
			      "Write it again: spanaudit audit -o night.json");
	else
		error_hint(e, "It is a report of another format, or was changed by hand.\n"
			      "Give what 'spanaudit audit --format json' wrote.");
	return -EINVAL;
}

/* One byte more than the limit is enough to know. */
static int slurp(FILE *f, struct out *o)
{
	char buf[64 << 10];
	size_t n;

	while (o->n <= RESULT_READ_BYTES && (n = fread(buf, 1, sizeof buf, f)) > 0)
		out_bytes(o, buf, n);
	if (ferror(f))
		return errno ? -errno : -EIO;
	return out_failed(o) ? -ENOMEM : 0;
}

/* Captures have a zero among their first bytes, JSON has none anywhere (RFC 8259 7). */
static bool is_binary(const char *p, size_t n)
{
	return n && memchr(p, 0, n < 16 ? n : 16);
}

int doc_parse(struct doc *d, const char *p, size_t n, json_t **ret)
{
	json_error_t at = {0};
	json_t *top;
	int r;

	if (is_binary(p, n))
		return no_result(d, "this is no text, so it cannot be a result",
				 "A capture becomes a result by an audit: spanaudit audit -o "
				 "night.json night.pcap");
	r = check_shape(d, p, n);
	if (r)
		return r;
	top = json_loadb(p, n, JSON_REJECT_DUPLICATES, &at);
	if (!top)
		return not_json(d, n, &at);
	r = check_schema(d, top);
	if (r)
		json_decref(top);
	else
		*ret = top;
	return r;
}

static int unreadable(struct doc *d, const char *path, int err)
{
	struct error *e = errors_add(d->errs, false, "cannot read '%s': %s", path, strerror(err));
	const char *hint = "The disk or the connection to it fails. Copy the file, and give the "
			   "copy.";

	if (err == EACCES || err == EPERM)
		hint = "You have no right to read it. Ask its owner, or copy it.";
	else if (err == EISDIR)
		hint = "It is a folder. Give the result in it, such as night.json.";
	else if (err == ENOENT || err == ENOTDIR)
		hint = "The name is wrong, or nothing was written yet. Make a result:\n"
		       "spanaudit audit -o night.json night.pcap";
	error_hint(e, "%s", hint);
	return RESULT_READ_UNREADABLE;
}

int doc_slurp(struct doc *d, const char *path, struct out *ret)
{
	bool piped = strcmp(path, "-") == 0;
	FILE *f = piped ? stdin : fopen(path, "re");
	int r = f ? slurp(f, ret) : -errno;

	if (f && !piped)
		fclose(f);
	if (r == -ENOMEM)
		return r;
	if (r)
		return unreadable(d, path, -r);
	if (ret->n > RESULT_READ_BYTES)
		return no_result(d, "the file is larger than any result (256 MiB)",
				 "It is another file. Give what 'spanaudit audit --format json' "
				 "wrote.");
	return 0;
}
