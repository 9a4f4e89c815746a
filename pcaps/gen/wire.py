# SPDX-License-Identifier: BSD-2-Clause
"""Frames and capture files, byte for byte the same on every run.

Nothing but the standard library: a capture that is part of the tests must be reproducible on any
machine that can run the tests.
"""

import ipaddress
import struct

FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10
ICMP, TCP, UDP, ICMP6 = 1, 6, 17, 58

LINK_NULL, LINK_ETHERNET, LINK_RAW, LINK_SLL, LINK_SLL2 = 0, 1, 101, 113, 276


def addr(text):
    return ipaddress.ip_address(text)


def checksum(data):
    """RFC 1071."""
    if len(data) % 2:
        data += b'\0'
    total = sum(struct.unpack('>%dH' % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def pseudo(src, dst, proto, length):
    """RFC 9293 3.1 for IPv4, RFC 8200 8.1 for IPv6."""
    if src.version == 4:
        return src.packed + dst.packed + struct.pack('>BBH', 0, proto, length)
    return src.packed + dst.packed + struct.pack('>IHBB', length, 0, 0, proto)


def tcp(src, dst, sport, dport, seq, ack, flags, payload=b'', window=64240, mss=None):
    """RFC 9293 3.1, with the MSS option on a SYN."""
    options = struct.pack('>BBH', 2, 4, mss) if mss else b''
    head = struct.pack('>HHIIBBHHH', sport, dport, seq & 0xffffffff, ack & 0xffffffff,
                       (20 + len(options)) // 4 << 4, flags, window, 0, 0) + options
    body = head + payload
    ck = checksum(pseudo(src, dst, TCP, len(body)) + body)
    return body[:16] + struct.pack('>H', ck) + body[18:]


def udp(src, dst, sport, dport, payload):
    """RFC 768."""
    length = 8 + len(payload)
    head = struct.pack('>HHHH', sport, dport, length, 0)
    ck = checksum(pseudo(src, dst, UDP, length) + head + payload) or 0xffff
    return head[:6] + struct.pack('>H', ck) + payload


def icmp_error(kind, code, quoted, rest=0):
    """RFC 792: the IP header and eight bytes of what is answered, here a little more."""
    body = struct.pack('>BBHI', kind, code, 0, rest) + quoted
    return body[:2] + struct.pack('>H', checksum(body)) + body[4:]


def icmp6_error(src, dst, kind, code, quoted, rest=0):
    """RFC 4443 3."""
    body = struct.pack('>BBHI', kind, code, 0, rest) + quoted
    ck = checksum(pseudo(src, dst, ICMP6, len(body)) + body)
    return body[:2] + struct.pack('>H', ck) + body[4:]


def ip(src, dst, proto, payload, ttl=128, ident=0, flags_offset=0x4000):
    """RFC 791, or RFC 8200 when the addresses are IPv6."""
    if src.version == 6:
        return struct.pack('>IHBB', 6 << 28, len(payload), proto, ttl) \
            + src.packed + dst.packed + payload
    head = struct.pack('>BBHHHBBH', 0x45, 0, 20 + len(payload), ident & 0xffff, flags_offset,
                       ttl, proto, 0) + src.packed + dst.packed
    return head[:10] + struct.pack('>H', checksum(head)) + head[12:] + payload


def fragments(packet, size):
    """Splits an IPv4 packet; size is the payload of a fragment and a multiple of eight."""
    head, body = packet[:20], packet[20:]
    for at in range(0, len(body), size):
        part = body[at:at + size]
        more = 0x2000 if at + size < len(body) else 0
        new = head[:2] + struct.pack('>H', 20 + len(part)) + head[4:6] \
            + struct.pack('>H', more | at // 8) + head[8:10] + b'\0\0' + head[12:]
        yield new[:10] + struct.pack('>H', checksum(new)) + new[12:] + part


def fragments6(packet, size, ident):
    """Splits an IPv6 packet without extension headers (RFC 8200 4.5)."""
    head, body = packet[:40], packet[40:]
    for at in range(0, len(body), size):
        part = body[at:at + size]
        more = 1 if at + size < len(body) else 0
        extension = struct.pack('>BBHI', head[6], 0, at | more, ident)
        yield head[:4] + struct.pack('>HB', 8 + len(part), 44) + head[7:] + extension + part


def routed(packet):
    """What a router makes of an IP packet: the time to live is one less."""
    if packet[0] >> 4 == 6:
        return packet[:7] + bytes([packet[7] - 1]) + packet[8:]
    head = packet[:8] + bytes([packet[8] - 1, packet[9]]) + b'\0\0' + packet[12:20]
    return head[:10] + struct.pack('>H', checksum(head)) + head[12:] + packet[20:]


def unsummed(packet):
    """What a host's own stack hands to a network card that fills in checksums: the TCP or UDP one is
    not yet there."""
    at = 20 if packet[0] >> 4 == 4 else 40
    at += {TCP: 16, UDP: 6}[packet[9] if at == 20 else packet[6]]
    return packet[:at] + b'\xbe\xef' + packet[at + 2:]


def ethertype(packet):
    return 0x86dd if packet[0] >> 4 == 6 else 0x0800


def ethernet(packet, src_mac, dst_mac, vlans=()):
    """IEEE 802.3, with 802.1Q tags (the outer of two is 802.1ad)."""
    out = dst_mac + src_mac
    for i, vlan in enumerate(vlans):
        out += struct.pack('>HH', 0x88a8 if len(vlans) > 1 and i == 0 else 0x8100, vlan)
    frame = out + struct.pack('>H', ethertype(packet)) + packet
    return frame.ljust(60, b'\0')


def sll(packet, src_mac, outgoing=False):
    """LINKTYPE_LINUX_SLL."""
    return struct.pack('>HHH8sH', 4 if outgoing else 0, 1, 6, src_mac, ethertype(packet)) + packet


def sll2(packet, src_mac, outgoing=False):
    """LINKTYPE_LINUX_SLL2."""
    return struct.pack('>HHIHBB8s', ethertype(packet), 0, 2, 1, 4 if outgoing else 0, 6,
                       src_mac) + packet


def null(packet):
    """LINKTYPE_NULL, written by a little-endian BSD."""
    return struct.pack('<I', 30 if packet[0] >> 4 == 6 else 2) + packet


def pcap(frames, linktype=LINK_ETHERNET, nano=False, big=False, snaplen=262144):
    """frames: (time in ns, bytes). The classic format, either byte order, either resolution."""
    e = '>' if big else '<'
    out = [struct.pack(e + 'IHHiIII', 0xa1b23c4d if nano else 0xa1b2c3d4, 2, 4, 0, 0, snaplen,
                       linktype)]
    for ts, data in frames:
        cut = data[:snaplen]
        out.append(struct.pack(e + 'IIII', ts // 10**9, ts % 10**9 // (1 if nano else 1000),
                               len(cut), len(data)) + cut)
    return b''.join(out)


def block(e, kind, body):
    """A pcapng block; e is the byte order of struct."""
    body = body.ljust((len(body) + 3) // 4 * 4, b'\0')
    return struct.pack(e + 'II', kind, 12 + len(body)) + body + struct.pack(e + 'I',
                                                                            12 + len(body))


def option(e, code, value):
    """An option of a pcapng block, or a record of a name resolution block."""
    return struct.pack(e + 'HH', code, len(value)) + value.ljust((len(value) + 3) // 4 * 4, b'\0')


def pcapng(frames, linktype=LINK_ETHERNET, big=False, snaplen=262144, dropped=None):
    """Section, one interface with nanoseconds, enhanced packet blocks, and statistics when
    `dropped` is given."""
    e = '>' if big else '<'
    out = [block(e, 0x0a0d0d0a, struct.pack(e + 'IHHq', 0x1a2b3c4d, 1, 0, -1)),
           block(e, 1, struct.pack(e + 'HHI', linktype, 0, snaplen)
                  + option(e, 9, b'\x09') + option(e, 0, b''))]
    last = 0
    for ts, data in frames:
        cut = data[:snaplen]
        out.append(block(e, 6, struct.pack(e + 'IIIII', 0, ts >> 32, ts & 0xffffffff, len(cut),
                                            len(data)) + cut))
        last = ts
    if dropped is not None:
        out.append(block(e, 5, struct.pack(e + 'III', 0, last >> 32, last & 0xffffffff)
                          + option(e, 5, struct.pack(e + 'Q', dropped)) + option(e, 0, b'')))
    return b''.join(out)
