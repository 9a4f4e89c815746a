# SPDX-License-Identifier: BSD-2-Clause
from crm import Crm

s = Crm()
s.ldap(10, s.web)
s.no_answer(20, s.web, s.dc2, 389)
s.refused(40, s.web, s.sql, 139)
s.dns(60, s.dc2, s.dc1)
s.tds(70, s.web)
s.write('capture.pcap')
