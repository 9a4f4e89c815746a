# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
vip, nat, web2 = s.host('10.20.1.100'), s.host('10.20.1.99'), s.host('10.20.1.21')
for i, pc in enumerate((s.pc1, s.pc2, s.pc3)):
    s.browse(10 + i, pc, vip)
    s.browse(10.5 + i, nat, (s.web, web2)[i % 2])
    s.browse(12.5 + i, s.admin, (s.web, web2)[i % 2])
for t in range(20, 60, 5):
    s.session(t, nat, s.web, 443)
    s.session(t + 1, nat, web2, 443)
for i, w in enumerate((s.web, web2)):
    s.tds(70 + i, w)
    s.sandbox(72 + i, w)
s.write('capture.pcap')
