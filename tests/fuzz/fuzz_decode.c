// SPDX-License-Identifier: BSD-2-Clause
/*
 * Frames of any link type. The input is a stream of them, so that fragments meet:
 *
 *   link type(8, an index) length(16) missing(8) time step(8) | the frame
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/rd.h"
#include "base/time.h"
#include "decode/decode.h"
#include "same_packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void check(bool good)
{
	if (!good)
		abort();
}

static void check_packet(const struct packet *k, const uint8_t *frame, uint32_t len)
{
	check(k->payload >= frame && k->payload_len <= len &&
	      (size_t)(k->payload - frame) <= len - k->payload_len);
	check(k->payload_wire >= k->payload_len);
	check(k->payload_cut == (k->payload_wire > k->payload_len));
	check(k->wire_len >= len);
	check(!k->later_fragment || k->fragment);
	check(!k->icmp_has_inner || k->icmp_class != ICMP_NOT_ERROR);
}

/* Only ever longer: the corpus has indices. */
static const uint16_t linktypes[] = {
	1,   0,   9,   12,  14,  50,  51,  101, 108, 113, 228, 229, 276, 147, 65535, 6,   7,
	10,  17,  19,  100, 104, 105, 106, 107, 109, 110, 117, 119, 122, 123, 127,   128, 129,
	135, 136, 137, 138, 149, 163, 164, 166, 167, 168, 178, 179, 180, 181, 182,   192, 197,
	204, 205, 206, 226, 239, 240, 241, 242, 258, 259, 274, 281, 282, 284, 285};

/* Every decoder can be entered: the table has all link types that are decoded. */
static void check_linktypes(void)
{
	static bool done;

	for (uint32_t t = 0; !done && t <= UINT16_MAX; t++) {
		bool found = !decode_linktype_known((uint16_t)t);

		for (size_t i = 0; i < N_ELEMENTS(linktypes); i++)
			found |= linktypes[i] == t;
		check(found);
	}
	done = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct decoder *d = decoder_new(), *slow = decoder_new();
	struct rd r = rd_over(p, n);
	const struct decode_stats *s = decoder_stats(d);
	uint64_t frames = 0, sum = 0;
	int64_t ts_ns = 0;

	check_linktypes();
	check(d != NULL && slow != NULL);
	decoder_layers_only(slow);
	while (rd_left(&r) && frames < 1000) {
		uint16_t linktype = linktypes[rd_u8(&r) % N_ELEMENTS(linktypes)];
		uint32_t len = rd_be16(&r), missing = rd_u8(&r);
		struct packet k, other;

		ts_ns += (int64_t)rd_u8(&r) * NS_PER_S;
		if (len > rd_left(&r))
			len = (uint32_t)rd_left(&r);

		/* Its own block: a read past the frame must not find the next one. */
		uint8_t *frame = malloc(len ? len : 1);

		check(frame != NULL);
		if (len)
			memcpy(frame, rd_take(&r, len), len);

		enum decode_skip skip = decode_frame(d, linktype, frame, len, len + missing, ts_ns,
						     (uint32_t)frames + 1, &k);

		check(skip < DECODE_N);
		check(skip == decode_frame(slow, linktype, frame, len, len + missing, ts_ns,
					   (uint32_t)frames + 1, &other));
		check(skip != DECODE_OK || same_packet(&k, &other));
		check(skip == SKIP_LINKTYPE || decode_linktype_known(linktype));
		if (skip == DECODE_OK)
			check_packet(&k, frame, len);
		free(frame);
		frames++;
	}
	for (size_t i = 0; i < DECODE_N; i++)
		sum += s->by[i];
	check(s->read == frames && sum == frames);
	check(same_stats(s, decoder_stats(slow)));
	decoder_free(d);
	decoder_free(slow);
	return 0;
}
