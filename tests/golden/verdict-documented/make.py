# SPDX-License-Identifier: BSD-2-Clause
from crm import Crm

s = Crm()
s.tds(10, s.web)
s.session(20, s.app, s.sql, 1433)
s.sandbox(30, s.web)
s.browse(40, s.pc1)
s.write('capture.pcap')
