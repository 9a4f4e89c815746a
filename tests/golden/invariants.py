#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What must not change a verdict: how the hosts happen to be numbered, and when it happened.

Every golden case of one Ethernet pcap is read again

    early-answer  with each SYN-ACK before its SYN, as a mirror of two ports may write them
    addresses     with the addresses of the site file's hosts dealt anew, in packets and site file
    shifted       a thousand days later
    ports         with other ephemeral ports of the clients
    links         with other MAC addresses and VLANs

and must come to the same: verdict, results of rules, every conversation, and every finding with its
id, by the hosts' names. (properties.py changes how the packets came in; truncation.c cuts them.)
What an exception is, and why, says EXCEPTIONS.

    invariants.py [-v] [CASE...]
"""

import concurrent.futures
import ipaddress
import json
import os
import re
import struct
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, '..', '..', 'pcaps', 'gen')]

import properties  # noqa: E402
import run  # noqa: E402
from wire import ACK, RST, SYN, TCP, UDP, checksum, pseudo  # noqa: E402

LARGE = 20000  # packets; larger captures are left to night.py
EPHEMERAL = 49152
DAYS = 1000 * 86400 * 10**9

EXCEPTIONS = {  # change: {case: why}
    'early-answer': {
        'noise-span-both-ports': 'a SYN behind its answer may have been sent again: no copy',
    },
    'addresses': {
        'infer-only': 'a network of clients that nobody declared is told by its address',
        'noise-ipv6-unlisted': 'an address is on the link of the one that is listed beside it',
        'waiver-kind': 'its waivers name addresses',
    },
    'shifted': {
        'verdict-setup-only': 'the window of the setup is a time of the calendar',
    },
    'ports': {
        'noise-broadcast-answers': 'what answers a call from a port of its own is a server there',
        'noise-fragments-reassembled': 'ports are in the first fragment only, which is not renamed',
        'state-rejected': 'ICMP errors quote the port that was tried',
    },
}


# Frames ---------------------------------------------------------------------------------------

class Frame:
    """A frame taken apart as far as IP and ports; .l4 is None for fragments and the like."""

    def __init__(self, data):
        self.data, self.ip, self.l4 = data, None, None
        at = 12
        self.tags = []
        while data[at:at + 2] in (b'\x81\x00', b'\x88\xa8'):
            self.tags.append(at + 2)
            at += 4
        kind, at = data[at:at + 2], at + 2
        if kind == b'\x08\x00' and len(data) >= at + 20 and data[at] >> 4 == 4:
            self.version, self.ip = 4, at
            self.end = at + int.from_bytes(data[at + 2:at + 4], 'big')
            self.src, self.dst = data[at + 12:at + 16], data[at + 16:at + 20]
            self.proto = data[at + 9]
            whole = not int.from_bytes(data[at + 6:at + 8], 'big') & 0x3fff
            l4 = at + (data[at] & 15) * 4
        elif kind == b'\x86\xdd' and len(data) >= at + 40:
            self.version, self.ip = 6, at
            self.end = at + 40 + int.from_bytes(data[at + 4:at + 6], 'big')
            self.src, self.dst = data[at + 8:at + 24], data[at + 24:at + 40]
            self.proto = data[at + 6]
            whole, l4 = True, at + 40
        else:
            return
        if whole and self.proto in (TCP, UDP) and self.end <= len(data) and \
                l4 + (20 if self.proto == TCP else 8) <= self.end:
            self.l4 = l4
            self.sport, self.dport = struct.unpack_from('>HH', data, l4)
            self.flags = data[l4 + 13] if self.proto == TCP else 0

    def key(self):
        return self.src, self.sport, self.dst, self.dport, self.proto


def summed(data):
    """The frame with right checksums, where it had right ones."""
    f = Frame(data)
    if f.ip is None:
        return data
    if f.version == 4:
        head = data[f.ip:f.ip + (data[f.ip] & 15) * 4]
        ck = checksum(head[:10] + b'\0\0' + head[12:])
        data = data[:f.ip + 10] + struct.pack('>H', ck) + data[f.ip + 12:]
    if f.l4 is None:
        return data
    at = f.l4 + (16 if f.proto == TCP else 6)
    body = data[f.l4:f.end]
    body = body[:at - f.l4] + b'\0\0' + body[at - f.l4 + 2:]
    src, dst = ipaddress.ip_address(f.src), ipaddress.ip_address(f.dst)
    ck = checksum(pseudo(src, dst, f.proto, len(body)) + body)
    if f.proto == UDP:
        ck = ck or 0xffff
    return data[:at] + struct.pack('>H', ck) + data[at + 2:]


# Changes: (records, site text) -> the same, or None when there is nothing to change ---------------

def early_answer(records, site):
    frames = [Frame(d) for _, d in records]
    order, syn = list(range(len(records))), {}
    for i, f in enumerate(frames):
        if f.l4 is None or f.proto != TCP or f.flags & RST:
            continue
        if f.flags & (SYN | ACK) == SYN:
            syn[f.key()] = i
        elif f.flags & (SYN | ACK) == SYN | ACK:
            k = syn.pop((f.dst, f.dport, f.src, f.sport, TCP), None)
            if k is not None:
                order[k], order[i] = i, k
    out = [(records[i][0], records[order[i]][1]) for i in range(len(records))]
    return (out, site) if out != records else None


def addresses(records, site):
    """Texts of one length change places, so that what says an address in text can change too."""
    hosts = '\n'.join(re.findall(r'(?m)^  - (?:\{name.*addr.*\}|addr: .*)$|^    addr: .*$', site))
    found = {}
    for text in set(re.findall(r'\b\d+\.\d+\.\d+\.\d+\b(?!/)|\b[0-9a-f]*:[0-9a-f:]+\b(?!/)', hosts)):
        try:
            a = ipaddress.ip_address(text)
        except ValueError:
            continue
        if a.is_link_local or (a.version == 6 and text != str(a)):
            continue
        # A public address must stay one; networks of the site file must have the same members.
        found.setdefault((a.version, len(text), a.is_private), []).append(text)
    new = {}
    for texts in found.values():
        texts.sort()
        dealt = texts[1:] + texts[:1]
        new.update(zip(texts, dealt))
    new = {a: b for a, b in new.items() if a != b}
    if not new:
        return None
    forms = {}
    for a, b in new.items():
        for form in (lambda t: ipaddress.ip_address(t).packed, str.encode,
                     lambda t: t.encode('utf-16-le')):
            forms[form(a)] = form(b)
    pattern = re.compile(b'|'.join(re.escape(k) for k in sorted(forms, key=len, reverse=True)))

    def renamed(data):
        """Addresses stand behind the link layer; those of texts end where a number ends."""
        at = Frame(data).ip
        if at is None:
            return data
        return summed(data[:at] + pattern.sub(lambda m: forms[m[0]], data[at:]))

    text = re.compile('|'.join(r'(?<![0-9a-f.:])%s(?![0-9a-f.:/])' % re.escape(a) for a in new))
    return [(t, renamed(d)) for t, d in records], text.sub(lambda m: new[m[0]], site)


def shifted(records, site):
    return [(t + DAYS, d) for t, d in records], site


def ports(records, site):
    """Ports that only ever open something: of a SYN, or of the first datagram between two."""
    frames = [Frame(d) for _, d in records]
    opens, serves, seen = set(), set(), set()
    for f in frames:
        if f.l4 is None:
            continue
        back = (f.dst, f.dport, f.src, f.sport, f.proto)
        if f.proto == TCP and f.flags & (SYN | ACK) == SYN or \
                f.proto == UDP and f.key() not in seen and back not in seen:
            opens.add((f.src, f.proto, f.sport))
            serves.add((f.dst, f.proto, f.dport))
        elif f.proto == TCP and f.key() not in seen and back not in seen:
            serves |= {(f.src, TCP, f.sport), (f.dst, TCP, f.dport)}  # in the middle: who knows
        seen.add(f.key())
    mine = {k for k in opens - serves if k[2] >= EPHEMERAL}
    taken = {k for f in frames if f.l4 is not None for k in ((f.src, f.proto, f.sport),
                                                             (f.dst, f.proto, f.dport))} - mine
    new = {}
    for host, proto, port in sorted(mine):
        to = EPHEMERAL + (port - EPHEMERAL + 7777) % (65536 - EPHEMERAL)
        while (host, proto, to) in taken:
            to = to + 1 if to < 65535 else EPHEMERAL
        taken.add((host, proto, to))
        new[host, proto, port] = to
    if not new:
        return None
    out = []
    for (t, d), f in zip(records, frames):
        if f.l4 is not None:
            s = new.get((f.src, f.proto, f.sport), f.sport)
            p = new.get((f.dst, f.proto, f.dport), f.dport)
            if (s, p) != (f.sport, f.dport):
                d = summed(d[:f.l4] + struct.pack('>HH', s, p) + d[f.l4 + 4:])
        out.append((t, d))
    return out, site


def links(records, site):
    """Group addresses, and those that clusters make of their own address, mean something."""
    def mac(m):
        if m[0] & 1 or m[:2] in (b'\x02\xbf', b'\x02\x01') or not any(m):
            return m
        return m[:2] + bytes(b ^ 0x5a for b in m[2:])

    out = []
    for t, d in records:
        f = Frame(d)
        d = bytearray(mac(d[:6]) + mac(d[6:12]) + d[12:])
        for at in f.tags:
            tag = int.from_bytes(d[at:at + 2], 'big')
            if tag & 0xfff:
                d[at:at + 2] = struct.pack('>H', tag & 0xf000 | (tag + 1000) % 4094 + 1)
        out.append((t, bytes(d)))

    def text(m):
        return ':'.join('%02x' % b for b in mac(bytes.fromhex(m[0].replace(':', ''))))
    return out, re.sub(r'\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b', text, site)


CHANGES = [('early-answer', early_answer), ('addresses', addresses), ('shifted', shifted),
           ('ports', ports), ('links', links)]


# Results --------------------------------------------------------------------------------------

def end(e):
    """By name where the site file has one."""
    return [e.get('host') or e.get('network') or e.get('address'), e.get('roles')]


def facts(document):
    """What is left when times, numbers of packets, VLANs and sentences are taken away."""
    d = json.loads(document)
    found = [[f[k] for k in ('id', 'kind', 'severity', 'transport', 'port', 'protocol', 'interface',
                             'state', 'direction', 'flows', 'tries', 'folded', 'waiver')]
             + [end(f['client']), end(f['server'])] for f in d['findings']]
    rows = [[r[k] for k in ('transport', 'server_port', 'verdict', 'state', 'rule', 'protocol',
                            'interfaces', 'direction', 'flows', 'failed_flows', 'packets', 'bytes',
                            'folded')]
            + [end(r['client']), end(r['server'])] for r in d['conversations']]
    rpc = [[r[k] for k in ('transport', 'port', 'state', 'interfaces', 'tie', 'verdict', 'reason')]
           + [end(r['client']), end(r['server'])] for r in d['dynamic_rpc']]
    rules = [[r[k] for k in ('id', 'result', 'conversations')] for r in d['rules']]
    return {'verdict': d['verdict'], 'summary': d['summary'], 'rules': rules,
            'findings': sorted(map(json.dumps, found)),
            'conversations': sorted(map(json.dumps, rows)), 'rpc': sorted(map(json.dumps, rpc)),
            'inconclusive': d['coverage']['inconclusive_why']}


def plain(c, records, site):
    c.records = records
    c.pcap('a.pcap', range(1, len(records) + 1))
    if site is not None:
        with open(os.path.join(c.tmp, 'site.yaml'), 'w', encoding='utf-8') as f:
            f.write(site)
    code, out = c.json(['a.pcap'])
    return dict(facts(out), exit=code)


def check(name, verbose):
    """None when the case is not of this kind, else (changes that were made, what differs)."""
    bad, made = [], []
    with tempfile.TemporaryDirectory() as tmp:
        c = properties.Case(run.Case(name), tmp)
        if c.records is None or c.linktype != 1 or len(c.records) > LARGE:
            return None
        records, site = c.records, None
        if '--site' in c.options:
            with open(os.path.join(tmp, 'site.yaml'), encoding='utf-8') as f:
                site = f.read()
        base = plain(c, records, site)
        for title, change in CHANGES:
            if name in EXCEPTIONS.get(title, {}):
                continue
            changed = change(records, site or '')
            if changed is None or (title == 'addresses' and site is None):
                continue
            made.append(title)
            try:
                other = plain(c, changed[0], site and changed[1])
            except (RuntimeError, LookupError) as e:
                bad.append('%s: %s' % (title, e))
                continue
            for part in base:
                if base[part] != other[part]:
                    bad.append('%s: %s' % (title, part))
                    if verbose:
                        a, b = (json.dumps(x, indent=0).splitlines()
                                for x in (base[part], other[part]))
                        print('\n'.join(['%s, %s: %s' % (name, title, part)]
                                        + ['- ' + x for x in a if x not in b][:6]
                                        + ['+ ' + x for x in b if x not in a][:6]))
    return made, bad


def main():
    verbose = '-v' in sys.argv
    names = [a for a in sys.argv[1:] if a != '-v'] or run.all_cases()
    failed = cases = 0
    for title, cases_of in EXCEPTIONS.items():
        for name in set(cases_of) - set(run.all_cases()):
            print('%s: there is no case %s' % (title, name))
            failed += 1
    made = {title: 0 for title, _ in CHANGES}
    with concurrent.futures.ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        for name, result in zip(names, pool.map(lambda n: check(n, verbose), names)):
            if result is None:
                continue
            cases += 1
            for title in result[0]:
                made[title] += 1
            for line in result[1]:
                print('%s: %s' % (name, line))
                failed += 1
    print('%d cases, %s; %d differences' % (
        cases, ', '.join('%s %d' % m for m in made.items()), failed))
    return 1 if failed or not cases else 0


if __name__ == '__main__':
    sys.exit(main())
