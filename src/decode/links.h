/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * links - the decoders of link types, by file, and what they have in common. linktypes.c has the
 * table of their numbers. See layer.h, which includes this, for what a decoder is.
 */
#ifndef SPAN_DECODE_LINKS_H
#define SPAN_DECODE_LINKS_H

#include <stdbool.h>
#include <stdint.h>

enum { LLC_UNNUMBERED = 0x03 }; /* unnumbered information, IEEE 802.2 5.4.1; RFC 2427 has it too */

/* What a header in front of the link layer said of it. */
enum link_flag {
	LINK_80211_PADDED = 0x01, /* bytes of padding behind an 802.11 header */
};

decode_fn decode_ethernet, decode_sll, decode_sll2, decode_null, decode_loop, decode_raw,
	decode_llc;                                                            /* link.c */
decode_fn decode_80211, decode_radiotap, decode_avs, decode_prism, decode_ppi; /* wlan.c */
decode_fn decode_pflog, decode_pflog_old, decode_enc, decode_ipnet, decode_nflog,
	decode_pktap; /* hostlog.c */
decode_fn decode_chdlc, decode_hdlc, decode_ppp_dir, decode_chdlc_dir, decode_frelay_dir,
	decode_pppd, decode_nlpid, decode_frelay, decode_mfr, decode_atm_llc, decode_atm_clip,
	decode_lane, decode_sunatm; /* wan.c */
decode_fn decode_fddi, decode_token_ring, decode_arcnet, decode_arcnet_linux, decode_ipoib,
	decode_ip_over_fc, decode_firewire; /* lan.c */
decode_fn decode_mpacket, decode_netanalyzer, decode_netanalyzer_transparent, decode_epon,
	decode_erf; /* probe.c */
decode_fn decode_juniper_ethernet, decode_juniper_ppp, decode_juniper_frelay, decode_juniper_chdlc,
	decode_juniper_pppoe_atm, decode_juniper_atm1, decode_juniper_atm2,
	decode_juniper_service; /* juniper.c */
decode_fn decode_vntag, decode_etag, decode_hsr, decode_cmd, decode_macsec, decode_pbb,
	decode_trill, decode_fabricpath, decode_dsa_broadcom, decode_dsa_broadcom_front,
	decode_dsa_marvell, decode_dsa_marvell_typed; /* bridge.c */

/* linktypes.c: NULL when it is not one that is decoded. */
decode_fn *decode_by_linktype(uint32_t linktype);

/* link.c: by an AF_ value of any system; NULL when it is neither IPv4 nor IPv6. */
decode_fn *decode_by_family(uint32_t family);
/* link.c: what follows the three bytes of LLC when they announce SNAP: organisation(24) type(16).
 * `pad` is how many bytes stand in front of a bridged frame. */
enum decode_skip decode_snap(struct layer *l, size_t pad);

/* bridge.c */
bool is_isl(const uint8_t destination[6]);
enum decode_skip decode_isl(struct layer *l, const uint8_t destination[6]);

#endif
