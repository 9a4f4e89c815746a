# SPDX-License-Identifier: BSD-2-Clause
from crm import Crm

s = Crm()
s.tds(0, s.web)
s.tds(1200, s.web)
s.write('capture.pcap')
