# SPDX-License-Identifier: BSD-2-Clause
"""In what spanaudit's decoder and Wireshark's dissectors differ, and why that is right.

A class is a name, the number of frames that it has in the collection, a condition on what both say
of one frame (`k` is packets.Packet, `d` is wireshark.Dissected) and the argument. The first class
whose condition holds has the frame. A number that changes fails the test: either something broke,
or somebody has to look at the new frame and write down why it belongs there.
"""

import collections

Class = collections.namedtuple('Class', 'name frames condition argument')

# What may follow an IP header when nothing above the transport was dissected.
TRANSPORTS = {'tcp', 'udp', 'icmp', 'icmpv6', 'gre', 'data', 'ipv6.hopopts', 'ipv6.dstopts',
              'ipv6.routing', 'ipv6.fraghdr', 'ipv6', 'ip'}
LINKS_IN_TUNNELS = {'eth', 'ppp', 'wlan', 'arp'}
WRONG_HEADER = {'bad-ip-header', 'short-ip-header', 'bad-ipv6-extension',
                'short-transport-header', 'bad-transport-header', 'orphan-fragment',
                'short-link-header'}
TUNNEL_PORTS = {2152, 3386, 4341, 4754, 4789, 4790, 6080, 6081, 6635, 8472}


def ok(k):
    return k.outcome == 'ok'


# Frames of which both say the same in other words. Not differences, but counted apart.
AGREEMENTS = (
    Class('no IP', None,
          lambda k, d: not ok(k) and d.ip is None and not d.broken,
          'neither finds an IP header: ARP, STP, encrypted Wi-Fi, headers that are cut'),
    Class('header is wrong', None,
          lambda k, d: k.outcome in WRONG_HEADER and (d.malformed or d.broken or d.bogus)
          and set(d.above) <= TRANSPORTS,
          'both give up inside the IP or transport header'),
    Class('no IP in the tunnel', None,
          lambda k, d: k.outcome in ('not-ip', 'unknown-tunnel') and d.ip
          and LINKS_IN_TUNNELS & set(d.above),
          'both find a frame in the tunnel, and no IP in that'),
)

CLASSES = (
    Class('cut inside the transport header', 306,
          lambda k, d: k.outcome == 'short-transport-header' and d.captured < d.length,
          'the snap length ends the frame before the flags of TCP (RFC 9293 3.1: octet 13) or in '
          'another header. Wireshark shows the ports; a segment whose flags and direction are not '
          'known opens no conversation, and the skipped frames are told'),
    Class('first fragment with part of a header', 6,
          lambda k, d: k.outcome in ('short-transport-header', 'bad-ipv6-extension')
          and d.captured == d.length and d.fragment,
          'what a first fragment must hold is the whole header chain (RFC 7112 5 for IPv6) or at '
          'least the transport header (RFC 1858 3 for IPv4, RFC 3128); such fragments are made to '
          'get by filters, and Wireshark shows the bytes it has'),
    Class('no transport header', 2,
          lambda k, d: k.outcome == 'short-transport-header' and d.captured == d.length
          and not d.above,
          'the IP packet ends where its TCP header should begin (RFC 9293 3.1: 20 octets at least)'),
    Class('orphan fragments', 41,
          lambda k, d: k.outcome == 'orphan-fragment' and d.later,
          'only the first fragment has ports (RFC 791 3.2, RFC 8200 4.5); without it spanaudit '
          'counts the later one as skipped, where Wireshark shows addresses'),
    Class('fragments of tunnels', 210,
          lambda k, d: ok(k) and d.later and k.proto == 44,
          'a later fragment of a datagram that carries a tunnel: its bytes belong to the packet '
          'inside that the first fragment showed (RFC 2003 3.1, RFC 2784: the outer header is not '
          'the conversation). Wireshark shows the protocol number of the outer header'),
    Class('fragments behind AH', 3,
          lambda k, d: ok(k) and d.later and d.proto == 51 and k.proto != 51,
          'the authentication header is in the first fragment alone (RFC 4302 3.1, 3.3.4: AH is '
          'applied before fragmentation), what it protects is known from that'),
    Class('mobility header', 7,
          lambda k, d: ok(k) and d.proto == 135 and k.proto == 59,
          'RFC 6275 6.1.1: the mobility header names the next one like an extension header, and '
          'always "none" (59). Wireshark shows it as the protocol itself'),
    Class('compressed content', 11,
          lambda k, d: ok(k) and k.proto == 108 and 'ipcomp' in d.protocols,
          'RFC 3173: the packet inside is compressed. Wireshark inflates it; spanaudit keeps to '
          'IPComp between the outer hosts, and opens nothing that could unfold without bounds'),
    Class('samples', 1,
          lambda k, d: ok(k) and 'sflow' in d.protocols,
          'sFlow version 5 datagrams quote the first bytes of sampled packets (RFC 3176 4): no '
          'traffic on this wire, so the conversation is that of the agent'),
    Class('LISP control', 2,
          lambda k, d: ok(k) and 'lisp' in d.protocols and 4342 in (k.sport, k.dport),
          'an encapsulated control message (RFC 9301 5.8) is signalling between LISP routers on '
          'port 4342, not a tunnel; LISP data on port 4341 are opened'),
    Class('tunnel port as source', 4,
          lambda k, d: ok(k) and k.proto == 17 and k.sport in TUNNEL_PORTS
          and k.dport not in TUNNEL_PORTS and d.n_ip > 1,
          'the specifications give a tunnel its destination port (3GPP TS 29.281 4.4.2.3, RFC 8926 '
          '3.3, RFC 7348 5) and leave the source port free. Wireshark opens what comes from it'),
    Class('not Teredo', 1,
          lambda k, d: ok(k) and 'teredo' in d.protocols and k.tunnel != 'teredo',
          'RFC 4380 5.2.3, 5.3.1: Teredo carries packets from or to addresses in 2001:0::/32; '
          'these are others on its port'),
    Class('jumbo packets', 3,
          lambda k, d: ok(k) and d.malformed and d.length > 65535,
          'IP length 0: longer than the field can tell, as network cards segment them (RFC 2675 3 '
          'for IPv6 and the same habit in IPv4). Wireshark 4.0 takes the 0 for the length'),
    Class('options', 2,
          lambda k, d: ok(k) and d.malformed and set(d.above) <= {'ipv6.dstopts'},
          'an option in an IP header is malformed, and Wireshark stops there. The header length '
          'says where the transport begins (RFC 791 3.1, RFC 8200 4.2), whatever options say'),
    Class('decrypted Wi-Fi', 2,
          lambda k, d: ok(k) and d.ip is None and 'wlan' in d.protocols,
          'the frame is marked as protected, but the driver decrypted it and left the CCMP header '
          'of 8 octets (IEEE 802.11-2020 12.5.3.2) before LLC/SNAP. Wireshark does not look'),
    Class('too deep', 14,
          lambda k, d: k.outcome == 'nested-too-deep',
          'more labels or tags than any network stacks; no specification sets an end (RFC 3032 '
          '2.1), so the decoder does and counts. Made by hand or by chance'),
)

# Frames whose time or length differ; their packets are compared nevertheless.
TIMES = (
    Class('fraction above a second', 5,
          lambda k, d: any((k.time - t) % 2**32 == 0 for t in d.times),
          'the file has more than 999999 microseconds (or 10^9 - 1 nanoseconds) beside its seconds '
          '(draft-ietf-opsawg-pcap 5). spanaudit adds them up; Wireshark keeps the fraction in 32 '
          'bits, shows ten digits or a sign, and the two agree modulo 2^32 nanoseconds'),
    Class('after the year 2262', 4,
          lambda k, d: d.time > 2**63 - 1 == k.time,
          'more than 2^63 nanoseconds since 1970: the latest time that spanaudit knows'),
)
LENGTHS = (
    Class('pseudo header', 2,
          lambda k, d: k.length == d.length + 4 and d.protocols[0] == 'atm',
          'LINKTYPE_SUNATM begins with 4 octets that say what the cell carries; the lengths in the '
          'file count them (draft-ietf-opsawg-pcap 5), Wireshark takes them off'),
    Class('original length', 2,
          lambda k, d: k.length > 2**31 - 1 == d.length or d.length < d.captured == k.length,
          'the length on the wire is less than what the capture holds of it, which cannot be '
          '(draft-ietf-opsawg-pcap 5: at least as large), or beyond what Wireshark can count'),
)
