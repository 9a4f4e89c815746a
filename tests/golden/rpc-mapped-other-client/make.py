# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm
from talk import C, S

s = Crm()
s.dns(0, s.web)
s.session(900, s.app, s.dc1, 135, p.epm(p.NETLOGON, 49667, s.dc1.v4.packed))
s.session(905, s.app, s.dc1, 49667, p.rpc(p.NETLOGON, 49667))
s.session(960, s.web, s.dc1, 49667, [(C, p.noise(120)), (S, p.noise(200))])
s.write('capture.pcap')
