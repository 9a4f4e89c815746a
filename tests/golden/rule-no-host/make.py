# SPDX-License-Identifier: BSD-2-Clause
from crm import Crm

s = Crm()
s.tds(10, s.web)
s.write('capture.pcap')
