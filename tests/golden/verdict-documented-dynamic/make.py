# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
s.session(700, s.web, s.dc1, 49667, p.rpc(p.NETLOGON, 49667))
s.session(710, s.app, s.dc1, 49668, p.rpc(p.LSARPC, 49668, privacy=False))
s.dns(0, s.web)
s.write('capture.pcap')
