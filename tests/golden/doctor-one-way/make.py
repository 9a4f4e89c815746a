# SPDX-License-Identifier: BSD-2-Clause
from crm import Crm

# Only what the servers' switch receives is mirrored: what their clients say, and no answer.
s = Crm()
for t in range(0, 400, 40):
    s.tds(t, s.web)
    s.ldap(t + 10, s.web)
    s.browse(t + 20, s.pc1)
s.packets = [q for q in s.packets if q[3] not in (s.sql.mac, s.dc1.mac)]
s.write('capture.pcap')
