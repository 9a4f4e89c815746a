# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
s.dns(0, s.web)
s.session(900, s.web, s.dc1, 135, p.epm(p.NETLOGON, 49667, s.dc1.v4.packed))
s.dns(990, s.web)
s.write('capture.pcap')
