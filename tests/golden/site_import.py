#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""spanaudit site import as users meet it: what it writes, what it says, and its exit code.

    site_import.py            compare with site_import.expected, where each case is a block
    site_import.py --update   write that file; read the difference before you commit it

What is made must be clean to `site lint`, and a file in the way must stay as it was.
"""

import difflib
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE]

import run  # noqa: E402

HOSTS = '''name,address,role
crmweb01,10.20.1.11,crm-web
crmapp01,10.20.1.12,crm-async crm-sandbox
sql01,10.20.2.20 2001:db8:20:2::20,"sql, ssrs"
dc01,10.20.3.10,gc
users,10.30.0.0/16,crm-client
'''
EXCEL = HOSTS.replace(',', ';').replace('"sql; ssrs"', '"sql; ssrs"').replace('\n', '\r\n')

GOOD = [
    ('a table', HOSTS.encode()),
    ('semicolons, CRLF, a byte order mark', b'\xef\xbb\xbf' + EXCEL.encode()),
    ('UTF-16, little end first', EXCEL.encode('utf-16')),
    ('UTF-16, big end first', ('\ufeff' + EXCEL).encode('utf-16-be')),
    ('the separator in a line of its own', b'sep=;\r\n' + EXCEL.encode()),
    ('rows of one name, remarks, other columns',
     b'# export of monday\nOwner,Role,IP Address,Host Name\n,sql,10.20.2.20,sql01\n,,,\n'
     b'it,SSRS,10.20.2.21|10.20.2.22,sql01\n#,dc,10.0.0.1,old\n'),
    ('names that need quotes', 'name;address;role\nweb: "eu";10.0.0.1;crm-full\n'
     'Büro;10.0.0.2;sql\n'.replace('web: "eu"', '"web: ""eu"""').encode()),
    ('only a domain controller', b'name,address,role\ndc01,10.20.3.10,dc\n'),
]

BAD = [
    ('an unknown role', b'name,address,role\nsql01,10.0.0.5,sqll\n'),
    ('a role in an administrator\'s words', b'name,address,role\nad1,10.0.0.5,Domain Controller\n'),
    ('a role that nobody has', b'name,address,role\nx,10.0.0.5,frobnicator\n'),
    ('a group as a role', b'name,address,role\nx,10.0.0.5,any-server\n'),
    ('a bad address', b'name,address,role\nsql01,10.0.0.256,sql\n'),
    ('an address with a port', b'name,address,role\nsql01,10.0.0.5:1433,sql\n'),
    ('a range', b'name,address,role\nusers,10.0.0.5-10.0.0.9,crm-client\n'),
    ('a network with host bits', b'name,address,role\nusers,10.0.0.5/24,crm-client\n'),
    ('an address of two hosts', b'name,address,role\na,10.0.0.5,sql\nb,10.0.0.5,sql\n'),
    ('a network of two names', b'name,address,role\na,10.0.0.0/24,sql\nb,10.0.0.0/24,sql\n'),
    ('host and network of one name', b'name,address,role\na,10.0.0.5,sql\na,10.0.0.0/24,sql\n'),
    ('no name', b'name,address,role\n,10.0.0.5,sql\n'),
    ('no address', b'name,address,role\na,,sql\n'),
    ('no role', b'name,address,role\na,10.0.0.5\n'),
    ('a cell too many', b'name,address,role\na,10.0.0.5,sql,dc\n'),
    ('a character that cannot be seen', 'name,address,role\na,10.0.0.5\u200b,sql\n'.encode()),
    ('an open quote', b'name,address,role\na,"10.0.0.5,sql\nb,10.0.0.6,sql\n'),
    ('text behind a quote', b'name,address,role\n"a"b,10.0.0.5,sql\n'),
    ('a quote in a cell', b'name,address,role\na"b,10.0.0.5,sql\n'),
    ('no header', b'sql01,10.0.0.5,sql\n'),
    ('a misspelt column', b'name,adress,role\nsql01,10.0.0.5,sql\n'),
    ('a column twice', b'name,host name,address,role\na,b,10.0.0.5,sql\n'),
    ('another separator', b'name|address|role\nsql01|10.0.0.5|sql\n'),
    ('no rows', b'name,address,role\n'),
    ('an empty file', b''),
    ('not UTF-8', b'name,address,role\nB\xfcro,10.0.0.5,sql\n'),
    ('a workbook', b'PK\x03\x04\x14\0\x06\0'),
    ('UTF-16 without a mark', 'name,address,role\n'.encode('utf-16-le')),
    ('several errors at once', b'name;address;role;os\na;10.0.0.300;sqll;x\n"b"c;1;2\n;;\n'
     b'd;10.0.0.0/33;DB\n'),
]


def tool(args, cwd, data=None):
    p = subprocess.run([run.TOOL, *args], cwd=cwd, input=data or b'', capture_output=True,
                       env=run.environment(), timeout=60)
    if b'Sanitizer' in p.stderr or b'runtime error:' in p.stderr or p.returncode not in range(5):
        sys.exit('%s: exit code %d: %s' % (args, p.returncode, p.stderr.decode()))
    return p


def block(title, args, cwd, data=None):
    p = tool(args, cwd, data)
    out = ['== ' + title, '$ spanaudit ' + ' '.join(args), 'exit %d' % p.returncode]
    for mark, text in (('2>', p.stderr), ('1>', p.stdout)):
        out += [mark + ' ' + x if x else mark for x in text.decode().splitlines()]
    return p, out + ['']


def read(path):
    with open(path, 'rb') as f:
        return f.read()


def everything(tmp):
    def write(name, data):
        with open(os.path.join(tmp, name), 'wb') as f:
            f.write(data)
    site = os.path.join(tmp, 'site.yaml')
    messages = {}
    first = None
    for title, data in GOOD:
        write('hosts.csv', data)
        p, out = block(title, ['site', 'import', 'hosts.csv'], tmp)
        yield out
        write('made.yaml', p.stdout)
        lint = tool(['site', 'lint', 'made.yaml'], tmp)
        expected = 1 if title.startswith('only') else 0
        if lint.returncode or lint.stderr.count(b'warning:') != expected:
            sys.exit('%s: site lint: %s' % (title, lint.stderr.decode()))
        if 'UTF' in title or 'semicolons' in title or 'separator' in title:
            if p.stdout != first:
                sys.exit('%s: another site file than of the same table' % title)
        first = first or p.stdout
    for title, data in BAD:
        write('bad.csv', data)
        p, out = block(title, ['site', 'import', 'bad.csv', '-o', 'site.yaml'], tmp)
        if p.returncode != 2 or p.stdout or os.path.exists(site):
            sys.exit('%s: not refused' % title)
        if messages.setdefault(p.stderr, title) != title:
            sys.exit('%s and %s have the same message' % (title, messages[p.stderr]))
        yield out
    write('hosts.csv', HOSTS.encode())
    yield block('into a file', ['site', 'import', 'hosts.csv', '-o', 'site.yaml'], tmp)[1]
    if read(site) != first:
        sys.exit('-o writes something else than standard output')
    write('site.yaml', b'by hand\n')
    yield block('a file in the way', ['site', 'import', 'hosts.csv', '-o', 'site.yaml'], tmp)[1]
    if read(site) != b'by hand\n':
        sys.exit('a file in the way was replaced without --force')
    write('bad.csv', BAD[0][1])
    tool(['site', 'import', 'bad.csv', '-o', 'site.yaml', '--force'], tmp)
    if read(site) != b'by hand\n':
        sys.exit('a file was replaced though there were errors')
    yield block('a file in the way, replaced',
                ['site', 'import', 'hosts.csv', '-o', 'site.yaml', '--force'], tmp)[1]
    if read(site) != first or [x for x in os.listdir(tmp) if x.startswith('site.yaml.')]:
        sys.exit('--force does not replace the file, or leaves something behind')
    yield block('from standard input', ['site', 'import', '-'], tmp, b'name,ip,role\na,10.0.0.1,sql\n')[1]
    for title, args in [
            ('a table that is not there', ['nowhere.csv']),
            ('a folder', ['.']),
            ('two tables', ['hosts.csv', 'hosts.csv']),
            ('no table', []),
            ('a folder that is not there', ['hosts.csv', '-o', 'nowhere/site.yaml']),
            ('two outputs', ['hosts.csv', '-o', 'a.yaml', '-o', 'b.yaml']),
            ('a site file beside it', ['hosts.csv', '--site', 'site.yaml'])]:
        yield block(title, ['site', 'import', *args], tmp)[1]


def main():
    path = os.path.join(HERE, 'site_import.expected')
    with tempfile.TemporaryDirectory() as tmp:
        got = [line + '\n' for b in everything(tmp) for line in b]
    if sys.argv[1:] == ['--update']:
        with open(path, 'w') as f:
            f.writelines(got)
        return 0
    with open(path) as f:
        want = f.readlines()
    if want == got:
        return 0
    sys.stdout.writelines(difflib.unified_diff(want, got, 'site_import.expected', 'what came out'))
    return 1


if __name__ == '__main__':
    sys.exit(main())
