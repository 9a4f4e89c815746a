# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm
from talk import C, S

s = Crm()
s.dns(0, s.web)
s.session(900, s.web, s.dc1, 135, p.epm(p.NETLOGON, 49667, s.dc1.v4.packed))
s.session(901, s.web, s.dc1, 49667, [(C, p.noise(120)), (S, p.noise(200))])
s.session(910, s.app, s.dc1, 135, p.epm(p.NETLOGON, 49667, s.dc1.v4.packed))
s.no_answer(911, s.app, s.dc1, 49667)
s.dns(990, s.web)
s.write('capture.pcap')
