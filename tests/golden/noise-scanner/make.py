# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
scanner = s.host('10.20.9.66')
for i, port in enumerate(list(range(1, 61))):
    s.refused(10 + i, scanner, s.web, port, times=(0,))
s.browse(100, scanner, port=80)
s.session(101, scanner, s.sql, 1433, p.tds())
s.write('capture.pcap')
