# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
s.tds(0, s.web)
for t, pc in ((10, s.pc1), (20, s.pc2), (30, s.pc3)):
    s.browse(t, pc)
s.session(40, s.web, s.sql, 22, p.ssh())
s.tds(120, s.web)
s.write('capture.pcap')
