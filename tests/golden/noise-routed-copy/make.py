# SPDX-License-Identifier: BSD-2-Clause
import files
import proto as p
import wire
from crm import Crm

s = Crm()
s.tds(10, s.web)
s.session(20, s.web, s.sql, 22, p.ssh())
s.dns(30, s.web)
s.dns(31, s.web, version=6)
s.refused(40, s.web, s.sql, 445)
inside, outside = b'\x02\x50\x01\0\0\x01', b'\x02\x50\x02\0\0\x01'
out = []
for ts, _, packet, src, dst in s.packets:
    away = src == s.web.mac
    vlans = ((10,), (20,)) if away else ((20,), (10,))
    router = (inside, outside) if away else (outside, inside)
    out += [(ts, wire.ethernet(packet, src, router[0], vlans[0])),
            (ts + 40_000, wire.ethernet(wire.routed(packet), router[1], dst, vlans[1]))]
files.save('capture.pcap', wire.pcap(sorted(out)))
