# SPDX-License-Identifier: BSD-2-Clause
from crm import Crm

s = Crm()
s.fw.ttl = 128
s.dns(0, s.sql, s.dc1)
s.smb(5, s.web, s.sql)
s.refused(10, s.web, s.sql, 1433, by=s.fw, ttl=128)
s.write('capture.pcap')
