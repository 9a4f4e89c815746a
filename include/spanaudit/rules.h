/* SPDX-License-Identifier: BSD-2-Clause */
/* rules - rule packs and site files on their own: list, show, lint, test. */
#ifndef SPANAUDIT_RULES_H
#define SPANAUDIT_RULES_H

#include <spanaudit/audit.h>

#ifdef __cplusplus
extern "C" {
#endif

/* All use the packs (and site) set on `a` by span_audit_rules(), _site() ...; errors go to
 * span_audit_errors(). */

/* One line a rule. */
int span_rules_list(struct span_audit *a, bool json, FILE *f);
/* Everything about one rule. SPAN_USAGE when there is no such id ("did you mean" is kept). */
int span_rules_show(struct span_audit *a, const char *id, unsigned width, FILE *f);
/* Reads one pack file and says what is wrong with it. SPAN_OK, or SPAN_USAGE with the errors. */
int span_rules_lint(struct span_audit *a, const char *path, FILE *f);
/* Runs the examples of a pack; a line for each that does not come out, a summary at the end.
 * *ret_failed is how many. */
int span_rules_test(struct span_audit *a, const char *path, FILE *f, size_t *ret_failed);
/* Formats of allow lists: name and one line of help; NULL past the last. */
const char *span_export_format(size_t i);
const char *span_export_format_help(size_t i);
struct span_export_options {
	bool setup;    /* with what only Setup does */
	bool observed; /* after span_audit_run(): say what of the list its conversations used */
};
/* What the rules in force let through between the hosts of the site, as a firewall can be given it:
 * no more hosts and ports than the site has. SPAN_USAGE with words kept (span_audit_errors) when
 * there is no such format, or no host. `opt` NULL: all zero. */
int span_rules_export(struct span_audit *a, const char *format,
		      const struct span_export_options *opt, FILE *f);
/* After span_audit_run(): judges what was read once more, with the packs in force and these in the
 * place of those of the same `name:`, others added, and tells what changes: verdicts, findings,
 * rules. *ret_worse: a finding at or above span_audit_fail_on() is new or got worse. Who called
 * whom is as the packs in force have it. SPAN_USAGE with words kept when a pack is wrong. */
struct span_draft_options {
	bool json; /* schema spanaudit-draft/1, else text */
	bool all;  /* text: all rows */
	enum span_colour colour;
	unsigned width; /* columns of the text, 0: 80 */
};
int span_audit_draft(struct span_audit *a, const char *const *packs, size_t n,
		     const struct span_draft_options *opt, FILE *f, bool *ret_worse);
/* The same over the conversations that a result lists (span_audit_write() as "json"), without a run
 * and without packets: those whose verdict the rules in force give again. Findings and rules are
 * not judged. SPAN_INPUT when it cannot be read, SPAN_USAGE when other packs are in force. */
int span_audit_draft_result(struct span_audit *a, const char *path, const char *const *packs,
			    size_t n, const struct span_draft_options *opt, FILE *f,
			    bool *ret_worse);
/* Reads a site file against the packs in force; warnings and errors. */
int span_site_lint(struct span_audit *a, const char *path, FILE *f);
/* Writes the site file that a table of hosts (CSV with the columns name, address, role; "-":
 * standard input) makes. SPAN_USAGE with the errors, all of them; nothing is written then. */
int span_site_import(struct span_audit *a, const char *path, FILE *f);
/* After span_audit_run(): a site file to begin with, from what its conversations show; of what a
 * site file set on `a` has, only the rest. *ret_hosts (may be NULL) is how many hosts and networks
 * it has, *ret_guesses how many more stand in it as guesses. */
int span_site_suggest(struct span_audit *a, FILE *f, size_t *ret_hosts, size_t *ret_guesses);

#ifdef __cplusplus
}
#endif
#endif
