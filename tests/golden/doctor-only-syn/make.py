# SPDX-License-Identifier: BSD-2-Clause
from crm import Crm
from wire import SYN, TCP

# 'tcp[tcpflags] & tcp-syn != 0'
s = Crm()
s.healthy(0)
s.packets = [q for q in s.packets if q[2][0] >> 4 == 4 and q[2][9] == TCP and q[2][33] & SYN]
s.write('capture.pcap')
