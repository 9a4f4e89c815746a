// SPDX-License-Identifier: BSD-2-Clause
/* The interfaces of this computer, for who must choose one. */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/out.h"
#include "capture/live_internal.h"

static bool is_any(const pcap_if_t *d)
{
	return strcmp(d->name, "any") == 0;
}

/* USB, D-Bus and netfilter's logs are no networks. */
static bool is_wanted(const pcap_if_t *d)
{
	return is_any(d) || if_nametoindex(d->name) != 0;
}

/* sysfs has a folder `bridge` in those that are one, `wireless` ... (Documentation/ABI/testing/
 * sysfs-class-net). */
static bool has(const char *name, const char *what)
{
	char path[128];

	snprintf(path, sizeof path, "/sys/class/net/%.32s/%s", name, what);
	return access(path, F_OK) == 0;
}

static const char *kind(const pcap_if_t *d)
{
	static const struct {
		const char *what, *says;
	} kinds[] = {
		{"bridge", "a bridge: packets between its ports and this computer"},
		{"bonding", "a bond of several cards"},
		{"tun_flags", "a tunnel of a program (tun, tap)"},
		{"wireless", "wireless, which sees its own traffic only"},
		{"device", "a network card"},
	};

	if (is_any(d))
		return "all of them at once, without their Ethernet headers";
	if (d->flags & PCAP_IF_LOOPBACK)
		return "this computer talking to itself";
	for (size_t i = 0; i < N_ELEMENTS(kinds); i++)
		if (has(d->name, kinds[i].what))
			return kinds[i].says;
	return "virtual (veth, VLAN, tunnel ...)";
}

static const char *state(const pcap_if_t *d)
{
	if (is_any(d))
		return "-";
	if (!(d->flags & PCAP_IF_UP))
		return "down";
	return d->flags & PCAP_IF_RUNNING ? "up" : "no link";
}

static const char *address(const struct sockaddr *a, char buf[INET6_ADDRSTRLEN])
{
	if (a && a->sa_family == AF_INET)
		return inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)a)->sin_addr,
				 buf, INET6_ADDRSTRLEN);
	if (a && a->sa_family == AF_INET6)
		return inet_ntop(AF_INET6,
				 &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr, buf,
				 INET6_ADDRSTRLEN);
	return NULL;
}

static void list_one(const pcap_if_t *d, struct out *o)
{
	char buf[INET6_ADDRSTRLEN];
	size_t from = o->n, n = 0;

	out_text_z(o, d->name);
	out_pad(o, ' ', o->n - from < 15 ? 16 - (o->n - from) : 1);
	out_printf(o, "%-8s %s", state(d), kind(d));
	for (const pcap_addr_t *a = d->addresses; a; a = a->next) {
		const char *z = address(a->addr, buf);

		if (z)
			out_printf(o, "%s%s", n++ ? ", " : "; addresses ", z);
	}
	if (!n && !is_any(d))
		out_puts(o, "; no address, as a port for a mirror has");
	out_char(o, '\n');
}

static void list_json(const pcap_if_t *d, bool first, struct out *o)
{
	char buf[INET6_ADDRSTRLEN];
	const char *sign = "";

	out_printf(o, "%s{\"name\": ", first ? "" : ",\n ");
	out_json(o, d->name, strlen(d->name));
	out_printf(o, ", \"state\": \"%s\", \"kind\": \"%s\", \"addresses\": [", state(d), kind(d));
	for (const pcap_addr_t *a = d->addresses; a; a = a->next) {
		const char *z = address(a->addr, buf);

		if (z) {
			out_printf(o, "%s\"%s\"", sign, z);
			sign = ", ";
		}
	}
	out_puts(o, "]}");
}

int live_list(bool json, struct out *o, struct errors *errs)
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_if_t *all = NULL;
	bool first = true;

	if (pcap_findalldevs(&all, why) < 0) {
		error_hint(errors_add(errs, false, "the interfaces cannot be listed: %s", why),
			   "the kernel does not tell them here, as in some containers\nname one "
			   "anyway: -i eth0");
		return -EIO;
	}
	if (json)
		out_char(o, '[');
	for (const pcap_if_t *d = all; d; d = d->next) {
		if (!is_wanted(d))
			continue;
		if (json)
			list_json(d, first, o);
		else
			list_one(d, o);
		first = false;
	}
	if (json)
		out_puts(o, "]\n");
	pcap_freealldevs(all);
	if (first && !json) {
		error_hint(errors_add(errs, false, "there is no interface to capture on"),
			   "this network namespace has none\nsee `ip link`");
		return -ENODEV;
	}
	return 0;
}
