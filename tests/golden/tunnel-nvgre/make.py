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

t = tunnel.Path('192.0.2.1', '192.0.2.2')
files.save('capture.pcap', wire.pcap([(ts, t.nvgre(frame, 6001)) for ts, frame in s.frames()]))
