# SPDX-License-Identifier: BSD-2-Clause
import files
import proto as p
import wire
from crm import Crm

s = Crm()
s.tds(10, s.web)
s.tds(20, s.web, version=6)
s.session(30, s.web, s.sql, 22, p.ssh())
files.save('capture.pcap', wire.pcap(
    [(ts, wire.ethernet(packet, src, dst, (30,) if src == s.web.mac else ()))
     for ts, _, packet, src, dst in s.packets]))
