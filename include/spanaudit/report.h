/* SPDX-License-Identifier: BSD-2-Clause */
/* report - a result document read back, to be written anew in any format. */
#ifndef SPANAUDIT_REPORT_H
#define SPANAUDIT_REPORT_H

#include <spanaudit/audit.h>

#ifdef __cplusplus
extern "C" {
#endif

struct span_report;

/* Reads a result that span_audit_write() wrote as "json"; path "-" is standard input. The document
 * need not be trusted. SPAN_USAGE when the file is no result, one of another version, or damaged;
 * SPAN_INPUT when it cannot be read; each with words on err. Negative errno: out of memory. */
int span_report_open(const char *path, struct span_report **ret, FILE *err);
/* NULL is fine; returns NULL. */
struct span_report *span_report_free(struct span_report *r);

/* As span_audit_write() of the run that wrote the document, byte for byte; as "json", the document
 * itself. SPAN_USAGE when there is no such format. */
int span_report_write(const struct span_report *r, const char *format,
		      const struct span_write_options *opt, FILE *f);
/* Addresses, names and ids of findings become pseudonyms under a secret that nobody keeps: the same
 * in all that is written of `r` from now on, other ones the next time. 0 or negative errno, and
 * then nothing must be written of it. */
int span_report_redact(struct span_report *r);
/* The kind or family of kinds that the document is confined to; NULL: it holds all findings. */
const char *span_report_only(const struct span_report *r);
/* As span_audit_exit_code(); `fail_on` NULL: what the run was told. */
int span_report_exit_code(const struct span_report *r, const char *fail_on);

/* Is an HTML report still what was made of the result inside it? Says in words on f (NULL: not at
 * all) what it found, and of the result its digest, verdict and inputs. */
enum span_verified {
	SPAN_VERIFY_INTACT = 0,
	SPAN_VERIFY_ALTERED = 1, /* text, data, or cut off */
	/* SPAN_USAGE: not an HTML report; SPAN_INPUT: it cannot be read; words on err */
	SPAN_VERIFY_NOT_COMPARED = 4, /* written by another version; the result inside is whole */
};
int span_report_verify(const char *path, FILE *f, FILE *err);

#ifdef __cplusplus
}
#endif
#endif
