// SPDX-License-Identifier: BSD-2-Clause
/*
 *   'NTLMSSP\0' type(4)=2 target_name(8) flags(4) challenge(8) 0(8) target_info(8) [version(8)]
 *                                                                          MS-NLMP 2.2.1.2
 *   target_info: length(2) room(2) offset(4), from the signature on
 *   AV_PAIR: id(2) length(2) value, until id 0                             2.2.2.1
 *
 * Values that name something are UTF-16, whatever the flags say.
 */
#include "learn/ntlm.h"

#include <string.h>

enum {
	CHALLENGE = 2,
	NB_COMPUTER = 1,
	DNS_COMPUTER = 3,
	DNS_DOMAIN = 4,
	PAIRS_MAX = 32,
};

static const char signature[8] = "NTLMSSP";

static void utf16(struct rd v, char ret[SIGHTING_NAME])
{
	size_t n = 0;

	ret[0] = 0;
	while (rd_left(&v) >= 2) {
		uint16_t unit = rd_le16(&v);

		if (!unit) /* Samba ends an empty one */
			break;

		const uint8_t c = unit < 0x80 ? (uint8_t)unit : 0;

		n = sighting_text(ret, n, rd_over(&c, 1));
	}
	sighting_lower(ret);
}

/* r begins behind the signature. */
static bool challenge(const uint8_t *from, size_t n_from, struct sighting *s)
{
	struct rd r = rd_over(from, n_from);
	char short_[SIGHTING_NAME] = "";

	rd_skip(&r, sizeof signature);

	uint32_t type = rd_le32(&r);

	rd_skip(&r, 8 + 4 + 8 + 8);

	uint16_t n = rd_le16(&r);

	rd_skip(&r, 2);

	uint32_t at = rd_le32(&r);

	if (rd_short(&r) || type != CHALLENGE || at > n_from)
		return false;

	struct rd info = rd_over(from, n_from);

	rd_skip(&info, at);
	if (n < rd_left(&info))
		info = rd_sub(&info, n);
	for (int i = 0; i < PAIRS_MAX; i++) {
		uint16_t id = rd_le16(&info), len = rd_le16(&info);
		struct rd v = rd_sub(&info, len);

		if (rd_short(&info) || !id)
			break;
		if (id == DNS_COMPUTER)
			utf16(v, s->name);
		else if (id == DNS_DOMAIN)
			utf16(v, s->text);
		else if (id == NB_COMPUTER)
			utf16(v, short_);
	}
	if (!s->name[0])
		memcpy(s->name, short_, sizeof s->name);
	return s->name[0];
}

void ntlm_credentials(struct learn_flow *f, unsigned server_side, struct rd r,
		      const struct evidence *at)
{
	struct sighting s = {.kind = SIGHT_NTLM_NAME, .about = f->addr[server_side]};
	const uint8_t *hit =
		rd_left(&r) ? memmem(r.p, rd_left(&r), signature, sizeof signature) : NULL;

	if (hit && challenge(hit, (size_t)(r.end - hit), &s))
		learn_sighted(f, &s, at);
}
