# SPDX-License-Identifier: BSD-2-Clause
from crm import Crm

s = Crm()
for t in (0, 700):
    s.tds(t, s.app)
    s.dns(t + 1, s.app)
    s.dns(t + 2, s.sql)
    s.ntp(t + 3, s.sql)
    s.ldap(t + 4, s.sql)
    s.gc(t + 5, s.sql)
    s.rpc(t + 6, s.sql)
    s.smb(t + 7, s.sql)
s.write('capture.pcap')
