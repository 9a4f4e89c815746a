// SPDX-License-Identifier: BSD-2-Clause
/*
 * Prints what was learned of hosts in captures, for comparison with other tools:
 *
 *   show_sightings FILE...
 *
 *   # FILE
 *   kind about by name text port code packet times
 *   = sightings shed streams refused exit
 *
 * with tabs between and "-" for nothing.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/engine.h"

static const char *address(const struct addr *a, char buf[ADDR_TEXT])
{
	return addr_is_unspecified(a) ? "-" : addr_format(a, buf);
}

static void show_file(const char *path)
{
	struct span_audit *a = span_audit_new();

	if (!a)
		abort();
	printf("# %s\n", path);

	const int r = span_audit_file(a, path) == 0 ? span_audit_run(a) : SPAN_INPUT;

	for (size_t i = 0; i < a->n_sightings; i++) {
		const struct sighting *s = &a->sightings[i];
		char about[ADDR_TEXT], by[ADDR_TEXT];

		printf("%s\t%s\t%s\t%s\t%s\t%u\t%u\t%" PRIu32 "\t%" PRIu64 "\n",
		       sighting_kind_name(s->kind), address(&s->about, about), address(&s->by, by),
		       s->name[0] ? s->name : "-", s->text[0] ? s->text : "-", s->port, s->code,
		       s->first.number, s->n);
	}
	if (a->result) {
		const struct coverage *c = &a->result->coverage;

		printf("=\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%d\n", c->sightings,
		       c->sightings_shed, c->streams, c->learn_refused, r);
	}
	span_audit_free(a);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		show_file(argv[i]);
	return 0;
}
