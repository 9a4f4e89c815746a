// SPDX-License-Identifier: BSD-2-Clause
/* Any bytes as a strict YAML file: the tree is whole, places lie inside the text, errors print. */
#include <stdlib.h>
#include <string.h>

#include "base/out.h"
#include "config/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void walk(const struct yfile *f, const struct ynode *n, unsigned depth, size_t *nodes)
{
	size_t count = 0;

	require(depth <= YAML_DEPTH + 1 && ++*nodes <= YAML_NODES);
	require(n->line >= 1 && n->line <= f->src_n + 1);
	require(n->column >= 1 && n->column <= f->src_n + 1);
	require(n->length >= 1 && n->column - 1 + n->length <= f->src_n + 1);
	if (n->kind == Y_SCALAR) {
		require(strlen(n->text) == n->n && !n->first);
		return;
	}
	for (const struct ynode *y = n->first; y; y = y->next, count++) {
		require((y->key != NULL) == (n->kind == Y_MAP));
		require(!y->key || (y->key_line >= 1 && y->key_length >= 1));
		walk(f, y, depth + 1, nodes);
	}
	require(count == n->n);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const char *const known[] = {"spanaudit", "name", "rules", "hosts", NULL};
	struct arena a = {0};
	struct errors errs = {0};
	struct out o = {0};
	struct yfile *f = yfile_parse("fuzz.yaml", (const char *)p, n, &a, &errs);

	require((f != NULL) == (errs.n_errors == 0));
	if (f) {
		size_t nodes = 0;

		walk(f, f->root, 0, &nodes);
		ymap_get(f->root, "name");
		ymap_unused(f, f->root, known, &errs);
	}
	errors_format(&errs, "spanaudit", &o);
	require(errs.n == 0 || o.n > 0);
	out_done(&o);
	errors_done(&errs);
	arena_done(&a);
	return 0;
}
