# SPDX-License-Identifier: BSD-2-Clause
import files
import proto as p
import tunnel
import wire
from crm import Crm

s = Crm()
# RFC 4380 4: server 192.0.2.2, behind a cone, port 40000 and address 203.0.113.7 inverted.
s.web = s.host('10.20.1.11', '2001:0:c000:202:8000:63bf:34ff:8ef8')
s.tds(10, s.web, version=6)
s.session(30, s.web, s.sql, 22, p.ssh(), version=6)

t = tunnel.Path('192.0.2.1', '192.0.2.2')
files.save('capture.pcap', wire.pcap(
    [(ts, t.teredo(packet, authentication=i % 3 == 1, origin=('203.0.113.7', 40000) if i % 4 == 2 else None))
     for i, (ts, _, packet, _, _) in enumerate(s.packets)]))
