#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Roles by traffic in the public captures, against the answers that tshark's dissectors show.

The truth is made of tshark's fields alone: who sent KDC replies, answers to domain controller
pings, acknowledgements of binds to drsuapi or netlogon, DNS responses, NTP of mode 4, TDS
responses, greetings of SMTP and POP3, answers to well-known paths of HTTP; and whom SRV answers
name. Held against that:

    found   the role is said of the address, with any grade
    missed  it is not
    wrong   it is said with grade A or B, and nothing of the kind was decoded

No A or B may be wrong; DCS of the domain controllers and SHARE of all must be found. The truth
knows no scanners and wants no questions, so what only a scanner was answered, and answers of which the
question is not there, count as missed.
"""

import collections
import concurrent.futures
import ipaddress
import json
import os
import shutil
import sys

import common
import tshark

DCS, SHARE = 0.95, 0.80
DS_GC_FLAG = 0x04                       # MS-ADTS 6.3.1.2
DRSUAPI = 'e3514235-4b06-11d1-ab04-00c04fc2dcd2'
NETLOGON = '12345678-1234-abcd-ef00-01234567cffb'
EMSMDB = 'a4f1db00-ca47-1067-b31f-00dd010662da'
RFRI = '1544f5e0-613c-11d1-93df-00c04fd7bd09'
ROLES = ('dc', 'gc', 'dns', 'ntp', 'sql', 'mail', 'exchange', 'ssrs', 'adfs', 'crm-web',
         'crm-orgws')
# Whose protocols make a capture worth the look.
PROTOCOLS = {'kerberos', 'cldap', 'mscldap', 'ldap', 'dns', 'ntp', 'tds', 'smtp', 'pop', 'http',
             'drsuapi', 'rpc_netlogon', 'dcerpc', 'epm'}
PATHS = (('/reportserver', 'ssrs'), ('/adfs/ls', 'adfs'), ('/adfs/services/trust', 'adfs'),
         ('/ews/exchange.asmx', 'exchange'), ('/autodiscover/autodiscover.', 'exchange'),
         ('/mapi/', 'exchange'), ('/rpc/rpcproxy.dll', 'exchange'),
         ('organization.svc', 'crm-orgws'), ('/xrmservices/2011/discovery.svc', 'crm-web'))

FIELDS = ('ip.src', 'ip.dst', 'ipv6.src', 'ipv6.dst', 'icmp.type', 'icmpv6.type', 'udp.srcport',
          'tcp.srcport', 'udp.dstport', 'tcp.dstport', 'kerberos.msg_type',
          'mscldap.netlogon.opcode',
          'mscldap.netlogon.flags', 'ldap.type', 'ldap.AttributeValue', 'ldap.sasl_buffer_length',
          'ntp.keyid', 'udp.length', 'nbns.type', 'nbns.flags.response', 'nbns.number_of_names',
          'udp.payload', 'dns.count.answers',
          'dns.srv.service', 'dns.srv.proto', 'dns.srv.name', 'dcerpc.pkt_type',
          'dcerpc.cn_bind_to_uuid', 'dns.flags.response', 'ntp.flags.mode', 'tds.type',
          'smtp.response.code', 'pop.response.indicator', 'http.response.code',
          'http.response_for.uri', 'dns.resp.name', 'dns.resp.type', 'dns.srv.target', 'dns.a',
          'dns.aaaa', 'epm.uuid', 'ldap.messageID', 'data.data', 'smb.cmd', 'smb2.cmd',
          'tcp.stream',
          'dcerpc.cn_ack_result', 'kpasswd.result')
FILTER = ('kerberos.msg_type || mscldap.netlogon.opcode || dcerpc.pkt_type == 11'
          ' || dcerpc.pkt_type == 12'
          ' || (dcerpc.pkt_type == 2 && epm) || dns.flags.response == 1 || dns.count.answers > 0'
          ' || ntp || tds.type'
          ' || smtp.response.code || pop.response.indicator || http.response_for.uri'
          ' || ldap.type matches "^netlogon$" || nbns.type == 33'
          ' || (ldap && tcp.srcport == 3268) || (udp.srcport == 1434) || kpasswd')


def first(row, *names):
    for n in names:
        if row[n]:
            return row[n]
    return []


def norm(text):
    return str(ipaddress.ip_address(text))


# Roles are of addresses that organisations give out themselves: RFC 1918, 6598, 3927, 4193 and 4291
# 2.5.6. Addresses for documentation (RFC 5737) are none of them, though Python calls them private.
OWN = [ipaddress.ip_network(n) for n in ('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16',
                                         '100.64.0.0/10', '169.254.0.0/16', 'fc00::/7',
                                         'fe80::/10')]


def could_have_role(text):
    return any(ipaddress.ip_address(text) in n for n in OWN)


DISSECT = tshark.fields(('-Y', FILTER), FIELDS)


def rows(path):
    for line in DISSECT.run(path).decode(errors='replace').splitlines():
        values = line.split('\t')
        values += [''] * (len(FIELDS) - len(values))
        yield {f: [x for x in v.split('|') if x] for f, v in zip(FIELDS, values)}


def ping_flags(r):
    """Flags of the answers to domain controller pings that a frame has, MS-ADTS 6.3.1.7 to 6.3.1.9.

    tshark 4.0 takes the attribute's value apart only when its name is written "netlogon"; servers
    repeat the name as the client wrote it, and Windows writes "Netlogon". Then the value is there
    as bytes: operation code (2), padding (2), flags (4), little-endian, in a
    response of the kind EX.
    """
    flags = [int(x, 0) for x in r['mscldap.netlogon.flags']]
    if not r['mscldap.netlogon.opcode'] and 'netlogon' in [t.lower() for t in r['ldap.type']]:
        for v in r['ldap.AttributeValue']:
            value = bytes.fromhex(v.replace(':', ''))
            if value[:2] in (b'\x17\x00', b'\x19\x00') and len(value) >= 24:
                flags.append(int.from_bytes(value[4:8], 'little'))
    return flags


def signed_time(r):
    """A server's answer with the authenticator that only domain controllers make.

    tshark names the mode and the key, and not the kind of authenticator: the longer one, with
    64 octets of checksum, is MS-SNTP's alone (2.2.4), and makes a datagram of 8 + 48 + 72 octets.
    """
    return '4' in r['ntp.flags.mode'] and bool(r['ntp.keyid']) and r['udp.length'] == ['128']


def name_suffixes(r):
    """The last octets of the NetBIOS names that a host says are its own, RFC 1002 4.2.18.

    <1C> is the group that domain controllers are in, and members are not. tshark gives the names
    without that octet, so it is read from the datagram: 18 octets a name behind 57 that are fixed
    (header 12, name 34, type, class, time to live and length 10, number of names 1).
    """
    if r['nbns.type'] != ['33'] or not set(r['nbns.flags.response']) & {'1', 'True'}:
        return set()
    payload = bytes.fromhex(''.join(r['udp.payload'][-1:]).replace(':', ''))
    n = int((r['nbns.number_of_names'] or ['0'])[0], 0)
    return {payload[at + 15] for at in range(57, min(57 + 18 * n, len(payload) - 17), 18)}


def srv_roles(name):
    name = name.lower()
    if '.dc._msdcs.' in name or '.pdc._msdcs.' in name:
        return ('dc',)
    if name.startswith('_gc._tcp.') or '.gc._msdcs.' in name:
        return ('gc', 'dc')
    return ()


def truth(path):
    """{(address, role): frames}"""
    said = collections.Counter()
    named = collections.defaultdict(set)    # host name: roles by SRV
    addresses = collections.defaultdict(set)  # host name: addresses
    bound = {}                              # TCP stream: roles, until acknowledged
    for r in rows(path):
        if r['icmp.type'] or r['icmpv6.type'] or not first(r, 'ip.src', 'ipv6.src'):
            continue
        # A tunnel has several; the innermost is meant.
        src = norm(first(r, 'ipv6.src', 'ip.src')[-1])
        sport = (first(r, 'udp.srcport', 'tcp.srcport') or ['0'])[-1]
        if {'11', '13', '30'} & set(r['kerberos.msg_type']) and sport in ('88', '750'):
            said[src, 'dc'] += 1
        if sport == '389' and (r['mscldap.netlogon.opcode'] or ping_flags(r)):
            said[src, 'dc'] += 1
            if any(f & DS_GC_FLAG for f in ping_flags(r)):
                said[src, 'gc'] += 1
        if sport == '123' and signed_time(r):
            said[src, 'dc'] += 1
        if sport == '137' and 0x1c in name_suffixes(r):
            said[src, 'dc'] += 1
        if sport == '464':
            said[src, 'dc'] += 1
        # Signed or sealed, a message has the length of its wrapping in place of a number.
        if sport == '3268' and (r['ldap.messageID'] or r['ldap.sasl_buffer_length']):
            said[src, 'gc'] += 1
        stream = tuple(r['tcp.stream'])
        if '11' in r['dcerpc.pkt_type'] and not r['smb.cmd'] and not r['smb2.cmd']:
            uuids = {u.lower() for u in r['dcerpc.cn_bind_to_uuid']}
            roles = {'dc'} if uuids & {DRSUAPI, NETLOGON} else \
                {'exchange'} if uuids & {EMSMDB, RFRI} else set()
            bound[stream] = roles
        if '12' in r['dcerpc.pkt_type'] and not r['smb.cmd'] and not r['smb2.cmd']:
            for role in bound.get(stream, ()):
                said[src, role] += 1
        if r['epm.uuid'] and '2' in r['dcerpc.pkt_type']:
            for u in r['epm.uuid']:
                if u.lower() in (DRSUAPI, NETLOGON):
                    said[src, 'dc'] += 1
        # Records of an answer are an answer even where the bit that says so is not set: a question
        # has none (RFC 1035 4.1.1), and this one came from where the question went.
        if sport == '53' and (set(r['dns.flags.response']) & {'1', 'True'}
                              or any(int(x, 0) for x in r['dns.count.answers'])):
            said[src, 'dns'] += 1
            # tshark takes the owner of an SRV record apart, and then has no dns.resp.name for it:
            # service, protocol and name come in the order of the targets.
            for *owner, host in zip(r['dns.srv.service'], r['dns.srv.proto'], r['dns.srv.name'],
                                    r['dns.srv.target']):
                for role in srv_roles('.'.join(owner)):
                    named[host.lower().rstrip('.')].add(role)
            # The remaining names come in the order of the remaining types.
            types = [t for t in r['dns.resp.type'] if t != '33']
            values = {'1': iter(r['dns.a']), '28': iter(r['dns.aaaa'])}
            for owner, t in zip(r['dns.resp.name'], types):
                a = next(values[t], None) if t in values else None
                if a:
                    addresses[owner.lower().rstrip('.')].add(norm(a))
        if set(r['ntp.flags.mode']) & {'4'} and sport == '123':
            said[src, 'ntp'] += 1
        if '4' in r['tds.type']:
            said[src, 'sql'] += 1
        if sport == '1434' and any(d.startswith('05') for d in r['data.data']):
            said[src, 'sql'] += 1
        if '220' in r['smtp.response.code'] or '+OK' in ''.join(r['pop.response.indicator']):
            said[src, 'mail'] += 1
        if r['http.response.code'] and r['http.response.code'][0][0] in '23':
            for uri in r['http.response_for.uri']:
                for path_part, role in PATHS:
                    if path_part in uri.lower():
                        said[src, role] += 1
    for host, roles in named.items():
        for a in addresses[host]:
            for role in roles:
                said[a, role] += 1
    return {k: n for k, n in said.items() if could_have_role(k[0])}


def ours(path):
    """{(address, role): (grade, first address of the same host)}; None when there is no result."""
    code, out, _ = common.run('roles', '--json', path)
    if code not in (0, 1, 4) or not out.strip():
        return None
    got = {}
    for row in json.loads(out):
        for t in row['traffic']:
            address = norm(row['address'].split('%')[0])
            same = row['same_host_as'] or {}
            got[address, t['role']] = t['grade'], norm(same.get('address', address).split('%')[0])
    return got


def interesting(row):
    return bool(PROTOCOLS & set(row['protocols seen'].split(',')))


def one(folder, row):
    path = os.path.join(folder, row['path'])
    got = ours(path)
    if got is None:
        return row['path'], None, {}
    strong = {k for k, (g, _) in got.items() if g in 'AB' and k[1] in ROLES}
    if not strong and not interesting(row):
        return row['path'], got, {}
    return row['path'], got, truth(path)


def main():
    folder = common.captures()
    if not shutil.which('tshark'):
        print('skipped: tshark is not installed')
        return common.SKIP
    found, missed, wrong = collections.Counter(), collections.Counter(), collections.Counter()
    lines, unread = [], 0
    only = sys.argv[1:]
    todo = [r for r in common.manifest(folder) if not only or r['path'] in only]
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for path, got, said in pool.map(lambda r: one(folder, r), todo):
            if got is None:
                unread += 1
                continue
            for (a, role), n in sorted(said.items()):
                if (a, role) in got:
                    found[role] += 1
                else:
                    missed[role] += 1
                    lines.append(f'missed  {path}: {a} {role} ({n} frames)')
            for (a, role), (grade, host) in sorted(got.items()):
                # A role is of a host: what one of its addresses answered holds for all of them.
                if role in ROLES and grade in 'AB' \
                        and not {(a, role), (host, role)} & said.keys():
                    wrong[role] += 1
                    lines.append(f'wrong   {path}: {a} {role}, grade {grade}')
    print(f'{len(todo) - unread} captures read, {unread} without a result')
    print(f'{"role":12}{"found":>8}{"missed":>8}{"wrong":>8}')
    for role in ROLES:
        print(f'{role:12}{found[role]:8}{missed[role]:8}{wrong[role]:8}')
    for line in lines:
        print(line)
    total = sum(found.values()) + sum(missed.values())
    dcs = found['dc'] + missed['dc']
    print(f'domain controllers found: {found["dc"]} of {dcs}; all roles: {sum(found.values())} of '
          f'{total}')
    if not total or not dcs:
        print('nothing was compared')
        return 1
    bad = sum(wrong.values()) or found['dc'] < DCS * dcs or sum(found.values()) < SHARE * total
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
