# SPDX-License-Identifier: BSD-2-Clause
import files
import proto as p
import tunnel
import wire
from crm import Crm

s = Crm()
s.tds(10, s.web)
s.tds(20, s.web, version=6)
s.session(30, s.web, s.sql, 22, p.ssh())

t = tunnel.Path('192.0.2.1', '192.0.2.2')
t6 = tunnel.Path('2001:db8:ff::1', '2001:db8:ff::2')
s.tds(40, s.web)
out = []
for i, (ts, _, packet, src, dst) in enumerate(s.packets):
    frame = wire.ethernet(packet, src, dst, (20,))
    if i < 18:
        out.append((ts, t.erspan2(frame, 100, i, vlan=20)))
    elif i < 36:
        out.append((ts, t.erspan3(frame, 101, i, vlan=20, stamp=i * 100, optional=i % 2 == 1)))
    elif i < 50:
        out.append((ts, t6.gre(packet, key=77, sequence=i, checksum=True)))
    else:
        out.append((ts, t.erspan1(frame)))
files.save('capture.pcap', wire.pcap(out))
