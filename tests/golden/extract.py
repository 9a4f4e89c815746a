#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The packets behind findings, as `spanaudit extract` writes them.

    extract.py            holds them against the captures, and the messages against extract.expected
    extract.py --update   writes that file; read the difference before you commit it

Of each finding of some golden cases: the file is the same every time, a judge of it alone comes to
the same finding (for the kinds that do not rest on other traffic), every packet of it is the packet
of the capture that its comment names, and where tshark is there, its display filter finds the same
packets.
"""

import difflib
import json
import os
import re
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, '..', '..', 'pcaps', 'gen')]

import bad_input  # noqa: E402
import proto as p  # noqa: E402
import run  # noqa: E402
import wire  # noqa: E402
from crm import Crm  # noqa: E402

CASES = ['lab', 'sample', 'state-rejected', 'tunnel-vxlan', 'noise-vlan-key', 'noise-scanner',
         'rpc-blocked-refused', 'sql-browser-blocked', 'input-two-overlapping-files']
# What these say rests on other traffic too, or on how much there is.
RESTS_ON_MORE = {'blocked', 'scan', 'visibility', 'advice', 'contradiction'}
TSHARK = shutil.which('tshark')


def fail(*what):
    sys.exit(' '.join(map(str, what)))


def blocks(data):
    """(type, body) of a pcapng file in little-endian order."""
    at = 0
    while at < len(data):
        kind, total = struct.unpack_from('<II', data, at)
        if total % 4 or struct.unpack_from('<I', data, at + total - 4)[0] != total:
            fail('a block of', total, 'bytes at', at)
        yield kind, data[at + 8:at + total - 4]
        at += total


def options(data):
    found = []
    while data:
        code, n = struct.unpack_from('<HH', data)
        if code == 0:
            return found
        found.append((code, data[4:4 + n]))
        data = data[4 + (n + 3) // 4 * 4:]
    return found


def packets(data):
    """(time, bytes, wire length, comment) of what spanaudit wrote."""
    for kind, body in blocks(data):
        if kind == 1 and (9, b'\x09') not in options(body[8:]):
            fail('an interface without nanoseconds')
        if kind != 6:
            continue
        _, high, low, n, wire_len = struct.unpack_from('<5I', body)
        comments = [v for c, v in options(body[20 + (n + 3) // 4 * 4:]) if c == 1]
        yield high << 32 | low, body[20:20 + n], wire_len, comments[0].decode()


def tool(args, cwd, code=(0, 1, 4)):
    got, out, err = run.call(args, cwd)
    if got not in code:
        fail(shlex.join(args), 'exit code', got, err.decode())
    return out, err.decode()


def fields(path, *names, extra=()):
    got = subprocess.run([TSHARK, '-n', '-r', path, *extra, '-T', 'fields', '-E', 'separator=;']
                         + [x for n in names for x in ('-e', n)], capture_output=True, text=True)
    if got.returncode:
        fail(path, got.stderr)
    return [line.split(';', len(names) - 1) for line in got.stdout.splitlines()]


def case(name, tmp):
    folder = os.path.join(HERE, name)
    line = 'audit --site site.yaml capture.pcap'
    if os.path.exists(os.path.join(folder, 'cmd')):
        with open(os.path.join(folder, 'cmd')) as f:
            line = f.read()
    args = [os.path.join(run.ROOT, a) if a.startswith('pcaps/') else a
            for a in shlex.split(line)][1:]
    document = json.loads(tool(['audit', '--format', 'json', *args], folder)[0])
    settings = [a for a in args if a not in [i['path'] for i in document['inputs']]]
    done = 0
    for f in document['findings']:
        path = os.path.join(tmp, 'out.pcapng')
        found = bool(f['evidence'])
        _, err = tool(['extract', f['id'], *args, '-w', path], folder, (0,) if found else (2,))
        if not found:
            if 'no packet is behind it' not in err:
                fail(name, f['id'], err)
            continue
        with open(path, 'rb') as file:
            data = file.read()
        if tool(['extract', f['id'][:9], *args, '-w', '-'], folder, (0,))[0] != data:
            fail(name, f['id'], 'is not the same the second time')
        words = shlex.split(f['extract'])  # as the report gives it
        if words[-1] != 'f-%s.pcapng' % f['id'][2:] or \
                tool([*words[1:-1], '-'], folder, (0,))[0] != data:
            fail(name, f['id'], 'is not what its own command writes:', f['extract'])
        one(name, f, path, data, folder)
        # What uses nothing but the web application is taken for a client: so does the scanner
        # in a part of its traffic.
        if f['kind'] not in RESTS_ON_MORE and name != 'noise-scanner':
            again = json.loads(tool(['audit', '--format', 'json', *settings, path], folder)[0])
            if f['id'] not in [x['id'] for x in again['findings']]:
                fail(name, f['id'], f['kind'], 'is not found in its own packets')
        done += 1
    return done


def one(name, f, path, data, folder):
    rows = list(packets(data))
    places = [re.search(r'(?:^|; )(\S+) packet (\d+)$', r[3]).groups() for r in rows]
    told = {(os.path.basename(x['input']), str(x['packet'])): x for x in f['evidence']}
    for i, e in enumerate(f['evidence'], 1):
        text = '%s %s: evidence %d of %d; ' % (f['id'], f['kind'], i, len(told))
        at = [r for r in rows if r[3].startswith(text)]
        if len(at) != 1 or not at[0][3].endswith('packet %d' % e['packet']):
            fail(name, text, 'stands on', at)
    if len(set(places)) != len(places):
        fail(name, f['id'], 'has a packet twice')
    if not TSHARK:
        return
    names = ('frame.number', 'frame.time_epoch', 'frame.cap_len', 'frame.len')
    if [r[1:] for r in fields(path, *names[:1], *names[1:])] != originals(places, folder, names):
        fail(name, f['id'], 'differs from the packets of the capture')
    command = shlex.split(f['tshark'] or '')
    if command and len({x for x, _ in places}) == 1:
        where = os.path.join(folder, places[0][0])
        flt = command[command.index('-Y') + 1]
        there = [r[0] for r in fields(where, 'frame.number', extra=('-Y', flt))]
        here = [n for _, n in places]
        # A filter of one end, or of addresses that other VLANs have too, finds more.
        exact = flt.count('ip.addr==') == 2 and '.port==' in flt and name != 'noise-vlan-key'
        if name == 'sql-browser-blocked':  # what SQL Browser said is not in the filter
            bad = not set(there) <= set(here)
        else:
            bad = there != here if exact else not set(here) <= set(there)
        if bad:
            fail(name, f['id'], flt, 'finds', there, 'not', here)


def originals(places, folder, names):
    seen = {}
    for path, _ in places:
        if path not in seen:
            seen[path] = {r[0]: r[1:] for r in fields(os.path.join(folder, path), *names)}
    return [seen[path][number] for path, number in places]


def fragments(tmp):
    """All of a datagram, whichever of its fragments comes first, and nothing of another one."""
    s = Crm()
    ports = [s.web.port(), s.web.port()]
    for i, size in enumerate((5000, 4000)):
        s.datagram(10 + i, s.web, s.dc1, ports[i], 88 + 376 * i, p.noise(size))
        ts, order, packet, src, dst = s.packets.pop()
        parts = list(wire.fragments(packet[:4] + bytes([0, 7 + i]) + packet[6:], 1480))
        for k, part in enumerate(reversed(parts)):
            s.packets.append((ts + k * 1000, order + k, part, src, dst))
    path = os.path.join(tmp, 'fragments.pcap')
    s.write(path)
    for port, want in ((88, [1, 2, 3, 4]), (464, [5, 6, 7])):
        out, _ = tool(['extract', '%s -> %s:%d/udp' % (s.web.v4, s.dc1.v4, port),
                       'fragments.pcap', '-w', '-'], tmp, (0,))
        got = [int(r[3].rsplit(' ', 1)[1]) for r in packets(out)]
        if got != want:
            fail('fragments of', port, 'are', got, 'not', want)


def changed(tmp):
    """The capture loses packets between being judged and being read again: which is told, and
    nothing is written."""
    capture, fifo = os.path.join(tmp, 'grows.pcap'), os.path.join(tmp, 'fifo')
    whole = bad_input.good().pcap()
    with open(capture, 'wb') as f:
        f.write(whole)
    os.mkfifo(fifo)
    args = ['extract', 'unexpected', '-v', '--site', 'site.yaml', 'grows.pcap', '-w', 'fifo']
    child = subprocess.Popen([run.TOOL, *args], cwd=tmp, stdin=subprocess.DEVNULL,
                             stderr=subprocess.PIPE, env=run.environment())
    while b'judged in' not in child.stderr.readline():
        pass
    # Now it waits for a reader.
    with open(capture, 'wb') as f:
        f.write(whole[:len(whole) // 2])
    with open(fifo, 'rb') as f:
        written = f.read()
    err = child.stderr.read().decode()
    if child.wait() != 3 or written or 'other packets than when it was judged' not in err:
        fail('a changed capture:', child.returncode, len(written), err)
    return ['== a capture that changes meanwhile', 'exit 3'] + ['2> ' + x for x in err.splitlines()]


USAGE = [
    ('nothing at all', ['extract']),
    ('no capture', ['extract', 'F-000000000000', '-w', 'out.pcapng']),
    ('no file to write', ['extract', 'F-000000000000', 'good.pcap']),
    ('no such finding', ['extract', 'F-000000000000', '--site', 'site.yaml', 'good.pcap', '-w', 'out.pcapng']),
    ('several findings', ['extract', 'F-', '--site', 'site.yaml', 'two.pcap', '-w', 'out.pcapng']),
    ('neither finding nor connection', ['extract', '7c1e', '--site', 'site.yaml', 'good.pcap', '-w', 'out.pcapng']),
    ('a host that nobody knows', ['extract', 'crmweb02 -> sql01:22/tcp', '--site', 'site.yaml', 'good.pcap', '-w', 'out.pcapng']),
    ('a connection that is not there', ['extract', 'crmweb01 -> sql01:23/tcp', '--site', 'site.yaml', 'good.pcap', '-w', 'out.pcapng']),
    ('nothing unexpected', ['extract', 'unexpected', '--infer', 'off', 'good.pcap', '-w', 'out.pcapng']),
    ('a server that only traffic shows', ['extract', 'unexpected', 'good.pcap', '-w', 'out.pcapng']),
    ('standard input', ['extract', 'unexpected', '-', '-w', 'out.pcapng']),
    ('a folder that is not there', ['extract', 'unexpected', '--site', 'site.yaml', 'good.pcap', '-w', 'nowhere/out.pcapng']),
    ('a folder', ['extract', 'unexpected', '--site', 'site.yaml', 'good.pcap', '-w', '.']),
    ('a device that is full', ['extract', 'unexpected', '--site', 'site.yaml', 'good.pcap', '-w', '/dev/full']),
    ('onto the capture', ['extract', 'unexpected', '--site', 'site.yaml', 'good.pcap', '-w', './good.pcap']),
    ('a capture that is not there', ['extract', 'unexpected', 'nowhere.pcap', '-w', 'out.pcapng']),
    ('what goes right', ['extract', 'unexpected', '--site', 'site.yaml', 'good.pcap', '-w', 'out.pcapng']),
    ('a connection by its hosts', ['extract', 'crmweb01 -> sql01:1433/tcp', '--site', 'site.yaml', 'good.pcap', '-w', 'out.pcapng']),
    ('quiet', ['extract', '-q', 'unexpected', '--site', 'site.yaml', 'good.pcap', '-w', 'out.pcapng']),
]


def messages(tmp):
    got = []
    for title, args in USAGE:
        text = bad_input.block(title, args, tmp)[0]
        got += text + ['']
        left = [x for x in os.listdir(tmp) if x.startswith('out.pcapng')]
        if left != (['out.pcapng'] if 'exit 0' in text else []):
            fail(title, 'left', left)
        for x in left:
            os.unlink(os.path.join(tmp, x))
    return got


def main():
    expected = os.path.join(HERE, 'extract.expected')
    with tempfile.TemporaryDirectory() as tmp:
        two = bad_input.good()
        two.session(3, two.web, two.sql, 23, p.ssh())
        for name, data in (('good.pcap', bad_input.good().pcap()), ('two.pcap', two.pcap()),
                           ('site.yaml', bad_input.SITE)):
            with open(os.path.join(tmp, name), 'wb') as f:
                f.write(data)
        got = messages(tmp) + changed(tmp)
        fragments(tmp)
        done = sum(case(name, tmp) for name in CASES)
    if done < 20:
        fail('only', done, 'findings were extracted')
    got = [x + '\n' for x in got]
    if sys.argv[1:] == ['--update']:
        with open(expected, 'w') as f:
            f.writelines(got)
        return 0
    with open(expected) as f:
        want = f.readlines()
    sys.stdout.writelines(difflib.unified_diff(want, got, 'extract.expected', 'what came out'))
    return want != got


if __name__ == '__main__':
    sys.exit(main())
