# SPDX-License-Identifier: BSD-2-Clause
"""agree.py: the formats of one result say the same: the counts of findings by severity, of rules by
result, the verdict, and what the exit code says. Used by report.py."""

import csv
import io
import ipaddress
import base64
import hashlib
import json
import re
import xml.etree.ElementTree as xml

SEVERITIES = ('critical', 'high', 'medium', 'low', 'info')


def count(words):
    tally = {}
    for w in words:
        tally[w] = tally.get(w, 0) + 1
    return tally


def community_id(flow):
    """By the specification's own words, not by the code under test."""
    def raw(z):
        return ipaddress.ip_address(z.split('%')[0]).packed
    ends = sorted([(raw(flow['client']), flow['client_port']),
                   (raw(flow['server']), flow['server_port'])])
    proto = {'tcp': 6, 'udp': 17}[flow['transport']]
    data = b'\0\0' + ends[0][0] + ends[1][0] + bytes([proto, 0]) + \
        ends[0][1].to_bytes(2, 'big') + ends[1][1].to_bytes(2, 'big')
    return '1:' + base64.b64encode(hashlib.sha1(data).digest()).decode()


def from_ndjson(data, document):
    rows = [json.loads(line) for line in data.decode().splitlines()]
    alerts = [r for r in rows if r['event']['kind'] == 'alert']
    summary = rows[-1]['spanaudit']
    for row in rows:
        for key in ('@timestamp', 'ecs', 'observer', 'event'):
            if key not in row:
                yield 'an event without %s' % key
    by_id = {f['id']: f for f in document['findings']}
    for row in alerts:
        f = by_id[row['event']['id']]
        want = f['example_flow'] and community_id(f['example_flow'])
        if row.get('network', {}).get('community_id') != want:
            yield '%s has another Community ID' % row['event']['id']
        port = row.get('source', {}).get('port')
        if port is not None and port != f['example_flow']['client_port']:
            yield '%s has another client port' % row['event']['id']
        if f['example_flow'] and f['client']['address'] == f['example_flow']['client'] and not port:
            yield '%s has no client port' % row['event']['id']
    if summary['verdict'] != document['verdict']:
        yield 'NDJSON: another verdict'
    got = dict(summary['findings'])
    got.pop('waived')
    if got != document['summary']['findings'] or summary['rules'] != document['summary']['rules']:
        yield 'NDJSON: other figures in the summary'
    if count(r['spanaudit']['severity'] for r in alerts) != \
            count(f['severity'] for f in document['findings']):
        yield 'NDJSON: other alerts'
    results = count(r['spanaudit']['result'] for r in rows if r['event']['action'] == 'rule')
    if results != count(r['result'] for r in document['rules']):
        yield 'NDJSON: other results of rules'


def from_csv(data, document):
    rows = list(csv.DictReader(io.StringIO(data.decode(), newline='')))
    if data.count(b'\r\n') != len(rows) + 1 or b'\n' in data.replace(b'\r\n', b''):
        yield 'CSV: lines are not rows'
    if [(r['id'], r['severity'], r['kind'], r['waived_by']) for r in rows] != \
            [(f['id'], f['severity'], f['kind'], f['waiver'] or '') for f in document['findings']]:
        yield 'CSV: other findings'


def case_of(case):
    child = [c.tag for c in case]
    return child[0] if child else 'passed'


def from_junit(data, document, code):
    """The shape is that of the schema for Ant's JUnit task, in its own words."""
    root = xml.fromstring(data)
    tally = {}
    if root.tag != 'testsuites' or root.attrib:
        yield 'JUnit: another root'
    for number, suite in enumerate(root):
        cases = suite.findall('testcase')
        tags = [c.tag for c in suite]
        if tags != ['properties'] + ['testcase'] * len(cases) + ['system-out', 'system-err']:
            yield 'JUnit: elements out of order'
        if suite.get('id') != str(number) or not suite.get('name') or not suite.get('package') or \
                not suite.get('hostname') or \
                not re.fullmatch(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d', suite.get('timestamp')):
            yield 'JUnit: an attribute of a suite'
        what = count(case_of(c) for c in cases)
        for key, word in (('failures', 'failure'), ('errors', 'error'), ('skipped', 'skipped')):
            if int(suite.get(key)) != what.get(word, 0):
                yield 'JUnit: another number of %s' % key
        if int(suite.get('tests')) != len(cases):
            yield 'JUnit: another number of tests'
        for case in cases:
            if not (case.get('name') and case.get('classname') and case.get('time')):
                yield 'JUnit: an attribute of a case'
            if any(not c.get('type') for c in case if c.tag in ('failure', 'error')):
                yield 'JUnit: a failure without type'
        tally[suite.get('name')] = what
    total = count(w for t in tally.values() for w, n in t.items() for _ in range(n))
    packs = [t for name, t in tally.items() if name not in ('findings', 'inputs')]
    results = count(r['result'] for r in document['rules'])
    if sum(t.get('passed', 0) for t in packs) != results.get('met', 0):
        yield 'JUnit: other rules met'
    if sum(sum(t.values()) for t in packs) != len(document['rules']):
        yield 'JUnit: another number of rules'
    failed = bool(total.get('failure'))
    if 'only' in document:  # what fails may be of another kind
        return
    if (code == 1 and not failed) or (code in (0, 4) and failed):
        yield 'JUnit: %d failures and exit code %d' % (total.get('failure', 0), code)
    if (code in (3, 4)) and not total.get('error') or (code == 0 and total.get('error')):
        yield 'JUnit: %d errors and exit code %d' % (total.get('error', 0), code)


def words_of(summary, waived):
    some = ['%s %s' % (format(summary[s], ','), s) for s in SEVERITIES if summary[s]]
    return ', '.join(some + (['%s waived' % format(waived, ',')] if waived else []))


def from_md(data, document):
    text = data.decode()
    words = words_of(document['summary']['findings'], document['summary']['waived'])
    if '- **Findings:** %s\n' % (words or 'none') not in text:
        yield 'Markdown: other counts'
    rows = re.findall(r'^\| (F-[0-9a-f]{12}) \| (\w+) \| ([\w-]+) \| (.*) \|$', text, re.M)
    want = [(f['id'], f['severity'].upper(), f['kind']) for f in document['findings']][:200]
    if [r[:3] for r in rows] != want:
        yield 'Markdown: another table'
    if any(len(re.findall(r'(?<!\\)\|', r[3])) != 3 for r in rows):
        yield 'Markdown: a row with more cells than the table has'


def from_text(data, document):
    text = data.decode()
    words = words_of(document['summary']['findings'], document['summary']['waived'])
    rules = document['summary']['rules']
    sign = {'compliant': '[OK] COMPLIANT', 'findings': '[X] NOT COMPLIANT',
            'inconclusive': '[?] INCONCLUSIVE'}[document['verdict']]
    if '\n%s   %s\n' % (sign, words or 'no findings') not in text:
        yield 'text: another verdict or other counts'
    flat = ' '.join(text.split())
    if '%d met, %d violated, %d unused, %d not judged' % (
            rules['met'], rules['violated'], rules['unused'], rules['not_judged']) not in flat:
        yield 'text: other rules'
    if re.findall(r'^(F-[0-9a-f]{12})  ', text, re.M) != [f['id'] for f in document['findings']]:
        yield 'text: other findings'


NAME = r'[a-zA-Z_:][a-zA-Z0-9_:]*'
SAMPLE = re.compile(r'(%s)\{((?:[a-z_]+="(?:[^"\\\n]|\\[\\"n])*",?)*)\} (\d+)' % NAME)


def samples(data):
    """Prometheus' text format 0.0.4, as strict as its own parser: each family has one HELP and one
    TYPE before its samples, which stand together, none twice."""
    text = data.decode()
    got, family, seen, problems = {}, None, set(), []
    if not text.endswith('\n'):
        problems.append('the last line has no end')
    lines = text.splitlines()
    for i, line in enumerate(lines):
        helped = re.fullmatch('# HELP (%s) [^\n]+' % NAME, line)
        typed = re.fullmatch('# TYPE (%s) gauge' % NAME, line)
        m = SAMPLE.fullmatch(line)
        if helped:
            family = helped.group(1)
            if family in seen or i + 1 >= len(lines) or \
                    lines[i + 1] != '# TYPE %s gauge' % family:
                problems.append('family %s' % family)
            seen.add(family)
        elif typed:
            if typed.group(1) != family:
                problems.append('type of %s' % typed.group(1))
        elif m and m.group(1) == family and (m.group(1), m.group(2)) not in got:
            got[m.group(1), m.group(2)] = int(m.group(3))
        else:
            problems.append('line %r' % line)
    return got, problems


def from_prom(data, document, code):
    got, problems = samples(data)
    for line in problems:
        yield 'Prometheus: %s' % line
    def of(name, label, word):
        hits = [n for (f, labels), n in got.items()
                if f == 'spanaudit_report_' + name and ('%s="%s"' % (label, word) in labels)]
        return hits[0] if len(hits) == 1 else None
    for s in SEVERITIES:
        if of('findings', 'severity', s) != document['summary']['findings'][s]:
            yield 'Prometheus: another number of %s findings' % s
    for r, n in document['summary']['rules'].items():
        if of('rules', 'result', r.replace('_', '-')) != n:
            yield 'Prometheus: another number of %s rules' % r
    if of('verdict', 'verdict', document['verdict']) != 1:
        yield 'Prometheus: another verdict'
    codes = [n for (f, _), n in got.items() if f == 'spanaudit_report_exit_code']
    if codes != [code]:
        yield 'Prometheus: exit code %s, not %d' % (codes, code)


def from_brief(data, document):
    text = data.decode()
    words = ', '.join('%s %s' % (format(n, ','), s) for s in SEVERITIES
                      for n in [document['summary']['findings'][s]] if n)
    sign = {'compliant': '[OK] COMPLIANT', 'findings': '[X] NOT COMPLIANT',
            'inconclusive': '[?] INCONCLUSIVE'}[document['verdict']]
    first = text.splitlines()[0]
    if not first.startswith(sign) or not first.endswith(': ' + (words or 'no findings')):
        yield 'brief: another first line'


def disagreements(read, code):
    """`read` gives the bytes of a report by its suffix."""
    document = json.loads(read('.json'))
    yield from from_text(read('.txt'), document)
    yield from from_ndjson(read('.ndjson'), document)
    yield from from_csv(read('.csv'), document)
    yield from from_junit(read('.xml'), document, code)
    yield from from_md(read('.md'), document)
    yield from from_prom(read('.prom'), document, code)
    yield from from_brief(read('.brief'), document)
