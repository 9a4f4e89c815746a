# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm(vlan=(100, 20))
s.tds(10, s.web)
s.tds(20, s.web, version=6)
s.session(30, s.web, s.sql, 22, p.ssh())
s.write('capture.pcap')
