# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm
from talk import C, S

s = Crm()
s.session(30, s.web, s.dc1, 49688, [(C, p.noise(120)), (S, p.noise(200))])
s.session(1200, s.app, s.dc1, 49689, [(C, p.noise(120)), (S, p.noise(200))], start='mid')
s.dns(1300, s.web)
s.write('capture.pcap')
