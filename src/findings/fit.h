/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fit - is this capture fit to be judged? Every way in which one can mislead, held against what an
 * audit made of it, in words: what was found, what it means, what to change where it was taken.
 *
 * Figures are those of the result's coverage. What bars an audit from saying "compliant" bars it
 * here, by the same decision (coverage.c).
 *
 *   fit.c        the rows in their order, the headline        fit_way.c    directions, copies, loss
 *   fit_time.c   window, hours, clock, sets of files          fit_what.c   what is in it, what is
 * not fit_view.c   the deployment: hosts, rules, pairs of roles
 */
#ifndef SPAN_FINDINGS_FIT_H
#define SPAN_FINDINGS_FIT_H

#include "findings/blind.h"
#include "findings/gaps.h"
#include "findings/result.h"
#include "findings/window.h"

/* A problem keeps something from being judged; a note is worth knowing and keeps nothing. */
enum fit_level { FIT_OK, FIT_NOTE, FIT_PROBLEM };
const char *fit_level_name(enum fit_level l);

enum fit_verdict {
	FIT_TO_JUDGE,
	FIT_FOR_SEEN, /* what is in it can be judged, what is missing cannot */
	FIT_NOT,
};
const char *fit_verdict_name(enum fit_verdict v); /* "fit" "fit-for-seen" "not-fit" */

/* Where packets were taken, as the files say. */
struct fit_interface {
	const char *name, *filter; /* "" unknown, none */
	uint16_t linktype;
	uint32_t snaplen; /* 0: all of a packet */
};

struct fit_input {
	const struct result *r;
	const struct conv *convs; /* all of them */
	size_t n_convs;
	const struct window *window;
	const struct blind_set *blind;
	const struct gaps *gaps;
	const struct fit_interface *interfaces; /* each kind once */
	size_t n_interfaces;
	bool drops_told; /* some input counts what was dropped */
};

struct fit_row {
	const char *check; /* a word: "directions" */
	const char *title; /* for people */
	enum fit_level level;
	enum fit_verdict bars; /* the best that the whole can be because of it */
	const char *because;   /* clause for the headline; of problems */
	const char *figure;    /* a sentence without its stop */
	const char *meaning;   /* sentences; NULL */
	const char *remedy;    /* what to do; NULL */
	const char **details;  /* lines; the last of many says how many more there are */
	size_t n_details, n_more;
};

/* A server without a role, given or shown by traffic, and what it answers. */
struct fit_server {
	struct addr addr;
	uint64_t packets, clients; /* clients: conversations with it */
	const char *services;      /* "443/tcp tls, 1433/tcp tds" */
};

struct fit {
	struct arena arena;
	enum fit_verdict verdict;
	const char *headline; /* one sentence */
	struct fit_row *rows;
	size_t n_rows;
	struct fit_server *servers; /* busiest first; only where no role was declared */
	size_t n_servers;
};

/* NULL without memory. Borrows from the result. */
struct fit *fit_make(const struct fit_input *in);
struct fit *fit_free(struct fit *f);

#endif
