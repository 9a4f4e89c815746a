// SPDX-License-Identifier: BSD-2-Clause
#include "report/html_verify.h"

#include <errno.h>
#include <sha256.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "report/base64.h"
#include "report/html_embed.h"
#include "report/report.h"

enum { AROUND = 60, DIGEST = 64 };

struct text {
	const char *p;
	size_t n;
};

static struct text find(struct text in, const char *what)
{
	const char *at = in.n ? memmem(in.p, in.n, what, strlen(what)) : NULL;

	return at ? (struct text){at, in.n - (size_t)(at - in.p)} : (struct text){NULL, 0};
}

static struct text skip(struct text t, size_t n)
{
	return n <= t.n ? (struct text){t.p + n, t.n - n} : (struct text){NULL, 0};
}

/* The letters of the embedded document, which begin behind its element's first line. */
struct embedded {
	struct text digest, letters;
};

static bool take(struct text page, struct embedded *ret)
{
	struct text t = find(page, HTML_EMBED_BEGIN), end;

	t = skip(t, t.p ? strlen(HTML_EMBED_BEGIN) : 0);
	if (!t.p || t.n < DIGEST + 2)
		return false;
	ret->digest = (struct text){t.p, DIGEST};
	t = skip(t, DIGEST + 2); /* ">\n" */
	end = find(t, "</script>");
	if (!end.p)
		return false;
	ret->letters = (struct text){t.p, (size_t)(end.p - t.p)};
	return true;
}

/* RFC 1952, one member and nothing behind it. */
static bool inflated(const struct out *packed, struct out *ret)
{
	enum { GZIP_WINDOW = 15 + 16 };
	z_stream z = {.next_in = (unsigned char *)packed->p, .avail_in = (uInt)packed->n};
	unsigned char buf[65536];
	int r;

	if (packed->n > UINT32_MAX || inflateInit2(&z, GZIP_WINDOW) != Z_OK)
		return false;
	do {
		z.next_out = buf;
		z.avail_out = sizeof buf;
		r = inflate(&z, Z_NO_FLUSH);
		out_bytes(ret, buf, sizeof buf - z.avail_out);
	} while (r == Z_OK && !ret->failed && ret->n <= RESULT_READ_BYTES);
	inflateEnd(&z);
	return r == Z_STREAM_END && !z.avail_in && ret->n <= RESULT_READ_BYTES;
}

static const char *unpack(const struct embedded *e, struct html_verified *v)
{
	struct out packed = {0};
	const char *why = NULL;

	if (!base64_read(e->letters.p, e->letters.n, &packed))
		why = "is not base64 any more";
	else if (!packed.n || !inflated(&packed, &v->json))
		why = "cannot be unpacked any more";
	v->json.failed |= packed.failed;
	out_done(&packed);
	if (why)
		return why;
	SHA256Data((const uint8_t *)v->json.p, v->json.n, v->sha256);
	if (memcmp(v->sha256, e->digest.p, DIGEST) != 0)
		return "does not have the SHA-256 that stands beside it";
	return NULL;
}

/* --- the page against the one that the document makes ----------------------------------------- */

/* The title of the last section that begins before p, without its tags. */
static void part_of(const char *from, const char *p, struct out *ret)
{
	static const char mark[] = "<h2 id=";
	struct text t = {from, (size_t)(p - from)}, last = {NULL, 0};

	while ((t = find(t, mark)).p) {
		last = t;
		t = skip(t, sizeof mark - 1);
	}
	t = find(last, ">");
	for (size_t i = 1; t.p && i < t.n && t.p[i] != '<'; i++)
		out_char(ret, t.p[i]);
}

static void around(struct text page, size_t at, struct out *ret)
{
	size_t from = at, to = at;

	while (from && at - from < AROUND && page.p[from - 1] != '\n')
		from--;
	while (to < page.n && to - at < AROUND && page.p[to] != '\n')
		to++;
	out_bytes(ret, page.p + from, to - from);
}

static bool same_until_difference(struct text a, struct text b, size_t *ret_at)
{
	size_t n = a.n < b.n ? a.n : b.n, i = 0;

	while (i < n && a.p[i] == b.p[i])
		i++;
	*ret_at = i;
	return i == a.n && i == b.n;
}

static void differs(struct html_verified *v, struct text page, struct text ought, size_t at,
		    size_t ought_at)
{
	v->state = HTML_PAGE;
	v->line = 1;
	for (size_t i = 0; i < at; i++)
		v->line += page.p[i] == '\n';
	part_of(ought.p, ought.p + ought_at, &v->part);
	around(page, at, &v->is);
	around(ought, ought_at, &v->ought);
}

/* Before the letters and behind them. */
static void compare(struct html_verified *v, struct text page, struct text ought)
{
	struct embedded in_page, in_ought;
	struct text a, b;
	size_t at;

	if (!take(page, &in_page) || !take(ought, &in_ought))
		return;
	a = (struct text){page.p, (size_t)(in_page.letters.p - page.p)};
	b = (struct text){ought.p, (size_t)(in_ought.letters.p - ought.p)};
	if (!same_until_difference(a, b, &at)) {
		differs(v, page, ought, at, at);
		return;
	}
	a = skip(page, a.n + in_page.letters.n);
	b = skip(ought, b.n + in_ought.letters.n);
	if (same_until_difference(a, b, &at))
		return;
	if (at == a.n)
		v->state = HTML_CUT_OFF;
	else
		differs(v, page, ought, (size_t)(a.p - page.p) + at, (size_t)(b.p - ought.p) + at);
}

static int remade(struct html_verified *v, struct text page, const struct loaded *l)
{
	const struct report_format *html = report_format_by_name("html");
	const struct report_options opt = {
		.tool_version = l->r.tool_version,
		.only = l->r.only,
		.now_ns = TIME_NONE,
	};
	struct out ought = {0};
	int r = html ? html->write(&l->r, &opt, &ought) : -EINVAL;

	if (!r)
		compare(v, page, (struct text){ought.p, ought.n});
	out_done(&ought);
	return r;
}

static int against_document(struct html_verified *v, struct text page, const char *version,
			    struct errors *errs)
{
	struct loaded *l = calloc(1, sizeof *l);
	int r = l ? result_load("the embedded result", v->json.p, v->json.n, errs, l) : -ENOMEM;

	if (r == 0) {
		if (l->r.tool_version && strcmp(l->r.tool_version, version) != 0)
			v->state = HTML_OTHER_MAKER;
		else
			r = remade(v, page, l);
		result_unload(l);
	} else if (r != -ENOMEM) {
		v->state = HTML_UNREADABLE;
		r = 0;
	}
	free(l);
	return r;
}

/* A page that spanaudit made says so before anything else could stand in it. */
static bool is_ours(struct text page)
{
	struct text head = {page.p, page.n < 2048 ? page.n : 2048};

	return find(head, "<meta name=generator content=\"spanaudit").p != NULL;
}

int html_verify(const char *page, size_t n, const char *version, struct errors *errs,
		struct html_verified *ret)
{
	struct text t = {page, n};
	struct embedded e;
	int r = 0;

	*ret = (struct html_verified){.state = HTML_INTACT};
	if (!take(t, &e)) {
		ret->state = is_ours(t) ? HTML_CUT_OFF : HTML_NO_REPORT;
		return 0;
	}
	ret->why = unpack(&e, ret);
	if (ret->why)
		ret->state = HTML_DATA;
	else
		r = against_document(ret, t, version, errs);
	if (ret->json.failed || ret->part.failed || ret->is.failed || ret->ought.failed)
		r = -ENOMEM;
	return r;
}

void html_verified_done(struct html_verified *v)
{
	out_done(&v->json);
	out_done(&v->part);
	out_done(&v->is);
	out_done(&v->ought);
}
