// SPDX-License-Identifier: BSD-2-Clause
/*
 * Every recogniser and the dispatcher. The input's first bytes say how the rest is to be read:
 *
 *   flags(1): 1 UDP, 2 middle of the stream, 4 cut, 8 final   split(2)   port(2) peer_port(2)
 */
#include <stdlib.h>
#include <string.h>

#include "base/rd.h"
#include "recognise/recognise.h"
#include "same_recognition.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void check(const struct recogniser *r, enum verdict v, const struct facts *f)
{
	if (v > VERDICT_SURE || f->speaker > SPEAKER_SERVER || f->n_iface > FACT_IFACES)
		abort();
	if (f->variant >= 6 || !r->apps[f->variant].name)
		abort();
	if (!memchr(f->name, 0, sizeof f->name))
		abort();
	for (const char *c = f->name; *c; c++)
		if (*c <= ' ' || *c > '~')
			abort();
}

static void ask(const struct payload *in)
{
	for (size_t i = 0; i < recogniser_count(); i++) {
		const struct recogniser *r = recogniser_at(i);
		struct facts f = {0}, g = {0};

		if (r->proto && r->proto != in->proto)
			continue;
		check(r, r->probe(in, &f), &f);
		if (r->resume)
			check(r, r->resume(in, &g), &g);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct rd r = rd_over(p, n);
	uint8_t flags = rd_u8(&r);
	uint16_t split = rd_be16(&r), port = rd_be16(&r), peer = rd_be16(&r);
	struct payload side[2] = {{0}};
	struct recognition ret;

	if (rd_short(&r))
		return 0;
	for (int i = 0; i < 2; i++) {
		size_t k = i ? rd_left(&r) : split % (rd_left(&r) + 1);
		const uint8_t *from = rd_take(&r, k);
		uint8_t *exact = malloc(k ? k : 1); /* its end is the end */

		if (!exact)
			abort();
		memcpy(exact, from, k);
		side[i] = (struct payload){.p = exact,
					   .n = k,
					   .whole_start = !(flags & 2),
					   .cut = flags & 4,
					   .port = i ? peer : port,
					   .peer_port = i ? port : peer,
					   .proto = flags & 1 ? PROTO_UDP : PROTO_TCP};
		ask(&side[i]);
	}
	recognise(side, side[0].proto, flags & 8, &ret);
	if ((ret.app == APP_NONE) != (ret.conf == APP_UNSURE) || ret.n_iface > FACT_IFACES ||
	    ret.client_side < -1 || ret.client_side > 1 || (ret.app && !*app_name(ret.app)))
		abort();

	static struct recognise_table table;

	if (!table.resumes[0])
		recognise_table_init(&table);
	if (!grows_same(&table, side, 1 + split % 97))
		abort();
	for (int i = 0; i < 2; i++)
		free((void *)(uintptr_t)side[i].p);
	return 0;
}
