# SPDX-License-Identifier: BSD-2-Clause
from crm import Crm

s = Crm()
ll = s.host('fe80::11', mac=':'.join('%02x' % b for b in s.web.mac))
dc = s.host('fe80::10', mac=':'.join('%02x' % b for b in s.dc1.mac))
s.ldap(10, ll, dc, version=6)
s.tds(20, s.web)
s.dns(30, s.web)
lost = s.host('fe80::99')
s.ldap(40, lost, dc, version=6)
s.dns(50, lost, dc, version=6)
s.write('capture.pcap')
