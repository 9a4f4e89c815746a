# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
s.dns(0, s.web)
s.session(900, s.web, s.sql, 135, p.oxid(['10.20.2.20[49731]', 'sql01[49731]']))
s.session(901, s.web, s.sql, 49731, p.rpc(p.IREMUNKNOWN2, 49731))
s.write('capture.pcap')
