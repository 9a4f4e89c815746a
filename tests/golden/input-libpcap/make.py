# SPDX-License-Identifier: BSD-2-Clause
import files
import proto as p
import wire
from crm import Crm

s = Crm()
s.tds(10, s.web)
s.tds(20, s.web, version=6)
s.session(30, s.web, s.sql, 22, p.ssh())
every = list(s.frames())
for i in (2, 7, 21, 24, 38, 45):
    every[i], every[i + 1] = every[i + 1], every[i]
files.save('capture.pcap', wire.pcap(every, nano=True, big=True, snaplen=96))
