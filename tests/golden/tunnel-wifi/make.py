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

bssid = b'\x02\x50\xaa\0\0\1'
out = []
for i, (ts, _, packet, src, dst) in enumerate(s.packets):
    way = tunnel.TO_DS if src == s.web.mac else tunnel.FROM_DS
    air = dict(qos=i % 2 == 1, fcs=i % 3 == 1, number=i)
    out.append((ts, tunnel.wifi(packet, src, dst, bssid, way, **air)))
    if i == 20:
        out.append((ts + 150_000, tunnel.wifi(packet, src, dst, bssid, way | tunnel.RETRY, **air)))
    if i % 10 == 0:
        out.append((ts + 100_000, tunnel.beacon(bssid, i)))
        out.append((ts + 200_000, tunnel.wifi(packet, src, dst, bssid, way | tunnel.PROTECTED)))
files.save('wifi.pcap', wire.pcap(out, linktype=127))
