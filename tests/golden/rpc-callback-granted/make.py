# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
s.dns(0, s.web)
s.session(900, s.web, s.sql, 135, p.activation(['10.20.2.20[49732]']))
s.session(901, s.web, s.sql, 49732, p.rpc(p.IREMUNKNOWN2, 49732))
s.session(905, s.sql, s.web, 135, p.oxid(['10.20.1.11[49740]']))
s.session(906, s.sql, s.web, 49740, p.rpc(p.IREMUNKNOWN2, 49740))
s.session(920, s.pc1, s.web, 135, p.activation(['10.20.1.11[49750]']))
s.session(925, s.web, s.pc1, 135, p.oxid(['10.30.4.17[49760]']))
s.session(926, s.web, s.pc1, 49760, p.rpc(p.IREMUNKNOWN2, 49760))
s.write('capture.pcap')
