/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * recognise - which protocol the first bytes of a flow are.
 *
 * A recogniser is one file with one `const struct recogniser recogniser_<word>` and the word in
 * meson.build. It is a pure function of bytes: given the first bytes of one side, it says whether
 * they are its protocol's, and whether a client or a server says such a thing. The dispatcher asks
 * every recogniser about both sides and combines the answers; a port never decides.
 *
 *   VERDICT_NO      these bytes are not this protocol
 *   VERDICT_MORE    cannot say yet, bytes are missing; at the end of a flow this counts as no
 *   VERDICT_LIKELY  fits, but alone it is weak (an SMTP banner is also an FTP banner)
 *   VERDICT_SURE    the protocol's minimum check is passed
 *
 * SURE by one side, or LIKELY by both, and not NO by a side that has at least 8 bytes, is
 * APP_SURE; LIKELY by one side alone is APP_LIKELY, and so is SURE against a NO: there the server's
 * message names what listens. A protocol is never claimed from fewer than `min` bytes. A side that
 * does not begin at the start of its stream is only asked through `resume`, and its no means
 * nothing.
 */
#ifndef SPAN_RECOGNISE_RECOGNISE_H
#define SPAN_RECOGNISE_RECOGNISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PROTO_TCP = 6, PROTO_UDP = 17 }; /* IP protocol numbers, as in struct recogniser.proto */

enum verdict { VERDICT_NO, VERDICT_MORE, VERDICT_LIKELY, VERDICT_SURE };
enum speaker { SPEAKER_EITHER, SPEAKER_CLIENT, SPEAKER_SERVER };
enum app_conf { APP_UNSURE, APP_LIKELY, APP_SURE };

/* Facts that bear on advice or evidence, ored into conversations. */
enum app_note {
	APP_NOTE_CLEAR_LOGIN = 1 << 0,     /* LDAP simple bind with a password and without TLS */
	APP_NOTE_SMB1_SERVER = 1 << 1,     /* the server answered in SMB1 */
	APP_NOTE_STARTTLS = 1 << 2,        /* an upgrade to TLS was asked for */
	APP_NOTE_NTP_SYMMETRIC = 1 << 3,   /* mode 1: an older w32time client, or a peer */
	APP_NOTE_NTP_BROADCAST = 1 << 4,   /* mode 5 */
	APP_NOTE_NTP_CONTROL = 1 << 5,     /* mode 6 or 7: not time synchronisation */
	APP_NOTE_RPC_NAK = 1 << 6,         /* bind_nak */
	APP_NOTE_KRB_ERROR = 1 << 7,       /* KRB-ERROR, but for 25: pre-authentication wanted */
	APP_NOTE_SSRP_BROADCAST = 1 << 8,  /* SQL Browser request 02 */
	APP_NOTE_UNANSWERED_KIND = 1 << 9, /* by nature without answer: syslog, NBDGM, traps */
	APP_NOTE_ERROR = 1 << 10,          /* the server answered with its protocol's refusal */
	/* Of whole streams, from their learner: */
	APP_NOTE_RPC_SEALED = 1 << 11, /* answers of the mapper or resolver are encrypted */
	APP_NOTE_RPC_LOST = 1 << 12,   /* such an answer may be in bytes that were not captured */
	APP_NOTE_RPC_FAULT = 1 << 13,  /* a call was answered by a fault */
	APP_NOTE_RPC_REPLICATES = 1 << 14, /* drsuapi GetNCChanges was called */
};

/* What the first bytes say of the hosts behind them, ored into conversations: evidence for roles.
 * Of HTTP these are the first request of a connection and its answer, as far as they are in the
 * first bytes. Its paths count only where the answer shows that they are there: see http_signs.c,
 * which also says why 401 mostly does not. What becomes of a request that was answered by 401 is
 * read in the whole stream, by the learner of HTTP. */
enum app_sign {
	SIGN_CRM_PAGE = 1 << 0,       /* HTTP: pages of the web application */
	SIGN_CRM_SERVICE = 1 << 1,    /* HTTP: organization service, SOAP or OData */
	SIGN_CRM_DISCOVERY = 1 << 2,  /* HTTP: discovery service */
	SIGN_CRM_DEPLOYMENT = 1 << 3, /* HTTP: deployment service */
	SIGN_REPORTS = 1 << 4,        /* HTTP: a report server */
	SIGN_ADFS = 1 << 5,           /* HTTP: sign-in or trust service of AD FS */
	SIGN_FEDERATION = 1 << 6,     /* HTTP: federation metadata */
	SIGN_EXCHANGE = 1 << 7,    /* HTTP: EWS, Autodiscover, MAPI, RPC proxy; SMTP: its banner */
	SIGN_WSMAN = 1 << 8,       /* HTTP: WS-Management */
	SIGN_BROWSER = 1 << 9,     /* HTTP: the client is a browser */
	SIGN_OUTLOOK = 1 << 10,    /* HTTP: the client is Outlook */
	SIGN_SANDBOX = 1 << 11,    /* MC-NMF: the via is that of a sandbox host, and was taken */
	SIGN_NTP_SIGNED = 1 << 12, /* NTP: the server's answer is signed (MS-SNTP 2.2.1) */
	SIGN_NTLM = 1 << 13,       /* HTTP: the client offered NTLM */
	SIGN_KERBEROS = 1 << 14,   /* HTTP: the client offered Kerberos */
	SIGN_LOGIN_REFUSED = 1 << 15, /* HTTP: 401, and no word more, to an offer of either */
	SIGN_UNAVAILABLE = 1 << 16,   /* HTTP: 503 */
	/* MC-NMF: the via is that where sandbox hosts call back, and was taken: the client is one,
	 * the server runs code of CRM's. */
	SIGN_SANDBOX_CALLS = 1 << 17,
	/* HTTP: a path of CRM's was asked for, and the answer was 401, as IIS gives for any path:
	 * the client thinks that it is CRM. */
	SIGN_CRM_ASKED = 1 << 18,
	SIGN_N = 19, /* how many bits there are */
};
/* "crm-page", "login-refused" ... for bit i below SIGN_N. */
const char *app_sign_name(unsigned i);

enum { FACT_NAME = 64, FACT_IFACES = 4 };

struct fact_iface {
	uint8_t uuid[16]; /* as printed, big-endian fields */
	uint16_t major, minor;
};

/* What a probe found besides yes or no. Zeroed by the caller, but for iface. */
struct facts {
	enum speaker speaker;
	uint8_t variant; /* index into recogniser.apps */
	uint32_t notes;
	uint32_t signs;       /* SIGN_*: those that count whatever the other side says */
	uint32_t asked;       /* SIGN_*: those that count with the right answer, see together() */
	uint16_t answer;      /* the recogniser's own, for together() */
	char name[FACT_NAME]; /* SNI, Host, via, instance ...; printable ASCII only, "" none */
	uint8_t n_iface;
	struct fact_iface iface[FACT_IFACES]; /* n_iface of them: DCE/RPC abstract syntaxes */
	bool more; /* certain already, but later bytes may still bring a name or a note */
};

struct payload {
	const uint8_t *p;
	size_t n;
	bool whole_start; /* begins where the stream or datagram began */
	bool cut;         /* more was sent than is here */
	uint16_t port;    /* of the speaker's side; only for protocols whose specification makes the
			   * port part of their identity (DNS 53/5353/5355), never as proof */
	uint16_t peer_port;
	uint8_t proto; /* PROTO_TCP or PROTO_UDP: framing differs. Filled in by recognise() */
	/* For recognise_again(): where p has as many bytes as at the last call, they are the same
	 * ones. */
	bool same;
};

/* What one byte may be: pairs of the lowest and the highest of a range. */
struct recogniser_byte {
	const char *pairs;
	uint8_t n; /* 0: anything */
};
#define BYTE_IN(pairs)                     \
	{                                  \
		(pairs), sizeof(pairs) / 2 \
	}
#define BYTE_ANY        \
	{               \
		NULL, 0 \
	}

enum { RECOGNISER_BYTES = 8, RECOGNISER_LEAST = 31 };

struct recogniser_begin {
	uint8_t proto; /* as in struct recogniser */
	/* Fewer bytes say nothing, whatever they are: probe wants more. A datagram of so few is a
	 * no. RECOGNISER_LEAST at most; 0: each byte counts as soon as it is there. */
	uint8_t least;
	struct recogniser_byte byte[RECOGNISER_BYTES];
};
#define RECOGNISER_BEGINS(...)                                              \
	.begin = (const struct recogniser_begin[]){__VA_ARGS__},            \
	.n_begin = sizeof((const struct recogniser_begin[]){__VA_ARGS__}) / \
		   sizeof(struct recogniser_begin)

struct app_row { /* one name of a recogniser: the first names the family */
	const char *name;
	const char *title; /* "TLS", "DCE/RPC endpoint mapper" */
};

struct recogniser {
	const char *word; /* the file's */
	const char *spec; /* "RFC 8446 5.1" */
	uint8_t proto;    /* IP protocol: 6 or 17; 0 both */
	uint8_t min;      /* fewest bytes that can prove it */
	uint8_t n_begin;
	/* Optional, by RECOGNISER_BEGINS: what a stream or datagram of it may begin with, each for
	 * itself. Other beginnings are a no at once, for which probe is not asked: it would have to
	 * say the same, however many bytes follow. */
	const struct recogniser_begin *begin;
	bool remote_control; /* remote control, shell, file transfer or tunnel (severity) */
	struct app_row apps[6];
	enum verdict (*probe)(const struct payload *in, struct facts *ret);
	/* Optional: bytes in the middle of a stream (a record or PDU boundary). */
	enum verdict (*resume)(const struct payload *in, struct facts *ret);
	/* Optional: the SIGN_* that both sides make together. Both are likely, one is a client's
	 * and the other a server's, and both have their start. */
	uint32_t (*together)(const struct facts *client, const struct facts *server);
};

/* An app is a number: 1 + recogniser index * 8 + variant. Stable within one build only; names are
 * what is written anywhere. */
enum { APP_NONE = 0 };
size_t recogniser_count(void);
const struct recogniser *recogniser_at(size_t i);
/* False when the bytes, the first of a stream or datagram, are out of the question. */
bool recogniser_begins(const struct recogniser *r, const struct payload *in);
const char *app_name(uint16_t app); /* "" for APP_NONE */
const char *app_title(uint16_t app);
/* APP_NONE when there is none. */
uint16_t app_by_name(const char *name);
/* True when `app` is `wanted`, or `wanted` is the first name of the same recogniser. */
bool app_is(uint16_t app, uint16_t wanted);
bool app_remote_control(uint16_t app);

/* The result for one flow; side indices are those of the caller. */
struct recognition {
	uint16_t app;
	int8_t client_side; /* 0, 1; -1 unknown */
	bool more;          /* later bytes may bring a name, a note or a sign */
	enum app_conf conf;
	uint32_t notes;
	uint32_t signs; /* SIGN_* */
	uint32_t asked; /* SIGN_* that a first message asks for: what the answer makes of them is in
			 * `signs`, once it is there */
	uint32_t read;  /* SIGN_* that a reader of the whole stream found. recognise() does not know
			 * of it */
	uint8_t n_iface;
	char name[FACT_NAME];
	struct fact_iface iface[FACT_IFACES]; /* n_iface of them */
};

/* Judges the first bytes of both sides (p may be NULL with n 0), by asking everybody. Returns true
 * when the answer is final: nothing more could change it, or *ret is APP_SURE and no wanted fact is
 * missing. `final` says that no more bytes will come. */
bool recognise(const struct payload side[2], uint8_t proto, bool final, struct recognition *ret);

enum { RECOGNISERS_MAX = 64 }; /* one bit each */

/* Who has anything to say to a beginning: made once, then only read. A bit for each recogniser, and
 * behind those one for each further beginning that one of them has; [1]: UDP. */
struct recognise_table {
	uint64_t may[2][RECOGNISER_BYTES][256];  /* by place and value of a byte */
	uint64_t waits[2][RECOGNISER_LEAST + 1]; /* by number of bytes: who wants more of them */
	uint64_t resumes[2];                     /* those that can begin in the middle */
	uint8_t of[2][RECOGNISERS_MAX];          /* whose bit it is */
};
void recognise_table_init(struct recognise_table *ret);

/* What was said of which bytes of a flow; zero before the first call, and where it is then. */
struct recognise_memo {
	uint64_t no[2]; /* by whom: no */
	uint32_t n[2];  /* of this many bytes */
	bool whole_start[2], cut[2];
	uint8_t over;    /* sides (bits) to which all said no, and which are wanted no more */
	uint8_t lasting; /* of them, those to which all say no whatever follows */
	uint8_t said;    /* sides of which somebody said more than no: he is in the cache, maybe */
};

/* What was said last of sides of flows, for as long as nobody else needs the place. May be shared
 * by all flows whose memos do not move; zero at first. */
enum { RECOGNISE_CACHE = 256 };
struct recognise_cache {
	struct recognise_said {
		const struct recognise_memo *of;
		uint8_t who[2], verdict[2];
		struct facts facts[2];
	} said[RECOGNISE_CACHE];
};

/* True when the answer would be that of the last call, but for `final`. Where all said no to a side
 * and nothing can change that, its bytes need not be shown again: n may be 0 then (recognise_again
 * takes that, too). */
bool recognise_known(const struct recognise_memo *m, const struct payload side[2]);
/* True when nobody has anything to say to the side any more, so that its bytes are not wanted. */
static inline bool recognise_over(const struct recognise_memo *m, int side)
{
	return m->over >> side & 1;
}

/* The sides (bits) to which all said no, where nobody wants more of them, and the memo says nothing
 * else; otherwise 0. Then recognise_all_no() makes another that is as good. */
unsigned recognise_is_all_no(const struct recognise_memo *m, uint8_t proto);
void recognise_all_no(struct recognise_memo *ret, unsigned sides, uint8_t proto);

/* As recognise(), for who asks about a growing flow again and again: nobody looks at bytes twice to
 * which he has said no, and seldom at others. `cache` may be NULL. */
bool recognise_again(const struct recognise_table *t, struct recognise_cache *cache,
		     struct recognise_memo *memo, const struct payload side[2], uint8_t proto,
		     bool final, struct recognition *ret);

#endif
