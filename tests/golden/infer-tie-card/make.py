# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
local = s.host('fe80::250:1', mac=s.sql.mac.hex(':'))
for t, v in ((10, 4), (20, 6)):
    s.tds(t, s.web, version=v)
    s.kerberos(t + 2, s.sql, version=v)
s.session(30, local, s.host('fe80::250:2', mac=s.dc1.mac.hex(':')), 389,
          p.tls_session('dc01.corp.example'), version=6)
router = s.fw.mac.hex(':')
pc = [s.host('10.30.4.%d' % i, '2001:db8:30:4::%d' % i, mac=router) for i in (17, 18, 19)]
for i, a in enumerate(pc):
    s.browse(40 + i, a, version=4)
    s.browse(50 + i, a, version=6)
s.write('capture.pcap')
