# SPDX-License-Identifier: BSD-2-Clause
from crm import Crm

s = Crm()
s.session(10, s.web, s.sql, 1433, start='half')
s.session(40, s.web, s.sql, 1433, start='half')
s.write('capture.pcap')
