# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm
from talk import S

s = Crm()
s.session(10, s.web, s.sql, 1433, p.tds() + [(S, b'x' * 9000)], mss=20000)
s.tds(20, s.web)
twice = []
for q in s.packets:
    ts, order, packet, src, dst = q
    if packet[16:20] != s.sql.v4.packed or ts > s.start + 15 * 10**9:
        twice.append((ts + 20000, order + 100000, packet, src, dst))
    else:
        packet = packet[:10] + b'\0\0' + packet[12:]  # sent by this host: not yet filled in
    twice.append((ts, order, packet, src, dst))
s.packets = twice
s.write('capture.pcap')
