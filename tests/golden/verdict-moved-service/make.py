# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
s.tds(10, s.web, port=51433)
s.sandbox(20, s.web)
s.session(30, s.app, s.sbx, 1808, p.nmf('net.tcp://crmsbx01:1808/CrmSandboxHost'))
s.write('capture.pcap')
