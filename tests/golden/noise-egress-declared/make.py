# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
far = [s.host('198.51.100.%d' % (20 + i)) for i in range(4)]
s.session(0, s.web, far[0], 443, p.tls_session('fe2.update.example.net'))
s.session(10, s.app, far[1], 443, p.tls_session('telemetry.example.org'))
s.session(20, s.sql, far[2], 443, p.tls_session('fe3.update.example.net'))
s.session(30, s.web, far[3], 80, p.http('www.update.example.net', '/list'))
s.write('capture.pcap')
