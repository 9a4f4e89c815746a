/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * suggest - a site file to begin with, from what traffic shows: hosts with their roles, addresses
 * and moved ports, networks of clients, the deployment. What is sure enough to go by stands as an
 * entry, with its evidence in comments; what is a guess stands behind "#? ", for a person to
 * decide.
 *
 *   host     what infer.h takes for one, with a name of its own
 *   client   an address that only dials, and CRM's web server among others
 */
#ifndef SPAN_SUGGEST_SUGGEST_H
#define SPAN_SUGGEST_SUGGEST_H

#include "base/out.h"
#include "infer/infer.h"
#include "site/site.h"

struct suggest_input {
	const struct infer *infer;
	const struct site *site;  /* what it declares is not suggested again */
	const struct conv *convs; /* those that the inference was made of */
	size_t n_convs;
	const struct grant *grants;
	size_t n_grants;
	const char *const *paths; /* of the captures, by evidence.input */
	size_t n_paths;
	int64_t from_ns, to_ns; /* TIME_NONE: no packet */
};

/* How many hosts and networks were written; guesses are counted apart. */
struct suggest_figures {
	size_t hosts, networks, guesses;
};

/* 0 or -ENOMEM. */
int suggest_write(const struct suggest_input *in, struct out *o, struct suggest_figures *ret);

#endif
