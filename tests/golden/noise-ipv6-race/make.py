# SPDX-License-Identifier: BSD-2-Clause
from crm import Crm

s = Crm()
for t in range(0, 50, 10):
    s.session(t, s.pc1, s.web, 443, version=6, end='rst')
    s.browse(t + 0.25, s.pc1)
s.dns(700, s.web)
s.write('capture.pcap')
