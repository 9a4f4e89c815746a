# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
s.ask(10, s.web, s.dc1, 88, p.krb_as_req(), p.krb_rep())
s.ask(11, s.pc1, s.dc1, 88, p.krb_as_req(), p.krb_rep())
s.session(20, s.pc1, s.web, 5555, p.http('crm:5555'))
s.dns(700, s.web)
s.write('capture.pcap')
