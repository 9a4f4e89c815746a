#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""draft.py: on the captures of every audit case, a draft that is the pack in force changes nothing,
and one without any rule of a paper says what two audits say."""

import json
import os
import re

import audits
import run

ARGUMENT = ('--format', '-o', '--only')


def arguments(words, extra):
    return audits.arguments(['rules', 'draft', '--json'] + extra, words, ARGUMENT)


def same(tmp, words, stdin, packs):
    extra = [w for p in packs for w in ('--draft', p)]
    code, out, err = run.call(arguments(words, extra), tmp, stdin)
    try:
        d = json.loads(out)
    except ValueError:
        return ['no document: %s' % err.decode(errors='replace')]
    bad = []
    if code not in (0, 3):
        bad.append('exit code %d' % code)
    if not d['same'] or d['worse'] or d['conversations'] or d['rules'] or \
            any(f['change'] != 'still' for f in d['findings']):
        bad.append('the same rules change something: %s' % json.dumps(d)[:400])
    if any(not x['old'] or x['old']['sha256'] != x['new']['sha256'] for x in d['drafts']):
        bad.append('the draft does not stand in the place of its pack')
    return bad


def other(tmp, words, stdin, audit, packs):
    """By crm-2011 with every second rule left out: as an audit by that."""
    if stdin or not any(p['name'] == 'crm-2011' for p in packs):
        return []
    with open(os.path.join(run.ROOT, 'rules', 'crm-2011.yaml')) as f:
        head, *rules = re.split(r'(?m)^(?=  - id: )', f.read())
    with open(os.path.join(tmp, 'draft.yaml'), 'w') as f:
        f.write(head + ''.join(r for i, r in enumerate(rules) if i % 2))
    code, out, err = run.call(arguments(words, ['--draft', 'draft.yaml']), tmp)
    if code == 2:  # the site overrides one that is left out, or a reference means nothing now
        return []
    chosen = [w for p in packs for w in
              ('-R', 'draft.yaml' if p['name'] == 'crm-2011' else p['name'])]
    words = [w for i, w in enumerate(words) if w != '-R' and (not i or words[i - 1] != '-R')]
    _, new, _ = run.call(words + ['--format', 'json'] + chosen, tmp)
    d, new = json.loads(out), json.loads(new)
    ids = lambda r: {f['id'] for f in r['findings']}
    bad = []
    for change, want in (('new', ids(new) - ids(audit)), ('gone', ids(audit) - ids(new))):
        got = {f['id'] for f in d['findings'] if f['change'] in (change, change + '-waived')}
        if got != want:
            bad.append('%s: %s, and two audits say %s' % (change, sorted(got), sorted(want)))
    return bad


def compare(tmp, words, stdin, n):
    code, out, _ = run.call(words + ['--format', 'json'], tmp, stdin)
    if code == 2:
        return None
    audit = json.loads(out)
    packs = audit['rules_packs']
    names = [p['name'] if os.path.exists(os.path.join(run.ROOT, 'rules', p['name'] + '.yaml'))
             else p['name'] + '.yaml' for p in packs]
    bad = same(tmp, words, stdin, names)
    if n % 8 == 0:
        bad += other(tmp, words, stdin, audit, packs)
    return bad


if __name__ == '__main__':
    audits.each(compare)
