#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Audits every public capture: no crash, no sanitizer report, and counters that balance.

    read = decoded + the sum of skipped
    conversations = listed + folded + out of scope + evicted

A file that is refused must say why and what to do, and end with exit code 3.
"""

import collections
import concurrent.futures
import csv
import os
import sys

import common

ROLES = ('dc=10.0.0.0/8', 'crm-web=192.168.0.0/16', 'sql=172.16.0.0/12')


def audit(folder, name):
    """(name, problem or None, class, packets)"""
    try:
        code, out, err = common.run_capture('audit', os.path.join(folder, name), '--format', 'json',
                                            *sum((('--role', r) for r in ROLES), ()))
    except common.subprocess.TimeoutExpired:
        return name, 'takes more than five minutes', 'slow', 0
    words = err.decode(errors='replace')
    if common.sanitizer(err):
        return name, common.sanitizer(err), 'sanitizer', 0
    if code == 3:
        if ': error: ' not in words or len(words.splitlines()) < 2:
            return name, 'refused without saying why and what to do: %r' % words, 'refused', 0
        try:
            packets = common.load(out)['coverage']['packets'] if out.strip() else 0
        except (ValueError, KeyError) as e:
            return name, 'the result of a refused file: %s' % e, 'refused', 0
        return name, None if packets == 0 else 'refused, but %d packets' % packets, \
            'refused: ' + words.split('\n')[0].split(': error: ')[-1], 0
    if code not in (0, 1, 4):
        return name, 'exit code %d: %s' % (code, words[:300]), 'failed', 0
    d = common.load(out)
    c, s = d['coverage'], d['summary']
    if c['packets'] != c['decoded'] + sum(c['skipped'].values()):
        return name, 'packets %d, decoded %d, skipped %s' % (c['packets'], c['decoded'],
                                                            c['skipped']), 'unbalanced', 0
    if s['all_conversations'] != s['listed'] + s['folded'] + s['out_of_scope_conversations'] \
            + s['evicted']:
        return name, 'conversations do not balance: %s' % {
            k: s[k] for k in ('all_conversations', 'listed', 'folded',
                              'out_of_scope_conversations', 'evicted')}, 'unbalanced', 0
    if sum(s['conversations'].values()) + s['evicted'] != s['all_conversations']:
        return name, 'verdicts do not add up', 'unbalanced', 0
    klass = 'exit code %d' % code
    caveat = d['inputs'][0]['caveat']
    return name, None, klass + (', cut or damaged' if caveat else ''), c['packets']


def main():
    folder = common.captures()
    with open(os.path.join(folder, 'MANIFEST.tsv'), newline='') as f:
        rows = list(csv.DictReader(f, delimiter='\t', quoting=csv.QUOTE_NONE))
    names = [r['path'] for r in rows]
    if len(sys.argv) > 1:
        names = [n for n in names if any(w in n for w in sys.argv[1:])]
    classes, problems, packets = collections.Counter(), [], 0
    expected = {r['path']: r['packets'] for r in rows}
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for name, problem, klass, n in pool.map(lambda x: audit(folder, x), names):
            classes[klass] += 1
            packets += n
            # capinfos counted the same packets, where it could read the file to its end; it says 0
            # of link types that Wireshark does not know.
            if not problem and klass.startswith('exit') and expected[name].isdigit() \
                    and int(expected[name]) not in (0, n):
                problem = '%d packets read, capinfos says %s' % (n, expected[name])
            if problem:
                problems.append('%s: %s' % (name, problem))
    print('%d captures, %d packets' % (len(names), packets))
    for klass, n in sorted(classes.items(), key=lambda x: -x[1]):
        print('%6d  %s' % (n, klass))
    for line in problems:
        print(line)
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main())
