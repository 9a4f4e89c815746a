// SPDX-License-Identifier: BSD-2-Clause
/* Looking into nodes: keys, and values by type. */
#include "config/yaml.h"

#include <string.h>

#include "base/proto.h"

enum { SHOWN = 60 }; /* bytes of a value that a message repeats; the excerpt has the rest */

static const char *const kinds[] = {
	[Y_SCALAR] = "a single value",
	[Y_LIST] = "a list",
	[Y_MAP] = "a map (key: value)",
};

/* What the value is called in messages: its key, else its text. */
static const char *label(const struct ynode *n)
{
	return n->key ? n->key : "this";
}

/* `name:rest`, where YAML wants a space to see a key. */
static size_t glued_key(const char *text)
{
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz"
				"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

	return n && text[n] == ':' && text[n + 1] && text[n + 1] != ' ' ? n : 0;
}

static void wrong_kind(const struct yfile *f, const struct ynode *n, enum ynode_kind want,
		       struct errors *errs)
{
	struct error *e = yerror(f, n, errs, "%s%s%s must be %s, not %s", n->key ? "'" : "",
				 label(n), n->key ? "'" : "", kinds[want], kinds[n->kind]);
	size_t glued = n->kind == Y_SCALAR && !n->quoted ? glued_key(n->text) : 0;

	if (want == Y_MAP && glued)
		error_hint(e, "write a space after the colon: %.*s: ...", (int)glued, n->text);
	else if (want == Y_LIST)
		error_hint(e, "write [a, b], or one line with '- ' for each");
	else if (want == Y_MAP)
		error_hint(e, "write {key: value, ...}, or one 'key: value' a line");
	else
		error_hint(e, "write one value, without [ ] or { }");
}

bool y_list(const struct yfile *f, const struct ynode *n, struct errors *errs)
{
	if (n->kind != Y_LIST)
		wrong_kind(f, n, Y_LIST, errs);
	return n->kind == Y_LIST;
}

bool y_map(const struct yfile *f, const struct ynode *n, struct errors *errs)
{
	if (n->kind != Y_MAP)
		wrong_kind(f, n, Y_MAP, errs);
	return n->kind == Y_MAP;
}

const struct ynode *y_one_or_list(const struct yfile *f, const struct ynode *n, struct errors *errs)
{
	if (n->kind == Y_LIST)
		return n->first;
	if (n->kind == Y_SCALAR)
		return n;
	error_hint(yerror(f, n, errs, "%s%s%s must be a single value or a list, not a map",
			  n->key ? "'" : "", label(n), n->key ? "'" : ""),
		   "write one value, or [a, b]");
	return NULL;
}

const struct ynode *y_one_or_list_next(const struct ynode *n, const struct ynode *at)
{
	return n->kind == Y_LIST ? at->next : NULL;
}

struct ynode *ymap_get(struct ynode *m, const char *key)
{
	if (!m || m->kind != Y_MAP)
		return NULL;
	for (struct ynode *y = m->first; y; y = y->next) {
		if (strcmp(y->key, key) != 0)
			continue;
		y->used = true;
		return y;
	}
	return NULL;
}

struct ynode *ymap_need(const struct yfile *f, struct ynode *m, const char *key,
			struct errors *errs)
{
	struct ynode *y = ymap_get(m, key);

	if (!y)
		yerror(f, m, errs, "'%s' is missing here", key);
	return y;
}

void ymap_unused(const struct yfile *f, struct ynode *m, const char *const *known,
		 struct errors *errs)
{
	if (m->kind != Y_MAP)
		return;
	for (struct ynode *y = m->first; y; y = y->next) {
		if (y->used)
			continue;

		bool kept = errs->n < ERRORS_MAX;
		size_t glued = y->kind == Y_SCALAR && !y->n ? glued_key(y->key) : 0;
		const char *near = kept && !glued ? did_you_mean(y->key, known) : NULL;

		if (near) {
			yerror_key(f, y, errs, "unknown key '%.*s' (did you mean '%s'?)", SHOWN,
				   y->key, near);
			continue;
		}

		struct error *e = yerror_key(f, y, errs, "unknown key '%.*s'", SHOWN, y->key);

		if (glued)
			error_hint(e, "write a space after the colon: %.*s: ...", (int)glued,
				   y->key);
	}
}

bool y_text(const struct yfile *f, const struct ynode *n, struct errors *errs, const char **ret_)
{
	if (n->kind != Y_SCALAR) {
		wrong_kind(f, n, Y_SCALAR, errs);
		return false;
	}
	if (!n->n && !n->quoted) {
		error_hint(yerror(f, n, errs, "%s%s%s has no value", n->key ? "'" : "", label(n),
				  n->key ? "'" : ""),
			   "write one, or remove the key");
		return false;
	}
	*ret_ = n->text;
	return true;
}

bool y_service(const struct yfile *f, const struct ynode *n, const char *example,
	       struct errors *errs, uint8_t *ret_proto, uint16_t *ret_port)
{
	unsigned port = 0;
	const char *z;
	size_t digits;

	if (!y_text(f, n, errs, &z))
		return false;
	digits = strspn(z, "0123456789");
	for (size_t i = 0; i < digits && port <= 65535; i++)
		port = port * 10 + (unsigned)(z[i] - '0');
	if (port >= 1 && port <= 65535 && *z != '0' &&
	    (strcmp(z + digits, "/tcp") == 0 || strcmp(z + digits, "/udp") == 0)) {
		*ret_proto = z[digits + 1] == 't' ? IPPROTO_NR_TCP : IPPROTO_NR_UDP;
		*ret_port = (uint16_t)port;
		return true;
	}
	error_hint(yerror(f, n, errs, "'%.60s' is not a service", z),
		   "write port and transport: %s", example);
	return false;
}

bool y_uint(const struct yfile *f, const struct ynode *n, uint64_t max, struct errors *errs,
	    uint64_t *ret_)
{
	const char *z;
	uint64_t v = 0;

	if (!y_text(f, n, errs, &z))
		return false;

	size_t digits = strspn(z, "0123456789");

	if (!digits || z[digits]) {
		yerror(f, n, errs, "'%.*s' is not a whole number", SHOWN, z);
		return false;
	}
	/* Elsewhere a leading zero means octal; here it would be anyone's guess. */
	if (digits > 1 && z[0] == '0') {
		error_hint(yerror(f, n, errs, "'%.*s' is a number with a leading zero", SHOWN, z),
			   "write it without");
		return false;
	}
	for (size_t i = 0; i < digits; i++) {
		uint64_t d = (uint64_t)(z[i] - '0');

		if (d > max || v > (max - d) / 10) {
			yerror(f, n, errs, "'%.*s' is too large: at most %llu", SHOWN, z,
			       (unsigned long long)max);
			return false;
		}
		v = v * 10 + d;
	}
	*ret_ = v;
	return true;
}

bool y_bool(const struct yfile *f, const struct ynode *n, struct errors *errs, bool *ret_)
{
	const char *z;

	if (!y_text(f, n, errs, &z))
		return false;
	if (strcmp(z, "true") != 0 && strcmp(z, "false") != 0) {
		error_hint(yerror(f, n, errs, "'%.*s' is neither true nor false", SHOWN, z),
			   "write true or false");
		return false;
	}
	*ret_ = z[0] == 't';
	return true;
}

/* "one of a, b, c" as far as it fits a line. */
static void hint_words(struct error *e, const char *const *words)
{
	char buf[160];
	size_t n = 0;

	for (; *words; words++) {
		size_t w = strlen(*words);

		if (n + w + 8 > sizeof buf) {
			memcpy(buf + n, ", ...", 6);
			n += 5;
			break;
		}
		if (n) {
			memcpy(buf + n, ", ", 2);
			n += 2;
		}
		memcpy(buf + n, *words, w);
		n += w;
	}
	buf[n] = '\0';
	error_hint(e, "one of %s", buf);
}

bool y_word(const struct yfile *f, const struct ynode *n, const char *const *words,
	    struct errors *errs, int *ret_)
{
	const char *z;

	if (!y_text(f, n, errs, &z))
		return false;
	for (int i = 0; words[i]; i++) {
		if (strcmp(words[i], z) != 0)
			continue;
		*ret_ = i;
		return true;
	}

	const char *near = errs->n < ERRORS_MAX ? did_you_mean(z, words) : NULL;
	struct error *e = near ? yerror(f, n, errs, "unknown word '%.*s' (did you mean '%s'?)",
					SHOWN, z, near)
			       : yerror(f, n, errs, "unknown word '%.*s'", SHOWN, z);

	hint_words(e, words);
	return false;
}
