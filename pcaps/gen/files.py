# SPDX-License-Identifier: BSD-2-Clause
"""Capture files that are less plain than wire.pcap() makes them: pcapng with everything in it, and
compressed files whose bytes do not depend on the version of a library."""

import os
import struct
import zlib

import wire
from wire import block, option

SIMPLE, NAMES, STATISTICS, ENHANCED, OLD_PACKET = 3, 4, 5, 6, 2
SECRETS, CUSTOM, CUSTOM_NOT_COPIED = 0x0a, 0xbad, 0x40000bad


def save(path, data):
    folder = os.path.dirname(path)
    if folder:
        os.makedirs(folder, exist_ok=True)
    with open(path + '.new', 'wb') as f:
        f.write(data)
    os.replace(path + '.new', path)


class Pcapng:
    """Block after block (draft-ietf-opsawg-pcapng 4). section() first, then interface()."""

    def __init__(self):
        self.out = []

    def section(self, big=False):
        self.e = '>' if big else '<'
        self.interfaces = []
        self.block(0x0a0d0d0a, struct.pack(self.e + 'IHHq', 0x1a2b3c4d, 1, 0, -1))

    def block(self, kind, body):
        self.out.append(block(self.e, kind, body))

    def interface(self, linktype=wire.LINK_ETHERNET, snaplen=0, resolution=None, offset=0,
                  name=None, filter=None):
        """resolution: if_tsresol, n for 10^-n s or 0x80 | n for 2^-n s; offset: if_tsoffset, s."""
        body = struct.pack(self.e + 'HHI', linktype, 0, snaplen)
        if name:
            body += option(self.e, 2, name.encode())
        if resolution is not None:
            body += option(self.e, 9, bytes([resolution]))
        if filter:  # if_filter, as text
            body += option(self.e, 11, b'\0' + filter.encode())
        if offset:
            body += option(self.e, 14, struct.pack(self.e + 'q', offset))
        self.block(1, body + option(self.e, 0, b''))
        self.interfaces.append((snaplen, 6 if resolution is None else resolution, offset))
        return len(self.interfaces) - 1

    def _ticks(self, interface, ts):
        _, resolution, offset = self.interfaces[interface]
        unit = 2 ** (resolution & 0x7f) if resolution & 0x80 else 10 ** resolution
        t = (ts - offset * 10**9) * unit // 10**9
        return t >> 32, t & 0xffffffff

    def _cut(self, interface, frame):
        snaplen = self.interfaces[interface][0]
        return frame[:snaplen] if snaplen else frame

    def packet(self, ts, frame, interface=0, comment=None):
        cut = self._cut(interface, frame)
        body = struct.pack(self.e + 'IIIII', interface, *self._ticks(interface, ts), len(cut),
                           len(frame)) + cut + b'\0' * (-len(cut) % 4)
        if comment:
            body += option(self.e, 1, comment.encode()) + option(self.e, 0, b'')
        self.block(ENHANCED, body)

    def old_packet(self, ts, frame, interface=0, drops=0xffff):
        cut = self._cut(interface, frame)
        self.block(OLD_PACKET, struct.pack(self.e + 'HHIIII', interface, drops,
                                           *self._ticks(interface, ts), len(cut), len(frame)) + cut)

    def simple(self, frame):
        """No time, and always the first interface."""
        self.block(SIMPLE, struct.pack(self.e + 'I', len(frame)) + self._cut(0, frame))

    def names(self, names):
        """{address: (name, ...)}"""
        body = b''
        for address, words in names.items():
            a = wire.addr(address)
            value = a.packed + b''.join(w.encode() + b'\0' for w in words)
            body += option(self.e, 1 if a.version == 4 else 2, value)
        self.block(NAMES, body + option(self.e, 0, b''))

    def statistics(self, ts, interface=0, start=None, nic=None, os_=None):
        body = struct.pack(self.e + 'III', interface, *self._ticks(interface, ts))
        if start is not None:
            body += option(self.e, 2, struct.pack(self.e + 'II', *self._ticks(interface, start)))
        if nic is not None:
            body += option(self.e, 5, struct.pack(self.e + 'Q', nic))
        if os_ is not None:
            body += option(self.e, 7, struct.pack(self.e + 'Q', os_))
        self.block(STATISTICS, body + option(self.e, 0, b''))

    def secrets(self, text):
        """TLS key log; the type is 'TLSK'."""
        self.block(SECRETS, struct.pack(self.e + 'II', 0x544c534b, len(text)) + text)

    def custom(self, data, pen=32473, copied=True):
        """32473 is the enterprise number for examples (RFC 5612)."""
        self.block(CUSTOM if copied else CUSTOM_NOT_COPIED, struct.pack(self.e + 'I', pen) + data)

    def data(self):
        return b''.join(self.out)


# Compressed files ------------------------------------------------------------------------------

def gzip_stored(data, name=b'night.pcap'):
    """RFC 1952 2.3, with an extra field and a name; RFC 1951 3.2.4: blocks that are not
    compressed."""
    head = struct.pack('<BBBBIBB', 0x1f, 0x8b, 8, 0x0c, 0, 0, 255) \
        + struct.pack('<H', 6) + b'SA\x02\0\0\0' + name + b'\0'
    body = b''
    for at in range(0, len(data), 1000):
        part = data[at:at + 1000]
        body += struct.pack('<BHH', at + 1000 >= len(data), len(part), 0xffff ^ len(part)) + part
    return head + body + struct.pack('<II', zlib.crc32(data), len(data))


def gzip_fixed(data):
    """The same as one block of fixed Huffman codes (RFC 1951 3.2.6), literals only."""
    bits, n = 0b011, 3  # last block, type 1
    for x in data:
        code, size = (0x30 + x, 8) if x < 144 else (0x190 + x - 144, 9)
        for i in reversed(range(size)):  # Huffman codes go in with their highest bit first
            bits |= (code >> i & 1) << n
            n += 1
    n += 7  # end of block: seven zeros
    return struct.pack('<BBBBIBB', 0x1f, 0x8b, 8, 0, 0, 0, 255) \
        + bits.to_bytes((n + 7) // 8, 'little') + struct.pack('<II', zlib.crc32(data), len(data))


def zstd_raw(data, piece=1000):
    """RFC 8878 3.1.1: one frame with its size in four bytes, raw blocks."""
    out = struct.pack('<IBI', 0xfd2fb528, 0xa0, len(data))
    for at in range(0, len(data), piece):
        part = data[at:at + piece]
        out += struct.pack('<I', (at + piece >= len(data)) | len(part) << 3)[:3] + part
    return out


def zstd_skippable(data):
    """RFC 8878 3.1.2."""
    return struct.pack('<II', 0x184d2a50, len(data)) + data
