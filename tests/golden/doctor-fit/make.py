# SPDX-License-Identifier: BSD-2-Clause
import wire
from crm import Crm

# 5:30 to 8:10 in Berlin, so some of a night and some of a working day.
s = Crm('2024-05-02T03:30:00Z')
s.healthy(0)
for t in range(40 * 60, 9601, 40 * 60):
    s.dns(t, s.web)
s._ip(100, s.admin, s.web, 4, wire.ICMP, wire.icmp_error(8, 0, b'ping' * 7))
s.write('capture.pcap')
