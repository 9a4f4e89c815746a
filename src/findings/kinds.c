// SPDX-License-Identifier: BSD-2-Clause
#include "findings/kinds.h"

#include <string.h>

#include "base/cpu.h"

static const struct kind_row rows[KIND_N] = {
	[KIND_OUT_OF_SCOPE] =
		{
			"out-of-scope",
			SEV_NONE,
			"Neither end belongs to the deployment, or no rule connects their roles: "
			"counted, not "
			"judged.",
			"Nothing. If one of the hosts belongs to the deployment, give it its role "
			"in the site "
			"file.",
		},
	[KIND_DOCUMENTED] =
		{
			"documented",
			SEV_NONE,
			"A rule of the papers allows it, and the bytes, where they could be seen, "
			"are an "
			"expected protocol.",
			"Nothing.",
		},
	[KIND_DOCUMENTED_DYNAMIC] =
		{
			"documented-dynamic",
			SEV_NONE,
			"A dynamic RPC port whose interface these two roles may use.",
			"Nothing.",
		},
	[KIND_TOLERATED] =
		{
			"tolerated",
			SEV_NONE,
			"Not in the papers, but usual around such a deployment and accepted by a "
			"rule pack, by "
			"the site file or by nature (DHCP, LLMNR, multicast discovery).",
			"Nothing.",
		},
	[KIND_ADVICE] =
		{
			"advice",
			SEV_INFO,
			"Documented, but discouraged, or recommended and not seen.",
			"Plan the change that the finding describes. Nothing is broken today.",
		},
	[KIND_SETUP_ONLY] =
		{
			"setup-only",
			SEV_LOW,
			"The papers allow it while the product is being installed or extended, and "
			"it was seen "
			"outside a declared setup window.",
			"If somebody was working on the installation, declare the time under "
			"`deployment: "
			"{setup: [...]}` in the site file. Otherwise close the port again.",
		},
	[KIND_RPC_UNEXPLAINED] =
		{
			"rpc-unexplained",
			SEV_MEDIUM,
			"A high port between hosts that speak RPC, but neither the mapper's answer "
			"that handed "
			"it out nor a bind that names an interface was seen.",
			"Find the listening process on the server (`netstat -abno` or "
			"`Get-NetTCPConnection`). "
			"If it is RPC, capture from before the client starts; if not, document or "
			"close it.",
		},
	[KIND_RPC_OUT_OF_RANGE] =
		{
			"rpc-out-of-range",
			SEV_MEDIUM,
			"RPC on a port outside the range that the site file gives for this server.",
			"Restrict the server's RPC range as planned, restart it, or correct `rpc:` "
			"in the site "
			"file; the firewall between the two must agree with what the server really "
			"uses.",
		},
	[KIND_MOVED_SERVICE] =
		{
			"moved-service",
			SEV_MEDIUM,
			"A documented protocol between the right roles, on a port that the papers "
			"do not give.",
			"If the service was moved on purpose, add the site-file line that the "
			"finding shows; the "
			"port then is documented. If not, find out who listens there.",
		},
	[KIND_UNEXPECTED_DIRECTION] =
		{
			"unexpected-direction",
			SEV_MEDIUM,
			"The papers document this service between these roles, but the other way "
			"round.",
			"Check which program on the client opens it. Close it, or document it if "
			"the product "
			"really needs it.",
		},
	[KIND_UNEXPECTED_PAIR] =
		{
			"unexpected-pair",
			SEV_HIGH,
			"A documented service of this server, used by a role that no rule lets use "
			"it.",
			"Close it at the firewall, or give the client the role that it really has.",
		},
	[KIND_UNEXPECTED_PORT] =
		{
			"unexpected-port",
			SEV_MEDIUM,
			"Both hosts are known, and no rule names this service between them.",
			"Close it, or document it with a rule in a pack of your own.",
		},
	[KIND_UNEXPECTED_ENDPOINT] =
		{
			"unexpected-endpoint",
			SEV_MEDIUM,
			"A host of the deployment talks with an address that has no role.",
			"Give the address its role in the site file, or close the connection.",
		},
	[KIND_UNEXPECTED_PROTOCOL] =
		{
			"unexpected-protocol",
			SEV_MEDIUM,
			"The port is documented, but the bytes are another protocol than the "
			"papers expect "
			"there.",
			"Find the listening process on the server. Move or remove it; a documented "
			"port must not "
			"carry something else.",
		},
	[KIND_MISSING] =
		{
			"missing",
			SEV_MEDIUM,
			"The papers require this traffic, the capture could have shown it, and it "
			"is absent or "
			"failed every time.",
			"Check the firewalls on the path and on the server, and that the service "
			"runs.",
		},
	[KIND_BLOCKED] =
		{
			"blocked",
			SEV_LOW,
			"Allowed and not required, tried, and it failed.",
			"Open it if the function is wanted, or stop the client from trying.",
		},
	[KIND_RPC_BLOCKED] =
		{
			"rpc-blocked",
			SEV_HIGH,
			"The endpoint mapper handed out a port, and the client could not reach it.",
			"Open the server's dynamic RPC range on the path, or restrict the range on "
			"the server "
			"and open that.",
		},
	[KIND_SCAN] =
		{
			"scan",
			SEV_MEDIUM,
			"One client tried many ports or hosts, and nearly all attempts failed.",
			"If it is the vulnerability scanner, give it the role `scanner`. If not, "
			"look at that "
			"host now.",
		},
	[KIND_CONTRADICTION] =
		{
			"contradiction",
			SEV_HIGH,
			"The site file gives a host one role, and its traffic proves another.",
			"Correct the role or the address in the site file; until then the verdicts "
			"about this "
			"host are not to be trusted.",
		},
	[KIND_VISIBILITY] =
		{
			"visibility",
			SEV_INFO,
			"Something that the capture could not show, so that it was not judged.",
			"Mirror the missing hosts or directions too, and say in the site file what "
			"each sensor "
			"sees.",
		},
};

const struct kind_row *kind_row(enum kind k)
{
	return k < KIND_N ? &rows[k] : NULL;
}

const char *kind_name(enum kind k)
{
	return k < KIND_N ? rows[k].name : "unknown";
}

enum kind kind_by_name(const char *name)
{
	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		if (!strcmp(rows[i].name, name))
			return (enum kind)i;
	return KIND_N;
}
