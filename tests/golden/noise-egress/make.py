# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
for i in range(5):
    s.session(10 + i, s.web, s.host('198.51.100.%d' % (20 + i)), 443,
              p.tls_session('fe%d.update.example.net' % i))
s.session(30, s.web, s.host('198.51.100.40'), 80, p.http('crl.example.net', '/root.crl'))
s.session(40, s.sql, s.host('198.51.100.50'), 22, p.ssh())
s.write('capture.pcap')
