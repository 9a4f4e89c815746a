# SPDX-License-Identifier: BSD-2-Clause
from crm import Crm

s = Crm()
for t in (0, 3700):
    s.dns(t, s.web)
    s.ntp(t + 1, s.web)
    s.ldap(t + 2, s.web)
    s.kerberos(t + 3, s.web)
    s.rpc(t + 4, s.web)
s.dns(1850, s.web)  # an hour without any packet would be a pause
s.write('capture.pcap')
