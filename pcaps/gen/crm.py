# SPDX-License-Identifier: BSD-2-Clause
"""One deployment, the example of this project: its hosts, and what they do on a good day."""

import proto as p
from talk import C, S, Scene

DOMAIN = 'corp.example'


class Crm(Scene):
    """Split roles on six servers, two domain controllers, Exchange, users in 10.30.0.0/16."""

    def __init__(self, start='2024-05-01T08:00:00Z', **kw):
        super().__init__(start, **kw)
        self.web = self.host('10.20.1.11', '2001:db8:20:1::11')
        self.app = self.host('10.20.1.12', '2001:db8:20:1::12')
        self.sbx = self.host('10.20.1.13')
        self.rtr = self.host('10.20.1.14')
        self.sql = self.host('10.20.2.20', '2001:db8:20:2::20')
        self.ssrs = self.host('10.20.2.21')
        self.dc1 = self.host('10.20.3.10', '2001:db8:20:3::10')
        self.dc2 = self.host('10.20.3.11')
        self.mail = self.host('10.20.4.25')
        self.admin = self.host('10.20.9.50')
        self.fw = self.host('10.20.0.1', '2001:db8:20::1', ttl=254)
        self.pc1 = self.host('10.30.4.17', '2001:db8:30:4::17')
        self.pc2 = self.host('10.30.4.18')
        self.pc3 = self.host('10.30.7.5')

    # Good habits; each takes the time it starts and returns nothing.

    def dns(self, t, a, b=None, name='_ldap._tcp.dc._msdcs.' + DOMAIN, kind=p.SRV, version=4):
        q = p.dns_query(name, kind, ident=0x4000 + round(t) % 0x4000)
        data = p.srv_rdata('dc01.' + DOMAIN, 389) if kind == p.SRV else b'\x0a\x14\x01\x0b'
        self.ask(t, a, b or self.dc1, 53, q, p.dns_answer(q, data), version=version)

    def ntp(self, t, a, b=None, version=4):
        self.ask(t, a, b or self.dc1, 123, p.ntp(leap=3, version=3, signed=True),
                 p.ntp(4, version=3, signed=True), sport=123, version=version)

    def kerberos(self, t, a, b=None, version=4):
        b = b or self.dc1
        self.session(t, a, b, 88, [(C, p.krb_over_tcp(p.krb_as_req())),
                                   (S, p.krb_over_tcp(p.krb_error(25)))], version=version)
        self.session(t + 0.1, a, b, 88, [(C, p.krb_over_tcp(p.krb_as_req())),
                                         (S, p.krb_over_tcp(p.krb_rep()))], version=version)

    def ldap(self, t, a, b=None, version=4):
        self.session(t, a, b or self.dc1, 389,
                     [(C, p.ldap_sasl_bind()), (S, p.ldap_bind_answer()), (C, p.ldap_search()),
                      (S, p.ldap_search_answer())], version=version)

    def gc(self, t, a, b=None):
        """The global catalogue speaks LDAP too."""
        self.session(t, a, b or self.dc1, 3268, [(C, p.ldap_search()), (S, p.ldap_search_answer())])

    def rpc(self, t, a, b=None, interface=p.NETLOGON, port=49667):
        """Asks the mapper, then dials the port that it gave."""
        b = b or self.dc1
        self.session(t, a, b, 135, p.epm(interface, port, b.v4.packed))
        self.session(t + 0.1, a, b, port, p.rpc(interface, port))

    def smb(self, t, a, b=None):
        self.session(t, a, b or self.dc1, 445, [(C, p.smb2_negotiate()),
                                                (S, p.smb2_negotiate_answer())])

    def member(self, t, a, dc=None):
        """What every domain member does towards the directory."""
        self.dns(t, a, dc)
        self.ntp(t + 1, a, dc)
        self.ask(t + 2, a, dc or self.dc1, 389, p.cldap_ping(), p.cldap_answer())
        self.kerberos(t + 3, a, dc)
        self.ldap(t + 4, a, dc)
        self.rpc(t + 5, a, dc)
        self.smb(t + 6, a, dc)
        self.gc(t + 7, a, dc)

    def tds(self, t, a, b=None, port=1433, **kw):
        self.session(t, a, b or self.sql, port, p.tds(), **kw)

    def sandbox(self, t, a, b=None):
        self.session(t, a, b or self.sbx, 808, p.nmf())

    def browse(self, t, a, b=None, port=443, version=4):
        b = b or self.web
        if port == 443:
            lines = p.tls_session('crm.' + DOMAIN, ('h2', 'http/1.1'))
        else:
            lines = p.http('crm.' + DOMAIN)
        self.session(t, a, b, port, lines, version=version)

    def healthy(self, t, skip=()):
        """Every conversation that the papers demand, within a minute. `skip` names parts."""
        for i, a in enumerate((self.web, self.app, self.sbx, self.rtr, self.sql, self.ssrs)):
            self.member(t + i * 0.05, a)
        self.member(t + 8, self.pc1)
        self.member(t + 9, self.admin)
        self.tds(t + 17, self.web)
        self.tds(t + 18, self.app)
        if 'ssrs-sql' not in skip:
            self.tds(t + 19, self.ssrs)
        if 'reports' not in skip:
            self.session(t + 20, self.web, self.ssrs, 80,
                         p.http('ssrs01', '/ReportServer/ReportExecution2005.asmx'))
        self.sandbox(t + 21, self.web)
        if 'app-sandbox' not in skip:
            self.sandbox(t + 22, self.app)
        if 'callback' not in skip:
            self.session(t + 22.2, self.sbx, self.web, 808,
                         p.nmf('net.tcp://crmweb01:808/CrmSandboxSdkListener-w3wp'))
        if 'fetch' not in skip:
            self.session(t + 22.4, self.ssrs, self.web, 808,
                         p.nmf('net.tcp://crmweb01:808/CrmOrgService'))
        self.browse(t + 23, self.pc1)
        self.browse(t + 24, self.pc2)
        self.session(t + 25, self.rtr, self.web, 443, p.tls_session('crm.' + DOMAIN))
        if 'mail-in' not in skip:
            self.session(t + 26, self.rtr, self.mail, 443, p.tls_session('mail.' + DOMAIN))
        if 'mail-out' not in skip:
            self.session(t + 27, self.rtr, self.mail, 25, p.smtp())
        self.session(t + 28, self.admin, self.web, 3389, p.rdp())
