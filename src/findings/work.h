/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * work - what the judge's files share while one result is made. Nothing outside src/findings
 * includes it.
 *
 *   party   an address that is an end of a conversation, with what is known of it
 *   item    a conversation on its way: its parties, its ruling, what its attempts came to. The
 *           attempts of strangers, which are out of scope whatever they are, have none (scope.c).
 *   ruling  verdict, the rule behind it, and the case (which line of reasoning led there)
 *
 * Order of work: parties, scans, inferred roles and clients, items, rulings, demands, findings,
 * folding, tallies.
 */
#ifndef SPAN_FINDINGS_WORK_H
#define SPAN_FINDINGS_WORK_H

#include "base/bulk.h"
#include "base/out.h"
#include "base/proto.h"
#include "base/siphash.h"
#include "base/time.h"
#include "base/vec.h"
#include "findings/grant.h"
#include "findings/id.h"
#include "findings/judge.h"
#include "findings/sql_port.h"
#include "infer/scan.h"
#include "recognise/recognise.h"

enum {
	FOLD_CLIENTS = 256, /* more clients of one network than this become one row */
	SCOPE_RECENT_BITS = 8,
	LOW_CONFIDENCE = 60, /* below, the direction of a conversation is a guess */
	PEER_NAMES = 8,      /* a finding shows so many names of its peers */
	PEER_HOSTS = 3,      /* an unknown peer on one port of so many core hosts is one finding */
	TRAILING_FAILS = 3,  /* so many failures at the end ... */
};
#define TRAILING_NS (INT64_C(60) * NS_PER_S) /* ... over at least so long are a finding */
#define LONE_TRY_NS (INT64_C(3) * NS_PER_S)
#define ANSWER_NS   (INT64_C(5) * NS_PER_S) /* unicast answer to a broadcast */
#define MAPPER_NS   (INT64_C(5) * NS_PER_S)
#define PREDATE_NS  (INT64_C(600) * NS_PER_S)
#define CALLBACK_NS (INT64_C(600) * NS_PER_S)

/* Why a conversation has its verdict, where the verdict alone does not say it. */
enum ruling_case {
	CASE_PLAIN,
	CASE_SAME_HOST,
	CASE_PROBE,      /* handshake of a load balancer or monitor */
	CASE_CLEAR_HTTP, /* advice */
	CASE_CLEAR_LOGIN,
	CASE_SMB1,
	CASE_TLS_FOR_HTTP, /* unexpected-protocol of the misconfigured kind */
	CASE_HTTP_FOR_TLS,
	CASE_INTERFACE,    /* an RPC interface that these roles may not use */
	CASE_FORBIDDEN,    /* a rule says no */
	CASE_OLD_PORT,     /* the documented port, which the site has moved */
	CASE_NAME_SERVICE, /* DNS or NTP by a server without that role */
	CASE_EGRESS_WEB,   /* core host to public addresses: HTTP or TLS */
	CASE_EGRESS,       /* the same, anything else */
	CASE_PUBLIC,       /* public address to a core host */
	CASE_GROUP,        /* to a multicast or broadcast address */
	CASE_LINK,         /* an address of a declared host's link that nobody declared */
	CASE_PEER,         /* an unknown peer of many core hosts */
	CASE_GUESS,        /* nobody knows the one end, and the other by its traffic alone */
	CASE_UNDIRECTED,   /* both ports high, nobody knows who called */
	CASE_CALLBACK,     /* DCOM or MSDTC calling back to a client */
	CASE_SEALED,       /* the client had just asked the mapper: the answer is encrypted */
	CASE_LOST,         /* the same: bytes of the answer were not captured, or not read */
	CASE_NOT_GRANTED,  /* the same: the answers can be read, and none is about this port */
	CASE_PREDATES,     /* the grant may be older than the capture */
	CASE_REPLICATES,   /* a host that is no domain controller replicates the directory */
};

struct ruling {
	enum kind verdict;
	enum ruling_case why;
	const struct rule *rule; /* that documents it, or that it offends; NULL */
	uint16_t app;            /* what the verdict is about; APP_NONE */
	int8_t app_index;        /* in conv.app; -1 none */
	int8_t iface;            /* the one that offends, see rpc_ifaces(); -1 none */
	bool reversed;           /* judged with the ends swapped */
};

/* One question to the rules: a conversation seen through one of its protocols. */
struct ask { /* whoever puts something into it, puts it into the key of answers.c */
	struct end client, server;
	bool client_public, server_public; /* public and undeclared */
	bool same_host, client_linked, server_linked;
	bool group, group_sends; /* to a group; in its name alone */
	uint8_t proto;
	uint16_t client_port, port; /* client_port 0: several, or unknown */
	uint16_t sql_port;          /* see sql_port_for() */
	uint16_t app;
	bool sure;        /* the protocol may be held against it */
	bool established; /* data could flow */
	bool payload;
	bool snapped; /* the capture holds packets that were cut: bytes may be missing */
	uint32_t notes;
	bool in_setup;
	bool imagined;       /* a question of a person, not of a capture */
	unsigned confidence; /* of the direction */
	const struct rpc_iface *iface;
	size_t n_iface;
	bool mid_stream, early;      /* early: within PREDATE_NS of the begin */
	const struct grant_hit *hit; /* who was told of this port; NULL: nobody */
	bool dialled_mapper;         /* the client used this server's 135 */
	bool mapper_just_before;
	bool mapper_sealed, mapper_unread; /* what it answered could not be read */
	bool called_back;                  /* the pair speaks DCOM the other way round */
	const char *const *names;
	size_t n_names;
};

struct party_told {       /* what is said of few addresses, or the same of many */
	const char *host; /* as those of an endpoint */
	const char *name, *name_source, *known_by;
};

struct party {
	struct addr addr;
	const struct host *host;
	const struct infer_host *inferred; /* what traffic says of it; NULL: nothing asked */
	const struct party_told *told;     /* never NULL */
	const char *token;                 /* see party_token() */
	roleset roles;
	uint32_t past_vip; /* conversations that users opened with it past the load balancer */
	char grade;        /* of the guess; 'C': a client, because it does nothing else */
	bool guess : 1;    /* roles are inferred */
	bool tied : 1;     /* not declared itself: traffic ties it to the declared `host` */
	bool group : 1;    /* no host: multicast, broadcast, directed broadcast */
	bool linked : 1;   /* undeclared, but on a declared core host's IPv6 link */
	bool scanner : 1;  /* has scan attempts */
	bool client : 1, server : 1; /* seen as */
	bool answered : 1;           /* something that it serves was answered */
};

enum outcome {
	OUTCOME_GOOD,    /* went through */
	OUTCOME_FAILED,  /* never went through */
	OUTCOME_BROKEN,  /* went through, and has failed since */
	OUTCOME_UNKNOWN, /* one-way, or too little to tell */
	OUTCOME_NONE,    /* no attempt in the sense of a rule (probe, by nature without answer) */
};

struct item { /* one line of memory: passes over all of them look at no conversation */
	/* NULL: a lone attempt that nobody wanted more of so far. See item_conv(). */
	const struct conv *conv;
	int64_t since_ns; /* OUTCOME_BROKEN: the first of the failures at the end */
	struct ruling r;
	uint32_t client, server;      /* parties */
	uint32_t attempt;             /* apart: its place in the input's attempts */
	uint16_t port, sql_port;      /* the conversation's; see sql_port_for() */
	uint8_t proto, state, reason; /* the conversation's */
	uint8_t outcome;
	bool scope : 1; /* in scope */
	bool scan : 1;  /* part of a scan */
	bool apart : 1; /* made of a lone attempt: no index of the input's has it */
	bool group : 1;
	bool probe : 1;
	bool covered : 1; /* a violated demand speaks for it */
	bool hidden : 1;  /* it failed, and IPsec hides whether another way was found */
	bool folded : 1;  /* its row stands under its network */
	bool crowd : 1;   /* one of hundreds of strangers on this port of this host */
	bool dynamic : 1; /* presumed dynamic RPC: a row of that table */
	bool known : 1;   /* one of its protocols is */
	bool more : 1;    /* it has a conv_more: names, interfaces, resets */
	bool signs : 1;   /* one of its protocols shows a sign, or an error */
};
_Static_assert(sizeof(struct item) <= 64, "a line of memory");

/* Who spoke to whom, and where. */
struct pair {
	uint32_t client_no, server_no;
	uint8_t proto;
	uint16_t port;
};

static inline struct pair pair_of(const struct conv *c)
{
	return (struct pair){c->client_no, c->server_no, c->proto, c->port};
}

static inline struct pair pair_of_attempt(const struct attempt *a)
{
	return (struct pair){a->client_no, a->server_no, IPPROTO_NR_TCP, a->port};
}

/* Attempts as conversations; see item_shown(). */
struct showing {
	const struct attempt *of; /* NULL: none yet */
	struct attempt_conv one;
	bool failed; /* out of memory */
};

struct hint_mate {   /* an address of a declared host */
	size_t host; /* its index */
	uint32_t party;
};

struct scope_tally { /* rows of conversations out of scope, by their key */
	struct hash_key key;
	VEC(struct scope_row) rows;
	uint32_t *slot; /* row + 1; 0: free */
	size_t slots;
	uint64_t n;                              /* conversations */
	uint32_t recent[1 << SCOPE_RECENT_BITS]; /* row + 1; 0: none */
};

struct work {
	struct result *r;
	const struct judge_input *in;
	const struct site *site;
	struct matrix *m;
	struct arena *a;
	struct party *party; /* by place in struct ends */
	size_t n_party;
	uint8_t *scan, *scan_attempt; /* by conversation, by attempt: part of a scan */
	struct item *item;
	size_t n;
	struct bulk items; /* what item is */
	struct showing *showing;
	struct scope_tally *aside; /* conversations out of scope; see scope_aside() */
	VEC(struct finding) findings;
	bool failed; /* out of memory */
	struct demand_set *demands;
	struct sql_ports *sql_ports;
	struct grant_index *grants;
	struct answers *answers; /* while rulings are made */
	struct prefix net;       /* that fold_network() wrote last, as: */
	const char *net_text;
	struct rpc_blocks *blocks;
	uint64_t hint_looks; /* see hints.c, as the next two */
	VEC(struct hint_mate) mates;
	bool mates_made;
};

/* asked.c */
/* Holds what was observed against the time asked for: what is missing, and how long was observed.
 */
void asked_hold(struct work *w);
/* A whole day was asked for, and is there. */
bool asked_whole_day(const struct work *w);
/* A sentence about a missing part. NULL without memory. */
const char *asked_lacks(struct work *w, size_t i);

/* party.c */
bool parties_make(struct work *w);
void parties_done(struct work *w);
/* As a result shows it. */
static inline struct endpoint party_end(const struct party *p)
{
	return (struct endpoint){
		.has_address = true,
		.address = p->addr,
		.host = p->told->host,
		.name = p->told->name,
		.name_source = p->told->name_source,
		.roles = p->roles,
		.known_by = p->told->known_by,
	};
}
/* The same as text. */
const char *party_text(struct work *w, const struct party *p);
/* How facts name it; "" and w->failed without memory. */
const char *party_token(struct work *w, const struct party *p);
/* Sent to a group of hosts, also by a broadcast address that only the site's networks show. */
bool conv_group(const struct work *w, const struct conv *c);
const struct party *party_of(const struct work *w, const struct addr *a);
/* Gives undeclared addresses the roles that their traffic shows; then a private address without
 * role that only uses the web application becomes a crm-client. */
void parties_infer(struct work *w);
/* Some host is declared: what others do is held against a list, not against nothing. */
bool hosts_declared(const struct work *w);
roleset roles_of_host(const struct host *h);

/* scan.c: marks conversations as scan attempts. */
bool scans_mark(struct work *w);

/* scope.c */
bool scope_core(roleset s);
bool scope_has(struct matrix *m, const struct ask *q);
/* Makes the items, and counts the conversations that get none. */
bool items_make(struct work *w);
void items_done(struct work *w);
/* Counts one that is out of scope; false without memory. */
bool scope_aside(struct work *w, const struct pair *p);
/* The rows of all that was counted, into the result. */
bool scope_rows_make(struct work *w);
/* The ends as rules see them: a virtual address stands for the servers behind it, and a load
 * balancer for the clients in front of it. */
void scope_ends(const struct ask *q, struct end *ret_client, struct end *ret_server);

/* item.c */
/* The conversation that it is: of an attempt valid until the next call, for who passes over all. */
const struct conv *item_show(const struct work *w, const struct item *it);
static inline const struct conv *item_shown(const struct work *w, const struct item *it)
{
	return it->conv ? it->conv : item_show(w, it);
}
/* The same for who keeps it: it lives as long as the result. */
const struct conv *item_keep(const struct work *w, const struct item *it);
static inline const struct conv *item_conv(const struct work *w, const struct item *it)
{
	return it->conv ? it->conv : item_keep(w, it);
}
/* The item is that conversation behind a finding. */
bool item_is(const struct work *w, const struct item *it, const struct behind *b);

/* verdict.c */
void ask_decide(const struct site *site, struct matrix *m, const struct ask *q, struct ruling *ret);
/* What it came to, and may be remembered by. */
struct answer {
	struct ruling r;
	uint8_t candidate; /* rpc_candidate() of it: 0 not asked yet, else CANDIDATE_* */
};
enum { CANDIDATE_NO = 1, CANDIDATE_YES };
/* answers.c: what was asked before is not worked out again. For one site and matrix. */
struct answers;
struct answers *answers_new(const struct site *site, const struct matrix *m);
struct answers *answers_free(struct answers *a);
/* As ask_decide(), and valid until the next call. */
struct answer *answers_decide(struct answers *a, const struct site *site, struct matrix *m,
			      const struct ask *q);
/* The rule takes this protocol. */
bool rule_takes(const struct rule *r, uint16_t app);
bool rulings_make(struct work *w);
/* UDP that nothing answers by nature, and that was heard: syslog, traps, NetBIOS datagrams. */
bool conv_speaks_alone(const struct conv *c);
enum outcome conv_outcome(const struct conv *c, int64_t to_ns, int64_t *ret_since_ns);

/* A probe from the Internet that came to nothing. */
bool public_probe(const struct work *w, const struct item *it);

/* rpc.c */
bool rpc_candidate(struct matrix *m, const struct ask *q);
bool rpc_decide(const struct site *site, struct matrix *m, const struct ask *q, struct ruling *ret);
const char *rpc_iface_label(struct arena *a, const struct rpc_iface *f);
/* The interfaces that a conversation is about: those bound, else those that were granted on its
 * port. *ret_hit (g NULL: nobody was told) backs what is returned. */
const struct rpc_iface *rpc_ifaces(const struct work *w, const struct conv *c,
				   struct grant_hit *ret_hit, size_t *ret_n);
/* The one that the ruling is about, else the first, as text; NULL when none has a name. */
const char *rpc_label(struct work *w, const struct item *it);
/* What a rule for dynamic RPC makes of a port that was granted as it wants; NULL: no rule. */
enum kind rpc_documents(const struct rule *r);
/* The answer is about an object, and names no interface. */
bool rpc_is_dcom(const struct grant *g);

/* rpc_row.c */
bool rpc_rows_make(struct work *w);

/* rpc_blocked.c: ports that were granted and could not be reached. */
bool rpc_blocked_mark(struct work *w);
bool rpc_blocked_make(struct work *w);
void rpc_blocked_done(struct work *w);

/* demand.c */
bool demands_make(struct work *w);
void demands_done(struct work *w);

/* finding.c: everything that becomes a finding. */
bool findings_make(struct work *w);
struct finding *finding_add(struct work *w, const struct fact *f, enum severity s);
void finding_evidence(struct finding *f, const struct evidence *ev, size_t n);
void finding_conv(struct work *w, struct finding *f, const struct conv *c);
/* The conversation of the item is behind the finding, and adds to its figures. */
void finding_of(struct work *w, struct finding *f, const struct item *it);
/* The same, but it adds nothing to them. */
void finding_behind(struct work *w, struct finding *f, const struct item *it);
/* The packets of the conversation that prove the finding: of its failure, or of its protocol. */
void finding_item(struct work *w, struct finding *f, const struct item *it, bool failure);
struct endpoint endpoint_roles(roleset roles);
bool findings_finish(struct work *w); /* sorts */
bool missing_make(struct work *w);    /* missing.c */

/* waive.c: takes what a waiver covers out of the tallies; after findings_finish() and
 * coverage_judge(). */
bool waivers_apply(struct work *w);

/* fold.c */
void conv_sum(struct conv *into, const struct conv *c);
const char *fold_network(struct work *w, const struct party *p);

/* severity.c */
enum severity severity_of(const struct work *w, const struct item *it);
/* No more than low when a role at one of the ends is a guess. */
enum severity severity_guess(const struct work *w, const struct item *it, enum severity s);
enum severity severity_rule(const struct rule *r, enum severity s);
/* The rule's own severity, where it has one, is the finding's. */
void finding_rule_severity(struct finding *f, const struct rule *r);
/* What the site says of kinds of findings, for those that no rule has decided. */
void severities_apply(struct work *w);

/* coverage.c */
void window_make(struct work *w);
void coverage_judge(struct work *w);
/* Somebody said who at least one host or network is. Else every role is a guess from traffic. */
bool site_declares_roles(const struct site *s);
double coverage_loss(const struct coverage *c);
bool coverage_one_way(const struct coverage *c);
uint64_t coverage_undecoded(const struct coverage *c); /* packets that are IP, or may be */
double site_max_loss(const struct site *s);
const char *percent_text(struct arena *a, double ratio);

/* Who is at the other end of a finding's conversations, where many are one. */
struct peers {
	size_t n;           /* servers' addresses */
	const char **names; /* that the conversations gave, the first in order, each once */
	size_t n_names, n_more;
};

/* text.c */
const char *text_why(struct work *w, const struct item *it, const struct finding *f,
		     const struct peers *p);
const char *text_advice(struct work *w, const struct item *it, const struct finding *f,
			const struct peers *p);
const char *text_failure(struct work *w, const struct conv *c);
/* Fills f->attempts from the conversations behind it; `tell` is the one that its text tells of,
 * NULL: nothing was tried. */
void attempts_of(struct finding *f, const struct conv *tell);
/* A sentence: who told whom of which port, how, in which packet, when. */
const char *text_grant(struct work *w, const struct grant *g);
const char *text_endpoint(struct work *w, const struct endpoint *e);
const char *text_filter(struct work *w, const struct finding *f);
const char *text_roles(struct work *w, roleset s);
const char *proto_text(uint8_t proto);
const char *text_counted(struct arena *a, uint64_t n, const char *one, const char *many);

/* There is a conversation of these ends and port, whatever came of it. verdict.c */
bool conv_there(const struct work *w, const struct addr *client, const struct addr *server,
		uint8_t proto, uint16_t port);
/* The same as an item; NULL. */
const struct item *item_find(const struct work *w, const struct addr *client,
			     const struct addr *server, uint8_t proto, uint16_t port);

/* hints.c: after all other findings. */
bool hints_make(struct work *w);

/* suggest.c: what would document a finding, for f->suggest. */
void suggest_make(struct work *w, const struct item *it, struct finding *f, const struct peers *p);
/* Single lines of the site file. */
const char *suggest_moved(struct work *w, const struct item *it);
const char *suggest_host(struct work *w, const struct addr *a, const char *role);
const char *suggest_egress(struct work *w, const struct item *it, const struct peers *p);
/* SQL Browser told this port as that of the administrators. */
bool suggest_administrators(const struct work *w, const struct item *it);

#endif
