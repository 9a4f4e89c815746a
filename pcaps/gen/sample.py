#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Makes sample.pcap: two hours of the example deployment, with a bit of everything.

    python3 pcaps/gen/sample.py [OUT.pcap]
"""

import os
import sys

import proto as p
from crm import DOMAIN, Crm
from talk import C, S

MINUTE, HOUR = 60, 3600


def scene():
    s = Crm('2024-05-06T08:00:00Z')

    # What the papers ask for; the router's outgoing mail and the way from the asynchronous
    # service to the sandbox are not part of it.
    s.healthy(5, skip=('mail-out', 'app-sandbox'))
    s.ntp(HOUR, s.web)
    s.ntp(2 * HOUR, s.web)
    for i in range(6):
        s.tds(10 * MINUTE + i * 15 * MINUTE, s.web)
        s.tds(11 * MINUTE + i * 15 * MINUTE, s.app)
        s.browse(12 * MINUTE + i * 15 * MINUTE, (s.pc1, s.pc2, s.pc3)[i % 3])
    s.browse(30 * MINUTE, s.pc1, version=6)
    s.ldap(31 * MINUTE, s.web, version=6)

    # Missing, with evidence: a firewall resets what crmapp01 sends to the sandbox.
    for t in (15, 40, 65, 90, 115):
        s.refused(t * MINUTE, s.app, s.sbx, 808, by=s.fw)
    # Blocked: the second domain controller does not answer crmweb01.
    for t in (20, 50, 80):
        s.no_answer(t * MINUTE, s.web, s.dc2, 389)

    # Unexpected: a shell from the web tier to the data tier, a second SQL Server port, Exchange
    # on SQL Server, a host that nobody declared, a plain password on LDAP.
    s.session(25 * MINUTE, s.web, s.sql, 22, p.ssh(), pause=0.2)
    s.session(85 * MINUTE, s.web, s.sql, 22, p.ssh(), pause=0.2)
    s.tds(35 * MINUTE, s.app, port=51433)
    s.tds(70 * MINUTE, s.mail)
    stranger = s.host('10.40.7.7')
    s.tds(75 * MINUTE, stranger)
    s.session(45 * MINUTE, s.ssrs, s.dc1, 389,
              [(C, p.ldap_bind('CN=reports,OU=Service,DC=corp,DC=example', 'not-a-real-password')),
               (S, p.ldap_bind_answer())])

    # Dynamic RPC that nothing explains: no grant, no bind that could be read.
    s.session(95 * MINUTE, s.app, s.dc1, 49688, [(C, p.noise(120)), (S, p.noise(200))])

    # The usual noise, none of it a finding.
    for i, a in enumerate((s.pc1, s.pc2, s.pc3)):
        s.shout(3 * MINUTE + i, a, '255.255.255.255', 67, p.dhcp_discover(a.mac), sport=68)
        s.shout(4 * MINUTE + i, a, '224.0.0.252', 5355, p.llmnr_query('printer'), sport=50100 + i)
        s.shout(5 * MINUTE + i, a, '239.255.255.250', 1900, p.ssdp_search(), sport=50200 + i)
        s.shout(6 * MINUTE + i, a, '224.0.0.251', 5353, p.mdns_query())
        s.session(7 * MINUTE + i, a, s.mail, 443, p.tls_session('mail.' + DOMAIN))
    s.shout(8 * MINUTE, s.web, '10.20.1.255', 137, p.nbns_query('SQL01'))
    s.shout(9 * MINUTE, s.web, '10.20.1.255', 138, p.nbdgm(s.web.v4.packed, 'CRMWEB01'))
    s.session(16 * MINUTE, s.pc2, s.pc3, 445, [(C, p.smb2_negotiate()),
                                              (S, p.smb2_negotiate_answer())])
    internet = s.host('192.0.2.80')
    s.session(17 * MINUTE, s.pc2, internet, 443, p.tls_session('www.example.com'))
    s.rpc(18 * MINUTE, s.dc1, s.dc2, p.DRSUAPI, 49670)
    return s


if __name__ == '__main__':
    here = os.path.dirname(os.path.abspath(__file__))
    scene().write(sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, '..', 'sample.pcap'))
