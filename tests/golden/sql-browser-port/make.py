# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
sql2 = s.host('10.20.2.22')
s.ask(10, s.web, s.sql, 1434, p.ssrp_ask('CRM'), p.ssrp_answer(port=49733))
s.tds(11, s.web, port=49733)
# Who did not ask may know it from before.
s.tds(20, s.app, port=49733)
# The documented port is another instance's, or nobody's.
s.tds(30, s.app)
# The site file names the port of this one, and the server another.
s.ask(40, s.web, sql2, 1434, p.ssrp_ask('CRM'), p.ssrp_answer('SQL02', 'CRM', 50111))
s.tds(41, s.web, sql2, 50111)
# A port that nobody told, and one of the administrator.
s.tds(50, s.web, port=50222)
s.ask(60, s.web, s.sql, 1434, b'\x0f\x01CRM\0', b'\x05\x06\0\x01' + (50333).to_bytes(2, 'little'))
s.tds(61, s.web, port=50333)
s.write('capture.pcap')
