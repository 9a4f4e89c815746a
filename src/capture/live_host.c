// SPDX-License-Identifier: BSD-2-Clause
/* Asked by ioctl(2) as ethtool(8) asks: linux/ethtool.h has the questions. Any socket will do, and
 * a unit may forbid those of networks. */
#include "capture/live_host.h"

#include <ifaddrs.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static bool ask(int fd, const char *name, void *question)
{
	struct ifreq q = {0};
	size_t n = strlen(name);

	if (n >= sizeof q.ifr_name)
		return false;
	memcpy(q.ifr_name, name, n);
	q.ifr_data = question;
	return ioctl(fd, SIOCETHTOOL, &q) == 0;
}

static void driver(int fd, const char *name, struct live_host *ret)
{
	struct ethtool_drvinfo d = {.cmd = ETHTOOL_GDRVINFO};

	if (ask(fd, name, &d))
		memcpy(ret->driver, d.driver, strnlen(d.driver, sizeof ret->driver - 1));
}

static void offloads(int fd, const char *name, struct live_host *ret)
{
	struct ethtool_value gro = {.cmd = ETHTOOL_GGRO}, flags = {.cmd = ETHTOOL_GFLAGS};
	bool told = ask(fd, name, &gro);

	ret->gro = told && gro.data;
	if (ask(fd, name, &flags)) {
		ret->lro = flags.data & ETH_FLAG_LRO;
		told = true;
	}
	ret->offload_told = told;
}

static void ring(int fd, const char *name, struct live_host *ret)
{
	struct ethtool_ringparam r = {.cmd = ETHTOOL_GRINGPARAM};

	if (!ask(fd, name, &r))
		return;
	ret->ring = r.rx_pending;
	ret->ring_most = r.rx_max_pending;
}

static void speed(int fd, const char *name, struct live_host *ret)
{
	struct ethtool_cmd c = {.cmd = ETHTOOL_GSET};
	uint32_t mbit;

	if (!ask(fd, name, &c))
		return;
	mbit = ethtool_cmd_speed(&c);
	ret->mbit = mbit == (uint32_t)SPEED_UNKNOWN ? 0 : mbit;
}

static void mtu(int fd, const char *name, struct live_host *ret)
{
	struct ifreq q = {0};

	memcpy(q.ifr_name, name, strnlen(name, sizeof q.ifr_name - 1));
	if (ioctl(fd, SIOCGIFMTU, &q) == 0 && q.ifr_mtu > 0)
		ret->mtu = (unsigned)q.ifr_mtu;
}

/* A link-local IPv6 address comes by itself, and says little. */
static bool is_address(const struct ifaddrs *a)
{
	return a->ifa_addr && a->ifa_addr->sa_family == AF_INET;
}

static bool has_address(const char *name)
{
	struct ifaddrs *all = NULL;
	bool found = false;

	if (getifaddrs(&all) < 0)
		return false;
	for (const struct ifaddrs *a = all; a; a = a->ifa_next)
		found |= strcmp(a->ifa_name, name) == 0 && is_address(a);
	freeifaddrs(all);
	return found;
}

void live_host_look(const char *name, struct live_host *ret)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	*ret = (struct live_host){.has_address = has_address(name)};
	if (fd < 0)
		return;
	driver(fd, name, ret);
	offloads(fd, name, ret);
	ring(fd, name, ret);
	speed(fd, name, ret);
	mtu(fd, name, ret);
	close(fd);
}
