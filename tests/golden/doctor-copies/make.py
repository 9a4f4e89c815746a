# SPDX-License-Identifier: BSD-2-Clause
import files
import wire
from crm import Crm

# Both ports of each conversation are mirrored, both directions of each.
s = Crm()
for t in range(0, 360, 110):
    s.tds(t, s.web)
    s.member(t + 10, s.web)
    s.browse(t + 20, s.pc1)
out = []
for ts, frame in s.frames():
    out += [(ts, frame), (ts + 3000, frame)]
files.save('capture.pcap', wire.pcap(out))
