// SPDX-License-Identifier: BSD-2-Clause
/* view_export - the rules in force as an allow list for firewalls. */
#include <spanaudit/rules.h>

#include <errno.h>

#include "allow/allow.h"
#include "engine/engine.h"

const char *span_export_format(size_t i)
{
	const struct allow_format *f = allow_format_at(i);

	return f ? f->name : NULL;
}

const char *span_export_format_help(size_t i)
{
	const struct allow_format *f = allow_format_at(i);

	return f ? f->help : NULL;
}

static int no_host(struct span_audit *a)
{
	error_hint(errors_add(&a->errs, false,
			      "no host is known, and a list of none lets nothing through"),
		   "name the site file (--site), or give roles: --role sql=10.0.0.5 --role "
		   "crm-client=10.30.0.0/16");
	return SPAN_USAGE;
}

int span_rules_export(struct span_audit *a, const char *format,
		      const struct span_export_options *opt, FILE *f)
{
	const struct allow_format *fmt = allow_format_by_name(format);
	struct allow_options ao = {.setup = opt && opt->setup};
	struct allow_list *l;
	struct out o = {0};
	int r = engine_prepare(a);

	if (r)
		return r;
	if (!fmt) {
		error_hint(
			errors_add(&a->errs, false, "'%.40s' is no format of allow lists", format),
			"it can be nft, windows or csv");
		return SPAN_USAGE;
	}
	l = allow_make(a->site, a->matrix, &ao);
	if (!l)
		return -ENOMEM;
	r = -ENOMEM;
	if (!l->n_class) {
		r = no_host(a);
	} else if (!opt || !opt->observed || !a->result ||
		   allow_observe(l, a->result, a->convs, a->n_convs)) {
		fmt->write(l, &o);
		r = engine_put(&o, f);
	}
	out_done(&o);
	allow_free(l);
	return r;
}
