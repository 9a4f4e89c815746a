/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libspanaudit - does a Dynamics CRM deployment talk as its vendor's papers say it should?
 *
 *	struct span_audit *a = span_audit_new();
 *
 *	if (span_audit_site(a, "site.yaml") == SPAN_OK && span_audit_file(a, "night.pcap") ==
 *SPAN_OK && span_audit_run(a) == SPAN_OK) { span_audit_write(a, "text", SPAN_COLOUR_NONE, stdout);
 *		printf("exit code %d\n", span_audit_exit_code(a, "medium"));
 *	} else {
 *		span_audit_errors(a, stderr);
 *	}
 *	span_audit_free(a);
 *
 * Nothing is global: any number of audits can live in one process, one thread each at a time.
 */
#ifndef SPANAUDIT_H
#define SPANAUDIT_H

#include <spanaudit/audit.h>
#include <spanaudit/info.h>
#include <spanaudit/rules.h>

#endif
