# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm

s = Crm()
s.shout(1, s.web, '10.20.1.255', 137, p.nbns_query('SQL01'))
s.shout(2, s.web, '10.20.1.255', 138, p.nbdgm(s.web.v4.packed, 'CRMWEB01'))
s.shout(3, s.web, '255.255.255.255', 67, p.dhcp_discover(s.web.mac), sport=68)
s.shout(4, s.web, '224.0.0.252', 5355, p.llmnr_query(), sport=50100)
s.shout(5, s.web, '224.0.0.251', 5353, p.mdns_query())
s.shout(6, s.web, '239.255.255.250', 1900, p.ssdp_search(), sport=50101)
s.shout(7, s.web, '239.255.255.250', 3702, p.ws_discovery(), sport=50102)
s.shout(8, s.dc1, '224.0.1.1', 123, p.ntp(5))
s.shout(9, s.web, '10.20.1.255', 1434, p.ssrp_ask(broadcast=True), sport=50103)
s.shout(10, s.web, '239.1.2.3', 7777, p.noise(40), sport=50104)
s.shout(11, s.web, 'ff02::fb', 5353, p.mdns_query(), version=6)
# Unicast answers: NBNS by transaction id, and to SSRP from the server's own address.
s.datagram(1.2, s.sql, s.web, 137, 137, p.nbns_answer('SQL01', s.sql.v4.packed))
s.datagram(9.1, s.sql, s.web, 1434, 50103, p.ssrp_answer(port=1433))
s.write('capture.pcap')
