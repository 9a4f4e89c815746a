# SPDX-License-Identifier: BSD-2-Clause
from crm import Crm

s = Crm()
for t in range(0, 360, 60):
    s.tds(t, s.web)
    s.browse(t + 10, s.pc1)
    s.dns(t + 20, s.web)
s.write('capture.pcap', snaplen=68)
