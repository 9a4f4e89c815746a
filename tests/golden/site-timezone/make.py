# SPDX-License-Identifier: BSD-2-Clause
from crm import Crm

s = Crm('2024-03-31T00:30:00Z')
s.tds(10, s.web)
s.tds(3600, s.web)
for t in (900, 2700):
    s.refused(t, s.web, s.sql, 22)
s.no_answer(600, s.web, s.rtr, 25)
for t in (1000, 1500, 2400):
    s.no_answer(t, s.web, s.dc1, 389)
s.dns(20, s.web)
s.dns(3700, s.sql, s.dc1)
s.write('capture.pcap')
