# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
s.rejected(10, s.web, s.sql, 1433, s.fw)
s.rejected(20, s.app, s.sql, 1433, s.fw, version=6)
s.ask_rejected(30, s.web, s.dc1, 123, p.ntp(), s.dc1, sport=123)
s.write('capture.pcap')
