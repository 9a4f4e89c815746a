# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm
from talk import C, S

s = Crm()
s.dns(0, s.web)
s.session(900, s.web, s.sql, 135, p.activation(['10.20.2.20[49732]']))
s.session(901, s.web, s.sql, 49732, [(C, p.noise(120)), (S, p.noise(200))])
s.session(910, s.pc1, s.web, 135, p.activation(['10.20.1.11[49733]']))
s.session(911, s.pc1, s.web, 49733, [(C, p.noise(120)), (S, p.noise(200))])
s.write('capture.pcap')
