# SPDX-License-Identifier: BSD-2-Clause
import os

from crm import Crm
from talk import Scene

# A ring of which one file is not here; one VLAN is mirrored one way; SQL is silent.
os.makedirs('ring', exist_ok=True)
for number, start in ((3, 0), (4, 120), (6, 360)):
    s = Crm(vlan=20)
    for t in range(0, 100, 25):
        s.browse(start + t, s.pc1)
        s.dns(start + t + 10, s.web)
        s.ldap(start + t + 11, s.web)
    v = Crm(vlan=30)
    v.ldap(start + 15, v.app)
    v.packets = [q for q in v.packets if q[3] == v.app.mac]
    frames = sorted(list(s.frames()) + list(v.frames()))
    s.frames = lambda link, frames=frames: frames
    s.write('ring/span_%05d_20240501%06d.pcap' % (number, 100000 + start))
