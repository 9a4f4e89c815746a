// SPDX-License-Identifier: BSD-2-Clause
/* VLAN tags, IEEE 802.1Q 9.6: C-tag 0x8100, S-tag 0x88a8, and 0x9100, 0x9200, 0x9300 as vendors had
 * them for the outer tag before 802.1ad. */
#include "decode/layer.h"

enum { VLAN_ID_MASK = 0x0fff };

enum decode_skip decode_vlan(struct decoder *d, struct layer *l)
{
	uint16_t tci = rd_be16(&l->r), type = rd_be16(&l->r);

	if (rd_short(&l->r))
		return SKIP_LINK_SHORT;
	/* Id 0 only carries a priority (802.1Q 9.6 table 9-2), so the next tag's id is the
	 * outermost. */
	if (l->packet->vlan == 0)
		l->packet->vlan = tci & VLAN_ID_MASK;
	return decode_ethertype(l, type);
}
