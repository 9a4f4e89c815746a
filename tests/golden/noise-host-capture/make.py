# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm
from talk import S

s = Crm()
s.session(10, s.web, s.sql, 1433, p.tds() + [(S, b'x' * 9000)], mss=20000)
s.tds(20, s.web)
packets = []
for ts, order, packet, src, dst in s.packets:
    if packet[12:16] == s.web.v4.packed:  # sent by this host: the sum is not yet filled in
        packet = packet[:10] + b'\0\0' + packet[12:]
    packets.append((ts, order, packet, src, dst))
s.packets = packets
s.write('capture.pcap')
