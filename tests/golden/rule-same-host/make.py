# SPDX-License-Identifier: BSD-2-Clause
from crm import Crm

s = Crm()
s.dns(0, s.web, s.dc1)
s.dns(1200, s.web, s.dc1)
s.write('capture.pcap')
