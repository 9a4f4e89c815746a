/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * result - the result document: everything that a report can show, and nothing that it cannot.
 *
 * The judge fills it, report formats read it. All strings live in the result's arena; foreign text
 * is raw here and is escaped by whoever prints it. Arrays are sorted by their fact, so that the
 * same input gives the same bytes.
 */
#ifndef SPAN_FINDINGS_RESULT_H
#define SPAN_FINDINGS_RESULT_H

#include "base/arena.h"
#include "decode/decode.h"
#include "findings/hints.h"
#include "findings/kinds.h"
#include "findings/timeline.h"
#include "findings/window.h"
#include "flow/conv.h"
#include "matrix/matrix.h"
#include "waiver/waiver.h"

/* The time that somebody asked for; what lies outside is not read. */
struct time_asked {
	bool given;
	bool day;               /* a day of the site's time zone, which may have 23 or 25 hours */
	int64_t from_ns, to_ns; /* the end is not in it; TIME_NONE: open */
};
enum { ASKED_MISSING = 64 }; /* parts of it that are told to be missing */

enum result_verdict { RESULT_COMPLIANT, RESULT_FINDINGS, RESULT_INCONCLUSIVE };
enum rule_result { RULE_MET, RULE_VIOLATED, RULE_UNUSED, RULE_NOT_JUDGED };

/* One end as reports show it. */
struct endpoint {
	bool has_address; /* false: a role (missing traffic), or several addresses */
	struct addr address;
	const char *network; /* "10.30.0.0/16" when clients of one network are folded; else NULL */
	const char *host;    /* the site file's name; NULL */
	const char *name;    /* passive name; NULL */
	const char *name_source; /* who says so; NULL */
	roleset roles;           /* effective */
	const char *known_by;    /* "site.yaml:14", "--role", "guess: only uses crm-web", NULL */
};

/* An interface that packets were taken from, while they were. */
struct result_interface {
	uint64_t kernel_drops; /* found no room in this computer's buffer */
	bool card_told;        /* the kernel counts the next two of it */
	uint64_t card_drops;   /* the card had no room for them */
	uint64_t stack_drops;  /* thrown away by the network stack: a capture may have them */
	uint64_t downs, removals;
	int64_t away_ns;  /* down or removed, in all */
	uint32_t snaplen; /* bytes kept of a packet */
	bool promiscuous;
};

struct result_input {
	const char *path;
	const char *sha256; /* NULL when it could not be read again (standard input) */
	const char *format; /* "pcap", "pcapng", NULL */
	const char *codec;  /* "gzip" ...; NULL: not compressed */
	uint64_t bytes, packets;
	int64_t first_ns, last_ns; /* TIME_NONE when empty */
	/* Times against the order of the file. */
	uint64_t late;         /* packets earlier than one before them */
	uint64_t unsorted;     /* of those, the ones too late to be put in order */
	int64_t step_ns;       /* largest step back between neighbours; 0 none */
	uint32_t step_packet;  /* number of the packet behind it */
	uint64_t strange_time; /* before 1970, or 2100 and later */
	uint64_t untimed;      /* without a time of their own */
	/* Of the connections whose first packet it holds; see struct coverage. */
	uint64_t tcp_flows, one_way_flows, tcp_bytes, tcp_unseen_bytes;
	const char *note;    /* what limits it without damage; NULL */
	const char *same_as; /* path of an input with the same content: read once; NULL */
	const char *caveat;  /* "cut off in packet 77 ..." or NULL */
	bool failed;         /* unreadable: exit code 3 */
	const struct result_interface *live; /* NULL: a file */
};

struct coverage {
	uint64_t packets, decoded;
	uint64_t skipped[DECODE_N];
	uint64_t notes[NOTE_N];
	uint64_t other_proto; /* decoded, neither TCP nor UDP */
	uint64_t kernel_drops, interface_drops;
	uint64_t tcp_unseen_bytes, tcp_bytes; /* gap ratio = unseen / (unseen + seen) */
	uint64_t one_way_flows, tcp_flows;
	uint64_t flow_packets; /* TCP and UDP packets in flows, duplicates taken out */
	/* Copies of packets, counted once: all; routed ones, with another time to live; ones whose
	 * first sight was in another input. */
	uint64_t duplicates, duplicates_routed, duplicates_across;
	uint64_t duplicates_crowded; /* packets whose copies may have been missed: too many at once
				      */
	uint64_t truncated, heads_shed;
	/* Streams read for what servers say in them; answers of mappers, resolvers, SQL Browser. */
	uint64_t streams, streams_cut, learn_refused;
	uint64_t answers, answers_sealed, answers_bad, grants, grants_shed;
	uint64_t sightings, sightings_shed; /* what is said of hosts */
	uint64_t cards_shed;                /* sights of network cards that found no room */
	/* Datagrams that came in fragments. */
	uint64_t reassembled, fragments_late, fragments_overlap, fragments_shed;
	/* Of fragments_shed and evicted: of those who had the most of such, so that others kept
	 * theirs. */
	uint64_t crowded_datagrams, crowded_flows;
	uint64_t evicted; /* flows ended early for want of memory, or whose conversation found no
			     room */
	/* Left out by a live run because there was no time: packets of flows that were not
	 * followed, flows whose first bytes were not kept, streams not read for names. */
	uint64_t shed_packets, shed_heads, shed_streams;
	const char *const *caveats; /* sentences */
	size_t n_caveats;
	bool inconclusive; /* too poor to say "compliant" */
	const char *inconclusive_why;
	bool poor;     /* the input alone makes it so, whatever is known of the deployment */
	bool unjudged; /* no rule could be judged, which makes it so as well */
};

struct rule_row {
	const struct rule *rule;
	enum rule_result result;
	const char *reason; /* not-judged, violated: a clause; NULL */
	uint64_t conversations;
	/* The end of the time of the newest report before this one that had a conversation of it;
	 * has_seen: there is one, as far as anybody remembers. */
	bool has_seen;
	int64_t seen_ns;
};

/* How a conversation was judged. */
struct judged {
	const struct conv *conv;
	struct endpoint client, server;
	enum kind verdict;       /* VERDICT rows of kinds.h */
	const struct rule *rule; /* that documents it; NULL */
	uint16_t app;            /* of its worst flow */
	uint64_t folded;         /* 0, or how many conversations this row stands for */
};

/* What was tried, of a finding about something that failed, or is missing. */
struct attempts {
	const char *outcome; /* a word: "never-tried" "no-answer" "refused" "rejected" "half-open"
			      * "other-protocol"; NULL: the finding is not about attempts */
	uint64_t attempts;   /* repeats of one request are one */
	uint64_t retries;    /* SYNs and requests beyond them */
	int64_t first_ns, last_ns; /* attempts; TIME_NONE */
	const char *by;            /* who refused: "server" "device" "unknown"; NULL: nobody did */
	struct addr by_address;    /* of ICMP: who sent it; with has_address */
	bool has_address;
	unsigned signs;         /* enum refusal_sign: what tells a device from the server */
	uint64_t reset_at_once; /* connections that were accepted and reset before a byte */
};

/* One flow of those behind a finding, of the many that a conversation stands for: of the first
 * client and server, the one with the lowest client port. */
struct example {
	bool known;
	struct addr client, server;
	uint16_t client_port, server_port;
	uint8_t proto;
};

/* A conversation behind a finding. */
struct behind {
	const struct conv *conv; /* borrowed, as given to the judge; NULL: */
	const struct attempt *attempt;
	const struct behind *next;
};
/* Whose it is, of either kind. */
struct behind_ends {
	const struct addr *client, *server;
	uint32_t client_no, server_no;
	uint16_t client_port, port, vlan; /* client_port: the lowest */
	uint8_t proto;
};
struct behind_ends behind_ends(const struct ends *ends, const struct behind *b);

enum finding_status { STATUS_NONE, STATUS_NEW, STATUS_KNOWN };

/* What reports of the same site before this one said of a finding. */
enum { PAST_REPORTS = 30 };
struct finding_past {
	uint64_t reports;          /* that had it */
	int64_t first_ns, last_ns; /* begin of the first one's time, end of the last one's */
	uint32_t recent;           /* bit i: the i-th before this one had it, the newest is 0 */
	uint8_t n_recent;          /* how many there were, PAST_REPORTS at most; 0: nobody knows */
};

struct finding {
	char id[16]; /* "F-" and 12 hex digits */
	enum kind kind;
	enum severity severity;
	const char *severity_why;   /* the site's word on it: where, and the reason; NULL */
	const struct rule *by_rule; /* that decided the severity; NULL */
	const struct rule *rule;    /* NULL */
	const char *group;          /* any-of group, NULL */
	struct endpoint client, server;
	uint8_t proto;        /* 0: none */
	uint16_t port;        /* 0: none */
	const char *protocol; /* app name, "" unknown, NULL no bytes */
	bool has_state;
	enum flow_state state;
	bool has_direction;
	enum dir_reason reason;
	unsigned confidence; /* per cent */
	const char *why;     /* sentences */
	const struct rule *nearest;
	const char *nearest_why_not;
	const char *advice;        /* the `do` text */
	int64_t first_ns, last_ns; /* TIME_NONE */
	uint64_t flows, tries, folded;
	struct evidence ev[EVIDENCE_N];
	uint8_t n_ev;
	struct attempts attempts;
	const struct hint *hints;    /* in the order of the table; NULL: none */
	const struct behind *behind; /* in no order; NULL: none */
	struct example example;      /* set by the engine, of `behind` */
	const char *tshark;          /* display filter that finds the packets; NULL */
	const char *extract;         /* of a document that does not say what the run was given: the
				      * command as it stands there; NULL: made of run_told */
	const char *interface;       /* RPC interface name or UUID; NULL */
	/* Text that documents it, should it be meant: YAML from the first column, to stand under a
	 * key of the site file ("site"; under NULL: at its top) or of a rule pack ("pack"). All
	 * NULL: nothing does, and a waiver is what is left. */
	const char *suggest_in, *suggest_under, *suggest;
	const char *waiver;         /* id of the one that covers it; NULL */
	enum finding_status status; /* against an older result */
	bool worse;                 /* known, and worse than it was */
	struct finding_past past;
};

/* A finding of the older result that this one does not have. */
struct since_row {
	const char *id, *who; /* "crmweb02 -> sqlcl01 22/tcp" */
	enum kind kind;
	enum severity severity;
	const char *reason; /* why this result does not show that it ended, a clause; NULL: gone */
};

/* What became of the findings of an older result. */
struct since {
	const char *report;     /* what it is called; NULL: none was given */
	int64_t from_ns, to_ns; /* its window; TIME_NONE */
	uint64_t n_new, n_worse, n_known, n_gone, n_unseen; /* worse ones are known, too */
	const char *const *notes; /* what makes the two differ beside the traffic; sentences */
	size_t n_notes;
	struct since_row *rows; /* those that are gone, then those no longer seen */
	size_t n_rows;
};

/* A waiver, and what it came to. */
struct waiver_row {
	const char *id, *file;
	const char *about; /* what it is written for, made harmless: "F-..." or kind and ends */
	const char *reason, *owner;
	const char *approved_by, *ticket; /* NULL: not said */
	int64_t expires_ns;
	enum waiver_state state;
	uint64_t findings; /* that it covers; of an expired one, that it would */
	const char *note;  /* why it covers nothing, a sentence; NULL */
};

/* How sure a grant is a conversation's, best first. */
enum rpc_tie {
	RPC_TIE_SAME_CLIENT,   /* this client was told so, before it came */
	RPC_TIE_OTHER_CLIENT,  /* another client was */
	RPC_TIE_LATER,         /* somebody was, but only after the port was in use */
	RPC_TIE_OTHER_ADDRESS, /* another address of that host (site file) said so */
	RPC_TIE_ALIAS,         /* another address said so, and named this one */
	RPC_TIE_EXPIRED,       /* more than 24 hours before */
	RPC_TIE_ASSUMED,       /* the answer is known by its form: its bind was not captured */
	RPC_TIE_N,
};
const char *rpc_tie_name(enum rpc_tie t); /* "same-client" ... */

/* A conversation on a granted or presumed dynamic port, or a grant that nobody used. */
struct rpc_row {
	struct endpoint client, server; /* of an unused grant: who asked, who answered */
	uint8_t proto;
	uint16_t port;
	bool has_state; /* false: a grant that nobody used */
	enum flow_state state;
	struct rpc_iface iface[CONV_IFACES];
	uint8_t n_iface;
	const char *how; /* "epm" "epm-lookup" "oxid" "activation" "bind"; NULL unexplained */
	struct evidence granted_by; /* when how: the packet with the answer, or the bind */
	struct evidence used_by;    /* when has_state: the first packet of the conversation */
	const char *tie; /* how sure the grant is this conversation's: a word of rpc_tie_name();
			  * NULL without a grant */
	const char *why; /* a sentence: how it is tied, or why nothing explains it; NULL */
	/* Of what nothing explains, a word: "before-capture" "sealed" "lost" "not-granted"
	 * "call-back" "nothing-seen"; else NULL. */
	const char *reason;
	bool has_verdict;
	enum kind verdict;
	uint64_t folded; /* 0, or how many clients of client.network the row stands for */
	uint64_t more;   /* of an unused grant: further ports that the row stands for */
};

/* What traffic says of one role of a host. */
struct role_known {
	enum role role;
	char grade; /* 'A'..'D' */
	const char *fact[3];
	struct evidence at[3]; /* of the same fact; number 0: none */
	uint8_t n_fact;
};

/* A contradiction of an address whose finding the document does not list. */
struct row_contradiction {
	const char *finding, *why;
};

struct role_row { /* one per address */
	struct addr address;
	const char *name;        /* host or passive name; NULL */
	const char *name_source; /* who says so when it is a passive one; NULL */
	roleset roles;
	const char *known_by;
	char grade; /* 'A'..'D', 0 declared; the weakest where traffic shows several roles */
	const char *const *facts;
	size_t n_facts;
	/* By traffic, in the order of roles. Those in `roles` are gone by, where nothing else is
	 * declared; the others are hints. */
	const struct role_known *known;
	size_t n_known;
	bool is_tied; /* the same host as another address, by traffic */
	struct addr tied_to;
	const char *tied_why; /* "one network card (00:15:5d:01:02:03)" */
	roleset said;         /* --infer only: what the site file or --role has for it */
	/* Of a document that lists findings of one kind only: those that are not listed. */
	const struct row_contradiction *hidden;
	size_t n_hidden;
};

struct scope_row { /* out of scope, counted by role pair and port */
	roleset client_roles, server_roles;
	uint8_t proto;
	uint16_t port;
	uint64_t conversations;
};

/* Demands, each of a rule or an any-of group and a client host, that could not be judged. */
struct unjudged_row {
	roleset client_roles;    /* of the hosts, or the role, that they are demanded of */
	roleset server_roles;    /* any of which would serve them */
	const char *reason;      /* of the first of them, a clause */
	uint64_t demands, order; /* order: the judge's alone */
};

/* What the run was given, for commands that repeat it. Borrowed from the audit. */
struct run_told {
	const char *const *options; /* option, value, option ...; NULL: not known */
	const char *const *files;   /* as given: files, folders, patterns, "-" */
	bool piped;                 /* one of them was a pipe or standard input, and is gone */
	/* Of a live run: since when it judges by these rules, site and waivers (0: no such run),
	 * and how often they replaced others while packets were taken. */
	int64_t policy_ns;
	uint64_t reloads;
};

struct result {
	struct arena arena;
	enum result_verdict verdict;
	int64_t from_ns, to_ns, observed_ns; /* window; observed = gaps taken out */
	struct time_asked asked;
	struct window_span *missing; /* parts of it without packets, see asked.c; in order */
	size_t n_missing;
	struct timeline timeline;      /* by the hour */
	struct ends ends;              /* of what is behind findings; borrowed, as that is */
	const struct site *site;       /* borrowed from the audit */
	struct matrix *matrix;         /* borrowed; NULL of a document that was read */
	const struct pack_info *packs; /* the rule packs, in their order; borrowed */
	size_t n_packs;
	enum severity fail_on;    /* what counts as severe enough; SEV_NONE: nothing does */
	const char *tool_version; /* of the spanaudit that judged; NULL: this one */
	bool redacted;            /* addresses and names are pseudonyms: report/redact.h */
	const char *only;         /* a document that lists findings of this kind only; NULL: all */
	const char *const *role_options;
	struct run_told told;
	struct result_input *inputs;
	size_t n_inputs;
	struct coverage coverage;
	struct rule_row *rules;
	size_t n_rules;
	struct finding *findings; /* by severity (worst first), then kind, then fact */
	size_t n_findings;
	struct rpc_row *rpc;
	size_t n_rpc;
	struct role_row *roles;
	size_t n_roles;
	const uint8_t *verdict_of;         /* enum kind of every conversation given, by its index */
	const struct rule *const *rule_of; /* that documents it, as in judged.rule; NULL */
	struct judged *convs;              /* listed ones: in scope or tolerated */
	size_t n_convs;
	struct scope_row *scope;
	size_t n_scope;
	struct unjudged_row *unjudged; /* by roles, each pair once */
	size_t n_unjudged;
	uint64_t n_rule_results[4];
	uint64_t n_severity[SEV_N]; /* findings that no waiver covers */
	uint64_t n_verdict[KIND_N]; /* conversations by verdict */
	uint64_t n_conversations;   /* all = listed + folded + out of scope + evicted */
	uint64_t n_folded, n_out_of_scope, n_evicted;
	uint64_t n_scan;   /* of the folded: attempts of scans that nothing documents */
	uint64_t n_waived; /* findings that a waiver covers; they are in no n_severity */
	struct since since;
	bool has_waivers;                       /* a file of them was given */
	const struct waiver_file *waiver_files; /* as given */
	size_t n_waiver_files;
	struct waiver_row *waivers; /* in the order of their files */
	size_t n_waivers;
};

/* What the audit came to, as an exit code: 0 clean, 1 findings at or above fail_on (SEV_NONE:
 * never), 3 an input failed, 4 inconclusive. */
int result_exit_code(const struct result *r, enum severity fail_on);

/* Every figure of the result agrees with every other: what was given is listed, folded, out of
 * scope or evicted. *ret_why (may be NULL) names the first that does not. */
bool result_balances(const struct result *r, const char **ret_why);

#endif
