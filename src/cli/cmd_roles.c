// SPDX-License-Identifier: BSD-2-Clause
#include "cli/cli.h"
#include "cli/opt.h"

static int run(const struct options *o)
{
	struct span_audit *a;
	int code = run_audit(o, o->args, o->n_args, &a);

	if (!a)
		return code;

	int r = span_audit_write_roles(a, o->json, stdout);

	if (r)
		code = say_status(NULL, r, o);
	span_audit_free(a);
	return code;
}

const struct cmd cmd_roles = {
	.id = CMD_ROLES,
	.name = "roles",
	.args = "[OPTION...] FILE...",
	.help = "who is what, and from which evidence",
	.about = "Lists every address of the captures with its roles and how they are known. "
		 "'spanaudit help roles' says what the roles mean, and ROLES BY TRAFFIC in "
		 "spanaudit(1) how they are concluded.",
	.words = "",
	.files = true,
	.run = run,
};
