/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * words - the words that both a site file and a rule pack use. They stand here because the matrix
 * may look into the site, and the site not into the matrix.
 */
#ifndef SPAN_SITE_WORDS_H
#define SPAN_SITE_WORDS_H

/* NULL-terminated; the index is the value: enum severity, rule_need, rule_missing. */
const char *const *site_severity_words(void);
const char *const *site_need_words(void);
const char *const *site_missing_words(void);
/* Kinds of findings, as the judge's table has them; the index says nothing. */
const char *const *site_kind_words(void);

#endif
