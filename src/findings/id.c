// SPDX-License-Identifier: BSD-2-Clause
#include "findings/id.h"

#include <sha2.h>
#include <stdio.h>
#include <string.h>

#include "base/proto.h"

enum { UNIT = 0x1f }; /* ASCII unit separator */

/* A name of the site file could hold the separator itself; it must not pass for two parts. */
static void part(SHA2_CTX *h, const char *z, bool last)
{
	for (const char *p = z; p && *p; p++) {
		uint8_t c = *p == UNIT ? ' ' : (uint8_t)*p;

		SHA256Update(h, &c, 1);
	}
	if (!last)
		SHA256Update(h, (const uint8_t[]){UNIT}, 1);
}

void fact_digest(const struct fact *f, uint8_t ret[FACT_DIGEST])
{
	SHA2_CTX h;
	char port[8] = "";

	if (f->port && !f->service)
		snprintf(port, sizeof port, "%u", f->port);
	SHA256Init(&h);
	part(&h, kind_name(f->kind), false);
	part(&h, f->rule, false);
	part(&h, f->client, false);
	part(&h, f->server, false);
	part(&h,
	     f->proto == IPPROTO_NR_TCP   ? "tcp"
	     : f->proto == IPPROTO_NR_UDP ? "udp"
					  : NULL,
	     false);
	part(&h, f->service ? f->service : port, true);
	SHA256Final(ret, &h);
}

void fact_id(const uint8_t digest[FACT_DIGEST], char ret[FACT_ID])
{
	snprintf(ret, FACT_ID, "F-%02x%02x%02x%02x%02x%02x", digest[0], digest[1], digest[2],
		 digest[3], digest[4], digest[5]);
}
