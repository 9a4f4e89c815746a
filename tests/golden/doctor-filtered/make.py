# SPDX-License-Identifier: BSD-2-Clause
import files
import wire
from crm import Crm

# `tcp` alone was let through, as the file says.
s = Crm()
s.healthy(0)
s.dns(400, s.web)
s.tds(401, s.web)
s.packets = [q for q in s.packets if q[2][0] >> 4 == 4 and q[2][9] == wire.TCP]
f = files.Pcapng()
f.section()
span = f.interface(wire.LINK_ETHERNET, 262144, 9, name='span0', filter='tcp')
for ts, frame in s.frames():
    f.packet(ts, frame, span)
files.save('capture.pcapng', f.data())
