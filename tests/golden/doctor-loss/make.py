# SPDX-License-Identifier: BSD-2-Clause
import files
import proto as p
import wire
from crm import Crm
from talk import S

# A burst: in one minute every second full segment is lost on the mirror; in others, one. The
# capturing computer and its card have lost packets too, and say so.
s = Crm()
for t in range(0, 420, 60):
    s.session(t + 5, s.web, s.sql, 1433, p.tds() + [(S, b'x' * 1400)] * (30 if t == 180 else 6))
    s.dns(t + 8, s.web)
    s.browse(t + 9, s.pc1)
lost = {}
for q in [q for q in s.packets if len(q[2]) > 1400]:
    minute = (q[0] - s.start) // (60 * 10**9)
    lost[minute] = lost.get(minute, 0) + 1
    if lost[minute] % 2 == 1 if minute == 3 else lost[minute] == 2:
        s.packets.remove(q)
f = files.Pcapng()
f.section()
span = f.interface(wire.LINK_ETHERNET, 262144, 9, name='span0')
for ts, frame in s.frames():
    f.packet(ts, frame, span)
f.statistics(s.start + 500 * 10**9, span, s.start, nic=7, os_=3)
files.save('capture.pcapng', f.data())
