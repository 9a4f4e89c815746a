# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm
from talk import S

s = Crm()
sport = s.web.port()
s.session(10, s.web, s.sql, 1433, p.tds() + [(S, b'x' * 1400)] * 20, sport=sport)
# Every second full segment of the server is lost on the mirror.
full = [q for q in s.packets if len(q[2]) > 1400]
for q in full[::2]:
    s.packets.remove(q)
s.no_answer(100, s.app, s.sql, 1433)
s.dns(130, s.web)
s.write('capture.pcap')
