#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""golden_table.py SPANAUDIT SCHEMA GOLDEN: tests/golden/README.md says which case shows what.

Every word that a result can use (the schema's states, severities and results of rules, the program's
kinds) has a line in the table of its section; every case that such a line names shows the word in its
expected result; reasons of `not-judged` are in the results as they begin in the table. Each case
about what is judged is in some line, and each line names cases that there are.
"""
import json
import os
import re
import subprocess
import sys

tool, schema_path, golden = sys.argv[1:4]
bad = []

with open(schema_path, encoding='utf-8') as f:
    schema = json.load(f)


def enum(node, *members):
    """The words of an enumeration, behind references."""
    for m in members:
        while '$ref' in node:
            at = schema
            for part in node['$ref'].lstrip('#/').split('/'):
                at = at[part]
            node = at
        node = node['properties'][m] if m in node.get('properties', {}) else node[m]
    while '$ref' in node:
        at = schema
        for part in node['$ref'].lstrip('#/').split('/'):
            at = at[part]
        node = at
    return {w for w in node['enum'] if w}


def expected(case):
    path = os.path.join(golden, case, 'expected.json')
    if not os.path.exists(path):
        return None
    with open(path, encoding='utf-8') as f:
        return json.load(f)


def shown(case):
    """{section: words} that the expected result of a case shows."""
    d = expected(case) or {}
    rows = d.get('conversations', [])
    found = d.get('findings', [])
    tally = d.get('summary', {})
    rules = d.get('rules', {})
    results = {r.split(':')[0] for r in rules}
    if tally.get('rules', {}).get('unused'):  # not listed in the short form
        results.add('unused')
    return {
        'States': {r['state'] for r in rows} | {f['state'] for f in found if f['state']},
        'Verdicts': {r['verdict'] for r in rows} | {k for k, v in tally.get(
            'conversations', {}).items() if v} | {f['kind'] for f in found},
        'Findings that are no verdict': {f['kind'] for f in found},
        'Severities': {f['severity'] for f in found},
        'Results of rules': results,
        'Hints': {h['code'] for f in found for h in f['hints']},
        'reasons': {r.partition(': ')[2] for r in rules if r.startswith('not-judged: ')},
    }


sections, named = {}, {}
with open(os.path.join(golden, 'README.md'), encoding='utf-8') as f:
    section = None
    for line in f:
        if line.startswith('## '):
            section = line[3:].strip()
        m = re.match(r'\| (.+?) \| ([a-z0-9, -]+) \|$', line)
        if not m or m[2] == 'cases' or not m[2].strip('-'):
            continue
        cases = m[2].split(', ')
        sections.setdefault(section, {})[m[1]] = cases
        for c in cases:
            named.setdefault(c, m[1])

there = {c for c in os.listdir(golden) if os.path.exists(os.path.join(golden, c, 'README.md'))}
for c in sorted(set(named) - there):
    bad.append('%s: there is no case %s' % (named[c], c))
for c in sorted(there - set(named)):
    if re.match(r'(state|verdict|rule|finding|noise|hint)-', c):
        bad.append('%s is in no line of README.md' % c)

text = subprocess.run([tool, 'help', 'kinds'], capture_output=True, text=True, check=True).stdout
kinds = re.findall(r'^([a-z-]+) \([a-z ]+\)$', text, re.M)
text = subprocess.run([tool, 'help', 'hints'], capture_output=True, text=True, check=True).stdout
codes = set(re.findall(r'^([A-Z0-9-]+)$', text, re.M))
verdicts = enum(schema, '$defs', 'conversation', 'verdict')
words = {
    'States': enum(schema, '$defs', 'conversation', 'state'),
    'Verdicts': verdicts,
    'Findings that are no verdict': set(kinds) - verdicts,
    'Severities': enum(schema, '$defs', 'finding', 'severity'),
    'Results of rules': enum(schema, '$defs', 'rule', 'result'),
    'Hints': codes,
}
cache = {}
for section, wanted in words.items():
    table = {}
    for line, cases in sections.get(section, {}).items():
        word = line.strip('`')
        table[word] = cases
        key = section if word in wanted else 'reasons'
        for c in cases:
            got = cache.setdefault(c, shown(c) if c in there else {})
            have = got.get(key, set())
            if word not in have and not (key == 'reasons' and
                                         any(h.startswith(word) for h in have)):
                bad.append('%s: the case %s does not show it' % (word, c))
    if len(wanted) < 4:
        bad.append('%s: too few words: %s' % (section, sorted(wanted)))
    for w in sorted(wanted - set(table)):
        bad.append('%s: no case shows %s' % (section, w))

print('\n'.join(bad) or '%d cases, %d lines' % (len(there), sum(map(len, sections.values()))))
sys.exit(1 if bad else 0)
