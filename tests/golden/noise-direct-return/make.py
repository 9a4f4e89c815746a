# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
vip = s.host('10.20.1.100')
for t in range(10, 100, 10):
    s.session(t, s.pc1, vip, 443, p.tls_session('crm.corp.example'), see='client')
s.tds(5, s.web)
s.write('capture.pcap')
