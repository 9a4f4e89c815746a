# SPDX-License-Identifier: BSD-2-Clause
from crm import Crm

s = Crm()
s.healthy(0)
s.write('capture.pcap')
