# SPDX-License-Identifier: BSD-2-Clause
import files
import wire
from crm import Crm

s = Crm()
for i in range(5):
    s.tds(10 + i / 1000, (s.web, s.app)[i % 2])
queues = [[], [], [], []]
for i, x in enumerate(s.frames()):
    queues[i * 7 % 4].append(x)
out = []
while any(queues):
    for i, q in enumerate(queues):
        out += q[:5 + i]
        del q[:5 + i]
files.save('capture.pcap', wire.pcap(out))
