# SPDX-License-Identifier: BSD-2-Clause
import files
from crm import Crm

f = files.Pcapng()
f.section()
now = f.interface(resolution=9)
old = f.interface(resolution=9, offset=-100 * 86400)
for start, interface in (('1969-12-30T08:00:00Z', old), ('2024-05-01T08:00:00Z', now),
                         ('2099-12-31T23:00:00Z', now), ('2101-01-01T08:00:00Z', now)):
    s = Crm(start)
    s.web.next_port += interface + s.start // 86400 // 10**9 % 50
    s.tds(10, s.web)
    for ts, frame in s.frames():
        f.packet(ts, frame, interface)
files.save('capture.pcapng', f.data())
