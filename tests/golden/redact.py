#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""redact.py: with --redact, no address, name, path or network card of an audit case stands in any
format, every figure and the exit code are those of the plain report, the formats still agree, and
one host is one pseudonym in all of them."""

import json
import os
import re
import shutil
import sys
import tempfile

import agree
import run

# Names that are words of every report; they give nobody away.
WORDS = re.compile(r'[a-z-]+$', re.I)
GROUP = re.compile(r'(22[4-9]|23\d)\.|255\.255\.255\.255$|ff[0-9a-f]{2}:', re.I)  # nobody's own
CARD = re.compile(r'\b[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}\b')


def leaves(value, key=None):
    if isinstance(value, dict):
        for k, v in value.items():
            yield from leaves(v, k)
    elif isinstance(value, list):
        for v in value:
            yield from leaves(v, key)
    else:
        yield key, value


def secrets(document):
    """What must not be found again."""
    found = set()
    for key, value in leaves(document):
        if not isinstance(value, str):
            continue
        if key in ('address', 'network', 'client', 'server', 'by_address'):
            found.add(value.split('/')[0] if key == 'network' and value.endswith('/32') else value)
        elif key in ('host', 'name', 'path', 'input', 'file', 'owner', 'approved_by', 'ticket',
                     'files'):
            if not WORDS.match(value) and value != '-':
                found.add(value)
        found.update(CARD.findall(value))
    names = {p['name'] for p in document['rules_packs']}
    names |= {i['name'] for r in document['dynamic_rpc'] + document['conversations']
              for i in r['interfaces'] if i['name']}
    return {w for w in found - names - {document['tool']['name']} if not GROUP.match(w)}


def found_in(words, data):
    text = data.decode(errors='replace').lower()
    return {w for w in words if w.lower() in text and
            re.search(r'(?<![\w.:])%s(?![\w:]|\.\w)' % re.escape(w.lower()), text)}


def redacted(words, tmp, stdin, rows):
    outputs = [w for _, suffix in rows for w in ('-o', 'redacted' + suffix)]
    code, _, err = run.call(words + ['-q', '--redact'] + outputs, tmp, stdin)
    out = {}
    for _, suffix in rows:
        with open(os.path.join(tmp, 'redacted' + suffix), 'rb') as f:
            out[suffix] = f.read()
    return code, out


def compare(words, tmp, stdin):
    rows = [line.split()[:2] for line in
            run.call(['audit', '--format', 'help'], tmp)[1].decode().splitlines()]
    code, plain, _ = run.call(words + ['--format', 'json'], tmp, stdin)
    if code == 2:
        return []
    plain = json.loads(plain)
    hide = secrets(plain)
    rcode, out = redacted(words, tmp, stdin, rows)
    again = redacted(words, tmp, stdin, rows)[1]
    document = json.loads(out['.json'])
    bad = ['redacted: ' + line for line in agree.disagreements(out.get, rcode)]
    if rcode != code:
        bad.append('ends with %d, not with %d' % (rcode, code))
    for row in plain['summary']['not_judged'] + document['summary']['not_judged']:
        row.pop('reason')  # has names in it
    for key in ('summary', 'verdict', 'window', 'timeline'):
        if document[key] != plain[key]:
            bad.append('another %s' % key)
    facts = [[(f['kind'], f['severity'], f['rule'], f['transport'], f['port'], f['first'])
              for f in d['findings']] for d in (plain, document)]
    if facts[0] != facts[1]:
        bad.append('findings are in another order')
    if out['.json'] == again['.json']:
        bad.append('two runs have the same pseudonyms')
    for _, suffix in rows:
        # By chance a pseudonym is an address of another host; not under two secrets.
        left = found_in(hide, out[suffix]) & found_in(hide, again[suffix])
        if left:
            bad.append('%s has %s' % (suffix, ', '.join(sorted(left))))
    hosts = {f['client']['host'] for f in document['findings'] if f['client']['host']}
    bad += ['%s is not in %s' % (h, suffix) for h in hosts for suffix in ('.txt', '.csv', '.md')
            if h not in out[suffix].decode()]
    return bad


def main():
    bad = seen = 0
    names = sys.argv[1:] or run.all_cases()
    for name in names:
        case = run.Case(name)
        words, stdin = case.command()
        if words[0] != 'audit' or '-q' in words or '-o' in words or '--format' in words:
            continue
        with tempfile.TemporaryDirectory() as tmp:
            shutil.copytree(case.folder, tmp, dirs_exist_ok=True,
                            ignore=shutil.ignore_patterns('expected*', '__pycache__'))
            os.mkdir(os.path.join(tmp, 'pcaps'))
            for word in words:
                if word.startswith('pcaps/'):
                    shutil.copy(os.path.join(run.ROOT, word), os.path.join(tmp, 'pcaps'))
            found = compare(words, tmp, stdin and os.path.join(tmp, stdin))
        seen += 1
        for line in found:
            print('%s: %s' % (name, line))
        bad += bool(found)
    print('%d audits, %d of them wrong' % (seen, bad))
    return 1 if bad or not seen else 0


if __name__ == '__main__':
    sys.exit(main())
