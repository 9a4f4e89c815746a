# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
s.session(10, s.web, s.sql, 1433, p.tds(), see='client')
s.session(40, s.web, s.sql, 1433, p.tds(), see='client')
s.write('capture.pcap')
