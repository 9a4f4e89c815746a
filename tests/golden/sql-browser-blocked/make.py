# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
s.ask(10, s.web, s.sql, 1434, p.ssrp_ask('CRM'), p.ssrp_answer(port=49733))
s.no_answer(11, s.web, s.sql, 49733)
s.ask(60, s.web, s.sql, 1434, p.ssrp_ask('CRM'), p.ssrp_answer(port=49733))
s.no_answer(61, s.web, s.sql, 49733)
s.dns(120, s.sql, s.dc1)
s.write('capture.pcap')
