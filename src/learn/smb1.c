// SPDX-License-Identifier: BSD-2-Clause
/*
 * SMB 1: the commands that open pipes and carry their data.
 *
 *   FF 'S' 'M' 'B' command(1) status(4) flags(1) flags2(2) pid_high(2) signature(8) 0(2) tid(2)
 *   pid(2) uid(2) mid(2)                                             MS-CIFS 2.2.3.1
 *   words(1) ... bytes(2) ...                                        2.2.3.2, 2.2.3.3
 *
 * Offsets in a block count from the header of the message. A block of an AndX chain has no header
 * of its own. Data that come with an error count (MS-CIFS 3.2.5.1.4): more than fitted.
 */
#include "learn/ntlm.h"
#include "learn/smb.h"

enum {
	HEADER = 32,
	CLOSE = 0x04, /* MS-CIFS 2.2.2.1 */
	LOCKING_ANDX = 0x24,
	TRANSACTION = 0x25,
	TRANSACTION_SECONDARY = 0x26,
	OPEN_ANDX = 0x2d,
	READ_ANDX = 0x2e,
	WRITE_ANDX = 0x2f,
	SESSION_SETUP_ANDX = 0x73,
	LOGOFF_ANDX = 0x74,
	TREE_CONNECT_ANDX = 0x75,
	NT_CREATE_ANDX = 0xa2,
	NO_ANDX = 0xff,
	FLAGS_REPLY = 0x80,
	FLAGS2_UNICODE = 0x8000,
	PIPE_TRANSACT = 0x0026,      /* TRANS_TRANSACT_NMPIPE, 2.2.5.6 */
	RAW_START = 0x0004 | 0x0008, /* RAW_MODE and MSG_START of WriteMode, 2.2.4.43.1 */
	TYPE_PIPES_FIRST = 1,        /* ResourceType, 2.2.4.64.2: byte mode, message mode */
	TYPE_PIPES_LAST = 2,
};

static const uint64_t KEY = (uint64_t)1 << 63; /* apart from MessageIds of SMB 2 */

/* A block: its words, and where its bytes lie in the unit. */
struct block {
	struct rd words;
	unsigned n_words;
	uint32_t bytes_at, n_bytes;
	uint8_t command;
};

static bool has_andx(uint8_t command)
{
	switch (command) {
	case LOCKING_ANDX:
	case OPEN_ANDX:
	case READ_ANDX:
	case WRITE_ANDX:
	case SESSION_SETUP_ANDX:
	case LOGOFF_ANDX:
	case TREE_CONNECT_ANDX:
	case NT_CREATE_ANDX:
		return true;
	default:
		return false;
	}
}

/* What counts from the header of the message, counted from the unit. False when that is before what
 * the block's words need, or beyond the message. */
static bool place(const struct smb *s, const struct smb_unit *u, const struct block *b,
		  uint32_t offset, uint32_t n, uint32_t *ret)
{
	uint32_t base = s->side[u->side].unit_at;

	if (!n || offset < base)
		return false;
	*ret = offset - base;
	return *ret >= b->bytes_at && *ret <= u->limit && n <= u->limit - *ret;
}

static struct smb_id fid(uint16_t n)
{
	struct smb_id id = {.kind = SMB_ID_FID};

	id.b[0] = (uint8_t)n;
	id.b[1] = (uint8_t)(n >> 8);
	return id;
}

static enum smb_share share_of(const struct smb *s, const struct smb_unit *u)
{
	return smb_tree_share(s, 0, s->side[u->side].tree);
}

static enum smb_share share_by_type(uint16_t type)
{
	return type >= TYPE_PIPES_FIRST && type <= TYPE_PIPES_LAST ? SMB_SHARE_PIPES
								   : SMB_SHARE_OTHER;
}

/* 2.2.4.55.2: the service, ASCII in every dialect */
static void tree_connect_answer(struct smb *s, const struct smb_unit *u, const struct block *b,
				struct smb_plan *plan)
{
	struct rd r;

	if (!smb_want(u, b->bytes_at + 4, plan) || b->n_bytes < 4)
		return;
	r = rd_over(u->p, u->have);
	rd_skip(&r, b->bytes_at);
	smb_tree_is(s, 0, s->side[u->side].tree,
		    rd_is(&r, "IPC", 4) ? SMB_SHARE_PIPES : SMB_SHARE_OTHER);
}

/* A name of up to n bytes at the block's bytes; in Unicode from the next even place of the message
 * (2.2.1.1). */
static bool name_at(const struct smb *s, const struct smb_unit *u, const struct block *b,
		    uint32_t n, struct smb_plan *plan, char ret[LEARN_PIPE_NAME])
{
	const struct smb_side *c = &s->side[u->side];
	uint32_t pad = c->unicode && (c->unit_at + b->bytes_at) & 1, at = b->bytes_at + pad;
	struct rd r;

	if (n > SMB_HEAD / 2)
		n = SMB_HEAD / 2;
	if (b->n_bytes < pad + 1 || at > u->limit)
		return false;
	if (n > b->n_bytes - pad)
		n = b->n_bytes - pad;
	if (n > u->limit - at)
		n = u->limit - at;
	if (!smb_want(u, at + n, plan))
		return false;
	r = rd_over(u->p, u->have);
	rd_skip(&r, at);
	smb_name(rd_sub(&r, n), c->unicode, ret);
	return true;
}

/* 2.2.4.64.1 */
static void nt_create(struct smb *s, const struct smb_unit *u, struct block *b,
		      struct smb_plan *plan)
{
	const struct smb_side *c = &s->side[u->side];
	char name[LEARN_PIPE_NAME];

	if (b->n_words != 24)
		return;
	rd_skip(&b->words, 1);

	uint16_t n = rd_le16(&b->words);

	if (name_at(s, u, b, n, plan, name))
		smb_create(s, c->key, 0, c->tree, name);
}

/* 2.2.4.41.1 */
static void open_andx(struct smb *s, const struct smb_unit *u, const struct block *b,
		      struct smb_plan *plan)
{
	const struct smb_side *c = &s->side[u->side];
	char name[LEARN_PIPE_NAME];

	if (b->n_words == 15 && name_at(s, u, b, b->n_bytes, plan, name))
		smb_create(s, c->key, 0, c->tree, name);
}

/* 2.2.4.64.2, and the longer one of MS-SMB 2.2.4.9.2 */
static void nt_create_answer(struct smb *s, const struct smb_unit *u, struct block *b)
{
	const struct smb_side *c = &s->side[u->side];

	if (c->failed || b->n_words < 34) {
		smb_created(s, c->key, NULL, SMB_SHARE_UNKNOWN);
		return;
	}
	rd_skip(&b->words, 1);

	struct smb_id id = fid(rd_le16(&b->words));

	rd_skip(&b->words, 4 + 32 + 4 + 16);
	smb_created(s, c->key, &id, share_by_type(rd_le16(&b->words)));
}

/* 2.2.4.41.2 */
static void open_answer(struct smb *s, const struct smb_unit *u, struct block *b)
{
	const struct smb_side *c = &s->side[u->side];

	if (c->failed || b->n_words < 15) {
		smb_created(s, c->key, NULL, SMB_SHARE_UNKNOWN);
		return;
	}

	struct smb_id id = fid(rd_le16(&b->words));

	rd_skip(&b->words, 2 + 4 + 4 + 2);
	smb_created(s, c->key, &id, share_by_type(rd_le16(&b->words)));
}

/* 2.2.4.43.1, and MS-SMB 2.2.4.3.1 for lengths above 64 KiB */
static void write_andx(struct smb *s, const struct smb_unit *u, struct block *b,
		       struct smb_plan *plan)
{
	struct rd sniff;
	uint32_t at;

	if (b->n_words != 12 && b->n_words != 14)
		return;

	struct smb_id id = fid(rd_le16(&b->words));

	rd_skip(&b->words, 4 + 4);

	uint16_t mode = rd_le16(&b->words);

	rd_skip(&b->words, 2);

	uint32_t high = rd_le16(&b->words), n = rd_le16(&b->words), offset = rd_le16(&b->words);

	n |= high << 16;
	/* 3.3.5.36: the first two bytes of a raw message are its length */
	if ((mode & RAW_START) == RAW_START && n >= 2) {
		n -= 2;
		offset += 2;
	}
	if (!place(s, u, b, offset, n, &at) || !smb_sniff(u, at, n, plan, &sniff))
		return;
	plan->data_at = at;
	plan->data_n = n;
	plan->pipe = smb_write(s, &id, share_of(s, u), sniff);
}

/* 2.2.4.42.1 */
static void read_andx(struct smb *s, const struct smb_unit *u, struct block *b)
{
	if (b->n_words != 10 && b->n_words != 12)
		return;

	struct smb_id id = fid(rd_le16(&b->words));

	smb_ask(s, s->side[u->side].key, &id, NULL, share_of(s, u));
}

/* 2.2.4.42.2, MS-SMB 2.2.4.2.2 */
static void read_answer(struct smb *s, const struct smb_unit *u, struct block *b,
			struct smb_plan *plan)
{
	struct rd sniff = rd_over(NULL, 0);
	uint32_t at = 0, n = 0;

	if (b->n_words == 12) {
		rd_skip(&b->words, 2 + 2 + 2);
		n = rd_le16(&b->words);

		uint32_t offset = rd_le16(&b->words);

		n |= (uint32_t)rd_le16(&b->words) << 16;
		if (!place(s, u, b, offset, n, &at))
			n = 0;
	}
	if (n && !smb_sniff(u, at, n, plan, &sniff))
		return;
	plan->data_at = n ? at : 0;
	plan->data_n = n;
	smb_answer(s, u, s->side[u->side].key, NULL, share_of(s, u), sniff, n, false, plan);
}

/* 2.2.4.33.1, 2.2.5.6.1 */
static void transaction(struct smb *s, const struct smb_unit *u, struct block *b,
			struct smb_plan *plan)
{
	struct rd sniff;
	uint32_t at;

	if (b->n_words != 16)
		return;
	rd_skip(&b->words, 2 * 4 + 2 + 2 + 4 + 2 + 2 + 2);

	uint32_t n = rd_le16(&b->words), offset = rd_le16(&b->words);

	rd_skip(&b->words, 2);
	if (rd_le16(&b->words) != PIPE_TRANSACT)
		return;

	struct smb_id id = fid(rd_le16(&b->words));

	if (!place(s, u, b, offset, n, &at) || !smb_sniff(u, at, n, plan, &sniff))
		return;
	plan->data_at = at;
	plan->data_n = n;
	plan->pipe = smb_write(s, &id, share_of(s, u), sniff);
	smb_ask(s, s->side[u->side].key, &id, plan->pipe, share_of(s, u));
}

/* 2.2.4.34.1: the rest of what did not fit into the request */
static void transaction_secondary(const struct smb *s, const struct smb_unit *u, struct block *b,
				  struct smb_plan *plan)
{
	uint32_t at;

	if (b->n_words != 8)
		return;
	rd_skip(&b->words, (size_t)5 * 2);

	uint32_t n = rd_le16(&b->words), offset = rd_le16(&b->words);

	if (!place(s, u, b, offset, n, &at))
		return;
	plan->data_at = at;
	plan->data_n = n;
	plan->pipe = smb_asked(s, s->side[u->side].key);
}

/* 2.2.4.33.2: may come in several messages; without words it only asks for the rest */
static void transaction_answer(struct smb *s, const struct smb_unit *u, struct block *b,
			       struct smb_plan *plan)
{
	const struct smb_side *c = &s->side[u->side];
	struct rd sniff = rd_over(NULL, 0);
	uint32_t at = 0, n = 0, total = 0, before = 0;

	if (b->n_words < 10 && !c->failed)
		return;
	if (b->n_words >= 10) {
		rd_skip(&b->words, 2);
		total = rd_le16(&b->words);
		rd_skip(&b->words, (size_t)4 * 2);
		n = rd_le16(&b->words);

		uint32_t offset = rd_le16(&b->words);

		before = rd_le16(&b->words);
		if (!place(s, u, b, offset, n, &at))
			n = 0;
	}
	if (n && !smb_sniff(u, at, n, plan, &sniff))
		return;
	plan->data_at = n ? at : 0;
	plan->data_n = n;
	smb_answer(s, u, c->key, NULL, share_of(s, u), sniff, n, n && before + n < total, plan);
}

static void close_request(struct smb *s, const struct smb_unit *u, struct block *b)
{
	if (b->n_words != 3) /* 2.2.4.5.1 */
		return;

	struct smb_id id = fid(rd_le16(&b->words));

	smb_close(s, s->side[u->side].key, &id);
}

static void request(struct smb *s, const struct smb_unit *u, struct block *b, struct smb_plan *plan)
{
	switch (b->command) {
	case NT_CREATE_ANDX:
		nt_create(s, u, b, plan);
		break;
	case OPEN_ANDX:
		open_andx(s, u, b, plan);
		break;
	case WRITE_ANDX:
		write_andx(s, u, b, plan);
		break;
	case READ_ANDX:
		read_andx(s, u, b);
		break;
	case TRANSACTION:
		transaction(s, u, b, plan);
		break;
	case TRANSACTION_SECONDARY:
		transaction_secondary(s, u, b, plan);
		break;
	case CLOSE:
		close_request(s, u, b);
		break;
	default:
		break;
	}
}

/* The challenge, if this is one: MS-SMB 2.2.4.6.2, the form with a security blob. */
static void session_setup_answer(struct smb *s, const struct smb_unit *u, struct block *b,
				 struct smb_plan *plan)
{
	uint32_t n = b->n_bytes;

	if (b->n_words != 4 || !s->side[u->side].failed || b->bytes_at >= SMB_HEAD)
		return;
	n = n < SMB_HEAD - b->bytes_at ? n : SMB_HEAD - b->bytes_at;
	if (!smb_want(u, b->bytes_at + n, plan))
		return;

	struct rd r = rd_over(u->p, u->have);

	rd_skip(&r, b->bytes_at);
	ntlm_credentials(s->f, u->side, rd_sub(&r, n), u->at);
}

static void answer(struct smb *s, const struct smb_unit *u, struct block *b, struct smb_plan *plan)
{
	switch (b->command) {
	case SESSION_SETUP_ANDX:
		session_setup_answer(s, u, b, plan);
		break;
	case TREE_CONNECT_ANDX:
		if (b->n_words)
			tree_connect_answer(s, u, b, plan);
		break;
	case NT_CREATE_ANDX:
		nt_create_answer(s, u, b);
		break;
	case OPEN_ANDX:
		open_answer(s, u, b);
		break;
	case READ_ANDX:
		read_answer(s, u, b, plan);
		break;
	case TRANSACTION:
		transaction_answer(s, u, b, plan);
		break;
	case CLOSE:
		smb_closed(s, s->side[u->side].key);
		break;
	default:
		break;
	}
}

static bool header(struct smb *s, const struct smb_unit *u, uint8_t *ret_command)
{
	struct smb_side *c = &s->side[u->side];
	struct rd r = rd_over(u->p, u->have);
	uint64_t pid;

	rd_skip(&r, 4);
	*ret_command = rd_u8(&r);

	uint32_t status = rd_le32(&r);
	uint8_t flags = rd_u8(&r);
	uint16_t flags2 = rd_le16(&r);

	pid = (uint64_t)rd_le16(&r) << 32;
	rd_skip(&r, 8 + 2);
	c->tree = rd_le16(&r);
	pid |= (uint64_t)rd_le16(&r) << 16;
	rd_skip(&r, 2);
	c->key = KEY | pid | rd_le16(&r);
	c->unicode = flags2 & FLAGS2_UNICODE;
	c->reply = flags & FLAGS_REPLY;
	c->failed = status != 0;
	/* A server breaks an oplock by a request of its own: 2.2.4.32. */
	return *ret_command == LOCKING_ANDX ? s->client >= 0 : smb_direction(s, u->side, c->reply);
}

void smb1_unit(struct smb *s, const struct smb_unit *u, struct smb_plan *plan)
{
	const struct smb_side *c = &s->side[u->side];
	struct block b = {.command = c->next_and};
	uint32_t at = c->unit_at ? 0 : HEADER, words_at = at + 1;
	struct rd r;

	if (!smb_want(u, words_at, plan) || (!c->unit_at && !header(s, u, &b.command)))
		return;
	r = rd_over(u->p, u->have);
	rd_skip(&r, at);
	b.n_words = rd_u8(&r);
	b.bytes_at = words_at + 2 * b.n_words + 2;
	if (!smb_want(u, b.bytes_at, plan))
		return;
	r = rd_over(u->p, u->have);
	rd_skip(&r, words_at);
	b.words = rd_sub(&r, 2 * (size_t)b.n_words);
	b.n_bytes = rd_le16(&r);
	if (b.n_words >= 2 && has_andx(b.command)) {
		uint8_t next = rd_u8(&b.words);

		rd_skip(&b.words, 1);

		uint32_t offset = rd_le16(&b.words), to;

		/* Forward only, and so many times. */
		if (next != NO_ANDX && c->chain < SMB_CHAIN && place(s, u, &b, offset, 3, &to)) {
			plan->next = to;
			plan->next_and = next;
		}
	}
	if (c->reply)
		answer(s, u, &b, plan);
	else
		request(s, u, &b, plan);
}
