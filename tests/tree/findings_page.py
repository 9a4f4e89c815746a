#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""findings_page.py SPANAUDIT SCHEMA PAGE: spanaudit-findings(7) explains every word that a result
can use: states, verdicts and kinds with the program's own sentences, severities, results of rules.
"""
import json
import re
import subprocess
import sys

tool, schema, page = sys.argv[1:4]
bad = []

with open(schema, encoding='utf-8') as f:
    schema = json.load(f)


def words(node, name, found):
    """Every enumeration of a member of this name."""
    if isinstance(node, dict):
        member = node.get('properties', {}).get(name)
        for one in (member, (member or {}).get('items')):
            if one and 'enum' in one:
                found |= {w for w in one['enum'] if w}
            if one and '$ref' in one:
                target = schema
                for part in one['$ref'].lstrip('#/').split('/'):
                    target = target[part]
                found |= {w for w in target.get('enum', []) if w}
        for v in node.values():
            words(v, name, found)
    elif isinstance(node, list):
        for v in node:
            words(v, name, found)
    return found


text = subprocess.run(['mandoc', '-Tutf8', '-O', 'width=78', page], capture_output=True,
                      text=True, check=True).stdout
text = re.sub('.\b', '', text)
parts = {}
for line in text.splitlines():
    if re.match(r'[A-Z][A-Z ]+$', line):
        here = parts.setdefault(line.strip(), [])
    elif parts:
        here.append(line)


def entries(part):
    """{word: what is said of it} of a section whose entries begin in the eighth column."""
    found, here = {}, []
    for line in parts.get(part, []):
        m = re.match(r' {7}([a-z-]+)(?: \(([a-z ]+)\))?(?:$| {2,})', line)
        if m:
            here = found.setdefault(m[1], [m[2]] if m[2] else [])
            here.append(line[m.end():])
        else:
            here.append(line)
    return {k: ' '.join(' '.join(v).replace('‐', '-').split()) for k, v in found.items()}


def same(part, wanted):
    if len(wanted) < 4:
        bad.append('too few words for %s: %s' % (part, wanted))
    for w in sorted(set(entries(part)) ^ wanted):
        bad.append('%s: %s stands in the page or in the program, not in both' % (part, w))


same('STATES', words(schema['$defs']['finding'], 'state', set()))
same('SEVERITIES', words(schema, 'severity', set()))
same('RESULTS OF RULES', words(schema, 'result', set()))

p = subprocess.run([tool, 'help', 'kinds'], capture_output=True, text=True, check=True)
kinds = {}
for line in p.stdout.splitlines():
    m = re.match(r'([a-z-]+) \(([a-z ]+)\)$', line)
    if m:
        here = kinds.setdefault(m[1], [m[2]])
    else:
        here.append(line.strip())
same('KINDS', set(kinds))
same('EXAMPLES', {k for k, v in kinds.items() if v[0] != 'no finding'})
said = entries('KINDS')
for k, v in kinds.items():
    want = ' '.join(v)
    if v[-1] == 'Nothing.':
        want = ' '.join(v[:-1])
    # Quotation marks of a manual page are not those of a terminal.
    plain = [re.sub(r'[^a-z0-9]', '', x.lower()) for x in (want, said.get(k, ''))]
    if plain[0] != plain[1]:
        bad.append('KINDS: %s: the page has %r, the program says %r' % (k, said.get(k), want))

print('\n'.join(bad) or '%d kinds are explained' % len(kinds))
sys.exit(1 if bad else 0)
