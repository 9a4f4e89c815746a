# SPDX-License-Identifier: BSD-2-Clause
import files
import proto as p
import wire
from crm import Crm

s = Crm()
s.tds(10, s.web)
s.tds(20, s.web, version=6)
s.tds(30, s.web)
every = list(s.frames())
files.save('night-02.pcap', wire.pcap(every[:20]))
files.save('night-01.pcap', wire.pcap(every[20:]))
s.packets.clear()
s.session(40, s.web, s.sql, 22, p.ssh())
files.save('day-01.pcap', s.pcap())
