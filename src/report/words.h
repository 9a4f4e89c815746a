/* SPDX-License-Identifier: BSD-2-Clause */
/* words - what every format calls the same thing by the same word. */
#ifndef SPAN_REPORT_WORDS_H
#define SPAN_REPORT_WORDS_H

#include "base/time.h"
#include "findings/result.h"
#include "report/report.h"

/* A sentence about rules that changed while packets were taken, in the place of what is in o.
 * False: they did not. */
bool word_policy(const struct result *r, struct out *o);
const char *word_verdict(enum result_verdict v); /* "compliant" "findings" "inconclusive" */
/* What the verdict means, in a sentence. */
const char *word_verdict_says(const struct result *r);
/* The answer to "can you trust this report?", which the caveats follow. */
const char *word_trust(const struct coverage *c);
/* The caveat says more than why the result is inconclusive: once is enough. */
bool word_is_news(const struct coverage *c, size_t caveat);
const char *word_rule_result(enum rule_result r); /* "met" "violated" "unused" "not-judged" */
const char *word_note(enum decode_note n);        /* "bad_checksum" */
const char *word_note_help(enum decode_note n);
/* "tcp", "udp", else "ip" and the number. */
const char *word_transport(uint8_t proto, char buf[8]);

/* "lsarpc"; NULL when the interface is not a known one. */
const char *word_interface(const uint8_t uuid[16]);
/* "lsarpc, 01020300-...": names, and UUIDs of what has none. */
void word_interfaces(const struct rpc_iface *iface, size_t n, struct out *o);

/* How a port came to be known (rpc_row.how), for people; NULL: that nothing tells. */
const char *word_how(const char *how);
/* The same of rpc_row.tie; "" when there is nothing to say. */
const char *word_tie(const char *tie);

/* The rows of dynamic RPC, counted. */
struct rpc_figures {
	uint64_t mapped;      /* used, and an answer handed the port out */
	uint64_t bound;       /* used, and its own bind names the interface */
	uint64_t unexplained; /* used, and neither was seen */
	uint64_t unused;      /* handed out, and never used */
};
void word_rpc_figures(const struct result *r, struct rpc_figures *ret);

/* It was tried, and never went through: the finding would be rpc-blocked. */
bool word_rpc_failed(enum flow_state s);
/* What a reader should look at first is 0: unexplained, failed or deviating; then 1, and 2 of what
 * nobody used. */
int word_rpc_worth(const struct rpc_row *row);
/* Of what is plain nobody needs row->why. */
bool word_rpc_wants_why(const struct rpc_row *row);
/* Sentences that explain a part of the report. */
const char *word_rpc_about(void);
const char *word_unused_about(void);
const char *word_grades(void);

/* The finding is one that opt->only lets through: its kind, or a family of kinds ("unexpected"). */
bool word_selected(const struct finding *f, const struct report_options *opt);

/* How many there are, also where a document lists those of one kind only. */
uint64_t word_all_findings(const struct result *r);
const char *word_severity(enum severity s); /* "HIGH" */
const char *word_state(enum flow_state s);  /* for people: "answered, but never completed" */
const char *word_reason(enum dir_reason r); /* "the handshake was seen" */
/* ", new" ", known" ", worse than it was"; "" when nothing older was given. */
const char *word_status(const struct finding *f);
/* "in 3 of the last 7 reports, first in that of 2024-04-28"; false and nothing where no report
 * before had it. */
bool word_past(const struct finding_past *p, const struct tz *z, struct out *o);
/* It asks for something: not waived, above info. */
bool word_asks(const struct finding *f);

/* What to do first: findings that ask for something, the worst first. Those that say the same of the
 * same two hosts, but for the port, are one step. */
enum { WORD_STEPS = 20 };
struct word_steps {
	const struct result *r;
	const struct report_options *opt;
	bool news;       /* only what is new or worse, where an older result was given */
	size_t at;       /* where the next is looked for */
	uint64_t listed; /* findings in the steps so far */
	const struct finding *step[WORD_STEPS];
	unsigned n;
};
bool word_is_among(const struct word_steps *s, const struct finding *f);
/* The first finding of the next step, of WORD_STEPS at most; NULL: there is none. */
const struct finding *word_step(struct word_steps *s);
/* The next finding of the same step behind f, NULL. */
const struct finding *word_step_more(const struct word_steps *s, const struct finding *f);
/* "crmweb02 -> sqlcl01 22/tcp (ssh), 23/tcp"; and "F-..., F-..., new". */
void word_step_who(const struct word_steps *s, const struct finding *f, const char *arrow,
		   struct out *o);
void word_step_ids(const struct word_steps *s, const struct finding *f, struct out *o);
/* Findings that ask and are in no step yet. */
uint64_t word_steps_left(const struct word_steps *s);
/* "crmweb02 (10.20.1.12) is crm-web, known by site.yaml:14" */
void word_known(const struct endpoint *e, struct out *o);

/* The waiver that covers a finding; NULL: none, or the result does not hold it. */
const struct waiver_row *word_waiver(const struct result *r, const struct finding *f);

/* An endpoint for people, in one word: host name, else network or address, else the roles. */
void word_endpoint(const struct endpoint *e, struct out *o);

/* "crmweb02 -> sqlcl01 22/tcp (ssh)" */
void word_conversation(const struct finding *f, struct out *o);
/* The same with another arrow, blanks included. */
void word_conversation_by(const struct finding *f, const char *arrow, struct out *o);

/* The command that writes the packets behind a finding into a file, with what the run was given:
 * words that belong together, `sep` between (a newline is in none of them). Nothing when no packet
 * is behind it. Quoted for a POSIX shell; FILE stands for what cannot be named, see
 * word_extract_note(). */
void word_extract(const struct result *r, const struct finding *f, char sep, struct out *o);
/* Packets of an interface, which nobody kept. */
bool word_is_live(const struct result_input *in);
/* What FILE stands for in such a command, a clause; NULL when it names everything. */
const char *word_extract_note(const struct result *r);

/* A command line that shows the packets behind a finding in its first input; nothing when there
 * are none. The path is quoted for a POSIX shell; control characters end the attempt. */
void word_tshark(const struct result *r, const struct finding *f, struct out *o);

/* The short form of what would document or accept a finding: a clause. */
void word_accept(const struct finding *f, struct out *o);
/* The text itself: of f->suggest, else a waiver to fill in. */
void word_suggestion(const struct finding *f, struct out *o);
const char *word_suggest_in(const struct finding *f);    /* "site" "pack" "waivers" */
const char *word_suggest_under(const struct finding *f); /* a key there; NULL: the top */

#endif
