# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
bad = s.host('10.99.0.7')
for i in range(60):
    s.refused(1 + i * 0.2, bad, s.sql, 2000 + i)
s.tds(20, bad, s.sql)
s.kerberos(21, bad, s.dc1)
s.write('capture.pcap')
