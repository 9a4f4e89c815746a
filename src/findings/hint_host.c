// SPDX-License-Identifier: BSD-2-Clause
/* Hints about hosts and what stands before them. */
#include "base/cpu.h"
#include "base/proto.h"
#include "findings/hint_work.h"

enum { FLOOD_SHARE = 10 }; /* one in so many packets is a copy */

static const char *stealth(struct work *w, const struct finding *f)
{
	const struct party *sv;

	if (f->kind != KIND_MISSING || !hint_failed(f) || !f->has_state ||
	    f->state != STATE_NO_ANSWER)
		return NULL;
	sv = party_of(w, behind_ends(&w->in->ends, f->behind).server);
	return sv && sv->answered
		       ? arena_printf(w->a, "%s answers others, and nothing came back here",
				      text_endpoint(w, &f->server))
		       : NULL;
}

/* Data Protection Manager: the mapper, and its coordinator and agent. */
static bool port_of_backup(uint16_t port)
{
	return port == 135 || port == 5718 || port == 5719;
}

static const char *backup_blocked(struct work *w, const struct finding *f)
{
	return hint_failed(f) && f->proto == IPPROTO_NR_TCP &&
			       (f->kind == KIND_RPC_BLOCKED || port_of_backup(f->port)) &&
			       (f->client.roles | f->server.roles) & ROLE_BIT(ROLE_BACKUP)
		       ? hint_failed_to(w, f)
		       : NULL;
}

/* Accepted, and shut at once by the server's end, every time. */
static bool shut_at_once(const struct work *w, const struct item *it)
{
	const struct conv *c = it->conv;

	(void)w;
	return it->more && it->scope && !it->probe && !it->scan &&
	       it->r.verdict == KIND_DOCUMENTED && c->flows > 1 &&
	       conv_more(c)->rst_after_accept == c->flows && !hint_hung_up(it);
}

static bool flooded(struct work *w, const struct hint_row *row)
{
	const struct coverage *c = &w->r->coverage;
	struct finding *f;

	if (!w->in->n_clusters || !c->packets || c->duplicates < c->packets / FLOOD_SHARE)
		return true;
	f = hint_alone(w, row, "*", NULL,
		       arena_printf(w->a,
				    "Heartbeats of Windows NLB were seen, and %llu of %llu packets "
				    "are copies of others.",
				    (unsigned long long)c->duplicates,
				    (unsigned long long)c->packets));
	return f != NULL;
}

static const struct hint_rule rules[] = {
	{
		.row = {"RST-ACCEPT", "a server resets every connection as soon as it is accepted",
			"Often an inspecting firewall or a load balancer takes the connection in "
			"the server's name and finds nobody behind it, or the service closes "
			"because of TLS settings or a limit."},
		.item = shut_at_once,
		.what = "@ accepted every connection and reset it at once, before it sent a byte: "
			"@.",
	},
	{
		.row = {"STEALTH",
			"a required service gives no answer, on a host that answers others",
			"Windows drops silently what no rule lets in, also when nothing listens: a "
			"firewall on the path, one on the host, and a stopped service look alike. "
			"On the server, Get-NetTCPConnection and its firewall log tell them "
			"apart."},
		.explains = stealth,
	},
	{
		.row = {"VSS-DPM",
			"RPC or the ports of Data Protection Manager failed between a backup "
			"server and another host",
			"Data Protection Manager needs TCP 135, the dynamic ports, 5718 and 5719, "
			"from the server to the agent and back. The VSS writer of CRM is local and "
			"opens no port of its own."},
		.explains = backup_blocked,
	},
	{
		.row = {"NLB-FLOOD", "Windows NLB heartbeats, and many copies of packets",
			"In unicast mode NLB makes switches flood its traffic to every port, also "
			"the sensor's; use multicast with IGMP, or a VLAN of its own, where the "
			"sensor is overloaded."},
		.alone = flooded,
	},
};

const struct hint_family hint_family_host = {rules, N_ELEMENTS(rules)};
