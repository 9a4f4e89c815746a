// SPDX-License-Identifier: BSD-2-Clause
/*
 * The learner of certificates. The input is bytes of two sides, each piece after three of its own:
 *
 *   flags(1): 1 side, 2 a gap, 4 not the start   length(2)
 */
#include <stdlib.h>
#include <string.h>

#include "base/rd.h"
#include "learn/learn.h"
#include "learn/x509.h"
#include "recognise/recognise.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void check(bool good)
{
	if (!good)
		abort();
}

static void check_name(const char *s, size_t size)
{
	check(memchr(s, 0, size) != NULL);
	for (; *s; s++)
		check(*s > ' ' && *s <= '~' && (*s < 'A' || *s > 'Z'));
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const struct hash_key key = {0};
	const struct learn_ask q = {
		.proto = PROTO_TCP, .port = {50000, 443}, .app = app_by_name("tls")};
	struct learn *l = learn_new(&(struct learn_options){.key = &key});
	struct learn_flow *f = l ? learn_open(l, &q) : NULL;
	char name[X509_NAMES][SIGHTING_NAME];
	const struct sighting *rows;
	struct rd r = rd_over(p, n);
	bool told[2] = {false, false}, more = true;
	struct learn_facts facts;
	uint32_t number = 0;
	size_t n_rows;

	check(f != NULL);
	for (unsigned i = x509_names(r, name); i--;)
		check_name(name[i], sizeof name[i]);
	while (more && rd_left(&r) && number < 4096) {
		uint8_t flags = rd_u8(&r);
		size_t len = rd_be16(&r);
		unsigned side = flags & 1;

		if (len > rd_left(&r))
			len = rd_left(&r);

		uint8_t *exact = malloc(len ? len : 1); /* its end is the end */
		const uint8_t *from = rd_take(&r, len);
		struct evidence at = {.number = ++number};

		check(exact != NULL);
		if (from)
			memcpy(exact, from, len);
		if (flags & 2)
			more = learn_gap(f, side, len);
		else if (len)
			more = learn_bytes(f, side, exact, len, !told[side] && !(flags & 4), &at);
		told[side] = true;
		free(exact);
	}
	learn_close(f, &facts);
	check(learn_stats(l)->memory == 0);
	check(learn_sightings(l, &rows, &n_rows) == 0 && n_rows <= X509_NAMES);
	for (size_t i = 0; i < n_rows; i++) {
		check(rows[i].kind == SIGHT_CERTIFICATE && rows[i].name[0]);
		check_name(rows[i].name, sizeof rows[i].name);
	}
	learn_free(l);
	return 0;
}
