# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
s.session(10, s.pc1, s.web, 443, p.ssh())
s.session(20, s.web, s.sql, 1433, p.http('sql01', '/'))
s.session(30, s.pc1, s.web, 443, p.tls_session('crm.corp.example'))
s.write('capture.pcap')
