# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
s.refused(10, s.web, s.sql, 1433, times=(0, 0.5, 1.0))
s.no_answer(11, s.app, s.sql, 1433)
sport = s.ask(40, s.web, s.dc1, 53, p.dns_query('a.corp.example'))
answer = s.datagram(40.1, s.dc1, s.web, 53, sport, p.dns_answer(p.dns_query('a.corp.example')))
s.icmp(40.2, s.web, s.dc1, answer, 3, 3)
s.write('capture.pcap')
