# SPDX-License-Identifier: BSD-2-Clause
import files
import proto as p
import tunnel
import wire
from crm import Crm

s = Crm()
s.tds(10, s.web, version=6)
s.session(30, s.web, s.sql, 22, p.ssh(), version=6)

t = tunnel.Path('192.0.2.1', '192.0.2.2')
files.save('capture.pcap', wire.pcap([(ts, t.sixin4(packet)) for ts, _, packet, _, _ in s.packets]))
