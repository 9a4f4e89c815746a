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
out = []
for i, (ts, _, packet, src, dst) in enumerate(s.packets):
    if i >= 36:
        out.append((ts, t.l2tp3(wire.ethernet(packet, src, dst), 0x10203, udp=i % 2 == 1)))
    else:
        out.append((ts, t.l2tp2(packet, 7, 9, sequence=i if i % 2 else None, length=i % 3 == 0)))
files.save('capture.pcap', wire.pcap(out))
