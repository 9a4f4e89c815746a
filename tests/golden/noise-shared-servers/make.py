# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm
from talk import C, S

s = Crm()
office = s.host('10.50.1.1')
s.ldap(10, office)
s.session(20, office, s.mail, 443, p.tls_session('mail.corp.example'))
branch = s.host('10.60.1.10')
q = p.over_tcp(p.dns_query('corp.example', 252))
s.session(30, branch, s.dc1, 53, [(C, q), (S, p.over_tcp(p.dns_answer(q[2:], b'\0')))])
s.rpc(40, s.dc1, s.dc2, p.DRSUAPI, 49670)
s.dns(50, s.dc1, s.host('198.51.100.53'))
s.ntp(51, s.dc1, s.host('198.51.100.123'))
s.tds(60, s.web)
s.write('capture.pcap')
