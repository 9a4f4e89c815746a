# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
# The answer is the first packet of the capture.
s.datagram(1, s.dc1, s.web, 123, 123, p.ntp(4))
s.datagram(65, s.web, s.dc1, 123, 123, p.ntp(3))
s.datagram(65.001, s.dc1, s.web, 123, 123, p.ntp(4))
s.ask(70, s.app, s.dc1, 123, p.ntp(1), sport=123)
s.ask(134, s.app, s.dc1, 123, p.ntp(1), sport=123)
s.ask(140, s.web, s.sql, 137, p.nbns_query('SQL01', broadcast=False),
      p.nbns_answer('SQL01', s.sql.v4.packed), sport=137)
s.datagram(150, s.sql, s.web, 138, 138, p.nbdgm(s.sql.v4.packed, 'SQL01'))
s.ask(160, s.web, s.dc1, 53, p.dns_query('dc01.corp.example'),
      p.dns_answer(p.dns_query('dc01.corp.example')), sport=53)
s.write('capture.pcap')
