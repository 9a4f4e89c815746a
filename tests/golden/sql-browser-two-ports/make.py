# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
both = p.ssrp_answer(instance='CRM', port=50112)[3:] + p.ssrp_answer(instance='BI', port=50200)[3:]
both = b'\x05' + len(both).to_bytes(2, 'little') + both
s.ask(10, s.web, s.sql, 1434, p.ssrp_ask('CRM'), p.ssrp_answer(port=49733))
s.tds(11, s.web, port=49733)
s.ask(1800, s.app, s.sql, 1434, p.ssrp_ask('crm'), p.ssrp_answer(instance='crm', port=49733))
# After a restart; answers to a broadcast come from the server itself.
s.shout(3600, s.web, '10.20.2.255', 1434, p.ssrp_ask(broadcast=True), sport=50103)
s.datagram(3600.1, s.sql, s.web, 1434, 50103, both)
s.tds(3601, s.web, port=50112)
s.write('capture.pcap')
