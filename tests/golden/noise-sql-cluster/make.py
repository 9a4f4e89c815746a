# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm
from talk import C, S

s = Crm()
node2, listener = s.host('10.20.2.22'), s.host('10.20.2.30')
s.tds(10, s.web, listener)
s.session(20, s.sql, node2, 5022, [(C, p.noise(60)), (S, p.noise(60))])
s.datagram(30, s.sql, node2, 3343, 3343, p.noise(40))
s.datagram(30.1, node2, s.sql, 3343, 3343, p.noise(40))
s.smb(40, s.sql, node2)
s.write('capture.pcap')
