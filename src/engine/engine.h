/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine - the one place where the stages meet, and what the public headers promise.
 *
 *   audit.c   the order of a run              hot.c    the loop per packet
 *   settings.c  what it is told               exit_code.c  what a result comes to
 *   reading.c  by how many threads
 *   asked.c   the time that it is about      shard.c  behind the decoder: flows, conversations
 *   inputs.c  which files, and their order   feed.c    all of them as one stream
 *   names.c   one name for an address        report.c  results in a format
 *   keep.c    what is read goes into a store from_store.c  what a store has, judged
 *   view_*.c  flows, rpc, roles, explain, rules            info.c   what this build is
 *   stats.c   where the time of a run went      crew.c   threads for several shards
 *   shard_room.c  what they may take together
 *   live*.c   interfaces instead of files: see live_run.h
 */
#ifndef SPAN_ENGINE_ENGINE_H
#define SPAN_ENGINE_ENGINE_H

#include <spanaudit/audit.h>
#include <spanaudit/store.h>

#include <stdatomic.h>

#include "base/error.h"
#include "base/out.h"
#include "base/siphash.h"
#include "base/vec.h"
#include "capture/source.h"
#include "findings/fit.h"
#include "findings/judge.h"
#include "flow/cards.h"
#include "flow/conv.h"
#include "infer/infer.h"

struct hot;
struct live_run;
struct stats;
struct loaded;
struct keep;
struct from_store;
struct flow_done;
struct flow_spare;
struct heartbeat;
struct learn_tap;

/* Who hears of what the loop per packet comes to, as it comes: flows as they end, and what stands
 * beside them. Then the packets of a batch are of one hour. With threads, any of them tells. */
struct hot_tap {
	void (*flow)(void *user, const struct flow_done *d, const struct conv_facts *f);
	/* A flow goes on in another hour, with that packet. d and f are as if it had ended before.
	 */
	void (*crossed)(void *user, const struct flow_done *d, const struct conv_facts *f,
			const struct evidence *next);
	void (*heartbeat)(void *user, const struct heartbeat *h, int64_t ts_ns);
	void (*blind)(void *user, const struct addr *x, const struct addr *y, int64_t ts_ns);
	const struct learn_tap *learn;
	void *user;
};

struct span_audit {
	struct errors errs;
	struct site *site; /* NULL until asked for: then without a file, with the defaults */
	char *site_path;
	VEC(char *) roles;
	bool roles_known; /* they are in the site */
	VEC(char *) packs;
	VEC(char *) dirs;
	size_t n_told_dirs; /* of those, the ones to be named again in a command: the first */
	VEC(char *) files;
	char *filter;
	enum source_reader reader;
	bool vlan_key;
	bool follow;
	atomic_bool stop;
	int stop_fd; /* an eventfd that says the same to who sleeps; -1 without --follow */
	uint64_t max_memory;
	unsigned threads; /* 0: as many as there are processors, where that pays */
	bool strict_input;
	struct waiver_set waivers;
	bool has_waivers; /* a file of them was given, be it an empty one */
	enum { INFER_AUTO, INFER_OFF, INFER_ONLY } infer;
	char *tz_name; /* --tz; NULL: the site's zone */
	struct tz *tz; /* NULL: UTC where --tz says so */
	struct time_asked asked;
	int64_t asked_day; /* its number, of a day */
	bool has_now;
	int64_t now_ns; /* --now */
	bool has_key;   /* of the tables, and of --redact */
	bool digest_all;
	struct stats *stats;   /* NULL: nobody wants to know */
	enum severity fail_on; /* SEV_INFO: not said, medium */
	bool fail_never;       /* "never" was said, which judges as medium does */
	struct hash_key key;
	char *store_path; /* where to keep what is read; NULL: nowhere */
	span_progress_fn progress;
	void *progress_user;

	struct matrix *matrix;
	struct live_run *live; /* NULL: inputs are files */
	/* of a run */
	struct arena arena;
	struct result_input *inputs;
	size_t n_inputs;
	const struct passive_name *names;
	size_t n_names;
	uint64_t drops_os, drops_nic;
	bool drops_told; /* some input counts what was dropped */
	const struct fit_interface *interfaces;
	size_t n_interfaces;
	const char *lost_input;           /* a sentence about captures that went by unread; NULL */
	VEC(struct judge_caveat) caveats; /* of the engine */
	uint64_t told_memory;             /* of the runs that stored what is judged; 0 none */
	bool told_piped;
	struct keep *keep;             /* NULL: nothing is kept */
	struct from_store *from_store; /* what is judged is from a store; NULL */
	const struct hot_tap *tap;     /* NULL: nobody */
	struct hot *hot;               /* keeps the conversations that the result lends */
	const struct conv *convs;
	size_t n_convs;
	bool apart; /* the run is for reports: lone attempts need be no conversations */
	const struct attempt *attempts; /* which then are not among the above */
	size_t n_attempts;
	struct bank *bank; /* of hot, for the judge; NULL: none */
	struct ends ends;           /* of both */
	const struct grant *grants; /* of hot, as the conversations */
	size_t n_grants;
	const struct sighting *sightings; /* of hot, too */
	size_t n_sightings;
	const struct card *cards; /* of hot, too */
	size_t n_cards;
	const struct cluster_host *clusters;
	size_t n_clusters;
	const struct window *window; /* of hot, too, as the next; NULL: no packet at all */
	const struct timeline *timeline;
	const struct blind_set *blind; /* NULL: nobody exchanges IPsec ESP */
	struct coverage coverage;      /* as read: the judge completes a copy */
	uint64_t n_evicted;
	struct infer *inferred; /* who is what by traffic; NULL with --infer off */
	struct result *result;
	struct loaded *redacted; /* what is written instead; NULL: the result itself */
};

/* Loads the site's roles and the rule packs unless that was done. 0, SPAN_USAGE, negative errno. */
int engine_prepare(struct span_audit *a);
/* A matrix of this one pack file (and the audit's site), for lint and test. NULL with errors. */
struct matrix *engine_matrix_of(struct span_audit *a, const char *path);
/* Of these packs, by name or path. */
struct matrix *engine_matrix(struct span_audit *a, const char *const *packs, size_t n);
/* The `name:` that a pack's file says, to be freed; NULL with errors. */
char *engine_pack_name(struct span_audit *a, const char *pack);
/* Judges what a run has read by these rules. NULL without memory. */
struct result *engine_judge(struct span_audit *a, struct matrix *m);

/* The parts of a run: rules loaded, nothing left of an earlier one (0, SPAN_USAGE, negative errno);
 * when everything was given to a->hot, the result (0, SPAN_INPUT when it could not be stored,
 * negative errno), of which the last part is for what is read or loaded: names, roles by traffic,
 * and the judge. */
int engine_begin(struct span_audit *a);
int engine_conclude(struct span_audit *a);
int engine_come_to(struct span_audit *a);
void engine_forget_run(struct span_audit *a);
/* What the run was given, for commands that repeat it. `files` NULL: no memory. */
struct run_told engine_told(struct span_audit *a);
/* One more sentence about what limits the result. */
void engine_caveat(struct span_audit *a, bool inconclusive, const char *fmt, ...) PRINTF(3, 4);

/* asked.c */
/* The file was written before the time asked for began. */
bool asked_passes_over(const struct span_audit *a, const char *path);
/* Options that say the same, at most six words, into v. How many. */
size_t asked_told(struct span_audit *a, const char **v);
/* A file whose first packet is that late has none of the time asked for. */
bool asked_is_past(const struct span_audit *a, int64_t first_ns);
/* Leaves the packets of the time asked for in the batch. */
void asked_keep(const struct span_audit *a, struct batch *b);

/* since.c. The result held against an older document, as span_audit_against() does of a file; words
 * are kept. */
int engine_against(struct span_audit *a, const char *name, const char *p, size_t n);

/* inputs.c */
/* Expands folders and patterns (a followed one is left to feed_run) and looks at each file: order
 * by first packet. Unreadable ones are marked failed, with an error. 0, SPAN_INPUT when any failed,
 * SPAN_USAGE when the filter is wrong, negative errno. */
int inputs_open(struct span_audit *a);

/* How every source of a run is opened. */
struct source_options engine_source_options(const struct span_audit *a);

/* feed.c. Reads all inputs to their end, by packet time. 0, SPAN_INPUT, SPAN_USAGE, negative errno.
 */
int feed_run(struct span_audit *a);

/* reading.c */
/* Processors that this process may use, as far as threads for them help. */
unsigned engine_processors(void);
/* The same into a new a->hot, by as many threads as the run has, and gathered. */
int engine_read(struct span_audit *a);
/* Can be read once: a pipe, or standard input. */
bool engine_is_piped(const char *path);

/* names.c */
/* Makes a->names, so far those of the inputs, one for each address of all that is known. 0 or
 * -ENOMEM. */
int engine_names(struct span_audit *a);
const struct passive_name *engine_name_of(const struct span_audit *a, const struct addr *addr);

/* hot.c */
struct hot *hot_new(struct span_audit *a);
/* With several shards, for so many threads, the caller's included. It takes batches and is gathered
 * before anything else is asked of it. */
struct hot *hot_new_threads(struct span_audit *a, unsigned threads);
/* Everything is read: ends the threads and has what they came to in one place. 0, or negative
 * errno, which is -EAGAIN, here and from hot_batch(), when limits of memory came near: what was
 * given up then would depend on the number of shards, so all must be read again with one. */
int hot_gather(struct hot *h);
/* The same for packets that come once: shards share what the run may have, and what finds no room
 * is counted. Threads are made by hot_start(), which says how many there are. */
struct hot *hot_new_live(struct span_audit *a, unsigned threads);
unsigned hot_start(struct hot *h);
/* What waits for more to come with it goes to the threads. */
void hot_hand_over(struct hot *h);
/* All that was taken is worked on, and no thread works until the next batch. */
void hot_rest(struct hot *h);
/* For a fork(2) between the two: no thread is at work. The child says so before anything else, and
 * then has one shard after the other. */
void hot_hold(struct hot *h);
void hot_go_on(struct hot *h);
void hot_forked(struct hot *h);
struct hot *hot_free(struct hot *h);
/* Takes the packets of one batch. 0 or negative errno. */
int hot_batch(struct hot *h, struct span_audit *a, const struct batch *b);
uint64_t hot_packets(const struct hot *h); /* read so far */
/* What is left out from the next batch on, for want of time: live_shed.h. */
void hot_spare(struct hot *h, const struct flow_spare *flows, bool names);
/* Bytes that a run may use, by --max-memory. */
struct hot_room {
	size_t flows, learn, cards, rows; /* rows: of conversations */
	size_t conversations;
};
size_t hot_memory(const struct span_audit *a); /* --max-memory, or the default */
struct hot_room hot_room(const struct span_audit *a);
/* The figures of what was read, and with threads worked on, so far, but those that are known at the
 * end alone: grants, sightings and what was dropped. */
void hot_coverage(const struct hot *h, struct coverage *ret);
/* How many counters a coverage begins with, and adding them up. */
static inline size_t coverage_counters(void)
{
	return offsetof(struct coverage, caveats) / sizeof(uint64_t);
}
void coverage_add(struct coverage *to, const struct coverage *c);
/* Takes the rows of a store in, as if their flows had just ended. */
struct store_sink;
void hot_sink(struct hot *h, struct store_sink *ret);
/* Lets go of conversations that were seen last before that time; *ret_gone: how many. 0 or -ENOMEM,
 * which leaves all of them, or those of some shards. */
int hot_forget(struct hot *h, int64_t before_ns, size_t *ret_gone);
/* Hands out every flow, as at the end of the input, and has one shard. For the copy of a run that a
 * child has. */
int hot_end_flows(struct hot *h);
int hot_finish(struct hot *h, struct span_audit *a, struct coverage *ret_coverage,
	       uint64_t *ret_evicted);

/* When packets were seen; lives as long as h. */
const struct window *hot_window(const struct hot *h);
/* Figures by the hour, of packets and TCP bytes; lives as long as h. */
const struct timeline *hot_timeline(const struct hot *h);
/* Who exchanged IPsec ESP; lives as long as h. */
const struct blind_set *hot_blind(const struct hot *h);
/* When bytes of connections went missing; lives as long as h. */
const struct gaps *hot_gaps(const struct hot *h);

/* view_waivers.c */
/* The moment that decides whether a waiver has expired: what --now said, else the clock's. */
int64_t engine_now(const struct span_audit *a);
/* What `kind:` of a waiver may be: every kind that makes findings, and "unexpected".
 * NULL-terminated. */
enum { WAIVER_KINDS = KIND_N + 2 };
void engine_waiver_kinds(const char *ret[WAIVER_KINDS]);
/* A waiver of this finding to begin with, as text to paste. */
void engine_suggest_waiver(const struct span_audit *a, const struct finding *f, struct out *o);

/* view_roles.c. The roles that the judge went by for an address, and through *host the declared
 * host that it is, also by traffic; what is there already stays when it is neither. */
roleset engine_roles(const struct span_audit *a, const struct addr *x, const struct host **host);

struct span_write_options;
/* report.c. A result in a format; SPAN_USAGE when there is no such one, negative errno. */
int engine_write(const struct result *r, const char *format, const struct span_write_options *opt,
		 FILE *f);
/* What is written of a run. */
const struct result *engine_shown(const struct span_audit *a);
void engine_forget_shown(struct span_audit *a);
/* exit_code.c */
/* The severity of the word; SEV_N for "never" and for none. */
enum severity engine_fail_on(const char *word);
/* What the result comes to; `fail_on` NULL: as it was told. SPAN_USAGE for an unknown word. */
int engine_exit_code(const struct result *r, const char *fail_on);

/* Text to a FILE; 0 or negative errno. */
int engine_put(const struct out *o, FILE *f);

#endif
