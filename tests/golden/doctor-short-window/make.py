# SPDX-License-Identifier: BSD-2-Clause
from crm import Crm

s = Crm('2024-05-01T22:00:00Z')
for t in range(0, 60, 20):
    s.tds(t, s.web)
    s.dns(t + 5, s.web)
    s.browse(t + 6, s.pc1)
s.write('capture.pcap')
