# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm
from talk import C, S

s = Crm()
s.session(10, s.pc1, s.pc2, 445, [(C, p.smb2_negotiate()), (S, p.smb2_negotiate_answer())])
s.session(20, s.pc1, s.host('198.51.100.80'), 443, p.tls_session('www.example.com'))
s.session(30, s.pc1, s.host('198.51.100.81'), 22, p.ssh())
s.browse(40, s.pc1)
s.write('capture.pcap')
