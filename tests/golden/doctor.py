#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""doctor.py: on the captures of every audit case, `spanaudit doctor` counts what `spanaudit audit`
counts, calls no capture fit of which the audit is inconclusive, and keeps to its schema."""

import json
import os

import audits
import run

try:
    import jsonschema
except ImportError:
    jsonschema = None

SCHEMA = os.path.join(run.ROOT, 'src', 'report', 'spanaudit-doctor-1.schema.json')
FIGURES = ('packets', 'decoded', 'duplicates', 'evicted', 'truncated', 'one_way_ratio',
           'tcp_gap_ratio')
# How the reasons begin that are not the input's.
UNJUDGED = 'No rule could be judged'
GUESSED = 'Every role is a guess from traffic'
AUDIT_ONLY = ('--fail-on', '--format', '-o', '--only')


def allowed(why):
    """What a capture may be called whose audit is inconclusive. What is wrong with the input bars
    all; where only the deployment is unknown, what is in it can be judged once that is told."""
    if why.startswith(GUESSED) or why.startswith(UNJUDGED):
        return ('fit-for-seen', 'not-fit')
    return ('not-fit',)


def compare(tmp, words, stdin, validator):
    code, out, _ = run.call(words + ['--format', 'json'], tmp, stdin)
    if code == 2:
        return []
    dcode, dout, derr = run.call(audits.arguments(['doctor', '--json'], words, AUDIT_ONLY), tmp,
                                stdin)
    try:
        audit, doctor = json.loads(out), json.loads(dout)
    except ValueError:
        return ['no document: %s' % derr.decode(errors='replace')]
    bad = ['%s: %s and %s' % (k, audit['coverage'][k], doctor['figures'][k])
           for k in FIGURES if audit['coverage'][k] != doctor['figures'][k]]
    for k in ('kernel', 'interface'):
        if audit['coverage']['drops'][k] != doctor['figures'][k + '_drops']:
            bad.append('%s drops differ' % k)
    why = audit['coverage'].get('inconclusive_why') or ''
    if audit['coverage']['inconclusive'] and doctor['verdict'] not in allowed(why):
        bad.append('the audit is inconclusive (%s), and it is called %s' % (why, doctor['verdict']))
    if why.startswith(GUESSED):
        bad += ['%s: %s of an audit by guesses' % (c['check'], c['figure'])
                for c in doctor['checks'] if c['check'] == 'hosts' and c['allows'] == 'fit']
    want = 3 if code == 3 else 4 if doctor['verdict'] == 'not-fit' else 0
    if dcode != want:
        bad.append('exit code %d of %s' % (dcode, doctor['verdict']))
    for c in doctor['checks']:
        if (c['allows'] != 'fit') != (c['result'] == 'problem'):
            bad.append('%s: %s, and allows %s' % (c['check'], c['result'], c['allows']))
    if validator:
        bad += [e.message[:200] for e in validator.iter_errors(doctor)]
    return bad


def main():
    validator = None
    if jsonschema:
        with open(SCHEMA) as f:
            validator = jsonschema.Draft7Validator(json.load(f))
    audits.each(lambda tmp, words, stdin, n: compare(tmp, words, stdin, validator), ['--json'])


if __name__ == '__main__':
    main()
