// SPDX-License-Identifier: BSD-2-Clause
/* exit_code - which findings make a run fail. */
#include <string.h>

#include "engine/engine.h"

/* SEV_N when there is no such word, or it cannot be asked for. */
enum severity engine_fail_on(const char *word)
{
	for (int s = SEV_LOW; s <= SEV_CRITICAL; s++)
		if (!strcmp(word, severity_name((enum severity)s)))
			return (enum severity)s;
	return SEV_N;
}

int span_audit_fail_on(struct span_audit *a, const char *severity)
{
	enum severity s = strcmp(severity, "never") != 0 ? engine_fail_on(severity) : SEV_MEDIUM;

	if (s == SEV_N)
		return SPAN_USAGE;
	a->fail_on = s;
	a->fail_never = strcmp(severity, "never") == 0;
	return SPAN_OK;
}

/* By the counts: a document may list findings of one kind only. */
static bool is_over(const struct result *r, enum severity limit)
{
	for (int s = (int)limit; s < SEV_N; s++)
		if (r->n_severity[s])
			return true;
	return false;
}

int engine_exit_code(const struct result *r, const char *fail_on)
{
	enum severity s = fail_on ? engine_fail_on(fail_on) : r->fail_on;

	if (fail_on && strcmp(fail_on, "never") == 0)
		s = SEV_NONE;
	else if (s == SEV_N && fail_on)
		return SPAN_USAGE;

	int code = result_exit_code(r, s);

	return code == SPAN_INPUT || !is_over(r, s) ? code : 1;
}

int span_audit_exit_code(const struct span_audit *a, const char *fail_on)
{
	return a->result ? engine_exit_code(a->result, fail_on) : SPAN_USAGE;
}
