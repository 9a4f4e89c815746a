# SPDX-License-Identifier: BSD-2-Clause
from crm import Crm

s = Crm()
s.tds(10, s.web)
s.tds(20, s.app)
s.write('capture.pcap')
