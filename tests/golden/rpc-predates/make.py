# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm
from talk import C, S

s = Crm()
s.dns(0, s.web)
s.session(30, s.web, s.dc1, 49667, [(C, p.noise(120)), (S, p.noise(200))])
s.session(40, s.web, s.dc1, 49668, [(C, p.noise(120)), (S, p.noise(200))])
s.session(3600, s.app, s.dc1, 135, p.epm(p.NETLOGON, 49667, s.dc1.v4.packed))
s.session(3601, s.app, s.dc1, 49667, p.rpc(p.NETLOGON, 49667))
s.write('capture.pcap')
