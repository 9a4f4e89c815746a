// SPDX-License-Identifier: BSD-2-Clause
/*
 * smb_pipe - trees, opens, requests that wait for their answer, and pipes.
 *
 * The two directions of a connection may reach the capture out of step, so an answer is kept for a
 * while when its request is still to come. Everything is a short list, the oldest in front, which
 * gives way when a list is full.
 */
#include <string.h>

#include "base/cpu.h"
#include "learn/smb.h"
#include "recognise/dcerpc_pdu.h"

struct smb_id smb_id(enum smb_id_kind kind, struct rd *r, size_t n)
{
	struct smb_id id = {.kind = (uint8_t)kind};
	const uint8_t *p = rd_take(r, n < sizeof id.b ? n : sizeof id.b);

	if (p)
		memcpy(id.b, p, n < sizeof id.b ? n : sizeof id.b);
	return id;
}

static struct smb_id id_of_create(uint64_t key)
{
	struct smb_id id = {.kind = SMB_ID_CREATE};

	memcpy(id.b, &key, sizeof key);
	return id;
}

static bool id_is(const struct smb_id *a, const struct smb_id *b)
{
	return a->kind == b->kind && !memcmp(a->b, b->b, sizeof a->b);
}

/* Trees */

static struct smb_tree *tree_find(const struct smb *s, uint64_t session, uint32_t tree)
{
	for (struct smb_tree *t = s->trees; t; t = t->next)
		if (t->tree == tree && t->session == session)
			return t;
	return NULL;
}

enum smb_share smb_tree_share(const struct smb *s, uint64_t session, uint32_t tree)
{
	const struct smb_tree *t = tree_find(s, session, tree);

	return t ? t->share : SMB_SHARE_UNKNOWN;
}

void smb_tree_is(struct smb *s, uint64_t session, uint32_t tree, enum smb_share share)
{
	struct smb_tree *t = tree_find(s, session, tree), **end = &s->trees;

	if (t) {
		t->share = share;
		return;
	}
	if (s->n_tree == SMB_TREES) {
		t = s->trees;
		s->trees = t->next;
	} else {
		t = learn_take(s->f->l, sizeof *t);
		if (!t)
			return;
		s->n_tree++;
	}
	*t = (struct smb_tree){.session = session, .tree = tree, .share = share};
	while (*end)
		end = &(*end)->next;
	*end = t;
}

/* Requests and answers that wait for their other half */

static void wait_drop(struct smb *s, struct smb_wait *w)
{
	struct smb_wait **at = &s->waits;

	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	s->n_wait--;
	if (w->data) {
		s->n_early--;
		learn_give(s->f->l, w->data, w->room);
	}
	for (unsigned i = 0; i < 2; i++)
		if (s->side[i].early == w)
			s->side[i].early = NULL;
	learn_give(s->f->l, w, sizeof *w);
}

static struct smb_wait *wait_find(const struct smb *s, uint64_t key, enum smb_what what,
				  bool answer)
{
	for (struct smb_wait *w = s->waits; w; w = w->next)
		if (w->key == key && w->what == what && w->answer == answer)
			return w;
	return NULL;
}

/* NULL without room. One of the same key gives way: it was never answered. */
static struct smb_wait *wait_add(struct smb *s, uint64_t key, enum smb_what what, bool answer)
{
	struct smb_wait *w = wait_find(s, key, what, answer), **end = &s->waits;

	if (!w && s->n_wait == SMB_WAITS)
		w = s->waits;
	if (w)
		wait_drop(s, w);
	w = learn_take(s->f->l, sizeof *w);
	if (!w)
		return NULL;
	s->n_wait++;
	w->key = key;
	w->what = what;
	w->answer = answer;
	while (*end)
		end = &(*end)->next;
	*end = w;
	return w;
}

/* Pipes */

static struct smb_pipe *pipe_find(const struct smb *s, const struct smb_id *id)
{
	for (struct smb_pipe *p = s->pipes; p; p = p->next)
		if (id_is(&p->id, id))
			return p;
	return NULL;
}

static void pipe_drop(struct smb *s, struct smb_pipe *p)
{
	struct smb_pipe **at = &s->pipes;

	while (*at && *at != p)
		at = &(*at)->next;
	if (!*at)
		return;
	*at = p->next;
	s->n_pipe--;
	for (struct smb_wait *w = s->waits; w; w = w->next)
		if (w->pipe == p)
			w->pipe = NULL;
	for (unsigned i = 0; i < 2; i++)
		if (s->side[i].pipe == p)
			s->side[i].pipe = NULL;
	if (p->assoc) {
		rpc_assoc_end(p->assoc);
		rpc_assoc_free(p->assoc);
	}
	learn_give(s->f->l, p, sizeof *p);
}

static struct smb_pipe *pipe_open(struct smb *s, const struct smb_id *id, bool whole)
{
	struct smb_pipe *p = s->pipes, **end = &s->pipes;

	if (s->n_pipe == SMB_PIPES) {
		while (p && !p->closed)
			p = p->next;
		pipe_drop(s, p ? p : s->pipes);
	}
	p = learn_take(s->f->l, sizeof *p);
	if (!p)
		return NULL;
	s->n_pipe++;
	p->id = *id;
	p->whole = whole;
	while (*end)
		end = &(*end)->next;
	*end = p;
	return p;
}

/* Other things speak through pipes too, SQL Server's TDS for one. A pipe that was seen from its
 * opening tells by its first two bytes, C706 12.6.3.1: rpc_vers and rpc_vers_minor. */
static bool other_protocol(struct smb_pipe *p, unsigned side, struct rd r)
{
	while (p->whole && p->seen[side] < 2 && rd_left(&r)) {
		uint8_t c = rd_u8(&r);

		if (p->seen[side]++ ? c > 1 : c != 5)
			return true;
	}
	return false;
}

void smb_pipe_bytes(struct smb *s, struct smb_pipe *p, unsigned side, struct rd r,
		    const struct evidence *at)
{
	bool start = p->whole && !p->seen[side];
	size_t n = rd_left(&r);

	if (p->mute || !n)
		return;
	if (other_protocol(p, side, r)) {
		if (p->assoc)
			rpc_assoc_end(p->assoc);
		p->assoc = rpc_assoc_free(p->assoc);
		p->mute = true;
		return;
	}
	if (!p->assoc) {
		p->assoc = rpc_assoc_new(s->f);
		if (p->assoc && p->mapper)
			rpc_assoc_mapper(p->assoc);
	}
	if (!p->assoc) {
		p->mute = true;
		return;
	}
	rpc_assoc_bytes(p->assoc, side, r.p, n, start, at);
}

void smb_pipe_gap(struct smb *s, struct smb_pipe *one, unsigned side, uint64_t n)
{
	for (struct smb_pipe *p = s->pipes; p; p = p->next) {
		if (one && p != one)
			continue;
		p->whole = false;
		if (p->assoc)
			rpc_assoc_gap(p->assoc, side, n);
	}
}

/* Does this open a connection of DCE/RPC, or go on with one? */
static bool is_pdu(struct rd r, enum speaker speaker)
{
	struct pdu h;

	return pdu_header(&r, &h) == VERDICT_SURE && pdu_speaker(h.ptype) == speaker;
}

static bool is_bind(struct rd r)
{
	struct pdu h;

	return pdu_header(&r, &h) == VERDICT_SURE && h.ptype == PDU_BIND;
}

/* Names */

/* Pipes that RPC servers of Windows and Samba, and SQL Server, listen on: for opens whose tree
 * connect was not captured. */
static bool name_known(const char *name)
{
	static const char *const known[] = {
		"atsvc",    "browser",      "dnsserver", "efsrpc",   "epmapper",
		"eventlog", "initshutdown", "keysvc",    "lsarpc",   "lsass",
		"netdfs",   "netlogon",     "ntsvcs",    "plugplay", "protected_storage",
		"router",   "samr",         "scerpc",    "spoolss",  "sql\\query",
		"srvsvc",   "svcctl",       "tapsrv",    "trkwks",   "w32time",
		"winreg",   "winspipe",     "wkssvc",
	};

	for (size_t i = 0; i < N_ELEMENTS(known); i++)
		if (!strcmp(name, known[i]))
			return true;
	return false;
}

void smb_name(struct rd text, bool unicode, char ret[LEARN_PIPE_NAME])
{
	static const char pipe[] = "pipe\\";
	size_t n = 0;

	while (n < LEARN_PIPE_NAME - 1 && rd_left(&text) >= (unicode ? 2U : 1U)) {
		uint16_t c = unicode ? rd_le16(&text) : rd_u8(&text);

		if (!c)
			break;
		if (c == '\\' && !n)
			continue;
		if (c >= 'A' && c <= 'Z')
			c |= 0x20;
		ret[n++] = (char)(c >= ' ' && c <= '~' ? c : '?');
		/* MS-CIFS 2.2.1.1.5: \PIPE\name and \name are the same */
		if (n == sizeof pipe - 1 && !memcmp(ret, pipe, n))
			n = 0;
	}
	memset(ret + n, 0, LEARN_PIPE_NAME - n);
}

static void fact(struct learn_facts *k, const char *name)
{
	for (uint8_t i = 0; i < k->n_pipe; i++)
		if (!strcmp(k->pipe[i], name))
			return;
	if (k->n_pipe < LEARN_PIPES)
		memcpy(k->pipe[k->n_pipe++], name, LEARN_PIPE_NAME);
}

/* Opens */

static void refused(struct smb *s, uint64_t key)
{
	struct smb_id id = id_of_create(key);
	struct smb_pipe *p = pipe_find(s, &id);

	if (p)
		pipe_drop(s, p);
}

static void opened(struct smb *s, const struct smb_wait *w, const struct smb_id *id,
		   enum smb_share share)
{
	struct smb_id asked = id_of_create(w->key);

	if (share == SMB_SHARE_UNKNOWN)
		share = smb_tree_share(s, w->session, w->tree);
	if (share == SMB_SHARE_UNKNOWN && name_known(w->name))
		share = SMB_SHARE_PIPES;

	struct smb_pipe *p = pipe_find(s, id);

	/* A number is used again once it was closed; but one whose data came before this answer
	 * is what was opened. */
	if (p && (p->named || share != SMB_SHARE_PIPES)) {
		pipe_drop(s, p);
		p = NULL;
	}
	if (share != SMB_SHARE_PIPES) {
		refused(s, w->key);
		return;
	}
	fact(&s->f->facts, w->name);
	if (!p)
		p = pipe_find(s, &asked);
	if (!p)
		p = pipe_open(s, id, true);
	if (!p)
		return;
	p->id = *id;
	p->named = true;
	p->mapper = !strcmp(w->name, "epmapper");
	if (p->mapper && p->assoc)
		rpc_assoc_mapper(p->assoc);
	for (struct smb_wait *other = s->waits; other; other = other->next)
		if (id_is(&other->id, &asked))
			other->id = *id;
}

void smb_create(struct smb *s, uint64_t key, uint64_t session, uint32_t tree, const char *name)
{
	struct smb_wait *before = wait_find(s, key, SMB_CREATE, true), *w;
	struct smb_wait ask = {.key = key, .session = session, .tree = tree};

	/* The root of IPC$ has no name. */
	if (!*name || smb_tree_share(s, session, tree) == SMB_SHARE_OTHER) {
		if (before)
			wait_drop(s, before);
		return;
	}
	memcpy(ask.name, name, sizeof ask.name);
	if (before) {
		opened(s, &ask, &before->id, before->share);
		wait_drop(s, before);
		return;
	}
	w = wait_add(s, key, SMB_CREATE, false);
	if (!w)
		return;
	w->session = session;
	w->tree = tree;
	memcpy(w->name, name, sizeof w->name);
}

void smb_created(struct smb *s, uint64_t key, const struct smb_id *id, enum smb_share share)
{
	struct smb_wait *w = wait_find(s, key, SMB_CREATE, false);

	if (w) {
		if (id)
			opened(s, w, id, share);
		else
			refused(s, key);
		wait_drop(s, w);
		return;
	}
	if (!id || share == SMB_SHARE_OTHER)
		return;
	w = wait_add(s, key, SMB_CREATE, true);
	if (!w)
		return;
	w->id = *id;
	w->share = share;
}

void smb_close(struct smb *s, uint64_t key, const struct smb_id *id)
{
	struct smb_pipe *p = pipe_find(s, id);
	struct smb_wait *w;

	if (!p)
		return;
	p->closed = true;
	w = wait_add(s, key, SMB_CLOSE, false);
	if (w)
		w->pipe = p;
}

void smb_closed(struct smb *s, uint64_t key)
{
	struct smb_wait *w = wait_find(s, key, SMB_CLOSE, false);

	if (!w)
		return;
	if (w->pipe)
		pipe_drop(s, w->pipe);
	wait_drop(s, w);
}

/* Data */

struct smb_pipe *smb_write(struct smb *s, const struct smb_id *id, enum smb_share share,
			   struct rd sniff)
{
	struct smb_pipe *p = pipe_find(s, id);

	if (!p && id->kind != SMB_ID_NONE && share != SMB_SHARE_OTHER &&
	    is_pdu(sniff, SPEAKER_CLIENT))
		p = pipe_open(s, id, id->kind == SMB_ID_CREATE || is_bind(sniff));
	return p;
}

/* The data of an answer that came first. */
static void hand_over(struct smb *s, struct smb_wait *early, struct smb_pipe *p)
{
	struct smb_side *c = &s->side[early->side];
	bool here = c->early == early;

	smb_pipe_bytes(s, p, early->side, rd_over(early->data, early->n_data), &early->at);
	wait_drop(s, early);
	if (here)
		c->pipe = p;
}

void smb_ask(struct smb *s, uint64_t key, const struct smb_id *id, struct smb_pipe *pipe,
	     enum smb_share share)
{
	struct smb_wait *early, *w;

	if (!pipe)
		pipe = pipe_find(s, id);
	if (!pipe && (id->kind == SMB_ID_NONE || share == SMB_SHARE_OTHER))
		return;
	early = wait_find(s, key, SMB_DATA, true);
	if (early) {
		if (!pipe)
			pipe = pipe_open(s, id, false);
		if (pipe)
			hand_over(s, early, pipe);
		else
			wait_drop(s, early);
		return;
	}
	w = wait_add(s, key, SMB_DATA, false);
	if (!w)
		return;
	w->id = *id;
	w->pipe = pipe;
}

struct smb_pipe *smb_asked(const struct smb *s, uint64_t key)
{
	const struct smb_wait *w = wait_find(s, key, SMB_DATA, false);

	return w ? w->pipe : NULL;
}

static struct smb_wait *keep_early(struct smb *s, const struct smb_unit *u, uint64_t key,
				   uint32_t n)
{
	struct smb_wait *w;

	if (n > SMB_EARLY_BYTES || s->n_early == SMB_EARLY)
		return NULL;
	w = wait_add(s, key, SMB_DATA, true);
	if (!w)
		return NULL;
	w->data = learn_take(s->f->l, n);
	if (!w->data) {
		wait_drop(s, w);
		return NULL;
	}
	s->n_early++;
	w->room = n;
	w->side = u->side;
	w->at = *u->at;
	return w;
}

void smb_answer(struct smb *s, const struct smb_unit *u, uint64_t key, const struct smb_id *id,
		enum smb_share share, struct rd sniff, uint32_t n, bool more, struct smb_plan *plan)
{
	struct smb_wait *w = wait_find(s, key, SMB_DATA, false);
	struct smb_pipe *p = w ? w->pipe : NULL;

	if (!p && w)
		p = pipe_find(s, &w->id);
	if (!p && id)
		p = pipe_find(s, id);
	if (!p && n && share != SMB_SHARE_OTHER && is_pdu(sniff, SPEAKER_SERVER)) {
		if (id || w)
			p = pipe_open(s, id ? id : &w->id, false);
		else
			plan->early = keep_early(s, u, key, n);
	}
	plan->pipe = p;
	if (w && more)
		w->pipe = p;
	else if (w)
		wait_drop(s, w);
}

void smb_early_bytes(struct smb_wait *w, struct rd r)
{
	size_t n = rd_left(&r), room = w->room - w->n_data;
	const uint8_t *p = rd_take(&r, n < room ? n : room);

	if (!p)
		return;
	memcpy(w->data + w->n_data, p, n < room ? n : room);
	w->n_data += (uint32_t)(n < room ? n : room);
}

void smb_early_drop(struct smb *s, struct smb_wait *w)
{
	wait_drop(s, w);
}

/* An answer whose request was never captured, by itself. */
static void alone(struct smb *s, const struct smb_wait *w)
{
	struct smb_pipe *p = pipe_open(s, &w->id, false);

	if (!p)
		return;
	smb_pipe_bytes(s, p, w->side, rd_over(w->data, w->n_data), &w->at);
	pipe_drop(s, p);
}

void smb_forget(struct smb *s)
{
	for (struct smb_wait *w = s->waits; w; w = w->next)
		if (w->data)
			alone(s, w);
	/* Half a capture: a client alone, whose pipes nobody confirmed or denied. */
	for (struct smb_wait *w = s->waits; w && !s->answered; w = w->next)
		if (w->what == SMB_CREATE && name_known(w->name))
			fact(&s->f->facts, w->name);
	while (s->pipes)
		pipe_drop(s, s->pipes);
	while (s->waits)
		wait_drop(s, s->waits);
	while (s->trees) {
		struct smb_tree *t = s->trees;

		s->trees = t->next;
		learn_give(s->f->l, t, sizeof *t);
	}
}
