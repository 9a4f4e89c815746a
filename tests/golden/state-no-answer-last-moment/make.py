# SPDX-License-Identifier: BSD-2-Clause
from crm import Crm

s = Crm()
s.dns(0, s.sql, s.dc1)
s.no_answer(56, s.app, s.sql, 1433, times=(0,))
s.no_answer(59, s.web, s.sql, 1433, times=(0,))
s.dns(60, s.sql, s.dc1)
s.write('capture.pcap')
