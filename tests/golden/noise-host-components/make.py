# SPDX-License-Identifier: BSD-2-Clause
import files
import proto as p
import wire
from crm import Crm
from talk import S

s = Crm()
s.session(10, s.web, s.sql, 1433, p.tds() + [(S, b'x' * 2000)], mss=20000)
s.tds(20, s.web, version=6)
out = []
for ts, _, packet, src, dst in s.packets:
    if src == s.web.mac:
        bare = wire.unsummed(packet)
        if bare[0] >> 4 == 4:
            bare = bare[:10] + b'\0\0' + bare[12:]
        down = ((bare, ()), (bare, ()), (bare, (10,)), (packet, (200, 10)))
        out += [(ts + i * 9000, wire.ethernet(x, src, dst, tags)) for i, (x, tags) in enumerate(down)]
    else:
        up = ((200, 10), (10,), ())
        out += [(ts + i * 7000, wire.ethernet(packet, src, dst, tags)) for i, tags in enumerate(up)]
files.save('capture.pcap', wire.pcap(sorted(out)))
