# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
log = s.host('10.20.9.80')
for t in range(10, 100, 10):
    s.datagram(t, s.web, log, 51514, 514, p.syslog())
    s.datagram(t, s.web, s.sql, 138, 138, p.nbdgm(s.web.v4.packed, 'CRMWEB01'))
s.write('capture.pcap')
