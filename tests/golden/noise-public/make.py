# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
s.browse(10, s.host('198.51.100.9'))
for i in range(30):
    probe = s.host('203.0.113.%d' % (i + 1))
    s.no_answer(20 + i, probe, s.web, 3389 if i % 2 else 22, times=(0, 3))
s.session(60, s.host('203.0.113.99'), s.web, 3389, p.rdp('x'))
s.write('capture.pcap')
