// SPDX-License-Identifier: BSD-2-Clause
/*
 * http - what becomes of a request that is answered by 401 first.
 *
 * A site with integrated login takes two or three requests of a connection for one page: the first
 * is answered by 401 and a list of schemes, with NTLM the second by 401 and a challenge (RFC 9110
 * 11.6.1, 15.5.2; RFC 4559 5), and what comes then is the answer. The first bytes of a connection
 * show the first pair alone, and 401 proves no path (recognise/http_signs.c). So heads are read
 * here in their order up to the first answer that is something else, and it is held against the
 * request that it belongs to: the n-th answer answers the n-th request (RFC 9112 9.3.2).
 *
 *   head     first line CRLF *(field CRLF) CRLF     RFC 9112 2.1; a lone LF ends a line, too, 2.2
 *   content  by Transfer-Encoding, else by Content-Length, else none of a request, and of an answer
 *            all up to the end of the connection    RFC 9112 6.3
 *
 * Only connections are read of which the first request asks for a path that could prove something;
 * all others never come here. A first answer that is no 401 ends the reading at its last field.
 * Content is skipped and credentials are not kept. What two readers could understand in two ways,
 * and what is missing, ends it, too: then there is what the first bytes say, and no more.
 */
#include <string.h>

#include "base/rd.h"
#include "learn/learner.h"
#include "recognise/http_line.h"
#include "recognise/http_signs.h"

enum {
	HEADS = 8,           /* pairs: a login takes two or three, and may be tried again */
	LINE_KEPT = 1 << 10, /* kept of a line; tickets and queries are longer, what tells is not */
	HEAD_MAX = 64 << 10, /* of one message */
	BYTES_MAX = 1 << 20, /* of both sides */
	LENGTH_DIGITS = 15,
	CHUNK_DIGITS = 8,
};

enum phase {
	AT_FIRST, /* the first line of a message; empty ones before it are skipped (RFC 9112 2.2) */
	AT_FIELD,
	AT_CONTENT,
	/* RFC 9112 7.1 */
	AT_CHUNK_SIZE,
	AT_CHUNK,
	AT_CHUNK_END,
	AT_TRAILER,
	/* Content that may never come: see unasked(). */
	AT_PROMISE,
};

struct side {
	enum phase phase, promised;
	bool begun;
	uint8_t line[LINE_KEPT];
	size_t n;       /* in it */
	bool overlong;  /* the line has more */
	uint32_t bytes; /* of the head so far */
	uint64_t left;  /* of the content, or of a chunk */
	/* Of the message in hand: */
	struct facts facts;
	bool chunked, has_length;
	uint64_t length;
};

struct request {
	uint32_t asked, signs;
	uint8_t letter;  /* its method's first */
	bool no_content; /* of its answer: HEAD, RFC 9110 9.3.2 */
	bool waits;      /* Expect: 100-continue, RFC 9110 10.1.1 */
};

struct http {
	struct side side[2];
	int8_t client; /* side; -1 unknown */
	struct request request[HEADS];
	unsigned n_request, n_answer;
	uint32_t status; /* of the answer in hand */
	uint32_t bytes;
	uint32_t signs;
	struct request now; /* the one in hand */
};

static bool wants(const struct learn_ask *q, const char *app)
{
	return q->proto == PROTO_TCP && q->asked && strcmp(app, "http") == 0;
}

static bool open_(struct learn_flow *f)
{
	struct http *s = learn_take(f->l, sizeof *s);

	if (!s)
		return false;
	s->client = -1;
	f->state = s;
	return true;
}

static void close_(struct learn_flow *f)
{
	learn_give(f->l, f->state, sizeof(struct http));
}

/* --- fields. All of these are false when the message cannot be read any further. */

static void trim(struct rd *r)
{
	while (rd_left(r) && (*r->p == ' ' || *r->p == '\t'))
		rd_skip(r, 1);
	while (rd_left(r) && (r->end[-1] == ' ' || r->end[-1] == '\t'))
		r->end--;
}

/* RFC 9110 5.6.2: no space in a name, nor before its colon; a line that goes on the one before
 * (RFC 9112 5.2) begins with one. */
static bool names_a_field(struct rd line)
{
	while (rd_left(&line)) {
		uint8_t c = rd_u8(&line);

		if (c == ':')
			return true;
		if (c <= ' ' || c >= 0x7f)
			return false;
	}
	return false;
}

/* RFC 9110 8.6. A second one must say the same. */
static bool content_length(struct side *d, struct rd value)
{
	uint64_t n = 0;
	size_t digits = rd_left(&value);

	if (!digits || digits > LENGTH_DIGITS)
		return false;
	while (rd_left(&value)) {
		uint8_t c = rd_u8(&value);

		if (c < '0' || c > '9')
			return false;
		n = n * 10 + (c - '0');
	}
	if (d->has_length && d->length != n)
		return false;
	d->has_length = true;
	d->length = n;
	return true;
}

/* Content ends by itself only when the last coding is chunked (RFC 9112 6.1). */
static bool transfer_encoding(struct side *d, struct rd value)
{
	const size_t n = sizeof "chunked" - 1;
	struct rd last = value;

	if (d->chunked || rd_left(&value) < n)
		return false;
	rd_skip(&last, rd_left(&value) - n);
	if (scan_text(&last, "chunked", true) != VERDICT_SURE)
		return false;
	if (rd_left(&value) > n && !strchr(", \t", value.end[-(ptrdiff_t)n - 1]))
		return false;
	d->chunked = true;
	return true;
}

/* `whole`: all of the line is here. */
static bool frames(struct side *d, struct rd line, bool whole)
{
	bool length = scan_text(&line, "content-length:", true) == VERDICT_SURE;

	if (!length && scan_text(&line, "transfer-encoding:", true) != VERDICT_SURE)
		return true;
	if (!whole)
		return false;
	trim(&line);
	return length ? content_length(d, line) : transfer_encoding(d, line);
}

static bool waits(struct rd line)
{
	if (scan_text(&line, "expect:", true) != VERDICT_SURE)
		return false;
	trim(&line);
	return scan_text(&line, "100-continue", true) == VERDICT_SURE && !rd_left(&line);
}

/* --- heads */

static void next_message(struct side *d)
{
	d->phase = AT_FIRST;
	d->bytes = 0;
	d->facts = (struct facts){0};
	d->chunked = d->has_length = false;
	d->length = 0;
}

/* What is behind a head. */
static void content(struct side *d, uint64_t n)
{
	d->left = n;
	if (d->chunked)
		d->phase = AT_CHUNK_SIZE;
	else if (n)
		d->phase = AT_CONTENT;
	else
		next_message(d);
	d->bytes = 0;
}

static bool request_line(struct http *s, struct side *d, struct rd line, bool whole)
{
	struct rd target = {0};
	uint8_t letter = rd_left(&line) ? *line.p : 0;
	size_t i;

	if (scan_one_of(&line, http_methods, false, &i) != VERDICT_SURE || !scan_printable(line))
		return false;
	s->now = (struct request){.letter = letter,
				  .no_content = strcmp(http_methods[i], "HEAD ") == 0};
	/* What follows a tunnel's answer is no HTTP. */
	if (strcmp(http_methods[i], "CONNECT ") == 0)
		return false;
	if (whole && !http_line_target(line, &target))
		return false;
	/* Of a line that is cut the path is here when its query is. */
	if (whole || scan_has(line, "?"))
		d->facts.asked = http_target(whole ? target : line);
	return true;
}

static bool request_head(struct http *s, struct side *d)
{
	if (s->n_request == HEADS || (d->chunked && d->has_length))
		return false; /* the latter is how requests are smuggled: RFC 9112 6.1 */
	s->now.asked = d->facts.asked;
	s->now.signs = d->facts.signs;
	s->request[s->n_request++] = s->now;
	content(d, d->length);
	return true;
}

static bool status_line(struct http *s, struct rd line)
{
	return http_status(&line, &s->status) == VERDICT_SURE && s->status >= 100 &&
	       s->status <= 599 && (!rd_left(&line) || *line.p == ' ');
}

/* A final answer without "100 Continue" before it: the client may keep the content that it has
 * announced to itself, and ask again at once (RFC 9110 10.1.1). A request that is asked again
 * begins as it did; the forms and documents that are sent to such a server begin otherwise. */
static void unasked(struct http *s)
{
	struct side *d = &s->side[(unsigned)s->client];
	const struct request *r = &s->request[s->n_answer];
	bool whole = d->phase == AT_CONTENT && d->left == d->length;
	bool none = whole || (d->phase == AT_CHUNK_SIZE && !d->bytes && !d->n);

	if (!r->waits || s->n_request != s->n_answer + 1 || !none)
		return;
	d->promised = d->phase;
	d->phase = AT_PROMISE;
}

/* False when no answer behind this one is waited for. */
static bool answer_head(struct learn_flow *f, struct side *d)
{
	struct http *s = f->state;
	struct request *r = &s->request[s->n_answer];
	struct facts asked = {.asked = r->asked, .signs = r->signs};

	if (s->n_answer == s->n_request || (d->chunked && d->has_length))
		return false;
	if (s->status / 100 == 1 && s->status != 101) { /* RFC 9110 15.2: the answer comes later */
		r->waits &= s->status != 100;
		next_message(d);
		return true;
	}
	http_answer_is(s->status, true, &d->facts);
	/* Only the last word on a login is one. */
	s->signs &= ~(uint32_t)SIGN_LOGIN_REFUSED;
	s->signs |= r->signs | d->facts.signs | http_together(&asked, &d->facts);
	f->facts.signs = s->signs;
	if (s->status != 401 || s->n_answer + 1 == HEADS)
		return false;
	unasked(s);
	s->n_answer++;
	if (r->no_content) {
		next_message(d);
		return true;
	}
	if (!d->chunked && !d->has_length)
		return false;
	content(d, d->length);
	return true;
}

static bool head_line(struct learn_flow *f, unsigned side, struct rd line, bool whole)
{
	struct http *s = f->state;
	struct side *d = &s->side[side];
	struct rd t = line;

	if (d->phase == AT_FIRST) {
		if (!rd_left(&line))
			return true;
		if (s->client < 0)
			s->client = (int8_t)(rd_is(&t, "HTTP/", 5) ? !side : side);
		d->phase = AT_FIELD;
		return (int)side == s->client ? request_line(s, d, line, whole)
					      : status_line(s, line);
	}
	if (!rd_left(&line))
		return (int)side == s->client ? request_head(s, d) : answer_head(f, d);
	if (!names_a_field(line) || !frames(d, line, whole))
		return false;
	if ((int)side == s->client) {
		s->now.waits |= waits(line);
		http_request_field(line, whole, &d->facts);
	} else {
		http_answer_field(line, &d->facts);
	}
	return true;
}

/* --- chunks */

static bool chunk_size(struct side *d, struct rd line)
{
	uint64_t n = 0;
	unsigned digits = 0;

	for (; rd_left(&line); digits++) {
		uint8_t c = *line.p, v = c | 0x20;

		if (c >= '0' && c <= '9')
			n = n << 4 | (c - '0');
		else if (v >= 'a' && v <= 'f')
			n = n << 4 | (v - 'a' + 10);
		else
			break;
		rd_skip(&line, 1);
	}
	trim(&line);
	if (!digits || digits > CHUNK_DIGITS || (rd_left(&line) && *line.p != ';'))
		return false;
	d->left = n;
	d->phase = n ? AT_CHUNK : AT_TRAILER;
	return true;
}

static bool chunk_line(struct side *d, struct rd line)
{
	switch (d->phase) {
	case AT_CHUNK_SIZE:
		return chunk_size(d, line);
	case AT_CHUNK_END:
		d->phase = AT_CHUNK_SIZE;
		d->bytes = 0;
		return !rd_left(&line);
	default:
		if (!rd_left(&line))
			next_message(d);
		return true;
	}
}

/* --- bytes */

static void skipped(struct side *d, uint64_t n)
{
	d->left -= n;
	if (d->left)
		return;
	if (d->phase == AT_CHUNK)
		d->phase = AT_CHUNK_END;
	else
		next_message(d);
}

/* Takes up to the end of a line; false when that has not come. */
static bool take_line(struct side *d, struct rd *r)
{
	const uint8_t *lf = memchr(r->p, '\n', rd_left(r));
	size_t n = lf ? (size_t)(lf - r->p) : rd_left(r);
	size_t room = sizeof d->line - d->n, kept = n < room ? n : room;

	memcpy(d->line + d->n, r->p, kept);
	d->n += kept;
	d->overlong |= kept < n;
	d->bytes += (uint32_t)(n < HEAD_MAX ? n : HEAD_MAX) + 1;
	rd_skip(r, n + (lf != NULL));
	return lf;
}

static bool one_line(struct learn_flow *f, unsigned side)
{
	struct side *d = &((struct http *)f->state)->side[side];
	size_t n = d->n;
	bool whole = !d->overlong;

	if (whole && n && d->line[n - 1] == '\r')
		n--;
	d->n = 0;
	d->overlong = false;
	if (d->phase == AT_FIRST || d->phase == AT_FIELD)
		return head_line(f, side, rd_over(d->line, n), whole);
	return chunk_line(d, rd_over(d->line, n));
}

static void keep_promise(struct http *s, struct side *d, uint8_t first)
{
	if (first == s->request[s->n_request - 1].letter)
		next_message(d);
	else
		d->phase = d->promised;
}

/* False when there is nothing to wait for. */
static bool take(struct learn_flow *f, unsigned side, struct rd r)
{
	struct http *s = f->state;
	struct side *d = &s->side[side];

	while (rd_left(&r)) {
		if (d->phase == AT_PROMISE)
			keep_promise(s, d, *r.p);
		if (d->phase == AT_CONTENT || d->phase == AT_CHUNK) {
			size_t n = d->left < rd_left(&r) ? (size_t)d->left : rd_left(&r);

			rd_skip(&r, n);
			skipped(d, n);
			continue;
		}

		bool ended = take_line(d, &r);

		if (d->bytes > HEAD_MAX)
			return false;
		if (ended && !one_line(f, side))
			return false;
	}
	return true;
}

static void bytes(struct learn_flow *f, unsigned side, const uint8_t *p, size_t n, bool start,
		  const struct evidence *at)
{
	struct http *s = f->state;
	struct side *d = &s->side[side];

	(void)at;
	d->begun |= start;
	s->bytes += n < BYTES_MAX ? (uint32_t)n : BYTES_MAX;
	/* In the middle of a connection nobody knows which request an answer is for. */
	f->enough = !d->begun || s->bytes > BYTES_MAX || !take(f, side, rd_over(p, n));
}

static void gap(struct learn_flow *f, unsigned side, uint64_t n)
{
	struct side *d = &((struct http *)f->state)->side[side];
	bool skips = d->phase == AT_CONTENT || d->phase == AT_CHUNK;

	/* Content is not read, so it need not be there. */
	f->enough = !skips || !n || n > d->left;
	if (!f->enough)
		skipped(d, n);
}

const struct learner learner_http = {
	.word = "http",
	.spec = "RFC 9110 9.3, 10.1.1, 11.6, 15; RFC 9112 2-7, 9.3.2",
	.names_only = true,
	.wants = wants,
	.open = open_,
	.bytes = bytes,
	.gap = gap,
	.close = close_,
};
