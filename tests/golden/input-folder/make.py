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
files.save('night/b.pcap', wire.pcap(every[:13]))
files.save('night/a.pcapng', wire.pcapng(every[13:29]))
files.save('night/c.pcap.gz', files.gzip_stored(wire.pcap(every[29:])))
files.save('night/notes.txt', b'the capture of the night\n')
