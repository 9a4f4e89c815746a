# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
vip, web2 = s.host('10.20.1.100'), s.host('10.20.1.21')
for t in (10, 20):
    s.browse(t, s.pc1, vip)
    s.session(t + 0.5, vip, s.web if t == 10 else web2, 80, p.http('crm.corp.example'))
for t in range(5, 60, 5):
    s.session(t, vip, s.web, 443)
    s.session(t + 1, vip, web2, 443)
s.browse(40, s.pc2, web2)
s.dns(700, s.web)
s.write('capture.pcap')
