# SPDX-License-Identifier: BSD-2-Clause
import files
import wire
from crm import Crm

s = Crm()
s.tds(10, s.web)
s.tds(20, s.web)
s.tds(30, s.web)
f = files.Pcapng()
f.section()
f.interface(wire.LINK_ETHERNET)
for i, (ts, frame) in enumerate(s.frames()):
    if 18 <= i < 36:
        f.simple(frame)
    else:
        f.packet(ts, frame)
files.save('capture.pcapng', f.data())
