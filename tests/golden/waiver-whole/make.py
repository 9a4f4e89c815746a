# SPDX-License-Identifier: BSD-2-Clause
from crm import Crm

s = Crm()
s.dns(0, s.web)
s.tds(10, s.app)
s.dns(1200, s.web)
s.write('capture.pcap')
