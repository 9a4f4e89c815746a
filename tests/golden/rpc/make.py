# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm
from talk import C, S

PRIVATE = ('8f2d5a10-3c61-4d7e-9b42-10c7e55a0f31', 1, 0)

s = Crm()
s.dns(0, s.web)
s.rpc(800, s.web)
s.session(810, s.app, s.dc1, 49667, p.rpc(p.NETLOGON, 49667))
s.session(820, s.web, s.sql, 49700, p.rpc(PRIVATE, 49700))
s.session(830, s.app, s.dc1, 49688, [(C, p.noise(120)), (S, p.noise(200))])
s.session(840, s.web, s.dc2, 135, p.epm(p.LSARPC, 49669, s.dc2.v4.packed))
s.refused(840.1, s.web, s.dc2, 49669)
s.session(850, s.sql, s.dc1, 135, p.epm(p.SAMR, 49671, s.dc1.v4.packed))
s.session(860, s.sql, s.dc1, 135, p.epm(p.LSARPC, 49671, s.dc1.v4.packed))
s.session(870, s.ssrs, s.dc1, 135, p.epm(p.SAMR, 49671, s.dc1.v4.packed))
s.session(880, s.ssrs, s.dc1, 135, p.epm(p.DRSUAPI, 49672, s.dc1.v4.packed))
s.write('capture.pcap')
