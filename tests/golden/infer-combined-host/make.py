# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
one = s.web
s.member(10, s.app, one)
s.member(30, s.pc1, one)
s.tds(50, s.app, one)
s.session(60, s.app, one, 80, p.http('crm', '/ReportServer/ReportExecution2005.asmx'))
for t, a in ((70, s.pc1), (80, s.pc2), (90, s.pc3)):
    s.session(t, a, one, 80, p.http('crm', '/main.aspx?etn=account&pagetype=entitylist'))
s.write('capture.pcap')
