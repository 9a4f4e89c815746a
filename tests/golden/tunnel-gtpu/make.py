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

t, back = tunnel.Path('192.0.2.1', '192.0.2.2'), tunnel.Path('192.0.2.2', '192.0.2.1')
out = []
for i, (ts, _, packet, src, _) in enumerate(s.packets):
    way, teid = (t, 0x1001) if src == s.web.mac else (back, 0x2002)
    out.append((ts, way.gtpu(packet, teid, sequence=i if i % 3 else None, container=i % 2 == 1)))
files.save('capture.pcap', wire.pcap(out))
