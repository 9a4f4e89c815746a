/* SPDX-License-Identifier: BSD-2-Clause */
/* audit - read captures, judge them, write what came out. */
#ifndef SPANAUDIT_AUDIT_H
#define SPANAUDIT_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What calls return: 0, one of these, or a negative errno (out of memory, write error). */
enum span_status {
	SPAN_OK = 0,
	SPAN_USAGE = 2, /* configuration, rule pack, filter or option is wrong: nothing evaluated */
	SPAN_INPUT = 3, /* an input cannot be read */
};

enum span_colour { SPAN_COLOUR_NONE, SPAN_COLOUR_ANSI };

struct span_audit;

/* NULL without memory. */
struct span_audit *span_audit_new(void);
/* NULL is fine; returns NULL. */
struct span_audit *span_audit_free(struct span_audit *a);

/* Settings, before span_audit_run(). Strings are copied. Errors are kept, see span_audit_errors. */
int span_audit_site(struct span_audit *a, const char *path);
/* `ROLE=ADDR[,ADDR...]`, may be repeated. */
int span_audit_role(struct span_audit *a, const char *text);
/* A rule pack by name or path, may be repeated; none: the site's, else the default packs. */
int span_audit_rules(struct span_audit *a, const char *pack);
/* A folder to search packs in, before the built-in ones. */
int span_audit_rules_dir(struct span_audit *a, const char *dir);
/* Folders with colons between, as SPANAUDIT_RULES_PATH has them, to search after those of
 * span_audit_rules_dir(). NULL is fine. */
int span_audit_rules_path(struct span_audit *a, const char *path);
/* A file of waivers (spanaudit-waivers(5)), may be repeated. What one covers counts for no verdict.
 */
int span_audit_waivers(struct span_audit *a, const char *path);
/* RFC 3339 with offset: the moment that decides whether a waiver has expired; without it the
 * clock's. Nothing else depends on it. */
int span_audit_now(struct span_audit *a, const char *time);
/* Times are shown in this zone (Europe/Berlin), and days are its days, whatever the site file says.
 */
int span_audit_tz(struct span_audit *a, const char *zone);
/* Read packets of this time alone, RFC 3339 with offset; the end is not in it. NULL: open. */
int span_audit_between(struct span_audit *a, const char *from, const char *to);
/* The same of a day, "2024-05-01"; NULL: yesterday, by span_audit_now(). Behind span_audit_site(),
 * span_audit_tz() and span_audit_now(), which say where it begins. ret: the day's date. */
enum { SPAN_DAY = 11 };
int span_audit_day(struct span_audit *a, const char *day, char ret[SPAN_DAY]);
/* That date; false when no day was asked for, which leaves ret untouched. */
bool span_audit_day_told(const struct span_audit *a, char ret[SPAN_DAY]);
int span_audit_filter(struct span_audit *a, const char *bpf);
/* A capture file, a folder of them, a pattern as shells know them, or "-" (standard input); may be
 * repeated. Opened by span_audit_run(), which reads all of them by packet time. */
int span_audit_file(struct span_audit *a, const char *path);
/* "auto" (spanaudit's own reader, the default) or "libpcap"; SPAN_USAGE for another word. */
int span_audit_reader(struct span_audit *a, const char *reader);
/* The outermost VLAN tells flows and conversations apart: for address plans that overlap. */
int span_audit_vlan_key(struct span_audit *a, bool on);
/* Roles from traffic: "auto" (the default: for addresses that have no declared role), "off", or
 * "only" (declared roles are left aside). SPAN_USAGE for another word. Before the run. */
int span_audit_infer(struct span_audit *a, const char *mode);
/* The one file or folder given grows: span_audit_run() reads what is there and what is added, until
 * span_audit_stop(). */
int span_audit_follow(struct span_audit *a, bool on);
/* Ends the reading of a followed input; the run then judges what was read. May be called from a
 * signal handler or another thread, also before the run, at most while `a` lives. */
void span_audit_stop(struct span_audit *a);
/* Bytes for flows and conversations; 0: the default, 4 GiB. Beyond it the oldest flows end early
 * and new conversations are not kept; the coverage counts both. */
int span_audit_max_memory(struct span_audit *a, uint64_t bytes);
/* Threads that read the inputs, at most SPAN_THREADS_MAX (else SPAN_USAGE); 0: one for each
 * processor that the process may use, where that pays; default 1. Nothing in a result depends on
 * it. What cannot be read twice (standard input, a followed input) and what goes into a store is
 * read by one in any case, and so is everything again when memory becomes scarce. Of interfaces
 * (live.h) packets come once: there threads share the memory, and what finds no room depends on
 * their number. */
enum { SPAN_THREADS_MAX = 64 };
int span_audit_threads(struct span_audit *a, unsigned n);
/* Any caveat about the input makes the result inconclusive. */
int span_audit_strict_input(struct span_audit *a, bool on);
/* The least severity that makes the verdict "findings": "low" ... "critical"; default "medium".
 * With "never" the verdict is as by default, and only span_audit_exit_code() is told to look away.
 */
int span_audit_fail_on(struct span_audit *a, const char *severity);
/* SHA-256 of every input, also of large ones, which are read once more for it. */
int span_audit_digest_all(struct span_audit *a, bool on);
/* The run is for what span_audit_write() makes of it: attempts of strangers, which are out of scope
 * whatever they are, are counted and not kept, and views of conversations (span_audit_write_flows()
 * and the like) lack them. A scan then costs a tenth of the memory. The result is the same. */
int span_audit_reports_only(struct span_audit *a, bool on);
/* Processor time by stage: to be asked for before the run, to be had behind it and behind what is
 * written of it. Nothing in a result depends on it. */
int span_audit_stats(struct span_audit *a, bool on);
/* A table for people, which may change from version to version; nothing unless asked for. */
int span_audit_write_stats(const struct span_audit *a, FILE *f);
/* Pins the secret of the hash tables (tests: results must not depend on it). */
int span_audit_hash_key(struct span_audit *a, uint64_t k0, uint64_t k1);

/* Called now and then during a run with what is done so far; total 0 when unknown. */
typedef void (*span_progress_fn)(void *user, const char *path, uint64_t bytes, uint64_t total,
				 uint64_t packets);
int span_audit_progress(struct span_audit *a, span_progress_fn fn, void *user);

/* Loads rules (unless loaded), reads every file, judges. SPAN_INPUT when some input could not be
 * read: the result then stands on the others and says so. SPAN_USAGE: there is no result. */
int span_audit_run(struct span_audit *a);

/* How many inputs of the last run could be read; 0 when there is nothing to report on. */
size_t span_audit_inputs_read(const struct span_audit *a);

/* Writes what was wrong, in words, as compilers do. */
void span_audit_errors(const struct span_audit *a, FILE *f);

/* After a run. `format` is a name of span_format_name(). SPAN_USAGE when there is no such one. */
struct span_write_options {
	enum span_colour colour;
	unsigned width;      /* columns of the text format, 0: 80 */
	const char *only;    /* kind of finding, NULL all */
	const char *fail_on; /* as for span_audit_exit_code(), for formats that say what fails;
			      * NULL: what the run was told */
	const char *made; /* RFC 3339 with offset: when the report is made, for formats that say so;
			   * NULL: none does */
};
int span_audit_write(const struct span_audit *a, const char *format,
		     const struct span_write_options *opt, FILE *f);
/* After a run: what span_audit_write() writes from now on has pseudonyms for addresses, names and
 * ids of findings, under a secret that is not kept (of span_audit_hash_key(), where that was
 * given). 0 or negative errno. */
int span_audit_redact(struct span_audit *a);
/* After a run: holds its result against an older one, a document that an audit wrote, so that
 * reports say which findings are new and which are gone. `note`, unless NULL, is a sentence that is
 * told with it. SPAN_INPUT when the document cannot be read, SPAN_USAGE when it is none, with words
 * on err; the result then stays as it was. */
int span_audit_against(struct span_audit *a, const char *path, const char *note, FILE *err);
/* 0 clean, 1 findings at or above `fail_on` ("low" ... "critical", "never"; NULL: what
 * span_audit_fail_on() said), 3, 4 inconclusive; SPAN_USAGE for an unknown word. */
int span_audit_exit_code(const struct span_audit *a, const char *fail_on);

/* After a run: is what was read fit to be judged? Checks with figure, meaning and remedy, as text
 * or JSON (schema spanaudit-doctor/1), to f unless NULL; `opt` NULL: all zero. */
enum span_fitness {
	SPAN_FIT,
	SPAN_FIT_FOR_SEEN, /* what is in it can be judged, what is missing cannot */
	SPAN_NOT_FIT,      /* as an inconclusive audit, whatever it found */
};
int span_audit_doctor(const struct span_audit *a, bool json, const struct span_write_options *opt,
		      FILE *f, enum span_fitness *ret);

/* Views of the same run, as text (or JSON where `json`). */
/* Conversations, one line each; `filter` NULL or words "role=sql port=1433 state=refused
 * net=10.0.0.0/8 verdict=unexpected-port app=tls host=NAME" joined by and, or, not, brackets. */
int span_audit_write_flows(const struct span_audit *a, const char *filter, bool json, FILE *f,
			   FILE *err);
/* Conversations on ports that servers handed out, or that their bind names an RPC interface for,
 * with what explains them; then the ports that nobody used. `width`: columns of the text, 0: 80. */
int span_audit_write_rpc(const struct span_audit *a, const char *filter, bool json, unsigned width,
			 FILE *f, FILE *err);
int span_audit_write_roles(const struct span_audit *a, bool json, FILE *f);
/* The waivers given, a line each, with owner and days left. No run is needed. */
int span_audit_write_waivers(const struct span_audit *a, FILE *f);
/* After a run: what each waiver covers. *ret_bad: some have expired or cover nothing. */
int span_audit_check_waivers(const struct span_audit *a, unsigned width, FILE *f, bool *ret_bad);
/* A new waiver for a file of them: the file's text as it is (`src`, n bytes; 0: there is none yet),
 * and one more entry. approved_by and ticket may be NULL. ret_id gets its id, ret_text the new
 * text, to be freed with free(). SPAN_USAGE with words kept (span_audit_errors) when something is
 * wrong. */
struct span_waiver {
	const char *finding, *reason, *owner, *approved_by, *ticket, *expires;
};
int span_audit_add_waiver(struct span_audit *a, const struct span_waiver *w, const char *name,
			  const char *src, size_t n, char ret_id[65], char **ret_text);
/* A finding by id (or unique beginning of one), or 'A -> B:1433/tcp' with A and B addresses, host
 * names or roles. SPAN_USAGE with words on err when it is neither. Without a run only the second
 * form with names or roles works, from rules and site alone. */
int span_audit_explain(struct span_audit *a, const char *what, unsigned width, FILE *f, FILE *err);

/* What span_audit_extract() wrote. */
struct span_extracted {
	uint64_t packets, conversations, findings;
};
/* After a run: the packets behind a finding (its id, or the unique beginning of one), of a
 * connection as span_audit_explain() takes it, or of all findings that are "unexpected", as a
 * pcapng file: those of its conversations with ICMP errors and fragments of them, and those that
 * the finding names, as they were captured. The inputs are read again, so a pipe cannot be one of
 * them. SPAN_USAGE or SPAN_INPUT with words on err, negative errno of reading or of writing f. */
int span_audit_extract(struct span_audit *a, const char *what, FILE *f, struct span_extracted *ret,
		       FILE *err);

#ifdef __cplusplus
}
#endif
#endif
