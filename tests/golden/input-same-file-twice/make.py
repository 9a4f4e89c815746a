# SPDX-License-Identifier: BSD-2-Clause
import files
import proto as p
from crm import Crm

s = Crm()
s.tds(10, s.web)
s.session(20, s.web, s.sql, 22, p.ssh())
files.save('capture.pcap', s.pcap())
files.save('copy of capture.pcap', s.pcap())
