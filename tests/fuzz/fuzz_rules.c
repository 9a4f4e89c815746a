// SPDX-License-Identifier: BSD-2-Clause
/* Rule packs as anybody may hand them over: reading, lint, and every question about an example. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "matrix/pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct errors errs = {0};
	struct pack *p = pack_parse("fuzz.yaml", (const char *)data, n, &errs);

	/* A pack or an error, never neither and never both. */
	if ((p == NULL) != (errs.n_errors > 0))
		abort();
	if (p) {
		char ports[RULE_PORTS_TEXT];

		pack_lint(p, &errs);
		for (size_t i = 0; i < p->n_rules; i++) {
			const struct rule *r = &p->rules[i];

			if (!r->from || !r->to || (!r->ref && !r->ports.n) || r->index != i)
				abort();
			port_list_format(&r->ports, ports);
		}
		for (size_t i = 0; i < p->n_examples; i++) {
			struct end client, server;

			if (p->example_rule[i] >= p->n_rules || !p->examples[i].verdict)
				abort();
			rule_example_ends(&p->examples[i], &client, &server);
		}
	}
	pack_free(p);
	errors_done(&errs);
	return 0;
}
