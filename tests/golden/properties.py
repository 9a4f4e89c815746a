#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What must not change a result: how the packets came in.

Every golden case is read again as pcapng, with nanoseconds, in the other byte order, in two and in
three files, named in the wrong order, and from standard input. (truncation.c cuts packets.)

    properties.py [-v] [CASE...]
"""

import concurrent.futures
import json
import os
import struct
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, '..', '..', 'pcaps', 'gen')]

import run  # noqa: E402
import wire  # noqa: E402


def records(path):
    """(ns, bytes) of a little-endian pcap with microseconds, as the generator writes it."""
    with open(path, 'rb') as f:
        data = f.read()
    at, out = 24, []
    while at < len(data):
        sec, usec, n, size = struct.unpack_from('<IIII', data, at)
        assert n == size
        out.append((sec * 10**9 + usec * 1000, data[at + 16:at + 16 + n]))
        at += 16 + n
    return out


def strip(frame):
    """The IP packet, or None, and the MAC of the sender."""
    at = 12
    while struct.unpack_from('>H', frame, at)[0] in (0x8100, 0x88a8):
        at += 4
    return frame[at + 2:], frame[6:12]


def plain(document):
    """What the packets mean, without where they were read."""
    d = json.loads(document)
    return {
        'verdict': d['verdict'],
        'rules': {r['id']: (r['result'], r['conversations']) for r in d['rules']},
        'findings': [(f['id'], f['kind'], f['severity'], f['state'], f['flows'], f['folded'],
                      f['why'], f['first'], f['last']) for f in d['findings']],
        'conversations': [{k: v for k, v in c.items() if k != 'bytes'} for c in d['conversations']],
        'dynamic_rpc': [{k: v for k, v in r.items() if k != 'granted_by'}
                        for r in d['dynamic_rpc']],
        'summary': d['summary'],
    }


class Case:
    def __init__(self, case, tmp):
        self.case, self.tmp = case, tmp
        self.records = records(case.path('capture.pcap'))
        words, _ = case.command()
        self.options = [w for w in words if w not in ('audit', 'capture.pcap')]
        with open(case.path('site.yaml'), 'rb') as f:
            self.write('site.yaml', f.read())

    def write(self, name, data):
        with open(os.path.join(self.tmp, name), 'wb') as f:
            f.write(data)

    def json(self, *names, stdin=None):
        code, out, err = run.call(['audit', *self.options, '--format', 'json', *names], self.tmp,
                                  stdin and os.path.join(self.tmp, stdin))
        if b'Sanitizer' in err or b'runtime error' in err or code not in (0, 1, 4):
            raise RuntimeError('exit code %d: %s' % (code, err.decode(errors='replace')[:600]))
        return code, out

    def forms(self):
        """(name, arguments, standard input)"""
        r = self.records
        self.write('a.pcap', wire.pcap(r))
        yield 'the same file', ('a.pcap',), None
        self.write('b.pcapng', wire.pcapng(r))
        yield 'pcapng', ('b.pcapng',), None
        self.write('c.pcapng', wire.pcapng(r, big=True))
        yield 'pcapng, big-endian', ('c.pcapng',), None
        self.write('d.pcap', wire.pcap(r, nano=True, big=True))
        yield 'nanoseconds, big-endian', ('d.pcap',), None
        yield 'standard input', ('-',), 'a.pcap'
        if len(r) >= 6:
            for n in (2, 3):
                names, cuts = [], [i * len(r) // n for i in range(1, n)]
                for i, (lo, hi) in enumerate(zip((0, *cuts), (*cuts, len(r)))):
                    names.append('part%d-%d.pcap' % (n, i))
                    self.write(names[-1], wire.pcap(r[lo:hi]))
                yield '%d files' % n, tuple(names), None
                yield '%d files in the wrong order' % n, tuple(reversed(names)), None


def check(name, verbose):
    bad = []
    with tempfile.TemporaryDirectory() as tmp:
        c = Case(run.Case(name), tmp)
        forms = list(c.forms())
        code, out = c.json(*forms[0][1])
        if c.json(*forms[0][1]) != (code, out):
            bad.append('two runs differ')
        base = plain(out)
        for title, args, stdin in forms[1:]:
            try:
                other_code, other = c.json(*args, stdin=stdin)
            except RuntimeError as e:
                bad.append('%s: %s' % (title, e))
                continue
            other = plain(other)
            diff = [k for k in base if base[k] != other[k]]
            if diff or other_code != code:
                bad.append('%s: differs in %s' % (title, ', '.join(diff) or 'exit code'))
                if verbose:
                    for k in diff:
                        print(k, '\n   ', base[k], '\n   ', other[k])
    return bad


def main():
    verbose = '-v' in sys.argv
    names = [a for a in sys.argv[1:] if a != '-v'] or [
        n for n in run.all_cases() if os.path.exists(os.path.join(HERE, n, 'capture.pcap'))
        and run.Case(n).command() == (['audit', '--site', 'site.yaml', 'capture.pcap'], None)]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        for name, lines in zip(names, pool.map(lambda n: check(n, verbose), names)):
            for line in lines:
                print('%s: %s' % (name, line))
                failed += 1
    print('%d cases, %d differences' % (len(names), failed))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
