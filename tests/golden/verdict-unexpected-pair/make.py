# SPDX-License-Identifier: BSD-2-Clause
from crm import Crm

s = Crm()
s.tds(10, s.mail)
s.tds(20, s.pc1)
s.write('capture.pcap')
