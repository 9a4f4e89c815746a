#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A quiet day of a whole deployment, and the same day with deviations planted.

pcaps/gen/quiet_night.py makes the captures (some 175,000 packets each); they are made anew for each run
and are not part of the tree. Nothing on the quiet day may be worse than `info`, nothing be missing,
and the exit code be 0. With deviations, each is found as what it is, and nothing else is: findings
are compared by kind, severity, ends and port with night/findings.tsv. Cut into files, and dealt to
files that overlap, the whole document stays the same.

    night.py              all of this
    night.py NAME...      the day with these deviations only
    night.py --update     writes night/expected.txt, the report of the quiet day without its tables of
                          rules and RPC, conversations and roles
"""

import json
import os
import random
import re
import shutil
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, '..', '..', 'pcaps', 'gen')]

import properties  # noqa: E402
import run  # noqa: E402
from quiet_night import PLANTED, night  # noqa: E402
import wire  # noqa: E402

FOLDER = os.path.join(HERE, 'night')
bad = []


def check(good, what):
    if not good:
        print(what)
        bad.append(what)


def audit(where, names, *options):
    return run.call(['audit', '--site', 'site.yaml', *options, *names], where)


def end(e):
    """As short as a fact: a name, a network, an address, or roles."""
    return e['host'] or e['network'] or e['address'] or ' '.join(e['roles']) or '-'


def facts(document):
    for f in document['findings']:
        port = '%s/%s' % (f['port'], f['transport']) if f['port'] else '-'
        yield '\t'.join((f['severity'], f['kind'], end(f['client']), end(f['server']), port))


def wanted(names):
    """Of night/findings.tsv: deviation, then what it is found as. `quiet` is always there."""
    with open(os.path.join(FOLDER, 'findings.tsv'), encoding='utf-8') as f:
        for line in f:
            name, _, fact = line.rstrip('\n').partition('\t')
            if fact and not name.startswith('#') and name in ('quiet', *names):
                yield fact


def short(report):
    """The first page, what can be trusted, and the findings."""
    text = run.less(report)
    return re.sub(rb'(?ms)^DYNAMIC RPC\n-.*?(?=^INPUTS\n)', b'', text)


def compare(old, new, what):
    if old != new:
        a, b = old.splitlines(), new.splitlines()
        check(False, '%s:\n%s' % (what, '\n'.join(
            ['- ' + x for x in sorted(set(a) - set(b))] + ['+ ' + x for x in sorted(set(b) - set(a))]
            or ['the order differs, or how often a line is there'])))


def planted(tmp, names):
    """The day with these deviations: exactly their findings."""
    night(names).write(os.path.join(tmp, 'planted.pcap'))
    code, out, err = audit(tmp, ['planted.pcap'], '--format', 'json')
    check(code in (0, 1), 'exit code %d: %s' % (code, err.decode(errors='replace')[:600]))
    compare('\n'.join(sorted(wanted(names))), '\n'.join(sorted(facts(json.loads(out)))),
            'findings with %s' % ' '.join(names))


def quiet(tmp, update):
    scene = night()
    scene.write(os.path.join(tmp, 'quiet.pcap'))
    code, out, err = audit(tmp, ['quiet.pcap'])
    check(code == 0, 'the quiet day: exit code %d: %s' % (code, err.decode(errors='replace')[:600]))
    path = os.path.join(FOLDER, 'expected.txt')
    if update:
        with open(path, 'wb') as f:
            f.write(short(out))
    with open(path, encoding='utf-8') as f:
        compare(f.read(), short(out).decode(), 'the report of the quiet day')
    return list(scene.frames())


def judged(document):
    """What must hold of the quiet day in any words."""
    check(all(f['severity'] == 'info' for f in document['findings']), 'worse than info')
    check(not [r['id'] for r in document['rules'] if r['result'] == 'violated'], 'a rule is violated')
    why = {r['reason'] for r in document['rules'] if r['result'] == 'not-judged'}
    # Nothing may stay open for want of time or of sight.
    check(not [w for w in why if not re.match(r'no host has|switched off|same host', w)],
          'not judged: %s' % why)
    compare('\n'.join(sorted(wanted([]))), '\n'.join(sorted(facts(document))), 'quiet findings')


def splits(tmp, frames):
    code, out, _ = audit(tmp, ['quiet.pcap'], '--format', 'json')
    judged(json.loads(out))
    base = properties.plain(out, {'quiet.pcap': range(1, len(frames) + 1)}, True)
    rng = random.Random('night')
    at = sorted(rng.randrange(len(frames)) for _ in range(2))
    cuts = [range(lo, hi) for lo, hi in zip([0, *at], [*at, len(frames)])]
    deals = [[], [], []]
    last, part = None, 0
    for i, (ts, _) in enumerate(frames):
        part = part if ts == last else rng.randrange(3)
        last = ts
        deals[part].append(i)
    for title, parts in (('cut', cuts), ('dealt', deals)):
        where = {}
        for k, part in enumerate(parts):
            name = '%s-%d.pcap' % (title, k)
            with open(os.path.join(tmp, name), 'wb') as f:
                f.write(wire.pcap(frames[i] for i in part))
            where[name] = [i + 1 for i in part]
        names = list(where)
        rng.shuffle(names)
        _, other, _ = audit(tmp, names, '--format', 'json')
        other = properties.plain(other, where, True)
        check(other == base, '%s into files: differs\n%s' % (
            title, properties.difference(base, other) if other != base else ''))


def main():
    names = [a for a in sys.argv[1:] if not a.startswith('-')]
    with tempfile.TemporaryDirectory(dir=os.environ.get('NIGHT_DIR')) as tmp:
        shutil.copy(os.path.join(FOLDER, 'site.yaml'), tmp)
        if names:
            planted(tmp, names)
        else:
            frames = quiet(tmp, '--update' in sys.argv)
            splits(tmp, frames)
            planted(tmp, list(PLANTED))
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
