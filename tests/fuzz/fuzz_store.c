// SPDX-License-Identifier: BSD-2-Clause
/* Any bytes as what a store has of a conversation: refused, or a conversation that can be put into
 * a table and that is written as it was read. */
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "store/db.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void require(bool ok)
{
	if (!ok)
		abort();
}

static bool read_one(struct rd r, struct conv *c, struct detail_rows *rows)
{
	memset(c, 0, sizeof *c);
	detail_rows_clear(rows);
	c->client = addr_v4(0x0a000001);
	c->server = addr_v4(0x0a000002);
	c->proto = IPPROTO_NR_TCP;
	c->port = 443;
	c->flows = 1 + (uint64_t)(rd_u8(&r) & 7);
	rows->fail.n = rd_u8(&r) & 7;
	c->first_ns = (int64_t)rd_be64(&r);
	c->last_ns = c->first_ns;
	c->ok_last_ns = TIME_NONE;
	if (rd_short(&r) || rows->fail.n > c->flows || c->first_ns == TIME_NONE)
		return false;
	return detail_read(r, c, rows);
}

/* In the form that read_one() reads. */
static void write_one(const struct conv *c, struct out *o)
{
	struct out detail = {0};

	out_char(o, (char)(c->flows - 1));
	out_char(o, (char)conv_fail(c)->n);
	for (unsigned i = 0; i < 8; i++)
		out_char(o, (char)((uint64_t)c->first_ns >> (56 - 8 * i)));
	detail_write(c, &detail);
	out_bytes(o, detail.p, detail.n);
	out_done(&detail);
}

static void put(const struct conv *c)
{
	struct conv_table *t = conv_table_new(&(struct conv_options){.max_conversations = 16});
	const struct conv *v;
	size_t n;

	require(t);
	require(conv_table_put(t, c, false) == 0 && conv_table_put(t, c, false) == 0);
	require(conv_table_put(t, c, true) == 0);
	require(conv_table_finish(t, &v, &n, NULL) == 0 && n >= 1 && n <= 2);
	conv_table_free(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct detail_rows rows, again;
	struct conv c, d;
	struct out once = {0}, twice = {0};

	if (!read_one(rd_over(p, n), &c, &rows))
		return 0;
	put(&c);
	write_one(&c, &once);
	require(read_one(rd_over((const uint8_t *)once.p, once.n), &d, &again));
	write_one(&d, &twice);
	require(once.n == twice.n && memcmp(once.p, twice.p, once.n) == 0);
	out_done(&once);
	out_done(&twice);
	return 0;
}
