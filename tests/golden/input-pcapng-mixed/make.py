# SPDX-License-Identifier: BSD-2-Clause
import files
import proto as p
import wire
from crm import Crm
from talk import seconds

s = Crm()
f = files.Pcapng()


def scene(what):
    """The frames of one conversation."""
    s.packets.clear()
    what()
    return s


# The first section: three interfaces, little-endian.
f.section()
span0 = f.interface(wire.LINK_ETHERNET, 262144, 9, name='span0')
raw = f.interface(wire.LINK_RAW, 96, 3, offset=seconds('2024-05-01T00:00:00Z'))
sll = f.interface(wire.LINK_SLL, 0, 0x80 | 20, name='any')
f.secrets(b'CLIENT_RANDOM ' + b'00' * 32 + b' ' + b'11' * 48 + b'\n')
for ts, frame in scene(lambda: s.tds(10, s.web)).frames():
    f.packet(ts, frame, span0, comment='sql')
for ts, frame in scene(lambda: s.session(20, s.web, s.sql, 22, p.ssh(), gap=0.002)).frames(wire.LINK_RAW):
    f.packet(ts, frame, raw)
f.custom(b'not for everyone')
f.custom(b'not even for copying', copied=False)
f.block(0x7ead, b'nobody knows this type')
for ts, frame in scene(lambda: s.tds(30, s.web, version=6)).frames(wire.LINK_SLL):
    f.packet(ts, frame, sll)
f.names({'10.30.4.17': ('pc17.corp.example', 'pc17'), '2001:db8:30:4::17': ('pc17-v6.corp.example',)})
start = s.start - 3600 * 10**9
f.statistics(s.start + 40 * 10**9, span0, start, nic=2, os_=1)
f.statistics(s.start + 40 * 10**9, sll, start, nic=0, os_=0)

# The second: big-endian, times in microseconds, its interface 0 is another one.
f.section(big=True)
f.interface(wire.LINK_NULL)
eth = f.interface(wire.LINK_ETHERNET, name='span1')
for ts, frame in scene(lambda: s.tds(50, s.pc1)).frames():
    f.packet(ts, frame, eth)
for ts, frame in scene(lambda: s.tds(60, s.web)).frames():
    f.old_packet(ts, frame, eth)
files.save('capture.pcapng', f.data())
