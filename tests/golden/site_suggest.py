#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A site file that was suggested from a capture judges that capture as the one that people wrote.

Each of CASES is a capture and the site file that belongs to it. What `site suggest` makes of the
capture is the site file of an audit just as it came out: nothing is changed, no guess is accepted. The
audit gives each conversation the same state and verdict and has the same findings, of the same kind,
severity and ends; ends are compared by address, since names are a matter of taste. What is suggested
from any capture of the other tests is clean to `site lint`.

One difference is right, and is held to exactly that: see never_tried().
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


def audit(site, capture):
    return json.loads(call(['audit', '--site', site, '--format', 'json', capture], (0, 1, 4)))


def talks(document):
    return collections.Counter(
        (end(c['client']), end(c['server']), c['transport'], c['server_port'], c['state'],
         c['verdict']) for c in document['conversations'])


def findings(document, but=lambda f: False):
    return collections.Counter(
        (f['kind'], f['severity'], end(f['client']), end(f['server']), f['transport'], f['port'])
        for f in document['findings'] if not but(f))


def never_tried(mine):
    """Whether a finding is of what was never tried, which `mine` does not judge yet.

    The lab's site file says `judge-after: 15s`, and the recording is a little longer. How long a capture
    must be before what was never tried counts is "about never tried only" and 24 hours unless a site
    says otherwise, and a rule whose window is shorter is not judged (product.md, "What a rule
    demands", "What each rule comes to"). Traffic does not tell what somebody takes for long enough,
    and a suggestion that took the length of its own capture for it would call everything missing that a
    server does once an hour. So the audit with the suggestion says that it could not judge, and must say
    so of just these rules; what was tried and failed is judged whatever the window.
    """
    waits = {r['id'] for r in mine['rules'] if r['result'] == 'not-judged'
             and r['reason'].startswith('window shorter than judge-after')}
    advises = {r['id'] for r in mine['rules'] if r['when_missing'] == 'advise'}

    def is_one(f):
        nothing = not f['flows'] and not f['tries'] and not f['evidence']
        return nothing and (f['kind'] == 'missing' and f['rule'] in waits
                            or f['kind'] == 'advice' and f['rule'] in advises)

    return is_one


def same(name, what, mine, theirs):
    for whose, d in (('only the suggestion', mine - theirs), ('only the site file', theirs - mine)):
        for row in sorted(d.elements(), key=str):
            raise Failed('%s: %s: %s has %s' % (name, what, whose, row))


# Capture, its site file, and the line of that which is a matter of taste.
CASES = {
    'lab': ('pcaps/lab.pcapng', 'pcaps/lab-site.yaml', 'limits: {judge-after: 15s}\n'),
}


def check_verdicts(name, tmp):
    capture, site, taste = CASES[name]
    suggested = call(['site', 'suggest', capture])
    mine = os.path.join(tmp, 'mine.yaml')
    with open(mine, 'w', encoding='utf-8') as f:
        f.write(suggested)
    call(['site', 'lint', mine])
    theirs, a = audit(site, capture), audit(mine, capture)
    same(name, 'conversations', talks(a), talks(theirs))
    not_yet = never_tried(a)
    same(name, 'findings', findings(a), findings(theirs, but=not_yet))
    n_not_yet = sum(map(not_yet, theirs['findings']))
    # With that one line there is nothing left to explain.
    with open(os.path.join(ROOT, site), encoding='utf-8') as f:
        if taste not in f.read():
            raise Failed('%s: %s has no line %r' % (name, site, taste))
    with open(mine, 'a', encoding='utf-8') as f:
        f.write(taste)
    b = audit(mine, capture)
    same(name, 'conversations, judged as soon', talks(b), talks(theirs))
    same(name, 'findings, judged as soon', findings(b), findings(theirs))
    print('%s: %d conversations and %d findings are the same; %d findings are of what was never tried, '
          'which counts after a day' % (name, len(theirs['conversations']), len(a['findings']),
                                        n_not_yet))


def check_ways_of_mail(tmp):
    """The draft writes a router for a CRM server that polls mailboxes, and says what to write where CRM
    synchronises them itself. That choice may not decide a verdict: the same rows are for both."""
    capture, _, taste = CASES['lab']
    text = call(['site', 'suggest', capture]) + taste
    paths = [os.path.join(tmp, 'router.yaml'), os.path.join(tmp, 'sync.yaml')]
    other = re.sub('(  mail: )router', r'\1server-side-sync', text)
    other = re.sub('(role: .*)crm-router', r'\1crm-email', other)
    if other.count('server-side-sync') != text.count('server-side-sync') + 1 \
            or 'crm-email]' not in other:
        raise Failed('no mail, or no router in\n' + text)
    for path, t in zip(paths, (text, other)):
        with open(path, 'w', encoding='utf-8') as f:
            f.write(t)
        call(['site', 'lint', path])
    a, b = (audit(p, capture) for p in paths)
    b = json.loads(json.dumps(b).replace('crm-email', 'crm-router'))  # in the names of ends
    same('ways of mail', 'conversations', talks(b), talks(a))
    same('ways of mail', 'findings', findings(b), findings(a))


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
                + [lambda: check_ways_of_mail(tmp), lambda: check_rest(tmp),
                       lambda: check_lint(tmp)]:
            try:
                what()
            except Failed as e:
                print(e)
                bad = 1
    return bad


if __name__ == '__main__':
    sys.exit(main())
