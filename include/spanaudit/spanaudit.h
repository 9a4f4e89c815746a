/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libspanaudit - does a Dynamics CRM deployment talk as its vendor's papers say it should?
 *
 *	#include <spanaudit/spanaudit.h>
 *
 *	int main(void)
 *	{
 *		struct span_audit *a = span_audit_new();
 *		int r = span_audit_site(a, "site.yaml");
 *
 *		if (!r)
 *			r = span_audit_file(a, "night.pcap");
 *		if (!r)
 *			r = span_audit_run(a);
 *		if (!r)
 *			r = span_audit_write(a, "text", NULL, stdout);
 *		if (r)
 *			span_audit_errors(a, stderr);
 *		else
 *			r = span_audit_exit_code(a, "medium");
 *		span_audit_free(a);
 *		return r;
 *	}
 *
 * Nothing is global: any number of audits can live in one process, one thread each at a time.
 */
#ifndef SPANAUDIT_H
#define SPANAUDIT_H

#include <spanaudit/audit.h>
#include <spanaudit/control.h>
#include <spanaudit/diff.h>
#include <spanaudit/info.h>
#include <spanaudit/live.h>
#include <spanaudit/report.h>
#include <spanaudit/rules.h>
#include <spanaudit/screen.h>
#include <spanaudit/store.h>

#endif
