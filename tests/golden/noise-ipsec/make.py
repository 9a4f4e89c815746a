# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
for t in (0, 300, 700):
    s.ntp(t, s.sql)
    s.dns(t + 1, s.sql)
    s.ask(t + 1.5, s.sql, s.dc1, 500, p.ike_init(), p.ike_init(answer=True), sport=500)
    for _ in range(3):
        s._ip(t + 2, s.sql, s.dc1, 4, 50, b'\0\0\x10\x01\0\0\0\1' + p.noise(120))
        s._ip(t + 3, s.dc1, s.sql, 4, 50, b'\0\0\x10\x02\0\0\0\1' + p.noise(120))
    # Keyed before the capture: no IKE, and no word in the clear.
    for i, b in enumerate((s.dc1, s.sql)):
        s._ip(t + 4 + i, s.ssrs, b, 4, 50, b'\0\0\x20\x01\0\0\0\1' + p.noise(120))
        s._ip(t + 4.5 + i, b, s.ssrs, 4, 50, b'\0\0\x20\x02\0\0\0\1' + p.noise(120))
s.write('capture.pcap')
