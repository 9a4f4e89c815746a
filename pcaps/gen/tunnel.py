# SPDX-License-Identifier: BSD-2-Clause
"""Encapsulations: what a frame or an IP packet looks like when a tunnel or a radio carries it.

    t = tunnel.Path('192.0.2.1', '192.0.2.2')
    frames = [(ts, t.vxlan(frame, 5000)) for ts, frame in s.frames()]
"""

import struct
import zlib

import wire

GRE, IPV6_IN_IP, L2TP_IP = 47, 41, 115
BRIDGED, ERSPAN, ERSPAN_3 = 0x6558, 0x88be, 0x22eb


class Path:
    """The outer Ethernet and IP headers, between two tunnel ends."""

    def __init__(self, src, dst, vlans=()):
        self.src, self.dst, self.vlans = wire.addr(src), wire.addr(dst), vlans
        self.ident = 0x7000

    def ip(self, proto, body):
        self.ident += 1
        packet = wire.ip(self.src, self.dst, proto, body, ttl=64, ident=self.ident)
        return wire.ethernet(packet, b'\x02\x60' + self.src.packed[-4:],
                             b'\x02\x60' + self.dst.packed[-4:], self.vlans)

    def udp(self, port, body, sport=49152):
        return self.ip(wire.UDP, wire.udp(self.src, self.dst, sport, port, body))

    def vxlan(self, frame, vni):
        """RFC 7348 5."""
        return self.udp(4789, struct.pack('>II', 0x08000000, vni << 8) + frame)

    def vxlan_gpe(self, packet, vni):
        """draft-ietf-nvo3-vxlan-gpe 3: flags I and P, the kind of what follows in the fourth
        byte."""
        kind = 2 if packet[0] >> 4 == 6 else 1
        return self.udp(4790, struct.pack('>II', 0x0c000000 | kind, vni << 8) + packet)

    def geneve(self, frame, vni, options=b''):
        """RFC 8926 3.4."""
        assert len(options) % 4 == 0
        return self.udp(6081, struct.pack('>BBHI', len(options) // 4, 0, BRIDGED, vni << 8)
                        + options + frame)

    def gre(self, packet, key=None, sequence=None, checksum=False):
        """RFC 2784 2.1, RFC 2890 2: an IP packet."""
        return self.ip(GRE, gre(wire.ethertype(packet), packet, key, sequence, checksum))

    def nvgre(self, frame, vsid, flow=0x5a):
        """RFC 7637 3.2: the key is the virtual subnet and a flow id."""
        return self.ip(GRE, gre(BRIDGED, frame, vsid << 8 | flow))

    def erspan1(self, frame):
        """draft-foschiano-erspan 4.1: no header of its own, no sequence number."""
        return self.ip(GRE, gre(ERSPAN, frame))

    def erspan2(self, frame, session, sequence, vlan=0):
        """4.2: version 1, VLAN, class of service, encapsulation, session, port index."""
        head = struct.pack('>HHI', 1 << 12 | vlan, session, 7)
        return self.ip(GRE, gre(ERSPAN, head + frame, sequence=sequence))

    def erspan3(self, frame, session, sequence, vlan=0, stamp=0, optional=False):
        """4.3: version 2, a time stamp, an optional subheader."""
        head = struct.pack('>HHIHH', 2 << 12 | vlan, session, stamp, 0, 0x0001 if optional else 0)
        if optional:
            head += struct.pack('>II', 0x0c000001, 0x12345678)
        return self.ip(GRE, gre(ERSPAN_3, head + frame, sequence=sequence))

    def gtpu(self, packet, teid, sequence=None, container=False):
        """3GPP TS 29.281 5.1: a G-PDU, with a sequence number or a PDU session container."""
        extra = b''
        if sequence is not None or container:
            extra = struct.pack('>HBB', sequence or 0, 0, 0x85 if container else 0)
        if container:  # length in units of four bytes, type 0, QFI 9, no further header
            extra += b'\x01\x00\x09\x00'
        flags = 0x30 | (2 if sequence is not None else 0) | (4 if container else 0)
        return self.udp(2152, struct.pack('>BBHI', flags, 255, len(extra) + len(packet), teid)
                        + extra + packet, sport=2152)

    def tzsp(self, frame, tags=b'\x0a\x01\xd6'):
        """Version 1, a received packet, Ethernet; tags until the end tag."""
        return self.udp(37008, struct.pack('>BBH', 1, 0, 1) + tags + b'\x01' + frame)

    def sixin4(self, packet):
        """RFC 4213 3.5."""
        return self.ip(IPV6_IN_IP, packet)

    def teredo(self, packet, authentication=False, origin=None):
        """RFC 4380 5.1.1; the origin indication has address and port inverted."""
        head = b''
        if authentication:
            head += b'\0\1\0\0' + bytes(range(8)) + b'\0'
        if origin:
            head += b'\0\0' + bytes(0xff ^ x for x in struct.pack('>H', origin[1])
                                    + wire.addr(origin[0]).packed)
        return self.udp(3544, head + packet, sport=3545)

    def l2tp2(self, packet, tunnel, session, sequence=None, length=False):
        """RFC 2661 3.1, a data message; PPP with address and control (RFC 1661, RFC 1662 3.1)."""
        ppp = struct.pack('>HH', 0xff03, 0x57 if packet[0] >> 4 == 6 else 0x21) + packet
        flags, numbers = 2, struct.pack('>HH', tunnel, session)
        if sequence is not None:
            flags |= 0x0800
            numbers += struct.pack('>HH', sequence, 0)
        if length:
            flags |= 0x4000
            numbers = struct.pack('>H', 4 + len(numbers) + len(ppp)) + numbers
        return self.udp(1701, struct.pack('>H', flags) + numbers + ppp, sport=1701)

    def l2tp3(self, frame, session, udp=False):
        """RFC 3931 4.1: over IP without more, over UDP behind a word of flags. Ethernet, no cookie,
        no sublayer."""
        if udp:
            return self.udp(1701, struct.pack('>HHI', 3, 0, session) + frame, sport=1701)
        return self.ip(L2TP_IP, struct.pack('>I', session) + frame)


def gre(proto, body, key=None, sequence=None, checksum=False):
    flags, words = 0, b''
    if checksum:
        flags |= 0x8000
        words += b'\0\0\0\0'
    if key is not None:
        flags |= 0x2000
        words += struct.pack('>I', key)
    if sequence is not None:
        flags |= 0x1000
        words += struct.pack('>I', sequence)
    out = struct.pack('>HH', flags, proto) + words + body
    if checksum:
        out = out[:4] + struct.pack('>H', wire.checksum(out)) + out[6:]
    return out


# 802.11 ----------------------------------------------------------------------------------------

TO_DS, FROM_DS, RETRY, PROTECTED = 1, 2, 8, 0x40


def wifi(packet, src_mac, dst_mac, bssid, flags=TO_DS, qos=False, fcs=False, number=0):
    """IEEE 802.11 9.3.2: a data frame to or from an access point, behind a radiotap header that says
    whether the check sequence is there. With PROTECTED the body is what CCMP makes of it: noise."""
    kind = 0x88 if qos else 0x08
    a = {TO_DS: (bssid, src_mac, dst_mac), FROM_DS: (dst_mac, bssid, src_mac)}[flags & 3]
    frame = struct.pack('<BBH', kind, flags, 44) + b''.join(a) + struct.pack('<H', number << 4 & 0xffff)
    if qos:
        frame += b'\0\0'
    body = b'\xaa\xaa\x03\0\0\0' + struct.pack('>H', wire.ethertype(packet)) + packet
    if flags & PROTECTED:
        body = struct.pack('<HBBI', number, 0, 0x20, 0) + bytes(x ^ 0xa5 for x in body) + b'\x11' * 8
    return radiotap(frame + body, fcs)


def beacon(bssid, number=0):
    """A management frame: IEEE 802.11 9.3.3.2 with nothing but a network name."""
    return radiotap(struct.pack('<BBH', 0x80, 0, 0) + b'\xff' * 6 + bssid + bssid
                    + struct.pack('<H', number << 4) + b'\0' * 8 + b'\x64\0\x01\0' + b'\0\4corp', False)


def radiotap(frame, fcs):
    """radiotap.org: version, length, one word of present fields; here flags and the rate."""
    if fcs:
        frame += struct.pack('<I', zlib.crc32(frame))
    return struct.pack('<BBHI', 0, 0, 10, 0x6) + bytes([0x10 if fcs else 0, 12]) + frame
