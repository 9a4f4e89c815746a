/* SPDX-License-Identifier: BSD-2-Clause */
/* json_sections - the sections of the result document, in their order. Each writes its members into
 * the open object. */
#ifndef SPAN_REPORT_JSON_SECTIONS_H
#define SPAN_REPORT_JSON_SECTIONS_H

#include "findings/result.h"
#include "report/jsonw.h"

/* json_head.c: what was read, and how well. */
void json_run(struct jsonw *w, const struct result *r);
void json_inputs(struct jsonw *w, const struct result *r);
void json_site(struct jsonw *w, const struct result *r);
void json_packs(struct jsonw *w, const struct result *r);
/* What of the window was asked for; its object is the caller's. */
void json_asked(struct jsonw *w, const struct result *r);
void json_coverage(struct jsonw *w, const struct coverage *c);

/* json_summary.c: what it came to, and each rule. */
void json_summary(struct jsonw *w, const struct result *r);
void json_timeline(struct jsonw *w, const struct timeline *t);
void json_rules(struct jsonw *w, const struct result *r);

/* json_findings.c: one of the findings, and what the user said of some. */
void json_finding(struct jsonw *w, const struct result *r, const struct finding *f);
void json_waivers(struct jsonw *w, const struct result *r);

/* json_tables.c: everything, as it was seen. */
void json_dynamic_rpc(struct jsonw *w, const struct result *r);
void json_roles(struct jsonw *w, const struct result *r);
/* A member of a row that is about RPC. */
void json_interfaces(struct jsonw *w, const struct rpc_iface *iface, size_t n);
void json_conversations(struct jsonw *w, const struct result *r);

#endif
