# SPDX-License-Identifier: BSD-2-Clause
import files
import wire
from crm import Crm

s = Crm()
vip = s.host('10.20.1.100', mac='02:bf:0a:14:01:64')
for t in (10, 20, 30):
    s.browse(t, s.pc1, vip)
out = []
for ts, _, packet, src, dst in s.packets:
    times = 4 if dst == vip.mac else 1
    out += [(ts + i * 1000, wire.ethernet(packet, src, dst)) for i in range(times)]
beat = b'\xff' * 6 + vip.mac + b'\x88\x6f' + b'\xbf\x01\xde\xc0' + b'\0' * 60
out += [(s.start + t * 10**9, beat) for t in range(10)]
files.save('capture.pcap', wire.pcap(sorted(out)))
