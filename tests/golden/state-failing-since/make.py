# SPDX-License-Identifier: BSD-2-Clause
from crm import Crm

s = Crm()
for t in range(10, 100, 30):
    s.tds(t, s.web)
for t in (200, 260, 320, 380):
    s.no_answer(t, s.web, s.sql, 1433)
s.dns(400, s.sql, s.dc1)
s.write('capture.pcap')
