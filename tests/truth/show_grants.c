// SPDX-License-Identifier: BSD-2-Clause
/*
 * Prints what was learned of dynamic RPC in captures, for comparison with other tools:
 *
 *   show_grants FILE...
 *
 *   # FILE
 *   G server client how protocol port interface version alias name packet answers assumed
 *   C client server port packets state first-packet bind-packet notes interfaces
 *   R client server port how granted-by used-by tie why
 *   = answers sealed bad streams cut refused exit
 *
 * with tabs between and "-" for nothing. C: each TCP conversation; notes are letters: s sealed,
 * l bytes lost, n bind refused, f faults, m seen from the middle. R: the rows of the report.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/proto.h"
#include "engine/engine.h"
#include "recognise/recognise.h"
#include "recognise/rpc_iface.h"

static const char *or_dash(const char *text)
{
	return text && *text ? text : "-";
}

static void show_grant(const struct grant *g)
{
	static const char *const protos[] = {"none", "tcp", "udp", "http", "pipe"};
	char server[ADDR_TEXT], client[ADDR_TEXT], alias[ADDR_TEXT], uuid[RPC_UUID_TEXT];

	printf("G\t%s\t%s\t%s\t%s\t%u\t%s\t%u.%u\t%s\t%s\t%" PRIu32 "\t%" PRIu64 "\t%d\n",
	       addr_format(&g->server, server), addr_format(&g->client, client),
	       grant_how_name(g->g.how), protos[g->g.proto], g->g.port,
	       g->g.has_iface ? rpc_uuid_format(g->g.uuid, uuid) : "-", g->g.major, g->g.minor,
	       g->g.has_alias ? addr_format(&g->g.alias, alias) : "-", or_dash(g->g.name),
	       g->first.number, g->n, g->assumed);
}

static uint32_t notes_of(const struct conv *c)
{
	struct conv_app room;
	uint32_t notes = 0;

	for (uint8_t i = 0; i < c->n_app; i++)
		notes |= conv_app(c, i, &room)->notes;
	return notes;
}

static uint32_t first_packet(const struct conv *c)
{
	struct conv_app room;
	uint32_t n = UINT32_MAX;

	if (c->n_ok_ev)
		n = c->ok_ev[0].number;
	if (conv_fail(c)->n_ev && conv_fail(c)->ev[0].number < n)
		n = conv_fail(c)->ev[0].number;
	for (uint8_t i = 0; i < c->n_app; i++) {
		const struct conv_app *a = conv_app(c, i, &room);

		if (a->n_ev && a->ev[0].number < n)
			n = a->ev[0].number;
	}
	return n == UINT32_MAX ? 0 : n;
}

static void show_conv(const struct conv *c)
{
	char client[ADDR_TEXT], server[ADDR_TEXT], uuid[RPC_UUID_TEXT];
	const uint32_t notes = notes_of(c);

	printf("C\t%s\t%s\t%u\t%" PRIu64 "\t%s\t%" PRIu32 "\t%" PRIu32 "\t%s%s%s%s%s-\t",
	       addr_format(&c->client, client), addr_format(&c->server, server), c->port,
	       c->packets[0] + c->packets[1], flow_state_name(c->state), first_packet(c),
	       conv_more(c)->has_bind ? conv_more(c)->bind_ev.number : 0,
	       notes & APP_NOTE_RPC_SEALED ? "s" : "", notes & APP_NOTE_RPC_LOST ? "l" : "",
	       notes & APP_NOTE_RPC_NAK ? "n" : "", notes & APP_NOTE_RPC_FAULT ? "f" : "",
	       c->started ? "" : "m");
	for (uint8_t i = 0; i < conv_more(c)->n_iface; i++)
		printf("%s%s", i ? "," : "", rpc_uuid_format(conv_more(c)->iface[i].uuid, uuid));
	puts(conv_more(c)->n_iface ? "" : "-");
}

static void show_row(const struct rpc_row *r)
{
	char client[ADDR_TEXT], server[ADDR_TEXT];

	if (!r->has_state || r->proto != IPPROTO_NR_TCP)
		return;
	printf("R\t%s\t%s\t%u\t%s\t%" PRIu32 "\t%" PRIu32 "\t%s\t%s\n",
	       addr_format(&r->client.address, client), addr_format(&r->server.address, server),
	       r->port, or_dash(r->how), r->how ? r->granted_by.number : 0, r->used_by.number,
	       or_dash(r->tie), or_dash(r->why));
}

static void show_file(const char *path)
{
	struct span_audit *a = span_audit_new();

	if (!a)
		abort();
	printf("# %s\n", path);

	const int r = span_audit_file(a, path) == 0 ? span_audit_run(a) : SPAN_INPUT;

	for (size_t i = 0; i < a->n_grants; i++)
		show_grant(&a->grants[i]);
	for (size_t i = 0; i < a->n_convs; i++)
		if (a->convs[i].proto == IPPROTO_NR_TCP)
			show_conv(&a->convs[i]);
	if (a->result) {
		const struct coverage *c = &a->result->coverage;

		for (size_t i = 0; i < a->result->n_rpc; i++)
			show_row(&a->result->rpc[i]);
		printf("=\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64
		       "\t%" PRIu64 "\t%d\n",
		       c->answers, c->answers_sealed, c->answers_bad, c->streams, c->streams_cut,
		       c->learn_refused, r);
	} else {
		printf("=\trefused\t%d\n", r);
	}
	span_audit_free(a);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		show_file(argv[i]);
	return 0;
}
