#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A whole day of a deployment of some size, on which nothing is wrong; or a good many things are.

    python3 pcaps/gen/quiet_night.py OUT.pcap [--with NAME...]      'all': every deviation

Three front ends behind an appliance, an asynchronous service, two sandboxes, three SQL Servers (two
nodes of an availability group, and a named instance that SQL Browser tells of), a report server,
three domain controllers (one in a branch), Exchange, a router, AD FS with its proxy, monitoring,
backup, a scanner, some 2,000 clients in four networks and a few on the Internet, from midnight to
midnight. tests/golden/night.py holds the audit against it; the capture is made when that runs.

Deviations are planted on top by name, PLANTED has them; the quiet traffic stays the same packets,
but for what a deviation takes away.
"""

import os
import sys

import proto as p
from crm import DOMAIN
from talk import ACK, C, S, STEP, Scene, digest

MINUTE, HOUR = 60, 3600
DAY = 24 * HOUR
KMS = ('51c82175-844e-4750-b0d8-ec255555bc06', 1, 0)
WMI = ('9556dc99-828c-11cf-a37e-00aa003240c7', 0, 0)
INSTANCE = 49733  # of SQL03\REPORTS


def pick(n, *words):
    """A number below n that only depends on the words."""
    return digest('night', *words) % n


class Night(Scene):
    """The hosts. `without` names the parts that a deviation takes away."""

    def __init__(self, without=(), **kw):
        super().__init__('2024-05-06T00:00:00Z', **kw)
        self.without = without
        self.web = [self.host('10.20.1.%d' % (11 + i), '2001:db8:20:1::%d' % (11 + i),
                              mac='00155d140%d0b' % (1 + i)) for i in range(3)]
        self.app = self.host('10.20.1.21', '2001:db8:20:1::21')
        self.sbx = [self.host('10.20.1.31'), self.host('10.20.1.32')]
        self.rtr = self.host('10.20.1.41')
        self.vip = self.host('10.20.1.100', '2001:db8:20:1::100')
        self.sql = [self.host('10.20.2.21'), self.host('10.20.2.22')]
        self.listener = self.host('10.20.2.20', '2001:db8:20:2::20')
        self.sql3 = self.host('10.20.2.23')
        self.ssrs = self.host('10.20.2.30')
        self.dc = [self.host('10.20.3.10', '2001:db8:20:3::10'), self.host('10.20.3.11'),
                   self.host('10.50.0.10', ttl=125)]
        self.mail = self.host('10.20.4.25')
        self.sts = self.host('10.20.4.44')
        self.wap = self.host('10.20.5.44')
        self.admin = self.host('10.20.9.50')
        self.watch = self.host('10.20.9.60')
        self.backup = self.host('10.20.9.70')
        self.scanner = self.host('10.20.9.66')
        self.fw = self.host('10.20.0.1', '2001:db8:20::1', ttl=254)
        self.servers = [*self.web, self.app, *self.sbx, self.rtr, *self.sql, self.sql3, self.ssrs,
                        self.sts]
        self.pcs = [self.host('10.30.%d.%d' % (i // 200, 10 + i % 200),
                              '2001:db8:30:%x::%x' % (i // 200, 0x1000 + i)) for i in range(1100)] \
            + [self.host('10.31.%d.%d' % (i // 200, 10 + i % 200)) for i in range(700)] \
            + [self.host('10.50.1.%d' % (10 + i), ttl=125) for i in range(180)]
        self.undeclared = [self.host('10.44.7.%d' % (10 + i)) for i in range(20)]

    # What members do --------------------------------------------------------------------------

    def dns(self, t, a, b, name, kind=p.A_, version=4):
        q = p.dns_query(name, kind, ident=1 + pick(0xfffe, 'dns', str(a.v4), round(t * 1000)))
        data = p.srv_rdata('dc01.' + DOMAIN, 389) if kind == p.SRV else b'\x0a\x14\x01\x64'
        self.ask(t, a, b, 53, q, p.dns_answer(q, data), version=version)

    def locate(self, t, a, b):
        self.dns(t, a, b, '_ldap._tcp.dc._msdcs.' + DOMAIN, p.SRV)
        self.ask(t + 0.1, a, b, 389, p.cldap_ping(), p.cldap_answer())

    def time(self, t, a, b):
        if 'time of %s' % a.v4 in self.without:
            return
        self.ask(t, a, b, 123, p.ntp(leap=3, version=3, signed=True),
                 p.ntp(4, version=3, signed=True), sport=123)

    def kerberos(self, t, a, b, service='krbtgt/' + p.REALM, **kw):
        if service.startswith('krbtgt/'):
            lines = [(C, p.krb_over_tcp(p.krb_as_req())), (S, p.krb_over_tcp(p.krb_rep()))]
        else:
            lines = [(C, p.krb_over_tcp(p.krb_tgs_req(service))),
                     (S, p.krb_over_tcp(p.krb_rep(service, tgs=True)))]
        self.session(t, a, b, 88, lines, **kw)

    def ldap(self, t, a, b, port=389, **kw):
        self.session(t, a, b, port, [(C, p.ldap_sasl_bind()), (S, p.ldap_bind_answer()),
                                     (C, p.ldap_search()), (S, p.ldap_search_answer())], **kw)

    def smb(self, t, a, b, **kw):
        self.session(t, a, b, 445, [(C, p.smb2_negotiate()), (S, p.smb2_negotiate_answer())], **kw)

    def rpc(self, t, a, b, interface=p.NETLOGON, port=49667):
        self.session(t, a, b, 135, p.epm(interface, port, b.v4.packed))
        self.session(t + 0.1, a, b, port, p.rpc(interface, port))

    def member(self, t, a, b):
        self.locate(t, a, b)
        self.time(t + 1, a, b)
        self.session(t + 2, a, b, 88, [(C, p.krb_over_tcp(p.krb_as_req())),
                                       (S, p.krb_over_tcp(p.krb_error(25)))])
        self.kerberos(t + 2.1, a, b)
        self.ldap(t + 3, a, b)
        self.rpc(t + 4, a, b)
        self.smb(t + 5, a, b)
        self.ldap(t + 6, a, self.dc[0], 3268)

    def browse(self, t, a, version=4, end='fin'):
        """Through the appliance, which dials a front end with its own address."""
        web = self.web[pick(3, 'web', str(a.v4), round(t))]
        self.session(t, a, self.vip, 443, p.tls_session('crm.' + DOMAIN, ('h2', 'http/1.1')),
                     version=version, end=end)
        self.session(t + STEP / 4, self.vip, web, 80, p.http('crm.' + DOMAIN))

    def tds(self, t, a, b=None, port=1433, **kw):
        self.session(t, a, b or self.listener, port, p.tds(), **kw)

    def kept(self, t, a, b, port, lines, hours):
        """A connection that lives for hours, with a probe of one byte every half an hour
        (RFC 9293 3.8.4)."""
        sport = a.port()
        self.session(t, a, b, port, lines, sport=sport, end='open')
        isn_c = digest('c', str(a.v4), sport, port) + 1 + sum(len(x) for w, x in lines if w == C)
        isn_s = digest('s', str(b.v4), sport, port) + 1 + sum(len(x) for w, x in lines if w == S)
        for i in range(1, 2 * hours):
            at = t + i * HOUR / 2
            self.segment(at, a, b, sport, port, isn_c - 1, isn_s, ACK, b'\0')
            self.segment(at + STEP, b, a, port, sport, isn_s, isn_c, ACK)

    def again(self, t, a, b, port, lines):
        """A session of which one segment of the client was lost behind the sensor and sent again."""
        before = len(self.packets)
        self.session(t, a, b, port, lines)
        ns, _, packet, src, dst = self.packets[before + 3]
        self.put((ns - self.start) / 1e9 + 0.3, packet, src, dst)

    # Who does it when -------------------------------------------------------------------------

    def servers_day(self):
        for i, a in enumerate(self.servers):
            for h in range(0, 24, 4):
                self.member(60 + i * 7 + h * HOUR, a, self.dc[(i + h // 4) % 2])
            for h in range(1, 24):
                self.dns(h * HOUR + 90 + i, a, self.dc[i % 2], 'crmsql.' + DOMAIN)
        for i, a in enumerate(self.web):
            self.kept(120 + i, a, self.listener, 1433, p.tds(), 23)
            for n in range(0, DAY, 30 * MINUTE):
                self.tds(n + 200 + i, a)
                self.session(n + 260 + i, a, self.ssrs, 80,
                             p.http('reports', '/ReportServer/ReportExecution2005.asmx'))
                self.session(n + 320 + i, a, self.sbx[n // 1800 % 2], 808, p.nmf())
                self.session(n + 321 + i, self.sbx[n // 1800 % 2], a, 808,
                             p.nmf('net.tcp://crmweb0%d:808/CrmSandboxSdkListener-w3wp' % (i + 1)))
            self.session(3 * HOUR + i, a, self.sts, 443, p.tls_session('sts.' + DOMAIN))
            # The balancer asks whether the front end lives, with a handshake and nothing else.
            for n in range(0, DAY, 10 * MINUTE):
                self.session(n + 15 + i, self.vip, a, 80)
        for n in range(0, DAY + 1, 5 * MINUTE):  # the asynchronous service polls
            self.tds(n + 30, self.app, version=6 if n % (20 * MINUTE) == 0 else 4)
            if 'app-sandbox' not in self.without and n % (30 * MINUTE) == 0:
                self.session(n + 31, self.app, self.sbx[n // 1800 % 2], 808, p.nmf())
        for n in range(0, DAY, HOUR):
            self.session(n + 40, self.ssrs, self.listener, 1433, p.tds())
            self.session(n + 45, self.ssrs, self.web[n // HOUR % 3], 808,
                         p.nmf('net.tcp://crmweb01:808/CrmOrgService'))
            # The named instance has a port of its own, and SQL Browser says which.
            self.ask(n + 50, self.app, self.sql3, 1434, p.ssrp_ask('REPORTS'),
                     p.ssrp_answer('SQL03', 'REPORTS', INSTANCE))
            self.tds(n + 50.1, self.app, self.sql3, INSTANCE)
            self.again(n + 55, self.rtr, self.vip, 443, p.tls_session('crm.' + DOMAIN))
            self.session(n + 56, self.rtr, self.mail, 443, p.tls_session('mail.' + DOMAIN))
            self.session(n + 57, self.rtr, self.mail, 25, p.smtp())
            # Nodes of the availability group.
            self.session(n + 70, self.sql[0], self.sql[1], 5022, [(C, p.noise(200)),
                                                                  (S, p.noise(120))])
            for m in range(0, HOUR, 10 * MINUTE):
                self.ask(n + m + 71, self.sql[1], self.sql[0], 3343, p.noise(60), p.noise(60),
                         sport=3343)
        self.session(2 * HOUR, self.sql[0], self.sql[1], 445,
                     [(C, p.smb2_negotiate()), (S, p.smb2_negotiate_answer())])
        # MSDTC dials both ways.
        for i, h in enumerate((1, 5, 9, 13, 17, 21)):
            a, t = self.web[i % 3], h * HOUR + 1500
            self.session(t, a, self.sql[0], 135, p.epm(p.IXNREMOTE, 49700, self.sql[0].v4.packed))
            self.session(t + 1, a, self.sql[0], 49700, p.rpc(p.IXNREMOTE, 49700, privacy=False))
            self.session(t + 2, self.sql[0], a, 135, p.epm(p.IXNREMOTE, 49750, a.v4.packed))
            self.session(t + 3, self.sql[0], a, 49750, p.rpc(p.IXNREMOTE, 49750, privacy=False))
        # One failure among successes; a SYN that had to be repeated; a reset at the end.
        self.no_answer(4 * HOUR + 7, self.web[1], self.listener, 1433)
        self.tds(4 * HOUR + 40, self.web[1])
        sport = self.app.port()
        self.segment(6 * HOUR + 2, self.app, self.listener, sport, 1433,
                     digest('c', str(self.app.v4), sport, 1433), 0, 2, mss=1460)
        self.tds(6 * HOUR + 5, self.app, sport=sport, end='rst')
        self.tds(7 * HOUR + 5, self.app, end='rst-server')

    def around(self):
        """Domain controllers, the mail server, monitoring, backup: the company itself."""
        dc1, dc2, dc3 = self.dc
        resolver, clock = self.host('198.51.100.53'), self.host('198.51.100.123')
        for n in range(0, DAY, HOUR):
            self.rpc(n + 400, dc1, dc2, p.DRSUAPI, 49670)
            self.rpc(n + 410, dc2, dc1, p.DRSUAPI, 49670)
            self.rpc(n + 420, dc3, dc1, p.DRSUAPI, 49670)
            for i, dc in enumerate(self.dc[:2]):
                self.dns(n + 430 + i, dc, resolver, 'www.example.com')
            self.time(n + 440, dc1, clock)
            self.time(n + 441, dc2, dc1)
            q = p.over_tcp(p.dns_query(DOMAIN, 252, ident=0x2000 + n // HOUR))
            a = p.dns_query(DOMAIN, 252, ident=0x2000 + n // HOUR)
            self.session(n + 450, dc2, dc1, 53, [(C, q), (S, p.over_tcp(p.dns_answer(
                a, p.srv_rdata('dc01.' + DOMAIN, 389))))])
            self.member(n + 460, self.mail, dc1)
            self.session(n + 470, self.host('192.0.2.25'), self.mail, 25, p.smtp())
            for i, a in enumerate(self.servers):
                if n % (6 * HOUR) == 0:
                    self.session(n + 600 + i, a, self.watch, 8530, p.http('wsus', '/ClientWebService'))
                self.datagram(n + 620 + i, a, self.watch, 514, 514, p.syslog())
                self.ask(n + 640 + i, self.watch, a, 161, p.ber(
                    0x30, p.integer(1), p.octets('public'), p.ber(
                        0xa0, p.integer(77), p.integer(0), p.integer(0), p.ber(0x30))), p.ber(
                            0x30, p.integer(1), p.octets('public'), p.ber(
                                0xa2, p.integer(77), p.integer(0), p.integer(0), p.ber(0x30))))
        for i, a in enumerate(self.servers):
            self.kept(500 + i, a, self.watch, 5723, [(C, p.noise(120)), (S, p.noise(80))], 23)
            self.session(10 * HOUR + i * 60, a, self.watch, 1688, p.rpc(KMS, 1688, privacy=False))
            # Inventory asks over DCOM, and is called back.
            t = 22 * HOUR + i * 30
            self.rpc(t, self.watch, a, WMI, 49800)
            # Backup at night, updates through the firewall.
            t = HOUR + i * 120
            self.session(t, self.backup, a, 5718, [(C, p.noise(400)), (S, p.noise(300))])
            self.session(t + 1, a, self.backup, 5719, [(C, p.noise(400)), (S, p.noise(300))])
            far = self.host('203.0.113.%d' % (20 + i % 5))
            self.session(3 * HOUR + i * 45, a, far, 443, p.tls_session('fe2.update.example.net'))
            self.session(3 * HOUR + i * 45 + 5, a, far, 80, p.http('crl.example.net', '/ca.crl'))
            self.session(11 * HOUR + i * 20, self.admin, a, 3389, p.rdp())
            self.session(11 * HOUR + i * 20 + 5, self.admin, a, 5985, p.http('wsman', '/wsman'))
        for i, a in enumerate((dc1, dc2, self.mail)):
            self.rpc(22 * HOUR + 600 + i * 30, self.watch, a, WMI, 49800)
        self.member(8 * HOUR, self.admin, dc1)
        self.member(8 * HOUR + 20, self.watch, dc2)
        self.member(8 * HOUR + 40, self.backup, dc2)
        self.member(8 * HOUR + 60, self.wap, dc1)
        # DCOM activation, and the call back.
        t = 23 * HOUR
        self.session(t, self.backup, self.sql[0], 135,
                     p.activation(['sql01[49810]', '10.20.2.21[49810]']))
        self.session(t + 1, self.backup, self.sql[0], 49810, p.rpc(p.IREMUNKNOWN2, 49810))
        self.session(t + 2, self.sql[0], self.backup, 135, p.oxid(
            ['backup01[49820]', '10.20.9.70[49820]']))
        self.session(t + 3, self.sql[0], self.backup, 49820, p.rpc(p.IREMUNKNOWN2, 49820))
        # The scanner of the security people: handshakes, nothing said.
        for i, a in enumerate(self.servers):
            for k, port in enumerate((21, 22, 23, 80, 443, 1433, 3306, 5432, 5900, 8080, 9100)):
                t = 20 * HOUR + i * 20 + k
                if k % 3 == 0:
                    self.no_answer(t, self.scanner, a, port, times=(0,))
                else:
                    self.refused(t, self.scanner, a, port, times=(0,))
        # The Internet: users of the site, and those who knock on every door.
        for i in range(25):
            far = self.host('198.51.100.%d' % (100 + i))
            self.session(7 * HOUR + i * 700, far, self.vip, 443, p.tls_session('crm.' + DOMAIN))
            self.session(7 * HOUR + i * 700 + 0.2, self.vip, self.web[i % 3], 80,
                         p.http('crm.' + DOMAIN))
            self.session(7 * HOUR + i * 700 + 3, far, self.wap, 443, p.tls_session('sts.' + DOMAIN))
            self.session(7 * HOUR + i * 700 + 3.1, self.wap, self.sts, 443,
                         p.tls_session('sts.' + DOMAIN))
        for i in range(40):
            self.no_answer(2 * HOUR + i * 900, self.host('192.0.2.%d' % (100 + i)), self.vip,
                           (22, 23, 3389, 445)[i % 4], times=(0, 3))

    def shouts(self):
        """Broadcast, multicast, and what answers it."""
        for n in range(0, DAY, 12 * MINUTE):
            i = n // (12 * MINUTE)
            a = self.servers[i % len(self.servers)]
            net = '.'.join(str(a.v4).split('.')[:3])
            self.shout(n + 100, a, net + '.255', 138, p.nbdgm(a.v4.packed, 'SERVER%02d' % (i % 12)))
            if i % 5 == 0:
                ident = 0x8100 + i
                self.shout(n + 101, a, net + '.255', 137, p.nbns_query('CRMSQL', ident=ident))
                self.datagram(n + 101.1, self.listener, a, 137, 137,
                              p.nbns_answer('CRMSQL', self.listener.v4.packed, ident=ident))
            if i % 5 == 1:
                q = p.llmnr_query('printer', ident=0x5500 + i)
                self.shout(n + 102, a, '224.0.0.252', 5355, q, sport=50100 + i)
                self.datagram(n + 102.1, self.web[2] if a is self.web[1] else self.web[1], a, 5355,
                              50100 + i, p.dns_answer(q))
            if i % 5 == 2:
                self.shout(n + 103, a, '239.255.255.250', 1900, p.ssdp_search(), sport=50200 + i)
            if i % 5 == 3:
                self.shout(n + 104, a, '224.0.0.251', 5353, p.mdns_query())
            if i % 5 == 4:
                self.shout(n + 105, a, '239.255.255.250', 3702, p.ws_discovery(), sport=50300 + i)
        # Link-local addresses: a front end's own (its MAC is in the site file).
        near = self.host('fe80::215:5dff:fe14:10b', mac='00155d14010b')
        for n in range(0, DAY, HOUR):
            self.shout(n + 110, near, 'ff02::1:3', 5355, p.llmnr_query('printer', ident=0x6000 + n % 999),
                       sport=50400, version=6)

    def clients_day(self):
        dc1, dc2, dc3 = self.dc
        for i, a in enumerate(self.pcs):
            branch = a.v4.packed[1] == 50
            dc = dc3 if branch else self.dc[i % 2]
            t = 6 * HOUR + pick(5 * HOUR, 'logon', i) + pick(1000, 'ms', i) / 1000
            if i % 3 == 0:
                self.shout(t - 20, a, '255.255.255.255', 67, p.dhcp_discover(a.mac), sport=68)
            elif i % 3 == 1:
                self.ask(t - 20, a, dc, 67, p.dhcp_inform(a.mac, a.v4.packed),
                         b'\2' + p.dhcp_inform(a.mac, a.v4.packed)[1:], sport=68)
            self.locate(t, a, dc)
            if i % 4 == 0:
                self.time(t + 1, a, dc)
            self.kerberos(t + 2, a, dc)
            if i % 4 == 1:
                self.ldap(t + 3, a, dc)
            if i % 8 == 2:
                self.rpc(t + 4, a, dc)
            if i % 16 == 6:
                self.ldap(t + 4.5, a, dc1, 3268)
            if i % 4 == 3:
                self.smb(t + 5, a, dc)
            self.dns(t + 30, a, dc, 'crm.' + DOMAIN)
            six = a.v6 is not None and i % 5 == 0
            if six:
                # Happy eyeballs: the first answer is taken, the other connection reset at once.
                self.session(t + 60, a, self.vip, 443, version=6, end='rst')
            self.browse(t + 60.05, a, end='rst' if i % 7 == 0 else 'fin')
            if six:
                self.browse(t + 300, a, version=6)
            if i % 2:
                self.session(t + 61, a, self.sts, 443, p.tls_session('sts.' + DOMAIN))
            if i % 5 == 4:
                self.session(t + 90, a, self.mail, 443, p.tls_session('mail.' + DOMAIN))
            if i % 10 == 5:
                self.session(t + 100, a, self.pcs[(i * 7 + 1) % len(self.pcs)], 445,
                             [(C, p.smb2_negotiate()), (S, p.smb2_negotiate_answer())])
            if i % 10 == 6:
                self.session(t + 110, a, self.host('192.0.2.%d' % (200 + i % 40)), 443,
                             p.tls_session('www.example.com'))
            if i % 10 == 7:
                self.shout(t + 120, a, '224.0.0.252', 5355, p.llmnr_query('wpad', ident=i),
                           sport=51000)
            if i % 10 == 8:
                self.shout(t + 130, a, '239.255.255.250', 1900, p.ssdp_search(), sport=51001)
            if i % 40 == 9:  # one that walked past the balancer, and one whose SYN was lost
                self.session(t + 140, a, self.web[i % 3], 443, p.tls_session('crmweb01.' + DOMAIN))
                self.no_answer(t + 200, a, self.vip, 443, times=(0,))
                self.browse(t + 201, a)
            if i % 20 == 10:
                self.shout(t + 150, a, '.'.join(str(a.v4).split('.')[:3]) + '.255', 137,
                           p.nbns_query('FILESERVER', ident=0x9000 + i))
        # The branch controller answers most of the time.
        for i, a in enumerate(self.servers):
            self.ldap(12 * HOUR + i, a, dc3)
            if i % 4 == 0:
                self.no_answer(13 * HOUR + i, a, dc3, 389)
                self.ldap(13 * HOUR + 30 + i, a, dc3)
        for i, a in enumerate(self.undeclared):
            self.browse(9 * HOUR + i * 300, a)
        # Temporary addresses of the users' networks.
        for i in range(30):
            a = self.host('2001:db8:30:2:%x:%x:%x:%x' % tuple(
                pick(0xffff, 'temporary', i, k) for k in range(4)))
            self.session(10 * HOUR + i * 60, a, self.vip, 443, p.tls_session('crm.' + DOMAIN),
                         version=6)

    def quiet(self):
        self.servers_day()
        self.around()
        self.shouts()
        self.clients_day()
        return self


# Deviations: a function that plants one, and what it takes away. ------------------------------

def missing_refused(s):
    for h in range(0, 24, 2):
        for i, sbx in enumerate(s.sbx):
            s.refused(h * HOUR + 700 + i, s.app, sbx, 808, by=s.fw)


def missing_never(s):
    pass


def shell(s):
    for h in (3, 15):
        s.session(h * HOUR + 2100, s.web[1], s.sql[0], 22, p.ssh(), pause=0.2)


def wrong_tier(s):
    s.tds(14 * HOUR, s.mail, s.sql[0])


def moved(s):
    for h in (2, 8, 19):
        s.tds(h * HOUR + 2200, s.app, s.sql[1], 51433)


def rpc_blocked(s):
    t = 16 * HOUR
    for i in range(4):
        s.session(t + i * 300, s.sbx[0], s.dc[0], 135, p.epm(p.SAMR, 49690, s.dc[0].v4.packed))
        s.no_answer(t + i * 300 + 1, s.sbx[0], s.dc[0], 49690)


def rpc_unexplained(s):
    s.session(17 * HOUR, s.app, s.dc[1], 49688, [(C, p.noise(120)), (S, p.noise(200))])


def rpc_out_of_range(s):
    s.rpc(18 * HOUR, s.rtr, s.dc[0], p.LSARPC, 60001)


def stranger(s):
    s.tds(19 * HOUR, s.host('10.40.7.7'), s.listener)


def tunnel(s):
    s.session(5 * HOUR + 333, s.rtr, s.web[0], 443, p.ssh())


def from_outside(s):
    s.session(13 * HOUR + 777, s.host('203.0.113.99'), s.web[2], 3389, p.rdp('x'))


def contradiction(s):
    s.tds(15 * HOUR + 5, s.web[0], s.sts)
    s.tds(15 * HOUR + 9, s.app, s.sts)


def branch_blocked(s):
    for h in (1, 9, 17):
        s.no_answer(h * HOUR + 1234, s.web[2], s.dc[2], 88)


def eyeballs(s):
    for h in (6, 12):
        s.refused(h * HOUR + 1400, s.web[0], s.listener, 1433, version=6)
        s.tds(h * HOUR + 1400.3, s.web[0])


def reverse(s):
    s.session(9 * HOUR + 55, s.listener, s.web[1], 1433, [(C, p.noise(80)), (S, p.noise(80))])


def knocking(s):
    a = s.host('10.30.250.250')
    for i in range(80):
        s.refused(21 * HOUR + i, a, s.web[0], 1000 + i, times=(0,))


def browser(s):
    s.shout(10 * HOUR + 1, s.web[0], '10.20.1.255', 1434, p.ssrp_ask(broadcast=True), sport=52000)


def clear_login(s):
    s.session(4 * HOUR + 44, s.ssrs, s.dc[0], 389,
              [(C, p.ldap_bind('CN=reports,OU=Service,DC=corp,DC=example', 'not-a-real-password')),
               (S, p.ldap_bind_answer())])


def beacon(s):
    for h in range(0, 24, 6):
        s.session(h * HOUR + 66, s.web[1], s.host('203.0.113.77'), 4444, [(C, p.noise(90)),
                                                                          (S, p.noise(60))])


def predates(s):
    s.session(5, s.sbx[1], s.dc[1], 49676, [(C, p.noise(90)), (S, p.noise(120))], start='mid')


def undeclared_egress(s):
    for i in range(4):
        s.session(i * HOUR + 88, s.web[2], s.host('203.0.113.%d' % (150 + i)), 443,
                  p.tls_session('telemetry.example.org'))


def resolver(s):
    for h in range(3):
        s.dns(h * HOUR + 99, s.sql[1], s.host('10.20.8.53'), 'crm.' + DOMAIN)


def agent(s):
    for i, a in enumerate(s.servers[:5]):
        s.session(15 * HOUR + 30 + i, s.host('10.20.9.77'), a, 5693, p.tls_session())


PLANTED = {
    'missing-refused': (missing_refused, ('app-sandbox',)),
    'missing-never': (missing_never, ('time of 10.20.2.30',)),
    'shell': (shell, ()),
    'wrong-tier': (wrong_tier, ()),
    'moved': (moved, ()),
    'rpc-blocked': (rpc_blocked, ()),
    'rpc-unexplained': (rpc_unexplained, ()),
    'rpc-out-of-range': (rpc_out_of_range, ()),
    'stranger': (stranger, ()),
    'tunnel': (tunnel, ()),
    'from-outside': (from_outside, ()),
    'contradiction': (contradiction, ()),
    'branch-blocked': (branch_blocked, ()),
    'eyeballs': (eyeballs, ()),
    'reverse': (reverse, ()),
    'knocking': (knocking, ()),
    'browser': (browser, ()),
    'clear-login': (clear_login, ()),
    'beacon': (beacon, ()),
    'predates': (predates, ()),
    'undeclared-egress': (undeclared_egress, ()),
    'resolver': (resolver, ()),
    'agent': (agent, ()),
}


def night(names=()):
    """The scene, with the named deviations planted."""
    s = Night([w for n in names for w in PLANTED[n][1]]).quiet()
    for n in names:
        PLANTED[n][0](s)
    return s


if __name__ == '__main__':
    args = sys.argv[1:]
    names = args[args.index('--with') + 1:] if '--with' in args else []
    night(list(PLANTED) if names == ['all'] else names).write(args[0])
