// SPDX-License-Identifier: BSD-2-Clause
/* noop - what reading alone costs: libpcap's loop with an empty callback. */
#include <pcap/pcap.h>
#include <stdint.h>
#include <stdio.h>

static void nothing(u_char *user, const struct pcap_pkthdr *h, const u_char *p)
{
	(void)h;
	(void)p;
	++*(uint64_t *)(void *)user;
}

int main(int argc, char **argv)
{
	char err[PCAP_ERRBUF_SIZE];
	uint64_t packets = 0;
	pcap_t *p = argc == 2 ? pcap_open_offline(argv[1], err) : NULL;

	if (!p || pcap_loop(p, -1, nothing, (u_char *)&packets) < 0) {
		fprintf(stderr, "noop: cannot read the capture\n");
		return 1;
	}
	pcap_close(p);
	printf("%llu packets\n", (unsigned long long)packets);
	return 0;
}
