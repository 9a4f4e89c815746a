# SPDX-License-Identifier: BSD-2-Clause
from crm import Crm

s = Crm()
s.ldap(0, s.web)
s.ldap(1200, s.web)
s.write('capture.pcap')
