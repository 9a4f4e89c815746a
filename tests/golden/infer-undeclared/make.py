# SPDX-License-Identifier: BSD-2-Clause
from crm import Crm

s = Crm()
s.member(10, s.web)
s.tds(30, s.web)
s.write('capture.pcap')
