// SPDX-License-Identifier: BSD-2-Clause
/* Hints about DCE/RPC, DCOM and MSDTC. */
#include <string.h>

#include "base/cpu.h"
#include "base/proto.h"
#include "findings/hint_work.h"
#include "recognise/rpc_iface.h"

enum { ACCESS_DENIED = 5 };
enum { INTEGRITY = 5 }; /* RPC_C_AUTHN_LEVEL_PKT_INTEGRITY: MS-RPCE 2.2.1.1.8 */

static const char *epm_blocked(struct work *w, const struct finding *f)
{
	const struct item *it;
	size_t at = 0;

	if (!hint_failed(f) || !hint_at_port(f, IPPROTO_NR_TCP, 135))
		return NULL;
	while ((it = hint_pair_next(w, f->behind, false, &at)))
		if (it->dynamic && it->outcome == OUTCOME_GOOD)
			return NULL;
	return hint_failed_to(w, f);
}

static const char *range_old(struct work *w, const struct finding *f)
{
	if (f->kind != KIND_RPC_BLOCKED)
		return NULL;
	for (const struct behind *b = f->behind; b; b = b->next)
		if (behind_ends(&w->in->ends, b).port < 49152 ||
		    (b->conv && b->conv->by_state[STATE_REFUSED]))
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
	while ((it = hint_pair_next(w, f->behind, true, &at)))
		for (unsigned i = 0; it->conv && i < conv_more(it->conv)->n_iface; i++)
			if (!memcmp(conv_more(it->conv)->iface[i].uuid, dtc->uuid,
				    sizeof dtc->uuid))
				return arena_printf(
					w->a,
					"%s speaks MSDTC (IXnRemote) to %s, and the way "
					"back, %s to %s, is the one that failed",
					text_endpoint(w, &f->server), text_endpoint(w, &f->client),
					text_endpoint(w, &f->client), text_endpoint(w, &f->server));
	return NULL;
}

/* The conversations of this very pair; rows are sorted by client and server. */
static const struct item *of_pair(const struct work *w, const struct addr *client,
				  const struct addr *server, size_t *ret_n)
{
	size_t lo = 0, hi = w->n, n = 0;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct item *it = &w->item[mid];
		int d = addr_compare(&w->party[it->client].addr, client);

		d = d ? d : addr_compare(&w->party[it->server].addr, server);
		if (d < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	while (lo + n < w->n && addr_equal(&w->party[w->item[lo + n].client].addr, client) &&
	       addr_equal(&w->party[w->item[lo + n].server].addr, server))
		n++;
	*ret_n = n;
	return &w->item[lo];
}

static bool speaks_of(const struct conv *c, const uint8_t uuid[16])
{
	for (unsigned i = 0; i < conv_more(c)->n_iface; i++)
		if (!memcmp(conv_more(c)->iface[i].uuid, uuid, 16))
			return true;
	return false;
}

/* Did this server hand out a port or a pipe later on, for the interface (NULL: by activation)? */
static bool granted_since(struct work *w, const struct sighting *s, const uint8_t *uuid)
{
	if (!hint_look(w, w->in->n_grants))
		return true;
	for (size_t i = 0; i < w->in->n_grants; i++) {
		const struct grant *g = &w->in->grants[i];
		bool is = uuid ? g->g.has_iface && !memcmp(g->g.uuid, uuid, 16) &&
					  g->g.proto != GRANTED_NONE
			       : g->g.how == GRANT_ACTIVATION && addr_equal(&g->client, &s->about);

		if (is && addr_equal(&g->server, &s->by) && g->last_ns >= s->last_ns)
			return true;
	}
	return false;
}

/* A conversation that is judged, and no scan: asks of strangers mean nothing. */
static bool of_interest(struct work *w, const struct sighting *s, const uint8_t *uuid)
{
	bool scope = false;
	size_t n;
	const struct item *it = of_pair(w, &s->about, &s->by, &n);

	if (!hint_look(w, n))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (it[i].scan || (uuid && speaks_of(item_shown(w, &it[i]), uuid)))
			return false;
		scope |= it[i].scope;
	}
	return scope;
}

/* The service is not there: the same client did not find it otherwise (by a pipe, where it asked
 * for a port first), and it did not start later. */
static bool not_registered(struct work *w, const struct sighting *s)
{
	uint8_t uuid[16];

	return s->kind == SIGHT_RPC_UNREGISTERED && rpc_uuid_parse(s->text, uuid) &&
	       of_interest(w, s, uuid) && !granted_since(w, s, uuid);
}

/* At the level that is wanted now, a fault 5 is about the account. */
static bool not_hardened(struct work *w, const struct sighting *s)
{
	return s->kind == SIGHT_DCOM_DENIED && s->code == ACCESS_DENIED && s->port < INTEGRITY &&
	       of_interest(w, s, NULL) && !granted_since(w, s, NULL);
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
		.row = {"RPC-NOT-REG",
			"the endpoint mapper answers that an interface is not registered",
			"The network is fine: the mapper was reached, and no service has "
			"registered this interface there (Windows error 1753, no more endpoints). "
			"Often the service is stopped on the server, or not installed; look at it "
			"there."},
		.refusal = not_registered,
		.what = "@ is not registered: asked for @, by @, at the endpoint mapper of @.",
		.each_server = true,
	},
	{
		.row = {"DCOM-HARDEN",
			"DCOM activation below packet integrity is answered by fault 5 (access "
			"denied)",
			"It is no matter of ports: since KB5004442 (2022, without a way back since "
			"March 2023) Windows refuses activation below authentication level 5, "
			"packet integrity. Update the client, or raise its level; monitoring and "
			"WMI are the usual ones. An account without rights looks the same."},
		.refusal = not_hardened,
		.what = "DCOM activation with @ was denied (fault 5) @, to @, by @.",
		.each_server = true,
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
