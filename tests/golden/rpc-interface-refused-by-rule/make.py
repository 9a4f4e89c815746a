# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
s.dns(0, s.web)
s.session(900, s.web, s.dc1, 135, p.epm(p.SPOOLSS, 49690, s.dc1.v4.packed))
s.session(901, s.web, s.dc1, 49690, p.rpc(p.SPOOLSS, 49690))
s.write('capture.pcap')
