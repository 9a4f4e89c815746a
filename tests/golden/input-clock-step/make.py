# SPDX-License-Identifier: BSD-2-Clause
import files
import wire
from crm import Crm

s = Crm()
for i in range(60):
    s.session(100 + i / 2, s.web, s.sql, 1433)
out = [(ts if i < 312 else ts - 90 * 10**9, frame) for i, (ts, frame) in enumerate(s.frames())]
files.save('capture.pcap', wire.pcap(out))
