#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""same.py: on every audit case, an audit with a store writes what it writes without one, and a report
of the store writes it again, byte for byte; also when the store was filled by one file at a time in
another order, where the case has several. With a folder of captures, the same for each of them.

    same.py [FOLDER]"""

import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'golden'))
import audits
import run

# Options with a word of their own that a report of a store takes, too.
JUDGING = ('-S', '--site', '--role', '-R', '--rules', '--rules-dir', '-W', '--waivers', '--now', '--infer',
           '--max-memory')
READING = ('-f', '--filter', '--reader', '-r', '--format', '-o')
NOW = ['--now', '2026-11-29T00:00:00Z']


def judging(words):
    """The words of an audit that say how to judge, for a report of its store."""
    out, i = [], 1
    while i < len(words):
        if words[i] in JUDGING:
            out += words[i:i + 2]
            i += 1
        elif words[i] in READING:
            i += 1
        elif words[i] == '--strict-input':
            out.append(words[i])
        i += 1
    return out


def read(path):
    try:
        with open(path, 'rb') as f:
            return f.read()
    except OSError:
        return None


def compare(tmp, words, stdin, _=0):
    words = [w for w in words if w not in ('--digest', '-q')]
    words += [] if '--now' in words else NOW
    outs = lambda name: ['-q', '-o', name + '.json', '-o', name + '.html']
    code, _, _ = run.call(words + outs('plain'), tmp, stdin)
    plain = read(os.path.join(tmp, 'plain.json'))
    if code == 2 or plain is None:
        return None
    bad = []
    kept, _, err = run.call(words + outs('kept') + ['--store', 'it.store'], tmp, stdin)
    if kept != code:
        bad.append('with a store the exit code is %d, not %d: %s' % (kept, code, err.decode(errors='replace')))
    again, _, err = run.call(['report', '--store', 'it.store'] + judging(words) + outs('again'), tmp)
    # An input that could not be read is the audit's error, and told in the report of the store.
    if again != code and code != 3:
        bad.append('the report of the store ends with %d, not %d: %s' % (again, code, err.decode(errors='replace')))
    for name in ('kept', 'again'):
        for suffix in ('.json', '.html'):
            if read(os.path.join(tmp, name + suffix)) != read(os.path.join(tmp, 'plain' + suffix)):
                bad.append('%s%s is not what the audit wrote' % (name, suffix))
    return bad


def captures(folder):
    for root, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            if any(x in name for x in ('.pcap', '.cap', '.ntar')):
                yield os.path.join(root, name)


def all_of(folder):
    seen = failed = 0
    for path in captures(folder):
        with tempfile.TemporaryDirectory() as tmp:
            bad = compare(tmp, ['audit', os.path.abspath(path)], None)
        if bad is None:
            continue
        seen += 1
        failed += bool(bad)
        for b in bad:
            print('%s: %s' % (os.path.relpath(path, folder), b))
    print('%d captures' % seen)
    sys.exit(1 if failed or not seen else 0)


if __name__ == '__main__':
    if len(sys.argv) > 1:
        all_of(sys.argv[1])
    audits.each(compare)
