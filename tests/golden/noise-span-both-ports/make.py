# SPDX-License-Identifier: BSD-2-Clause
import files
import proto as p
import wire
from crm import Crm

s = Crm()
s.tds(10, s.web)
s.tds(20, s.web, version=6)
s.session(30, s.web, s.sql, 22, p.ssh())
out = []
for ts, frame in s.frames():
    out += [(ts, frame), (ts + 3000, frame)]
files.save('capture.pcap', wire.pcap(out))
