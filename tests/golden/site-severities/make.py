# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm
from talk import C, S

s = Crm()
s.session(10, s.web, s.sql, 22, p.ssh())
s.session(20, s.web, s.sql, 8081, [(C, p.noise(80)), (S, p.noise(90))])
s.no_answer(30, s.web, s.sql, 1433)
s.session(40, s.web, s.dc1, 8081, [(C, p.noise(80)), (S, p.noise(90))])
s.session(50, s.app, s.sbx, 1808, p.nmf('net.tcp://crmsbx01:1808/CrmSandboxHost'))
s.dns(60, s.web, s.dc1)
s.write('capture.pcap')
