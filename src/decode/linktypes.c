// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which decoder a link type means. Numbers are LINKTYPE_ values of
 * https://www.tcpdump.org/linktypes.html; where the DLT_ value of some system differs (raw IP is 12
 * or 14), files hold that one too.
 *
 * Left out are links that carry no IP (Bluetooth, USB, CAN, SS7, BACnet and the like), and exports
 * of Wireshark (252), in which the headers below the exported protocol are gone.
 */
#include "decode/decode.h"

#include "base/cpu.h"
#include "decode/layer.h"

/* Ascending. */
static const struct {
	uint16_t number;
	decode_fn *fn;
} rows[] = {
	{0, decode_null},
	{1, decode_ethernet},
	{6, decode_token_ring},
	{7, decode_arcnet},
	{9, decode_hdlc},
	{10, decode_fddi},
	{12, decode_raw},
	{14, decode_raw},
	{17, decode_pflog_old},
	{19, decode_atm_clip},
	{50, decode_hdlc},
	{51, decode_pppoe},
	{100, decode_atm_llc},
	{101, decode_raw},
	{104, decode_chdlc},
	{105, decode_80211},
	{106, decode_atm_clip},
	{107, decode_frelay},
	{108, decode_loop},
	{109, decode_enc},
	{110, decode_lane},
	{113, decode_sll},
	{117, decode_pflog},
	{119, decode_prism},
	{122, decode_ip_over_fc},
	{123, decode_sunatm},
	{127, decode_radiotap},
	{128, decode_tzsp},
	{129, decode_arcnet_linux},
	{135, decode_juniper_atm2},
	{136, decode_juniper_service},
	{137, decode_juniper_atm1},
	{138, decode_firewire},
	{149, decode_pktap}, /* LINKTYPE_USER2, but in macOS what others call 258 */
	{163, decode_avs},
	{164, decode_juniper_service}, /* monitoring: the cookie is as long */
	{166, decode_pppd},
	{167, decode_juniper_ethernet}, /* PPPoE */
	{168, decode_juniper_pppoe_atm},
	{178, decode_juniper_ethernet},
	{179, decode_juniper_ppp},
	{180, decode_juniper_frelay},
	{181, decode_juniper_chdlc},
	{182, decode_mfr},
	{192, decode_ppi},
	{197, decode_erf},
	{204, decode_ppp_dir},
	{205, decode_chdlc_dir},
	{206, decode_frelay_dir},
	{226, decode_ipnet},
	{228, decode_ipv4},
	{229, decode_ipv6},
	{239, decode_nflog},
	{240, decode_netanalyzer},
	{241, decode_netanalyzer_transparent},
	{242, decode_ipoib},
	{258, decode_pktap},
	{259, decode_epon},
	{274, decode_mpacket},
	{276, decode_sll2},
	{281, decode_dsa_broadcom},
	{282, decode_dsa_broadcom_front},
	{284, decode_dsa_marvell},
	{285, decode_dsa_marvell_typed},
};

decode_fn *decode_by_linktype(uint32_t linktype)
{
	size_t low = 0, high = N_ELEMENTS(rows);

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (rows[middle].number == linktype)
			return rows[middle].fn;
		if (rows[middle].number < linktype)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

bool decode_linktype_known(uint16_t linktype)
{
	return decode_by_linktype(linktype) != NULL;
}
