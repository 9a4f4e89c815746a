# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

WMI = ('9556dc99-828c-11cf-a37e-00aa003240c7', 0, 0)  # IWbemServices
s = Crm()
watch, backup = s.host('10.20.9.60'), s.host('10.20.9.70')
for i, a in enumerate((s.rtr, s.dc1, s.sql)):
    s.rpc(900 + i, watch, a, WMI, 49800)
s.session(910, backup, s.sql, 135, p.activation(['sql01[49810]', '10.20.2.20[49810]']))
s.session(911, backup, s.sql, 49810, p.rpc(p.IREMUNKNOWN2, 49810))
s.session(912, s.sql, backup, 135, p.oxid(['backup01[49820]', '10.20.9.70[49820]']))
s.session(913, s.sql, backup, 49820, p.rpc(p.IREMUNKNOWN2, 49820))
s.datagram(920, s.web, watch, 514, 514, p.syslog())
s.write('capture.pcap')
