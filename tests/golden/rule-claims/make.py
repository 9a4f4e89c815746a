# SPDX-License-Identifier: BSD-2-Clause
from crm import Crm

s = Crm()
sts = s.host('10.20.5.5')
s.browse(0, s.pc1, port=80)
s.browse(1, s.pc1, sts)
s.browse(1200, s.pc1, port=80)
s.write('capture.pcap')
