# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm
from talk import C, S

s = Crm()
monitor, backup = s.host('10.20.9.60'), s.host('10.20.9.61')
some = [(C, p.noise(80)), (S, p.noise(120))]
s.tds(5, s.web)
# Usual, and in no paper.
s.session(10, s.admin, s.web, 5985, p.http('crmweb01:5985', '/wsman', method='POST'))
s.session(20, s.web, monitor, 5723, some)
s.session(21, s.web, monitor, 8530, p.http('wsus', '/ClientWebService/client.asmx'))
s.datagram(22, s.web, monitor, 50514, 514, p.syslog())
s.session(30, monitor, s.web, 135, p.activation(['10.20.1.11[49732]']))
s.session(31, monitor, s.web, 49732, some)
s.session(40, backup, s.rtr, 135, p.activation(['10.20.1.14[49740]']))
s.session(41, backup, s.rtr, 49740, some)
s.session(42, backup, s.sql, 5718, some)
s.session(43, s.sql, backup, 5719, some)
s.no_answer(44, backup, s.web, 5718)
s.session(50, s.rtr, s.mail, 587, p.smtp())
s.session(51, s.rtr, s.mail, 995, p.tls_session('mail.corp.example'))
s.session(60, s.admin, s.sql, 1434, p.tds())
s.session(61, s.pc1, s.sql, 2383, some)
# Tolerated from nobody, or not for these bytes.
s.session(100, s.admin, s.web, 22, p.ssh())
s.session(101, s.pc1, s.web, 5985, p.http('crmweb01:5985', '/wsman', method='POST'))
s.session(102, s.admin, s.sql, 5985, p.ssh())
s.session(103, monitor, s.sql, 5718, some)
s.write('capture.pcap')
