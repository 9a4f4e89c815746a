// SPDX-License-Identifier: BSD-2-Clause
/*
 * html_embed - the result that a page was made from, inside the page: the JSON document, compressed
 * (RFC 1952), in letters (RFC 4648), and its digest.
 *
 * A page can be made anew from it and compared, so nobody has to believe what a page says of a
 * result. It is text of a <script> that no browser runs; letters, digits and three signs cannot
 * end one.
 */
#include <errno.h>
#include <sha256.h>
#include <string.h>
#include <zlib.h>

#include "report/base64.h"
#include "report/html_embed.h"
#include "report/html_page.h"

enum { LINE = 120 };

/* No name and no time in the header: the same document gives the same bytes. */
static int deflated(const struct out *json, struct out *ret)
{
	enum { GZIP_WINDOW = 15 + 16 };
	z_stream z = {0};
	unsigned char buf[16384];
	int r;

	if (deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, 9, Z_DEFAULT_STRATEGY) !=
	    Z_OK)
		return -ENOMEM;
	z.next_in = (unsigned char *)json->p;
	z.avail_in = (uInt)json->n;
	do {
		z.next_out = buf;
		z.avail_out = sizeof buf;
		r = deflate(&z, Z_FINISH);
		out_bytes(ret, buf, sizeof buf - z.avail_out);
	} while (r == Z_OK);
	deflateEnd(&z);
	return r == Z_STREAM_END && !ret->failed ? 0 : -ENOMEM;
}

static void about(struct html *h, const char *digest, size_t n)
{
	h_put(h, "<footer>\n<p>This page carries the result it was made from: ");
	h_number(h, n);
	h_put(h, " bytes of JSON, SHA-256 <code class=digest>");
	h_put(h, digest);
	h_put(h, "</code>. <code>spanaudit verify FILE</code> makes "
		 "the page once more from it and compares.</p>\n</footer>\n");
}

int html_embed(struct html *h, const struct out *json)
{
	struct out packed = {0};
	char digest[SHA256_DIGEST_STRING_LENGTH];
	int r = json->n > UINT32_MAX ? -EOVERFLOW : deflated(json, &packed);

	if (r == 0) {
		SHA256Data((const uint8_t *)json->p, json->n, digest);
		about(h, digest, json->n);
		h_put(h, HTML_EMBED_BEGIN);
		h_put(h, digest);
		h_put(h, ">\n");
		base64((const uint8_t *)packed.p, packed.n, LINE, h->o);
		h_put(h, "</script>\n");
	}
	out_done(&packed);
	return r;
}
