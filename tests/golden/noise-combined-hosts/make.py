# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
box = s.host('10.20.2.20')
s.tds(10, s.web, box)
s.session(20, s.web, box, 80, p.http('ssrs01', '/ReportServer'))
s.ldap(30, s.web, box)
s.browse(40, s.pc1)
s.write('capture.pcap')
