# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm
from talk import C, S

s = Crm()
s.dns(0, s.web)
s.tds(700, s.web, sport=51000)
for i in range(5):
    s.session(710 + i, s.web, s.sql, 52000 + i, [(S, p.noise(40)), (C, p.noise(40))], start='mid',
              end='open', sport=53000 + i)
s.write('capture.pcap')
