# SPDX-License-Identifier: BSD-2-Clause
from crm import Crm

s = Crm()
s.tds(10, s.web, s.pc1)
s.tds(20, s.app, s.pc1)
s.write('capture.pcap')
