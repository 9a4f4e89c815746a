# SPDX-License-Identifier: BSD-2-Clause
from crm import Crm

s = Crm()
for t in (0, 700):
    s.dns(t, s.app)
    s.ntp(t + 1, s.app)
s.write('capture.pcap')
