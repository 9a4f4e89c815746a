# SPDX-License-Identifier: BSD-2-Clause
from crm import Crm

s = Crm()
s.tds(10, s.web)
s.tds(20, s.app, version=6)
s.refused(30, s.web, s.sql, 22)
s.dns(40, s.web)
s.write('capture.pcap')
