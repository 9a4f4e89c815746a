# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
s.ask(10, s.web, s.sql, 1434, p.ssrp_ask('CRM'), p.ssrp_answer(port=1433))
s.ask(7200, s.app, s.sql, 1434, p.ssrp_ask('CRM'), p.ssrp_answer(port=1433))
s.write('capture.pcap')
