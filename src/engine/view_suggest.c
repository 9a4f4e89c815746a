// SPDX-License-Identifier: BSD-2-Clause
/* view_suggest - a site file from what traffic shows. */
#include <spanaudit/rules.h>

#include <errno.h>
#include <stdlib.h>

#include "engine/engine.h"
#include "suggest/suggest.h"

int span_site_suggest(struct span_audit *a, FILE *f, size_t *ret_hosts, size_t *ret_guesses)
{
	struct suggest_figures figures;
	const char **paths;
	struct out o = {0};
	int r;

	if (!a->result || !a->inferred)
		return SPAN_USAGE;
	paths = calloc(a->n_inputs + 1, sizeof *paths);
	if (!paths)
		return -ENOMEM;
	for (size_t i = 0; i < a->n_inputs; i++)
		paths[i] = a->inputs[i].path;
	r = suggest_write(&(struct suggest_input){.infer = a->inferred,
						  .site = a->site,
						  .convs = a->convs,
						  .n_convs = a->n_convs,
						  .grants = a->grants,
						  .n_grants = a->n_grants,
						  .paths = paths,
						  .n_paths = a->n_inputs,
						  .from_ns = a->result->from_ns,
						  .to_ns = a->result->to_ns},
			  &o, &figures);
	if (!r)
		r = engine_put(&o, f);
	if (!r && ret_hosts)
		*ret_hosts = figures.hosts + figures.networks;
	if (!r && ret_guesses)
		*ret_guesses = figures.guesses;
	out_done(&o);
	free(paths);
	return r;
}
