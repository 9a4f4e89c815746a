// SPDX-License-Identifier: BSD-2-Clause
/* facts - what several pages say alike of ends, services and times. */
#include <stdio.h>
#include <string.h>

#include "report/numbers.h"
#include "report/words.h"
#include "screen/table.h"

/* Of a network that clients were folded into, its own address. */
static struct addr address_of(const struct endpoint *e)
{
	struct prefix net;

	if (!e->has_address && e->network && prefix_parse(e->network, &net))
		return net.addr;
	return e->address;
}

void facts_ends(struct row_facts *ret, const struct endpoint *client, const struct endpoint *server)
{
	ret->conv.client = address_of(client);
	ret->conv.server = address_of(server);
	ret->client.name = client->host;
	ret->server.name = server->host;
	ret->row.conv = &ret->conv;
	ret->row.client = client->host ? &ret->client : NULL;
	ret->row.server = server->host ? &ret->server : NULL;
	ret->row.client_roles = client->roles;
	ret->row.server_roles = server->roles;
}

void facts_app(struct row_facts *ret, uint16_t app)
{
	ret->app.app = app;
	ret->conv.app = &ret->app;
	ret->conv.n_app = 1;
}

void cell_service(uint16_t port, uint8_t proto, struct out *o)
{
	char buf[8];

	if (port)
		out_printf(o, "%u/%s", port, word_transport(proto, buf));
}

static bool is_anybody(const struct endpoint *e)
{
	return e->host || e->network || e->has_address || e->roles;
}

void cell_end(const struct endpoint *e, uint64_t folded, struct out *o)
{
	char buf[NUMBER_TEXT];

	if (!is_anybody(e))
		return;
	word_endpoint(e, o);
	if (e->name && !e->host && !e->network) {
		out_char(o, ' ');
		out_text_z(o, e->name);
	}
	if (folded > 1 && e->network)
		out_printf(o, " (%s)", number(folded, buf));
}

void key_end(const struct endpoint *e, struct out *o)
{
	char buf[ADDR_TEXT];

	out_puts(o, e->has_address ? addr_format(&e->address, buf) : "-");
	out_char(o, ' ');
	out_puts(o, e->network ? e->network : "");
	out_printf(o, " %x ", e->roles);
	out_puts(o, e->host ? e->host : "");
	out_char(o, '\n');
}

enum { LABEL_COLUMNS = 14 };

void detail(struct out *o, unsigned columns, const char *label, const char *text)
{
	size_t n = strlen(label);

	if (!text || !*text)
		return;
	out_puts(o, label);
	out_pad(o, ' ', n < LABEL_COLUMNS ? LABEL_COLUMNS - n : 1);
	out_wrapped(o, text, columns, LABEL_COLUMNS, LABEL_COLUMNS);
}

void detail_count(struct out *o, unsigned columns, const char *label, uint64_t n)
{
	char buf[NUMBER_TEXT];

	detail(o, columns, label, number(n, buf));
}

void detail_end(struct out *o, unsigned columns, const char *label, const struct endpoint *e)
{
	struct out line = {0};

	if (is_anybody(e))
		word_known(e, &line);
	detail(o, columns, label, out_str(&line));
	o->failed |= line.failed;
	out_done(&line);
}

/* In a file's pages the time itself; while things happen, how long ago. */
void screen_time(const struct screen *s, int64_t ns, struct out *o)
{
	const struct tz *tz = site_tz(s->result->site);
	char buf[TIME_TEXT];

	if (ns == TIME_NONE)
		return;
	if (s->now_ns != TIME_NONE) {
		out_puts(o, duration_human(ns < s->now_ns ? s->now_ns - ns : 0, buf));
		return;
	}
	time_human_tz(ns, tz, buf);
	if (tz_day_of(tz, s->result->from_ns) == tz_day_of(tz, s->result->to_ns))
		out_printf(o, "%.8s", buf + 11);
	else
		out_printf(o, "%.11s", buf + 5);
}
