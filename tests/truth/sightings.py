#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What traffic says of hosts in the public captures, against what tshark's dissectors show of it.

Every answer of a name server that the learner's rule keeps, every ticket and refusal of a KDC, every
NetBIOS registration, every answer of a domain controller to a ping and every name in an NTLM
challenge, and every activation of DCOM answered by a fault, that tshark decodes is learned, first from the same packet, and nothing else is learned.
Differences are allowed only for a reason that explain() gives, and are counted by it. Captures of
many packets are left out.
"""

import collections
import concurrent.futures
import ipaddress
import os
import re
import shutil
import subprocess
import sys

import common
import tshark

SHOW = os.environ.get('SHOW_SIGHTINGS', 'show_sightings')
NAME_MAX = 127
PACKETS_MAX = 3000  # of a capture: tshark takes its time
FIELDS = (
    'frame.number', 'ip.src', 'ip.dst', 'ipv6.src', 'ipv6.dst', 'udp.srcport', 'tcp.srcport',
    'udp.dstport', 'tcp.dstport',
    'dns.flags.response', 'dns.flags.opcode', 'dns.flags.rcode', 'dns.count.queries',
    'dns.count.answers', 'dns.count.auth_rr', 'dns.count.add_rr', 'dns.qry.name', 'dns.qry.type',
    'dns.qry.class', 'dns.resp.name', 'dns.resp.type', 'dns.resp.class', 'dns.a', 'dns.aaaa',
    'dns.cname', 'dns.ptr.domain_name', 'dns.srv.service', 'dns.srv.proto', 'dns.srv.name',
    'dns.srv.port', 'dns.srv.target',
    'kerberos.msg_type', 'kerberos.error_code', 'kerberos.SNameString',
    'nbns.flags.response', 'nbns.flags.opcode', 'nbns.name', 'nbns.nb_flags.group',
    'mscldap.hostname', 'mscldap.domain', 'mscldap.netlogon.flags',
    'ntlmssp.messagetype', 'ntlmssp.challenge.target_info.dns_computer_name',
    'ntlmssp.challenge.target_info.nb_computer_name',
    'ntlmssp.challenge.target_info.dns_domain_name', '_ws.malformed', 'frame.protocols',
    'tcp.stream', 'dcerpc.pkt_type', 'dcerpc.cn_status', 'dcerpc.auth_level', 'dcerpc.opnum',
    'dcerpc.cn_bind_to_uuid', 'dcerpc.cn_call_id',
)
FILTER = ('!icmp && !icmpv6 && ((dns.flags.response == 1 && (udp.srcport == 53 || tcp.srcport == 53))'
          ' || (kerberos && (udp.srcport == 88 || tcp.srcport == 88))'
          ' || nbns.flags.response == 0 || mscldap.hostname'
          ' || (ntlmssp.messagetype == 2 && (smb || smb2 || dcerpc)) || (dcerpc && tcp.port == 135))')
REQUEST, FAULT = 0, 3  # C706 12.6.4
ACTIVATES = {('4d9f4ab8-7d1c-11cf-861e-0020af6e7c57', 0),  # MS-DCOM 1.9 and 3.1.2.5.2
             ('000001a0-0000-0000-c000-000000000046', 3), ('000001a0-0000-0000-c000-000000000046', 4)}
A, CNAME, PTR, AAAA, SRV = 1, 5, 12, 28, 33
REGISTERS = {5, 8, 9, 15}
NO_REFUSAL = {0, 25, 52, 91}

Fact = collections.namedtuple('Fact', 'kind about by name text port code')


def norm(text):
    return str(ipaddress.ip_address(text))


def harmless(text):
    """Text as it is kept: what is not printable is one mark an octet."""
    octets = text.encode('utf-8', 'surrogateescape')
    return ''.join(chr(c) if 0x20 < c < 0x7f else '?' for c in octets)[:NAME_MAX]


def host(text):
    text = harmless('' if text == '<Root>' else text).lower()
    return text[:-1] if text.endswith('.') else text


def near(a, b):
    bits = 16 if a.version == 4 else 48
    return a.version == b.version and b in ipaddress.ip_network((int(a), bits), strict=False)


PRIVATE = [ipaddress.ip_network(n) for n in (
    '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7')]


def is_private(a):
    return any(a.version == n.version and a in n for n in PRIVATE)


def of_interest(a, ends):
    if a.is_unspecified or a.is_loopback or a.is_multicast or a.is_link_local or \
            str(a) == '255.255.255.255' or (a.version == 6 and a.ipv4_mapped):
        return False
    return is_private(a) or any(near(a, e) for e in ends)


def reversed_name(name):
    labels = name.lower().split('.')
    try:
        if labels[-2:] == ['in-addr', 'arpa'] and len(labels) == 6:
            return ipaddress.ip_address('.'.join(str(int(x)) for x in labels[3::-1]))
        if labels[-2:] == ['ip6', 'arpa'] and len(labels) == 34:
            return ipaddress.ip_address(int(''.join(labels[31::-1]), 16))
    except ValueError:
        pass
    return None


def dns(v, src, dst):
    """Facts of one answer; tshark gives the fields of all records in their order."""
    if len(v['dns.count.answers']) != 1 or v['dns.flags.opcode'] != ['0']:
        return
    ends = [ipaddress.ip_address(src), ipaddress.ip_address(dst)]
    rcode = int(v['dns.flags.rcode'][0])
    queries, answers, authority = (int(v[f][0]) for f in (
        'dns.count.queries', 'dns.count.answers', 'dns.count.auth_rr'))
    asked = v['dns.qry.name'][0] if v['dns.qry.name'] else ''
    qtype = int(v['dns.qry.type'][0]) if v['dns.qry.type'] else 0
    if queries > 1:
        return
    if rcode:
        if rcode in (2, 3, 5) and queries and host(asked) and v['dns.qry.class'] == ['0x0001']:
            if qtype == PTR:
                a = reversed_name(asked)
                if not a or not of_interest(a, ends):
                    return
            yield Fact('dns-error', dst, src, '-', host(asked), qtype, rcode)
        return
    data = {A: list(v['dns.a']), AAAA: list(v['dns.aaaa']), CNAME: list(v['dns.cname']),
            PTR: list(v['dns.ptr.domain_name']),
            SRV: list(zip(v['dns.srv.port'], v['dns.srv.target']))}
    records = []
    # OPT has no class of its own, and its name stands with the others.
    classes = list(v['dns.resp.class'])
    # A service has no name among those of records, but a field of its own.
    owners, services = list(v['dns.resp.name']), ['.'.join(x) for x in zip(v['dns.srv.service'], v['dns.srv.proto'],
                                                               v['dns.srv.name'])]
    for i, kind in enumerate(map(int, v['dns.resp.type'])):
        queue = services if kind == SRV else owners
        name = queue.pop(0) if queue else ''
        clas = 1 if kind == 41 or not classes else int(classes.pop(0), 16)
        value = data[kind].pop(0) if data.get(kind) else None
        if value is not None and clas == 1:
            records.append((i, name, kind, value))
    kept = [of_interest(ipaddress.ip_address(x[3]), ends) for x in records
            if x[0] < answers and x[2] in (A, AAAA)]
    led = qtype == CNAME or any(kept)
    services = any(x[0] < answers and x[2] == SRV for x in records)
    for i, name, kind, value in records:
        more = i >= answers + authority
        if answers <= i < answers + authority or not host(name):
            continue
        if kind in (A, AAAA):
            a = ipaddress.ip_address(value)
            if of_interest(a, ends) or (more and services and a.is_global):
                yield Fact('dns-address', str(a), src, host(name), '-', 0, 0)
        elif more:
            continue
        elif kind == PTR:
            a = reversed_name(name)
            if a and of_interest(a, ends) and host(value):
                yield Fact('dns-pointer', str(a), src, host(value), '-', 0, 0)
        elif kind == CNAME and led and host(value):
            yield Fact('dns-alias', '-', src, host(name), host(value), 0, 0)
        elif kind == SRV and host(value[1]):
            yield Fact('dns-service', '-', src, host(value[1]), host(name), int(value[0]), 0)


def kerberos(v, src, dst):
    kinds = [int(x) for x in v['kerberos.msg_type']]
    parts = v['kerberos.SNameString']
    if not kinds or not parts or kinds[0] not in (11, 13, 30):
        return
    code = int(v['kerberos.error_code'][0]) if v['kerberos.error_code'] else 0
    if kinds[0] == 30 and code in NO_REFUSAL:
        return
    text, name, port = harmless('/'.join(parts)), '-', 0
    if len(parts) > 1 and parts[0] not in ('krbtgt', 'kadmin'):
        name, _, rest = harmless(parts[1]).partition(':')
        name = host(name) or '-'
        if rest.isdigit() and int(rest) < 65536:
            port = int(rest)
    kind = 'krb-error' if kinds[0] == 30 else 'krb-ticket'
    yield Fact(kind, dst, src, name, text, port, code)


def nbns(v, src):
    if v['nbns.flags.response'] not in (['0'], ['False']) or not v['nbns.name']:
        return
    if int(v['nbns.flags.opcode'][0]) not in REGISTERS or not v['nbns.nb_flags.group']:
        return
    m = re.match(r'^(.*)<([0-9a-f]{2})>', v['nbns.name'][0])
    if not m or not m.group(1) or m.group(1).startswith('*'):
        return
    name = host(re.sub(r'<[0-9a-f]{2}>', '?', m.group(1)))
    group = v['nbns.nb_flags.group'][0] in ('1', 'True')
    yield Fact('nbns-name', src, '-', name, 'group' if group else '-', 0, int(m.group(2), 16))


def dcom(v, src, dst, streams):
    """An activation answered by a fault; its level is that of the bind before it."""
    about = streams.setdefault(v['tcp.stream'][0], {'uuid': set(), 'level': 0, 'opnum': {}})
    about['uuid'] |= set(v['dcerpc.cn_bind_to_uuid'])
    about['level'] = int(v['dcerpc.auth_level'][0]) if v['dcerpc.auth_level'] else about['level']
    if len(v['dcerpc.pkt_type']) != 1:
        return
    kind, call = int(v['dcerpc.pkt_type'][0]), v['dcerpc.cn_call_id'][0]
    if kind == REQUEST:
        about['opnum'][call] = int(v['dcerpc.opnum'][0])
    status = int(v['dcerpc.cn_status'][0], 16) if v['dcerpc.cn_status'] else 0
    asked = {(u, about['opnum'].get(call)) for u in about['uuid']}
    if kind == FAULT and 0 < status < 65536 and asked & ACTIVATES:
        yield Fact('dcom-denied', dst, src, '-', '-', about['level'], status)


def facts(v, src, dst, streams):
    sport = (v['udp.srcport'] or v['tcp.srcport'] or ['0'])[-1]
    if v['dns.flags.response'] and sport == '53':
        yield from dns(v, src, dst)
    if v['kerberos.msg_type'] and sport == '88':
        yield from kerberos(v, src, dst)
    if v['nbns.name']:
        yield from nbns(v, src)
    if v['mscldap.hostname'] and v['udp.srcport'] and sport == '389':
        flags = int(v['mscldap.netlogon.flags'][0], 16) & 0xffff if v['mscldap.netlogon.flags'] else 0
        domain = v['mscldap.domain'][0] if v['mscldap.domain'] else ''
        yield Fact('netlogon', src, '-', host(v['mscldap.hostname'][0]), host(domain), 0, flags)
    if '0x00000002' in v['ntlmssp.messagetype']:
        def first(field):
            values = v['ntlmssp.challenge.target_info.' + field]
            return host(values[0]) if values else ''
        name = first('dns_computer_name') or first('nb_computer_name')
        if name:
            yield Fact('ntlm-name', src, '-', name, first('dns_domain_name') or '-', 0, 0)
    if v['dcerpc.pkt_type'] and v['tcp.stream']:
        yield from dcom(v, src, dst, streams)


DISSECT = tshark.fields(('-Y', FILTER), FIELDS)


def theirs_of(path):
    """{Fact: first packet}, and what is said of those packets."""
    seen, notes, streams = {}, collections.defaultdict(set), {}
    for line in DISSECT.run(path).decode(errors='surrogateescape').splitlines():
        v = {f: x.split('|') if x else [] for f, x in zip(FIELDS, line.split('\t'))}
        frame = int(v['frame.number'][0])
        # The innermost of both families, whichever is behind the other.
        layers = v['frame.protocols'][0].split(':') if v['frame.protocols'] else []
        last = max((i, x) for i, x in enumerate(['', *layers]) if x in ('', 'ip', 'ipv6'))[1]
        order = ('ip', 'ipv6') if last == 'ipv6' else ('ipv6', 'ip')
        sources = [x for f in order for x in v[f + '.src']]
        targets = [x for f in order for x in v[f + '.dst']]
        if v['_ws.malformed']:
            notes[frame].add('malformed')
        if not sources:
            continue
        if len(sources) > 1:
            notes[frame].add('tunnel')
        for f in facts(v, norm(sources[-1]), norm(targets[-1]), streams):
            seen.setdefault(f, frame)
            notes[f].add(frame)
    return seen, notes


def ours(paths):
    """{path: {Fact: first packet}}"""
    seen, now = {}, None
    p = subprocess.run([SHOW, *paths], capture_output=True, env=common.environment(), timeout=900)
    if p.returncode or common.sanitizer(p.stderr):
        raise RuntimeError('show_sightings: exit code %d: %s' % (
            p.returncode, p.stderr.decode(errors='replace')[:2000]))
    for line in p.stdout.decode(errors='replace').splitlines():
        c = line.split('\t')
        if line.startswith('# '):
            now = seen[line[2:]] = {}
        elif c[0] != '=':
            f = Fact(c[0], c[1], c[2], c[3], c[4], int(c[5]), int(c[6]))
            now[f] = int(c[7])
    return seen


# What only one of the two shows, and why.
MID_STREAM = 'over TCP, joined in the middle of a message of several segments'
NOT_DECODED = 'tshark gives no fields of this message'
FRAGMENTS = 'in fragments: which of its packets stands for the datagram'
EXPLAINED = {
    ('ndpi/dns_fragmented.pcap', 'dns-address'): FRAGMENTS,
    ('pcap-attack/Lateral_Movement_lm_mimikazt_skeleton_kerberos_rc4_etype.pcapng',
     'krb-ticket'): MID_STREAM,
    ('arkime/arkime_synthetic.pcap', 'krb-error'): NOT_DECODED,
}


def explain(name, fact, mine, their):
    """The reason why one of them may lack this, or None."""
    if fact.kind == 'netlogon' and mine and not their:
        return NOT_DECODED
    return EXPLAINED.get((name, fact.kind))


def main():
    folder = common.captures()
    names = [r['path'] for r in common.manifest(folder)]
    seen = ours([os.path.join(folder, n) for n in names])
    if not shutil.which('tshark'):
        print('skipped: tshark is not installed')
        return common.SKIP
    same, problems = collections.Counter(), []
    told = {'dns', 'kerberos', 'nbns', 'cldap', 'ntlmssp'}
    names = [r['path'] for r in common.manifest(folder)
             if told & set(r['protocols seen'].split(',')) and int(r['packets'] or 0) < PACKETS_MAX]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        theirs = pool.map(lambda n: theirs_of(os.path.join(folder, n)), names)
        for name, (their, notes) in zip(names, theirs):
            mine = seen[os.path.join(folder, name)]
            for f in sorted(set(their) | set(mine)):
                if mine.get(f) != their.get(f) and explain(name, f, f in mine, f in their):
                    same[f.kind + ', ' + explain(name, f, f in mine, f in their)] += 1
                elif f not in mine:
                    problems.append('%s: packet %d: not learned: %s %s' % (
                        name, their[f], tuple(f), sorted(notes[their[f]])))
                elif f not in their:
                    if f.kind == 'certificate':
                        continue
                    if f.kind == 'nbns-name':
                        same['nbns-name in answers'] += 1
                        continue
                    problems.append('%s: packet %d: invented: %s' % (name, mine[f], tuple(f)))
                elif mine[f] != their[f]:
                    problems.append('%s: packet %d, not %d: %s' % (
                        name, mine[f], their[f], tuple(f)))
                else:
                    same[f.kind] += 1
    for kind, n in sorted(same.items()):
        print('%6d  %s' % (n, kind))
    for p in problems:
        print('PROBLEM: ' + p)
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main())
