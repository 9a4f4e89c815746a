// SPDX-License-Identifier: BSD-2-Clause
#include "matrix/load.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/out.h"
#include "config/yaml.h"

static bool has_suffix(const char *z, const char *suffix)
{
	size_t n = strlen(z), k = strlen(suffix);

	return n > k && strcmp(z + n - k, suffix) == 0;
}

enum { NAMES = 64 };

/* The packs that there are, for "did you mean": names without suffix, sorted. Owned by the list. */
struct names {
	char *v[NAMES + 1];
	size_t n;
};

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list_dir(const char *dir, struct names *l)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	if (!d)
		return;
	while (l->n < NAMES && (e = readdir(d))) {
		if (!has_suffix(e->d_name, ".yaml") || e->d_name[0] == '.')
			continue;
		l->v[l->n] = strndup(e->d_name, strlen(e->d_name) - strlen(".yaml"));
		if (l->v[l->n])
			l->n++;
	}
	closedir(d);
}

static void not_found(const char *name, const char *const *dirs, struct errors *errs)
{
	struct names l = {.n = 0};
	struct out where = {0}, there = {0};

	for (size_t i = 0; dirs && dirs[i]; i++) {
		out_puts(&where, i ? ", " : "");
		out_puts(&where, dirs[i]);
		list_dir(dirs[i], &l);
	}
	qsort(l.v, l.n, sizeof *l.v, compare);
	l.v[l.n] = NULL;
	for (size_t i = 0; i < l.n; i++) {
		if (i && strcmp(l.v[i], l.v[i - 1]) == 0)
			continue;
		out_puts(&there, there.n ? ", " : "");
		out_puts(&there, l.v[i]);
	}

	const char *near = did_you_mean(name, (const char *const *)l.v);
	struct error *e =
		near ? errors_add(errs, false, "there is no rule pack '%s' (did you mean '%s'?)",
				  name, near)
		     : errors_add(errs, false, "there is no rule pack '%s'", name);

	if (l.n)
		error_hint(e,
			   "there are %s in %s; a pack elsewhere is named by its path, or its "
			   "folder by --rules-dir or SPANAUDIT_RULES_PATH",
			   out_str(&there), out_str(&where));
	else
		error_hint(e,
			   "no rule pack was found in %s; name one by its path, or their folder "
			   "by --rules-dir or SPANAUDIT_RULES_PATH",
			   where.n ? out_str(&where) : "any directory");
	for (size_t i = 0; i < l.n; i++)
		free(l.v[i]);
	out_done(&where);
	out_done(&there);
}

struct pack *pack_find(const char *name, const char *const *dirs, struct errors *errs)
{
	if (strchr(name, '/') || has_suffix(name, ".yaml"))
		return pack_load(name, errs);
	for (size_t i = 0; dirs && dirs[i]; i++) {
		char *path = NULL;

		if (asprintf(&path, "%s/%s.yaml", dirs[i], name) < 0) {
			errors_add(errs, false, "not enough memory for rule pack '%s'", name);
			return NULL;
		}
		/* A pack that is there and cannot be read is an error, not a reason to look on. */
		if (access(path, F_OK) == 0) {
			struct pack *p = pack_load(path, errs);

			free(path);
			return p;
		}
		free(path);
	}
	not_found(name, dirs, errs);
	return NULL;
}
