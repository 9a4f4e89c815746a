# SPDX-License-Identifier: BSD-2-Clause
import files
import proto as p
import wire
from crm import Crm

out = []
for vlan, lines in ((100, p.tds()), (200, p.ssh() * 2)):
    s = Crm(vlan=vlan)
    s.web.next_ident += vlan
    s.sql.next_ident += vlan
    s.session(10 + vlan / 1e6, s.web, s.sql, 1433, lines, sport=50001)
    out += s.frames()
files.save('capture.pcap', wire.pcap(sorted(out)))
