# SPDX-License-Identifier: BSD-2-Clause
from crm import Crm

s = Crm()
s.no_answer(10, s.web, s.sql, 1433)
s.dns(0, s.sql, s.dc1)
s.dns(60, s.web, s.dc1)
s.write('capture.pcap')
