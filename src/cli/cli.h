/* SPDX-License-Identifier: BSD-2-Clause */
/* cli - the commands of the tool: a row each, a file each. */
#ifndef SPAN_CLI_CLI_H
#define SPAN_CLI_CLI_H

#include <spanaudit/spanaudit.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/out.h"

/* Exit codes; where several apply: USAGE, then FAILED, FINDINGS, INCONCLUSIVE. */
enum {
	EXIT_CLEAN = 0,
	EXIT_FINDINGS = 1,
	EXIT_USAGE = 2,
	EXIT_FAILED = 3,
	EXIT_INCONCLUSIVE = 4,
};

#define COMMANDS(X)               \
	X(AUDIT, audit)           \
	X(LIVE, live)             \
	X(CONTROL, control)       \
	X(WATCH, watch)           \
	X(DOCTOR, doctor)         \
	X(FLOWS, flows)           \
	X(RPC, rpc)               \
	X(EXPLAIN, explain)       \
	X(EXTRACT, extract)       \
	X(NIGHTLY, nightly)       \
	X(REPORT, report)         \
	X(VERIFY, verify)         \
	X(DIFF, diff)             \
	X(ROLES, roles)           \
	X(RULES, rules)           \
	X(SITE, site)             \
	X(WAIVER, waiver)         \
	X(STORE, store)           \
	X(PROTOCOLS, protocols)   \
	X(COMPLETION, completion) \
	X(HELP, help)             \
	X(VERSION, version)
enum cmd_id {
#define X(id, word) CMD_##id,
	COMMANDS(X)
#undef X
		CMD_N,
};
#define CMD_BIT(id) ((uint32_t)1 << CMD_##id)

struct options;
struct cmd {
	enum cmd_id id;
	const char *name;
	const char *args;  /* "[OPTION...] FILE..." */
	const char *help;  /* one line */
	const char *about; /* paragraphs, separated by newlines */
	const char
		*words; /* first arguments that a shell can offer, separated by spaces; "" none */
	bool files;     /* its other arguments are capture files */
	int (*run)(const struct options *o); /* an exit code */
};

#define X(id, word) extern const struct cmd cmd_##word;
COMMANDS(X)
#undef X

const struct cmd *cmd_at(size_t i); /* NULL past the last */
const struct cmd *cmd_by_name(const char *name);

/* --- saying what is wrong (say.c): what happened, then why or what to do -------------------- */

/* "spanaudit: WHAT", and each line of `hint` (or NULL) indented below it. */
void say(const char *hint, const char *fmt, ...) PRINTF(2, 3);
/* The word nearest to `word` that is near enough to be meant, or NULL. */
const char *nearest_word(const char *word, const char *(*at)(size_t i));
/* The same for what the library returns: 0 passes, SPAN_* and negative errno become an exit code.
 * `a` (or NULL) keeps the words. */
int say_status(const struct span_audit *a, int status, const struct options *o);

/* --- the terminal (term.c) ------------------------------------------------------------------ */

unsigned term_width(void); /* COLUMNS, else the terminal's, else 80 */
enum span_colour term_colour(const struct options *o);

/* --- writing (file.c) ------------------------------------------------------------------------ */

/* Writes a file whole or not at all. `fn` returns 0, negative errno, or an exit code after it has
 * said why. An exit code. */
int file_write(const char *path, int (*fn)(void *user, FILE *f), void *user);
/* A file that is to be written when the right to make one may be gone. */
struct kept {
	int fd;
	bool made;    /* it was not there before */
	bool written; /* it is not to be taken away */
	const char *path;
};
/* Opens it, makes it if need be and gives it to uid and gid ((uid_t)-1: nobody). An exit code. */
int file_keep(const char *path, uid_t uid, gid_t gid, struct kept *ret);
/* As file_write(); where the folder is closed by now, into the file itself. An exit code. */
int file_write_kept(struct kept *k, int (*fn)(void *user, FILE *f), void *user);
/* Closes it; one that was made and never written goes, if that can be. */
void file_unkeep(struct kept *k);
/* For who reads a file, adds to it and writes it again: others that do so wait until file_unlock()
 * or the end of the process. Where files cannot be locked (-1) nobody waits. */
int file_lock(const char *path);
void file_unlock(int lock);
/* Puts text on standard output. */
void put(const struct out *o);
/* Says that standard output failed with this negative errno. EXIT_FAILED. */
int stdout_failed(int status);
/* Flushes standard output; the code, or EXIT_FAILED when something could not be written. */
int close_stdout(int code);

/* --- reports (outputs.c) --------------------------------------------------------------------- */

/* What a report is made of: an audit, or a document read back. */
struct outputs {
	int (*write)(const void *source, const char *format, const struct span_write_options *how,
		     FILE *f);
	const void *source;
	struct kept *kept; /* of each -o; NULL: opened when it is written */
	bool told;         /* standard output has had it, as events */
	const char *usual; /* format of standard output when nothing was said; NULL: text */
};
/* --format help. */
int outputs_list(void);
/* Before the work: every -o can be given a format, and none stands twice. 0, or an exit code after
 * saying why. */
int outputs_check(const struct options *o);
/* The time of a run, where somebody pinned it by --now or SOURCE_DATE_EPOCH, so that the same
 * command gives the same bytes; buf has room for TIME_TEXT. NULL: nobody did; *ret_bad: what was
 * said is no time. */
const char *pinned_now(const struct options *o, char *buf, bool *ret_bad);
/* The report on standard output, unless -q was given, and in every -o. `code`, or EXIT_FAILED after
 * saying what could not be written. */
int outputs_write(const struct options *o, const struct outputs *what, int code);

/* --- running an audit (run.c) ---------------------------------------------------------------- */

/* A new audit with the settings of the command line. 0, or an exit code after saying why. */
int run_setup(const struct options *o, char *const *files, size_t n, struct span_audit **ret);
/* The same, and runs it. *ret is NULL when there is no result; with EXIT_FAILED there may be one,
 * of the inputs that could be read. */
int run_audit(const struct options *o, char *const *files, size_t n, struct span_audit **ret);

/* From now on the first SIGINT or SIGTERM ends a run in order: span_audit_stop(). */
void signals_listen(struct span_audit *a);
void signals_forget(void);

/* The words of a filter that stand before the files, as one text; returns how many they are. */
size_t filter_take(const struct options *o, struct out *ret_filter);

/* --- interfaces (live.c) --------------------------------------------------------------------- */

/* on_finding.c: a process that runs a command for events. */
struct on_finding {
	pid_t pid; /* 0: none */
	int fd;    /* takes an event a message, and never makes wait: what finds no room is lost */
};
/* Begins it, as that user ((uid_t)-1: as it is), without capabilities. 0 or negative errno. */
int on_finding_begin(const char *command, uid_t uid, gid_t gid, struct on_finding *ret);
/* Waits until what was sent is dealt with, a minute at most. */
void on_finding_end(struct on_finding *f);

struct live {
	struct on_finding on_finding;
	struct span_live_options opt;
	struct span_audit *audit;
	/* Files that are still to be written when no right is left. */
	struct kept *kept; /* as many as there are -o */
	size_t n;
	char **folders;
	size_t n_folders;
	int events;    /* of --events; -1: none. Set before live_take(). */
	bool answers;  /* on a control socket */
	char *control; /* where it answers, when nothing was said */
	pid_t view;    /* the process of its view; 0: none */
	int view_fd;
	struct out *said; /* what is told behind the view */
};
/* What the options say. 0, or an exit code after having said what is wrong with them. */
/* A number above 0, "most" at most. */
bool parse_count(const char *z, uint64_t most, uint64_t *ret);
int live_settings(const struct options *o, struct span_live_options *ret);
/* Opens everything, gives up all rights, and takes packets to the end. 0: there is a result; an
 * exit code. live_done() in any case. */
int live_take(const struct options *o, struct live *l);
void live_done(struct live *l);

/* live_view.c. Standard output is a terminal, and nothing else was asked for. */
bool live_view_wanted(const struct options *o);
/* Begins the view, before anything is opened. 0 or an exit code. */
int live_view_begin(const struct options *o, struct live *l);
/* The run has its end of the socket; ours is closed. */
void live_view_given(struct live *l);
/* Waits for its end, when the run has ended. */
void live_view_end(struct live *l);

/* --- progress (progress.c) ------------------------------------------------------------------- */

struct progress {
	bool on, shown;
	int64_t began_ns, file_began_ns, last_ns;
	uint64_t packets;
	const char *path;
};
void progress_begin(struct progress *p, const struct options *o);
void progress_tell(void *user, const char *path, uint64_t bytes, uint64_t total, uint64_t packets);
void progress_end(struct progress *p); /* wipes the line */

#endif
