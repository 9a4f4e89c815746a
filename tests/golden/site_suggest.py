#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A site file that was suggested from a capture judges that capture as the one that people wrote.

Each of CASES is a capture and the site file that belongs to it. The audit with what `site suggest`
makes of the capture, its guesses accepted, gives each conversation and each finding the same verdict:
compared by address, since names are a matter of taste. Without the guesses only what involves the
guessed hosts may differ. What is suggested from any capture of the other tests is clean to `site lint`.
"""

import collections
import json
import os
import re
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE]

import run  # noqa: E402

ROOT = run.ROOT


class Failed(Exception):
    pass


def call(args, codes=(0,)):
    code, out, err = run.call(args, ROOT)
    if code not in codes:
        raise Failed('spanaudit %s: exit code %d\n%s' % (' '.join(args), code, err.decode()))
    return out.decode()


def accepted(text):
    """With every guess taken for true. One that stands below an entry takes its place."""
    lines = []
    for line in text.split('\n'):
        if '#? ' not in line:
            lines.append(line)
            continue
        line = line.replace('#? ', '', 1)
        name = re.match(r'  - \{name: (?:"(?:[^"\\]|\\.)*"|[^,]*),|  [a-z-]+: ', line)
        if name:
            lines = [x for x in lines if not x.startswith(name.group(0))]
        if line in lines:
            continue
        lines.append(line)
    return '\n'.join(lines)


def end(e):
    return e['address'] or e.get('network') or ' '.join(e['roles'])


def judged(site, capture):
    """What the audit says, without names: conversations, findings."""
    d = json.loads(call(['audit', '--site', site, '--format', 'json', capture], (0, 1, 4)))
    talks = collections.Counter(
        (end(c['client']), end(c['server']), c['transport'], c['server_port'], c['state'],
         c['verdict']) for c in d['conversations'])
    findings = collections.Counter(
        (f['kind'], f['severity'], end(f['client']), end(f['server']), f['transport'], f['port'])
        for f in d['findings'])
    return talks, findings


def differences(mine, theirs):
    return sorted(set((mine - theirs).elements()) | set((theirs - mine).elements()), key=str)


def compare(capture, site, tmp, limits, accept):
    text = call(['site', 'suggest', capture])
    if accept:
        text = accepted(text)
    mine = os.path.join(tmp, 'mine.yaml')
    with open(mine, 'w', encoding='utf-8') as f:
        f.write(text + limits)
    call(['site', 'lint', mine])
    a, b = judged(mine, capture), judged(site, capture)
    return differences(a[0], b[0]), differences(a[1], b[1]), sum(b[0].values()), sum(b[1].values())


CASES = {
    # The recording of a real domain controller and real members. CRM's web server is an nginx that
    # answers `/main.aspx` without a word of CRM's: nothing proves that it is one, so it is a guess,
    # and with it the router on it, the mail profile and the users' networks.
    'lab': ('pcaps/lab.pcapng', 'pcaps/lab-site.yaml', 'limits: {judge-after: 15s}\n',
            ['10.44.1.11', 'fd5c:31e8:44:1::11', '10.44.5.17', 'fd5c:31e8:44:5::17']),
}


def about(difference, client, guessed):
    """It is about a guessed host, or about a role, which is about all who have it."""
    return bool(set(difference) & set(guessed)) or not re.match(r'[0-9a-f]+[.:]', client)


def check_verdicts(name, tmp):
    capture, site, limits, guessed = CASES[name]
    talks, findings, n_talks, n_findings = compare(capture, site, tmp, limits, True)
    for d in talks + findings:
        raise Failed('%s: with the guesses accepted: %s' % (name, d))
    talks, findings, _, _ = compare(capture, site, tmp, limits, False)
    for d in [d for d in talks if not about(d, d[0], guessed)] \
            + [d for d in findings if not about(d, d[2], guessed)]:
        raise Failed('%s: without the guesses: %s' % (name, d))
    if not talks:
        raise Failed('%s: nothing hangs on the guesses any more: say so in CASES' % name)
    print('%s: %d conversations and %d findings are the same with the guesses accepted; %d and %d '
          'hang on them' % (name, n_talks, n_findings, len(talks), len(findings)))


def check_lint(tmp):
    """Whatever the capture: what is suggested can be read, with and without its guesses."""
    made, entries = [], 0
    for folder, _, names in sorted(os.walk(HERE)):
        for name in sorted(names):
            if not name.endswith(('.pcap', '.pcapng')):
                continue
            code, out, _ = run.call(['site', 'suggest', os.path.join(folder, name)], ROOT)
            if code == 3:
                continue  # a case of a damaged file
            text = out.decode()
            entries += text.count('  - {name:')
            for kind, t in (('plain', text), ('accepted', accepted(text))):
                made.append(os.path.join(tmp, '%s-%s-%s.yaml' % (os.path.basename(folder), name,
                                                                 kind)))
                with open(made[-1], 'w', encoding='utf-8') as f:
                    f.write(t)
    call(['site', 'lint'] + made)
    if len(made) < 100 or entries < 50:
        raise Failed('only %d files with %d entries' % (len(made), entries))
    print('%d files, %d entries: site lint has nothing to say' % (len(made), entries))


def check_rest(tmp):
    """With a site file only the rest is suggested: of the whole one, nothing."""
    text = call(['site', 'suggest', '--site', 'pcaps/lab-site.yaml', 'pcaps/lab.pcapng'])
    if '{name:' in text or 'deployment:' in text:
        raise Failed('of a whole site file something is left:\n' + text)
    part = os.path.join(tmp, 'part.yaml')
    with open(os.path.join(ROOT, 'pcaps', 'lab-site.yaml'), encoding='utf-8') as f:
        lines = [line for line in f if 'sql01' not in line]
    with open(part, 'w', encoding='utf-8') as f:
        f.writelines(lines)
    text = call(['site', 'suggest', '--site', part, 'pcaps/lab.pcapng'])
    if text.count('{name:') != 1 or 'role: sql' not in text:
        raise Failed('not the missing host alone:\n' + text)
    with open(os.path.join(ROOT, 'pcaps', 'lab-site.yaml'), encoding='utf-8') as f:
        whole = f.read()
    with open(part, 'w', encoding='utf-8') as f:
        f.write(whole.replace('role: gc', 'role: ntp').replace(', "fd5c:31e8:44:2::20"', ''))
    text = call(['site', 'suggest', '--site', part, 'pcaps/lab.pcapng'])
    if '{name:' in text or 'sql01 (line 9) has the address fd5c:31e8:44:2::20' not in text \
            or 'dc01 (line 10) shows a role' not in text:
        raise Failed('not what declared hosts have more:\n' + text)


def main():
    bad = 0
    with tempfile.TemporaryDirectory() as tmp:
        for what in [lambda n=n: check_verdicts(n, tmp) for n in CASES] \
                + [lambda: check_rest(tmp), lambda: check_lint(tmp)]:
            try:
                what()
            except Failed as e:
                print(e)
                bad = 1
    return bad


if __name__ == '__main__':
    sys.exit(main())
