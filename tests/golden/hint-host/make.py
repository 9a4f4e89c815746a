# SPDX-License-Identifier: BSD-2-Clause
import struct

import files
import proto as p
import wire
from crm import Crm

s = Crm()
vip = s.host('10.20.1.100', mac='02:bf:0a:14:01:64')
dpm = s.host('10.20.9.60')
s.healthy(0)
# Backups: one way goes, the other and what the mapper hands out do not.
s.session(60, dpm, s.sql, 135, p.epm(p.SVCCTL, 49805, s.sql.v4.packed))
s.no_answer(61, dpm, s.sql, 49805)
s.no_answer(70, s.sql, dpm, 5718)
s.session(80, dpm, s.web, 5718, [('c', p.noise(80)), ('s', p.noise(90))])
for t in (90, 95, 100):
    s.browse(t, s.pc1, vip)
s.healthy(120)

# The switch floods what is for the cluster; its heartbeats are seen.
out = []
for ts, _, packet, src, dst in s.packets:
    times = 8 if dst == vip.mac or src == s.web.mac else 1
    out += [(ts + i * 1000, wire.ethernet(packet, src, dst)) for i in range(times)]
beat = b'\xff' * 6 + vip.mac + b'\x88\x6f' + b'\xbf\x01\xde\xc0' + struct.pack('<II', 0x204, 1) \
    + vip.v4.packed + s.web.v4.packed + b'\0' * 40
out += [(s.start + t * 10**9, beat) for t in range(10)]
files.save('capture.pcap', wire.pcap(sorted(out)))
