# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
printer, late = s.host('10.20.1.77'), s.host('10.20.1.78')
ok = b'HTTP/1.1 200 OK\r\nCache-Control: max-age=1800\r\nST: ssdp:all\r\nUSN: uuid:1\r\n\r\n'
s.shout(1, s.web, '239.255.255.250', 1900, p.ssdp_search(), sport=50101)
s.datagram(1.8, printer, s.web, 1900, 50101, ok)
s.datagram(4.5, printer, s.web, 49153, 50101, ok)
q = p.llmnr_query('crmapp01', ident=0x4711)
s.shout(10, s.web, '224.0.0.252', 5355, q, sport=50102)
s.datagram(10.2, s.app, s.web, 5355, 50102, p.dns_answer(q))
s.datagram(16.5, late, s.web, 49153, 50101, ok)
s.tds(20, s.web)
s.write('capture.pcap')
