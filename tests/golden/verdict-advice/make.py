# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm
from talk import C, S

s = Crm()
s.session(10, s.web, s.dc1, 389, [(C, p.ldap_bind('CN=svc,DC=corp,DC=example', 'not-a-secret')),
                                  (S, p.ldap_bind_answer())])
s.session(20, s.web, s.dc1, 445, [(C, p.smb1_negotiate()), (S, p.smb1_negotiate_answer())])
s.session(30, s.app, s.dc1, 445, [(C, p.smb1_negotiate()), (S, p.smb2_negotiate_answer())])
s.browse(40, s.pc1, port=80)
s.session(50, s.app, s.dc1, 389, [(C, p.ldap_starttls()), (S, p.ldap_starttls_answer())]
          + p.tls_session('dc01.corp.example'))
s.write('capture.pcap')
