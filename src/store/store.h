/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * store - what audits saw, kept per hour in an SQLite file, so that it can be judged again.
 *
 *   run       one audit that stored something: open, until it ends
 *   segment   what one transaction wrote: all of it is there, or nothing
 *   input     the ledger of what was read, by content
 *   conv_hour conversations of the flows that began in an hour; beside them hosts, grants,
 *             sightings, cards, clusters, names, when packets were seen, figures
 *   later_hour  the same of flows that had begun before, as if they had been met in their middle,
 *             with the hour in which they were seen before that. Where that hour is read, too, they
 *             bring their packets; else they are flows of the hours that are read
 *   report    what was judged of it, when, by what; with its findings
 *
 * Rows of one key in several segments are added up by who reads them, as conversations are: by sum,
 * minimum, maximum and the k smallest. Nothing in here judges.
 *
 * The file is as foreign as a capture: whoever can write it can put anything in. What is read is
 * checked, text stays raw, and a damaged store is an error with words.
 */
#ifndef SPAN_STORE_STORE_H
#define SPAN_STORE_STORE_H

#include "base/arena.h"
#include "base/error.h"
#include "base/out.h"
#include "base/vec.h"
#include "findings/blind.h"
#include "findings/result.h"
#include "flow/cards.h"
#include "flow/conv.h"
#include "learn/grants.h"
#include "learn/sightings.h"

#define STORE_HOUR INT64_C(3600) /* seconds */

enum store_mode {
	STORE_READ,   /* must be there; nothing is changed */
	STORE_CHANGE, /* must be there */
	STORE_AGAIN,  /* the same, and this run has opened it before: it is not looked through */
	STORE_MAKE,   /* is made when it is not there */
	STORE_NEW,    /* must not be there */
};

struct store;
/* 0; with words kept: -ENOENT (there is none), -EEXIST, -EINVAL (no store, damaged, or of a newer
 * spanaudit), -EBUSY, or another errno. */
int store_open(const char *path, enum store_mode mode, struct errors *errs, struct store **ret);
struct store *store_close(struct store *s);
/* What the last call that failed says, a clause for people. */
const char *store_why(const struct store *s);
/* The hour that a time is in, in seconds since 1970. */
int64_t store_hour(int64_t ns);

/* ---- writing. 0 or negative errno: -ENOSPC when the disk is full */

struct store_input {
	struct result_input in;
	const char *digest; /* SHA-256 of its content; NULL: not known (a pipe) */
};

struct store_told {               /* what a run was given */
	const char *const *files; /* NULL-terminated */
	const char *filter;       /* NULL: none */
	bool vlan_key, piped;
	uint64_t max_memory; /* 0: the default */
};

/* For who is going to store: -EBUSY, with words, while another run does; until store_close(). The
 * tables of an older spanaudit become those of this one; who only reads leaves them alone. Runs
 * that began and never ended are then known to be interrupted; *ret_interrupted is how many were
 * found to be just now. */
int store_lock(struct store *s, size_t *ret_interrupted);
/* Somebody holds the right to store, at this moment. */
bool store_is_storing(const struct store *s);
/* Which of n contents (NULL: not known) are in the store already. What an interrupted run left goes
 * when all that it read is among them, and they count as new. *ret_part is how many are in it by
 * interrupted runs that read others, too: those stay, and are known. */
int store_known(struct store *s, const char *const *digest, size_t n, bool *ret_known,
		size_t *ret_part);
/* Keeps the lock beyond store_close(): its descriptor, to be closed; -1 without one. */
int store_take_lock(struct store *s);
/* The number of the run that began, and going on with it over another connection. */
int64_t store_run(const struct store *s);
void store_resume(struct store *s, int64_t run);
int store_run_begin(struct store *s, const struct store_told *told, const char *tool,
		    int64_t now_ns);
/* A segment is what is put between the two. Without the end nothing of it is there. */
int store_segment_begin(struct store *s);
int store_segment_end(struct store *s, int64_t now_ns);
void store_segment_drop(struct store *s);
/* Inside a segment. It is of what may still change, and the run will write it anew. */
int store_segment_provisional(struct store *s);
/* Inside a segment, too: what the run wrote provisionally before goes. */
int store_drop_provisional(struct store *s);
int store_put_conv(struct store *s, int64_t hour, const struct conv *c, bool waiting);
/* Of flows that began earlier, and were seen before in the hour `before`. */
int store_put_later(struct store *s, int64_t hour, int64_t before, const struct conv *c,
		    bool waiting);
int store_put_host(struct store *s, int64_t hour, const struct conv_host *h);
int store_put_grant(struct store *s, int64_t hour, const struct grant *g);
int store_put_sighting(struct store *s, int64_t hour, const struct sighting *x);
int store_put_card(struct store *s, int64_t hour, const struct card *c);
int store_put_cluster(struct store *s, int64_t hour, const struct cluster_host *c);
int store_put_blind(struct store *s, int64_t hour, const struct blind_pair *p);
int store_put_seen(struct store *s, int64_t hour, int64_t from_ns, int64_t to_ns);
int store_put_figures(struct store *s, int64_t hour, const struct coverage *c);
/* Bytes count in the hour that they were sent in; a timeline has those of a connection in the hour
 * in which it began. */
struct store_moved {
	uint64_t bytes_here, unseen_here; /* of later hours, for this one */
	uint64_t bytes_back, unseen_back; /* of this one, for earlier hours */
};
int store_put_moved(struct store *s, int64_t hour, const struct store_moved *m);
/* Input number `i` of the run, again whenever more is known of it. */
int store_put_input(struct store *s, uint32_t i, const struct store_input *in);
int store_put_name(struct store *s, const struct addr *a, const char *name);
int store_put_drops(struct store *s, uint64_t kernel, uint64_t interface);
/* The run is whole. `lost`: a sentence about captures that went by unread; NULL. */
int store_run_end(struct store *s, const char *lost, int64_t now_ns);

/* ---- reading: the hours from `from` to before `to` (STORE_ALL: any) */

#define STORE_ALL_FROM INT64_MIN
#define STORE_ALL_TO   INT64_MAX

struct store_span {
	int64_t from, to; /* seconds since 1970, whole hours */
};

struct store_spans { /* a VEC; joined, ascending */
	struct store_span *v;
	size_t n, cap;
};

struct store_read_input {
	int64_t run;
	uint32_t ord;
	struct result_input in;
};

/* What the hours rest on. Text is of the arena. */
struct store_picture {
	struct arena arena;
	VEC(struct store_read_input) inputs; /* in the order of a run that read all of them */
	VEC(const char *) files;             /* as the runs were given, each once, sorted */
	const char *filter;                  /* of all runs; NULL none, or not the same in all */
	uint64_t max_memory;
	bool vlan_key, piped;
	const char *lost;         /* NULL */
	VEC(int64_t) interrupted; /* when runs began that never ended, ns */
	int64_t storing_ns;       /* when the one began that is at work now; TIME_NONE: none is */
	struct store_spans hours; /* that packets were seen in */
	uint64_t kernel_drops, interface_drops;
	size_t n_runs, n_segments;
};

struct store_sink {
	/* One without flows is more of another: see conv_table_finish(). */
	int (*conv)(void *user, const struct conv *c, bool waiting);
	int (*host)(void *user, const struct conv_host *h);
	int (*grant)(void *user, const struct grant *g);
	int (*sighting)(void *user, const struct sighting *s);
	int (*card)(void *user, const struct card *c);
	int (*cluster)(void *user, const struct cluster_host *c);
	int (*blind)(void *user, const struct blind_pair *p);
	int (*seen)(void *user, int64_t from_ns, int64_t to_ns);
	int (*figures)(void *user, int64_t hour, const struct timeline_step *f);
	int (*name)(void *user, const struct addr *a, const char *name); /* NULL: not wanted */
	void *user;
	/* Connections that went on when the hours began are counted here, which store_look() cannot
	 * tell. NULL: nowhere. */
	struct coverage *went_on;
};

/* Fills *ret and the figures, which are sums. 0; -EINVAL with store_why() for a damaged store;
 * negative errno. */
int store_look(struct store *s, struct store_span hours, struct store_picture *ret,
	       struct coverage *ret_figures);
/* Hands out every row of the hours; evidence names inputs by their place in the picture. What a
 * function returns that is not 0 ends it. */
int store_each(struct store *s, struct store_span hours, const struct store_picture *p,
	       const struct store_sink *to);
void store_picture_done(struct store_picture *p);

#endif
