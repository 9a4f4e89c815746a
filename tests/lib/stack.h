/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stack - frames written as their layers, outermost first:
 *
 *   "eth vlan,7 ip,10.0.0.1>10.0.0.2 udp,4000>4789 vxlan eth ip,fd00::1>fd00::2 tcp,99>443 data,10"
 *
 *   eth | eth,TYPE        Ethernet; the type follows from the next layer unless given (hex)
 *   vlan,ID | vlan,ID,TPID
 *   x,HEX                 these bytes, as they are
 *   ip,A>B                IPv4 or IPv6; then ,key=value: total (length field), id, off (fragment
 *                         offset field with flags, hex), opt (bytes of options), proto, sum
 *   ext,NUMBER | ext,NUMBER,UNITS     IPv6 extension header, UNITS of 8 bytes beyond the first
 *   frag,OFFSET-AND-M(hex),ID         IPv6 fragment header
 *   ah                    24 bytes of RFC 4302
 *   gre,FLAGS(hex) | gre,FLAGS,TYPE   with zeros for the words that the flags announce
 *   vxlan  geneve,OPTION-WORDS  mpls,LABEL (not last)  mplsend,LABEL  pppoe
 *   tcp,S>D | tcp,S>D,FLAGS(hex)  udp,S>D | udp,S>D,LENGTH   icmp,TYPE,CODE  icmp6,TYPE,CODE
 *   data,N                N bytes of payload
 *   pad,N                 N bytes behind everything (last layer only)
 *
 * Lengths and checksums of IPv4, TCP and UDP are right unless told otherwise.
 */
#ifndef SPAN_TESTS_STACK_H
#define SPAN_TESTS_STACK_H

#include <stddef.h>
#include <stdint.h>

/* Returns the length; aborts the test on a bad description. */
size_t stack(const char *layers, uint8_t *buf, size_t cap);

#endif
