// SPDX-License-Identifier: BSD-2-Clause
/*
 * SMB 2 and 3: the commands that open pipes and carry their data.
 *
 *   FE 'S' 'M' 'B' 64(2) credit_charge(2) status(4) command(2) credits(2) flags(4) next(4)
 *   message_id(8) reserved(4) tree(4), or async_id(8)   session(8) signature(16)
 *                                                              MS-SMB2 2.2.1.1, 2.2.1.2
 *
 * Answers tell what they are by the size of their structure: one that failed has none of its own
 * (2.2.2), and STATUS_BUFFER_OVERFLOW comes with data (3.3.5.12, 3.3.5.15.10).
 */
#include <string.h>

#include "learn/ntlm.h"
#include "learn/smb.h"

enum {
	HEADER = 64,
	SESSION_SETUP = 0x01, /* 2.2.1.2 */
	TREE_CONNECT = 0x03,
	CREATE = 0x05,
	CLOSE = 0x06,
	READ = 0x08,
	WRITE = 0x09,
	IOCTL = 0x0b,
	FLAG_ANSWER = 1, /* SMB2_FLAGS_SERVER_TO_REDIR, ASYNC_COMMAND, RELATED_OPERATIONS */
	FLAG_ASYNC = 2,
	FLAG_RELATED = 4,
	SHARE_PIPE = 2, /* 2.2.10 */
	FILE_ID = 16,
};

static const uint32_t STATUS_PENDING = 0x00000103;
static const uint32_t STATUS_MORE = 0xc0000016;           /* _PROCESSING_REQUIRED */
static const uint32_t FSCTL_PIPE_TRANSCEIVE = 0x0011c017; /* 2.2.31 */
static const uint64_t ALL_ONES = UINT64_MAX;

struct header {
	uint32_t status, flags, next, tree;
	uint16_t command;
	uint64_t key, session;
	enum smb_share share; /* of the tree */
};

/* A reader over the command, behind the header. */
static struct rd body(const struct smb_unit *u)
{
	struct rd r = rd_over(u->p, u->have);

	rd_skip(&r, HEADER);
	return r;
}

/* The body's fixed part of n bytes, when it says that it is `size` bytes long (each structure
 * counts one byte of what varies). */
static bool fixed(const struct smb_unit *u, uint32_t n, uint16_t size, struct smb_plan *plan,
		  struct rd *ret)
{
	if (!smb_want(u, HEADER + 2, plan))
		return false;
	*ret = body(u);
	if (rd_le16(ret) != size || !smb_want(u, HEADER + n, plan))
		return false;
	return true;
}

static bool header(const struct smb *s, const struct smb_unit *u, struct header *ret)
{
	const struct smb_side *c = &s->side[u->side];
	struct rd r = rd_over(u->p, u->have);

	*ret = (struct header){0};
	rd_skip(&r, 4);
	if (rd_le16(&r) != HEADER)
		return false;
	rd_skip(&r, 2);
	ret->status = rd_le32(&r);
	ret->command = rd_le16(&r);
	rd_skip(&r, 2);
	ret->flags = rd_le32(&r);
	ret->next = rd_le32(&r);
	ret->key = rd_le64(&r);
	rd_skip(&r, 4);
	ret->tree = rd_le32(&r);
	ret->session = rd_le64(&r);
	/* 3.3.5.2.7.2: a related request goes on in the session and tree of the one before; some
	 * servers give the request's ones back */
	if (ret->flags & FLAG_RELATED && (!(ret->flags & FLAG_ANSWER) || ret->tree == UINT32_MAX)) {
		ret->session = c->session;
		ret->tree = c->tree;
	}
	ret->share = ret->flags & FLAG_ASYNC ? SMB_SHARE_UNKNOWN
					     : smb_tree_share(s, ret->session, ret->tree);
	return true;
}

/* Both halves of the FileId at r. */
static bool all_ones(struct rd *r)
{
	const uint64_t persistent = rd_le64(r), volatile_ = rd_le64(r);

	return persistent == ALL_ONES && volatile_ == ALL_ONES;
}

/* The FileId at r. All ones: that of the request before (3.3.5.2.7.2), which may be about to open
 * it. */
static struct smb_id file_id(const struct smb *s, const struct smb_unit *u, struct rd *r)
{
	struct rd look = *r;
	bool ones = all_ones(&look);
	struct smb_id id = smb_id(SMB_ID_FILE, r, FILE_ID);

	return ones ? s->side[u->side].id : id;
}

/* Are there n bytes at offset `at` of the unit, behind its fixed part? */
static bool inside(const struct smb_unit *u, uint32_t at, uint32_t n, uint32_t first)
{
	return n && at >= first && at <= u->limit && n <= u->limit - at;
}

/* The challenge, if this is one: the second leg of a login (MS-SMB2 3.3.5.5.3). */
static void session_setup_answer(struct smb *s, const struct smb_unit *u, struct smb_plan *plan)
{
	struct rd r;

	if (!fixed(u, 8, 9, plan, &r))
		return;
	rd_skip(&r, 2);

	uint32_t at = rd_le16(&r), n = rd_le16(&r);

	if (!inside(u, at, n, HEADER + 8) || at >= SMB_HEAD)
		return;
	/* What is beyond a head is not for us. */
	n = n < SMB_HEAD - at ? n : SMB_HEAD - at;
	if (!smb_want(u, at + n, plan))
		return;
	r = rd_over(u->p, u->have);
	rd_skip(&r, at);
	ntlm_credentials(s->f, u->side, rd_sub(&r, n), u->at);
}

static void tree_connect_answer(struct smb *s, const struct smb_unit *u, const struct header *h,
				struct smb_plan *plan)
{
	struct rd r;

	if (h->flags & FLAG_ASYNC || !fixed(u, 3, 16, plan, &r))
		return;
	smb_tree_is(s, h->session, h->tree,
		    rd_u8(&r) == SHARE_PIPE ? SMB_SHARE_PIPES : SMB_SHARE_OTHER);
}

static void create_request(struct smb *s, const struct smb_unit *u, const struct header *h,
			   struct smb_plan *plan)
{
	char name[LEARN_PIPE_NAME];
	struct rd r;

	if (!fixed(u, 56, 57, plan, &r))
		return;
	rd_skip(&r, 42);

	uint32_t at = rd_le16(&r), n = rd_le16(&r);

	/* More than a pipe's name is a path, which no pipe of a well-known name has. */
	if (n > SMB_HEAD / 2)
		n = SMB_HEAD / 2;
	if (!inside(u, at, n, HEADER + 56))
		return;
	if (!smb_want(u, at + n, plan))
		return;
	r = rd_over(u->p, u->have);
	rd_skip(&r, at);
	smb_name(rd_sub(&r, n), true, name);
	s->side[u->side].id = (struct smb_id){.kind = SMB_ID_CREATE};
	memcpy(s->side[u->side].id.b, &h->key, sizeof h->key);
	smb_create(s, h->key, h->session, h->tree, name);
}

static void create_answer(struct smb *s, const struct smb_unit *u, const struct header *h,
			  struct smb_plan *plan)
{
	struct smb_id id;
	struct rd r;

	if (!fixed(u, 80, 89, plan, &r)) {
		if (!plan->need)
			smb_created(s, h->key, NULL, SMB_SHARE_UNKNOWN);
		return;
	}
	rd_skip(&r, 62);
	id = smb_id(SMB_ID_FILE, &r, FILE_ID);
	smb_created(s, h->key, &id, h->share);
}

static void close_request(struct smb *s, const struct smb_unit *u, const struct header *h,
			  struct smb_plan *plan)
{
	struct rd r;

	if (!fixed(u, 24, 24, plan, &r))
		return;
	rd_skip(&r, 6);

	struct smb_id id = file_id(s, u, &r);

	smb_close(s, h->key, &id);
}

static void read_request(struct smb *s, const struct smb_unit *u, const struct header *h,
			 struct smb_plan *plan)
{
	struct rd r;

	if (!fixed(u, 48, 49, plan, &r))
		return;
	rd_skip(&r, 14);

	struct smb_id id = file_id(s, u, &r);

	s->side[u->side].id = id;
	smb_ask(s, h->key, &id, NULL, h->share);
}

static void read_answer(struct smb *s, const struct smb_unit *u, const struct header *h,
			struct smb_plan *plan)
{
	struct rd r, sniff = rd_over(NULL, 0);
	uint32_t at = 0, n = 0;

	if (fixed(u, 16, 17, plan, &r)) {
		at = rd_u8(&r);
		rd_skip(&r, 1);
		n = rd_le32(&r);
		if (!inside(u, at, n, HEADER + 16))
			n = 0;
		if (n && !smb_sniff(u, at, n, plan, &sniff))
			return;
	} else if (plan->need) {
		return;
	}
	plan->data_at = at;
	plan->data_n = n;
	smb_answer(s, u, h->key, NULL, h->share, sniff, n, false, plan);
}

static void write_request(struct smb *s, const struct smb_unit *u, const struct header *h,
			  struct smb_plan *plan)
{
	struct rd r, sniff;

	if (!fixed(u, 48, 49, plan, &r))
		return;

	uint32_t at = rd_le16(&r), n = rd_le32(&r);

	rd_skip(&r, 8);

	struct smb_id id = file_id(s, u, &r);

	s->side[u->side].id = id;
	if (!inside(u, at, n, HEADER + 48) || !smb_sniff(u, at, n, plan, &sniff))
		return;
	plan->data_at = at;
	plan->data_n = n;
	plan->pipe = smb_write(s, &id, h->share, sniff);
}

static void ioctl_request(struct smb *s, const struct smb_unit *u, const struct header *h,
			  struct smb_plan *plan)
{
	struct rd r, sniff;

	if (!fixed(u, 56, 57, plan, &r))
		return;
	rd_skip(&r, 2);

	uint32_t code = rd_le32(&r);
	struct smb_id id = file_id(s, u, &r);
	uint32_t at = rd_le32(&r), n = rd_le32(&r);

	s->side[u->side].id = id;
	if (code != FSCTL_PIPE_TRANSCEIVE || !inside(u, at, n, HEADER + 56) ||
	    !smb_sniff(u, at, n, plan, &sniff))
		return;
	plan->data_at = at;
	plan->data_n = n;
	plan->pipe = smb_write(s, &id, h->share, sniff);
	smb_ask(s, h->key, &id, plan->pipe, h->share);
}

static void ioctl_answer(struct smb *s, const struct smb_unit *u, const struct header *h,
			 struct smb_plan *plan)
{
	struct smb_id id = {.kind = SMB_ID_NONE};
	struct rd r, sniff = rd_over(NULL, 0);
	uint32_t at = 0, n = 0;

	if (fixed(u, 48, 49, plan, &r)) {
		rd_skip(&r, 2);
		if (rd_le32(&r) != FSCTL_PIPE_TRANSCEIVE)
			return;

		struct rd look = r;
		bool ones = all_ones(&look);

		id = smb_id(SMB_ID_FILE, &r, FILE_ID);
		if (ones)
			id.kind = SMB_ID_NONE;
		rd_skip(&r, 8);
		at = rd_le32(&r);
		n = rd_le32(&r);
		if (!inside(u, at, n, HEADER + 48))
			n = 0;
		if (n && !smb_sniff(u, at, n, plan, &sniff))
			return;
	} else if (plan->need) {
		return;
	}
	plan->data_at = at;
	plan->data_n = n;
	smb_answer(s, u, h->key, id.kind ? &id : NULL, h->share, sniff, n, false, plan);
}

static void request(struct smb *s, const struct smb_unit *u, const struct header *h,
		    struct smb_plan *plan)
{
	switch (h->command) {
	case CREATE:
		create_request(s, u, h, plan);
		break;
	case CLOSE:
		close_request(s, u, h, plan);
		break;
	case READ:
		read_request(s, u, h, plan);
		break;
	case WRITE:
		write_request(s, u, h, plan);
		break;
	case IOCTL:
		ioctl_request(s, u, h, plan);
		break;
	default:
		break;
	}
}

static void answer(struct smb *s, const struct smb_unit *u, const struct header *h,
		   struct smb_plan *plan)
{
	/* 3.3.4.2: the final answer is still to come, with the same MessageId */
	if (h->status == STATUS_PENDING)
		return;
	switch (h->command) {
	case SESSION_SETUP:
		if (h->status == STATUS_MORE)
			session_setup_answer(s, u, plan);
		break;
	case TREE_CONNECT:
		tree_connect_answer(s, u, h, plan);
		break;
	case CREATE:
		create_answer(s, u, h, plan);
		break;
	case CLOSE:
		smb_closed(s, h->key);
		break;
	case READ:
		read_answer(s, u, h, plan);
		break;
	case IOCTL:
		ioctl_answer(s, u, h, plan);
		break;
	default:
		break;
	}
}

void smb2_unit(struct smb *s, const struct smb_unit *whole, struct smb_plan *plan)
{
	struct smb_side *c = &s->side[whole->side];
	struct smb_unit u = *whole;
	struct header h;

	if (!smb_want(&u, HEADER, plan) || !header(s, &u, &h))
		return;
	/* 2.2.1.2: NextCommand leads to another header behind this command */
	if (h.next >= HEADER && h.next <= u.limit - HEADER) {
		plan->next = h.next;
		u.limit = h.next;
		u.have = u.have < h.next ? u.have : h.next;
	}
	if (!smb_direction(s, u.side, h.flags & FLAG_ANSWER))
		return;
	if (h.flags & FLAG_ANSWER)
		answer(s, &u, &h, plan);
	else
		request(s, &u, &h, plan);
	if (plan->need)
		return;
	c->session = h.session;
	c->tree = h.tree;
}
