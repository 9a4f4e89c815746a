# SPDX-License-Identifier: BSD-2-Clause
import wire
import proto as p
from crm import Crm

s = Crm()
vip = s.host('10.20.1.100')
for t in (10, 20, 30):
    s.browse(t, s.pc1, vip)
frames = list(s.frames())
beat = b'\xff' * 6 + vip.mac + b'\x88\x6f' + b'\xbf\x01\xde\xc0' + b'\0' * 60
frames += [(s.start + t * 10**9, beat) for t in range(40)]
with open('capture.pcap', 'wb') as f:
    f.write(wire.pcap(sorted(frames)))

