// SPDX-License-Identifier: BSD-2-Clause
/* The site file as a whole: its first line, its sections, and questions about it. */
#include "site/site.h"

#include <sha256.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "site/reader.h"

static const char *const default_rules[] = {"dynamics-365", "crm-2011"};

struct site *site_new(void)
{
	struct site *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	s->inventory = inventory_new();
	if (!s->inventory) {
		free(s);
		return NULL;
	}
	s->arena = inventory_arena(s->inventory);
	s->name = "";
	s->timezone = "UTC";
	s->rules = default_rules;
	s->n_rules = N_ELEMENTS(default_rules);
	s->judge_after_ns = NS_PER_S * 24 * 3600;
	return s;
}

struct site *site_free(struct site *s)
{
	if (s) {
		inventory_free(s->inventory);
		tz_free(s->tz);
	}
	free(s);
	return NULL;
}

static bool check_version(struct reader *r, struct ynode *n)
{
	struct error *e;

	if (!n) {
		error_hint(yerror(r->f, r->f->root, r->errs, "this is not a site file"),
			   "begin it with the line 'spanaudit: site/1'");
		return false;
	}
	n->used = true;
	if (n->kind != Y_SCALAR) {
		error_hint(yerror(r->f, n, r->errs, "this is not a site file"),
			   "write spanaudit: site/1");
		return false;
	}
	if (strcmp(n->text, "site/1") == 0)
		return true;
	if (strncmp(n->text, "site/", 5) == 0) {
		e = yerror(r->f, n, r->errs, "'%s' is not a version that this program reads",
			   n->text);
		error_hint(e, "it reads site/1; a newer program may be needed");
	} else if (strncmp(n->text, "rules/", 6) == 0) {
		e = yerror(r->f, n, r->errs, "this is a rule pack, not a site file");
		error_hint(e, "give it with --rules");
	} else if (strncmp(n->text, "waivers/", 8) == 0) {
		e = yerror(r->f, n, r->errs, "this is a file of waivers, not a site file");
		error_hint(e, "give it with --waivers");
	} else {
		e = yerror(r->f, n, r->errs, "'%s' is not a kind of file that is known here",
			   n->text);
		error_hint(e, "write spanaudit: site/1");
	}
	return false;
}

static void read_site_name(struct reader *r, struct ynode *n)
{
	read_name(r, n, &r->site->name);
}

static void read_rules(struct reader *r, struct ynode *n)
{
	const char *const *v;
	size_t count;

	if (!read_texts(r, n, &v, &count))
		return;
	if (!count) {
		error_hint(yerror(r->f, n, r->errs, "no rule pack is named here"),
			   "write rules: [dynamics-365, crm-2011], or remove the key");
		return;
	}
	r->site->rules = v;
	r->site->n_rules = count;
}

/* In the file's order, so that messages are; what needs others to be read first is late. */
static const struct section {
	const char *key;
	void (*read)(struct reader *r, struct ynode *n);
	bool late;
} sections[] = {
	{"name", read_site_name, false},
	{"timezone", site_read_timezone, false},
	{"rules", read_rules, false},
	{"deployment", site_read_deployment, false},
	{"ports", site_read_ports, false},
	{"hosts", site_read_hosts, false},
	{"networks", site_read_networks, false},
	{"egress", site_read_egress, false},
	{"nat", site_read_nat, true},
	{"sensors", site_read_sensors, false},
	{"limits", site_read_limits, false},
	{"overrides", site_read_overrides, false},
	{"severities", site_read_severities, false},
};

static void read_sections(struct reader *r, bool late)
{
	for (struct ynode *y = r->f->root->first; y; y = y->next)
		for (size_t i = 0; i < N_ELEMENTS(sections); i++) {
			if (sections[i].late != late || strcmp(sections[i].key, y->key) != 0)
				continue;
			y->used = true;
			sections[i].read(r, y);
		}
}

static void read_root(struct reader *r)
{
	const char *known[N_ELEMENTS(sections) + 2] = {"spanaudit"};
	struct ynode *root = r->f->root;
	struct ynode *version = NULL;

	if (!y_map(r->f, root, r->errs))
		return;
	for (struct ynode *y = root->first; y; y = y->next)
		if (strcmp(y->key, "spanaudit") == 0)
			version = y;
	if (!check_version(r, version))
		return;
	for (size_t i = 0; i < N_ELEMENTS(sections); i++)
		known[i + 1] = sections[i].key;
	read_sections(r, false);
	read_sections(r, true);
	ymap_unused(r->f, root, known, r->errs);
}

static struct site *from_file(struct site *s, const struct yfile *f, struct errors *errs)
{
	size_t before = errs->n_errors;
	struct reader r = {.site = s, .f = f, .errs = errs, .arena = s->arena};

	s->path = f->name;
	SHA256Data((const uint8_t *)f->src, f->src_n, s->sha256);
	read_root(&r);
	if (errs->n_errors == before) {
		inventory_close(s->inventory);
		site_check(&r);
	}
	vec_done(&r.declared);
	vec_done(&r.sensors_at);
	vec_done(&r.egress_at);
	vec_done(&r.severities_at);
	return errs->n_errors == before ? s : site_free(s);
}

struct site *site_load(const char *path, struct errors *errs)
{
	struct site *s = site_new();

	if (!s) {
		errors_add(errs, false, "out of memory while reading '%s'", path);
		return NULL;
	}

	const struct yfile *f = yfile_load(path, s->arena, errs);

	return f ? from_file(s, f, errs) : site_free(s);
}

struct site *site_parse(const char *name, const char *src, size_t n, struct errors *errs)
{
	struct site *s = site_new();

	if (!s) {
		errors_add(errs, false, "out of memory while reading '%s'", name);
		return NULL;
	}

	const struct yfile *f = yfile_parse(name, src, n, s->arena, errs);

	return f ? from_file(s, f, errs) : site_free(s);
}

const struct port_list *site_ports(const struct site *s, enum port_key k, const struct host *server)
{
	if ((unsigned)k >= PORT_KEY_N)
		return NULL;
	if (server && server->ports[k].n)
		return &server->ports[k];
	return s->ports[k].n ? &s->ports[k] : NULL;
}

bool site_in_setup(const struct site *s, int64_t ts_ns)
{
	for (size_t i = 0; i < s->n_setup; i++)
		if (ts_ns >= s->setup[i].from_ns && ts_ns < s->setup[i].to_ns)
			return true;
	return false;
}
