# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
for i in range(1, 6):
    s.browse(10 * i, s.host('10.70.1.%d' % i))
s.browse(80, s.host('10.70.2.9'), port=80)
other = s.host('10.70.3.3')
s.browse(90, other)
s.session(100, other, s.web, 22, p.ssh())
s.write('capture.pcap')
