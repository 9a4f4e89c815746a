#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The list of `spanaudit rules export` in a real firewall, and real packets against it.

    allow.py        SPANAUDIT names the tool; 77 when this machine lacks root, namespaces or nft

The hosts of pcaps/lab-site.yaml stand around a router in namespaces of their own, as in lab.py. The
router loads the list. Each host then tries each port of interest of each other, by IPv4 and IPv6,
TCP and UDP:

  - what lab-deeds.json calls documented gets through, what it calls unexpected does not;
  - over all of them, what gets through is what the table of the same rules (csv) has, no more.

Nothing leaves the namespaces; when the first process in there ends, the kernel takes the rest away.
"""

import csv
import io
import json
import os
import re
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import lab  # noqa: E402
from lab import HOST, NET, SECOND, Failed, do, v4, v6  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(HERE))
SITE = os.path.join(ROOT, 'pcaps', 'lab-site.yaml')
TOOL = os.environ.get('SPANAUDIT', 'spanaudit')
SKIP = 77
LIMIT = 120      # seconds, for everything
WAIT = 2.5       # for answers: all tries of a host wait together
LONG = 20        # for those that must come: a busy machine may be late
INSIDE = 'SPANAUDIT_ALLOW'
PROTO = {'tcp': socket.SOCK_STREAM, 'udp': socket.SOCK_DGRAM}
# Beside what is documented: what nobody documents, and the borders of ranges.
MORE = [('tcp', p) for p in (1, 22, 23, 134, 444, 809, 1024, 1025, 1434, 5000, 5985, 8080, 49151,
                             49152, 50123, 65535)] + [('udp', p) for p in (69, 1434, 49200)]

# Sites whose lists must load, with what is hard in them.
HOSTILE = r'''
spanaudit: site/1
name: "x\" ; flush ruleset # {"
deployment: {auth: ifd, topology: full, rpc: [50000-50100, 60000]}
rules: [dynamics-365, crm-2011, windows-tolerated]
hosts:
  - {name: "web'; flush ruleset", role: crm-full, addr: [10.1.0.1, "2001:db8::1"]}
  - {name: "sql\\", role: sql, addr: 10.9.0.5, ports: {sql: [51433, 51434]}}
  - {name: "dc \"1\" \u2019 \u00d1", role: gc, addr: [10.2.0.1, "2001:db8:2::1"]}
  - {name: vip, role: nlb, addr: 203.0.113.5}
  - {name: off, role: ignore, addr: 10.9.0.77}
networks:
  - {name: "users } }", role: crm-client, cidr: [10.9.0.0/16, "2001:db8:9::/64"]}
  - {name: admins, role: admin, cidr: 10.9.4.0/24}
'''


# Outside -----------------------------------------------------------------------------------------

def lacking():
    if os.geteuid() != 0:
        return 'root is needed to make namespaces'
    path = os.environ.get('PATH', '') + ':/usr/sbin:/sbin'
    for program, package in (('unshare', 'util-linux'), ('setpriv', 'util-linux'),
                             ('ip', 'iproute2'), ('nft', 'nftables')):
        if not shutil.which(program, path=path):
            return 'missing Debian package: apt-get install %s' % package
    if subprocess.run(lab.NAMESPACES + ['true'], capture_output=True).returncode:
        return 'this machine lets nobody make namespaces'
    if subprocess.run(['unshare', '--net', 'nft', 'add', 'table', 'inet', 'x'],
                      capture_output=True).returncode:
        return 'this kernel has no nftables'
    return ''


def outside():
    env = dict(os.environ, PYTHONDONTWRITEBYTECODE='1', **{INSIDE: '1'})
    env['PATH'] = env.get('PATH', '/usr/bin') + ':/usr/sbin:/sbin'
    env.setdefault('SPANAUDIT_RULES_PATH', os.path.join(ROOT, 'rules'))
    proc = subprocess.Popen(['setpriv', '--pdeathsig', 'KILL'] + lab.NAMESPACES
                            + [sys.executable, os.path.abspath(__file__)], env=env,
                            stdin=subprocess.DEVNULL, start_new_session=True)

    def stop(*_):
        proc.kill()

    for s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(s, stop)
    try:
        return 1 if proc.wait(LIMIT) else 0
    except subprocess.TimeoutExpired:
        print('not done after %d seconds' % LIMIT)
        return 1
    finally:
        stop()
        proc.wait()


# In a host's namespace ---------------------------------------------------------------------------

def serve(services):
    """Listens on all of them, by both families, and answers: a byte for a byte."""
    sel = selectors.DefaultSelector()
    for proto, port in services:
        s = socket.socket(socket.AF_INET6, PROTO[proto])
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(('::', port))
        s.setblocking(False)
        if proto == 'tcp':
            s.listen(64)
        sel.register(s, selectors.EVENT_READ, proto)
    print('up')
    sys.stdout.flush()
    while True:
        for key, _ in sel.select():
            try:
                if key.data == 'tcp':
                    key.fileobj.accept()[0].close()
                else:
                    key.fileobj.sendto(*key.fileobj.recvfrom(16))
            except OSError:
                pass  # a client that went away


def attempt(work):
    """All at once; prints the indexes of those that were answered."""
    tries, wait = work['tries'], work['wait']
    sel = selectors.DefaultSelector()
    got = set()
    for i, (server, proto, port) in enumerate(tries):
        family = socket.AF_INET6 if ':' in server else socket.AF_INET
        s = socket.socket(family, PROTO[proto])
        s.setblocking(False)
        s.connect_ex((server, port))
        if proto == 'udp':
            s.send(b'x')
        sel.register(s, selectors.EVENT_WRITE if proto == 'tcp' else selectors.EVENT_READ, i)
    end = time.monotonic() + wait
    while time.monotonic() < end and sel.get_map():
        for key, _ in sel.select(max(0, end - time.monotonic())):
            if tries[key.data][1] == 'tcp':
                good = not key.fileobj.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            else:
                try:
                    good = key.fileobj.recv(16) == b'x'
                except OSError:
                    good = False
            if good:
                got.add(key.data)
            sel.unregister(key.fileobj)
            key.fileobj.close()
    print(json.dumps(sorted(got)))


# Inside ------------------------------------------------------------------------------------------

def network():
    """The first network namespace in here is the router."""
    do('mount', '-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', '/run')
    os.makedirs('/run/netns')
    do('ip', 'link', 'set', 'lo', 'up')
    lab.sysctl('net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1',
               'net.ipv6.conf.default.accept_dad=0')
    for who, n in NET.items():
        do('ip', 'netns', 'add', who)
        lab.sysctl('net.ipv6.conf.default.accept_dad=0', netns=who)
        do('ip', 'link', 'add', who, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', who)
        do('ip', 'addr', 'add', '10.44.%d.1/24' % n, 'dev', who)
        do('ip', 'addr', 'add', 'fd5c:31e8:44:%d::1/64' % n, 'dev', who, 'nodad')
        do('ip', '-n', who, 'addr', 'add', v4(who) + '/24', 'dev', 'eth0')
        do('ip', '-n', who, 'addr', 'add', v6(who) + '/64', 'dev', 'eth0', 'nodad')
        do('ip', 'link', 'set', who, 'up')
        do('ip', '-n', who, 'link', 'set', 'lo', 'up')
        do('ip', '-n', who, 'link', 'set', 'eth0', 'up')
        do('ip', '-n', who, 'route', 'add', 'default', 'via', '10.44.%d.1' % n)
        do('ip', '-n', who, '-6', 'route', 'add', 'default', 'via', 'fd5c:31e8:44:%d::1' % n)


def export(site, fmt):
    p = subprocess.run([TOOL, 'rules', 'export', '--site', site, '--format', fmt],
                       capture_output=True, timeout=60)
    if p.returncode:
        raise Failed('rules export: exit code %d\n%s' % (p.returncode, p.stderr.decode()))
    return p.stdout.decode()


def names():
    return {HOST[w][0]: w for w in HOST} | {'users': 'pc'}


def table():
    """{(client, server, protocol, lowest port, highest)} of the csv, by our names."""
    rows = set()
    for r in csv.DictReader(io.StringIO(export(SITE, 'csv'), newline='')):
        lo, _, hi = r['port'].partition('-')
        rows.add((names()[r['client']], names()[r['server']], r['protocol'], int(lo), int(hi or lo)))
    return rows


def answered(keys, wait):
    got = set()
    for client in NET:
        mine = sorted(k for k in keys if k[0] == client)
        words = [((v4 if k[2] == 4 else v6)(k[1]), k[3], k[4]) for k in mine]
        path = lab.put('/run/try-%s' % client, json.dumps({'tries': words, 'wait': wait}))
        out = do('ip', 'netns', 'exec', client, sys.executable, '-B', os.path.abspath(__file__),
                 'try', path)
        got |= {mine[i] for i in json.loads(out)}
    return got


def try_all(services, must):
    """{(client, server, family, protocol, port)} that were answered, and all that were tried."""
    keys = {(client, server, family, proto, port) for client in NET for server in NET
            if server != client for family in (4, 6) for proto, port in services}
    got = answered(keys, WAIT)
    return got | answered({k for k in keys - got if must(k)}, LONG), keys


def by_table(rows, key):
    client, server, _, proto, port = key
    return any(r[:3] == (client, server, proto) and r[3] <= port <= r[4] for r in rows)


def deeds():
    """{key: must it get through} of what the lab's hosts did."""
    # Of users a list knows the network only: one host of it stands for them.
    here = {w: w for w in NET} | {w: first for w, (first, *_) in SECOND.items()}
    address = {at(w): (h, f) for w, h in here.items() for at, f in ((v4, 4), (v6, 6))}
    want = {}
    with open(os.path.join(ROOT, 'pcaps', 'lab-deeds.json'), encoding='utf-8') as f:
        for deed in json.load(f)['deeds']:
            for t in deed['talks']:
                client, server = address[t['client']], address[t['server']]
                key = (client[0], server[0], client[1], t['proto'], t['port'])
                if t['verdict'] in ('documented', 'documented-dynamic'):
                    want[key] = True
                elif t['verdict'] in ('unexpected-port', 'unexpected-pair'):
                    want[key] = False
    return want


def counters():
    text = do('nft', 'list', 'table', 'inet', 'spanaudit')
    dropped = re.search(r'counter packets (\d+) bytes \d+ comment "not on the list"', text)
    used = re.findall(r'counter packets (\d+) bytes \d+ accept comment', text)
    return int(dropped.group(1)), sum(int(n) > 0 for n in used), len(used)


def load(path):
    do('nft', '-c', '-f', path)
    do('nft', '-f', path)


def packets(bad):
    rows, want = table(), deeds()
    services = sorted({(r[2], p) for r in rows for p in (r[3], r[4])} | set(MORE)
                      | {(k[3], k[4]) for k in want})
    path = lab.put('/run/services', json.dumps(services))
    servers = []
    for who in NET:
        p = subprocess.Popen(['ip', 'netns', 'exec', who, sys.executable, '-B',
                              os.path.abspath(__file__), 'serve', path],
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        if p.stdout.readline() != b'up\n':
            raise Failed('no servers in %s' % who)
        servers.append(p)
    # Without the list everything gets through: what does not later, does not because of it.
    got, tried = try_all(services, lambda k: True)
    if got != tried:
        raise Failed('without a list %d of %d were not answered: %s'
                     % (len(tried - got), len(tried), sorted(tried - got)[:5]))
    load(lab.put('/run/crm.nft', export(SITE, 'nft')))
    load('/run/crm.nft')  # replaces itself
    got, tried = try_all(services, lambda k: by_table(rows, k))
    for key in sorted(tried):
        if (key in got) != by_table(rows, key):
            bad.append('%s -> %s IPv%d %s/%d: %s the firewall, %s the table' % (
                *key, 'passes' if key in got else 'does not pass',
                'in' if by_table(rows, key) else 'not in'))
    for key, must in sorted(want.items()):
        if (key in got) != must:
            bad.append('%s -> %s IPv%d %s/%d: it %s' % (
                *key, 'is documented and does not pass' if must else 'is not, and passes'))
    dropped, used, lines = counters()
    if not dropped or not used:
        bad.append('counters: %d dropped, %d of %d lines used' % (dropped, used, lines))
    if len(got) < 200 or not any(want.values()) or all(want.values()):
        bad.append('too little was tried: %d passed' % len(got))
    print('%d of %d conversations pass, as the table has it, by %d lines; of the lab\'s %d do and '
          '%d do not' % (len(got), len(tried), lines, sum(want.values()),
                         len(want) - sum(want.values())))
    for p in servers:
        p.kill()
        p.wait()


def inside():
    bad = []
    try:
        network()
        packets(bad)
        for name, text in (('hostile', HOSTILE),):
            load(lab.put('/run/%s.nft' % name, export(lab.put('/run/%s.yaml' % name, text),
                                                      'nft')))
        tables = do('nft', 'list', 'tables').split('\n')
        if [t for t in tables if t] != ['table inet spanaudit']:
            bad.append('tables: %s' % tables)
        load(lab.put('/run/sample.nft', export(os.path.join(ROOT, 'pcaps', 'sample-site.yaml'),
                                               'nft')))
    except Failed as e:
        bad.append(str(e))
    for b in bad[:40]:
        print(b)
    return 1 if bad else 0


def main():
    if len(sys.argv) == 3:
        with open(sys.argv[2], encoding='utf-8') as f:
            work = json.load(f)
        return (serve if sys.argv[1] == 'serve' else attempt)(work)
    if INSIDE in os.environ:
        return inside()
    why = lacking()
    if why:
        print('skipped: %s' % why)
        return SKIP
    return outside()


if __name__ == '__main__':
    sys.exit(main())
