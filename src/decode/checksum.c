// SPDX-License-Identifier: BSD-2-Clause
/*
 * The Internet checksum, RFC 1071.
 *
 * A sum of ones' complement words does not care for their order or width (RFC 1071 2), so words of
 * 64 bits are taken as they lie and added by halves: neither carries nor swaps until the end.
 */
#include <string.h>

#include "decode/layer.h"

uint64_t checksum_add(uint64_t sum, const uint8_t *p, size_t n)
{
	uint64_t low = 0, high = 0;

	for (; n >= 32; p += 32, n -= 32) {
		uint64_t w[4];

		memcpy(w, p, sizeof w);
		low += (w[0] & 0xffffffff) + (w[1] & 0xffffffff) + (w[2] & 0xffffffff) +
		       (w[3] & 0xffffffff);
		high += (w[0] >> 32) + (w[1] >> 32) + (w[2] >> 32) + (w[3] >> 32);
	}
	for (; n >= 4; p += 4, n -= 4) {
		uint32_t w;

		memcpy(&w, p, sizeof w);
		low += w;
	}
	if (n) {
		uint32_t w = 0; /* an odd end is padded with zero, RFC 1071 1 (4.1) */

		memcpy(&w, p, n);
		low += w;
	}
	return sum + low + high;
}

bool checksum_good(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff;
}

/* TCP or UDP with its pseudo-header: RFC 9293 3.1, RFC 768, RFC 8200 8.1. */
bool checksum_transport_good(const struct layer *l, const uint8_t *p, size_t n)
{
	const struct packet *k = l->packet;
	const uint8_t rest[8] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8),
				 (uint8_t)n, [7] = k->proto};
	struct addr src = k->src, dst = k->dst;
	size_t skip = l->v4 ? 12 : 0;
	uint64_t sum = checksum_add(0, rest, sizeof rest);

	/* The VLAN that decode_addr6() wrote was never on the wire. */
	if (!l->v4 && addr_is_link_local(&src))
		src.b[2] = src.b[3] = 0;
	if (!l->v4 && addr_is_link_local(&dst))
		dst.b[2] = dst.b[3] = 0;
	sum = checksum_add(sum, src.b + skip, 16 - skip);
	sum = checksum_add(sum, dst.b + skip, 16 - skip);
	return checksum_good(checksum_add(sum, p, n));
}
