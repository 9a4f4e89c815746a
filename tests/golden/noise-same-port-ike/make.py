# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
s.datagram(1, s.dc1, s.web, 500, 500, p.ike_init(True))
s.ask(60, s.web, s.dc1, 500, p.ike_init(), p.ike_init(True), sport=500)
s.ask(70, s.dc1, s.sql, 500, p.ike_init(), p.ike_init(True), sport=500)
s.write('capture.pcap')
