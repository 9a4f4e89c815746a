# SPDX-License-Identifier: BSD-2-Clause
import files
import wire
from crm import Crm

s = Crm()
s.tds(10, s.web)
s.tds(20, s.web)
every = list(s.frames())
files.save('a.pcap', wire.pcap(every[:20]))
files.save('b.pcap', wire.pcap(every[20:])[:-11])
