/* SPDX-License-Identifier: BSD-2-Clause */
/* yaml_write - pieces of a site file: what the strict reader gives back is what was written. */
#ifndef SPAN_SITE_YAML_WRITE_H
#define SPAN_SITE_YAML_WRITE_H

#include "base/out.h"
#include "roles/roles.h"

/* Text without control characters, quoted where a reader of YAML could take it for something else.
 */
void yaml_put_text(struct out *o, const char *z);
/* ", role: sql" or ", role: [sql, ssrs]" */
void yaml_put_roles(struct out *o, roleset set);
/* An address or network in the project's own notation. */
void yaml_put_place(struct out *o, const char *z);

#endif
