# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
s.kerberos(10, s.app, s.ssrs)
s.dns(20, s.app, s.ssrs)
s.ntp(21, s.app, s.ssrs)
s.session(30, s.pc1, s.app, 80, p.http('crm', '/main.aspx?etn=account&pagetype=entitylist'))
s.tds(40, s.app)
s.write('capture.pcap')
