# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
for i in range(260):
    client = s.host('10.30.1.%d' % i if i < 256 else '10.30.2.%d' % (i - 256))
    if i in (3, 7):
        s.session(i, client, s.dc1, 135, p.epm(p.SAMR, 49671, s.dc1.v4.packed))
    s.session(i + 0.5, client, s.dc1, 49671, p.rpc(p.SAMR, 49671))
s.write('capture.pcap')
