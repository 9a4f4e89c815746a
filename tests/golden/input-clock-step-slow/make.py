# SPDX-License-Identifier: BSD-2-Clause
import files
import wire
from crm import Crm

s = Crm()
s.tds(100, s.web)
s.tds(110, s.web)
s.dns(120, s.web)
s.dns(121, s.app)
out = [(ts if i < 18 else ts - 90 * 10**9, frame) for i, (ts, frame) in enumerate(s.frames())]
files.save('capture.pcap', wire.pcap(out))
