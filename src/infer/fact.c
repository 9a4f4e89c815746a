// SPDX-License-Identifier: BSD-2-Clause
/* Evidence as sentences that an administrator understands. */
#include <string.h>

#include "base/out.h"
#include "base/proto.h"
#include "infer/parts.h"
#include "recognise/rpc_iface.h"

static const char *proto_word(uint32_t port)
{
	return (port & 0xff) == IPPROTO_NR_UDP ? "udp" : "tcp";
}

static void put_ports(struct out *o, const struct tally *t)
{
	if (t->more_ports) {
		out_puts(o, "several ports");
		return;
	}
	for (unsigned i = 0; i < t->n_port; i++)
		out_printf(o, "%s%u/%s",
			   !i                    ? ""
			   : i + 1U == t->n_port ? " and "
						 : ", ",
			   t->port[i] >> 8, proto_word(t->port[i]));
}

static void put_counted(struct out *o, const struct clue *c, uint64_t n)
{
	out_printf(o, "%llu ", (unsigned long long)n);
	if (n == 1)
		out_puts(o, c->one);
	else if (c->many)
		out_puts(o, c->many);
	else
		out_printf(o, "%ss", c->one);
}

static void put_hosts(struct out *o, uint32_t n)
{
	out_printf(o, "%u %s", n, n == 1 ? "host" : "hosts");
}

static void put_iface(struct out *o, const char *name)
{
	const struct rpc_iface_row *row = rpc_iface_by_name(name);

	out_puts(o, name);
	if (row && row->title && *row->title)
		out_printf(o, " (%s)", row->title);
}

static void put_addr(struct out *o, const struct addr *a)
{
	char buf[ADDR_TEXT];

	out_puts(o, addr_format(a, buf));
}

/* Foreign text is raw here; whoever prints the fact makes it harmless. */
static void put_raw(struct out *o, const char *z)
{
	out_bytes(o, z, strlen(z));
}

static void put_grant(struct out *o, const struct clue *c, const struct tally *t)
{
	const struct grant *g = t->grant;

	if (c->of == CLUE_BROWSER) {
		out_puts(o, "its SQL Server Browser told ");
		put_addr(o, &g->client);
		out_puts(o, " of the instance ");
		put_raw(o, g->g.name[0] ? g->g.name : "without a name");
		if (g->g.port)
			out_printf(o, " on %u/tcp", g->g.port);
		return;
	}
	out_puts(o, "its endpoint mapper told ");
	put_addr(o, &g->client);
	out_puts(o, " that ");
	put_iface(o, c->text);
	out_printf(o, " is on %u/tcp", g->g.port);
}

static void put_sighting(struct out *o, const struct clue *c, const struct sighting *s)
{
	switch (c->of) {
	case CLUE_PING:
		out_puts(o, c->one);
		if (s->name[0]) {
			out_puts(o, ", calling itself ");
			put_raw(o, s->name);
		}
		break;
	case CLUE_SRV:
		out_puts(o, "named by the DNS server ");
		put_addr(o, &s->by);
		out_puts(o, " as ");
		put_raw(o, s->text);
		break;
	case CLUE_TICKET:
		put_addr(o, &s->about);
		out_puts(o, " has a Kerberos ticket for ");
		put_raw(o, s->text);
		out_puts(o, ", which is this host");
		break;
	default:
		out_puts(o, "has the NetBIOS name ");
		put_raw(o, s->name);
		out_printf(o, "<%02X>", s->code);
		break;
	}
}

const char *fact_mac(struct arena *a, const uint8_t mac[6])
{
	return arena_printf(a, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
			    mac[4], mac[5]);
}

static void put_fact(struct out *o, struct arena *a, const struct clue *c, const struct tally *t)
{
	const char *mac;

	switch (c->of) {
	case CLUE_ANSWERS:
		out_puts(o, "answered ");
		put_counted(o, c, t->n);
		out_puts(o, " on ");
		put_ports(o, t);
		out_puts(o, " from ");
		put_hosts(o, t->peers);
		break;
	case CLUE_CALLS:
		out_puts(o, "opened ");
		put_counted(o, c, t->n);
		out_puts(o, " on ");
		put_ports(o, t);
		out_puts(o, " to ");
		put_hosts(o, t->peers);
		break;
	case CLUE_BOUND:
		put_hosts(o, t->peers);
		out_puts(o, " bound its RPC interface ");
		put_iface(o, c->text);
		out_puts(o, " on ");
		put_ports(o, t);
		break;
	case CLUE_GRANTS:
	case CLUE_BROWSER:
		put_grant(o, c, t);
		break;
	case CLUE_PING:
	case CLUE_SRV:
	case CLUE_TICKET:
	case CLUE_NETBIOS:
		put_sighting(o, c, t->sighting);
		break;
	case CLUE_NAMED:
		out_puts(o, "clients ask it for the name ");
		put_raw(o, t->name);
		break;
	case CLUE_CLUSTER:
		out_puts(o, "heartbeats of Network Load Balancing name it as the address of "
			    "their cluster");
		break;
	case CLUE_CARD:
		mac = fact_mac(a, t->mac);
		out_printf(o, "has the virtual network card %s of a load balancer", mac ? mac : "");
		break;
	case CLUE_NONE:
		break;
	}
}

const char *fact_text(struct arena *a, const struct clue *c, const struct tally *t)
{
	struct out o = {0};
	const char *text = NULL;

	put_fact(&o, a, c, t);
	if (!out_failed(&o))
		text = arena_strdup(a, out_str(&o));
	out_done(&o);
	return text;
}
