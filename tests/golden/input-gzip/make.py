# SPDX-License-Identifier: BSD-2-Clause
import files
import proto as p
from crm import Crm

s = Crm()
s.tds(10, s.web)
s.tds(20, s.web, version=6)
s.session(30, s.web, s.sql, 22, p.ssh())
data = s.pcap()
files.save('capture.pcap', files.gzip_stored(data[:3333]) + files.gzip_fixed(data[3333:]))
