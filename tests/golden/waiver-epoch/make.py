# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm
from talk import C, S

s = Crm()
s.session(10, s.web, s.sql, 22, p.ssh())
s.session(20, s.web, s.sql, 8081, [(C, p.noise(80)), (S, p.noise(90))])
s.refused(30, s.web, s.sql, 23)
s.write('capture.pcap')
