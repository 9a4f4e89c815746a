#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Named pipes over SMB in the public captures, against what tshark's dissectors show of them.

Of every conversation: the pipes that were opened, and the interfaces bound in them, are the same.
A conversation keeps so many names (KEPT), the smallest; the rest is not compared.
"""

import collections
import concurrent.futures
import ipaddress
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree

import common
import tshark

SHOW_PIPES = os.environ.get('SHOW_PIPES', 'show_pipes')
KEPT = 8
NAME = 31  # characters of a name that are kept
# tshark looks for SMB at its ports only; one capture has it at another.
ELSEWHERE = 'tcp.port==4445,nbss'
FILTER = ('smb2.cmd == 5 || smb.cmd == 0xa2 || smb.cmd == 0x2d'
          ' || ((smb || smb2) && (dcerpc.pkt_type == 11 || dcerpc.pkt_type == 14'
          ' || dcerpc.pkt_type == 12 || dcerpc.pkt_type == 15))')


def norm(text):
    return str(ipaddress.ip_address(text))


def pipe_name(text):
    name = ''.join(c.lower() if 'A' <= c <= 'Z' else c if ' ' <= c <= '~' else '?' for c in text)
    name = name.lstrip('\\')
    while name.startswith('pipe\\'):
        name = name[5:].lstrip('\\')
    return name[:NAME]


class Seen:
    def __init__(self):
        self.pipes = collections.defaultdict(set)  # (client, server, port): names
        self.ifaces = collections.defaultdict(set)
        self.refused = collections.defaultdict(set)
        self.maybe = collections.defaultdict(set)  # opened in a tree that was not captured


def commands(packet):
    """Fields of each SMB command of a packet, in order, as {name: text}."""
    found, now = [], None
    for field in packet.iter('field'):
        name, show = field.get('name'), field.get('show', '')
        if name in ('smb2.header_len', 'smb.server_component'):
            now = {'version': 2 if name.startswith('smb2') else 1}
            found.append(now)
        elif now is not None and name.startswith(('smb2.', 'smb.')):
            now.setdefault(name, show)
    return found


def opens(packet, key, waiting, seen):
    for c in commands(packet):
        new = c['version'] == 2
        cmd = int(c.get('smb2.cmd' if new else 'smb.cmd', '-1'), 0)
        if cmd != 5 if new else cmd not in (0xa2, 0x2d):
            continue
        answer = c.get('smb2.flags.response' if new else 'smb.flags.response') in ('1', 'True')
        if new:
            wait = key, c.get('smb2.msg_id')
            tree = c.get('smb2.tree', '')
            pipes = c.get('smb2.share_type') == '0x02' or tree.upper().endswith('IPC$')
            known = bool(tree)
            name = c.get('smb2.filename', '')
            status = int(c.get('smb2.nt_status', '0'), 0)
        else:
            wait = key, c.get('smb.mid'), c.get('smb.pid'), c.get('smb.tid')
            pipes = c.get('smb.path', '').upper().endswith('IPC$')
            known = bool(c.get('smb.path'))
            name = c.get('smb.file', '')
            status = int(c.get('smb.nt_status', c.get('smb.error_code', '0')), 0)
        if not answer:
            waiting[wait] = (pipes, known, pipe_name(name))
        elif status == 0x103:
            continue
        elif wait in waiting:
            pipes, known, name = waiting.pop(wait)
            if not status and name and (pipes or not known):
                (seen.pipes if pipes else seen.maybe)[key].add(name)


def binds(packet, key, stream, offered, seen):
    """Contexts of a bind, and what became of each."""
    for dcerpc in packet.iter('proto'):
        if dcerpc.get('name') != 'dcerpc':
            continue
        kind, call, uuids, results = None, None, [], []
        for field in dcerpc.iter('field'):
            name, show = field.get('name'), field.get('show', '')
            if name == 'dcerpc.pkt_type':
                kind = int(show)
            elif name == 'dcerpc.cn_call_id':
                call = show
            elif name == 'dcerpc.cn_bind_to_uuid':
                uuids.append(show)
            elif name == 'dcerpc.cn_ack_result':
                results.append(int(show))
        if kind in (11, 14):
            offered[stream, call] = uuids
            seen.ifaces[key].update(uuids)
        elif kind in (12, 15):
            asked = offered.pop((stream, call), [])
            taken = {u for u, r in zip(asked, results) if r == 0}
            seen.refused[key].update(u for u in asked if u not in taken)


DISSECT = tshark.Tshark('-d', ELSEWHERE, '-Y', FILTER, '-T', 'pdml')


def theirs_of(path):
    output = DISSECT.run(path)
    seen, waiting, offered = Seen(), {}, {}
    try:
        root = xml.etree.ElementTree.fromstring(output)
    except xml.etree.ElementTree.ParseError:
        return seen
    for packet in root.iter('packet'):
        f = collections.defaultdict(list)
        for field in packet.iter('field'):
            if field.get('name') in ('ip.src', 'ip.dst', 'ipv6.src', 'ipv6.dst', 'tcp.srcport',
                                     'tcp.dstport', 'tcp.stream'):
                f[field.get('name')].append(field.get('show'))
        if not f['tcp.stream']:
            continue
        src = (norm((f['ip.src'] + f['ipv6.src'])[-1]), int(f['tcp.srcport'][-1]))
        dst = (norm((f['ip.dst'] + f['ipv6.dst'])[-1]), int(f['tcp.dstport'][-1]))
        answer = any(c.get('smb2.flags.response', c.get('smb.flags.response')) in ('1', 'True')
                     for c in commands(packet))
        client, server = (dst, src) if answer else (src, dst)
        key = client[0], server[0], server[1]
        opens(packet, key, waiting, seen)
        binds(packet, key, f['tcp.stream'][-1], offered, seen)
    return seen


def ours(paths):
    """{path: {(client, server, port): (pipes, interfaces)}}"""
    seen, now = {}, None
    env = common.environment()
    env['SPANAUDIT_RULES_DIR'] = os.path.join(common.ROOT, 'rules')
    p = subprocess.run([SHOW_PIPES, *paths], capture_output=True, env=env, timeout=600)
    if p.returncode or common.sanitizer(p.stderr):
        raise RuntimeError('show_pipes: exit code %d: %s' % (
            p.returncode, p.stderr.decode(errors='replace')[:2000]))
    for line in p.stdout.decode(errors='replace').splitlines():
        if line.startswith('# '):
            now = seen[line[2:]] = {}
            continue
        client, server, port, _, _, pipes, ifaces = line.split('\t')
        now[norm(client), norm(server), int(port)] = (
            set() if pipes == '-' else set(pipes.split(',')),
            set() if ifaces == '-' else set(ifaces.split(',')))
    return seen


def smallest(names):
    return set(sorted(names)[:KEPT])


def main():
    folder = common.captures()
    if not shutil.which('tshark'):
        print('skipped: tshark is not installed')
        return common.SKIP
    names = [r['path'] for r in common.manifest(folder)]
    mine = ours([os.path.join(folder, n) for n in names])
    smb = [r['path'] for r in common.manifest(folder)
           if {'smb', 'smb2'} & set(r['protocols seen'].split(','))
           or any(p or i for p, i in mine[os.path.join(folder, r['path'])].values())]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        theirs = dict(zip(smb, pool.map(lambda n: theirs_of(os.path.join(folder, n)), smb)))
    problems, same_pipes, same_ifaces, convs = [], 0, 0, 0
    for name in smb:
        got, want = mine[os.path.join(folder, name)], theirs[name]
        for key in sorted(set(got) | set(want.pipes) | set(want.ifaces)):
            pipes, ifaces = got.get(key, (set(), set()))
            asked = want.ifaces[key]
            taken = asked - want.refused[key]
            convs += bool(pipes or ifaces)
            if pipes != smallest(want.pipes[key] | pipes & want.maybe[key]):
                problems.append('%s: %s: pipes %s, not %s' % (
                    name, key, sorted(pipes), sorted(want.pipes[key])))
            else:
                same_pipes += len(pipes)
            if not ifaces <= asked or (len(asked) <= KEPT and not taken <= ifaces):
                problems.append('%s: %s: interfaces %s, not %s' % (
                    name, key, sorted(ifaces), sorted(taken)))
            else:
                same_ifaces += len(ifaces)
    print('%d captures with SMB: %d conversations with pipes; %d pipes, %d interfaces are the same'
          % (len(smb), convs, same_pipes, same_ifaces))
    for p in problems:
        print('PROBLEM: ' + p)
    if not same_pipes or not same_ifaces:
        problems.append('nothing to compare')
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main())
