# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm
from talk import C, S

s = Crm()
s.session(10, s.web, s.sql, 1433, p.tds()[:2], start='mid')
s.session(20, s.app, s.sql, 1433, [(S, p.tls_data(300)), (C, p.tls_data(100))], start='mid')
s.write('capture.pcap')
