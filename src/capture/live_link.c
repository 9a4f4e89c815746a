// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the kernel says of an interface: whether it is there and up, and what it has dropped.
 *
 * rtnetlink(7), one request and one answer. The same figures stand in files below /sys, but those
 * need an open(), which a confined process does not have, and change place with the device.
 */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cpu.h"
#include "capture/live_internal.h"

struct request {
	struct nlmsghdr h;
	struct ifinfomsg m;
	struct rtattr name;
	char text[RTA_ALIGN(IFNAMSIZ)];
};

enum { ANSWER = 32768 };

int live_link_open(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	return fd < 0 ? -errno : fd;
}

static void take_stats(struct live_link *l, const struct rtattr *a)
{
	struct rtnl_link_stats64 s = {0};
	size_t n = RTA_PAYLOAD(a);

	memcpy(&s, RTA_DATA(a), n < sizeof s ? n : sizeof s);
	/* Drivers count a full ring in one of these or the other. */
	l->missed = s.rx_missed_errors + s.rx_fifo_errors;
	l->dropped = s.rx_dropped;
}

static void take_link(struct live_link *l, const struct nlmsghdr *h)
{
	const struct ifinfomsg *m = NLMSG_DATA(h);
	size_t n = h->nlmsg_len - NLMSG_LENGTH(sizeof *m);

	l->index = m->ifi_index;
	l->up = m->ifi_flags & IFF_UP;
	for (const struct rtattr *a = IFLA_RTA(m); RTA_OK(a, n); a = RTA_NEXT(a, n))
		if (a->rta_type == IFLA_STATS64)
			take_stats(l, a);
}

static int take_answer(struct live_link *l, const struct nlmsghdr *h, size_t n)
{
	if (!NLMSG_OK(h, n))
		return -EBADMSG;
	if (h->nlmsg_type == RTM_NEWLINK &&
	    h->nlmsg_len >= NLMSG_LENGTH(sizeof(struct ifinfomsg))) {
		take_link(l, h);
		return 0;
	}
	if (h->nlmsg_type != NLMSG_ERROR || h->nlmsg_len < NLMSG_LENGTH(sizeof(struct nlmsgerr)))
		return -EBADMSG;

	const struct nlmsgerr *e = NLMSG_DATA(h);

	return e->error == -ENODEV ? 0 : e->error < 0 ? e->error : -EBADMSG;
}

int live_link_look(int fd, const char *name, struct live_link *ret)
{
	_Alignas(struct nlmsghdr) char answer[ANSWER];
	size_t n = strlen(name) + 1;
	struct request q = {
		.h = {.nlmsg_type = RTM_GETLINK, .nlmsg_flags = NLM_F_REQUEST},
		.m = {.ifi_family = AF_UNSPEC},
		.name = {.rta_type = IFLA_IFNAME},
	};
	ssize_t got;

	*ret = (struct live_link){0};
	if (n > IFNAMSIZ)
		return -ENODEV;
	memcpy(q.text, name, n);
	q.name.rta_len = (unsigned short)RTA_LENGTH(n);
	q.h.nlmsg_len = (uint32_t)(NLMSG_LENGTH(sizeof q.m) + RTA_ALIGN(q.name.rta_len));
	/* What an earlier question left behind, when it was interrupted. */
	while (recv(fd, answer, sizeof answer, MSG_DONTWAIT) > 0)
		;
	if (send(fd, &q, q.h.nlmsg_len, 0) < 0)
		return -errno;
	got = recv(fd, answer, sizeof answer, MSG_DONTWAIT);
	if (got < 0)
		return -errno;
	return take_answer(ret, (const struct nlmsghdr *)(const void *)answer, (size_t)got);
}
