# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm
from talk import C, S

s = Crm()
s.session(10, s.sql, s.web, 1433, [(C, p.noise(80)), (S, p.noise(80))])
s.write('capture.pcap')
