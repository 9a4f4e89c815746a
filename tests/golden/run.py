#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs golden cases: a capture in, every report out, compared byte for byte.

    run.py CASE...            compare; a unified diff for what differs
    run.py --update CASE...   write what came out as expected, after you have read it
    run.py --make CASE...     make the case's capture anew with its make.py

A case is a folder:

    README.md      what it proves and how the capture was made
    make.py        makes the captures (imports pcaps/gen); a test compares the bytes
    *.pcap ...     the captures, also in folders
    site.yaml      the inventory, if any
    cmd            arguments of spanaudit, one line, shell quoting; the default is
                   `audit --site site.yaml capture.pcap`. `< FILE` at the end feeds standard input,
                   words that begin with pcaps/ are files of that folder of the tree.
    exit           the exit code
    expected.txt   the text report, without the table of rules, see less()
    expected.json  the result document in short, see reduce()
    expected-full.json, expected-full.txt  the whole document and report; only where the case
                   has one
    expected.err   standard error; only where the case has one

The environment names the tool (SPANAUDIT, default: spanaudit on the path) and the source tree is
found from this file.
"""

import argparse
import difflib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TOOL = os.environ.get('SPANAUDIT', 'spanaudit')
SKIP = 77


def environment():
    keep = {k: v for k, v in os.environ.items()
            if k in ('PATH', 'LD_LIBRARY_PATH', 'ASAN_OPTIONS', 'UBSAN_OPTIONS', 'LSAN_OPTIONS')}
    keep.update(TZ='UTC', LC_ALL='C.UTF-8', NO_COLOR='1', COLUMNS='80', TERM='dumb',
                HOME='/nonexistent', SOURCE_DATE_EPOCH='1714550400',
                SPANAUDIT_RULES_PATH=os.path.join(ROOT, 'rules'))
    keep.setdefault('UBSAN_OPTIONS', 'print_stacktrace=1:halt_on_error=1')
    return keep


def call(args, cwd, stdin=None):
    """Runs the tool; (code, stdout, stderr)."""
    with open(stdin or os.devnull, 'rb') as f:
        p = subprocess.run([TOOL] + args, cwd=cwd, stdin=f, capture_output=True,
                           env=environment(), timeout=120)
    return p.returncode, p.stdout, p.stderr


def less(text):
    """The text report without its table of rules, which says the same for every case (what it came
    to is in expected.json), and without the digests of the packs."""
    text = re.sub(rb'(?ms)^RULES \(\d+\)\n.*?(?=^[A-Z][A-Z ]+(?: \(\d+\))?\n-{20})', b'', text)
    return re.sub(rb'(rule pack \S+\n  sha256 )[0-9a-f]{64}', rb'\1(of the pack)', text)


def reduce(document):
    """The result document without what would make every case change with every word of a rule:
    rules by result only, nothing of the tool and of digests of the packs, no zeros in tallies."""
    d = dict(document)
    d.pop('tool', None)
    d.get('site', {}).pop('sha256', None)
    d.pop('schema', None)
    d.pop('run', None)  # the case's cmd
    d.get('window', {}).pop('observed_ns', None)
    for key in ('tcp_bytes', 'tcp_unseen_bytes', 'tcp_flows', 'one_way_flows'):  # the ratios say it
        d.get('coverage', {}).pop(key, None)
    not_judged = [n for n in d.get('summary', {}).pop('not_judged', [])
                  if not (n['reason'] or '').startswith('no host has the role')]
    if not_judged:
        d['summary']['not_judged'] = [
            '%d of %s at %s: %s' % (n['demands'], ' '.join(n['client_role']),
                                    ' '.join(n['server_role']), n['reason']) for n in not_judged]
    if len(d.get('timeline', {}).get('steps', [])) < 2:  # it says what coverage and summary say
        d.pop('timeline', None)
    if not d.get('summary', {}).get('scan_attempts'):
        d.get('summary', {}).pop('scan_attempts', None)
    d['rules_packs'] = [p.get('name') for p in d.get('rules_packs', [])]
    rules = {}
    for r in d.get('rules', []):
        key = r['result'] + (': ' + r['reason'] if r.get('reason') else '')
        rules.setdefault(key, []).append(r['id'])
    rules.pop('unused', None)
    d['rules'] = {k: ' '.join(v) for k, v in sorted(rules.items())}
    for whole, part in (('coverage', 'skipped'), ('coverage', 'noted'), ('coverage', 'fragmented'),
                        ('summary', 'conversations')):
        if part in d.get(whole, {}):
            d[whole][part] = {k: v for k, v in d[whole][part].items() if v}
    learned = d.get('coverage', {}).pop('learned', {})
    learned = {k: v for k, v in learned.items() if v and k not in ('streams', 'sightings')}
    if learned:
        d['coverage']['learned'] = learned
    for i in d.get('inputs', []):
        if not i.get('order', {}).get('late') and not i.get('order', {}).get('strange_times') \
                and not i.get('order', {}).get('untimed'):
            i.pop('order', None)
    for rows, keys in (('inputs', ('compression', 'same_as', 'note')),
                       ('conversations', ('vlan', 'tunnel', 'tunnel_id', 'interfaces'))):
        for row in d.get(rows, []):
            for key in keys:
                if row.get(key, '') in (None, []):
                    del row[key]
    for row in d.get('dynamic_rpc', []):
        for key in ('reason', 'folded', 'more_ports'):
            if row.get(key, '') in (None, 0):
                del row[key]
    for rows in (d.get('findings', []), d.get('conversations', [])):
        for row in rows:
            row.pop('rule_pack', None)
            row.pop('example_flow', None)  # a test of its own looks at it
    for row in d.get('roles', []):
        row.pop('grade', None)  # each of its roles says the same
        row.pop('facts', None)
        for known in row.get('roles', []) + row.get('traffic', []):
            for packet in known.get('evidence', []):
                packet.pop('fact', None)
        declared = {r['role'] for r in row.get('roles', []) if r['grade'] == 'declared'}
        inferred = {r['role'] for r in row.get('roles', [])} - declared
        # What traffic says of a declared role, or says above, is not said once more.
        row['traffic'] = [t for t in row.get('traffic', []) if t['role'] not in declared | inferred]
        for key in ('same_host_as', 'traffic', 'left_aside'):
            if row.get(key, '') in (None, []):
                del row[key]
        for r in row.get('roles', []):
            if not r.get('evidence', ['']):
                del r['evidence']
    for f in d.get('findings', []):
        for key in ('rule', 'nearest_rule'):
            if isinstance(f.get(key), dict):
                f[key] = {k: v for k, v in f[key].items() if k in ('id', 'why_not')}
    return d


def pretty(document):
    """One leaf object a line: short enough to be read in a diff."""
    text = json.dumps(document, indent=1, ensure_ascii=False)
    flat = re.compile(r'\{[^{}\[\]]*\}|\[[^{}\[\]]*\]')
    for _ in range(2):
        text = flat.sub(lambda m: m.group(0) if len(' '.join(m.group(0).split())) > 160
                        else ' '.join(m.group(0).split()), text)
    return text + '\n'


class Case:
    def __init__(self, name):
        self.name = name
        self.folder = os.path.join(HERE, name)

    def path(self, name):
        return os.path.join(self.folder, name)

    def read(self, name, default=None):
        if not os.path.exists(self.path(name)):
            return default
        with open(self.path(name), 'rb') as f:
            return f.read()

    def command(self):
        words = shlex.split(self.read('cmd', b'audit --site site.yaml capture.pcap').decode())
        stdin = None
        if len(words) > 1 and words[-2] == '<':
            words, stdin = words[:-2], words[-1]
        return words, stdin

    def outcome(self):
        """{file name: bytes} of everything that the case compares."""
        words, stdin = self.command()
        got = {}
        with tempfile.TemporaryDirectory() as tmp:
            shutil.copytree(self.folder, tmp, dirs_exist_ok=True,
                            ignore=shutil.ignore_patterns('expected*', '__pycache__'))
            os.mkdir(os.path.join(tmp, 'pcaps'))
            for word in words:  # captures that are more than a test's
                if word.startswith('pcaps/'):
                    shutil.copy(os.path.join(ROOT, word), os.path.join(tmp, 'pcaps'))
            stdin = stdin and os.path.join(tmp, stdin)
            code, out, err = call(words, tmp, stdin)
            got['exit'] = b'%d\n' % code
            got['expected-full.txt'] = out
            got['expected.txt'] = less(out)
            got['expected.err'] = err
            as_json = {'audit': ['--format', 'json'], 'doctor': ['--json']}.get(words and words[0])
            if as_json and code in (0, 1, 3, 4) and as_json[0] not in words:
                jcode, jout, jerr = call(words + as_json, tmp, stdin)
                if jcode != code:
                    got['exit'] += b'%d as JSON\n' % jcode
                try:
                    document = json.loads(jout)
                except ValueError as e:
                    document = {'not JSON': str(e), 'stderr': jerr.decode(errors='replace')}
                got['expected-full.json'] = jout
                got['expected.json'] = pretty(reduce(document)).encode()
        return got

    def wanted(self, got):
        """Which of these files the case compares."""
        names = ['exit', 'expected.txt']
        if 'expected.json' in got:
            names.append('expected.json')
        names += [n for n in ('expected-full.json', 'expected-full.txt', 'expected.err')
                  if os.path.exists(self.path(n)) and n in got]
        if 'expected.err' not in names and got.get('expected.err'):
            names.append('expected.err')
        return names

    def check(self):
        got = self.outcome()
        good = True
        for name in self.wanted(got):
            old = self.read(name, b'').decode(errors='replace').splitlines(keepends=True)
            new = got[name].decode(errors='replace').splitlines(keepends=True)
            if self.read(name, b'') != got[name]:
                good = False
                sys.stdout.writelines(difflib.unified_diff(
                    old, new, '%s/%s' % (self.name, name), 'what came out'))
        return good

    def update(self):
        got = self.outcome()
        for name in self.wanted(got):
            if name == 'expected.err' and not got[name]:
                continue
            with open(self.path(name), 'wb') as f:
                f.write(got[name])

    def make(self, folder):
        """Runs make.py so that captures land in `folder`."""
        env = dict(os.environ, PYTHONPATH=os.path.join(ROOT, 'pcaps', 'gen'),
                   PYTHONDONTWRITEBYTECODE='1')
        subprocess.run([sys.executable, self.path('make.py')], cwd=folder, env=env, check=True)

    def check_make(self):
        """The committed captures are what make.py makes."""
        if not os.path.exists(self.path('make.py')):
            return True
        good = True
        with tempfile.TemporaryDirectory() as tmp:
            self.make(tmp)
            for folder, _, names in sorted(os.walk(tmp)):
                for path in (os.path.join(folder, n) for n in sorted(names)):
                    name = os.path.relpath(path, tmp)
                    with open(path, 'rb') as f:
                        if f.read() != self.read(name):
                            print('%s/%s is not what make.py makes' % (self.name, name))
                            good = False
        return good


def check_sample():
    """pcaps/sample.pcap is what its generator makes."""
    with tempfile.TemporaryDirectory() as tmp:
        new = os.path.join(tmp, 'sample.pcap')
        subprocess.run([sys.executable, '-B', os.path.join(ROOT, 'pcaps', 'gen', 'sample.py'), new],
                       check=True)
        with open(new, 'rb') as f, open(os.path.join(ROOT, 'pcaps', 'sample.pcap'), 'rb') as g:
            return f.read() == g.read()


def all_cases():
    return sorted(n for n in os.listdir(HERE) if os.path.exists(os.path.join(HERE, n, 'README.md')))


def check_list():
    """meson.build names every case."""
    with open(os.path.join(HERE, 'meson.build')) as f:
        listed = re.findall(r"^    '([a-z0-9-]+)',$", f.read(), re.M)
    for name in sorted(set(listed) ^ set(all_cases())):
        print('%s is in meson.build or has a folder, not both' % name)
    return sorted(listed) == all_cases()


def main():
    ap = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    ap.add_argument('--update', action='store_true')
    ap.add_argument('--make', action='store_true')
    ap.add_argument('--makes', action='store_true', help='only compare captures with make.py')
    ap.add_argument('case', nargs='+', help='a folder name, or ALL')
    o = ap.parse_args()
    cases = all_cases() if o.case == ['ALL'] else [c.rstrip('/') for c in o.case]
    bad = []
    if o.makes and o.case == ['ALL']:
        bad += [] if check_sample() else ['pcaps/sample.pcap']
        bad += [] if check_list() else ['meson.build']
    for name in cases:
        case = Case(name)
        if not os.path.exists(case.path('README.md')):
            sys.exit('run.py: there is no case %s' % name)
        if o.make:
            case.make(case.folder)
        elif o.makes:
            if not case.check_make():
                bad.append(name)
        elif o.update:
            case.update()
        elif not case.check():
            bad.append(name)
    if bad:
        print('differs: %s' % ' '.join(bad))
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
