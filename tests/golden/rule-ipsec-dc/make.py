# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
s.tds(0, s.web)
for t in (1, 600):
    s.dns(t, s.web)
    s.dns(t + 1, s.sql)
s.ask(10, s.web, s.dc1, 500, p.ike_init(), p.ike_init(True), sport=500)
s.tds(700, s.web)
s.write('capture.pcap')
