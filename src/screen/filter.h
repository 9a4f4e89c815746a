/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * filter - the one filter language: `role=sql and not state=established or port=1433`.
 *
 *   term    KEY=VALUE, or KEY>VALUE and KEY<VALUE for figures
 *   keys    role client server host net port proto app state verdict vlan tunnel
 *           packets bytes flows seen
 *   joined  by `and` (also by standing side by side), `or`, `not`, ( )
 */
#ifndef SPAN_SCREEN_FILTER_H
#define SPAN_SCREEN_FILTER_H

#include "findings/result.h"

struct filter;
/* NULL with an error that shows the place. An empty text lets everything pass. */
struct filter *filter_parse(const char *text, struct arena *a, struct errors *errs);

struct filter_row {
	const struct conv *conv;
	const struct host *client, *server; /* NULL: undeclared */
	roleset client_roles, server_roles;
	enum kind verdict;
};
bool filter_pass(const struct filter *f, const struct filter_row *row);

#endif
