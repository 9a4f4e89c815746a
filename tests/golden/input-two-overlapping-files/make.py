# SPDX-License-Identifier: BSD-2-Clause
import files
import proto as p
import wire
from crm import Crm

s = Crm()
s.tds(10, s.web)
s.session(20, s.web, s.sql, 22, p.ssh())
s.tds(30, s.web)
s.tds(40, s.web)
every = list(s.frames())
from_edge = [(ts + 200_000, frame) for ts, frame in every if ts >= s.start + 20 * 10**9]
last = s.start + 30 * 10**9 + 4 * 10**6
files.save('core.pcap', wire.pcap([x for x in every if x[0] < last]))
files.save('edge.pcapng', wire.pcapng(from_edge))
