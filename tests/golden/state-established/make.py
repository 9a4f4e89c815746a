# SPDX-License-Identifier: BSD-2-Clause
from crm import Crm

s = Crm()
s.tds(1, s.web)
s.tds(20, s.web, end='rst')
s.tds(30, s.web, end='rst-server')
s.dns(40, s.web)
s.ntp(41, s.web)
s.write('capture.pcap')
