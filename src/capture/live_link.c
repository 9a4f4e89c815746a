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

static void take_stats(struct live_link *l, const char *p, size_t n)
{
	struct rtnl_link_stats64 s = {0};

	memcpy(&s, p, n < sizeof s ? n : sizeof s);
	/* Drivers count a full ring in one of these or the other. */
	l->missed = s.rx_missed_errors + s.rx_fifo_errors;
	l->dropped = s.rx_dropped;
}

/* The attributes behind a header; see netlink(7), rtnetlink(7). */
static void take_attributes(struct live_link *l, const char *p, size_t n)
{
	struct rtattr a;

	while (n >= sizeof a) {
		size_t whole;

		memcpy(&a, p, sizeof a);
		if (a.rta_len < sizeof a || a.rta_len > n)
			return;
		if (a.rta_type == IFLA_STATS64)
			take_stats(l, p + sizeof a, a.rta_len - sizeof a);
		if (a.rta_type == IFLA_MTU && a.rta_len == RTA_LENGTH(sizeof l->mtu))
			memcpy(&l->mtu, p + sizeof a, sizeof l->mtu);
		whole = RTA_ALIGN(a.rta_len);
		if (whole > n)
			return;
		p += whole;
		n -= whole;
	}
}

static int take_link(struct live_link *l, const char *p, size_t n)
{
	struct ifinfomsg m;

	if (n < sizeof m)
		return -EBADMSG;
	memcpy(&m, p, sizeof m);
	l->index = m.ifi_index;
	l->up = m.ifi_flags & IFF_UP;
	take_attributes(l, p + sizeof m, n - sizeof m);
	return 0;
}

static int take_error(const char *p, size_t n)
{
	struct nlmsgerr e;

	if (n < sizeof e)
		return -EBADMSG;
	memcpy(&e, p, sizeof e);
	return e.error == -ENODEV ? 0 : e.error < 0 ? e.error : -EBADMSG;
}

static int take_answer(struct live_link *l, const char *p, size_t n)
{
	struct nlmsghdr h;

	if (n < sizeof h)
		return -EBADMSG;
	memcpy(&h, p, sizeof h);
	if (h.nlmsg_len < sizeof h || h.nlmsg_len > n)
		return -EBADMSG;
	p += sizeof h;
	n = h.nlmsg_len - sizeof h;
	if (h.nlmsg_type == RTM_NEWLINK)
		return take_link(l, p, n);
	return h.nlmsg_type == NLMSG_ERROR ? take_error(p, n) : -EBADMSG;
}

int live_link_look(int fd, const char *name, struct live_link *ret)
{
	char answer[ANSWER];
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
	return take_answer(ret, answer, (size_t)got);
}
