#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""report.py: on every audit case, `spanaudit report` of the result document writes what the audit
itself wrote, byte for byte and in every format, and ends with the same code; and all formats of it
say the same (agree.py)."""

import os
import shutil
import sys
import tempfile

import agree
import run

MORE = ([], ['--fail-on', 'never'], ['--only', 'unexpected'], ['--only', 'contradiction'])
# Cases that are run with the options of MORE, too: one with findings of many kinds, one with
# contradictions, one with waivers.
MANY = ('sample', 'finding-contradiction', 'waiver-expired', 'infer-only')


def formats():
    code, out, _ = run.call(['audit', '--format', 'help'], run.HERE)
    return [line.split()[:2] for line in out.decode().splitlines()]


def bare(words):
    """The audit without what says where its report goes."""
    out, skip = [], False
    for w in words:
        if skip:
            skip = False
        elif w in ('--format', '-o'):
            skip = True
        elif w != '-q':
            out.append(w)
    return out


def read(path):
    with open(path, 'rb') as f:
        return f.read()


def compare(words, tmp, stdin):
    rows = formats()
    outputs = [w for _, suffix in rows for w in ('-o', 'audit' + suffix)]
    code, text, _ = run.call(words + outputs, tmp, stdin)
    if code == 2 or not os.path.exists(os.path.join(tmp, 'audit.json')):
        return []
    bad = list(agree.disagreements(lambda suffix: read(os.path.join(tmp, 'audit' + suffix)), code))
    if read(os.path.join(tmp, 'audit.txt')) != text:
        bad.append('the text is not what the audit printed')
    rcode, out, err = run.call(['report', 'audit.json'], tmp)
    if rcode != code or out != text:
        bad.append('the text is another: %s' % err.decode(errors='replace'))
    outputs = [w for _, suffix in rows for w in ('-o', 'report' + suffix)]
    if '--now' in words:
        outputs += ['--now', words[words.index('--now') + 1]]
    rcode, out, _ = run.call(['report', '-q', 'audit.json'] + outputs, tmp)
    if rcode != code or out:
        bad.append('-q ends with %d and prints %r' % (rcode, out[:80]))
    for _, suffix in rows:
        if read(os.path.join(tmp, 'report' + suffix)) != read(os.path.join(tmp, 'audit' + suffix)):
            bad.append('-o report%s is another' % suffix)
    return bad


def odd_names(bad):
    """Names that are no UTF-8, of a file and of its folder, which the document has to say in another
    way than the audit."""
    with tempfile.TemporaryDirectory() as tmp:
        odd = os.fsencode(tmp) + b'/n\xe4cht\xff \xc0\xaf.pcapng'
        shutil.copy(os.path.join(run.ROOT, 'pcaps', 'lab.pcapng'), odd)
        words = ['audit', '--site', os.path.join(run.ROOT, 'pcaps', 'lab-site.yaml'), os.fsdecode(odd)]
        for line in compare(words, tmp, None):
            print('odd names: %s' % line)
            bad += 1
        if b'n\\xe4cht\\xff' not in read(os.path.join(tmp, 'audit.txt')):
            print('odd names: the bytes are not told')
            bad += 1
    return bad


def main():
    bad = seen = 0
    for name in run.all_cases():
        case = run.Case(name)
        words, stdin = case.command()
        if words[0] != 'audit':
            continue
        for more in MORE if name in MANY else MORE[:1]:
            with tempfile.TemporaryDirectory() as tmp:
                shutil.copytree(case.folder, tmp, dirs_exist_ok=True,
                                ignore=shutil.ignore_patterns('expected*', '__pycache__'))
                os.mkdir(os.path.join(tmp, 'pcaps'))
                for word in words:
                    if word.startswith('pcaps/'):
                        shutil.copy(os.path.join(run.ROOT, word), os.path.join(tmp, 'pcaps'))
                found = compare(bare(words) + more, tmp, stdin and os.path.join(tmp, stdin))
            seen += 1
            for line in found:
                print('%s %s: %s' % (name, ' '.join(more), line))
            bad += bool(found)
    bad = odd_names(bad)
    print('%d audits, %d of them wrong' % (seen, bad))
    return 1 if bad or seen < 100 else 0


if __name__ == '__main__':
    sys.exit(main())
