/* SPDX-License-Identifier: BSD-2-Clause */
/* fit_work - what the files of fit share. Nothing outside src/findings includes it. */
#ifndef SPAN_FINDINGS_FIT_WORK_H
#define SPAN_FINDINGS_FIT_WORK_H

#include "findings/fit.h"
#include "findings/work.h"

enum {
	FIT_DETAILS = 12, /* lines of one row */
	FIT_CLAIM = 500,  /* packets from which on absence says something */
	FIT_FLOWS = 20,   /* the same of connections */
	FIT_SERVERS = 10, /* of those without a role */
	FIT_SERVICES = 6, /* of one of them */
};

/* An address, and what of its traffic is in view. */
struct fit_host {
	struct addr addr;
	const struct host *host; /* NULL: undeclared */
	roleset roles;
	uint64_t sent, got; /* packets */
	/* TCP connections with it; those that show one direction; of these, the ones of two hosts
	 * that are both seen sending and receiving elsewhere. */
	uint64_t tcp_flows, one_way, astray;
	uint64_t served, clients; /* packets and conversations as a server that answers */
};

struct fit_work {
	const struct fit_input *in;
	const struct result *r;
	const struct coverage *c;
	const struct site *site;
	struct fit *f;
	struct arena *a;
	struct fit_host *hosts; /* by address; no groups */
	size_t n_hosts;
	uint64_t tcp_packets, udp_packets, tcp_payload;
	const struct fit_host *only; /* one end of everything, and the only such one; NULL */
	VEC(struct fit_row) rows;
	bool failed; /* out of memory */
};

/* A new row, good so far. Valid until the next one. NULL without memory. */
struct fit_row *fit_row(struct fit_work *w, const char *check, const char *title);
/* One line below it; beyond FIT_DETAILS they are only counted. `text` NULL: no memory. */
void fit_detail(struct fit_work *w, struct fit_row *row, const char *text);
/* It is worth knowing. `figure` NULL: no memory. */
void fit_note(struct fit_row *row, const char *meaning, const char *remedy);
/* It keeps something from being judged; `because` is a clause. */
void fit_bars(struct fit_row *row, enum fit_verdict bars, const char *because);

/* 1,204,311; with a word behind it in one or many. */
const char *fit_n(struct fit_work *w, uint64_t n);
const char *fit_counted(struct fit_work *w, uint64_t n, const char *one, const char *many);
const char *fit_share(struct fit_work *w, uint64_t part, uint64_t whole);
const char *fit_bytes(struct fit_work *w, uint64_t bytes);
/* "a, b, c and 4 more": the names of hosts that `pick` takes; NULL when there is none. */
const char *fit_names(struct fit_work *w, bool (*pick)(const struct fit_host *h));
const char *fit_name(struct fit_work *w, const struct fit_host *h);
const char *fit_time(struct fit_work *w, int64_t ns);
const char *fit_span(struct fit_work *w, int64_t ns);
/* Somebody said which host is what. */
bool fit_has_roles(const struct fit_work *w);
/* Nobody did, and traffic shows it of at least one. */
bool fit_has_guesses(const struct fit_work *w);

void fit_window(struct fit_work *w);
void fit_hours(struct fit_work *w);
void fit_clock(struct fit_work *w);
void fit_sets(struct fit_work *w);
void fit_files(struct fit_work *w);

void fit_directions(struct fit_work *w);
void fit_copies(struct fit_work *w);
void fit_loss(struct fit_work *w);

void fit_snap(struct fit_work *w);
void fit_offload(struct fit_work *w);
void fit_content(struct fit_work *w);
void fit_filter(struct fit_work *w);
void fit_blind(struct fit_work *w);

void fit_hosts_in_view(struct fit_work *w);
void fit_rules(struct fit_work *w);
void fit_pairs(struct fit_work *w);

#endif
