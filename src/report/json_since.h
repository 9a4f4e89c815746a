/* SPDX-License-Identifier: BSD-2-Clause */
/* json_since - the comparison with an older result as the document has it. */
#ifndef SPAN_REPORT_JSON_SINCE_H
#define SPAN_REPORT_JSON_SINCE_H

#include "findings/result.h"
#include "report/doc.h"
#include "report/jsonw.h"

/* The member "since"; nothing when nothing was compared. */
void json_since(struct jsonw *w, const struct since *s);
void load_since(struct doc *d, const json_t *top, struct since *s);
/* Status of a finding. */
void load_status(struct doc *d, const json_t *o, struct finding *f);
/* The member "history" of a finding; nothing where nobody knows one. */
void json_past(struct jsonw *w, const struct finding_past *p);
void load_past(struct doc *d, const json_t *o, struct finding_past *p);

#endif
