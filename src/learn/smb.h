/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * smb - named pipes in SMB streams, and what is said through them. Private to this folder.
 *
 *   smb.c        frames of the session service, and the bytes of messages given out in pieces
 *   smb2.c       SMB 2 and 3: commands (MS-SMB2 2.2)
 *   smb1.c       SMB 1: commands and chains of them (MS-CIFS 2.2.4)
 *   smb_pipe.c   what commands mean: trees, opens, requests that wait for their answer, pipes
 *
 * A message is a row of units: the commands of a compound (MS-SMB2 2.2.1), the blocks of an AndX
 * chain (MS-CIFS 2.2.3.4). Of a unit only the bytes before its data are looked at, and kept when
 * they come in pieces; its data go through to a pipe, or are counted.
 */
#ifndef SPAN_LEARN_SMB_H
#define SPAN_LEARN_SMB_H

#include "base/rd.h"
#include "learn/rpc_assoc.h"

enum {
	SMB_HEAD = 1024, /* of a unit that may be wanted before its data */
	SMB_SNIFF = 16,  /* of data, which tell DCE/RPC: its header */
	SMB_CHAIN = 8,   /* AndX blocks of one message */
	SMB_TREES = 16,
	SMB_PIPES = 16,
	SMB_WAITS = 48,         /* requests without answer, and answers without request */
	SMB_EARLY = 4,          /* of the latter, those with data ... */
	SMB_EARLY_BYTES = 8192, /* ... and how many each */
	SMB_SYNC = 4 + 4 + 2,   /* bytes that tell a message in the middle of a stream */
	SMB_NO_CLIENT = -1,
};

/* What an open is known by. */
enum smb_id_kind {
	SMB_ID_NONE,
	SMB_ID_FILE,   /* FileId, MS-SMB2 2.2.14.1 */
	SMB_ID_FID,    /* FID, MS-CIFS 2.2.1.6.1 */
	SMB_ID_CREATE, /* not yet opened: the message that asks for it */
};

struct smb_id {
	uint8_t kind;
	uint8_t b[16];
};

enum smb_share { SMB_SHARE_UNKNOWN, SMB_SHARE_PIPES, SMB_SHARE_OTHER };

struct smb_tree {
	struct smb_tree *next;
	uint64_t session;
	uint32_t tree;
	enum smb_share share;
};

struct smb_pipe {
	struct smb_pipe *next;
	struct smb_id id;
	struct rpc_assoc *assoc; /* from the first bytes on */
	bool named;
	bool mapper;     /* pipe of the endpoint mapper */
	bool whole;      /* what was opened is known, and nothing was lost since */
	bool closed;     /* the client wanted it closed */
	bool mute;       /* speaks something else, or finds no room */
	uint8_t seen[2]; /* first bytes of each side that were looked at */
};

enum smb_what { SMB_CREATE, SMB_DATA, SMB_CLOSE };

/* A request that waits for its answer, or an answer that was captured before its request. */
struct smb_wait {
	struct smb_wait *next;
	uint64_t key; /* of the message */
	enum smb_what what;
	bool answer;
	enum smb_share share; /* SMB_CREATE */
	uint64_t session;     /* SMB_CREATE */
	uint32_t tree;        /* SMB_CREATE */
	struct smb_id id; /* request: the open it is about; answer to SMB_CREATE: what it opened */
	struct smb_pipe *pipe; /* SMB_DATA, SMB_CLOSE; NULL unknown */
	char name[LEARN_PIPE_NAME];
	uint8_t *data; /* of an answer */
	uint32_t n_data, room;
	unsigned side;
	struct evidence at;
};

enum smb_state {
	SMB_HUNT,  /* nobody knows where the next message begins */
	SMB_FRAME, /* at the four bytes before a message */
	SMB_UNIT,  /* at the head of a unit */
	SMB_BODY,  /* behind the head of a unit */
};

struct smb_side {
	enum smb_state state;
	uint8_t few[SMB_SYNC]; /* HUNT, FRAME: what came of the next header */
	uint8_t n_few;
	uint8_t chain;             /* AndX blocks so far */
	uint8_t next_and;          /* command of the next one */
	uint32_t left;             /* of the message, from the unit or the place in its body on */
	uint32_t unit_at;          /* where the unit begins in the message */
	uint32_t need;             /* UNIT: bytes of the head that are wanted ... */
	uint32_t have;             /* ... and came, in buf */
	uint8_t *buf;              /* SMB_HEAD bytes, while have */
	uint32_t skip, data, tail; /* BODY: what lies before, in and behind the unit's data */
	struct smb_pipe *pipe;     /* who gets the data ... */
	struct smb_wait *early;    /* ... or keeps them */
	/* What later units of a message take from the one before (MS-SMB2 3.3.5.2.7.2). */
	uint64_t session;
	uint32_t tree;
	struct smb_id id;
	/* SMB 1: from the header of the message, for all its blocks. */
	uint64_t key;
	bool unicode, reply, failed;
};

struct smb {
	struct learn_flow *f;
	struct smb_side side[2];
	struct smb_tree *trees;
	struct smb_wait *waits;
	struct smb_pipe *pipes; /* in the order they were opened, all three */
	uint8_t n_tree, n_wait, n_early, n_pipe;
	int8_t client; /* side; SMB_NO_CLIENT before the first message */
	bool answered; /* the server said something */
};

/* A unit as far as it came. */
struct smb_unit {
	const uint8_t *p;
	uint32_t have;
	uint32_t limit; /* bytes of the message from the unit on */
	unsigned side;
	const struct evidence *at;
};

/* What is to become of a unit. Zeroed: nothing in it is of interest. */
struct smb_plan {
	uint32_t need; /* not yet known: ask again with so many bytes of it */
	uint32_t data_at, data_n;
	uint32_t next;    /* where the next unit begins; 0: none */
	uint8_t next_and; /* its command, SMB 1 */
	struct smb_pipe *pipe;
	struct smb_wait *early;
};

/* True when the unit's first n bytes are there. False: plan->need says to come back, or, when it is
 * 0, they will never be. */
bool smb_want(const struct smb_unit *u, uint32_t n, struct smb_plan *plan);
/* The first bytes of the unit's data [at, at + n). False as above. */
bool smb_sniff(const struct smb_unit *u, uint32_t at, uint32_t n, struct smb_plan *plan,
	       struct rd *ret);
/* True when a message from this side fits who is the client. */
bool smb_direction(struct smb *s, unsigned side, bool answer);

/* Each looks at one unit, without effect as long as plan->need is set. */
void smb1_unit(struct smb *s, const struct smb_unit *u, struct smb_plan *plan);
void smb2_unit(struct smb *s, const struct smb_unit *u, struct smb_plan *plan);

/* What commands mean, in the order in which they are captured. A key belongs to one request and its
 * answer. */
struct smb_id smb_id(enum smb_id_kind kind, struct rd *r, size_t n);
void smb_tree_is(struct smb *s, uint64_t session, uint32_t tree, enum smb_share share);
enum smb_share smb_tree_share(const struct smb *s, uint64_t session, uint32_t tree);
/* As in facts.pipe. */
void smb_name(struct rd text, bool unicode, char ret[LEARN_PIPE_NAME]);
void smb_create(struct smb *s, uint64_t key, uint64_t session, uint32_t tree, const char *name);
/* id NULL: it was refused. `share` from the answer itself. */
void smb_created(struct smb *s, uint64_t key, const struct smb_id *id, enum smb_share share);
/* Data from the client for an open; NULL when they are not for a pipe. */
struct smb_pipe *smb_write(struct smb *s, const struct smb_id *id, enum smb_share share,
			   struct rd sniff);
/* A request whose answer will carry data. `pipe` when known. */
void smb_ask(struct smb *s, uint64_t key, const struct smb_id *id, struct smb_pipe *pipe,
	     enum smb_share share);
/* Its answer of n bytes, the last one unless `more`. Says who gets them: sets plan->pipe or
 * plan->early. id NULL: the answer does not say. */
void smb_answer(struct smb *s, const struct smb_unit *u, uint64_t key, const struct smb_id *id,
		enum smb_share share, struct rd sniff, uint32_t n, bool more,
		struct smb_plan *plan);
struct smb_pipe *smb_asked(const struct smb *s, uint64_t key); /* the pipe of smb_ask() */
void smb_close(struct smb *s, uint64_t key, const struct smb_id *id);
void smb_closed(struct smb *s, uint64_t key);

void smb_pipe_bytes(struct smb *s, struct smb_pipe *p, unsigned side, struct rd r,
		    const struct evidence *at);
void smb_early_bytes(struct smb_wait *w, struct rd r);
void smb_early_drop(struct smb *s, struct smb_wait *w);
/* n bytes for the pipe are missing; 0: nobody knows how many. p NULL: of any pipe. */
void smb_pipe_gap(struct smb *s, struct smb_pipe *p, unsigned side, uint64_t n);
void smb_forget(struct smb *s); /* everything; at the end */

#endif
