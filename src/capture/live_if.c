// SPDX-License-Identifier: BSD-2-Clause
/* An interface by libpcap, and by the packet socket that it is made of. */
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/out.h"
#include "base/time.h"
#include "capture/keep.h"
#include "capture/linktype.h"
#include "capture/live_internal.h"

static const uint64_t BUFFER = UINT64_C(64) << 20;
enum {
	BUFFER_MOST = 0x7ff00000, /* libpcap counts in an int, and rounds up */
	/* Beside its bytes a frame has a header in the ring (48), a link address (20), and room to
	 * lie straight. */
	RING_COST = 96,
};

static const struct {
	int status;
	const char *what, *hint;
} refusals[] = {
	{PCAP_ERROR_PERM_DENIED, "permission denied (CAP_NET_RAW is missing)",
	 "give it once:   setcap cap_net_raw+ep \"$(command -v spanaudit)\"\nor run it as root, "
	 "which it does not stay; or read a file: spanaudit audit FILE"},
	{PCAP_ERROR_PROMISC_PERM_DENIED, "it may not be made promiscuous",
	 "CAP_NET_ADMIN or CAP_NET_RAW is missing\nrun it as root, or leave that out: -p"},
	{PCAP_ERROR_NO_SUCH_DEVICE, "there is no such interface",
	 "the name may be misspelt, or belong to another network namespace\nspanaudit live -D "
	 "lists "
	 "those that can be captured on"},
	{PCAP_ERROR_IFACE_NOT_UP, "the interface is down",
	 "nobody switched it on; a port for a mirror needs no address, but must be up\nip link set "
	 "NAME up"},
	{PCAP_ERROR_RFMON_NOTSUP, "it cannot be captured on",
	 "it is no network interface as the kernel has them\nspanaudit live -D lists those that "
	 "can "
	 "be captured on"},
};

static int refused(const struct live_if *i, int status, struct errors *errs)
{
	const char *text = i->pcap ? pcap_geterr(i->pcap) : "";
	struct error *e;

	for (size_t k = 0; k < N_ELEMENTS(refusals); k++) {
		if (refusals[k].status != status)
			continue;
		e = errors_add(errs, false, "cannot capture on '%s': %s", i->name,
			       refusals[k].what);
		error_hint(e, "%s", refusals[k].hint);
		return -EACCES;
	}
	e = errors_add(errs, false, "cannot capture on '%s': %s", i->name,
		       *text ? text : pcap_statustostr(status));
	error_hint(e, strstr(text, "memory") || strstr(text, "ENOMEM")
			      ? "the kernel has no room for its ring\nask for a smaller one: -B 16M"
			      : "the driver or the kernel does not take it\nsee what `tcpdump -i "
				"NAME -c 1` says of it");
	return -EIO;
}

static int set_up(struct live_if *i, const struct live_options *opt)
{
	uint64_t buffer = opt->buffer ? opt->buffer : BUFFER;
	unsigned snaplen = opt->snaplen ? opt->snaplen : FRAME_MAX;

	if (buffer > BUFFER_MOST)
		buffer = BUFFER_MOST;
	i->ring = buffer;
	if (snaplen > FRAME_MAX)
		snaplen = FRAME_MAX;
	pcap_set_snaplen(i->pcap, (int)snaplen);
	pcap_set_promisc(i->pcap, !opt->not_promiscuous);
	pcap_set_timeout(i->pcap, LIVE_RETIRE_MS);
	pcap_set_buffer_size(i->pcap, (int)buffer);
	/* Where a device has microseconds only, libpcap says so. */
	i->nanoseconds = pcap_set_tstamp_precision(i->pcap, PCAP_TSTAMP_PRECISION_NANO) == 0;
	i->figures = (struct live_figures){
		.name = i->name,
		.snaplen = snaplen,
		.promiscuous = !opt->not_promiscuous,
		.first_ns = TIME_NONE,
		.last_ns = TIME_NONE,
		.up = true,
		.there = true,
	};
	return pcap_activate(i->pcap);
}

/* In the kernel, so what it refuses costs nothing and is counted by nobody. */
static int set_filter(struct live_if *i, const char *text, struct errors *errs, bool *ret_usage)
{
	struct bpf_program program;
	int r = 0;

	if (pcap_compile(i->pcap, &program, text, 1, PCAP_NETMASK_UNKNOWN) < 0) {
		error_hint(
			errors_add(errs, false, "the filter \"%s\" cannot be used on '%s': %s",
				   text, i->name, pcap_geterr(i->pcap)),
			"a word of it is wrong, or asks for what this kind of interface does not "
			"have\npcap-filter(7) explains the language. In a shell, put the filter "
			"in quotes");
		*ret_usage = true;
		return -EINVAL;
	}
	if (pcap_setfilter(i->pcap, &program) < 0)
		r = refused(i, PCAP_ERROR, errs);
	pcap_freecode(&program);
	return r;
}

int live_if_open(struct live_if *i, const struct live_options *opt, struct errors *errs,
		 bool *ret_usage)
{
	char why[PCAP_ERRBUF_SIZE];
	int r;

	i->pcap = pcap_create(i->name, why);
	if (!i->pcap)
		return refused(i, PCAP_ERROR_NO_SUCH_DEVICE, errs);
	r = set_up(i, opt);
	if (r < 0)
		return refused(i, r, errs);
	if (opt->filter) {
		r = set_filter(i, opt->filter, errs, ret_usage);
		if (r < 0)
			return r;
	}
	i->fd = pcap_get_selectable_fd(i->pcap);
	if (i->fd < 0 || pcap_setnonblock(i->pcap, 1, why) < 0)
		return refused(i, PCAP_ERROR_RFMON_NOTSUP, errs);
	i->nanoseconds = pcap_get_tstamp_precision(i->pcap) == PCAP_TSTAMP_PRECISION_NANO;
	i->figures.nanoseconds = i->nanoseconds;
	i->figures.linktype = linktype_of((uint32_t)pcap_datalink(i->pcap));
	i->out_ns = i->before_ns = TIME_NONE;
	return 0;
}

/* The kernel counts in 32 bits and begins anew each time that it is asked. libpcap would also read
 * a file below /sys, which a confined process cannot. */
void live_if_count(struct live_if *i)
{
	struct tpacket_stats_v3 s = {0};
	socklen_t n = sizeof s;

	if (getsockopt(i->fd, SOL_PACKET, PACKET_STATISTICS, &s, &n) < 0)
		return;
	i->figures.kernel_drops += s.tp_drops;
	/* Those that were dropped are among them: packet(7). */
	i->queued += s.tp_packets - s.tp_drops;
}

unsigned live_if_fill(struct live_if *i)
{
	uint64_t waiting = i->queued > i->taken ? i->queued - i->taken : 0, bytes;

	/* All that was handed over was read: counted anew from here, as the kernel also counts
	 * what libpcap's own filter left out while it was being set. */
	if (!i->more) {
		i->queued = i->taken;
		return 0;
	}
	bytes = waiting * (RING_COST + (i->mean_n ? i->mean_bytes / i->mean_n : 0));
	i->mean_n /= 2;
	i->mean_bytes /= 2;
	return bytes >= i->ring ? 1000 : (unsigned)(bytes * 1000 / i->ring);
}

int live_if_rebind(struct live_if *i, int index)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = index};
	struct packet_mreq all = {.mr_ifindex = index, .mr_type = PACKET_MR_PROMISC};
	int pending = 0;
	socklen_t n = sizeof pending;

	/* That its device went away is still to be told by the socket. */
	(void)getsockopt(i->fd, SOL_SOCKET, SO_ERROR, &pending, &n);
	if (bind(i->fd, (const struct sockaddr *)(const void *)&to, sizeof to) < 0)
		return -errno;
	if (i->figures.promiscuous &&
	    setsockopt(i->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof all) < 0)
		return -errno;
	i->index = index;
	i->broken = false;
	return 0;
}

void live_if_close(struct live_if *i)
{
	if (i->pcap)
		pcap_close(i->pcap);
	free(i->held);
	free(i->name);
}
