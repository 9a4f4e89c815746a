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

t = tunnel.Path('192.0.2.1', '192.0.2.2', vlans=(900,))
out = [(ts, t.vxlan(wire.ethernet(packet, src, dst, (20,)), 5000))
       for ts, _, packet, src, dst in s.packets[:36]]
out += [(ts, t.vxlan_gpe(packet, 5000)) for ts, _, packet, _, _ in s.packets[36:]]
files.save('capture.pcap', wire.pcap(out))
