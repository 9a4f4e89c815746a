#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Certificates of TLS servers in the public captures, against what tshark shows of them.

Of every server and port the names are the same: dNSNames of the first certificate, else the last
common name of its subject, as far as that can be a host's. Only TLS that begins with its connection
is read, so what tshark finds behind STARTTLS, or where the start was not captured, is left out.
"""

import collections
import concurrent.futures
import ipaddress
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree

import common
import tshark

SHOW_SIGHTINGS = os.environ.get('SHOW_SIGHTINGS', 'show_sightings')
KEPT = 8
SIZE = 127
HOST = re.compile(r'(\*\.(?=.))?[a-z0-9._-]+\Z')
DISSECT = tshark.Tshark('-Y', 'tls.handshake.type == 2 || tls.handshake.type == 11', '-T', 'pdml')
STARTS = tshark.fields(('-Y', 'tcp.flags.syn == 1 || (tcp.len > 0 && tcp.seq == 1)'),
                       ('tcp.stream', 'tcp.flags.syn', 'tcp.flags.ack', 'tcp.payload'))


def norm(text):
    return str(ipaddress.ip_address(text))


def host(text):
    text = text.lower()
    text = text[:-1] if text.endswith('.') else text
    return text if HOST.match(text) and len(text) <= SIZE else None


def names(cert):
    """The names of one certificate, a PDML field."""
    alt = [f.get('show', '') for f in cert.iter('field') if f.get('name') == 'x509ce.dNSName']
    found = [n for n in map(host, alt) if n][:KEPT]
    if found:
        return set(found)
    common_name = None
    for subject in cert.iter('field'):
        if subject.get('name') != 'x509af.subject':
            continue
        for f in subject.iter('field'):
            m = re.search(r'^RelativeDistinguishedName item \(id-at-commonName=(.*)\)$',
                          f.get('showname', ''))
            if m:
                common_name = m.group(1)
    name = host(common_name or '')
    return {name} if name else set()


def starts(path):
    """Streams whose first payload is a handshake of TLS, and whose SYN was captured."""
    syn, first = collections.defaultdict(set), {}
    for line in STARTS.run(path).decode(errors='replace').splitlines():
        stream, s, a, payload = (line.split('\t') + [''] * 4)[:4]
        if '|' in stream:
            continue
        if s in ('1', 'True'):
            syn[stream].add(a in ('1', 'True'))
        if payload and stream not in first:
            first[stream] = payload
    return {s for s, p in first.items() if p.startswith(('1603', '80')) and syn[s]}


def theirs_of(path):
    seen, server = {}, {}
    try:
        root = xml.etree.ElementTree.fromstring(DISSECT.run(path))
    except xml.etree.ElementTree.ParseError:
        return {}, set()
    good = starts(path) if root.find('packet') is not None else set()
    for packet in root.iter('packet'):
        f = collections.defaultdict(list)
        for field in packet.iter('field'):
            if field.get('name') in ('ip.src', 'ipv6.src', 'tcp.srcport', 'tcp.stream'):
                f[field.get('name')].append(field.get('show'))
        if not f['tcp.stream'] or f['tcp.stream'][-1] not in good:
            continue
        stream = f['tcp.stream'][-1]
        src = norm((f['ip.src'] + f['ipv6.src'])[-1]), int(f['tcp.srcport'][-1])
        for field in packet.iter('field'):
            if field.get('name') == 'tls.handshake.type' and field.get('show') == '2':
                server[stream] = src
            if field.get('name') == 'tls.handshake.certificate' and server.get(stream) == src:
                seen.setdefault(stream, (src, names(field)))
    found = collections.defaultdict(set)
    for src, some in seen.values():
        found[src] |= some
    # The first certificate may be whole in a message that is not.
    return found, {src for stream, src in server.items() if stream not in seen}


def ours(paths):
    """{path: {(server, port): names}}"""
    seen, now = {}, None
    env = common.environment()
    env['SPANAUDIT_RULES_DIR'] = os.path.join(common.ROOT, 'rules')
    p = subprocess.run([SHOW_SIGHTINGS, *paths], capture_output=True, env=env, timeout=600)
    if p.returncode or common.sanitizer(p.stderr):
        raise RuntimeError('show_sightings: exit code %d: %s' % (
            p.returncode, p.stderr.decode(errors='replace')[:2000]))
    for line in p.stdout.decode(errors='replace').splitlines():
        if line.startswith('# '):
            now = seen[line[2:]] = collections.defaultdict(set)
            continue
        part = line.split('\t')
        if part[0] == 'certificate':
            now[norm(part[1]), int(part[5])].add(part[3])
    return seen


def main():
    folder = common.captures()
    if not shutil.which('tshark'):
        print('skipped: tshark is not installed')
        return common.SKIP
    rows = common.manifest(folder)
    mine = ours([os.path.join(folder, r['path']) for r in rows])
    tls = [r['path'] for r in rows if {'tls', 'ssl'} & set(r['protocols seen'].split(','))
           or mine[os.path.join(folder, r['path'])]]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        theirs = dict(zip(tls, pool.map(lambda n: theirs_of(os.path.join(folder, n)), tls)))
    problems, same, servers, early = [], 0, 0, 0
    for name in tls:
        got, (want, cut) = mine[os.path.join(folder, name)], theirs[name]
        for key in sorted(set(got) | set(want)):
            if key in cut and not want.get(key):
                early += len(got[key])
            elif got.get(key, set()) != want.get(key, set()):
                problems.append('%s: %s port %d: names %s, not %s' % (
                    name, *key, sorted(got.get(key, ())), sorted(want.get(key, ()))))
            elif got.get(key):
                servers += 1
                same += len(got[key])
    print('%d captures with TLS: %d servers with certificates; %d names are the same, %d are of '
          'messages that tshark does not have whole' % (len(tls), servers, same, early))
    for p in problems:
        print('PROBLEM: ' + p)
    if not same:
        problems.append('nothing to compare')
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main())
