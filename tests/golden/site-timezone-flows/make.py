# SPDX-License-Identifier: BSD-2-Clause
from crm import Crm

s = Crm('2024-10-27T00:30:00Z')
s.tds(10, s.web)
s.dns(1799, s.web)
s.ldap(1800, s.web)
s.write('capture.pcap')
