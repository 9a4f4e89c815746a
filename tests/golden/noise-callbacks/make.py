# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
s.dns(0, s.web)
s.session(900, s.web, s.sql, 135, p.epm(p.IXNREMOTE, 49700, s.sql.v4.packed))
s.session(901, s.web, s.sql, 49700, p.rpc(p.IXNREMOTE, 49700, privacy=False))
s.session(905, s.sql, s.web, 135, p.epm(p.IXNREMOTE, 49750, s.web.v4.packed))
s.session(906, s.sql, s.web, 49750, p.rpc(p.IXNREMOTE, 49750, privacy=False))
s.write('capture.pcap')
