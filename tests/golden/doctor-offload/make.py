# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm
from talk import S

# Taken on the web server: what it sends is merged, and its sums are not filled in.
s = Crm()
for t in range(0, 360, 60):
    s.session(t, s.web, s.sql, 1433, p.tds() + [(S, b'x' * 9000)], mss=20000)
    s.browse(t + 10, s.pc1)
    s.dns(t + 20, s.web)
packets = []
for ts, order, packet, src, dst in s.packets:
    if packet[12:16] == s.web.v4.packed:
        packet = packet[:10] + b'\0\0' + packet[12:]
    packets.append((ts, order, packet, src, dst))
s.packets = packets
s.write('capture.pcap')
