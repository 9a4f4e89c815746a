# SPDX-License-Identifier: BSD-2-Clause
from crm import Crm

s = Crm()
s.tds(10, s.web)
s.no_answer(60, s.web, s.sql, 1433)
s.tds(100, s.web)
s.write('capture.pcap')
