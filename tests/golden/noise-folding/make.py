# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm
from talk import C, S

s = Crm()
for i in range(400):
    pc = s.host('10.30.%d.%d' % (10 + i // 200, 1 + i % 200))
    s.session(10 + i * 0.2, pc, s.web, 8082, [(C, p.noise(20)), (S, p.noise(20))], end='rst')
s.write('capture.pcap')
