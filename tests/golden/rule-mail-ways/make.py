# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
for t in (0, 1200):
    s.session(t, s.rtr, s.mail, 443, p.tls_session('mail.corp.example'))
s.write('capture.pcap')
