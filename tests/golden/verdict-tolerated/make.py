# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
s.shout(10, s.web, '255.255.255.255', 67, p.dhcp_discover(s.web.mac), sport=68)
s.shout(11, s.web, '224.0.0.252', 5355, p.llmnr_query('sql01'), sport=50100)
s.session(20, s.web, s.host('198.51.100.20'), 443, p.tls_session('fe2.update.example.net'))
s.write('capture.pcap')
