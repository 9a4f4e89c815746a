/* SPDX-License-Identifier: BSD-2-Clause */
/* pack - reading one rule pack file into rules, and its examples. Used by matrix.c and by the
 * `rules` commands. */
#ifndef SPAN_MATRIX_PACK_H
#define SPAN_MATRIX_PACK_H

#include "base/arena.h"
#include "matrix/matrix.h"

/* "crm-web:50000 -> sql:1433/tcp tds" is documented */
struct rule_example {
	enum role client_role, server_role;
	uint16_t client_port, server_port;
	uint8_t proto;
	uint16_t app;        /* APP_NONE: no bytes */
	const char *text;    /* as written */
	const char *verdict; /* the word that must come out */
	/* The deployment in which it is judged: the one that demands its rule (topology `split`
	 * for a rule of split roles), but for what `with:` says. */
	enum site_auth auth;
	enum site_topology topology;
	unsigned mail; /* set of enum site_mail */
	bool in_setup;
	unsigned line, column, length;
};
/* Writes the deployment of an example into a site. It may be the one that a matrix was loaded with:
 * the matrix looks at these keys at every question. The judge is told of in_setup by itself. */
void rule_example_deployment(const struct rule_example *x, struct site *site);
/* The ends that it speaks of, roles with what they imply; hosts are NULL. */
void rule_example_ends(const struct rule_example *x, struct end *ret_client,
		       struct end *ret_server);

struct pack {
	struct pack_info info;
	bool informational;
	struct rule *rules;
	size_t n_rules;
	struct rule_example *examples; /* of all rules, in order */
	size_t *example_rule;          /* index of the rule that each stands under */
	size_t n_examples;
	struct arena arena; /* owns all strings and arrays */
	const char *src;    /* the text, for excerpts of the test command */
	size_t src_n;
};

struct pack *pack_load(const char *path, struct errors *errs);
struct pack *pack_parse(const char *name, const char *src, size_t n, struct errors *errs);
struct pack *pack_free(struct pack *p);
/* What is allowed and yet looks like a slip, as warnings: a rule without example, a demand without
 * `if-missing`, a reference to nothing, an any-of policy without an any-of group. */
void pack_lint(const struct pack *p, struct errors *errs);

#endif
