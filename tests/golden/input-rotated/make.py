# SPDX-License-Identifier: BSD-2-Clause
import files
import proto as p
import wire
from crm import Crm

s = Crm()
s.tds(10, s.web)
s.tds(20, s.web, version=6)
s.session(30, s.web, s.sql, 22, p.ssh())
every = list(s.frames())
files.save('ring_00001.pcap', wire.pcap(every[:7]))
files.save('ring_00002.pcapng', wire.pcapng(every[7:23], big=True))
files.save('ring_00003.pcap', wire.pcap(every[23:], nano=True))
