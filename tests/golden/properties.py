#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What must not change a result: how the packets came in.

Every golden case of one pcap file is read again as pcapng, with nanoseconds, in the other byte
order, compressed, from standard input, with libpcap's reader and by several threads; cut into
files at random places; and with its packets dealt at random to files that then overlap all the
time. Files are named in random order. (truncation.c cuts packets.)

The whole result document must be the same bytes, but for what tells of the files themselves: see
plain().

    properties.py [-v] [CASE...]
"""

import concurrent.futures
import gzip
import json
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, '..', '..', 'pcaps', 'gen')]

import run  # noqa: E402
import wire  # noqa: E402

CUTS, DEALS = 2, 2  # of each case
SLOW = 1000  # packets; larger cases are split once each way


def records(path):
    """The link type and [(ns, bytes)] of a little-endian pcap with microseconds and whole packets,
    as the generator writes it; None for another file."""
    with open(path, 'rb') as f:
        data = f.read()
    if data[:4] != b'\xd4\xc3\xb2\xa1':
        return None
    at, out = 24, []
    while at < len(data):
        if at + 16 > len(data):
            return None
        sec, usec, n, size = struct.unpack_from('<IIII', data, at)
        if n != size or at + 16 + n > len(data):
            return None
        out.append((sec * 10**9 + usec * 1000, data[at + 16:at + 16 + n]))
        at += 16 + n
    return struct.unpack_from('<I', data, 20)[0], out


def plain(document, where, split=False):
    """The document as text, but for what tells of the files themselves: the list of inputs;
    the name of the one that a caveat is about (all of such a caveat, where the capture was split);
    copies that were first seen in another file; and the command that finds a packet in its file.
    Evidence has the number that the packet has in the whole capture: where[file][number - 1]."""
    d = json.loads(document)
    del d['inputs'], d['run']['files'], d['run']['piped']
    caveats = [c.partition(': ') for c in d['coverage']['caveats']]
    d['coverage']['caveats'] = [''.join(c) if c[0] not in where else c[2] for c in caveats
                                if not split or c[0] not in where]
    del d['coverage']['duplicates_across_inputs']

    def whole(e):
        e['packet'] = where[e.pop('input')][e['packet'] - 1]

    def named(m):
        e = {'input': m[2] or next(iter(where)), 'packet': int(m[1])}
        whole(e)
        return 'in packet %s,' % (e['packet'],)

    def walk(node):
        """Evidence stands in findings, grants and the facts of roles."""
        for v in node if isinstance(node, list) else node.values():
            if isinstance(v, (dict, list)):
                walk(v)
        if isinstance(node, dict) and {'input', 'packet'} <= set(node):
            whole(node)

    for f in d['findings']:
        f['why'] = re.sub(r'in packet (\d+)(?: of (\S+?))?,', named, f['why'])
        for key in ('extract', 'extract_note', 'tshark'):
            del f[key]
    walk(d)
    return json.dumps(d, indent=1)


class Case:
    """A case of one audit of one pcap file; .records is None when it is something else."""

    def __init__(self, case, tmp):
        self.case, self.tmp, self.records = case, tmp, None
        words, _ = case.command()
        captures = [w for w in words if '.pcap' in w]
        if words[0] != 'audit' or len(captures) != 1 or '--reader' in words:
            return
        path = os.path.join(run.ROOT, captures[0])
        if not captures[0].startswith('pcaps/'):
            path = case.path(captures[0])
        whole = records(path) if os.path.exists(path) else None
        if not whole:
            return
        self.linktype, self.records = whole
        self.options = [w for w in words[1:] if w not in captures]
        self.all = list(range(1, len(self.records) + 1))
        if '--site' in self.options:
            i = self.options.index('--site') + 1
            site = self.options[i]
            shutil.copy(os.path.join(run.ROOT, site) if site.startswith('pcaps/')
                        else case.path(site), os.path.join(tmp, 'site.yaml'))
            self.options[i] = 'site.yaml'
        if '-W' in self.options:
            waivers = self.options[self.options.index('-W') + 1]
            shutil.copy(case.path(waivers), os.path.join(tmp, waivers))

    def write(self, name, data):
        with open(os.path.join(self.tmp, name), 'wb') as f:
            f.write(data)
        return name

    def pcap(self, name, numbers, **how):
        return self.write(name, wire.pcap([self.records[n - 1] for n in numbers], self.linktype,
                                          **how))

    def json(self, names, stdin=None):
        code, out, err = run.call(['audit', *self.options, '--format', 'json', *names], self.tmp,
                                  stdin and os.path.join(self.tmp, stdin))
        if b'Sanitizer' in err or b'runtime error' in err or code not in (0, 1, 4):
            raise RuntimeError('exit code %d: %s' % (code, err.decode(errors='replace')[:600]))
        return code, out

    def one_file(self):
        """(name, arguments, standard input)"""
        r, link = self.records, self.linktype
        yield 'the same again', ('a.pcap',), None
        self.write('b.pcapng', wire.pcapng(r, link))
        yield 'pcapng', ('b.pcapng',), None
        self.write('c.pcapng', wire.pcapng(r, link, big=True))
        yield 'pcapng, big-endian', ('c.pcapng',), None
        self.pcap('d.pcap', self.all, nano=True, big=True)
        yield 'nanoseconds, big-endian', ('d.pcap',), None
        yield 'standard input', ('-',), 'a.pcap'
        self.write('e', gzip.compress(wire.pcap(r, link), 1, mtime=0))
        yield 'gzip', ('e',), None
        if shutil.which('zstd'):
            z = subprocess.run(['zstd', '-1', '-q', '-c', os.path.join(self.tmp, 'b.pcapng')],
                               capture_output=True, check=True)
            self.write('f', z.stdout)
            yield 'zstd, pcapng', ('f',), None
        yield 'three threads', ('--threads', '3', 'a.pcap'), None
        yield 'libpcap', ('--reader', 'libpcap', 'a.pcap'), None
        yield 'libpcap, pcapng', ('--reader', 'libpcap', 'b.pcapng'), None

    def splits(self):
        """(name, {file: numbers}). Packets of one time stay in one file: nothing says in which
        order those of two files came."""
        rng = random.Random(self.case.name)
        groups = []
        for n in self.all:
            if groups and self.records[n - 2][0] == self.records[n - 1][0]:
                groups[-1].append(n)
            else:
                groups.append([n])
        once = len(self.all) > SLOW
        for turn in range(1 if once else CUTS):
            k = rng.randint(2, 5)
            at = sorted(rng.randint(0, len(groups)) for _ in range(k - 1))
            yield 'cut, %d' % turn, [groups[lo:hi] for lo, hi in zip([0, *at], [*at, None])]
        for turn in range(1 if once else DEALS):
            parts = [[] for _ in range(rng.randint(2, 3))]
            for g in groups:
                rng.choice(parts).append(g)
            yield 'dealt, %d' % turn, parts

    def several_files(self):
        """(name, file names, {file: numbers})"""
        rng = random.Random('names of ' + self.case.name)
        for title, parts in self.splits():
            where = {}
            for part in parts:
                name = '%s-%08x.pcap' % (title[:3], rng.getrandbits(32))
                where[name] = [n for group in part for n in group]
                self.pcap(name, where[name])
            names = list(where)
            rng.shuffle(names)
            title += ': ' + ' '.join('%s(%d)' % (n, len(where[n])) for n in names)
            yield title, names, where
            if title.startswith('dealt'):
                yield 'two threads, ' + title, ['--threads', '2', *names], where


def difference(one, two):
    """The first lines that differ."""
    a, b = one.splitlines(), two.splitlines()
    for i, (x, y) in enumerate(zip(a, b)):
        if x != y:
            lo = max(0, i - 3)
            return '\n'.join(['  ' + t for t in a[lo:i]] + ['- ' + t for t in a[i:i + 4]]
                             + ['+ ' + t for t in b[i:i + 4]])
    return '%d and %d lines' % (len(a), len(b))


def check(name, verbose):
    """None when the case is not of this kind, else what differs."""
    bad = []
    with tempfile.TemporaryDirectory() as tmp:
        c = Case(run.Case(name), tmp)
        if c.records is None:
            return None
        c.pcap('a.pcap', c.all)
        try:
            code, out = c.json(['a.pcap'])
        except RuntimeError as e:
            return ['cannot be audited: %s' % e]
        bases = [plain(out, {'a.pcap': c.all}, split) for split in (False, True)]

        def compare(title, names, where, stdin=None, split=False):
            base = bases[split]
            try:
                other_code, other = c.json(names, stdin)
                other = plain(other, where, split)
            except (RuntimeError, LookupError) as e:
                bad.append('%s: %r' % (title, e))
                return
            if other != base or other_code != code:
                bad.append('%s: differs' % title)
                if verbose:
                    print(name, title, '\n' + difference(base, other))

        for title, names, stdin in c.one_file():
            compare(title, names, {names[-1]: c.all}, stdin)
        # What no window can sort has no order that several files could have together.
        if json.loads(out)['inputs'][0]['order']['unsorted'] == 0:
            for title, names, where in c.several_files():
                compare(title, names, where, split=True)
    return bad


def main():
    verbose = '-v' in sys.argv
    names = [a for a in sys.argv[1:] if a != '-v'] or run.all_cases()
    failed = cases = 0
    with concurrent.futures.ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        for name, lines in zip(names, pool.map(lambda n: check(n, verbose), names)):
            cases += lines is not None
            for line in lines or ():
                print('%s: %s' % (name, line))
                failed += 1
    print('%d cases, %d differences' % (cases, failed))
    return 1 if failed or not cases else 0


if __name__ == '__main__':
    sys.exit(main())
