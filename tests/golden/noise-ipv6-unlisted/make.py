# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
for i in range(5):
    s.browse(i, s.host('2001:db8:30:4:a1b2:c3d4:e5f6:%x' % (0x1000 + i)), version=6)
temporary, near = s.host('2001:db8:20:1:dead:beef:0:77'), s.host('fe80::77')
for t in (20, 30):
    s.tds(t, temporary, version=6)
    s.ask(t + 5, near, s.host('fe80::1:11'), 5355, p.llmnr_query('crmweb01'),
          p.dns_answer(p.llmnr_query('crmweb01')), version=6)
s.tds(700, s.web)
s.write('capture.pcap')
