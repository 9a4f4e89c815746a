// SPDX-License-Identifier: BSD-2-Clause
/*
 * From libyaml's events to nodes with places, refusing what strict YAML leaves out.
 *
 * What libyaml accepts and we do not (duplicate keys, anchors, tags ...) is an error after which
 * the events still make sense, so reading goes on and more errors are found. A syntax error or a
 * limit ends it: what follows would be guesses.
 */
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "config/yaml_internal.h"

struct parse {
	yaml_parser_t yaml;
	struct yfile *f;
	struct errors *errs;
	size_t nodes;
	/* libyaml counts characters; the offset of the last mark asked for, as both. Marks come
	 * nearly in order, so that a step from one to the next is short even in one-line JSON. */
	size_t chars, offset;
	size_t line_offset; /* the line that `offset` is in: begins here */
	unsigned line;
	bool ascii; /* characters are bytes: libyaml's count of lines is ours, too */
};

static bool is_break(const struct yfile *f, size_t i)
{
	return f->src[i] == '\n' ||
	       (f->src[i] == '\r' && (i + 1 >= f->src_n || f->src[i + 1] != '\n'));
}

static size_t offset_of(struct parse *s, const yaml_mark_t *m)
{
	const char *src = s->f->src;

	if (s->ascii) {
		s->offset = m->index < s->f->src_n ? m->index : s->f->src_n;
		s->line = (unsigned)m->line + 1;
		s->line_offset = m->index - m->column;
		return s->offset;
	}
	while (s->chars < m->index && s->offset < s->f->src_n) {
		if (is_break(s->f, s->offset)) {
			s->line++;
			s->line_offset = s->offset + 1;
		}
		s->offset++;
		while (s->offset < s->f->src_n && (src[s->offset] & 0xc0) == 0x80)
			s->offset++;
		s->chars++;
	}
	if (s->chars <= m->index)
		return s->offset;

	bool crossed = false;

	while (s->chars > m->index && s->offset > 0) {
		do
			s->offset--;
		while (s->offset > 0 && (src[s->offset] & 0xc0) == 0x80);
		s->chars--;
		if (is_break(s->f, s->offset)) {
			s->line--;
			crossed = true;
		}
	}
	if (crossed)
		for (s->line_offset = s->offset; s->line_offset > 0; s->line_offset--)
			if (is_break(s->f, s->line_offset - 1))
				break;
	return s->offset;
}

struct span { /* a piece of the source, for one caret line */
	size_t offset, n;
	unsigned line, column;
};

static struct span span_of(struct parse *s, const yaml_mark_t *from, const yaml_mark_t *to)
{
	struct span sp = {.offset = offset_of(s, from)};
	size_t start_chars = from->index, end;

	sp.line = s->line;
	sp.column = (unsigned)(sp.offset - s->line_offset) + 1;
	if (to->index <= start_chars)
		return sp;
	if (to->line == from->line) {
		end = offset_of(s, to);
	} else {
		for (end = sp.offset;
		     end < s->f->src_n && s->f->src[end] != '\n' && s->f->src[end] != '\r';)
			end++;
	}
	sp.n = end - sp.offset;
	return sp;
}

static void no_memory(struct parse *s)
{
	errors_add(s->errs, false, "out of memory while reading '%s'", s->f->name);
}

static bool next(struct parse *s, yaml_event_t *ev)
{
	if (yaml_parser_parse(&s->yaml, ev))
		return true;
	if (s->yaml.error == YAML_MEMORY_ERROR) {
		no_memory(s);
		return false;
	}

	size_t problem = offset_of(s, &s->yaml.problem_mark);
	size_t context = s->yaml.context ? offset_of(s, &s->yaml.context_mark) : problem;

	yaml_syntax_error(s->f, &s->yaml, problem, context, s->errs);
	return false;
}

static struct ynode *node_new(struct parse *s, const yaml_event_t *ev, enum ynode_kind kind)
{
	struct span sp = span_of(s, &ev->start_mark, &ev->end_mark);

	if (++s->nodes > YAML_NODES) {
		error_hint(yaml_error_at(s->f, sp.offset, 1, s->errs,
					 "more than %d values in one file", YAML_NODES),
			   "name networks instead of single hosts");
		return NULL;
	}

	struct ynode *n = arena_alloc(s->f->arena, sizeof *n);

	if (!n) {
		no_memory(s);
		return NULL;
	}
	n->kind = kind;
	n->text = "";
	n->line = sp.line;
	n->column = sp.column;
	n->length = sp.n ? (unsigned)sp.n : 1;
	return n;
}

/* Text that an escape or a tab made unfit: the parser decoded it, so it is looked at again. */
static void check_text(struct parse *s, const char *z, size_t n, const struct span *sp)
{
	for (size_t i = 0, size; i < n; i += size) {
		uint32_t c = 0;

		size = 1;
		if (z[i] >= 0x20 && z[i] < 0x7f)
			continue;
		size = utf8_char(z + i, n - i, &c);
		if (!size) /* libyaml gives UTF-8 only */
			size = 1;

		const char *name = c == '\n' ? NULL : c == '\t' ? "tab" : forbidden_char(c);

		if (!name)
			continue;
		error_hint(yaml_error_at(s->f, sp->offset, sp->n, s->errs, "%s U+%04X in a text",
					 name, c),
			   c == '\t' ? "write a space" : "leave it out; it cannot be seen");
		return;
	}
}

static void refuse(struct parse *s, const yaml_event_t *ev, const char *what, const char *hint)
{
	struct span sp = span_of(s, &ev->start_mark, &ev->end_mark);

	error_hint(yaml_error_at(s->f, sp.offset, sp.n, s->errs, "%s", what), "%s", hint);
}

static void check_properties(struct parse *s, const yaml_event_t *ev, const yaml_char_t *anchor,
			     const yaml_char_t *tag)
{
	if (anchor)
		refuse(s, ev, "an anchor (&name) is not part of strict YAML",
		       "write the value where it is needed, or put text that begins with & in "
		       "quotes");
	if (tag)
		refuse(s, ev, "a tag (!name) is not part of strict YAML",
		       "leave it out, or put text that begins with ! in quotes");
}

static struct ynode *scalar(struct parse *s, const yaml_event_t *ev)
{
	const char *z = (const char *)ev->data.scalar.value;
	size_t n = ev->data.scalar.length;
	struct span sp = span_of(s, &ev->start_mark, &ev->end_mark);
	struct ynode *y = node_new(s, ev, Y_SCALAR);

	if (!y)
		return NULL;
	check_properties(s, ev, ev->data.scalar.anchor, ev->data.scalar.tag);
	check_text(s, z, n, &sp);
	y->text = arena_strndup(s->f->arena, z, n);
	y->n = n;
	y->quoted = ev->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	if (y->text)
		return y;
	no_memory(s);
	return NULL;
}

struct child { /* for finding duplicate keys */
	struct ynode *node, *first;
	size_t order;
};

static int by_key(const void *pa, const void *pb)
{
	const struct child *a = pa, *b = pb;
	int c = strcmp(a->node->key, b->node->key);

	return c ? c : a->order < b->order ? -1 : a->order > b->order;
}

static int by_order(const void *pa, const void *pb)
{
	const struct child *a = pa, *b = pb;

	return a->order < b->order ? -1 : a->order > b->order;
}

/* Some key is there twice, of so few that each may be held against each. */
static bool few_have_twice(const struct ynode *map)
{
	for (const struct ynode *a = map->first; a; a = a->next)
		for (const struct ynode *b = a->next; b; b = b->next)
			if (a->key[0] == b->key[0] && strcmp(a->key, b->key) == 0)
				return true;
	return false;
}

static bool check_duplicates(struct parse *s, const struct ynode *map)
{
	enum { FEW = 24 };
	struct child *c;
	size_t n = 0;

	if (map->n <= FEW && !few_have_twice(map))
		return true;
	c = calloc(map->n, sizeof *c);
	if (!c) {
		no_memory(s);
		return false;
	}
	for (struct ynode *y = map->first; y; y = y->next, n++)
		c[n] = (struct child){.node = y, .order = n};
	qsort(c, n, sizeof *c, by_key);
	for (size_t i = 1; i < n; i++)
		if (strcmp(c[i].node->key, c[i - 1].node->key) == 0)
			c[i].first = c[i - 1].first ? c[i - 1].first : c[i - 1].node;
	qsort(c, n, sizeof *c, by_order);
	for (size_t i = 0; i < n; i++)
		if (c[i].first)
			error_hint(yerror_key(s->f, c[i].node, s->errs,
					      "the key '%s' is there twice; first in line %u",
					      c[i].node->key, c[i].first->key_line),
				   "keep one of the two");
	free(c);
	return true;
}

static struct ynode *node(struct parse *s, yaml_event_t *ev, unsigned depth);

static void too_deep(struct parse *s, const yaml_event_t *ev)
{
	struct span sp = span_of(s, &ev->start_mark, &ev->end_mark);

	error_hint(yaml_error_at(s->f, sp.offset, 1, s->errs,
				 "more than %d lists and maps inside each other", YAML_DEPTH),
		   "no file of this program needs more than six");
}

static void append(struct ynode *parent, struct ynode ***tail, struct ynode *child)
{
	**tail = child;
	*tail = &child->next;
	parent->n++;
}

/* A container that closes on the line where it began is underlined whole. */
static void close_span(struct parse *s, struct ynode *y, const yaml_event_t *end)
{
	if (end->end_mark.index == end->start_mark.index) /* block style: no closing character */
		return;

	size_t to = offset_of(s, &end->end_mark);

	if (s->line == y->line)
		y->length = (unsigned)(to - s->line_offset) + 1 - y->column;
}

static struct ynode *list(struct parse *s, const yaml_event_t *start, unsigned depth)
{
	struct ynode *y = node_new(s, start, Y_LIST);
	struct ynode **tail = y ? &y->first : NULL;

	if (!y)
		return NULL;
	check_properties(s, start, start->data.sequence_start.anchor,
			 start->data.sequence_start.tag);
	for (;;) {
		yaml_event_t ev;
		struct ynode *child;

		if (!next(s, &ev))
			return NULL;
		if (ev.type == YAML_SEQUENCE_END_EVENT) {
			close_span(s, y, &ev);
			yaml_event_delete(&ev);
			return y;
		}
		child = node(s, &ev, depth + 1);
		if (!child)
			return NULL;
		append(y, &tail, child);
	}
}

/* `? key` is the explicit form, which the events do not show. */
static bool explicit_key(const struct yfile *f, size_t offset)
{
	while (offset > 0 && f->src[offset - 1] == ' ')
		offset--;
	return offset > 0 && f->src[offset - 1] == '?';
}

static bool read_key(struct parse *s, yaml_event_t *ev, struct ynode *ret_key)
{
	if (ev->type != YAML_SCALAR_EVENT) {
		if (ev->type == YAML_ALIAS_EVENT)
			refuse(s, ev, "an alias (*name) is not part of strict YAML",
			       "put a key that begins with * in quotes");
		else
			refuse(s, ev, "a key must be a word, not a list or a map",
			       "is a quote missing, or a dash too many?");
		yaml_event_delete(ev);
		return false; /* what belongs to such a key cannot be told */
	}

	struct span sp = span_of(s, &ev->start_mark, &ev->end_mark);
	struct ynode *key = scalar(s, ev);
	bool plain = ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;

	yaml_event_delete(ev);
	if (!key)
		return false;
	s->nodes--; /* a pair counts as one value */
	if (explicit_key(s->f, sp.offset))
		error_hint(yaml_error_at(s->f, sp.offset, sp.n, s->errs,
					 "the '? key' form is not part of strict YAML"),
			   "write 'key: value'");
	if (plain && strcmp(key->text, "<<") == 0)
		error_hint(yaml_error_at(s->f, sp.offset, sp.n, s->errs,
					 "a merge key (<<) is not part of strict YAML"),
			   "write the values where they are needed");
	else if (!key->n)
		error_hint(yaml_error_at(s->f, sp.offset, sp.n, s->errs, "a key is missing"),
			   "write a word before the colon; put IPv6 addresses in quotes");
	*ret_key = *key;
	return true;
}

static struct ynode *map(struct parse *s, const yaml_event_t *start, unsigned depth)
{
	struct ynode *y = node_new(s, start, Y_MAP);
	struct ynode **tail = y ? &y->first : NULL;

	if (!y)
		return NULL;
	check_properties(s, start, start->data.mapping_start.anchor, start->data.mapping_start.tag);
	for (;;) {
		yaml_event_t ev;
		struct ynode key, *child;

		if (!next(s, &ev))
			return NULL;
		if (ev.type == YAML_MAPPING_END_EVENT) {
			close_span(s, y, &ev);
			yaml_event_delete(&ev);
			return check_duplicates(s, y) ? y : NULL;
		}
		if (!read_key(s, &ev, &key) || !next(s, &ev))
			return NULL;
		child = node(s, &ev, depth + 1);
		if (!child)
			return NULL;
		child->key = key.text;
		child->key_line = key.line;
		child->key_column = key.column;
		child->key_length = key.length;
		append(y, &tail, child);
	}
}

/* Takes the event. */
static struct ynode *node(struct parse *s, yaml_event_t *ev, unsigned depth)
{
	struct ynode *y = NULL;

	switch (ev->type) {
	case YAML_SCALAR_EVENT:
		y = scalar(s, ev);
		break;
	case YAML_ALIAS_EVENT:
		refuse(s, ev, "an alias (*name) is not part of strict YAML",
		       "put text that begins with * in quotes");
		y = node_new(s, ev, Y_SCALAR);
		break;
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		if (depth >= YAML_DEPTH)
			too_deep(s, ev);
		else if (ev->type == YAML_SEQUENCE_START_EVENT)
			y = list(s, ev, depth);
		else
			y = map(s, ev, depth);
		break;
	default: /* the parser's grammar has nothing else here */
		refuse(s, ev, "unexpected end of the document", "is the file whole?");
	}
	yaml_event_delete(ev);
	return y;
}

static bool directives(const yaml_event_t *ev)
{
	return ev->data.document_start.version_directive ||
	       ev->data.document_start.tag_directives.start !=
		       ev->data.document_start.tag_directives.end;
}

static struct ynode *document(struct parse *s)
{
	struct ynode *root = NULL;
	yaml_event_t ev;

	if (!next(s, &ev))
		return NULL;
	yaml_event_delete(&ev); /* start of the stream */
	for (bool seen = false;; seen = true) {
		if (!next(s, &ev))
			return NULL;
		if (ev.type == YAML_STREAM_END_EVENT) {
			yaml_event_delete(&ev);
			if (!seen)
				error_hint(yerror(s->f, NULL, s->errs, "there is nothing in it"),
					   "was the file saved?");
			return root;
		}
		if (seen) {
			refuse(s, &ev, "a second document begins here",
			       "keep one in a file, without --- lines");
			yaml_event_delete(&ev);
			return NULL;
		}
		if (directives(&ev))
			refuse(s, &ev, "a directive (%YAML, %TAG) is not part of strict YAML",
			       "remove the line");
		yaml_event_delete(&ev);
		if (!next(s, &ev))
			return NULL;
		root = node(s, &ev, 0);
		if (!root || !next(s, &ev))
			return NULL;
		yaml_event_delete(&ev); /* end of the document */
	}
}

/* A capture given where a site file belongs is a frequent slip; its first bytes say so. */
static bool is_capture(const char *p, size_t n)
{
	static const char magics[][4] = {
		{'\xa1', '\xb2', '\xc3', '\xd4'}, {'\xd4', '\xc3', '\xb2', '\xa1'},
		{'\xa1', '\xb2', '\x3c', '\x4d'}, {'\x4d', '\x3c', '\xb2', '\xa1'},
		{'\x0a', '\x0d', '\x0d', '\x0a'},
	};

	for (size_t i = 0; n >= 4 && i < N_ELEMENTS(magics); i++)
		if (memcmp(p, magics[i], 4) == 0)
			return true;
	return false;
}

static bool check_kind(const char *name, const char *src, size_t n, struct errors *errs)
{
	struct error *e;

	if (is_capture(src, n)) {
		e = errors_add(errs, false, "'%s' is a capture file, not YAML", name);
		error_hint(e, "name captures after the options, without --site or --rules");
	} else if (n >= 2 && (memcmp(src, "\xff\xfe", 2) == 0 || memcmp(src, "\xfe\xff", 2) == 0)) {
		e = errors_add(errs, false, "'%s' is text in UTF-16, which is not read", name);
		error_hint(e, "save it as UTF-8 (in Notepad: Save As, Encoding)");
	} else if (memchr(src, 0, n)) {
		e = errors_add(errs, false, "'%s' is a binary file, not YAML", name);
		error_hint(e, "was another file meant?");
	} else if (n > YAML_BYTES) {
		e = errors_add(errs, false, "'%s' has more than %d bytes, the limit for YAML files",
			       name, YAML_BYTES);
		error_hint(e, "was another file meant? Name networks instead of single hosts");
	} else {
		return true;
	}
	return false;
}

static bool is_ascii(const char *p, size_t n)
{
	unsigned char all = 0;

	for (size_t i = 0; i < n; i++)
		all |= (unsigned char)p[i];
	return all < 0x80;
}

struct yfile *yfile_parse(const char *name, const char *src, size_t n, struct arena *a,
			  struct errors *errs)
{
	size_t before = errs->n_errors;
	struct yfile *f = arena_alloc(a, sizeof *f);
	struct parse s = {.f = f, .errs = errs, .line = 1};

	if (!check_kind(name, src, n, errs))
		return NULL;
	if (n >= 3 && memcmp(src, "\xef\xbb\xbf", 3) == 0) { /* a mark that says UTF-8 */
		src += 3;
		n -= 3;
	}
	if (f) {
		f->arena = a;
		f->name = arena_strdup(a, name);
		f->src = arena_strndup(a, src, n);
		f->src_n = n;
	}
	if (!f || !f->name || !f->src) {
		errors_add(errs, false, "out of memory while reading '%s'", name);
		return NULL;
	}
	s.ascii = is_ascii(f->src, f->src_n);
	if (!yaml_text_check(f, errs))
		return NULL;
	if (!yaml_parser_initialize(&s.yaml)) {
		no_memory(&s);
		return NULL;
	}
	yaml_parser_set_encoding(&s.yaml, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&s.yaml, (const unsigned char *)f->src, f->src_n);
	f->root = document(&s);
	yaml_parser_delete(&s.yaml);
	return f->root && errs->n_errors == before ? f : NULL;
}
