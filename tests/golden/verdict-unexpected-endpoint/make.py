# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
stranger = s.host('10.40.7.7')
s.tds(10, stranger)
s.session(20, s.web, s.host('10.40.8.8'), 8443, p.tls_session('cache.corp.example'))
s.write('capture.pcap')
