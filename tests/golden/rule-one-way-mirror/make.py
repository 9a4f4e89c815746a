# SPDX-License-Identifier: BSD-2-Clause
from crm import Crm

s = Crm()
s.no_answer(0, s.web, s.sql, 1433)
s.session(30, s.app, s.sql, 445, see='client')
s.dns(700, s.web)
s.write('capture.pcap')
