// SPDX-License-Identifier: BSD-2-Clause
/* A rule pack: its header, and the list of rules that pack_rule.c reads one by one. */
#include "matrix/pack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "matrix/pack_internal.h"

static const char *const header_keys[] = {
	"spanaudit", "name", "revision", "product", "informational", "sources", "rules", NULL,
};

static const char *const source_keys[] = {
	"title", "published", "updated", "url", NULL,
};

static bool name_ok(const char *z)
{
	size_t n = strspn(z, "abcdefghijklmnopqrstuvwxyz0123456789-._");

	return n && !z[n] && z[0] != '.' && z[0] != '-';
}

/* The first line says what the file is, so a site file given for a pack is told so. */
static bool read_format(struct pack_reader *p, struct ynode *root)
{
	struct ynode *n = ymap_get(root, "spanaudit");
	const char *z;

	if (!n) {
		error_hint(
			yerror(p->f, root, p->errs, "this is no rule pack: 'spanaudit' is missing"),
			"begin the file with the line 'spanaudit: rules/1'");
		return false;
	}
	if (!y_text(p->f, n, p->errs, &z))
		return false;
	if (strcmp(z, "rules/1") == 0)
		return true;
	if (strncmp(z, "rules/", 6) == 0)
		error_hint(
			yerror(p->f, n, p->errs, "this version of spanaudit does not read '%s'", z),
			"it reads rules/1");
	else
		error_hint(yerror(p->f, n, p->errs, "this file is '%s', not a rule pack", z),
			   "a rule pack begins with the line 'spanaudit: rules/1'");
	return false;
}

static void read_sources(struct pack_reader *p, struct ynode *root)
{
	struct ynode *map = ymap_need(p->f, root, "sources", p->errs);

	if (!map || !y_map(p->f, map, p->errs))
		return;

	struct pack_source *s = arena_alloc(&p->pack->arena, (map->n + 1) * sizeof *s);
	const char **keys = arena_alloc(&p->pack->arena, (map->n + 1) * sizeof *keys);

	if (!s || !keys) {
		p->no_memory = true;
		return;
	}
	for (struct ynode *n = map->first; n; n = n->next) {
		n->used = true;
		if (!y_map(p->f, n, p->errs))
			continue;

		struct ynode *title = ymap_need(p->f, n, "title", p->errs);
		static const char *const rest[] = {"published", "updated", "url"};
		const char *z;

		s[p->n_sources].key = keys[p->n_sources] = n->key;
		s[p->n_sources].title = "";
		if (title)
			y_text(p->f, title, p->errs, &s[p->n_sources].title);
		for (size_t i = 0; i < N_ELEMENTS(rest); i++) {
			struct ynode *v = ymap_get(n, rest[i]);

			if (v)
				y_text(p->f, v, p->errs, &z);
		}
		ymap_unused(p->f, n, source_keys, p->errs);
		p->n_sources++;
	}
	p->sources = s;
	p->source_keys = keys;
}

static const char *header_text(struct pack_reader *p, struct ynode *root, const char *key)
{
	struct ynode *n = ymap_get(root, key);
	const char *z = "";

	if (n)
		y_text(p->f, n, p->errs, &z);
	return z;
}

static void read_header(struct pack_reader *p, struct ynode *root)
{
	struct ynode *name = ymap_need(p->f, root, "name", p->errs);
	struct ynode *info = ymap_get(root, "informational");

	p->pack->info.name = "";
	if (name && y_text(p->f, name, p->errs, &p->pack->info.name) &&
	    !name_ok(p->pack->info.name))
		error_hint(yerror(p->f, name, p->errs, "'%.60s' cannot name a rule pack",
				  p->pack->info.name),
			   "use small letters, digits, '-', '.' and '_'");
	p->pack->info.revision = header_text(p, root, "revision");
	p->product = header_text(p, root, "product");
	if (info)
		y_bool(p->f, info, p->errs, &p->pack->informational);
	read_sources(p, root);
}

static void digest(struct pack *p)
{
	uint8_t sum[SHA256_BYTES];
	struct sha256 s;

	sha256_begin(&s);
	sha256_add(&s, p->src, p->src_n);
	sha256_end(&s, sum);
	sha256_hex(sum, p->info.sha256);
}

/* Moves what was gathered into the arena, where it lives as long as the pack. */
static int keep(struct pack_reader *p)
{
	struct pack *k = p->pack;

	k->n_rules = k->info.n_rules = p->rules.n;
	k->n_examples = p->examples.n;
	k->rules = arena_alloc(&k->arena, (p->rules.n + 1) * sizeof *k->rules);
	k->examples = arena_alloc(&k->arena, (p->examples.n + 1) * sizeof *k->examples);
	k->example_rule = arena_alloc(&k->arena, (p->examples.n + 1) * sizeof *k->example_rule);
	if (!k->rules || !k->examples || !k->example_rule)
		return -ENOMEM;
	if (p->rules.n)
		memcpy(k->rules, p->rules.v, p->rules.n * sizeof *k->rules);
	if (p->examples.n) {
		memcpy(k->examples, p->examples.v, p->examples.n * sizeof *k->examples);
		memcpy(k->example_rule, p->example_rule.v, p->examples.n * sizeof *k->example_rule);
	}
	return 0;
}

static void read_pack(struct pack_reader *p)
{
	struct ynode *root = p->f->root;

	if (!y_map(p->f, root, p->errs) || !read_format(p, root))
		return;
	read_header(p, root);

	struct ynode *rules = ymap_need(p->f, root, "rules", p->errs);

	ymap_unused(p->f, root, header_keys, p->errs);
	if (!rules || !y_list(p->f, rules, p->errs))
		return;
	if (!rules->n)
		yerror_key(p->f, rules, p->errs, "a rule pack without rules");
	for (struct ynode *n = rules->first; n && !p->no_memory; n = n->next)
		pack_read_rule(p, n);
	if (!p->no_memory && keep(p) < 0)
		p->no_memory = true;
}

static struct pack *pack_from(struct pack *k, struct yfile *f, const char *name,
			      struct errors *errs)
{
	struct pack_reader p = {.f = f, .errs = errs, .pack = k};
	size_t before = errs->n_errors;

	if (!f)
		return pack_free(k);
	k->src = f->src;
	k->src_n = f->src_n;
	k->info.path = arena_strdup(&k->arena, name);
	digest(k);
	read_pack(&p);
	vec_done(&p.rules);
	vec_done(&p.examples);
	vec_done(&p.example_rule);
	if (p.no_memory || !k->info.path)
		errors_add(errs, false, "%s: not enough memory for this rule pack", name);
	return errs->n_errors > before ? pack_free(k) : k;
}

struct pack *pack_load(const char *path, struct errors *errs)
{
	struct pack *k = calloc(1, sizeof *k);

	if (!k) {
		errors_add(errs, false, "%s: not enough memory for this rule pack", path);
		return NULL;
	}
	return pack_from(k, yfile_load(path, &k->arena, errs), path, errs);
}

struct pack *pack_parse(const char *name, const char *src, size_t n, struct errors *errs)
{
	struct pack *k = calloc(1, sizeof *k);

	if (!k) {
		errors_add(errs, false, "%s: not enough memory for this rule pack", name);
		return NULL;
	}
	return pack_from(k, yfile_parse(name, src, n, &k->arena, errs), name, errs);
}

struct pack *pack_free(struct pack *p)
{
	if (p) {
		arena_done(&p->arena);
		free(p);
	}
	return NULL;
}
