# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm
from talk import C, S

s = Crm()
s.tds(0, s.web)
s.session(10, s.web, s.sql, 139, [(C, p.nbss_request()), (S, p.nbss_positive())])
s.smb(20, s.web, s.sql)
s.write('capture.pcap')
