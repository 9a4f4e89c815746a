# SPDX-License-Identifier: BSD-2-Clause
from crm import Crm

s = Crm()
s.member(0, s.web)
for port in (389, 88, 135, 445):
    s.no_answer(30, s.web, s.dc2, port)
s.no_answer(60, s.app, s.dc2, 389)
s.ldap(62, s.app)
s.dns(700, s.dc2, s.dc1)
s.write('capture.pcap')
