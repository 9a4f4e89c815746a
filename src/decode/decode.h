/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * decode - from a frame to the innermost IP packet.
 *
 * A loop over layers with a depth limit, never recursion. A malformed packet is data, not an error:
 * decode_frame() returns what became of it and the counter of that reason goes up, so that
 * read = decoded + the sum of skipped.
 */
#ifndef SPAN_DECODE_DECODE_H
#define SPAN_DECODE_DECODE_H

#include <stddef.h>
#include <stdint.h>

#include "decode/packet.h"

/* The order is that of reports; the name is what JSON shows. */
#define DECODE_SKIPS(X)                                                                         \
	X(FILTERED, "filtered", "left out by the capture filter")                               \
	X(LINKTYPE, "unknown-link-type", "the link type is not one that spanaudit decodes")     \
	X(LINK_SHORT, "short-link-header", "the frame ends inside its link header")             \
	X(NOT_IP, "not-ip", "ARP, STP, LLDP and other frames that carry no IP")                 \
	X(IP_SHORT, "short-ip-header", "the frame ends inside the IP header")                   \
	X(IP_BAD, "bad-ip-header", "version, header length or total length make no sense")      \
	X(EXT_BAD, "bad-ipv6-extension", "an IPv6 extension header is cut or does not end")     \
	X(FRAG_ORPHAN, "orphan-fragment", "a later fragment whose first was not seen")          \
	X(TRANSPORT_SHORT, "short-transport-header", "the packet ends inside TCP, UDP or ICMP") \
	X(TRANSPORT_BAD, "bad-transport-header", "a TCP or UDP header that makes no sense")     \
	X(DEPTH, "nested-too-deep", "more layers than the limit")                               \
	X(TUNNEL, "unknown-tunnel", "inside a tunnel that spanaudit does not open")             \
	X(ENCRYPTED, "encrypted-link", "Wi-Fi or MACsec frames whose content is encrypted")     \
	X(DAMAGED, "damaged-frame", "the capturing device says that the frame arrived damaged")

enum decode_skip {
	DECODE_OK,
#define X(id, name, help) SKIP_##id,
	DECODE_SKIPS(X)
#undef X
		DECODE_N,
};

/* Facts about decoded packets that change nothing but are told in the coverage. */
enum decode_note {
	NOTE_BAD_CHECKSUM, /* IPv4 header or TCP/UDP: offload in host captures; never a skip */
	NOTE_ABOVE_MTU,    /* a segment of more than 1514 + VLAN bytes: merged by offload */
	NOTE_SNAPPED,      /* the capture holds fewer bytes than the wire had */
	NOTE_FRAGMENT,
	NOTE_ESP, /* IPsec: what is inside cannot be judged */
	NOTE_AH,
	NOTE_TUNNEL,    /* decapsulated */
	NOTE_AGGREGATE, /* a Wi-Fi frame with several packets: one of them is looked at */
	NOTE_N,
};

struct decode_stats {
	uint64_t read;
	uint64_t by_layers;    /* of those; all others are TCP or UDP */
	uint64_t by[DECODE_N]; /* by[DECODE_OK] is decoded */
	uint64_t note[NOTE_N];
	/* Fragments that came before the first one of their datagram, which is neither TCP nor UDP
	 * or is a tunnel's: decoded, and told of by no packet. */
	uint64_t early_other;
	struct {                  /* datagrams that came in fragments */
		uint64_t whole;   /* put together */
		uint64_t late;    /* given up: a fragment did not come in time, or to the end */
		uint64_t overlap; /* dropped: fragments overlap (RFC 5722 3, RFC 8200 4.5) */
		uint64_t shed;    /* dropped for want of memory */
		uint64_t crowded; /* of those, the ones of the sender that had most */
	} fragments;
};

struct decoder; /* fragment memory and counters; one per stream of packets */
struct decoder *decoder_new(void);
struct decoder *decoder_free(struct decoder *d);
const struct decode_stats *decoder_stats(const struct decoder *d);

/* Every frame goes through all layers, also a plain one: the reference for the shorter way. */
void decoder_layers_only(struct decoder *d);
/* Decodes one frame. `linktype` is a LINKTYPE_ value. *ret_packet is valid only with DECODE_OK;
 * the caller sets its input. ts_ns drives the fragment time-out. */
enum decode_skip decode_frame(struct decoder *d, uint16_t linktype, const uint8_t *p, uint32_t len,
			      uint32_t wire_len, int64_t ts_ns, uint32_t number,
			      struct packet *ret_packet);
/* The same of one whose ts_ns, number, input and wire_len, which is not below len, are in *packet
 * already. */
enum decode_skip decode_into(struct decoder *d, uint16_t linktype, const uint8_t *p, uint32_t len,
			     struct packet *packet);
/* The same of n frames that were plain packets (plain.h), for who looked at them without this; and
 * of one of them what there was to note, bits of enum decode_note. */
void decoder_plain(struct decoder *d, size_t n);
void decoder_noted(struct decoder *d, uint32_t notes);
/* The datagrams that the frame decoded last is a fragment of, outermost first: a number for each,
 * which all its fragments have, also those before the first one. Valid until the next frame. */
size_t decoder_fragment_of(const struct decoder *d, const uint64_t **ret_numbers);
/* What the frame that was decoded last, and skipped, said as a heartbeat; NULL when it was none.
 * Valid until the next frame. */
const struct heartbeat *decoder_heartbeat(const struct decoder *d);
/* Counts a frame that the filter left out. */
void decode_filtered(struct decoder *d);
/* The packets handed out so far are done with: what packet.whole points to may be used again. */
void decoder_release(struct decoder *d);
/* The input is over: datagrams still in pieces are counted as late. */
void decoder_end(struct decoder *d);
const char *tunnel_name(enum tunnel t); /* "" for none */

const char *decode_skip_name(enum decode_skip s);
const char *decode_skip_help(enum decode_skip s);
/* True when frames of this LINKTYPE_ are decoded. */
bool decode_linktype_known(uint16_t linktype);

#endif
