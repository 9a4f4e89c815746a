# SPDX-License-Identifier: BSD-2-Clause
from crm import Crm

s = Crm()
other = s.host('10.20.8.53')
for t in (0, 300, 700):
    s.dns(t, s.web, other)
    s.ntp(t + 1, s.web, other)
s.dns(10, s.sql, s.host('198.51.100.53'))
s.dns(20, s.sql)
s.ntp(21, s.sql)
s.write('capture.pcap')
