# SPDX-License-Identifier: BSD-2-Clause
from crm import Crm

s = Crm()
s.tds(0, s.web, version=6)
s.refused(10, s.app, s.sql, 1433, version=6)
s.tds(10.3, s.app)
s.browse(20, s.pc1, version=6)
s.dns(30, s.web, version=6)
s.dns(700, s.web)
s.write('capture.pcap')
