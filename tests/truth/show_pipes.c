// SPDX-License-Identifier: BSD-2-Clause
/*
 * Prints what was found in the SMB conversations of captures, for comparison with other tools:
 *
 *   show_pipes FILE...
 *
 *   # FILE
 *   client server port flows started pipes interfaces
 *
 * with tabs between, commas in lists and "-" for nothing.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/proto.h"
#include "engine/engine.h"
#include "recognise/recognise.h"
#include "recognise/rpc_iface.h"

static bool is_smb(const struct conv *c)
{
	for (uint8_t i = 0; i < c->n_app; i++) {
		const char *app = app_name(conv_app_at(c, i));

		if (!strcmp(app, "smb2") || !strcmp(app, "smb1") || !strcmp(app, "nbss"))
			return true;
	}
	return c->port == 445 || c->port == 139;
}

static void show(const struct conv *c)
{
	char client[ADDR_TEXT], server[ADDR_TEXT], uuid[RPC_UUID_TEXT];

	printf("%s\t%s\t%u\t%" PRIu64 "\t%d\t", addr_format(&c->client, client),
	       addr_format(&c->server, server), c->port, c->flows, c->started);
	for (uint8_t i = 0; i < conv_more(c)->n_pipe; i++)
		printf("%s%s", i ? "," : "", conv_more(c)->pipe[i]);
	printf("%s\t", conv_more(c)->n_pipe ? "" : "-");
	for (uint8_t i = 0; i < conv_more(c)->n_iface; i++)
		printf("%s%s", i ? "," : "", rpc_uuid_format(conv_more(c)->iface[i].uuid, uuid));
	puts(conv_more(c)->n_iface ? "" : "-");
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct span_audit *a = span_audit_new();

		if (!a)
			abort();
		printf("# %s\n", argv[i]);
		if (span_audit_file(a, argv[i]) == 0)
			span_audit_run(a);
		for (size_t k = 0; k < a->n_convs; k++)
			if (a->convs[k].proto == IPPROTO_NR_TCP && is_smb(&a->convs[k]))
				show(&a->convs[k]);
		span_audit_free(a);
	}
	return 0;
}
