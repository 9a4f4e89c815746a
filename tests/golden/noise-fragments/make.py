# SPDX-License-Identifier: BSD-2-Clause
import wire
import proto as p
from crm import Crm

s = Crm()
sport = s.web.port()
s.datagram(10, s.web, s.dc1, sport, 88, p.ber(0x6c, p.krb_tgs_req()[4:] + p.ber(0xa5, p.noise(2000))))
ts, order, packet, src, dst = s.packets.pop()
for i, part in enumerate(wire.fragments(packet, 1480)):
    s.packets.append((ts + i * 1000, order + i, part, src, dst))
s.datagram(10.1, s.dc1, s.web, 88, sport, p.krb_rep(tgs=True))
s.write('capture.pcap')
