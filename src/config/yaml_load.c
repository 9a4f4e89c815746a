// SPDX-License-Identifier: BSD-2-Clause
/* A YAML file from the disk. */
#include <stdlib.h>

#include "config/slurp.h"
#include "config/yaml.h"

struct yfile *yfile_load(const char *path, struct arena *a, struct errors *errs)
{
	enum { CAP = YAML_BYTES + 4 }; /* one more than allowed, and a byte order mark */
	size_t n = 0;
	char *buf = config_slurp(path, false, CAP, &n, errs);
	struct yfile *f;

	if (!buf)
		return NULL;
	f = yfile_parse(path, buf, n, a, errs);
	free(buf);
	return f;
}
