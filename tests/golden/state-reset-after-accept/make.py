# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm
from talk import C

s = Crm()
for t in range(10, 100, 30):
    s.session(t, s.web, s.sql, 1433, [(C, p.tds_prelogin())], end='rst-server')
s.write('capture.pcap')
