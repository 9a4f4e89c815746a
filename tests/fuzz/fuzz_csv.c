// SPDX-License-Identifier: BSD-2-Clause
/* Any bytes as a table of hosts: cells lie inside the text, errors print, and a site file that
 * comes of it is one. */
#include <stdlib.h>
#include <string.h>

#include "base/out.h"
#include "config/csv.h"
#include "site/import.h"
#include "site/site.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void check_table(const struct csv *c)
{
	size_t before = 0, cells = 0;

	require(c->n >= 1 && c->n <= CSV_ROWS);
	for (size_t i = 0; i < c->n; i++) {
		require(c->row[i].n >= 1 && c->row[i].n <= CSV_COLUMNS);
		cells += c->row[i].n;
		for (size_t k = 0; k < c->row[i].n; k++) {
			const struct csv_cell *cell = &c->row[i].cell[k];

			require(cell->offset >= before && cell->end >= cell->offset);
			require(cell->end <= c->src_n && cell->n <= c->src_n);
			require(cell->line >= 1 && cell->column >= 1);
			require(strlen(cell->text) == cell->n);
			before = cell->end;
		}
	}
	require(cells <= CSV_CELLS);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena a = {0};
	struct errors errs = {0}, again = {0};
	struct out yaml = {0}, said = {0};
	struct csv *c = csv_parse("fuzz.csv", (const char *)p, n, &a, &errs);
	int r;

	require(c || errs.n_errors);
	if (c)
		check_table(c);
	r = site_import_text("fuzz.csv", (const char *)p, n, &again, &yaml);
	require((r == 0) == (again.n_errors == 0) && (r == 0) == (yaml.n != 0));
	require(!errs.n_errors || r);
	errors_format(&again, "spanaudit", &said);
	require(again.n == 0 || said.n > 0);
	if (!r) {
		struct errors none = {0};
		struct site *s = site_parse("fuzz.yaml", yaml.p, yaml.n, &none);

		require(s && !none.n_errors);
		site_free(s);
		errors_done(&none);
	}
	out_done(&said);
	out_done(&yaml);
	errors_done(&again);
	errors_done(&errs);
	arena_done(&a);
	return 0;
}
