# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
agent = s.host('10.20.9.77')
for i, a in enumerate((s.web, s.app, s.sql, s.ssrs)):
    s.session(10 + i, agent, a, 5693, p.tls_session())
s.write('capture.pcap')
