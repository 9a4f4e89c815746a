// SPDX-License-Identifier: BSD-2-Clause
/*
 * send - packets of a capture onto an interface, at a rate.
 *
 *	send INTERFACE FILE PACKETS RATE
 *
 * The file (pcap, this computer's byte order, microseconds) is read into memory first and sent
 *again from its beginning until that many packets went out, RATE of them a second; 0: as many as
 *go. Prints how many were sent, and in how many seconds. What the interface has no room for is
 *tried again, so that all of them go.
 *
 * tcpreplay asks the kernel for each packet, and reaches some 180,000 a second where this reaches
 * several times as many: 64 packets a call, past the queueing discipline.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 64, FILE_HEADER = 24, RECORD = 16, CAPLEN_AT = 8 };
static const uint32_t magic = 0xa1b2c3d4;
static const int64_t second = 1000000000, nap = 200000;

struct frames {
	struct iovec *v;
	size_t n;
};

static _Noreturn void fail(const char *what)
{
	perror(what);
	exit(1);
}

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * second + t.tv_nsec;
}

static const uint8_t *whole_file(const char *path, size_t *ret_n)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *p;

	if (fd < 0 || fstat(fd, &st) < 0)
		fail(path);
	*ret_n = (size_t)st.st_size;
	p = mmap(NULL, *ret_n, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (p == MAP_FAILED)
		fail(path);
	close(fd);
	return p;
}

static struct frames frames_of(const char *path)
{
	size_t n, room = 0;
	const uint8_t *p = whole_file(path, &n);
	struct frames f = {0};
	uint32_t len;

	if (n < FILE_HEADER || memcmp(p, &magic, sizeof magic) != 0) {
		errno = EINVAL;
		fail(path);
	}
	for (size_t at = FILE_HEADER; at + RECORD <= n; at += RECORD + len) {
		memcpy(&len, p + at + CAPLEN_AT, sizeof len);
		if (len > n - at - RECORD)
			break;
		if (f.n == room) {
			room = room ? 2 * room : 4096;
			f.v = realloc(f.v, room * sizeof *f.v);
			if (!f.v)
				fail("memory");
		}
		f.v[f.n++] = (struct iovec){(void *)(uintptr_t)(p + at + RECORD), len};
	}
	if (!f.n) {
		errno = ENODATA;
		fail(path);
	}
	return f;
}

static int open_port(const char *name)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), yes = 1;

	to.sll_ifindex = (int)if_nametoindex(name);
	if (fd < 0 || !to.sll_ifindex || bind(fd, (struct sockaddr *)&to, sizeof to) < 0)
		fail(name);
	(void)setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof yes);
	return fd;
}

/* Until the packet of that number is due: sleeping while there is time, else turning. */
static void wait_until(int64_t due)
{
	int64_t left;

	while ((left = due - now_ns()) > 0)
		if (left > nap) {
			struct timespec t = {0, left < second ? left - nap / 2 : second - 1};

			nanosleep(&t, NULL);
		}
}

static void send_all(int fd, struct mmsghdr *m, unsigned n)
{
	while (n) {
		int r = sendmmsg(fd, m, n, 0);

		if (r < 0 && errno != ENOBUFS && errno != EAGAIN && errno != EINTR)
			fail("send");
		if (r > 0) {
			m += r;
			n -= (unsigned)r;
		}
	}
}

int main(int argc, char **argv)
{
	struct mmsghdr m[BATCH] = {0};
	struct frames f;
	uint64_t packets, sent = 0;
	double rate;
	int64_t from;
	int fd;

	if (argc != 5) {
		fprintf(stderr, "usage: send INTERFACE FILE PACKETS RATE\n");
		return 2;
	}
	f = frames_of(argv[2]);
	packets = strtoull(argv[3], NULL, 10);
	rate = strtod(argv[4], NULL);
	fd = open_port(argv[1]);
	from = now_ns();
	while (sent < packets) {
		unsigned n = packets - sent < BATCH ? (unsigned)(packets - sent) : BATCH;

		for (unsigned i = 0; i < n; i++) {
			m[i].msg_hdr.msg_iov = &f.v[(sent + i) % f.n];
			m[i].msg_hdr.msg_iovlen = 1;
		}
		if (rate > 0)
			wait_until(from + (int64_t)((double)sent / rate * (double)second));
		send_all(fd, m, n);
		sent += n;
	}
	printf("%llu packets in %.6f s\n", (unsigned long long)sent,
	       (double)(now_ns() - from) / (double)second);
	return 0;
}
