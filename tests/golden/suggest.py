#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What reports propose to document findings is taken, and ends them.

In every case with a site file, each text that a finding proposes for a rule pack, or for a list of
the site file, is put where it belongs: `rules lint`, `rules test` and `site lint` must have nothing
to say of it, `explain` must show it (unless a waiver covers the finding), and the audit of the same capture must no longer have the finding.
"""

import json
import os
import re
import shlex
import shutil
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE]

import run  # noqa: E402

bad = 0
HEAD = ('spanaudit: rules/1\nname: local\nsources:\n  local: {title: "Decisions of this site"}\n'
        'rules:\n')


def fail(*words):
    global bad
    bad += 1
    print(*words)


def tool(args, cwd):
    code, out, err = run.call(args, cwd)
    return code, out.decode(), err.decode()


def indented(text):
    return ''.join('  %s\n' % line for line in text.splitlines())


def with_pack(text, site):
    """The site file with the pack beside those that it has."""
    line = re.search(r'^rules: \[(.*)\]$', site, re.M)
    packs = (line[1] if line else 'dynamics-365, crm-2011') + ', ./local.yaml'
    if line:
        site = site.replace(line[0], 'rules: [%s]' % packs)
    else:
        site = site.replace('spanaudit: site/1\n', 'spanaudit: site/1\nrules: [%s]\n' % packs, 1)
    return site


def with_line(under, text, site):
    """The site file with a line more in a list; a host of the same name is replaced."""
    if under is None:
        return site + text + '\n'
    name = re.search(r'name: ([^,}]+)', text)
    lines = [x for x in site.splitlines()
             if not (under == 'hosts' and name and re.match(r'\s+- \{name: %s,' % name[1], x))]
    if under + ':' in lines:
        at = lines.index(under + ':') + 1
        indent = re.match(' *', lines[at])[0]
        lines.insert(at, indent + text)
    else:
        lines += [under + ':', '  ' + text]
    return '\n'.join(lines) + '\n'


def one(name, f, words, folder):
    where = f['suggest']
    told = tool(['explain', f['id'], *words[1:]], folder)[1].splitlines()
    for line in where['text'].splitlines() if not f['waiver'] else ():
        if line not in [x[2:] for x in told] and line not in told:
            fail(name, f['id'], 'explain does not show:', line)
    site = words[words.index('--site') + 1]
    with open(os.path.join(folder, site)) as file:
        text = file.read()
    if where['in'] == 'pack':
        with open(os.path.join(folder, 'local.yaml'), 'w') as file:
            file.write(HEAD + indented(where['text']))
        for command in ('lint', 'test'):
            code, out, err = tool(['rules', command, 'local.yaml'], folder)
            if code or 'warning:' in out + err:
                fail(name, f['id'], command, out, err, where['text'])
        text = with_pack(where['text'], text)
    else:
        text = with_line(where['under'], where['text'].replace('NAME', 'newcomer'), text)
    with open(os.path.join(folder, 'site-new.yaml'), 'w') as file:
        file.write(text)
    code, out, err = tool(['site', 'lint', 'site-new.yaml'], folder)
    if code:
        fail(name, f['id'], 'site lint', out, err, text)
        return
    again = [w if w != site else 'site-new.yaml' for w in words]
    code, out, err = tool([*again, '--format', 'json'], folder)
    if code not in (0, 1, 4):
        fail(name, f['id'], err)
    elif f['id'] in [x['id'] for x in json.loads(out)['findings']]:
        fail(name, f['id'], f['kind'], 'is still there with', where['text'])


def case(name, tmp):
    c = run.Case(name)
    words, _ = c.command()
    if words[0] != 'audit' or '--site' not in words or words[words.index('--site') + 1] != \
            'site.yaml' or any(w.startswith('pcaps/') for w in words) or '-' in words:
        return 0
    folder = os.path.join(tmp, name)
    shutil.copytree(c.folder, folder, ignore=shutil.ignore_patterns('expected*', '__pycache__'))
    done = 0
    for f in json.loads(tool([*words, '--format', 'json'], folder)[1])['findings']:
        s = f['suggest']
        if s['in'] == 'waivers' or 'ROLE' in s['text'] or \
                (s['under'] or 'hosts') not in ('rules', 'hosts', 'networks', 'egress', 'ports'):
            continue
        one(name, f, words, folder)
        done += 1
    return done


def main():
    names = sys.argv[1:] or run.all_cases()
    with tempfile.TemporaryDirectory() as tmp:
        done = sum(case(n, tmp) for n in names)
    print('%d texts of findings tried' % done)
    if not sys.argv[1:] and done < 20:
        fail('too few')
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
