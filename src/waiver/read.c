// SPDX-License-Identifier: BSD-2-Clause
/* A file of waivers: its first line, its entries, and what each must say. */
#include <sha256.h>
#include <string.h>

#include "base/addr.h"
#include "base/proto.h"
#include "base/vec.h"
#include "config/yaml.h"
#include "waiver/waiver.h"

struct reader {
	struct waiver_set *s;
	const struct yfile *f;
	struct errors *errs;
	const char *const *kinds;
};

static bool line_of_text(struct reader *r, const struct ynode *n, const char **ret_text)
{
	const char *z;

	if (!y_text(r->f, n, r->errs, &z))
		return false;
	if (!*z || strchr(z, '\n') || z[0] == ' ' || z[strlen(z) - 1] == ' ') {
		error_hint(yerror(r->f, n, r->errs, "this must be one line of text, not empty"),
			   "write it without spaces around it");
		return false;
	}
	*ret_text = z;
	return true;
}

/* What a person answers for is never guessed: it must be there. */
static struct ynode *need(struct reader *r, struct ynode *record, const char *key,
			  const char *example)
{
	const char *const only[] = {key, NULL};
	struct ynode *n = ymap_get(record, key);

	if (n)
		return n;
	for (const struct ynode *y = record->first; y; y = y->next)
		if (!y->used && did_you_mean(y->key, only))
			return NULL; /* misspelt: that will be said, and is enough */
	error_hint(yerror(r->f, record, r->errs, "this waiver has no '%s'", key), "add %s: %s", key,
		   example);
	return NULL;
}

static bool optional(struct reader *r, struct ynode *record, const char *key, const char **ret_text)
{
	struct ynode *n = ymap_get(record, key);

	return !n || line_of_text(r, n, ret_text);
}

static bool read_id(struct reader *r, const struct ynode *n, struct waiver *w)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789-_.";

	if (!line_of_text(r, n, &w->id))
		return false;
	if (strspn(w->id, allowed) == n->n && n->n <= WAIVER_ID_MAX)
		return true;
	error_hint(yerror(r->f, n, r->errs,
			  "an id is made of letters, digits, '-', '_' and '.', at most %d of them",
			  WAIVER_ID_MAX),
		   "write one such as W-2024-017");
	return false;
}

static bool read_expires(struct reader *r, const struct ynode *n, struct waiver *w)
{
	char zoned[64];
	const char *z;
	struct error *e;

	if (!y_text(r->f, n, r->errs, &z))
		return false;
	w->expires = z;
	if (time_parse(z, &w->expires_ns))
		return true;
	e = yerror(r->f, n, r->errs, "'%.60s' is not a time with a zone", z);
	if (n->n + 11 < sizeof zoned) {
		int64_t ns;

		memcpy(zoned, z, n->n);
		memcpy(zoned + n->n, "Z", 2);
		if (time_parse(zoned, &ns)) {
			error_hint(e,
				   "its zone is missing: write %sZ for UTC, or the offset, such as "
				   "%s+02:00",
				   z, z);
			return false;
		}
		memcpy(zoned + n->n, "T00:00:00Z", 11);
		if (time_parse(zoned, &ns)) {
			error_hint(e,
				   "a date alone does not say when the day ends: write "
				   "%sT23:59:59+02:00",
				   z);
			return false;
		}
	}
	error_hint(e, "write date, time and offset: 2024-09-30T23:59:59+02:00");
	return false;
}

static bool read_service(struct reader *r, const struct ynode *n, struct waiver *w)
{
	return y_service(r->f, n, "10000/tcp", r->errs, &w->proto, &w->port);
}

/* What a name is at a site is not known here; a network that is none would never be one. */
static bool read_end(struct reader *r, struct ynode *record, const char *key, const char **ret_text)
{
	struct ynode *n = ymap_get(record, key);
	struct prefix p;

	if (!n)
		return true;
	if (!line_of_text(r, n, ret_text))
		return false;
	if (!strchr(*ret_text, '/') || prefix_parse(*ret_text, &p))
		return true;
	error_hint(yerror(r->f, n, r->errs, "'%.60s' is not a network", *ret_text),
		   "write 10.30.0.0/16 or \"2001:db8:30::/48\", without bits behind the length");
	return false;
}

static bool read_finding(struct reader *r, struct ynode *n, struct waiver *w)
{
	static const char *const known[] = {"id", "kind", "from", "to", "service", NULL};
	struct ynode *id, *kind, *service;
	bool ok = true;
	int word;

	if (n->kind == Y_SCALAR && waiver_finding_id(n->text)) {
		error_hint(yerror(r->f, n, r->errs, "the finding must be a record of keys"),
			   "write finding: {id: %s}", n->text);
		return false;
	}
	if (!y_map(r->f, n, r->errs))
		return false;
	id = ymap_get(n, "id");
	kind = ymap_get(n, "kind");
	if (id) {
		ok = line_of_text(r, id, &w->finding);
		if (ok && !waiver_finding_id(w->finding)) {
			error_hint(yerror(r->f, id, r->errs, "'%.60s' is not the id of a finding",
					  w->finding),
				   "write F- and 12 hexadecimal digits, as the report has it");
			ok = false;
		}
	}
	if (kind) {
		if (y_word(r->f, kind, r->kinds, r->errs, &word))
			w->kind = r->kinds[word];
		else
			ok = false;
	}
	ok = read_end(r, n, "from", &w->from) && ok;
	ok = read_end(r, n, "to", &w->to) && ok;
	service = ymap_get(n, "service");
	ok = (!service || read_service(r, service, w)) && ok;
	ymap_unused(r->f, n, known, r->errs);
	if (!id && !kind && ok) {
		error_hint(
			yerror(r->f, n, r->errs, "this says neither which finding nor which kind"),
			"write {id: F-...} of a report, or {kind: unexpected-port, from: sql01}");
		return false;
	}
	/* An id is one fact already; another key could only contradict it. */
	if (id && n->n > 1 && ok) {
		error_hint(yerror(r->f, n, r->errs, "an id together with other keys"),
			   "the id names one finding: leave out the others, or leave out the id");
		return false;
	}
	return ok;
}

static const struct waiver *by_id(const struct waiver_set *s, const char *id)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->v[i].id, id) == 0)
			return &s->v[i];
	return NULL;
}

static void no_memory(struct reader *r)
{
	errors_add(r->errs, false, "out of memory while reading '%s'", r->f->name);
}

static void read_entry(struct reader *r, struct ynode *n)
{
	static const char *const known[] = {"id",          "finding", "reason",  "owner",
					    "approved-by", "ticket",  "expires", NULL};
	struct waiver w = {.file = r->f->name, .line = n->line};
	struct ynode *id, *finding, *reason, *owner, *expires;
	const struct waiver *other;
	bool ok;

	if (!y_map(r->f, n, r->errs))
		return;
	id = need(r, n, "id", "W-2024-017");
	ok = id && read_id(r, id, &w);
	if (ok && (other = by_id(r->s, w.id))) {
		error_hint(yerror(r->f, id, r->errs, "'%s' is there already, in %s:%u", w.id,
				  other->file, other->line),
			   "give each waiver an id of its own");
		ok = false;
	}
	finding = need(r, n, "finding", "{id: F-...}");
	ok = finding && read_finding(r, finding, &w) && ok;
	reason = need(r, n, "reason", "\"why this is accepted\"");
	ok = reason && line_of_text(r, reason, &w.reason) && ok;
	owner = need(r, n, "owner", "network-team");
	ok = owner && line_of_text(r, owner, &w.owner) && ok;
	ok = optional(r, n, "approved-by", &w.approved_by) && ok;
	ok = optional(r, n, "ticket", &w.ticket) && ok;
	expires = need(r, n, "expires", "2024-09-30T23:59:59+02:00");
	ok = expires && read_expires(r, expires, &w) && ok;
	ymap_unused(r->f, n, known, r->errs);
	if (ok && !vec_push(r->s, w))
		no_memory(r);
}

static bool check_version(struct reader *r, struct ynode *n)
{
	static const struct {
		const char *begin, *what, *hint;
	} others[] = {
		{"site/", "this is a site file, not a file of waivers", "give it with --site"},
		{"rules/", "this is a rule pack, not a file of waivers", "give it with --rules"},
	};

	if (!n || n->kind != Y_SCALAR) {
		error_hint(
			yerror(r->f, n ? n : r->f->root, r->errs, "this is not a file of waivers"),
			"begin it with the line 'spanaudit: waivers/1'");
		return false;
	}
	n->used = true;
	if (strcmp(n->text, "waivers/1") == 0)
		return true;
	for (size_t i = 0; i < N_ELEMENTS(others); i++) {
		if (strncmp(n->text, others[i].begin, strlen(others[i].begin)) != 0)
			continue;
		error_hint(yerror(r->f, n, r->errs, "%s", others[i].what), "%s", others[i].hint);
		return false;
	}
	if (strncmp(n->text, "waivers/", 8) == 0)
		error_hint(yerror(r->f, n, r->errs,
				  "'%.60s' is not a version that this program reads", n->text),
			   "it reads waivers/1; a newer program may be needed");
	else
		error_hint(yerror(r->f, n, r->errs,
				  "'%.60s' is not a kind of file that is known here", n->text),
			   "write spanaudit: waivers/1");
	return false;
}

static void read_root(struct reader *r)
{
	static const char *const known[] = {"spanaudit", "waivers", NULL};
	struct ynode *root = r->f->root, *list;

	if (!y_map(r->f, root, r->errs) || !check_version(r, ymap_get(root, "spanaudit")))
		return;
	list = ymap_get(root, "waivers");
	ymap_unused(r->f, root, known, r->errs);
	/* "waivers:" with nothing below is where the first will stand. */
	if (!list || (list->kind == Y_SCALAR && !list->n && !list->quoted))
		return;
	if (!y_list(r->f, list, r->errs))
		return;
	for (struct ynode *y = list->first; y; y = y->next)
		read_entry(r, y);
}

static bool keep_digest(struct waiver_set *s, const struct yfile *f)
{
	struct waiver_file file = {.path = f->name};

	SHA256Data((const uint8_t *)f->src, f->src_n, file.sha256);
	return vec_push(&s->files, file);
}

static int from_file(struct waiver_set *s, const struct yfile *f, const char *const *kinds,
		     struct errors *errs)
{
	struct reader r = {.s = s, .f = f, .errs = errs, .kinds = kinds};
	size_t before = errs->n_errors, n = s->n;

	if (f)
		read_root(&r);
	if (f && errs->n_errors == before && keep_digest(s, f))
		return 0;
	s->n = n;
	return 1;
}

int waivers_load(struct waiver_set *s, const char *path, const char *const *kinds,
		 struct errors *errs)
{
	return from_file(s, yfile_load(path, &s->arena, errs), kinds, errs);
}

int waivers_parse(struct waiver_set *s, const char *name, const char *src, size_t n,
		  const char *const *kinds, struct errors *errs)
{
	return from_file(s, yfile_parse(name, src, n, &s->arena, errs), kinds, errs);
}
