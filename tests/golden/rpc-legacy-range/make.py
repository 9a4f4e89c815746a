# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm
from talk import C, S

s = Crm()
s.dns(0, s.web)
s.session(900, s.web, s.dc1, 135, p.epm(p.NETLOGON, 1026, s.dc1.v4.packed))
s.session(901, s.web, s.dc1, 1026, [(C, p.noise(120)), (S, p.noise(200))])
s.session(910, s.web, s.sql, 1025, p.rpc(p.IXNREMOTE, 1025, privacy=False))
s.session(920, s.web, s.sql, 1027, [(C, p.noise(120)), (S, p.noise(200))])
s.write('capture.pcap')
