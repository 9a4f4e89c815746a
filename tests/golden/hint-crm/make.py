# SPDX-License-Identifier: BSD-2-Clause
import proto as p
from crm import Crm, DOMAIN

s = Crm()
sts = s.host('10.20.6.60')
both = s.host('10.20.6.61')
deploy = s.host('10.20.1.15')
s.healthy(0)


def unknown(t, a, name):
    q = p.dns_query(name)
    s.ask(t, a, s.dc1, 53, q, p.dns_answer(q, b'', rcode=3))


# Another program answers on the port of the sandbox.
s.session(60, s.web, s.sbx, 808, p.nmf_fault('net.tcp://crmsbx01:808/CrmSandboxHost'))
# Mailboxes, and federation metadata both ways.
s.no_answer(70, s.app, s.mail, 443)
s.no_answer(75, s.web, sts, 443)
s.session(80, s.pc1, both, 444, p.tls_session('sts.' + DOMAIN))
# The router is told a name that it cannot resolve; one that it finds at the second try.
unknown(90, s.rtr, 'crmweb02.inside.example')
unknown(91, s.rtr, 'crmweb02.' + DOMAIN)
unknown(92, s.rtr, 'crmweb01.' + DOMAIN + '.' + DOMAIN)
q = p.dns_query('crmweb01.' + DOMAIN)
s.ask(93, s.rtr, s.dc1, 53, q, p.dns_answer(q, s.web.v4.packed))
unknown(94, s.rtr, 'wpad.' + DOMAIN)
unknown(95, s.pc1, 'crmweb02.' + DOMAIN)
# The deployment web service.
s.refused(100, s.admin, deploy, 443)
s.healthy(120)
s.write('capture.pcap')
