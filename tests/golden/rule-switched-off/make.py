# SPDX-License-Identifier: BSD-2-Clause
from crm import Crm

s = Crm()
full = s.host('10.20.1.30')
s.tds(0, full)
s.tds(1200, full)
s.write('capture.pcap')
