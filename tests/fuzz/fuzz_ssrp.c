// SPDX-License-Identifier: BSD-2-Clause
/*
 * The learner of SQL Browser. The input is datagrams, each after two bytes of its own:
 *
 *   flags(1): 1 from the server, 2 more follow   length(1) * 8
 */
#include <stdlib.h>
#include <string.h>

#include "base/rd.h"
#include "learn/learn.h"
#include "learn/ssrp.h"
#include "recognise/recognise.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const struct hash_key key = {0};
	const struct learn_ask q = {.proto = PROTO_UDP, .port = {50000, SSRP_PORT}};
	struct learn *l = learn_new(&(struct learn_options){.key = &key});
	struct learn_flow *f = l ? learn_open(l, &q) : NULL;
	struct rd r = rd_over(p, n);
	struct learn_facts facts;
	const struct grant *g;
	uint32_t number = 0;
	size_t n_g;

	if (!f)
		abort();
	for (uint8_t more = 2; more && rd_left(&r) && number < 64;) {
		uint8_t flags = rd_u8(&r);
		size_t len = rd_u8(&r) * (size_t)8;

		more = flags & 2;
		if (!more || len > rd_left(&r))
			len = rd_left(&r);

		uint8_t *exact = malloc(len ? len : 1); /* its end is the end */
		const uint8_t *from = rd_take(&r, len);
		struct evidence at = {.number = ++number};

		if (!exact)
			abort();
		if (from)
			memcpy(exact, from, len);
		learn_bytes(f, flags & 1, exact, len, true, &at);
		free(exact);
	}
	learn_close(f, &facts);
	if (learn_grants(l, &g, &n_g) < 0)
		abort();
	for (size_t i = 0; i < n_g; i++) {
		if (g[i].g.proto != GRANTED_TCP || !g[i].g.port || g[i].g.has_iface ||
		    (g[i].g.how != GRANT_SQL_BROWSER && g[i].g.how != GRANT_SQL_DAC))
			abort();
		if (!memchr(g[i].g.name, 0, sizeof g[i].g.name))
			abort();
		for (const char *c = g[i].g.name; *c; c++)
			if (*c < ' ' || *c > '~')
				abort();
	}
	if (learn_stats(l)->memory)
		abort();
	learn_free(l);
	return 0;
}
