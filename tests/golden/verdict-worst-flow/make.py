# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
for i in range(9):
    s.browse(10 + i, s.pc1)
s.session(30, s.pc1, s.web, 443, p.ssh())
s.write('capture.pcap')
