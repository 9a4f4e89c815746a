# SPDX-License-Identifier: BSD-2-Clause
"""What the lab's hosts do while the sensor listens, and what an audit must make of it.

A deed is one act of one client. It is done for real, its outcome is held against what was planned,
and it is written down with the conversations that it must have left in the recording:

    what                        in words
    begin, end                  when
    absent                      UUID that must not turn up, but as one that is not registered
    talks: client, server       addresses
           proto, port          of the server
           state                of the conversation
           verdict              that an audit with lab-site.yaml must give; null: not looked at
           interface            UUID that must be named with it; null: none is asked for
           how                  what explains a dynamic port: epm, epm-lookup, bind;
                                null: nothing, or no such port
           finding              kind of finding that must stand there; absent: none asked for
           protocol             what it must be recognised as; absent: not looked at
"""

import json
import subprocess
import sys
import time

import lab
import lab_client
from lab import USER, W, Failed, v4, v6

DOCUMENTED, DYNAMIC = 'documented', 'documented-dynamic'
OUT = 'out-of-scope'  # between hosts that are no part of the product
BROWSER = 'Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko'


class Book:
    def __init__(self):
        self.deeds = []

    def run(self, who, *words, feed=''):
        # The host's own name too: NTLM tells it to the server.
        named = ['unshare', '--uts', 'sh', '-c', 'hostname "$0"; exec "$@"', lab.place(who)[1]]
        p = subprocess.run(['ip', 'netns', 'exec', who] + named + list(words), input=feed,
                           text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           timeout=lab.PATIENCE)
        with open(W + '/log/deeds', 'a', encoding='utf-8') as f:
            f.write('%s %s$ %s\n%s[%d]\n' % (lab.stamp(time.time()), who, ' '.join(words), p.stdout,
                                             p.returncode))
        return p.returncode, p.stdout

    def act(self, what, who, words, talks, *, says=None, fails=False, feed=''):
        """Runs it; it must end well (or not), and say `says` somewhere."""
        begin = time.time()
        code, out = self.run(who, *words, feed=feed)
        if bool(code) != fails:
            raise Failed('%s: exit code %d\n%s' % (what, code, out))
        if says is not None and says not in out:
            raise Failed('%s: did not say %r:\n%s' % (what, says, out))
        self.deeds.append({'what': what, 'begin': lab.stamp(begin), 'end': lab.stamp(time.time()),
                           'talks': talks})
        return out

    def ask(self, what, who, words, talks, **wanted):
        """The client of this folder; its answer must have these members."""
        out = self.act(what, who, [lab.PYTHON, '-B', lab.HERE + '/lab_client.py'] + words, talks)
        got = json.loads(out.splitlines()[-1])
        for k, w in wanted.items():
            if got.get(k) != w:
                raise Failed('%s: %s is %r, not %r\n%s' % (what, k, got.get(k), w, out))
        return got

    def rpcclient(self, what, who, binding, command, talks):
        """Whether the server likes the command is its own affair; the connections are there."""
        begin = time.time()
        self.run(who, 'rpcclient', '-U', USER, binding, '-c', command)
        self.deeds.append({'what': what, 'begin': lab.stamp(begin), 'end': lab.stamp(time.time()),
                           'talks': talks})


def talk(client, server, proto, port, verdict=DOCUMENTED, state='established', **more):
    t = {'client': client, 'server': server, 'proto': proto, 'port': port, 'state': state,
         'verdict': verdict, 'interface': None, 'how': None}
    t.update(more)
    return t


def pair(client, server, six):
    return (v6(client), v6(server)) if six else (v4(client), v4(server))


def mapper(client, server='dc', six=False):
    return talk(*pair(client, server, six), 'tcp', 135, interface=lab_client.UUIDS['epmapper'][0])


def dynamic(client, iface, six=False, server='dc', verdict=DYNAMIC, how='epm', **more):
    return talk(*pair(client, server, six), 'tcp', lab.PORTS[iface], verdict, how=how,
                interface=lab_client.UUIDS[iface][0], **more)


def names_and_time(b):
    dc = v4('dc')
    for who in ('web', 'sql', 'mail', 'pc'):
        b.act('%s looks for domain controllers' % who, who,
              ['dig', '+tries=1', '+time=3', '@' + dc, '_ldap._tcp.dc._msdcs.corp.example', 'SRV'],
              [talk(v4(who), dc, 'udp', 53, OUT if who == 'mail' else DOCUMENTED, protocol='dns')],
              says='dc01.corp.example.')
    b.act('an address by IPv6', 'web',
          ['dig', '+tries=1', '+time=3', '@' + v6('dc'), 'dc01.corp.example', 'AAAA'],
          [talk(v6('web'), v6('dc'), 'udp', 53, protocol='dns')], says=v6('dc'))
    b.act('a long answer by TCP', 'web',
          ['dig', '+tcp', '+tries=1', '+time=3', '@' + dc, 'corp.example', 'SOA'],
          [talk(v4('web'), dc, 'tcp', 53, protocol='dns')], says='SOA')
    for who, six in (('web', False), ('web', True), ('mail', False)):
        client, server = pair(who, 'dc', six)
        verdict = OUT if who == 'mail' else DOCUMENTED
        b.act('%s sets its clock%s' % (who, ' by IPv6' if six else ''), who,
              ['chronyd', '-Q', '-x', '-t', '6', '-u', 'root', '-f', '/dev/null',
               'server %s iburst maxsamples 1' % server],
              [talk(client, server, 'udp', 123, verdict, protocol='ntp')], says='System clock')
    b.act('a NetBIOS name', 'pc', ['nmblookup', '-U', dc, '-d', '0', 'DC01#20'],
          [talk(v4('pc'), dc, 'udp', 137, protocol='nbns')], says=dc)
    b.ask('which domain controller, by CLDAP', 'web', ['finddc', dc],
          [talk(v4('web'), dc, 'udp', 389, protocol='cldap')], dc='dc01.corp.example')


def directory(b):
    dc = v4('dc')
    for who, six in (('web', False), ('web', True), ('sql', False), ('pc', False), ('pc2', False)):
        client, server = pair(who, 'dc', six)
        conf = W + '/krb5-%s-%s.conf' % (who, six)
        with open('/etc/krb5.conf', encoding='utf-8') as f:
            text = f.read().replace('dns_lookup_kdc = true', 'dns_lookup_kdc = false\n'
                                    'dns_canonicalize_hostname = false')
        lab.put(conf, text + '[realms]\n%s = {\n\tkdc = %s\n}\n' % (
            lab.REALM, '[%s]' % server if six else server))
        b.act('%s gets a ticket%s' % (who, ' by IPv6' if six else ''), who,
              ['env', 'KRB5_CONFIG=' + conf, 'KRB5CCNAME=%s/cc-%s' % (W, who),
               'kinit', 'Administrator'],
              [talk(client, server, 'tcp', 88, protocol='kerberos')], feed=lab.PASSWORD + '\n')
    root = ['ldapsearch', '-LLL', '-x', '-b', '', '-s', 'base', 'defaultNamingContext', '-H']
    for uri, port, six, protocol in (('ldap://%s', 389, False, 'ldap'),
                                     ('ldap://[%s]', 389, True, 'ldap'),
                                     ('ldaps://%s', 636, False, 'tls'),
                                     ('ldap://%s:3268', 3268, False, 'ldap'),
                                     # an address in brackets is no name for TLS
                                     ('ldaps://dc01-six.corp.example:3269', 3269, True, 'tls')):
        client, server = pair('web', 'dc', six)
        uri = uri % server if '%' in uri else uri
        b.act('directory: ' + uri, 'web', root + [uri],
              [talk(client, server, 'tcp', port, protocol=protocol)], says='DC=corp,DC=example')
    for who in ('sql', 'pc'):
        b.act('%s reads the directory' % who, who, root + ['ldap://' + dc],
              [talk(v4(who), dc, 'tcp', 389, protocol='ldap')], says='DC=corp,DC=example')
    for six in (False, True):
        client, server = pair('web', 'dc', six)
        b.act('sysvol%s' % (' by IPv6' if six else ''), 'web',
              ['smbclient', '//%s/sysvol' % server, '--use-kerberos=off', '-U', USER, '-c', 'ls'],
              [talk(client, server, 'tcp', 445, protocol='smb2')], says='corp.example')
    b.act('SMB over NetBIOS', 'pc',
          ['smbclient', '-p', '139', '//%s/sysvol' % dc, '--use-kerberos=off', '-U', USER,
           '-c', 'ls'],
          [talk(v4('pc'), dc, 'tcp', 139)], says='corp.example')


def dynamic_rpc(b):
    """Every way in which a member comes to a dynamic port."""
    # rpcclient: mapper, bind with each level, calls
    for level, iface, command, six in (('sign', 'lsarpc', 'lsaquery', False),
                                       ('seal', 'samr', 'enumdomains', False),
                                       ('connect', 'samr', 'enumdomains', True),
                                       ('seal', 'netlogon', 'dsr_getdcname corp.example', False)):
        _, server = pair('web', 'dc', six)
        b.rpcclient('%s, %s%s' % (iface, level, ' by IPv6' if six else ''), 'web',
                    'ncacn_ip_tcp:%s[%s]' % (server, level), command,
                    [mapper('web', six=six), dynamic('web', iface, six)])
    b.act('replication partners', 'web', ['samba-tool', 'drs', 'showrepl', v4('dc'), '-U', USER],
          [mapper('web'), dynamic('web', 'drsuapi')], says='DSA object GUID')
    b.ask('drsuapi by IPv6, sealed', 'web', ['call', v6('dc'), 'drsuapi', 'seal'],
          [mapper('web', six=True), dynamic('web', 'drsuapi', True)], bound=True, status=0)
    b.ask('netlogon by IPv6, signed', 'web', ['call', v6('dc'), 'netlogon', 'sign'],
          [mapper('web', six=True), dynamic('web', 'netlogon', True)], bound=True, status=0)
    b.ask('lsarpc, nothing protected', 'pc', ['call', v4('dc'), 'lsarpc', 'connect'],
          [mapper('pc'), dynamic('pc', 'lsarpc')], bound=True)
    b.rpcclient('lsarpc in a named pipe', 'web', 'ncacn_np:' + v4('dc'), 'lsaquery',
                [talk(v4('web'), v4('dc'), 'tcp', 445, protocol='smb2',
                      interface=lab_client.UUIDS['lsarpc'][0])])
    b.ask('a big-endian mapper question', 'pc', ['map', v4('dc'), 'netlogon', 'bigendian'],
          [mapper('pc')], ports=[lab.PORTS['netlogon']])
    b.ask('big-endian calls', 'pc', ['call', v4('dc'), 'netlogon', 'bigendian', 'sign'],
          [mapper('pc'), dynamic('pc', 'netlogon')], bound=True, status=0)
    b.ask('only NDR64, which this server does not have', 'pc', ['call', v4('dc'), 'samr', 'ndr64'],
          [mapper('pc'), dynamic('pc', 'samr')], bound=False)
    b.ask('an interface that is not registered', 'sql', ['map', v4('dc'), 'nowhere'],
          [mapper('sql')], ports=[])
    b.deeds[-1]['absent'] = lab_client.UUIDS['nowhere'][0]
    # Told by ept_lookup, then dialled; not for everybody.
    b.ask('the first endpoints of the mapper', 'pc', ['lookup', v6('dc'), '4'],
          [mapper('pc', six=True)],
          ports={lab_client.UUIDS['dnsserver'][0]: [lab.PORTS['dnsserver']],
                 lab_client.UUIDS['mgmt'][0]: [lab.PORTS['dnsserver']]})
    b.ask('the DNS server is managed from a workstation', 'pc',
          ['call', v6('dc'), 'dnsserver@%d' % lab.PORTS['dnsserver'], 'seal'],
          [dynamic('pc', 'dnsserver', True, how='epm-lookup')], bound=True)
    b.ask('an interface that no paper has', 'sql', ['call', v4('dc'), 'unixinfo', 'seal'],
          [mapper('sql'), dynamic('sql', 'unixinfo', verdict='unexpected-protocol',
                                  finding='unexpected-protocol')], bound=True)
    # Another client was told.
    b.ask('a port known by heart, with a bind', 'pc',
          ['call', v6('dc'), 'drsuapi@%d' % lab.PORTS['drsuapi'], 'sign'],
          [dynamic('pc', 'drsuapi', True)], bound=True)
    # Nobody was told, and the bind says it.
    b.ask('a port that nobody asked for, with a bind', 'web',
          ['call', v6('dc'), 'mgmt@%d' % lab.PORTS['backupkey'], 'sign'],
          [talk(v6('web'), v6('dc'), 'tcp', lab.PORTS['backupkey'], DYNAMIC, how='bind',
                interface=lab_client.UUIDS['mgmt'][0])], bound=True)


def blocked_rpc(b):
    """Granted, and in vain."""
    for iface, six, outcome, state in (
            ('netlogon', False, 'timeout', 'no-answer'),
            ('netlogon', True, 'timeout', 'no-answer'),
            ('samr', False, 'refused', 'refused'),     # by the router
            ('drsuapi', False, 'refused', 'refused'),  # by the server's own stack
            ('lsarpc', False, 'EHOSTUNREACH', 'rejected'),
            ('drsuapi', True, 'EACCES', 'rejected')):
        client, server = pair('sql', 'dc', six)
        got = b.ask('sql asks where %s is%s' % (iface, ', by IPv6' if six else ''), 'sql',
                    ['map', server, iface], [mapper('sql', six=six)], ports=[lab.PORTS[iface]])
        b.ask('sql cannot reach it: %s' % state, 'sql', ['dial', server, str(got['ports'][0])],
              [dynamic('sql', iface, six, state=state, finding='rpc-blocked')], outcome=outcome)


def by_heart(b):
    """Long after its last question to the mapper."""
    # Nobody was told, and nothing is said.
    b.ask('a port known by heart, without a word', 'pc',
          ['dial', v4('dc'), str(lab.PORTS['backupkey'])],
          [talk(v4('pc'), v4('dc'), 'tcp', lab.PORTS['backupkey'], 'rpc-unexplained',
                finding='rpc-unexplained')], outcome='open')


def crm(b):
    """Paths that only CRM has, in the clear: by NTLM, which takes three requests of a connection, and
    by Kerberos."""
    web = v4('web')

    def fetch(what, who, login, path, *more):
        ticket = '--negotiate' in login
        b.act(what, who, ['env', 'KRB5_CONFIG=%s/krb5-%s-False.conf' % (W, who),
                          'KRB5CCNAME=%s/cc-%s' % (W, who),
                          'curl', '-s', '-S', '-f', '-o', '/dev/null', '-w', '%{http_code}',
                          '-A', BROWSER, '--resolve', '%s:5555:%s' % (lab.SITE, web), *login, *more,
                          'http://%s:5555%s' % (lab.SITE, path)],
              [talk(v4(who), web, 'tcp', 5555, protocol='http')]
              + [talk(v4(who), v4('dc'), 'tcp', 88, protocol='kerberos')] * ticket, says='200')

    list_of_accounts = '/CRM/main.aspx?etn=account&pagetype=entitylist'
    fetch('a list of accounts, after a login', 'pc',
          ['--anyauth', '-u', USER.replace('%', ':')], list_of_accounts)
    fetch('the same, with a ticket', 'pc2', ['--negotiate', '-u', ':'], list_of_accounts)
    for path in lab.PATHS:
        if path not in list_of_accounts:
            soap = ['-H', 'Content-Type: text/xml', '-d', '<s:Envelope/>'] * path.endswith('/web')
            fetch('and ' + path, 'pc2', ['--negotiate', '-u', ':'], path, *soap)


def application(b):
    web, mail = v4('web'), v4('mail')
    b.act('a user opens the application', 'pc',
          ['curl', '-s', '-o', '/dev/null', 'http://%s:5555/main.aspx' % web],
          [talk(v4('pc'), web, 'tcp', 5555, protocol='http')])
    for six in (False, True):
        client, server = pair('pc', 'web', six)
        b.act('and by HTTPS%s' % (', IPv6' if six else ''), 'pc',
              ['curl', '-sk', '-o', '/dev/null', '--resolve',
               'crm.corp.example:443:' + server, 'https://crm.corp.example/main.aspx'],
              [talk(client, server, 'tcp', 443, protocol='tls')])
    crm(b)
    prelogin = lab_proto().tds_prelogin().hex()
    for six in (False, True):
        client, server = pair('web', 'sql', six)
        b.ask('the application asks its database%s' % (' by IPv6' if six else ''), 'web',
              ['dial', server, '1433', 'say', prelogin, 'hear', '100'],
              [talk(client, server, 'tcp', 1433, protocol='tds')], outcome='open')
    b.act('a mailbox is polled', 'web', ['curl', '-s', 'pop3://crm:%s@%s/' % (lab.PASSWORD, mail)],
          [talk(v4('web'), mail, 'tcp', 110, protocol='pop3')])
    letter = lab.put(W + '/letter', 'From: crm@corp.example\nSubject: case 4711\n\nThank you.\n')
    send = ['curl', '-s', '-m', '8', '--mail-from', 'crm@corp.example', '--mail-rcpt',
            'user@corp.example', '-T', letter]
    b.act('mail from the database server', 'sql', send + ['smtp://' + mail],
          [talk(v4('sql'), mail, 'tcp', 25, 'unexpected-pair', protocol='smtp',
                finding='unexpected-pair')])
    b.act('mail of the application is dropped', 'web', send + ['smtp://' + mail],
          [talk(v4('web'), mail, 'tcp', 25, state='no-answer', finding='missing')],
          fails=True)
    b.act('a web page of somebody on the database server', 'pc',
          ['curl', '-s', '-o', '/dev/null', 'http://%s:8080/' % v4('sql')],
          [talk(v4('pc'), v4('sql'), 'tcp', 8080, verdict='unexpected-port', protocol='http',
                finding='unexpected-port')])


def lab_proto():
    sys.path.insert(0, lab.HERE + '/../../pcaps/gen')
    import proto
    return proto


def all_of_them():
    b = Book()
    for part in (names_and_time, directory, dynamic_rpc, application, blocked_rpc, by_heart):
        part(b)
    return b.deeds


def as_json(deeds):
    ports = {lab_client.UUIDS[i][0]: p for i, p in lab.PORTS.items()}
    lines = ['{"ports": %s,' % json.dumps(ports), '"deeds": [']
    for i, d in enumerate(deeds):
        head = json.dumps({k: v for k, v in d.items() if k != 'talks'})
        lines.append('%s, "talks": [' % head[:-1])
        lines.append(',\n'.join('  ' + json.dumps(t) for t in d['talks']))
        lines.append(']}' + (',' if i < len(deeds) - 1 else ''))
    return '\n'.join(lines + [']}']) + '\n'
