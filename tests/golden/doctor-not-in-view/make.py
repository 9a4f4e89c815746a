# SPDX-License-Identifier: BSD-2-Clause
from crm import Crm

# The mirror is on the front ends' switch; what the back ends say among themselves is elsewhere.
s = Crm()
for t in range(0, 360, 60):
    s.browse(t, s.pc1)
    s.dns(t + 10, s.web)
    s.ldap(t + 20, s.web)
s.write('capture.pcap')
