// SPDX-License-Identifier: BSD-2-Clause
/* Hints about DCE/RPC, DCOM and MSDTC. */
#include <string.h>

#include "base/cpu.h"
#include "base/proto.h"
#include "findings/hint_work.h"
#include "recognise/rpc_iface.h"

static const char *epm_blocked(struct work *w, const struct finding *f)
{
	const struct item *it;
	size_t at = 0;

	if (!hint_failed(f) || !hint_at_port(f, IPPROTO_NR_TCP, 135))
		return NULL;
	while ((it = hint_pair_next(w, f->behind->conv, false, &at)))
		if (it->dynamic && it->outcome == OUTCOME_GOOD)
			return NULL;
	return hint_failed_to(w, f);
}

static const char *range_old(struct work *w, const struct finding *f)
{
	if (f->kind != KIND_RPC_BLOCKED)
		return NULL;
	for (const struct behind *b = f->behind; b; b = b->next)
		if (b->conv->port < 49152 || b->conv->by_state[STATE_REFUSED])
			return NULL;
	return "ports from 49152 on were handed out and nothing answered on them";
}

static const char *dtc_one_way(struct work *w, const struct finding *f)
{
	const struct rpc_iface_row *dtc = rpc_iface_by_name("IXnRemote");
	const struct item *it;
	size_t at = 0;

	if (!hint_failed(f) || f->proto != IPPROTO_NR_TCP || !dtc ||
	    (f->port != 135 && f->kind != KIND_RPC_BLOCKED))
		return NULL;
	while ((it = hint_pair_next(w, f->behind->conv, true, &at)))
		for (unsigned i = 0; i < it->c->n_iface; i++)
			if (!memcmp(it->c->iface[i].uuid, dtc->uuid, sizeof dtc->uuid))
				return arena_printf(
					w->a,
					"%s speaks MSDTC (IXnRemote) to %s, and the way "
					"back, %s to %s, is the one that failed",
					text_endpoint(w, &f->server), text_endpoint(w, &f->client),
					text_endpoint(w, &f->client), text_endpoint(w, &f->server));
	return NULL;
}

static const struct hint_rule rules[] = {
	{
		.row = {"RPC-EPM-BLOCKED",
			"TCP 135 was tried and failed, and no dynamic port of that server was used",
			"Clients ask on TCP 135 for the port of every RPC service, also where the "
			"service has a fixed port: opening that port alone is not enough. Let 135 "
			"through."},
		.explains = epm_blocked,
	},
	{
		.row = {"RPC-RANGE-OLD",
			"ports from 49152 on were handed out, and all of them were met with "
			"silence",
			"Often a firewall still has the range of Windows 2003, 1025-5000. Since "
			"Windows 2008 dynamic ports are 49152-65535 (KB929851): open that range, "
			"or restrict RPC on the server (KB154596)."},
		.explains = range_old,
	},
	{
		.row = {"MSDTC",
			"MSDTC (IXnRemote) is spoken one way, and RPC the other way round failed",
			"Distributed transactions need TCP 135 and the dynamic ports in both "
			"directions, and each side must resolve the other's name. Open the missing "
			"direction; it matters only where code of the deployment uses MSDTC."},
		.explains = dtc_one_way,
	},
};

const struct hint_family hint_family_rpc = {rules, N_ELEMENTS(rules)};
