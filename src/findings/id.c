// SPDX-License-Identifier: BSD-2-Clause
#include "findings/id.h"

#include <stdio.h>

#include "base/dec.h"
#include "base/proto.h"
#include "base/sha256.h"

enum { UNIT = 0x1f }; /* ASCII unit separator */

/* What is digested, a piece at a time. */
struct text {
	struct sha256 sha;
	uint8_t b[256];
	size_t n;
};

static void flush(struct text *t)
{
	sha256_add(&t->sha, t->b, t->n);
	t->n = 0;
}

static void put(struct text *t, char c)
{
	if (t->n == sizeof t->b)
		flush(t);
	t->b[t->n++] = (uint8_t)c;
}

/* A name of the site file could hold the separator itself; it must not pass for two parts. */
static void part(struct text *t, const char *z, bool last)
{
	for (const char *p = z; p && *p; p++)
		put(t, *p == UNIT ? ' ' : *p);
	if (!last)
		put(t, UNIT);
}

void fact_digest(const struct fact *f, uint8_t ret[FACT_DIGEST])
{
	struct text t;
	char port[8] = "";

	t.n = 0;
	if (f->port && !f->service)
		*dec_put(port, f->port) = '\0';
	sha256_begin(&t.sha);
	part(&t, kind_name(f->kind), false);
	part(&t, f->rule, false);
	part(&t, f->client, false);
	part(&t, f->server, false);
	part(&t,
	     f->proto == IPPROTO_NR_TCP   ? "tcp"
	     : f->proto == IPPROTO_NR_UDP ? "udp"
					  : NULL,
	     false);
	part(&t, f->service ? f->service : port, true);
	flush(&t);
	sha256_end(&t.sha, ret);
}

void fact_id(const uint8_t digest[FACT_DIGEST], char ret[FACT_ID])
{
	snprintf(ret, FACT_ID, "F-%02x%02x%02x%02x%02x%02x", digest[0], digest[1], digest[2],
		 digest[3], digest[4], digest[5]);
}
