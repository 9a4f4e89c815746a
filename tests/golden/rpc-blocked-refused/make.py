# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
s.dns(0, s.web)
s.session(900, s.web, s.dc1, 135, p.epm(p.NETLOGON, 49667, s.dc1.v4.packed))
s.refused(901, s.web, s.dc1, 49667)
s.session(910, s.web, s.dc1, 135, p.epm(p.LSARPC, 49668, s.dc1.v4.packed))
s.refused(911, s.web, s.dc1, 49668, by=s.fw)
s.session(920, s.web, s.dc2, 135, p.epm(p.LSARPC, 49701, s.dc2.v4.packed))
s.session(921, s.web, s.dc2, 49701, p.rpc(p.LSARPC, 49701))
s.dns(990, s.web)
s.write('capture.pcap')
