/* SPDX-License-Identifier: BSD-2-Clause */
/* info - what this build is and can do. */
#ifndef SPANAUDIT_INFO_H
#define SPANAUDIT_INFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

const char *span_version(void);
/* "+PCAP 1.10.3 +YAML 0.2.5 +JSON 2.14 ..." */
const char *span_features(void);

/* Report formats: name, file suffix and one line of help; NULL past the last. */
const char *span_format_name(size_t i);
const char *span_format_suffix(size_t i);
const char *span_format_help(size_t i);
/* The format that a file name asks for by its suffix, or NULL. */
const char *span_format_for_path(const char *path);

/* Verdicts and kinds of finding: word, default severity ("" makes no finding), one sentence of
 * meaning, what to do (or ""); NULL past the last. */
const char *span_kind_name(size_t i);
const char *span_kind_severity(size_t i);
const char *span_kind_meaning(size_t i);
const char *span_kind_remedy(size_t i);
/* Roles; NULL past the last. */
const char *span_role_name(size_t i);

/* The table of recognisers. */
int span_write_protocols(bool json, FILE *f);
/* What findings usually mean: code, what must be seen, and what it says. NULL past the end. */
const char *span_hint_code(size_t i);
const char *span_hint_when(size_t i);
const char *span_hint_says(size_t i);
/* The same as text (`spanaudit help hints`). */
int span_write_hints(unsigned width, FILE *f);

/* Finding kinds and verdicts with meaning and remedy (`spanaudit help kinds`). */
int span_write_kinds(unsigned width, FILE *f);
/* Roles with their meaning (`spanaudit help roles`). */
int span_write_roles_help(unsigned width, FILE *f);

#ifdef __cplusplus
}
#endif
#endif
