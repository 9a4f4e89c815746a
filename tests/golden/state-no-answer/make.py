# SPDX-License-Identifier: BSD-2-Clause
from crm import Crm

s = Crm()
s.dns(0, s.sql, s.dc1)
s.no_answer(10, s.web, s.sql, 1433)
s.no_answer(60, s.web, s.sql, 1433)
s.write('capture.pcap')
