# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm
from talk import C, S

s = Crm()
s.session(10, s.pc1, s.pc2, 445, [(C, p.smb2_negotiate()), (S, p.smb2_negotiate_answer())])
s.session(20, s.pc1, s.host('198.51.100.80'), 443, p.tls_session('www.example.com'))
backup = s.host('10.99.0.7')
s.session(30, backup, s.sql, 10000, [(C, p.noise(64)), (S, p.noise(64))])
s.rpc(40, s.dc1, s.dc2, p.DRSUAPI, 49670)
s.tds(50, s.web)
s.write('capture.pcap')
